// A shared map of a file that is open for appending: its changes are written back to where they were made.
// modes: O1 O2
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>
#include "../show.h"

int main(void) {
    char bytes[32] = {0};
    struct stat status;
    int file = open("/tmp/mapped", O_RDWR | O_CREAT | O_APPEND, 0644);
    TRY(write(file, "0123456789", 10));
    char *map = mmap(NULL, 10, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
    TRUE(map != MAP_FAILED);
    memcpy(map + 2, "two", 3);
    TRY(msync(map, 10, MS_SYNC));
    TRY(write(file, "more", 4));
    memcpy(map + 6, "six", 3);
    TRY(munmap(map, 10));
    TRY(fstat(file, &status));
    TRY(status.st_size);
    TRY(pread(file, bytes, 31, 0));
    printf("%s\n", bytes);
    TRUE(fcntl(file, F_GETFL) & O_APPEND);
    return 0;
}
