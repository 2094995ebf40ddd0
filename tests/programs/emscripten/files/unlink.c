// unlink, unlinkat and remove: files, links and folders; an open file can still be read.
// modes: O1 O2
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>
#include "../show.h"

int main(void) {
    char bytes[16];
    int file = open("/tmp/file", O_RDWR | O_CREAT, 0644);
    TRY(write(file, "kept", 4));
    TRY(unlink("/tmp/file"));
    TRY(access("/tmp/file", F_OK));
    TRY(lseek(file, 0, SEEK_SET));
    TRY(read(file, bytes, 16));
    printf("%.4s\n", bytes);
    TRY(write(file, "more", 4));
    int again = open("/tmp/file", O_RDWR | O_CREAT | O_EXCL, 0644);
    TRY(read(again, bytes, 16));
    TRY(close(again));
    TRY(close(file));
    TRY(unlink("/tmp/none"));
    TRY(unlink("/tmp"));
    mkdir("/tmp/folder", 0755);
    close(open("/tmp/folder/a", O_CREAT | O_WRONLY, 0644));
    close(open("/tmp/folder/b", O_CREAT | O_WRONLY, 0644));
    int folder = open("/tmp/folder", O_RDONLY);
    TRY(unlinkat(folder, "a", 0));
    TRY(unlinkat(folder, "a", 0));
    TRY(unlinkat(AT_FDCWD, "/tmp/folder", AT_REMOVEDIR));
    TRY(unlinkat(folder, "b", 0));
    TRY(unlinkat(AT_FDCWD, "/tmp/folder", 0));
    TRY(unlinkat(AT_FDCWD, "/tmp/folder", AT_REMOVEDIR));
    TRY(unlinkat(60, "b", 0));
    TRY(remove("/tmp/file"));
    TRY(mkdir("/tmp/other", 0755));
    TRY(remove("/tmp/other"));
    TRY(remove("/tmp/other"));
    return 0;
}
