// A shared map of a file: msync and munmap write its changes back.
// modes: O1 O2
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>
#include "../show.h"

int main(void) {
    char bytes[32];
    struct stat status;
    int file = open("/tmp/mapped", O_RDWR | O_CREAT, 0644);
    TRY(write(file, "the original text in the file", 29));
    char *map = mmap(NULL, 29, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
    TRUE(map != MAP_FAILED);
    printf("%.29s\n", map);
    memcpy(map + 4, "CHANGED!", 8);
    TRY(msync(map, 29, MS_SYNC));
    TRY(pread(file, bytes, 29, 0));
    printf("%.29s\n", bytes);
    memcpy(map, "THE", 3);
    TRY(munmap(map, 29));
    TRY(pread(file, bytes, 29, 0));
    printf("%.29s\n", bytes);
    TRY(fstat(file, &status));
    TRY(status.st_size);
    map = mmap(NULL, 29, PROT_READ, MAP_SHARED, file, 0);
    printf("%.3s\n", map);
    TRY(msync(map, 29, MS_ASYNC));
    TRY(munmap(map, 29));
    ftruncate(file, 8192);
    map = mmap(NULL, 100, PROT_READ | PROT_WRITE, MAP_SHARED, file, 4096);
    memcpy(map, "second page", 11);
    TRY(munmap(map, 100));
    TRY(pread(file, bytes, 11, 4096));
    printf("%.11s\n", bytes);
    TRY(pread(file, bytes, 3, 0));
    printf("%.3s\n", bytes);
    return 0;
}
