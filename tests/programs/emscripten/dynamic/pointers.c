// Function pointers over both modules: kept, compared, called from each side, many of them.
// modes: dynamic
// side: pointers_side.c
#include <dlfcn.h>
#include "../show.h"

typedef int (*function)(int);
static int main_plus(int value) { return value + 1; }
static int main_times(int value) { return value * 10; }
static long long main_wide(long long value) { return value << 1; }
static float main_real(float a, double b) { return a + (float)b; }

int main(void) {
    void *side = dlopen("pointers_side.wasm", RTLD_NOW);
    if (!side) return printf("%s\n", dlerror()), 1;
    void (*add)(function) = (void (*)(function))dlsym(side, "side_register");
    int (*run)(int) = (int (*)(int))dlsym(side, "side_run");
    function own = (function)dlsym(side, "side_square");
    add(main_plus);
    add(own);
    add(main_times);
    TRY(run(2));
    function (*get)(int) = (function (*)(int))dlsym(side, "side_get");
    TRUE(get(0) == main_plus);
    TRUE(get(1) == own);
    TRY(get(2)(7));
    function *table = dlsym(side, "side_table");
    int sum = 0;
    for (int i = 0; i < 8; i++) sum += table[i](100);
    TRY(sum);
    TRUE(table[3] == own);
    long long (*wide)(long long (*)(long long), float (*)(float, double)) = (long long (*)(long long (*)(long long), float (*)(float, double)))dlsym(side, "side_wide");
    printf("%lld\n", wide(main_wide, main_real));
    return 0;
}
