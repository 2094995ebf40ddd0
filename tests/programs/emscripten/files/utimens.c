// utimensat, futimens, utime and utimes set a file's times.
// modes: O1 O2
#define _GNU_SOURCE
#include <fcntl.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>
#include <utime.h>
#include "../show.h"

static void show(const char *path) {
    struct stat status;
    TRY(stat(path, &status));
    printf("  accessed %lld, changed %lld\n", (long long)status.st_atime, (long long)status.st_mtime);
}

int main(void) {
    int file = open("/tmp/timed", O_RDWR | O_CREAT, 0644);
    struct timespec times[2] = {{1000000000, 0}, {1000000000, 0}};
    TRY(utimensat(AT_FDCWD, "/tmp/timed", times, 0));
    show("/tmp/timed");
    times[0].tv_sec = times[1].tv_sec = 1234567890;
    TRY(futimens(file, times));
    show("/tmp/timed");
    struct utimbuf buffer = {86400, 86400};
    TRY(utime("/tmp/timed", &buffer));
    show("/tmp/timed");
    struct timeval values[2] = {{1500000000, 0}, {1500000000, 0}};
    TRY(utimes("/tmp/timed", values));
    show("/tmp/timed");
    int folder = open("/tmp", O_RDONLY);
    times[0].tv_sec = times[1].tv_sec = 7;
    TRY(utimensat(folder, "timed", times, 0));
    show("/tmp/timed");
    TRY(utimensat(AT_FDCWD, "/tmp/none", times, 0));
    TRY(utimensat(80, "timed", times, 0));
    TRY(utime("/tmp/none", &buffer));
    return 0;
}
