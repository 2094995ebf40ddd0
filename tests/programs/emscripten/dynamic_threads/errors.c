// What threads are told that load what cannot be loaded: each has its own dlerror, and the others are not disturbed.
// modes: dynamic-threads
// flags: -sPTHREAD_POOL_SIZE=4
// by-hand: 3.1.6 in JavaScript keeps what could not be loaded, and its messages for each thread are of the thread's own files
// side: errors_side.c errors_data_side.c
#include <dlfcn.h>
#include <pthread.h>
#include <stdlib.h>
#include "../show.h"

static void show(const char *what) {
    char *error = dlerror();
    printf("%s: %s\n", what, error ? error : "nothing");
}

static void *fail(void *unused) {
    (void)unused;
    show("at the start");
    TRUE(dlopen("errors_missing.wasm", RTLD_NOW) == NULL);
    show("missing");
    FILE *file = fopen("/tmp/text.wasm", "w");
    fputs("This is a text of more than twenty-four bytes.\n", file);
    fclose(file);
    TRUE(dlopen("/tmp/text.wasm", RTLD_NOW) == NULL);
    show("no module");
    for (int i = 0; i < 2; i++) {
        TRUE(dlopen("errors_data_side.wasm", RTLD_NOW) == NULL);
        show("data that nobody defines");
    }
    void *side = dlopen("errors_side.wasm", RTLD_NOW);
    TRUE(side != NULL);
    TRUE(dlsym(side, "errors_none") == NULL);
    show("no such symbol");
    TRUE(dlsym(RTLD_DEFAULT, "errors_data_function") == NULL);
    // Left to itself.
    return dlsym(side, "errors_function");
}

int main(void) {
    TRUE(dlopen("errors_of_main.wasm", RTLD_NOW) == NULL);
    pthread_t thread;
    void *result;
    for (int i = 0; i < 2; i++) {
        if (pthread_create(&thread, NULL, fail, NULL) || pthread_join(thread, &result)) return 1;
        int (*function)(void) = (int (*)(void))result;
        TRY(function());
    }
    show("the first thread's own");
    return 0;
}
