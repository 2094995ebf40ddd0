// posix_fallocate makes a file longer and never shorter; it returns its error.
// modes: O1 O2
#define _GNU_SOURCE
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>
#include "../show.h"

static long long size(int file) {
    struct stat status;
    fstat(file, &status);
    return status.st_size;
}

int main(void) {
    int file = open("/tmp/space", O_RDWR | O_CREAT, 0644);
    write(file, "abc", 3);
    CODE(posix_fallocate(file, 0, 100));
    TRY(size(file));
    CODE(posix_fallocate(file, 10, 20));
    TRY(size(file));
    CODE(posix_fallocate(file, 200, 50));
    TRY(size(file));
    char bytes[4];
    TRY(pread(file, bytes, 4, 0));
    printf("%.3s %d\n", bytes, bytes[3]);
    TRY(lseek(file, 0, SEEK_CUR));
    CODE(posix_fallocate(file, 0, 0));
    CODE(posix_fallocate(file, -1, 5));
    CODE(posix_fallocate(67, 0, 5));
    int reader = open("/tmp/space", O_RDONLY);
    CODE(posix_fallocate(reader, 0, 5));
    return 0;
}
