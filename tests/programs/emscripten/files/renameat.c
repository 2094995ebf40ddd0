// renameat between folders, and linkat, which Emscripten's file system does not have.
// modes: O1 O2
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>
#include "../show.h"

int main(void) {
    mkdir("/tmp/one", 0755);
    mkdir("/tmp/two", 0755);
    int one = open("/tmp/one", O_RDONLY | O_DIRECTORY);
    int two = open("/tmp/two", O_RDONLY | O_DIRECTORY);
    TRY(openat(one, "file", O_WRONLY | O_CREAT, 0644));
    TRY(renameat(one, "file", two, "renamed"));
    TRY(access("/tmp/one/file", F_OK));
    TRY(access("/tmp/two/renamed", F_OK));
    TRY(renameat(one, "file", two, "renamed"));
    TRY(renameat(two, "renamed", AT_FDCWD, "/tmp/last"));
    TRY(access("/tmp/last", F_OK));
    TRY(renameat(70, "last", two, "x"));
    TRY(renameat(AT_FDCWD, "/tmp/last", 70, "x"));
    TRY(linkat(AT_FDCWD, "/tmp/last", two, "hard", 0));
    TRY(access("/tmp/two/hard", F_OK));
    return 0;
}
