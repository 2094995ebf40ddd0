// Calls of many types made while a setjmp is active, each through invoke_*: some return, some jump.
// modes: O1 O2 wasm-longjmp
#include <setjmp.h>
#include <stdint.h>
#include "../show.h"

static jmp_buf place;
static volatile int leave;

#define BODY(value) if (leave) longjmp(place, 1); return value
__attribute__((noinline)) static void v(void) { if (leave) longjmp(place, 1); }
__attribute__((noinline)) static int i(void) { BODY(1); }
__attribute__((noinline)) static int64_t j(void) { BODY(1LL << 33); }
__attribute__((noinline)) static float f(void) { BODY(1.25f); }
__attribute__((noinline)) static double d(void) { BODY(2.5); }
__attribute__((noinline)) static void vj(int64_t a) { printf("vj %lld\n", (long long)a); if (leave) longjmp(place, 1); }
__attribute__((noinline)) static int64_t jij(int a, int64_t b) { BODY(a + b); }
__attribute__((noinline)) static int iiiiii(int a, int b, int c, int x, int e) { BODY(a + b * 2 + c * 3 + x * 4 + e * 5); }
__attribute__((noinline)) static double dddd(double a, double b, double c) { BODY(a + b * c); }
__attribute__((noinline)) static float fff(float a, float b) { BODY(a * b); }
__attribute__((noinline)) static int64_t jfdij(float a, double b, int c, int64_t e) { BODY((int64_t)a + (int64_t)b + c + e); }
__attribute__((noinline)) static void vidjf(int a, double b, int64_t c, float e) { printf("vidjf %d %g %lld %g\n", a, b, (long long)c, e); if (leave) longjmp(place, 1); }

static void all(void) {
    v();
    printf("%d %lld %g %g\n", i(), (long long)j(), f(), d());
    vj(-(1LL << 50));
    printf("%lld %d\n", (long long)jij(-1, 1LL << 34), iiiiii(1, 2, 3, 4, 5));
    printf("%g %g %lld\n", dddd(1, 2, 3), fff(1.5f, 3), (long long)jfdij(1.5f, 2.5, 3, 4LL << 40));
    vidjf(1, 2.5, 3LL << 40, 4.5f);
}

int main(void) {
    volatile int round = 0;
    int got = setjmp(place);
    if (got == 0) {
        all();
        for (round = 0; round < 12; round++) {}
        round = 0;
    } else printf("back %d from %d\n", got, round - 1);
    leave = 1;
    switch (round++) {
    case 0: v(); break;
    case 1: i(); break;
    case 2: j(); break;
    case 3: f(); break;
    case 4: d(); break;
    case 5: vj(5); break;
    case 6: jij(1, 2); break;
    case 7: iiiiii(1, 2, 3, 4, 5); break;
    case 8: dddd(1, 2, 3); break;
    case 9: fff(1, 2); break;
    case 10: jfdij(1, 2, 3, 4); break;
    case 11: vidjf(1, 2, 3, 4); break;
    default: printf("end\n"); return 0;
    }
    printf("never\n");
    return 1;
}
