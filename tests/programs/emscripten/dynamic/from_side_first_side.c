// A side module of from_side.c: it opens the second.
#include <dlfcn.h>
extern void main_enter(const char *);

int first_give(void) {
    main_enter("first_give");
    return 7;
}
int first_run(void) {
    main_enter("first_run");
    void *second = dlopen("from_side_second_side.wasm", RTLD_NOW);
    if (!second) return -2;
    int (*run)(int (*)(void)) = (int (*)(int (*)(void)))dlsym(second, "second_run");
    return run(first_give);
}
