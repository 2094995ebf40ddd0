// Small functions that the host provides: load averages, clock resolution, threads, ftime, numbers printed.
// modes: O1 O2
#define _GNU_SOURCE
#include <emscripten/emscripten.h>
#include <emscripten/threading.h>
#include <locale.h>
#include <netdb.h>
#include <stdlib.h>
#include <sys/timeb.h>
#include <time.h>
#include "../show.h"

double emscripten_get_now_res(void);

int main(void) {
    double loads[3] = {-1, -1, -1};
    TRY(getloadavg(loads, 3));
    TRUE(loads[0] >= 0 && loads[2] >= 0);
    TRUE(emscripten_get_now_res() > 0 && emscripten_get_now_res() <= 1e7);
    TRY(emscripten_is_main_browser_thread());
    struct timeb now = {0};
    TRY(ftime(&now));
    TRUE(now.time > 1600000000 && now.millitm < 1000);
    locale_t locale = newlocale(LC_ALL_MASK, "C", NULL);
    char text[64];
    struct tm date = {.tm_year = 99, .tm_mon = 11, .tm_mday = 31, .tm_wday = 5};
    TRY(strftime_l(text, sizeof text, "%d.%m.%y", &date, locale));
    puts(text);
    struct hostent *host = gethostbyname("127.0.0.1");
    TRUE(host && host->h_length == 4 && (unsigned char)host->h_addr_list[0][0] == 127);
    return 0;
}
