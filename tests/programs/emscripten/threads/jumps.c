// setjmp and longjmp in four threads at once.
// modes: threads threads-proxied
// flags: -sPTHREAD_POOL_SIZE=4
#include <pthread.h>
#include <setjmp.h>
#include "../show.h"

static _Thread_local jmp_buf place;
__attribute__((noinline)) static void maybe(int i) {
    if (i % 5 == 0) longjmp(place, i + 1);
}
static void *work(void *argument) {
    volatile long sum = 0;
    for (volatile int i = 0; i < 1000; i++) {
        int got = setjmp(place);
        if (got) sum += got * (long)argument;
        else maybe(i);
    }
    return (void *)sum;
}

int main(void) {
    pthread_t threads[4];
    for (long i = 0; i < 4; i++) pthread_create(&threads[i], NULL, work, (void *)(i + 1));
    for (int i = 0; i < 4; i++) {
        void *sum;
        pthread_join(threads[i], &sum);
        printf("%ld\n", (long)sum);
    }
    return 0;
}
