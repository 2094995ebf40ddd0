// scandir with a filter and alphasort, glob, and nftw over a tree.
// modes: O1 O2
#define _GNU_SOURCE
#include <dirent.h>
#include <fcntl.h>
#include <ftw.h>
#include <glob.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>
#include "../show.h"

static int text_only(const struct dirent *entry) { return strstr(entry->d_name, ".txt") != NULL; }

static int files, folders, links, bytes;
static int visit(const char *path, const struct stat *status, int kind, struct FTW *where) {
    (void)path;
    if (kind == FTW_F) files++, bytes += status->st_size;
    if (kind == FTW_D || kind == FTW_DP) folders++;
    if (kind == FTW_SL) links++;
    if (where->level > 3) return 7;
    return 0;
}
static int erase(const char *path, const struct stat *status, int kind, struct FTW *where) {
    (void)status, (void)kind, (void)where;
    return remove(path);
}

static void make(const char *path) {
    int file = open(path, O_CREAT | O_WRONLY, 0644);
    write(file, path, strlen(path));
    close(file);
}

int main(void) {
    mkdir("/tmp/tree", 0755);
    mkdir("/tmp/tree/sub", 0755);
    make("/tmp/tree/b.txt");
    make("/tmp/tree/a.txt");
    make("/tmp/tree/c.dat");
    make("/tmp/tree/sub/d.txt");
    symlink("a.txt", "/tmp/tree/link");
    struct dirent **entries;
    int count = scandir("/tmp/tree", &entries, text_only, alphasort);
    TRY(count);
    for (int i = 0; i < count; i++) {
        puts(entries[i]->d_name);
        free(entries[i]);
    }
    free(entries);
    TRY(scandir("/tmp/none", &entries, NULL, alphasort));
    glob_t found;
    TRY(glob("/tmp/tree/*.txt", 0, NULL, &found));
    for (size_t i = 0; i < found.gl_pathc; i++) puts(found.gl_pathv[i]);
    globfree(&found);
    TRUE(glob("/tmp/tree/*.none", 0, NULL, &found) == GLOB_NOMATCH);
    TRY(nftw("/tmp/tree", visit, 8, FTW_PHYS));
    printf("%d files, %d folders, %d links, %d bytes\n", files, folders, links, bytes);
    TRY(nftw("/tmp/tree", erase, 8, FTW_DEPTH | FTW_PHYS));
    TRY(access("/tmp/tree", F_OK));
    return 0;
}
