// Streams over a pipe: fdopen on both ends, lines written and read.
// modes: O1 O2
#define _GNU_SOURCE
#include <stdlib.h>
#include <unistd.h>
#include "../show.h"

int main(void) {
    int ends[2];
    TRY(pipe(ends));
    FILE *in = fdopen(ends[0], "r"), *out = fdopen(ends[1], "w");
    for (int i = 1; i <= 3; i++) fprintf(out, "line %d of %s\n", i, "three");
    TRY(fflush(out));
    char line[64];
    for (int i = 0; i < 3; i++) {
        int number;
        if (fgets(line, sizeof line, in) && sscanf(line, "line %d", &number) == 1) printf("%d: %s", number, line);
    }
    TRY(fseek(out, 0, SEEK_SET));
    TRY(ftell(in));
    TRY(fclose(out));
    TRY(fclose(in));
    return 0;
}
