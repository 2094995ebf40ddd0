// clock_gettime, clock_getres, time, gettimeofday and timespec_get agree and move forward.
// modes: O1 O2
#include <sys/time.h>
#include <time.h>
#include "../show.h"

int main(void) {
    struct timespec real, monotonic, later, resolution;
    struct timeval value;
    TRY(clock_gettime(CLOCK_REALTIME, &real));
    TRY(clock_gettime(CLOCK_MONOTONIC, &monotonic));
    TRUE(real.tv_nsec >= 0 && real.tv_nsec < 1000000000);
    TRUE(real.tv_sec > 1600000000);
    time_t seconds, returned = time(&seconds);
    TRUE(returned == seconds && seconds >= real.tv_sec && seconds <= real.tv_sec + 5);
    TRY(gettimeofday(&value, NULL));
    TRUE(value.tv_sec >= real.tv_sec && value.tv_sec <= real.tv_sec + 5);
    TRUE(value.tv_usec >= 0 && value.tv_usec < 1000000);
    TRY(clock_getres(CLOCK_REALTIME, &resolution));
    TRUE(resolution.tv_sec == 0 && resolution.tv_nsec > 0);
    TRY(clock_getres(CLOCK_MONOTONIC, &resolution));
    TRUE(resolution.tv_sec == 0 && resolution.tv_nsec > 0);
    TRY(clock_gettime(CLOCK_MONOTONIC, &later));
    TRUE(later.tv_sec > monotonic.tv_sec || (later.tv_sec == monotonic.tv_sec && later.tv_nsec >= monotonic.tv_nsec));
    TRY(clock_gettime(77, &later));
    TRY(clock_getres(77, &resolution));
    TRY(timespec_get(&later, TIME_UTC));
    TRUE(later.tv_sec >= real.tv_sec);
    TRUE(clock() >= 0);
    return 0;
}
