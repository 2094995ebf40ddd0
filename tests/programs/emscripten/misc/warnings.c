// err.h: warnings on standard error with the program's name, and errx with its status.
// modes: O1 O2
// status: 3
#include <err.h>
#include "../show.h"

int main(void) {
    printf("before\n");
    errno = ENOENT;
    warn("a warning about %s", "a file");
    warnx("a plain warning");
    printf("between\n");
    errx(3, "the end");
    printf("never\n");
    return 0;
}
