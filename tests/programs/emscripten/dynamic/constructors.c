// A side module's constructors run when it is opened, once, before dlopen returns.
// modes: dynamic
// side: constructors_side.c
#include <dlfcn.h>
#include "../show.h"

void main_note(const char *text) { printf("note: %s\n", text); }

int main(void) {
    printf("before\n");
    void *side = dlopen("constructors_side.wasm", RTLD_NOW);
    printf("after\n");
    int *state = dlsym(side, "side_state");
    TRY(*state);
    void *again = dlopen("constructors_side.wasm", RTLD_NOW);
    TRUE(again == side);
    TRY(*state);
    TRY(dlclose(again));
    TRY(*state);
    return 0;
}
