// Condition variables: a bounded queue between threads, broadcast, and waiting with a limit.
// modes: threads threads-proxied
// flags: -sPTHREAD_POOL_SIZE=4
#include <pthread.h>
#include <time.h>
#include "../show.h"

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t not_full = PTHREAD_COND_INITIALIZER, not_empty = PTHREAD_COND_INITIALIZER, go = PTHREAD_COND_INITIALIZER;
static int queue[8], head, tail, started;

static void *produce(void *argument) {
    for (int i = 0; i < 1000; i++) {
        pthread_mutex_lock(&lock);
        while (tail - head == 8) pthread_cond_wait(&not_full, &lock);
        queue[tail++ % 8] = (int)(long)argument + i;
        pthread_cond_signal(&not_empty);
        pthread_mutex_unlock(&lock);
    }
    return NULL;
}
static void *consume(void *unused) {
    long sum = 0;
    (void)unused;
    for (int i = 0; i < 1000; i++) {
        pthread_mutex_lock(&lock);
        while (tail == head) pthread_cond_wait(&not_empty, &lock);
        sum += queue[head++ % 8];
        pthread_cond_signal(&not_full);
        pthread_mutex_unlock(&lock);
    }
    return (void *)sum;
}
static void *wait_for_start(void *unused) {
    pthread_mutex_lock(&lock);
    while (!started) pthread_cond_wait(&go, &lock);
    pthread_mutex_unlock(&lock);
    return unused;
}

int main(void) {
    pthread_t threads[4];
    void *first, *second;
    pthread_create(&threads[0], NULL, produce, (void *)0L);
    pthread_create(&threads[1], NULL, produce, (void *)10000L);
    pthread_create(&threads[2], NULL, consume, NULL);
    pthread_create(&threads[3], NULL, consume, NULL);
    pthread_join(threads[0], NULL);
    pthread_join(threads[1], NULL);
    pthread_join(threads[2], &first);
    pthread_join(threads[3], &second);
    TRY((long)first + (long)second);
    for (int i = 0; i < 4; i++) pthread_create(&threads[i], NULL, wait_for_start, NULL);
    pthread_mutex_lock(&lock);
    started = 1;
    CODE(pthread_cond_broadcast(&go));
    pthread_mutex_unlock(&lock);
    for (int i = 0; i < 4; i++) pthread_join(threads[i], NULL);
    struct timespec until;
    clock_gettime(CLOCK_REALTIME, &until);
    until.tv_nsec += 30000000;
    if (until.tv_nsec >= 1000000000) until.tv_sec++, until.tv_nsec -= 1000000000;
    pthread_mutex_lock(&lock);
    CODE(pthread_cond_timedwait(&go, &lock, &until));
    CODE(pthread_cond_timedwait(&go, &lock, &until));
    pthread_mutex_unlock(&lock);
    CODE(pthread_cond_destroy(&go));
    return 0;
}
