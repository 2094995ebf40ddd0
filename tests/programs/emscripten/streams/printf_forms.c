// The forms of printf and scanf that pull in their full versions: floats, 64-bit numbers, wide text.
// modes: O1 O2 standalone
#include <inttypes.h>
#include <limits.h>
#include <math.h>
#include <stdlib.h>
#include <wchar.h>
#include "../show.h"

int main(void) {
    char text[128];
    int count = 0;
    printf("[%8d] [%-8d] [%+d] [% d] [%08.3f] [%.0f]\n", 42, 42, 42, 42, 3.14159, 2.5);
    printf("%d %d %u %ld\n", INT_MIN, INT_MAX, UINT_MAX, LONG_MIN);
    printf("%" PRId64 " %" PRIu64 " %" PRIx64 "\n", INT64_MIN, UINT64_MAX, INT64_MAX);
    printf("%zu %td %hhd %hu\n", sizeof(int), (ptrdiff_t)-3, (signed char)-1, (unsigned short)65535);
    printf("%f %f %f %g\n", INFINITY, -INFINITY, NAN < 0 ? 0.0 : 1.0, 1e300 * 10);
    printf("%Lf %.20Lg\n", 1.5L, 0.1L);
    printf("%*d|%-*d|%.*f\n", 6, 1, 6, 2, 3, 1.23456);
    printf("%ls %lc\n", L"wide", L'w');
    printf("%%%n", &count);
    printf(" %d %s\n", count, (char *)"");
    TRY(snprintf(text, 8, "%s", "longer than eight"));
    printf("%s\n", text);
    double real;
    int64_t large;
    unsigned hexadecimal;
    TRY(sscanf("1.5e3 -9000000000 ff rest", "%lf %" SCNd64 " %x %7[a-z]", &real, &large, &hexadecimal, text));
    printf("%g %" PRId64 " %u %s\n", real, large, hexadecimal, text);
    printf("%g %ld %llu\n", strtod("0x1.8p1", NULL), strtol("-077", NULL, 0), strtoull("18446744073709551615", NULL, 10));
    errno = 0;
    TRUE(strtol("99999999999999", NULL, 10) == LONG_MAX && errno == ERANGE);
    return 0;
}
