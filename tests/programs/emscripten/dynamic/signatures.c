// Calls over the border with 64-bit, real and many arguments, structures, and varying arguments.
// modes: dynamic
// side: signatures_side.c
#include <dlfcn.h>
#include <stdarg.h>
#include "../show.h"

struct pair { int a; double b; };
long long main_sum(int count, ...) {
    va_list list;
    va_start(list, count);
    long long sum = 0;
    for (int i = 0; i < count; i++) sum += va_arg(list, long long);
    va_end(list);
    return sum;
}

int main(void) {
    void *side = dlopen("signatures_side.wasm", RTLD_NOW);
    if (!side) return printf("%s\n", dlerror()), 1;
    long long (*wide)(long long, int, long long) = (long long (*)(long long, int, long long))dlsym(side, "side_wide");
    float (*single)(float, float) = (float (*)(float, float))dlsym(side, "side_single");
    double (*mixed)(int, float, double, long long) = (double (*)(int, float, double, long long))dlsym(side, "side_mixed");
    struct pair (*pair)(struct pair) = (struct pair(*)(struct pair))dlsym(side, "side_pair");
    int (*many)(int, int, int, int, int, int, int, int, int, int) = (int (*)(int, int, int, int, int, int, int, int, int, int))dlsym(side, "side_many");
    void (*nothing)(void) = (void (*)(void))dlsym(side, "side_nothing");
    printf("%lld\n", wide(1LL << 40, 3, -1));
    printf("%g\n", single(1.5f, 2.25f));
    printf("%.3f\n", mixed(1, 2.5f, 3.25, 1LL << 33));
    struct pair result = pair((struct pair){3, 4.5});
    printf("%d %g\n", result.a, result.b);
    printf("%d\n", many(1, 2, 3, 4, 5, 6, 7, 8, 9, 10));
    nothing();
    return 0;
}
