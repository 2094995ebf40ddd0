// chmod, fchmod and fchmodat: the bits kept, and what a file without permission refuses.
// modes: O1 O2
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>
#include "../show.h"

static unsigned mode(const char *path) {
    struct stat status;
    return stat(path, &status) ? 0xffff : status.st_mode & 07777;
}

int main(void) {
    int file = open("/tmp/file", O_RDWR | O_CREAT, 0644);
    printf("%o\n", mode("/tmp/file"));
    TRY(chmod("/tmp/file", 0750));
    printf("%o\n", mode("/tmp/file"));
    TRY(fchmod(file, 0444));
    printf("%o\n", mode("/tmp/file"));
    TRY(write(file, "still open", 10));
    TRY(open("/tmp/file", O_WRONLY));
    TRY(open("/tmp/file", O_RDWR));
    TRY(open("/tmp/file", O_RDONLY | O_TRUNC));
    TRY(open("/tmp/file", O_RDONLY));
    TRY(chmod("/tmp/file", 0222));
    TRY(open("/tmp/file", O_RDONLY));
    TRY(chmod("/tmp/file", 01777));
    printf("%o\n", mode("/tmp/file"));
    mkdir("/tmp/folder", 0755);
    close(open("/tmp/folder/inner", O_RDWR | O_CREAT, 0644));
    int folder = open("/tmp/folder", O_RDONLY);
    TRY(fchmodat(folder, "inner", 0700, 0));
    printf("%o\n", mode("/tmp/folder/inner"));
    TRY(fchmodat(AT_FDCWD, "/tmp/folder/inner", 0600, 0));
    printf("%o\n", mode("/tmp/folder/inner"));
    TRY(chmod("/tmp/folder", 0555));
    TRY(open("/tmp/folder/new", O_WRONLY | O_CREAT, 0644));
    TRY(unlink("/tmp/folder/inner"));
    TRY(mkdir("/tmp/folder/sub", 0755));
    TRY(chmod("/tmp/folder", 0755));
    TRY(unlink("/tmp/folder/inner"));
    TRY(chmod("/tmp/none", 0644));
    TRY(fchmod(50, 0644));
    return 0;
}
