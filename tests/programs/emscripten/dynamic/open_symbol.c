// dlopen, dlsym, dlclose and dlerror: functions of a side module, and what is not there.
// modes: dynamic
// side: open_symbol_side.c
#include <dlfcn.h>
#include "../show.h"

int main(void) {
    TRUE(dlerror() == NULL);
    void *side = dlopen("open_symbol_side.wasm", RTLD_NOW);
    TRUE(side != NULL);
    int (*add)(int, int) = (int (*)(int, int))dlsym(side, "side_add");
    TRUE(add != NULL);
    TRY(add(40, 2));
    int (*next)(void) = (int (*)(void))dlsym(side, "side_next");
    printf("%d %d %d\n", next(), next(), next());
    TRUE(dlsym(side, "side_missing") == NULL);
    TRUE(dlerror() != NULL);
    TRUE(dlerror() == NULL);
    TRUE(dlopen("not_there.wasm", RTLD_NOW) == NULL);
    TRUE(dlerror() != NULL);
    TRUE(dlerror() == NULL);
    TRY(dlclose(side));
    return 0;
}
