// Threads that load and look up modules at the same time as others do, and call them: each number is the same function in all.
// modes: dynamic-threads
// flags: -sPTHREAD_POOL_SIZE=12
// by-hand: 3.1.6 in JavaScript gives different numbers to the same function
// side: stress_one_side.c stress_two_side.c stress_three_side.c stress_four_side.c
#include <dlfcn.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdint.h>
#include "../show.h"

enum { THREADS = 8, ROUNDS = 40, MODULES = 4 };

static const char *const modules[MODULES] = {
    "stress_one_side.wasm", "stress_two_side.wasm", "stress_three_side.wasm", "stress_four_side.wasm",
};
static const char *const names[MODULES] = {"one_next", "two_next", "three_next", "four_next"};
static _Atomic(int (*)(void)) known[MODULES];
static atomic_int wrong, calls;

static void *run(void *argument) {
    int number = (int)(intptr_t)argument;
    int own[MODULES] = {0};
    for (int round = 0; round < ROUNDS; round++) {
        int at = (number + round) % MODULES;
        if (round % 5 == 0) {
            void *side = dlopen(modules[at], RTLD_NOW);
            int (*function)(void) = side ? (int (*)(void))dlsym(side, names[at]) : NULL;
            int (*before)(void) = NULL;
            if (!function) wrong++;
            else if (!atomic_compare_exchange_strong(&known[at], &before, function) && before != function) wrong++;
        }
        int (*function)(void) = known[at];
        if (!function) continue;
        calls++;
        if (function() != (at + 1) * 1000 + ++own[at]) wrong++;
    }
    return NULL;
}

int main(void) {
    pthread_t threads[THREADS];
    for (intptr_t i = 0; i < THREADS; i++) {
        if (pthread_create(&threads[i], NULL, run, (void *)i)) return 1;
    }
    for (int i = 0; i < THREADS; i++) pthread_join(threads[i], NULL);
    TRY(wrong);
    TRUE(calls > THREADS * ROUNDS / 2);
    return 0;
}
