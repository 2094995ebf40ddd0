// Record locks: within one process they are always granted, and none is seen.
// modes: O1 O2
#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>
#include "../show.h"

int main(void) {
    int file = open("/tmp/locked", O_RDWR | O_CREAT, 0644);
    write(file, "0123456789", 10);
    struct flock lock = {.l_type = F_WRLCK, .l_whence = SEEK_SET, .l_start = 2, .l_len = 4};
    TRY(fcntl(file, F_SETLK, &lock));
    lock.l_type = F_RDLCK;
    TRY(fcntl(file, F_SETLKW, &lock));
    lock.l_type = F_WRLCK;
    TRY(fcntl(file, F_GETLK, &lock));
    TRUE(lock.l_type == F_UNLCK);
    TRUE(lock.l_start == 2 && lock.l_len == 4);
    lock.l_type = F_UNLCK;
    TRY(fcntl(file, F_SETLK, &lock));
    TRY(lockf(file, F_LOCK, 5));
    TRY(lockf(file, F_TEST, 5));
    TRY(lockf(file, F_ULOCK, 5));
    TRY(fcntl(79, F_SETLK, &lock));
    TRY(lockf(79, F_LOCK, 0));
    return 0;
}
