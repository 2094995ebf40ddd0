// getuid and its kin give 0.
// modes: O1 O2
#include <unistd.h>
#include "../show.h"

int main(void) {
    TRY(getuid());
    TRY(geteuid());
    TRY(getgid());
    TRY(getegid());
    return 0;
}
