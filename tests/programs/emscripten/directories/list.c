// opendir, readdir, rewinddir, dirfd, fdopendir: names and kinds, sorted here.
// modes: O1 O2
#define _GNU_SOURCE
#include <dirent.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>
#include "../show.h"

static int compare(const void *a, const void *b) { return strcmp(a, b); }

static void list(DIR *folder) {
    char entries[32][64];
    int count = 0;
    struct dirent *entry;
    errno = 0;
    while ((entry = readdir(folder))) {
        const char *kind = entry->d_type == DT_DIR ? "folder" : entry->d_type == DT_REG ? "file" : entry->d_type == DT_LNK ? "link" : "other";
        snprintf(entries[count++], 64, "%s (%s)", entry->d_name, kind);
    }
    qsort(entries, count, 64, compare);
    for (int i = 0; i < count; i++) printf("  %s\n", entries[i]);
    printf("%d entries, errno %s\n", count, error_name(errno));
}

int main(void) {
    mkdir("/tmp/folder", 0755);
    mkdir("/tmp/folder/sub", 0755);
    close(open("/tmp/folder/file", O_CREAT | O_WRONLY, 0644));
    close(open("/tmp/folder/.hidden", O_CREAT | O_WRONLY, 0644));
    symlink("file", "/tmp/folder/link");
    DIR *folder = opendir("/tmp/folder");
    TRUE(folder != NULL);
    list(folder);
    rewinddir(folder);
    list(folder);
    TRUE(dirfd(folder) >= 3);
    TRY(fchdir(dirfd(folder)));
    TRY(access("file", F_OK));
    TRY(closedir(folder));
    int descriptor = open("/tmp/folder/sub", O_RDONLY | O_DIRECTORY);
    folder = fdopendir(descriptor);
    list(folder);
    TRY(closedir(folder));
    TRY(close(descriptor));
    TRUE(opendir("/tmp/none") == NULL && errno == ENOENT);
    TRUE(opendir("/tmp/folder/file") == NULL && errno == ENOTDIR);
    TRUE(fdopendir(96) == NULL && errno == EBADF);
    return 0;
}
