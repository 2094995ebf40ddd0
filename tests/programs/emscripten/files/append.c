// O_APPEND writes at the end whatever the position, and reads stay where they were.
// modes: O1 O2
#include <fcntl.h>
#include <unistd.h>
#include "../show.h"

int main(void) {
    char bytes[64];
    int plain = open("/tmp/log", O_RDWR | O_CREAT, 0644);
    TRY(write(plain, "first\n", 6));
    int log = open("/tmp/log", O_RDWR | O_APPEND);
    TRY(lseek(log, 0, SEEK_CUR));
    TRY(write(log, "second\n", 7));
    TRY(lseek(log, 0, SEEK_CUR));
    TRY(lseek(log, 2, SEEK_SET));
    TRY(write(log, "third\n", 6));
    TRY(lseek(log, 0, SEEK_CUR));
    TRY(write(plain, "FOURTH", 6));
    TRY(lseek(plain, 0, SEEK_SET));
    ssize_t length = read(plain, bytes, sizeof bytes);
    printf("%zd bytes:\n%.*s", length, (int)length, bytes);
    TRY(lseek(log, 1, SEEK_SET));
    TRY(read(log, bytes, 4));
    printf("%.4s\n", bytes);
    return 0;
}
