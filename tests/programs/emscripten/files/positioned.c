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
    struct iovec out = {"xxyyy", 5};
    TRY(pwritev(file, &out, 1, 2));
    char a[8] = {0};
    struct iovec in = {a, 7};
    TRY(preadv(file, &in, 1, 1));
    printf("%s\n", a);
    TRY(lseek(file, 0, SEEK_CUR));
    TRY(pread(55, bytes, 1, 0));
    TRY(pwrite(55, bytes, 1, 0));
    int reader = open("/tmp/positioned", O_RDONLY);
    TRY(pwrite(reader, "no", 2, 0));
    return 0;
}
