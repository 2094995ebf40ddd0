// dup, dup2, dup3 and F_DUPFD: which descriptor comes back, and what closing one leaves.
// modes: O1 O2
#define _GNU_SOURCE
#include <fcntl.h>
#include <unistd.h>
#include "../show.h"

int main(void) {
    char bytes[16];
    int file = open("/tmp/file", O_RDWR | O_CREAT, 0644);
    TRY(file);
    TRY(write(file, "0123456789", 10));
    TRY(dup(file));
    TRY(dup2(file, 20));
    TRY(dup3(file, 21, 0));
    TRY(fcntl(file, F_DUPFD, 10));
    TRY(fcntl(file, F_DUPFD, 10));
    TRY(fcntl(file, F_DUPFD, -1));
    TRY(close(file));
    TRY(pread(4, bytes, 3, 2));
    printf("%.3s\n", bytes);
    TRY(pread(20, bytes, 3, 4));
    printf("%.3s\n", bytes);
    TRY(pwrite(21, "X", 1, 0));
    TRY(pread(10, bytes, 3, 0));
    printf("%.3s\n", bytes);
    TRY(dup(file));
    TRY(dup2(file, 5));
    TRY(dup2(20, 20));
    TRY(dup3(20, 20, 0));
    int other = open("/tmp/other", O_RDWR | O_CREAT, 0644);
    TRY(other);
    TRY(dup2(other, 20));
    TRY(pread(20, bytes, 3, 0));
    TRY(close(20));
    TRY(write(other, "fine", 4));
    TRY(dup2(1, 30));
    fflush(stdout);
    TRY(write(30, "through 30\n", 11));
    return 0;
}
