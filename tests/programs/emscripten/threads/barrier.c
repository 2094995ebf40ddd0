// A barrier holds threads until all have come, once per round one of them is told so.
// modes: threads threads-proxied
// flags: -sPTHREAD_POOL_SIZE=4
#include <pthread.h>
#include <stdatomic.h>
#include "../show.h"

static pthread_barrier_t barrier;
static atomic_int arrived, serial, early;

static void *rounds(void *unused) {
    for (int round = 1; round <= 50; round++) {
        atomic_fetch_add(&arrived, 1);
        if (pthread_barrier_wait(&barrier) == PTHREAD_BARRIER_SERIAL_THREAD) atomic_fetch_add(&serial, 1);
        if (atomic_load(&arrived) < round * 4) atomic_fetch_add(&early, 1);
        pthread_barrier_wait(&barrier);
    }
    return unused;
}

int main(void) {
    pthread_t threads[4];
    CODE(pthread_barrier_init(&barrier, NULL, 0));
    CODE(pthread_barrier_init(&barrier, NULL, 4));
    for (int i = 0; i < 4; i++) pthread_create(&threads[i], NULL, rounds, NULL);
    for (int i = 0; i < 4; i++) pthread_join(threads[i], NULL);
    printf("%d arrived, %d serial, %d early\n", arrived, serial, early);
    CODE(pthread_barrier_destroy(&barrier));
    return 0;
}
