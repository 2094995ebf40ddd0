// truncate and ftruncate: shorter, longer with zeros, and their errors.
// modes: O1 O2
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>
#include "../show.h"

static void show(const char *path) {
    char bytes[32];
    int file = open(path, O_RDONLY);
    ssize_t length = read(file, bytes, sizeof bytes);
    printf("%zd bytes:", length);
    for (ssize_t i = 0; i < length; i++) printf(" %02x", bytes[i]);
    printf("\n");
    close(file);
}

int main(void) {
    int file = open("/tmp/sized", O_RDWR | O_CREAT, 0644);
    TRY(write(file, "abcdefgh", 8));
    TRY(ftruncate(file, 3));
    show("/tmp/sized");
    TRY(lseek(file, 0, SEEK_CUR));
    TRY(ftruncate(file, 6));
    show("/tmp/sized");
    TRY(truncate("/tmp/sized", 4));
    show("/tmp/sized");
    TRY(write(file, "!", 1));
    show("/tmp/sized");
    TRY(truncate("/tmp/sized", 0));
    show("/tmp/sized");
    TRY(truncate("/tmp/sized", -1));
    TRY(ftruncate(file, -1));
    TRY(truncate("/tmp/none", 1));
    TRY(truncate("/tmp", 1));
    TRY(ftruncate(66, 1));
    int reader = open("/tmp/sized", O_RDONLY);
    TRY(ftruncate(reader, 1));
    return 0;
}
