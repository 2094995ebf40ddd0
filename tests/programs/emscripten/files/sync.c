// fsync, fdatasync, sync and posix_fadvise: accepted on files, refused on closed descriptors.
// modes: O1 O2
#define _GNU_SOURCE
#include <fcntl.h>
#include <unistd.h>
#include "../show.h"

int main(void) {
    int file = open("/tmp/file", O_RDWR | O_CREAT, 0644);
    TRY(write(file, "data", 4));
    TRY(fsync(file));
    TRY(fdatasync(file));
    sync();
    CODE(posix_fadvise(file, 0, 0, POSIX_FADV_SEQUENTIAL));
    CODE(posix_fadvise(file, 0, 100, POSIX_FADV_DONTNEED));
    TRY(close(file));
    TRY(fsync(file));
    TRY(fdatasync(file));
    return 0;
}
