// Several places at once: inner and outer jumps, the inner used again and again.
// modes: O1 O2 standalone wasm-longjmp
#include <setjmp.h>
#include "../show.h"

static jmp_buf outer, inner, third;

static void work(int step) {
    switch (step % 4) {
    case 0: longjmp(inner, step + 1);
    case 1: printf("step %d falls through\n", step); break;
    case 2: longjmp(third, step + 1);
    case 3: if (step > 8) longjmp(outer, step);
    }
}

static void middle(void) {
    volatile int step = 0;
    int got = setjmp(inner);
    if (got) printf("inner %d\n", got);
    int other = setjmp(third);
    if (other) printf("third %d\n", other);
    while (step < 20) {
        step++;
        work(step);
    }
    printf("never\n");
}

int main(void) {
    int got = setjmp(outer);
    if (got == 0) middle();
    printf("outer %d\n", got);
    return 0;
}
