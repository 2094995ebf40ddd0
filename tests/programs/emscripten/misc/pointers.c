// Calls through pointers to functions of many types, 64-bit and floating ones among them.
// modes: O1 O2 standalone
#include <stdint.h>
#include "../show.h"

static void v(void) { printf("v\n"); }
static int i(void) { return 1; }
static int64_t j(int64_t a) { return a * 3; }
static float f(float a) { return a / 2; }
static double d(double a, int b) { return a * b; }
static int64_t mixed(int a, int64_t b, float c, double d, int64_t e) { return a + b + (int64_t)c + (int64_t)d + e; }
static double many(double a, float b, int c, int64_t d, double e, float g, int h, int64_t k) { return a + b + c + d + e + g + h + k; }
static void fill(int64_t *out, int64_t value) { *out = value; }
static _Bool flag(char a, short b, unsigned char c) { return a + b == c; }

struct pair { int a; double b; };
static struct pair make(int a, double b) { return (struct pair){a, b}; }

int main(void) {
    void (*volatile pv)(void) = v;
    int (*volatile pi)(void) = i;
    int64_t (*volatile pj)(int64_t) = j;
    float (*volatile pf)(float) = f;
    double (*volatile pd)(double, int) = d;
    int64_t (*volatile pm)(int, int64_t, float, double, int64_t) = mixed;
    double (*volatile pmany)(double, float, int, int64_t, double, float, int, int64_t) = many;
    void (*volatile pfill)(int64_t *, int64_t) = fill;
    _Bool (*volatile pflag)(char, short, unsigned char) = flag;
    struct pair (*volatile pmake)(int, double) = make;
    pv();
    TRY(pi());
    printf("%lld\n", (long long)pj(5000000000LL));
    printf("%g %g\n", pf(3), pd(1.5, 4));
    printf("%lld\n", (long long)pm(1, 1LL << 40, 2.5f, 3.5, -(1LL << 41)));
    printf("%g\n", pmany(1, 2, 3, 4, 5, 6, 7, 8));
    int64_t out;
    pfill(&out, INT64_MIN);
    printf("%lld\n", (long long)out);
    TRY(pflag(3, 4, 7));
    struct pair pair = pmake(3, 4.5);
    printf("%d %g\n", pair.a, pair.b);
    TRUE(pv != (void (*)(void))0);
    return 0;
}
