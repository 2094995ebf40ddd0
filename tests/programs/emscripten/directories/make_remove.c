// mkdir and rmdir, with each of their errors.
// modes: O1 O2
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>
#include "../show.h"

int main(void) {
    struct stat status;
    TRY(mkdir("/tmp/a", 0755));
    TRY(mkdir("/tmp/a", 0755));
    TRY(mkdir("/tmp", 0755));
    TRY(mkdir("/tmp/b/c", 0755));
    TRY(mkdir("/tmp/slash/", 0700));
    TRY(stat("/tmp/slash", &status));
    printf("%o\n", (unsigned)status.st_mode);
    close(open("/tmp/file", O_CREAT | O_WRONLY, 0644));
    TRY(mkdir("/tmp/file", 0755));
    TRY(mkdir("/tmp/a/b", 0755));
    TRY(rmdir("/tmp/a"));
    TRY(rmdir("/tmp/a/b"));
    TRY(rmdir("/tmp/a"));
    TRY(rmdir("/tmp/a"));
    TRY(rmdir("/tmp/file"));
    TRY(rmdir("/tmp/none"));
    TRY(stat("/tmp/a", &status));
    return 0;
}
