// fstatat: relative to a folder, absolute, AT_FDCWD, AT_SYMLINK_NOFOLLOW, AT_EMPTY_PATH.
// modes: O1 O2
#define _GNU_SOURCE
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>
#include "../show.h"

int main(void) {
    struct stat status;
    mkdir("/tmp/folder", 0755);
    int file = open("/tmp/folder/file", O_WRONLY | O_CREAT, 0644);
    write(file, "abc", 3);
    symlink("/tmp/folder/file", "/tmp/folder/link");
    int folder = open("/tmp/folder", O_RDONLY | O_DIRECTORY);
    TRY(fstatat(folder, "file", &status, 0));
    TRY(status.st_size);
    TRY(fstatat(folder, "link", &status, 0));
    TRUE(S_ISREG(status.st_mode));
    TRY(fstatat(folder, "link", &status, AT_SYMLINK_NOFOLLOW));
    TRUE(S_ISLNK(status.st_mode));
    TRY(status.st_size);
    TRY(fstatat(folder, "/tmp/folder/file", &status, 0));
    TRUE(S_ISREG(status.st_mode));
    TRY(fstatat(-1, "/tmp", &status, 0));
    TRUE(S_ISDIR(status.st_mode));
    TRY(chdir("/tmp/folder"));
    TRY(fstatat(AT_FDCWD, "file", &status, 0));
    TRY(status.st_size);
    TRY(fstatat(folder, "", &status, AT_EMPTY_PATH));
    TRUE(S_ISDIR(status.st_mode));
    TRY(fstatat(folder, "", &status, 0));
    TRY(fstatat(folder, "none", &status, 0));
    TRY(fstatat(90, "file", &status, 0));
    TRY(fstatat(folder, "..", &status, 0));
    TRUE(S_ISDIR(status.st_mode));
    return 0;
}
