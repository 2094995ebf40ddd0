// pread, pwrite, preadv and pwritev leave the position alone.
// modes: O1 O2
#define _GNU_SOURCE
#include <fcntl.h>
#include <sys/uio.h>
#include <unistd.h>
#include "../show.h"

int main(void) {
    char bytes[32] = {0};
    int file = open("/tmp/positioned", O_RDWR | O_CREAT, 0644);
    TRY(write(file, "0123456789", 10));
    TRY(pwrite(file, "AB", 2, 3));
    TRY(lseek(file, 0, SEEK_CUR));
    TRY(pread(file, bytes, 6, 1));
    printf("%.6s\n", bytes);
    TRY(pread(file, bytes, 6, 8));
    TRY(pread(file, bytes, 6, 10));
    TRY(pwrite(file, "far", 3, 20));
    TRY(lseek(file, 0, SEEK_END));
    TRY(pread(file, bytes, 4, 18));
    printf("%d %d %.2s\n", bytes[0], bytes[1], bytes + 2);
    struct iovec out[] = {{"xx", 2}, {"yyy", 3}};
    TRY(pwritev(file, out, 2, 0));
    char a[4] = {0}, b[4] = {0};
    struct iovec in[] = {{a, 3}, {b, 3}};
    TRY(preadv(file, in, 2, 0));
    printf("%s %s\n", a, b);
    TRY(lseek(file, 0, SEEK_CUR));
    TRY(pread(55, bytes, 1, 0));
    TRY(pwrite(55, bytes, 1, 0));
    int reader = open("/tmp/positioned", O_RDONLY);
    TRY(pwrite(reader, "no", 2, 0));
    return 0;
}
