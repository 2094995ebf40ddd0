// gmtime and timegm over the centuries: seconds to dates and back.
// modes: O1 O2 standalone
#define _GNU_SOURCE
#include <stdint.h>
#include <time.h>
#include "../show.h"

int main(void) {
    static const int64_t times[] = {0, 1, 86399, 86400, 951782400, 951868799, 1078012800, 1234567890, 1709164800, 2147483647, -1, -86401, -2147483648LL, 68169600, 94694399};
    for (size_t i = 0; i < sizeof times / sizeof *times; i++) {
        time_t time = (time_t)times[i];
        struct tm parts;
        TRUE(gmtime_r(&time, &parts) == &parts);
        printf("%lld: %d-%02d-%02d %02d:%02d:%02d weekday %d day %d dst %d, back %lld\n", (long long)time, parts.tm_year + 1900, parts.tm_mon + 1, parts.tm_mday,
               parts.tm_hour, parts.tm_min, parts.tm_sec, parts.tm_wday, parts.tm_yday, parts.tm_isdst, (long long)timegm(&parts));
    }
    time_t time = 1000000000;
    struct tm *shared = gmtime(&time);
    printf("%d %d\n", shared->tm_year, shared->tm_yday);
    TRY(difftime(1000, 400));
    return 0;
}
