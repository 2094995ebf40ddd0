// /dev/null, /dev/random, /dev/urandom and the terminals of /dev.
// modes: O1 O2
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>
#include "../show.h"

int main(void) {
    unsigned char bytes[32] = {0}, more[32] = {0};
    struct stat status;
    int null = open("/dev/null", O_RDWR);
    TRY(write(null, "gone", 4));
    TRY(read(null, bytes, 4));
    TRY(close(null));
    int random = open("/dev/urandom", O_RDONLY);
    TRY(read(random, bytes, sizeof bytes));
    TRY(read(random, more, sizeof more));
    TRUE(memcmp(bytes, more, sizeof bytes) != 0);
    TRY(close(random));
    random = open("/dev/random", O_RDONLY);
    TRY(read(random, more, 8));
    for (const char **name = (const char *[]){"/dev/null", "/dev/tty", "/dev/random", "/dev/urandom", NULL}; *name; name++) {
        int got = stat(*name, &status);
        printf("%s: %d %d\n", *name, got, S_ISCHR(status.st_mode));
    }
    TRY(stat("/dev/stdin", &status));
    TRY(stat("/dev/stdout", &status));
    TRY(stat("/dev/stderr", &status));
    TRY(lstat("/dev/stdin", &status));
    TRUE(S_ISLNK(status.st_mode));
    TRY(stat("/dev/shm", &status));
    TRUE(S_ISDIR(status.st_mode));
    int out = open("/dev/stdout", O_WRONLY);
    fflush(stdout);
    TRY(write(out, "through /dev/stdout\n", 20));
    int tty = open("/dev/tty", O_WRONLY);
    fflush(stdout);
    TRY(write(tty, "through /dev/tty\n", 17));
    FILE *truncated = fopen("/dev/null", "w");
    TRY(fprintf(truncated, "nothing %d", 1));
    TRY(fclose(truncated));
    return 0;
}
