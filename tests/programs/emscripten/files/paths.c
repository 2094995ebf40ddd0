// Paths with double slashes, dots, and realpath of links.
// modes: O1 O2
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>
#include "../show.h"

static void real(const char *path) {
    char resolved[PATH_MAX];
    if (realpath(path, resolved)) printf("%s => %s\n", path, resolved);
    else printf("%s: %s\n", path, error_name(errno));
}

int main(void) {
    mkdir("/tmp/a", 0755);
    mkdir("/tmp/a/b", 0755);
    close(open("/tmp/a/b/file", O_CREAT | O_WRONLY, 0644));
    TRY(access("//tmp///a//b/file", F_OK));
    TRY(access("/tmp/./a/./b/./file", F_OK));
    TRY(access("/tmp/a/../a/b/../b/file", F_OK));
    TRY(access("/../../tmp/a", F_OK));
    TRY(access("/tmp/a/b/", F_OK));
    TRY(chdir("/tmp/a"));
    TRY(access("b/file", F_OK));
    TRY(access("./b/../../a/b/file", F_OK));
    TRY(access("../a", F_OK));
    real("/tmp/a/b/file");
    real("b/./file");
    real("..");
    real("/");
    symlink("/tmp/a/b", "/tmp/link");
    real("/tmp/link/file");
    real("/tmp/none");
    real("");
    struct stat here, there;
    stat(".", &here);
    stat("/tmp/a", &there);
    TRUE(here.st_ino == there.st_ino);
    stat("/", &here);
    stat("/..", &there);
    TRUE(here.st_ino == there.st_ino);
    return 0;
}
