// setjmp and longjmp across the border, each way.
// modes: dynamic
// side: jumps_side.c
#include <dlfcn.h>
#include <setjmp.h>
#include "../show.h"

static jmp_buf place;
void main_leave(int value) { longjmp(place, value); }

int main(void) {
    void *side = dlopen("jumps_side.wasm", RTLD_NOW);
    if (!side) return printf("%s\n", dlerror()), 1;
    void (*out)(int) = (void (*)(int))dlsym(side, "side_out");
    int (*within)(void (*)(jmp_buf, int)) = (int (*)(void (*)(jmp_buf, int)))dlsym(side, "side_within");
    int got = setjmp(place);
    printf("main %d\n", got);
    if (got < 3) out(got + 1);
    printf("side %d\n", within((void (*)(jmp_buf, int))longjmp));
    return 0;
}
