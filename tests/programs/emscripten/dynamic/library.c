// A side module uses the C library of the main one: printing, allocation, sorting, files, errno, time.
// modes: dynamic
// side: library_side.c
#include <dlfcn.h>
#include <stdlib.h>
#include "../show.h"

static int descending(const void *a, const void *b) { return *(const int *)b - *(const int *)a; }

int main(void) {
    void *side = dlopen("library_side.wasm", RTLD_NOW);
    if (!side) return printf("%s\n", dlerror()), 1;
    char *(*join)(const char *, const char *) = (char *(*)(const char *, const char *))dlsym(side, "side_join");
    char *joined = join("from ", "the side");
    puts(joined);
    free(joined);
    void (*sort)(int *, int, int (*)(const void *, const void *)) = (void (*)(int *, int, int (*)(const void *, const void *)))dlsym(side, "side_sort");
    int numbers[6] = {3, 9, 1, 7, 5, 2};
    sort(numbers, 6, descending);
    for (int i = 0; i < 6; i++) printf("%d ", numbers[i]);
    sort(numbers, 6, NULL);
    for (int i = 0; i < 6; i++) printf("%d ", numbers[i]);
    printf("\n");
    int (*file)(const char *) = (int (*)(const char *))dlsym(side, "side_file");
    TRY(file("/tmp/of_side"));
    FILE *stream = fopen("/tmp/of_side", "r");
    char line[64];
    TRUE(stream && fgets(line, sizeof line, stream));
    printf("%s", line);
    TRY(file("/no/such/folder"));
    int (*late)(void) = (int (*)(void))dlsym(side, "side_late");
    TRY(late());
    return 0;
}
