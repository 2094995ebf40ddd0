// clock, times, getrusage and clock_getcpuclockid of the one process.
// modes: O1 O2
#define _GNU_SOURCE
#include <sys/resource.h>
#include <sys/times.h>
#include <time.h>
#include <unistd.h>
#include "../show.h"

int main(void) {
    struct tms spent;
    struct rusage usage;
    clock_t start = clock();
    volatile unsigned work = 0;
    for (unsigned i = 0; i < 30000000; i++) work += i;
    TRUE(clock() >= start);
    TRUE(CLOCKS_PER_SEC == 1000000);
    TRUE(times(&spent) != (clock_t)-1);
    TRY(getrusage(RUSAGE_SELF, &usage));
    TRUE(usage.ru_utime.tv_sec >= 0 && usage.ru_utime.tv_usec < 1000000);
    clockid_t id;
    CODE(clock_getcpuclockid(0, &id));
    TRUE(id == CLOCK_PROCESS_CPUTIME_ID);
    return 0;
}
