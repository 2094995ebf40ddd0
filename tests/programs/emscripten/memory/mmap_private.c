// A private map of a file: its bytes, its rest zeroed, and writes that do not reach the file.
// modes: O1 O2
#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>
#include "../show.h"

int main(void) {
    char bytes[16];
    int file = open("/tmp/mapped", O_RDWR | O_CREAT, 0644);
    for (int i = 0; i < 1000; i++) write(file, "0123456789", 10);
    char *map = mmap(NULL, 10000, PROT_READ | PROT_WRITE, MAP_PRIVATE, file, 0);
    TRUE(map != MAP_FAILED);
    printf("%.12s %.3s\n", map, map + 9997);
    memcpy(map, "changed", 7);
    TRY(pread(file, bytes, 10, 0));
    printf("%.10s\n", bytes);
    TRY(munmap(map, 10000));
    TRY(pread(file, bytes, 10, 0));
    printf("%.10s\n", bytes);
    map = mmap(NULL, 100, PROT_READ, MAP_PRIVATE, file, 4096);
    TRUE(map != MAP_FAILED);
    printf("%.6s\n", map);
    TRY(close(file));
    printf("%.6s\n", map + 4);
    TRY(munmap(map, 100));
    int reader = open("/tmp/mapped", O_RDONLY);
    map = mmap(NULL, 100, PROT_READ | PROT_WRITE, MAP_PRIVATE, reader, 0);
    TRUE(map != MAP_FAILED);
    int writer = open("/tmp/mapped", O_WRONLY);
    TRUE(mmap(NULL, 100, PROT_READ, MAP_PRIVATE, writer, 0) == MAP_FAILED);
    TRUE(errno == EACCES);
    TRUE(mmap(NULL, 100, PROT_READ | PROT_WRITE, MAP_SHARED, reader, 0) == MAP_FAILED);
    TRUE(errno == EACCES);
    int folder = open("/tmp", O_RDONLY);
    TRUE(mmap(NULL, 100, PROT_READ, MAP_PRIVATE, folder, 0) == MAP_FAILED);
    TRUE(errno == ENODEV);
    return 0;
}
