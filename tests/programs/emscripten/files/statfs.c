// statfs, fstatfs, statvfs and fstatvfs give a block size, a name length and plausible counts.
// modes: O1 O2
#include <fcntl.h>
#include <sys/statfs.h>
#include <sys/statvfs.h>
#include <unistd.h>
#include "../show.h"

int main(void) {
    struct statfs status;
    struct statvfs other;
    TRY(statfs("/", &status));
    TRY(status.f_bsize);
    TRY(status.f_namelen);
    TRUE(status.f_blocks > 0 && status.f_bfree <= status.f_blocks && status.f_bavail <= status.f_bfree);
    TRUE(status.f_ffree > 0);
    int file = open("/tmp/file", O_RDWR | O_CREAT, 0644);
    memset(&status, 0, sizeof status);
    TRY(fstatfs(file, &status));
    TRY(status.f_bsize);
    TRY(statvfs("/tmp", &other));
    TRY(other.f_bsize);
    TRY(other.f_frsize);
    TRY(other.f_namemax);
    TRY(fstatvfs(file, &other));
    TRUE(other.f_bavail > 0);
    TRY(fstatfs(69, &status));
    TRY(fstatvfs(69, &other));
    return 0;
}
