// A jump out of qsort's comparison, and out of an exit-like helper called through pointers.
// modes: O1 O2 standalone wasm-longjmp
#include <setjmp.h>
#include <stdlib.h>
#include "../show.h"

static jmp_buf place;
static int comparisons;

static int compare(const void *a, const void *b) {
    if (++comparisons == 10) longjmp(place, 10);
    return *(const int *)a - *(const int *)b;
}

static double through(double (*call)(double, float), double value) { return call(value, 2.0f); }
static double refuse(double value, float factor) {
    if (value > 2) longjmp(place, 3);
    return value * factor;
}

int main(void) {
    int numbers[50];
    for (int i = 0; i < 50; i++) numbers[i] = (i * 37) % 50;
    int got = setjmp(place);
    if (got == 0) {
        qsort(numbers, 50, sizeof *numbers, compare);
        printf("never\n");
    }
    printf("left with %d after %d comparisons\n", got, comparisons);
    if (got == 10) {
        printf("%g\n", through(refuse, 1.5));
        printf("%g\n", through(refuse, 2.5));
    }
    int sum = 0;
    for (int i = 0; i < 50; i++) sum += numbers[i];
    TRUE(sum == 49 * 50 / 2);
    return 0;
}
