// Functions with varying arguments: integers, reals, 64-bit numbers, copies of the list.
// modes: O1 O2 standalone
#include <stdarg.h>
#include <stdint.h>
#include "../show.h"

static double sum(const char *kinds, ...) {
    va_list list, copy;
    va_start(list, kinds);
    va_copy(copy, list);
    double total = 0, first = 0;
    for (const char *kind = kinds; *kind; kind++) {
        if (*kind == 'i') total += va_arg(list, int);
        else if (*kind == 'd') total += va_arg(list, double);
        else if (*kind == 'j') total += (double)va_arg(list, int64_t);
        else total += strlen(va_arg(list, const char *));
    }
    if (*kinds == 'i') first = va_arg(copy, int);
    va_end(copy);
    va_end(list);
    return total * 1000 + first;
}

static void forward(const char *form, ...) {
    va_list list;
    va_start(list, form);
    vprintf(form, list);
    va_end(list);
}

int main(void) {
    printf("%g\n", sum("iii", 1, 2, 3));
    printf("%g\n", sum("idjs", 1, 2.5, 10000000000LL, "four"));
    printf("%g\n", sum(""));
    double (*volatile pointer)(const char *, ...) = sum;
    printf("%g\n", pointer("jd", -5LL, 0.5));
    forward("%d %s %g %lld\n", 7, "seven", 7.5, 7000000000LL);
    return 0;
}
