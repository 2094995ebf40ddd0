// readv and writev: several buffers, empty ones, and a short read.
// modes: O1 O2
#include <fcntl.h>
#include <sys/uio.h>
#include <unistd.h>
#include "../show.h"

int main(void) {
    int file = open("/tmp/vectors", O_RDWR | O_CREAT, 0644);
    struct iovec out[] = {{"one ", 4}, {"", 0}, {"two ", 4}, {"three", 5}};
    TRY(writev(file, out, 4));
    TRY(lseek(file, 0, SEEK_CUR));
    TRY(lseek(file, 0, SEEK_SET));
    char a[3] = "..", b[6] = ".....", c[20] = "...................";
    struct iovec in[] = {{a, 2}, {b, 5}, {c, 19}};
    TRY(readv(file, in, 3));
    printf("[%s] [%s] [%s]\n", a, b, c);
    TRY(readv(file, in, 3));
    TRY(lseek(file, -5, SEEK_END));
    TRY(readv(file, in, 1));
    printf("[%s]\n", a);
    TRY(writev(77, out, 2));
    TRY(readv(77, in, 2));
    int reader = open("/tmp/vectors", O_RDONLY);
    TRY(writev(reader, out, 1));
    struct iovec text[] = {{"to standard ", 12}, {"output\n", 7}};
    fflush(stdout);
    TRY(writev(1, text, 2));
    return 0;
}
