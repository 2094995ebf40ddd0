// Offsets of 64 bits that cross the border whole.
// modes: O1 O2
// flags: -sWASM_BIGINT
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>
#include "../show.h"

int main(void) {
    char bytes[8];
    struct stat status;
    int file = open("/tmp/file", O_RDWR | O_CREAT, 0644);
    TRY(write(file, "0123456789", 10));
    TRY(lseek(file, -3, SEEK_END));
    TRY(read(file, bytes, 8));
    TRY(lseek(file, 0x123456789LL, SEEK_SET));
    TRY(lseek(file, -0x100000000LL, SEEK_CUR));
    TRY(lseek(file, -1, SEEK_SET));
    TRY(pread(file, bytes, 3, 4));
    printf("%.3s\n", bytes);
    TRY(pwrite(file, "xyz", 3, 20));
    TRY(ftruncate(file, 15));
    TRY(truncate("/tmp/file", 12));
    TRY(fstat(file, &status));
    TRY(status.st_size);
    CODE(posix_fallocate(file, 10, 20));
    TRY(lseek(file, 0, SEEK_END));
    CODE(posix_fadvise(file, 0, 1LL << 33, POSIX_FADV_NORMAL));
    return 0;
}
