// stat, fstat and lstat: the kinds, sizes, modes and times of files and folders.
// modes: O1 O2
#include <fcntl.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>
#include "../show.h"

static void show(const char *name, const struct stat *status) {
    printf("%s: mode %o, links %s, owner %d:%d, size %lld, block size %ld\n", name, (unsigned)status->st_mode,
           status->st_nlink ? "some" : "none", (int)status->st_uid, (int)status->st_gid,
           (long long)status->st_size, (long)status->st_blksize);
    printf("  regular %d folder %d link %d character %d pipe %d socket %d\n", S_ISREG(status->st_mode),
           S_ISDIR(status->st_mode), S_ISLNK(status->st_mode), S_ISCHR(status->st_mode),
           S_ISFIFO(status->st_mode), S_ISSOCK(status->st_mode));
}

int main(void) {
    struct stat status, other;
    int file = open("/tmp/file", O_WRONLY | O_CREAT, 0640);
    TRY(write(file, "twelve bytes", 12));
    TRY(stat("/tmp/file", &status));
    show("/tmp/file", &status);
    TRY(fstat(file, &other));
    show("descriptor", &other);
    TRUE(status.st_ino == other.st_ino && status.st_dev == other.st_dev);
    time_t now = time(NULL);
    TRUE(status.st_mtime <= now && status.st_mtime + 60 > now);
    TRUE(status.st_atime <= now && status.st_atime + 60 > now);
    TRUE(status.st_ctime <= now && status.st_ctime + 60 > now);
    TRY(mkdir("/tmp/folder", 0755));
    TRY(stat("/tmp/folder", &other));
    TRUE(S_ISDIR(other.st_mode));
    TRUE((other.st_mode & 0777) == 0755);
    TRUE(status.st_ino != other.st_ino);
    TRY(symlink("file", "/tmp/link"));
    TRY(stat("/tmp/link", &other));
    TRUE(status.st_ino == other.st_ino);
    TRY(lstat("/tmp/link", &other));
    show("/tmp/link", &other);
    TRY(stat("/dev/null", &other));
    TRUE(S_ISCHR(other.st_mode));
    TRY(stat("/tmp/none", &status));
    TRY(lstat("/tmp/none", &status));
    TRY(stat("", &status));
    TRY(stat("/tmp/file/below", &status));
    TRY(fstat(44, &status));
    return 0;
}
