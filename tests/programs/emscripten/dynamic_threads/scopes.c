// What other threads find under names that several modules define, loaded with RTLD_LOCAL and RTLD_GLOBAL: the same as the first thread.
// modes: dynamic-threads
// flags: -sPTHREAD_POOL_SIZE=4
// side: scopes_one_side.c scopes_two_side.c scopes_asks_side.c
#include <dlfcn.h>
#include <pthread.h>
#include <stdint.h>
#include "../show.h"

static void *one, *two, *asks;

static int call(void *side, const char *name) {
    int (*function)(void) = (int (*)(void))dlsym(side, name);
    return function ? function() : -1;
}

static void *look(void *unused) {
    (void)unused;
    TRY(call(one, "scope_number"));
    TRY(call(two, "scope_number"));
    TRY(call(one, "one_own"));
    TRY(call(two, "two_own"));
    TRY(call(asks, "asks_number"));
    TRY(call(asks, "asks_data"));
    TRUE(dlsym(RTLD_DEFAULT, "one_own") == NULL);
    TRUE(dlsym(RTLD_DEFAULT, "two_own") != NULL);
    return NULL;
}

int main(void) {
    one = dlopen("scopes_one_side.wasm", RTLD_NOW | RTLD_LOCAL);
    two = dlopen("scopes_two_side.wasm", RTLD_NOW | RTLD_GLOBAL);
    asks = dlopen("scopes_asks_side.wasm", RTLD_NOW | RTLD_LOCAL);
    if (!one || !two || !asks) return printf("%s\n", dlerror()), 1;
    look(NULL);
    for (int i = 0; i < 2; i++) {
        pthread_t thread;
        if (pthread_create(&thread, NULL, look, NULL)) return 1;
        TRY(pthread_join(thread, NULL));
    }
    return 0;
}
