// Data of a side module: numbers, arrays, strings and tables of pointers, read and written by the main one.
// modes: dynamic
// side: data_side.c
#include <dlfcn.h>
#include "../show.h"

struct entry { const char *name; int (*call)(int); const int *value; };

int main(void) {
    void *side = dlopen("data_side.wasm", RTLD_LAZY);
    int *number = dlsym(side, "side_number");
    const char **text = dlsym(side, "side_text");
    double *reals = dlsym(side, "side_reals");
    struct entry *entries = dlsym(side, "side_entries");
    char *zeros = dlsym(side, "side_zeros");
    int (*read_number)(void) = (int (*)(void))dlsym(side, "side_read_number");
    TRUE(number && text && reals && entries && zeros && read_number);
    printf("%d %s %g %g\n", *number, *text, reals[0], reals[2]);
    *number = 1000;
    TRY(read_number());
    for (int i = 0; i < 3; i++) printf("%s %d %d\n", entries[i].name, entries[i].call(5), *entries[i].value);
    TRUE(entries[2].value == number);
    int sum = 0;
    for (int i = 0; i < 200000; i++) sum += zeros[i];
    TRY(sum);
    zeros[199999] = 7;
    int (*last_zero)(void) = (int (*)(void))dlsym(side, "side_last_zero");
    TRY(last_zero());
    TRUE(((unsigned long)reals & 7) == 0);
    TRUE(((unsigned long)dlsym(side, "side_aligned") & 127) == 0);
    return 0;
}
