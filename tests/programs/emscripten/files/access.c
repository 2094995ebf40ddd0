// access and faccessat: existence and each permission.
// modes: O1 O2
#define _GNU_SOURCE
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>
#include "../show.h"

int main(void) {
    close(open("/tmp/file", O_WRONLY | O_CREAT, 0644));
    TRY(access("/tmp/file", F_OK));
    TRY(access("/tmp/file", R_OK));
    TRY(access("/tmp/file", W_OK));
    TRY(access("/tmp/file", X_OK));
    TRY(access("/tmp/file", R_OK | W_OK));
    TRY(access("/tmp/file", 32));
    TRY(access("/tmp/none", F_OK));
    TRY(chmod("/tmp/file", 0555));
    TRY(access("/tmp/file", X_OK));
    TRY(access("/tmp/file", W_OK));
    TRY(chmod("/tmp/file", 0));
    TRY(access("/tmp/file", R_OK));
    TRY(access("/tmp/file", F_OK));
    TRY(access("/tmp", R_OK | W_OK | X_OK));
    int folder = open("/tmp", O_RDONLY);
    TRY(faccessat(folder, "file", F_OK, 0));
    TRY(faccessat(folder, "none", F_OK, 0));
    TRY(faccessat(AT_FDCWD, "/tmp/file", W_OK, 0));
    TRY(faccessat(61, "file", F_OK, 0));
    return 0;
}
