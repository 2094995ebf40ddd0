// Threads that load modules themselves: what one of them has loaded is there for the others and for the first one, which loads it again.
// modes: dynamic-threads
// flags: -sPTHREAD_POOL_SIZE=4
// by-hand: 3.1.6 in JavaScript runs no constructors of what other threads load, and loads it for each thread alone
// side: loads_base_side.c loads_top_side.c+loads_base_side
#include <dlfcn.h>
#include <pthread.h>
#include <stdint.h>
#include "../show.h"

static int (*number)(void);

static void *load(void *unused) {
    (void)unused;
    void *top = dlopen("loads_top_side.wasm", RTLD_NOW);
    if (!top) return printf("%s\n", dlerror()), NULL;
    number = (int (*)(void))dlsym(top, "top_number");
    TRY(number());
    return top;
}

static void *ask(void *unused) {
    (void)unused;
    TRY(number());
    void *base = dlopen("loads_base_side.wasm", RTLD_NOW | RTLD_GLOBAL);
    TRUE(base != NULL);
    int *own = (int *)dlsym(base, "base_own");
    TRY(*own);
    *own += 1000;
    TRY(number());
    return base;
}

static void *in_thread(void *(*function)(void *)) {
    pthread_t thread;
    void *result = NULL;
    if (pthread_create(&thread, NULL, function, NULL) || pthread_join(thread, &result)) return NULL;
    return result;
}

int main(void) {
    void *top = in_thread(load);
    TRY(number());
    TRUE(top == dlopen("loads_top_side.wasm", RTLD_NOW));
    void *base = in_thread(ask);
    TRUE(base != NULL && base == dlopen("loads_base_side.wasm", RTLD_NOW));
    TRUE(dlsym(base, "base_own") == dlsym(RTLD_DEFAULT, "base_own"));
    TRUE(in_thread(ask) == base);
    TRY(dlclose(top));
    TRY(number());
    return 0;
}
