// Functions of side modules by their numbers in other threads: as a thread's function, as a key's destructor, as an argument.
// modes: dynamic-threads
// flags: -sPTHREAD_POOL_SIZE=4
// side: start_side.c
#include <dlfcn.h>
#include <pthread.h>
#include <stdint.h>
#include "../show.h"

int main_double(int number) { return 2 * number; }

typedef void *(*start)(void *);

int main(void) {
    void *side = dlopen("start_side.wasm", RTLD_NOW);
    if (!side) return printf("%s\n", dlerror()), 1;
    // One that the module has put into the table, and one that it has not.
    start in_table = ((start (*)(void))dlsym(side, "side_start_function"))();
    start other = (start)dlsym(side, "side_other_start");
    TRUE(in_table != other);
    TRUE((start)dlsym(side, "side_start") == in_table);
    start starts[2] = {in_table, other};
    for (int i = 0; i < 2; i++) {
        pthread_t thread;
        void *result;
        if (pthread_create(&thread, NULL, starts[i], (void *)(intptr_t)main_double)) return 1;
        TRY(pthread_join(thread, &result));
        TRY((intptr_t)result);
    }
    int *count = (int *)dlsym(side, "side_count");
    TRY(*count);
    return 0;
}
