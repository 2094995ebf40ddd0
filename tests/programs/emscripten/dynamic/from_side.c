// A side module opens another one, which calls back into the first and into main.
// modes: dynamic
// side: from_side_first_side.c from_side_second_side.c
#include <dlfcn.h>
#include "../show.h"

int main_depth;
void main_enter(const char *name) { printf("%*s%s\n", main_depth++ * 2, "", name); }

int main(void) {
    void *first = dlopen("from_side_first_side.wasm", RTLD_NOW | RTLD_GLOBAL);
    if (!first) return printf("%s\n", dlerror()), 1;
    int (*run)(void) = (int (*)(void))dlsym(first, "first_run");
    TRY(run());
    TRY(main_depth);
    return 0;
}
