// read and write: counts, ends of files, wrong directions and closed descriptors.
// modes: O1 O2
#include <fcntl.h>
#include <unistd.h>
#include "../show.h"

int main(void) {
    char bytes[32];
    int file = open("/tmp/file", O_RDWR | O_CREAT | O_TRUNC, 0644);
    TRY(file);
    TRY(write(file, "0123456789", 10));
    TRY(write(file, "", 0));
    TRY(read(file, bytes, sizeof bytes));
    TRY(lseek(file, 4, SEEK_SET));
    TRY(read(file, bytes, 0));
    TRY(read(file, bytes, 3));
    printf("%.3s\n", bytes);
    TRY(read(file, bytes, sizeof bytes));
    printf("%.3s\n", bytes);
    TRY(read(file, bytes, sizeof bytes));
    int reader = open("/tmp/file", O_RDONLY);
    int writer = open("/tmp/file", O_WRONLY);
    TRY(write(reader, "x", 1));
    TRY(read(writer, bytes, 1));
    TRY(write(writer, "ab", 2));
    TRY(read(reader, bytes, 4));
    printf("%.4s\n", bytes);
    TRY(close(reader));
    TRY(close(reader));
    TRY(read(reader, bytes, 1));
    TRY(write(reader, bytes, 1));
    TRY(lseek(reader, 0, SEEK_SET));
    TRY(read(-1, bytes, 1));
    TRY(write(1000, bytes, 1));
    int folder = open("/tmp", O_RDONLY);
    TRY(read(folder, bytes, 1));
    return 0;
}
