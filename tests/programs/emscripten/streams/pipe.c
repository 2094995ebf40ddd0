// pipe: what is written comes out in order, in pieces, and an empty one that must not wait gives EAGAIN.
// modes: O1 O2
#define _GNU_SOURCE
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>
#include "../show.h"

int main(void) {
    int ends[2];
    char bytes[32];
    TRY(pipe(ends));
    printf("%d %d\n", ends[0], ends[1]);
    TRY(fcntl(ends[0], F_SETFL, O_NONBLOCK));
    TRY(read(ends[0], bytes, 4));
    TRY(write(ends[1], "abcdef", 6));
    TRY(write(ends[1], "ghij", 4));
    TRY(read(ends[0], bytes, 4));
    printf("%.4s\n", bytes);
    TRY(read(ends[0], bytes, sizeof bytes));
    printf("%.6s\n", bytes);
    TRY(read(ends[0], bytes, 1));
    TRY(read(ends[1], bytes, 1));
    TRY(write(ends[0], bytes, 1));
    TRY(lseek(ends[0], 0, SEEK_SET));
    TRY(pread(ends[0], bytes, 1, 0));
    TRY(pwrite(ends[1], "x", 1, 0));
    TRY(write(ends[1], "last", 4));
    TRY(close(ends[1]));
    TRY(read(ends[0], bytes, 32));
    TRY(close(ends[0]));
    int more[2];
    TRY(pipe2(more, 0));
    printf("%d %d\n", more[0], more[1]);
    return 0;
}
