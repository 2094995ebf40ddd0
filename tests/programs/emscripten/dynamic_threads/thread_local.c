// Thread-local variables of side modules: each thread has its own, with the values from the start; also those of one module that another uses.
// modes: dynamic-threads
// flags: -sPTHREAD_POOL_SIZE=4
// side: thread_local_side.c thread_local_user_side.c
#include <dlfcn.h>
#include <pthread.h>
#include <stdint.h>
#include "../show.h"

static int (*add)(int), (*use)(int);
static void *(*address)(int);
static uintptr_t addresses[3][3];

static void *run(void *argument) {
    int number = (int)(intptr_t)argument;
    // 5 at the start, in every thread.
    int first = add(number), second = add(number);
    int used = use(100);
    for (int i = 0; i < 3; i++) addresses[number][i] = (uintptr_t)address(i);
    printf("thread %d: %d %d %d\n", number, first, second, used);
    return NULL;
}

int main(void) {
    void *side = dlopen("thread_local_side.wasm", RTLD_NOW | RTLD_GLOBAL);
    if (!side) return printf("%s\n", dlerror()), 1;
    void *user = dlopen("thread_local_user_side.wasm", RTLD_NOW);
    if (!user) return printf("%s\n", dlerror()), 1;
    add = (int (*)(int))dlsym(side, "side_add");
    address = (void *(*)(int))dlsym(side, "side_address");
    use = (int (*)(int))dlsym(user, "user_add");
    run((void *)0);
    for (intptr_t i = 1; i < 3; i++) {
        pthread_t thread;
        if (pthread_create(&thread, NULL, run, (void *)i)) return 1;
        TRY(pthread_join(thread, NULL));
    }
    for (int i = 0; i < 3; i++) {
        TRUE(addresses[0][i] && addresses[0][i] != addresses[1][i]);
        TRUE(addresses[1][i] % (i == 2 ? 64 : 4) == 0);
    }
    printf("first: %d %d\n", add(1), use(1));
    return 0;
}
