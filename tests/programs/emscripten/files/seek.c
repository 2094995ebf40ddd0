// lseek: from start, current and end, past the end, before the start, holes read as zero.
// modes: O1 O2
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>
#include "../show.h"

int main(void) {
    char bytes[32];
    int file = open("/tmp/holes", O_RDWR | O_CREAT, 0644);
    TRY(write(file, "abcdef", 6));
    TRY(lseek(file, 2, SEEK_SET));
    TRY(lseek(file, 2, SEEK_CUR));
    TRY(lseek(file, -1, SEEK_CUR));
    TRY(lseek(file, -2, SEEK_END));
    TRY(lseek(file, -1, SEEK_SET));
    TRY(lseek(file, -7, SEEK_END));
    TRY(lseek(file, 0, 9));
    TRY(lseek(file, 0, SEEK_CUR));
    TRY(lseek(file, 10, SEEK_END));
    struct stat status;
    fstat(file, &status);
    TRY(status.st_size);
    TRY(read(file, bytes, 4));
    TRY(write(file, "end", 3));
    fstat(file, &status);
    TRY(status.st_size);
    TRY(lseek(file, 4, SEEK_SET));
    TRY(read(file, bytes, sizeof bytes));
    int zeros = 0;
    for (int i = 2; i < 12; i++) zeros += bytes[i] == 0;
    printf("%.2s, %d zeros, %.3s\n", bytes, zeros, bytes + 12);
    TRY(lseek(file, 5000000000LL, SEEK_SET));
    TRY(lseek(file, 0, SEEK_CUR));
    TRY(read(file, bytes, 1));
    TRY(lseek(99, 0, SEEK_SET));
    return 0;
}
