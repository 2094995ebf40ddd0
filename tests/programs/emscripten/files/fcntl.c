// fcntl: access modes and flags read back, flags set, and unknown commands.
// modes: O1 O2
#define _GNU_SOURCE
#include <fcntl.h>
#include <unistd.h>
#include "../show.h"

int main(void) {
    int file = open("/tmp/file", O_RDWR | O_CREAT, 0644);
    int reader = open("/tmp/file", O_RDONLY);
    int log = open("/tmp/file", O_WRONLY | O_APPEND);
    TRUE((fcntl(file, F_GETFL) & O_ACCMODE) == O_RDWR);
    TRUE((fcntl(reader, F_GETFL) & O_ACCMODE) == O_RDONLY);
    TRUE((fcntl(log, F_GETFL) & O_ACCMODE) == O_WRONLY);
    TRUE((fcntl(log, F_GETFL) & O_APPEND) != 0);
    TRUE((fcntl(file, F_GETFL) & O_APPEND) != 0);
    TRY(fcntl(file, F_SETFL, O_APPEND));
    TRUE((fcntl(file, F_GETFL) & O_APPEND) != 0);
    TRY(write(file, "abc", 3));
    TRY(lseek(file, 0, SEEK_SET));
    TRY(write(file, "def", 3));
    TRY(lseek(file, 0, SEEK_END));
    TRY(fcntl(file, F_SETFL, O_APPEND | O_NONBLOCK));
    TRUE((fcntl(file, F_GETFL) & O_NONBLOCK) != 0);
    int synchronous = open("/tmp/file", O_RDWR | O_SYNC);
    TRY(fcntl(synchronous, F_SETFL, O_APPEND));
    TRUE((fcntl(synchronous, F_GETFL) & (O_APPEND | O_SYNC)) == (O_APPEND | O_SYNC));
    TRY(fcntl(file, F_GETFD));
    TRY(fcntl(file, F_SETFD, 0));
    TRY(fcntl(88, F_GETFL));
    TRY(fcntl(88, F_GETFD));
    TRY(fcntl(88, F_DUPFD, 3));
    TRY(fcntl(file, 12345));
    return 0;
}
