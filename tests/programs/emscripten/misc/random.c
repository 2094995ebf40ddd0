// getentropy gives bytes that differ; rand, random and drand48 repeat from a seed.
// modes: O1 O2 standalone
#define _GNU_SOURCE
#include <stdlib.h>
#include <unistd.h>
#include "../show.h"

int main(void) {
    unsigned char one[32] = {0}, two[32] = {0}, large[300];
    TRY(getentropy(one, sizeof one));
    TRY(getentropy(two, sizeof two));
    TRUE(memcmp(one, two, sizeof one) != 0);
    TRY(getentropy(large, 256));
    int counts[2] = {0};
    for (int i = 0; i < 256; i++) counts[large[i] & 1]++;
    TRUE(counts[0] > 60 && counts[1] > 60);
    srand(1);
    printf("%d %d\n", rand(), rand());
    srandom(7);
    long first = random();
    srandom(7);
    TRUE(random() == first);
    srand48(3);
    printf("%.6f %ld\n", drand48(), lrand48());
    unsigned seed = 5;
    printf("%d\n", rand_r(&seed));
    return 0;
}
