// setitimer and getitimer, which this release of Emscripten does not have.
// modes: O1 O2
#include <sys/time.h>
#include "../show.h"

int main(void) {
    struct itimerval value = {{0, 0}, {0, 1000}};
    TRY(setitimer(ITIMER_REAL, &value, NULL));
    TRY(getitimer(ITIMER_REAL, &value));
    return 0;
}
