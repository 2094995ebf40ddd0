// Mutexes: a counter that no thread's step is lost of, trylock, recursive and error-checking kinds.
// modes: threads threads-proxied
// flags: -sPTHREAD_POOL_SIZE=4
#define _GNU_SOURCE
#include <pthread.h>
#include <time.h>
#include "../show.h"

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static long counter;
static void *count(void *unused) {
    for (int i = 0; i < 20000; i++) {
        pthread_mutex_lock(&lock);
        counter++;
        pthread_mutex_unlock(&lock);
    }
    return unused;
}
static void *attempt(void *which) { return (void *)(long)pthread_mutex_trylock(which); }
static void *unlock(void *which) { return (void *)(long)pthread_mutex_unlock(which); }
static int in_thread(void *(*function)(void *), void *argument) {
    pthread_t thread;
    void *result;
    pthread_create(&thread, NULL, function, argument);
    pthread_join(thread, &result);
    return (int)(long)result;
}

int main(void) {
    pthread_t threads[4];
    for (int i = 0; i < 4; i++) pthread_create(&threads[i], NULL, count, NULL);
    for (int i = 0; i < 4; i++) pthread_join(threads[i], NULL);
    TRY(counter);
    CODE(pthread_mutex_lock(&lock));
    CODE(in_thread(attempt, &lock));
    CODE(pthread_mutex_trylock(&lock));
    struct timespec until;
    clock_gettime(CLOCK_REALTIME, &until);
    until.tv_nsec += 20000000;
    if (until.tv_nsec >= 1000000000) until.tv_sec++, until.tv_nsec -= 1000000000;
    CODE(pthread_mutex_timedlock(&lock, &until));
    CODE(pthread_mutex_unlock(&lock));
    pthread_mutexattr_t attributes;
    pthread_mutexattr_init(&attributes);
    pthread_mutexattr_settype(&attributes, PTHREAD_MUTEX_RECURSIVE);
    pthread_mutex_t recursive, checking;
    CODE(pthread_mutex_init(&recursive, &attributes));
    CODE(pthread_mutex_lock(&recursive));
    CODE(pthread_mutex_lock(&recursive));
    CODE(pthread_mutex_unlock(&recursive));
    CODE(in_thread(attempt, &recursive));
    CODE(pthread_mutex_unlock(&recursive));
    CODE(pthread_mutex_unlock(&recursive));
    pthread_mutexattr_settype(&attributes, PTHREAD_MUTEX_ERRORCHECK);
    CODE(pthread_mutex_init(&checking, &attributes));
    CODE(pthread_mutex_lock(&checking));
    CODE(pthread_mutex_lock(&checking));
    CODE(in_thread(unlock, &checking));
    CODE(pthread_mutex_unlock(&checking));
    CODE(pthread_mutex_destroy(&checking));
    return 0;
}
