// Two side modules whose symbols have the same names keep their own; many are opened in turn.
// modes: dynamic
// side: many_one_side.c many_two_side.c many_three_side.c
#include <dlfcn.h>
#include "../show.h"

int main(void) {
    const char *const names[] = {"many_one_side.wasm", "many_two_side.wasm", "many_three_side.wasm"};
    void *sides[3];
    for (int i = 0; i < 3; i++) {
        sides[i] = dlopen(names[i], RTLD_NOW | RTLD_LOCAL);
        TRUE(sides[i] != NULL);
    }
    for (int round = 0; round < 2; round++) {
        for (int i = 0; i < 3; i++) {
            const char *(*name)(void) = (const char *(*)(void))dlsym(sides[i], "side_name");
            int (*count)(void) = (int (*)(void))dlsym(sides[i], "side_count");
            printf("%s %d\n", name(), count());
        }
    }
    TRUE(dlsym(sides[0], "side_name") != dlsym(sides[1], "side_name"));
    for (int i = 0; i < 3; i++) TRY(dlclose(sides[i]));
    return 0;
}
