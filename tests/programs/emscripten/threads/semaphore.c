// Semaphores: counting, waiting between threads, trywait and timedwait.
// modes: threads threads-proxied
// flags: -sPTHREAD_POOL_SIZE=4
#include <pthread.h>
#include <semaphore.h>
#include <time.h>
#include "../show.h"

static sem_t ping, pong;
static int turns[200], turn;

static void *answer(void *unused) {
    for (int i = 0; i < 100; i++) {
        sem_wait(&ping);
        turns[turn++] = 2;
        sem_post(&pong);
    }
    return unused;
}

int main(void) {
    pthread_t thread;
    int value;
    TRY(sem_init(&ping, 0, 0));
    TRY(sem_init(&pong, 0, 1));
    pthread_create(&thread, NULL, answer, NULL);
    for (int i = 0; i < 100; i++) {
        sem_wait(&pong);
        turns[turn++] = 1;
        sem_post(&ping);
    }
    pthread_join(thread, NULL);
    int wrong = 0;
    for (int i = 0; i < 200; i++) wrong += turns[i] != 1 + i % 2;
    TRY(wrong);
    TRY(sem_getvalue(&pong, &value));
    TRY(value);
    TRY(sem_trywait(&pong));
    TRY(sem_trywait(&pong));
    struct timespec until;
    clock_gettime(CLOCK_REALTIME, &until);
    until.tv_nsec += 20000000;
    if (until.tv_nsec >= 1000000000) until.tv_sec++, until.tv_nsec -= 1000000000;
    TRY(sem_timedwait(&pong, &until));
    TRY(sem_post(&pong));
    TRY(sem_timedwait(&pong, &until));
    TRY(sem_destroy(&pong));
    return 0;
}
