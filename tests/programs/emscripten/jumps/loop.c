// setjmp called ten thousand times, and longjmp as often.
// modes: O1 O2 standalone wasm-longjmp
#include <setjmp.h>
#include "../show.h"

static int jumps;

static void maybe(jmp_buf place, int i) {
    if (i % 3 == 0) longjmp(place, i + 1);
}

static int one(int i) {
    jmp_buf place;
    int got = setjmp(place);
    if (got) {
        jumps++;
        return got - 1;
    }
    maybe(place, i);
    return -i;
}

int main(void) {
    long long sum = 0;
    for (int i = 0; i < 10000; i++) sum += one(i);
    printf("%lld %d\n", sum, jumps);
    return 0;
}
