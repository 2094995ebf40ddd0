// A symbolic link that leads to itself, or in a ring, gives ELOOP.
// modes: O1 O2
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>
#include "../show.h"

int main(void) {
    struct stat status;
    TRY(symlink("/tmp/self", "/tmp/self"));
    TRY(stat("/tmp/self", &status));
    TRY(lstat("/tmp/self", &status));
    TRUE(S_ISLNK(status.st_mode));
    TRY(symlink("/tmp/b", "/tmp/a"));
    TRY(symlink("/tmp/a", "/tmp/b"));
    TRY(stat("/tmp/a", &status));
    TRY(access("/tmp/b", F_OK));
    TRY(chmod("/tmp/a", 0644));
    TRY(truncate("/tmp/a", 0));
    TRY(chdir("/tmp/a"));
    TRY(unlink("/tmp/self"));
    TRY(unlink("/tmp/b"));
    TRY(stat("/tmp/a", &status));
    return 0;
}
