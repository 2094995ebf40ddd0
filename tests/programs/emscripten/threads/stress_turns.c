// Thirty-two threads that take turns at one mutex and one condition variable.
// modes: threads threads-proxied
// flags: -sPTHREAD_POOL_SIZE=32 -sINITIAL_MEMORY=128MB
#include <pthread.h>
#include <stdio.h>

enum { THREADS = 32, ROUNDS = 30 };
static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t changed = PTHREAD_COND_INITIALIZER;
static int turn;
static long sum;

static void *work(void *argument) {
    for (int i = 0; i < ROUNDS; i++) {
        pthread_mutex_lock(&mutex);
        while (turn != (int)argument) pthread_cond_wait(&changed, &mutex);
        turn = (turn + 1) % THREADS;
        sum = (sum * 31 + (int)argument) % 1000003;
        pthread_cond_broadcast(&changed);
        pthread_mutex_unlock(&mutex);
    }
    return NULL;
}

int main(void) {
    pthread_t threads[THREADS];
    int failed = 0;
    for (int i = 0; i < THREADS; i++) failed += pthread_create(&threads[i], NULL, work, (void *)i) != 0;
    for (int i = 0; i < THREADS; i++) failed += pthread_join(threads[i], NULL) != 0;
    printf("%d failed, sum %ld\n", failed, sum);
    return 0;
}
