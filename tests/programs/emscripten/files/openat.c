// openat and the other calls that start from an open folder.
// modes: O1 O2
#define _GNU_SOURCE
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>
#include "../show.h"

int main(void) {
    char bytes[16];
    TRY(mkdirat(AT_FDCWD, "/tmp/folder", 0755));
    int folder = open("/tmp/folder", O_RDONLY | O_DIRECTORY);
    TRY(mkdirat(folder, "inner", 0755));
    TRY(mkdirat(folder, "inner", 0755));
    TRY(mkdirat(folder, "a/b", 0755));
    int file = openat(folder, "inner/file", O_RDWR | O_CREAT | O_EXCL, 0600);
    TRY(file);
    TRY(write(file, "at", 2));
    TRY(openat(folder, "inner/file", O_RDWR | O_CREAT | O_EXCL, 0600));
    TRY(openat(folder, "inner/none", O_RDONLY));
    int inner = openat(folder, "inner", O_RDONLY | O_DIRECTORY);
    int again = openat(inner, "file", O_RDONLY);
    TRY(read(again, bytes, sizeof bytes));
    TRY(openat(inner, "../inner/file", O_RDONLY | O_CLOEXEC));
    TRY(openat(folder, "/tmp/folder/inner/file", O_RDONLY));
    TRY(openat(94, "file", O_RDONLY));
    TRY(openat(94, "/tmp/folder", O_RDONLY));
    TRY(openat(folder, "", O_RDONLY));
    TRY(mkdirat(94, "x", 0755));
    TRY(chdir("/tmp"));
    TRY(openat(AT_FDCWD, "folder/inner/file", O_RDONLY));
    return 0;
}
