// A side module that names another in its dylink section: both come with one dlopen.
// modes: dynamic
// side: needed_base_side.c needed_top_side.c+needed_base_side
#include <dlfcn.h>
#include "../show.h"

int main(void) {
    void *top = dlopen("needed_top_side.wasm", RTLD_NOW | RTLD_GLOBAL);
    if (!top) return printf("%s\n", dlerror()), 1;
    int (*value)(int) = (int (*)(int))dlsym(top, "top_value");
    TRY(value(5));
    TRY(value(5));
    void *base = dlopen("needed_base_side.wasm", RTLD_NOW);
    TRUE(base != NULL);
    int *calls = dlsym(base, "base_calls");
    TRY(*calls);
    return 0;
}
