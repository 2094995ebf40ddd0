// chown, lchown, fchown and fchownat are accepted on what exists.
// modes: O1 O2
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>
#include "../show.h"

int main(void) {
    struct stat status;
    int file = open("/tmp/file", O_RDWR | O_CREAT, 0644);
    TRY(chown("/tmp/file", 0, 0));
    TRY(lchown("/tmp/file", 0, 0));
    TRY(fchown(file, 0, 0));
    TRY(chown("/tmp/file", -1, -1));
    int folder = open("/tmp", O_RDONLY);
    TRY(fchownat(folder, "file", 0, 0, 0));
    TRY(stat("/tmp/file", &status));
    printf("%d %d\n", (int)status.st_uid, (int)status.st_gid);
    TRY(chown("/tmp/none", 0, 0));
    TRY(lchown("/tmp/none", 0, 0));
    TRY(fchown(71, 0, 0));
    TRY(fchownat(folder, "none", 0, 0, 0));
    TRY(fchownat(71, "file", 0, 0, 0));
    return 0;
}
