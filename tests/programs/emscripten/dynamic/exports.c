// A main module that keeps only what is asked for by name (MAIN_MODULE=2), enough for its side module.
// modes: dynamic
// flags: -sMAIN_MODULE=2 -sEXPORTED_FUNCTIONS=_main,_main_give,_main_values,_puts
// side: exports_side.c
#include <dlfcn.h>
#include "../show.h"

int main_values[3] = {5, 6, 7};
int main_give(int index) { return main_values[index] * 10; }

int main(void) {
    void *side = dlopen("exports_side.wasm", RTLD_NOW);
    if (!side) return printf("%s\n", dlerror()), 1;
    int (*work)(int) = (int (*)(int))dlsym(side, "side_work");
    TRY(work(2));
    TRY(main_values[2]);
    TRUE(dlsym(RTLD_DEFAULT, "main_give") == (void *)main_give);
    return 0;
}
