// A main module that opens nothing behaves as any program does.
// modes: dynamic
// arguments: one two
// status: 6
#include <stdlib.h>
#include "../show.h"

static int twice(int value) { return value * 2; }
int (*exported_pointer)(int) = twice;

int main(int argc, char **argv) {
    TRY(argc);
    puts(argv[2]);
    TRY(exported_pointer(4));
    char *block = malloc(100000);
    memset(block, 1, 100000);
    TRY(block[99999]);
    FILE *file = fopen("/tmp/file", "w");
    TRY(fprintf(file, "text"));
    TRY(fclose(file));
    exit(6);
}
