// getcwd, chdir and fchdir, and relative paths after them.
// modes: O1 O2
#define _GNU_SOURCE
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>
#include "../show.h"

static void where(void) {
    char path[64];
    puts(getcwd(path, sizeof path) ? path : error_name(errno));
}

int main(void) {
    char small[4];
    where();
    TRY(chdir("/tmp"));
    where();
    TRUE(getcwd(small, 4) == NULL && errno == ERANGE);
    TRUE(getcwd(small, 0) == NULL && errno == EINVAL);
    TRY(mkdir("folder", 0755));
    TRY(chdir("folder"));
    where();
    TRY(mkdir("inner", 0755));
    TRY(chdir("./inner"));
    where();
    TRY(chdir("../.."));
    where();
    TRY(chdir("none"));
    close(open("file", O_CREAT | O_WRONLY, 0644));
    TRY(chdir("file"));
    TRY(chdir(""));
    int folder = open("/tmp/folder", O_RDONLY);
    TRY(fchdir(folder));
    where();
    TRY(fchdir(95));
    char *allocated = getcwd(NULL, 0);
    puts(allocated);
    free(allocated);
    TRY(symlink("/tmp/folder/inner", "/tmp/link"));
    TRY(chdir("/tmp/link"));
    TRY(chdir(".."));
    TRY(access("inner", F_OK));
    TRY(chdir("/"));
    where();
    return 0;
}
