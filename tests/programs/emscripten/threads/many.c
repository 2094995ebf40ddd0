// Forty threads in turns of eight, each with its place in a result.
// modes: threads threads-proxied
// flags: -sPTHREAD_POOL_SIZE=8
#include <pthread.h>
#include "../show.h"

static long results[40];
static void *work(void *argument) {
    long me = (long)argument, sum = 0;
    for (int i = 0; i < 10000; i++) sum += (i * me) % 7;
    results[me] = sum;
    return (void *)sum;
}

int main(void) {
    long total = 0, failed = 0;
    for (long round = 0; round < 5; round++) {
        pthread_t threads[8];
        for (long i = 0; i < 8; i++) failed += pthread_create(&threads[i], NULL, work, (void *)(round * 8 + i)) != 0;
        for (int i = 0; i < 8; i++) {
            void *sum;
            failed += pthread_join(threads[i], &sum) != 0 || (long)sum != results[round * 8 + i];
            total += (long)sum;
        }
    }
    printf("%ld failed, total %ld\n", failed, total);
    return 0;
}
