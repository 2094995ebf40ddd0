// Volatile locals keep what they had when longjmp was called; those from before setjmp stay.
// modes: O1 O2 standalone wasm-longjmp
#include <setjmp.h>
#include "../show.h"

static jmp_buf place;
static void jump(void) { longjmp(place, 1); }

int main(void) {
    int before = 10;
    volatile int counter = 0;
    volatile double real = 1.5;
    volatile long long wide = 1LL << 40;
    if (setjmp(place) == 0) {
        counter = 1;
        real *= 2;
        wide += 1;
        jump();
    } else {
        printf("%d %d %g %lld\n", before, counter, real, (long long)wide);
        counter++;
        if (counter < 5) jump();
    }
    printf("%d\n", counter);
    return 0;
}
