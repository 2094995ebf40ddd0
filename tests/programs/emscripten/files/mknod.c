// mknod and mknodat make plain files; a folder or a name that exists is refused.
// modes: O1 O2
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>
#include "../show.h"

int main(void) {
    struct stat status;
    TRY(mknod("/tmp/plain", S_IFREG | 0644, 0));
    TRY(stat("/tmp/plain", &status));
    printf("%o, %lld bytes\n", (unsigned)status.st_mode, (long long)status.st_size);
    TRY(mknod("/tmp/plain", S_IFREG | 0644, 0));
    TRY(mknod("/tmp/no/plain", S_IFREG | 0644, 0));
    TRUE(mknod("/tmp/folder", S_IFDIR | 0755, 0) == -1);
    TRY(access("/tmp/folder", F_OK));
    int folder = open("/tmp", O_RDONLY);
    TRY(mknodat(folder, "second", S_IFREG | 0600, 0));
    TRY(stat("/tmp/second", &status));
    printf("%o\n", (unsigned)status.st_mode);
    TRY(mknodat(84, "second", S_IFREG | 0600, 0));
    int file = open("/tmp/second", O_RDWR);
    TRY(write(file, "ok", 2));
    TRY(unlink("/tmp/second"));
    return 0;
}
