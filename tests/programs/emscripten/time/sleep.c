// nanosleep, usleep, sleep and clock_nanosleep wait at least their time; bad times are refused.
// modes: O1 O2
#define _GNU_SOURCE
#include <time.h>
#include <unistd.h>
#include "../show.h"

static double now(void) {
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return time.tv_sec + time.tv_nsec / 1e9;
}

int main(void) {
    double start = now();
    struct timespec half = {0, 30000000}, rest = {9, 9}, bad = {0, 1000000000}, negative = {-1, 0};
    TRY(nanosleep(&half, &rest));
    TRUE(now() - start >= 0.029);
    start = now();
    TRY(usleep(20000));
    TRUE(now() - start >= 0.019);
    start = now();
    TRY(sleep(1));
    TRUE(now() - start >= 0.99);
    TRY(sleep(0));
    TRY(nanosleep(&bad, NULL));
    TRY(nanosleep(&negative, NULL));
    CODE(clock_nanosleep(CLOCK_REALTIME, 0, &bad, NULL));
    return 0;
}
