// emscripten_futex_wait and emscripten_futex_wake as functions of JavaScript, as older releases import them: results, times, several threads.
// modes: threads threads-proxied
// flags: -sPTHREAD_POOL_SIZE=4
// library: futex_import.js
#include <limits.h>
#include <math.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdint.h>
#include <time.h>
#include <unistd.h>
#include "../show.h"

#define IMPORT(name) __attribute__((import_module("env"), import_name(name)))
IMPORT("emscripten_futex_wait") int futex_wait(volatile void *address, uint32_t expected, double milliseconds);
IMPORT("emscripten_futex_wake") int futex_wake(volatile void *address, int count);

static _Atomic uint32_t word, other;
static atomic_int waiting;

static void *wait_here(void *argument) {
    waiting++;
    int result = futex_wait(&word, 0, argument ? 60000 : INFINITY);
    waiting--;
    return (void *)(intptr_t)result;
}

// Each raises the number when it is its turn.
static void *take_turns(void *argument) {
    uint32_t own = (uint32_t)(intptr_t)argument;
    for (uint32_t round = 0; round < 100; round++) {
        uint32_t turn;
        while ((turn = other) % 3 != own) futex_wait(&other, turn, INFINITY);
        other = turn + 1;
        futex_wake(&other, INT_MAX);
    }
    return NULL;
}

static long milliseconds(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

static void start_waiting(pthread_t *threads) {
    for (intptr_t i = 0; i < 3; i++) pthread_create(&threads[i], NULL, wait_here, (void *)i);
    while (waiting < 3) usleep(1000);
    // They have said so, and are about to.
    usleep(50000);
}

int main(void) {
    pthread_t threads[3];
    printf("not equal: %s\n", error_name(-futex_wait(&word, 5, 10)));
    printf("no time: %s\n", error_name(-futex_wait(&word, 0, 0)));
    printf("less than none: %s\n", error_name(-futex_wait(&word, 0, -1)));
    long start = milliseconds();
    printf("some time: %s\n", error_name(-futex_wait(&word, 0, 30.5)));
    TRUE(milliseconds() - start >= 29);
    printf("unaligned: %s\n", error_name(-futex_wait((char *)&word + 1, 0, 10)));
    printf("nowhere: %s\n", error_name(-futex_wait(NULL, 0, 10)));
    printf("beyond memory: %s\n", error_name(-futex_wait((void *)0xfffffff0, 0, 10)));
    TRY(futex_wake(&word, 1));
    TRY(futex_wake(&word, 0));
    printf("less than none: %s\n", error_name(-futex_wake(&word, -1)));
    printf("unaligned: %s\n", error_name(-futex_wake((char *)&word + 1, 1)));
    printf("nowhere: %s\n", error_name(-futex_wake(NULL, 1)));
    start_waiting(threads);
    TRY(futex_wake(&other, INT_MAX));
    TRY(futex_wake(&word, 1));
    while (waiting > 2) usleep(1000);
    TRY(waiting);
    TRY(futex_wake(&word, INT_MAX));
    for (int i = 0; i < 3; i++) {
        void *result;
        pthread_join(threads[i], &result);
        TRY((intptr_t)result);
    }
    for (intptr_t i = 0; i < 3; i++) pthread_create(&threads[i], NULL, take_turns, (void *)i);
    for (int i = 0; i < 3; i++) pthread_join(threads[i], NULL);
    TRY(other);
    return 0;
}
