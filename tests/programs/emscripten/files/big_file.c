// A file of some megabytes, written in odd pieces and read back in others.
// modes: O1 O2
// flags: -sINITIAL_MEMORY=32MB
#include <fcntl.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>
#include "../show.h"

static unsigned char at(size_t index) { return (unsigned char)((index * 2654435761u) >> 13); }

int main(void) {
    enum { SIZE = 3000017 };
    unsigned char *piece = malloc(70001);
    int file = open("/tmp/big", O_RDWR | O_CREAT, 0644);
    size_t done = 0;
    while (done < SIZE) {
        size_t length = SIZE - done < 70001 ? SIZE - done : 70001;
        for (size_t i = 0; i < length; i++) piece[i] = at(done + i);
        if (write(file, piece, length) != (ssize_t)length) return 1;
        done += length;
    }
    struct stat status;
    fstat(file, &status);
    TRY(status.st_size);
    TRY(lseek(file, 0, SEEK_SET));
    size_t seen = 0, wrong = 0, reads = 0;
    ssize_t length;
    while ((length = read(file, piece, 65536)) > 0) {
        for (ssize_t i = 0; i < length; i++) wrong += piece[i] != at(seen + i);
        seen += length;
        reads++;
    }
    printf("%zu bytes, %zu wrong, %zu reads\n", seen, wrong, reads);
    TRY(pread(file, piece, 1, 2999999));
    TRUE(piece[0] == at(2999999));
    free(piece);
    return 0;
}
