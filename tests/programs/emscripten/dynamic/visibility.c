// RTLD_GLOBAL gives a module's symbols to those opened later and to RTLD_DEFAULT; RTLD_LOCAL does not.
// modes: dynamic
// side: visibility_one_side.c visibility_two_side.c
#include <dlfcn.h>
#include "../show.h"

int main_value(void) { return 1; }

int main(void) {
    TRUE(dlsym(RTLD_DEFAULT, "main_value") == (void *)main_value);
    TRUE(dlsym(RTLD_DEFAULT, "one_value") == NULL);
    void *one = dlopen("visibility_one_side.wasm", RTLD_NOW | RTLD_GLOBAL);
    TRUE(one != NULL);
    TRUE(dlsym(RTLD_DEFAULT, "one_value") == dlsym(one, "one_value"));
    void *two = dlopen("visibility_two_side.wasm", RTLD_NOW | RTLD_LOCAL);
    if (!two) return printf("%s\n", dlerror()), 1;
    int (*value)(void) = (int (*)(void))dlsym(two, "two_value");
    TRY(value());
    TRUE(dlsym(RTLD_DEFAULT, "two_value") == NULL);
    int *shared = dlsym(one, "one_shared");
    TRY(*shared);
    void *self = dlopen(NULL, RTLD_NOW);
    TRUE(self != NULL);
    TRUE(dlsym(self, "main_value") == (void *)main_value);
    return 0;
}
