// sysconf, pathconf, getpagesize, getdtablesize and gethostname.
// modes: O1 O2
#define _GNU_SOURCE
#include <unistd.h>
#include "../show.h"

int main(void) {
    char name[64] = "";
    TRY(sysconf(_SC_PAGESIZE));
    TRY(getpagesize());
    TRUE(sysconf(_SC_NPROCESSORS_ONLN) >= 1);
    TRUE(sysconf(_SC_OPEN_MAX) > 0 || sysconf(_SC_OPEN_MAX) == -1);
    TRY(sysconf(_SC_CLK_TCK));
    TRY(sysconf(-5));
    TRY(pathconf("/", _PC_NAME_MAX));
    TRY(fpathconf(0, _PC_PIPE_BUF));
    TRY(gethostname(name, sizeof name));
    puts(name);
    return 0;
}
