// localtime, mktime, tzset and tzname where the time zone is UTC; mktime puts parts in order.
// modes: O1 O2
#define _GNU_SOURCE
#include <time.h>
#include "../show.h"

int main(void) {
    time_t time = 1500000000;
    struct tm parts;
    tzset();
    TRY(timezone);
    TRY(daylight);
    TRUE(localtime_r(&time, &parts) == &parts);
    printf("%d-%02d-%02d %02d:%02d:%02d %d %d %d offset %ld\n", parts.tm_year + 1900, parts.tm_mon + 1, parts.tm_mday, parts.tm_hour, parts.tm_min,
           parts.tm_sec, parts.tm_wday, parts.tm_yday, parts.tm_isdst, (long)parts.tm_gmtoff);
    TRY(mktime(&parts));
    struct tm odd = {.tm_year = 120, .tm_mon = 13, .tm_mday = 35, .tm_hour = 25, .tm_min = 61, .tm_sec = 61, .tm_isdst = 0};
    TRY(mktime(&odd));
    printf("%02d-%02d %02d:%02d:%02d %d %d\n", odd.tm_mon + 1, odd.tm_mday, odd.tm_hour, odd.tm_min, odd.tm_sec, odd.tm_wday, odd.tm_yday);
    struct tm before = {.tm_year = 70, .tm_mon = 0, .tm_mday = 0, .tm_isdst = -1};
    TRY(mktime(&before));
    struct tm *shared = localtime(&time);
    printf("%d %d\n", shared->tm_hour, shared->tm_min);
    printf("%s", ctime(&time));
    printf("%s", asctime(&parts));
    return 0;
}
