// mmap without a file: zeroed, aligned to pages, given back by munmap; and its errors.
// modes: O1 O2
// flags: -sFORCE_FILESYSTEM
#include <stdint.h>
#include <sys/mman.h>
#include <unistd.h>
#include "../show.h"

int main(void) {
    size_t page = getpagesize();
    TRY(page);
    unsigned char *bytes = mmap(NULL, 3 * page, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    TRUE(bytes != MAP_FAILED);
    TRUE((uintptr_t)bytes % 4096 == 0);
    unsigned sum = 0;
    for (size_t i = 0; i < 3 * page; i++) sum += bytes[i];
    TRY(sum);
    memset(bytes, 1, 3 * page);
    unsigned char *other = mmap(NULL, 10, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    TRUE(other != MAP_FAILED && (other + 10 <= bytes || other >= bytes + 3 * page));
    TRY(munmap(bytes, 3 * page));
    TRY(munmap(other, 10));
    TRY(munmap((void *)4096, 4096));
    TRUE(mmap(NULL, 10, PROT_READ, MAP_PRIVATE, 97, 0) == MAP_FAILED);
    TRUE(errno == EBADF);
    bytes = mmap(NULL, page, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    TRY(mprotect(bytes, page, PROT_READ));
    TRY(madvise(bytes, page, MADV_DONTNEED));
    TRY(mlock(bytes, page));
    TRY(munlock(bytes, page));
    return 0;
}
