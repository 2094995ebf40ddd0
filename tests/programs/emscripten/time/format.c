// strftime's forms.
// modes: O1 O2 standalone
// flags: -sEXPORTED_FUNCTIONS=_main,_malloc,_free
#define _GNU_SOURCE
#include <stdlib.h>
#include <time.h>
#include "../show.h"

int main(void) {
    static const char *const forms[] = {"%Y-%m-%d %H:%M:%S", "%a %A %b %B %h", "%d %e %j %u %w", "%I %p", "%D %F %T %R %r", "%y %C %G %g",
        "%U %W %V", "%n%t%%", "%x", "%X"};
    static const time_t times[] = {0, 1234567890, 1709209799, 1735689600};
    char *text = malloc(128);
    for (size_t t = 0; t < sizeof times / sizeof *times; t++) {
        struct tm parts;
        gmtime_r(&times[t], &parts);
        for (size_t f = 0; f < sizeof forms / sizeof *forms; f++) {
            size_t length = strftime(text, 128, forms[f], &parts);
            printf("%s: [%s] %zu\n", forms[f], text, length);
        }
    }
    struct tm parts = {.tm_year = 100};
    TRY(strftime(text, 4, "%Y", &parts));
    TRY(strftime(text, 5, "%Y", &parts));
    return 0;
}
