// Functions of many types called where an exception may pass: 64-bit, real, many arguments, methods.
// modes: exceptions wasm-exceptions
#include <cstdint>
#include <cstdio>

static volatile bool fail;
struct Guard { ~Guard() { std::printf("."); } };

template <class R, class... A> struct Caller {
    static R call(R (*function)(A...), A... arguments) {
        Guard guard;
        return function(arguments...);
    }
};
template <class R, class... A> R guarded(R (*function)(A...), A... arguments) {
    R (*volatile pointer)(A...) = function;
    return Caller<R, A...>::call(pointer, arguments...);
}

static void check() { if (fail) throw 1; }
static int fi(int a) { check(); return a + 1; }
static std::int64_t fj(std::int64_t a) { check(); return a * 2; }
static float ff(float a) { check(); return a * 2; }
static double fd(double a, int b) { check(); return a + b; }
static std::int64_t mixed(int a, std::int64_t b, double c, float d) { check(); return a + b + static_cast<std::int64_t>(c + d); }
static int many(int a, int b, int c, int d, int e, int f, int g, int h) { check(); return a + b + c + d + e + f + g + h; }
static double wide(std::int64_t a, std::int64_t b, double c, std::int64_t d, float e) { check(); return a + b + c + d + e; }
struct Big { int values[6]; };
static Big big(int a) { check(); return {{a, a, a, a, a, a}}; }

static void all() {
    std::printf(" %d\n", guarded(fi, 1));
    std::printf(" %lld\n", static_cast<long long>(guarded<std::int64_t, std::int64_t>(fj, 1LL << 40)));
    std::printf(" %g\n", guarded(ff, 1.5f));
    std::printf(" %g\n", guarded(fd, 1.5, 2));
    std::printf(" %lld\n", static_cast<long long>(guarded<std::int64_t, int, std::int64_t, double, float>(mixed, 1, 1LL << 33, 2.5, 3.5f)));
    std::printf(" %d\n", guarded(many, 1, 2, 3, 4, 5, 6, 7, 8));
    std::printf(" %g\n", guarded<double, std::int64_t, std::int64_t, double, std::int64_t, float>(wide, 1, 2, 3, 4, 5));
    std::printf(" %d\n", guarded(big, 7).values[5]);
}

int main() {
    all();
    fail = true;
    int caught = 0;
    try { guarded(fi, 1); } catch (int) { caught++; }
    try { guarded<std::int64_t, std::int64_t>(fj, 1); } catch (int) { caught++; }
    try { guarded(ff, 1.0f); } catch (int) { caught++; }
    try { guarded(fd, 1.0, 2); } catch (int) { caught++; }
    try { guarded<std::int64_t, int, std::int64_t, double, float>(mixed, 1, 2, 3, 4); } catch (int) { caught++; }
    try { guarded(many, 1, 2, 3, 4, 5, 6, 7, 8); } catch (int) { caught++; }
    try { guarded<double, std::int64_t, std::int64_t, double, std::int64_t, float>(wide, 1, 2, 3, 4, 5); } catch (int) { caught++; }
    try { guarded(big, 7); } catch (int) { caught++; }
    std::printf(" %d caught\n", caught);
    return 0;
}
