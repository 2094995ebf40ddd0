/* What calls of the system cost: a line for each, with nanoseconds for one call. Works in the folder `work`. */
#include <dirent.h>
#include <fcntl.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

static double now(void) {
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return time.tv_sec * 1e9 + time.tv_nsec;
}

static double started;
static void start(void) { started = now(); }
static void stop(const char *name, double count) { printf("%s: %.1f\n", name, (now() - started) / count); }

static void fail(const char *what) {
    perror(what);
    exit(1);
}

/* How many files there are below a folder, having looked at each. */
static long walk(const char *path) {
    DIR *folder = opendir(path);
    if (!folder) fail(path);
    long count = 0;
    for (struct dirent *entry; (entry = readdir(folder));) {
        if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0) continue;
        char child[1024];
        snprintf(child, sizeof child, "%s/%s", path, entry->d_name);
        struct stat status;
        if (stat(child, &status)) fail(child);
        count += S_ISDIR(status.st_mode) ? walk(child) : 1;
    }
    closedir(folder);
    return count;
}

int main(void) {
    enum { CALLS = 1000000, PIECES = 400000, PIECE = 16 };
    start();
    for (int call = 0; call < CALLS; call++) sched_yield();
    stop("sched_yield", CALLS);

    struct timespec time;
    start();
    for (int call = 0; call < CALLS; call++) clock_gettime(CLOCK_MONOTONIC, &time);
    stop("clock_gettime", CALLS);

    char piece[PIECE] = "some small piece";
    int file = open("work/pieces", O_RDWR | O_CREAT | O_TRUNC, 0666);
    if (file < 0) fail("work/pieces");
    start();
    for (int call = 0; call < PIECES; call++)
        if (write(file, piece, PIECE) != PIECE) fail("write");
    stop("write 16 bytes", PIECES);
    lseek(file, 0, SEEK_SET);
    start();
    for (int call = 0; call < PIECES; call++)
        if (read(file, piece, PIECE) != PIECE) fail("read");
    stop("read 16 bytes", PIECES);
    close(file);

    start();
    long count = walk("work/tree");
    stop("look at one file of a tree", count);
    fprintf(stderr, "%ld files\n", count);
}
