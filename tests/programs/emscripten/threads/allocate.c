// Allocation from four threads at once, each block freed by another thread.
// modes: threads threads-proxied
// flags: -sPTHREAD_POOL_SIZE=4
#include <pthread.h>
#include <stdlib.h>
#include "../show.h"

static unsigned char *blocks[4][500];
static void *fill(void *argument) {
    long me = (long)argument;
    for (int round = 0; round < 20; round++) {
        for (int i = 0; i < 500; i++) {
            size_t size = 16 + (i * 7 + round * 13 + me * 31) % 300;
            free(blocks[me][i]);
            blocks[me][i] = malloc(size);
            memset(blocks[me][i], (int)me * 50 + i % 50, size);
        }
    }
    return NULL;
}
static void *check(void *argument) {
    long other = ((long)argument + 1) % 4, wrong = 0;
    for (int i = 0; i < 500; i++) {
        for (int k = 0; k < 16; k++) wrong += blocks[other][i][k] != other * 50 + i % 50;
        free(blocks[other][i]);
    }
    return (void *)wrong;
}

int main(void) {
    pthread_t threads[4];
    for (long i = 0; i < 4; i++) pthread_create(&threads[i], NULL, fill, (void *)i);
    for (int i = 0; i < 4; i++) pthread_join(threads[i], NULL);
    for (long i = 0; i < 4; i++) pthread_create(&threads[i], NULL, check, (void *)i);
    for (int i = 0; i < 4; i++) {
        void *wrong;
        pthread_join(threads[i], &wrong);
        printf("%ld wrong\n", (long)wrong);
    }
    return 0;
}
