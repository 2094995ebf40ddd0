// Mathematics: the functions of math.h and fenv.h, 64- and 128-bit integers, complex numbers.
// modes: O1 O2 standalone
#include <complex.h>
#include <fenv.h>
#include <math.h>
#include <stdint.h>
#include <stdlib.h>
#include "../show.h"

int main(void) {
    volatile double x = 0.7;
    printf("%.12f %.12f %.12f\n", sin(x), cos(x), tan(x));
    printf("%.12f %.12f %.12f\n", asin(x), acos(x), atan2(x, 2));
    printf("%.12f %.12f %.12f %.12f\n", exp(x), log(x), pow(x, 3.3), cbrt(x));
    printf("%.12f %.12f %.12f\n", sinh(x), tgamma(x), erf(x));
    printf("%g %g %g %g %g\n", floor(-2.5), ceil(-2.5), trunc(-2.5), round(-2.5), rint(-2.5));
    printf("%g %g %g\n", fmod(7.5, 2), remainder(7.5, 2), fma(2, 3, 4));
    int exponent;
    printf("%g ", frexp(48, &exponent));
    printf("%d %g %ld %lld\n", exponent, ldexp(0.75, 6), lround(2.5), llround(-2.5));
    printf("%d %d %d %d\n", !!isnan(NAN), !!isinf(INFINITY), !!signbit(-0.0), fpclassify(1e-310) == FP_SUBNORMAL);
    TRY(fegetround());
    volatile int64_t a = -9000000000000000000LL, b = 7;
    volatile uint64_t u = 18000000000000000000ULL;
    printf("%lld %lld %llu %llu\n", (long long)(a / b), (long long)(a % b), (unsigned long long)(u / 3), (unsigned long long)(u >> 33));
    __int128 wide = (__int128)a * b;
    printf("%lld %llu\n", (long long)(wide >> 64), (unsigned long long)wide);
    volatile float single = 16777216.0f;
    printf("%g %g\n", single + 1, (double)single + 1);
    printf("%d %u\n", (int)(volatile double){-3.99}, (unsigned)(volatile double){4000000000.5});
    double complex z = cexp(I * M_PI / 3);
    printf("%.6f %.6f %.6f\n", creal(z), cimag(z), cabs(z * 2));
    long double quad = 1.0L / 3;
    printf("%.25Lf\n", quad);
    div_t parts = div(-17, 5);
    printf("%d %d\n", parts.quot, parts.rem);
    printf("%d %d %d\n", __builtin_popcount(0xff0f), __builtin_clz(1), __builtin_ctz(64));
    return 0;
}
