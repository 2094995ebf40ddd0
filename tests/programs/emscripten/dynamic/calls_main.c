// A side module calls functions of the main one and uses its data.
// modes: dynamic
// side: calls_main_side.c
#include <dlfcn.h>
#include "../show.h"

int main_counter = 5;
const char *main_names[] = {"zero", "one", "two"};
int main_triple(int value) { return value * 3; }
long long main_wide(long long value, double real) { return value + (long long)real; }
void main_print(const char *text) { printf("main prints: %s\n", text); }

int main(void) {
    void *side = dlopen("calls_main_side.wasm", RTLD_NOW);
    if (!side) return printf("%s\n", dlerror()), 1;
    int (*work)(int) = (int (*)(int))dlsym(side, "side_work");
    TRY(work(7));
    TRY(main_counter);
    int (*(*pointer)(void))(int) = (int (*(*)(void))(int))dlsym(side, "side_pointer_to_main");
    TRUE(pointer() == main_triple);
    TRY(pointer()(4));
    long long (*wide)(void) = (long long (*)(void))dlsym(side, "side_wide");
    printf("%lld\n", wide());
    return 0;
}
