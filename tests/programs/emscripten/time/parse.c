// strptime reads what strftime writes, and says where it stopped.
// modes: O1 O2
#define _GNU_SOURCE
#include <time.h>
#include "../show.h"

static void read_time(const char *text, const char *form) {
    struct tm parts = {0};
    const char *rest = strptime(text, form, &parts);
    if (!rest) { printf("%s by %s: no\n", text, form); return; }
    printf("%s by %s: %d-%02d-%02d %02d:%02d:%02d, rest [%s]\n", text, form, parts.tm_year + 1900, parts.tm_mon + 1, parts.tm_mday, parts.tm_hour, parts.tm_min, parts.tm_sec, rest);
}

int main(void) {
    read_time("2024-02-29 13:14:15", "%Y-%m-%d %H:%M:%S");
    read_time("2024-02-29T13:14:15Z more", "%Y-%m-%dT%H:%M:%SZ");
    read_time("12/31/99", "%D");
    read_time("29 Feb 2024", "%d %b %Y");
    read_time("29 February 2024", "%d %B %Y");
    struct tm parts = {0};
    const char *rest = strptime("23:59 left", "%R", &parts);
    printf("%02d:%02d, rest [%s]\n", parts.tm_hour, parts.tm_min, rest);
    rest = strptime("Tuesday 12:34:56", "%A %T", &parts);
    printf("%02d:%02d:%02d, rest [%s]\n", parts.tm_hour, parts.tm_min, parts.tm_sec, rest);
    read_time("not a date", "%Y-%m-%d");
    read_time("2024-13-01", "%Y-%m-%d");
    return 0;
}
