// Throws, and calls inside a `try`: what exceptions.wat does. `exceptions NAME COUNT` repeats it so often.
#include <cstdio>
#include <cstdlib>
#include <cstring>

static volatile int zero;

[[gnu::noinline]] static int deep(int depth) {
    if (depth == 0) throw 1;
    return deep(depth - 1) + zero;
}

[[gnu::noinline]] static int leaf(int number) { return number + zero; }

static unsigned throw_through(int count, int depth) {
    unsigned sum = 0;
    while (count--) {
        try {
            sum += deep(depth);
        } catch (int number) {
            sum += number;
        }
    }
    return sum;
}

static unsigned call(int count) {
    unsigned a = 0, b = 0, c = 0, d = 0, e = 0;
    for (; count; count--) {
        a += leaf(count);
        b ^= a, c += b, d ^= c, e += d;
    }
    return e;
}

static unsigned call_in_try(int count) {
    unsigned a = 0, b = 0, c = 0, d = 0, e = 0;
    for (; count; count--) {
        try {
            a += leaf(count);
        } catch (int number) {
            a += number;
        }
        b ^= a, c += b, d ^= c, e += d;
    }
    return e;
}

int main(int, char **argv) {
    int count = std::atoi(argv[2]);
    unsigned result = 0;
    if (!std::strcmp(argv[1], "throw")) result = throw_through(count, 0);
    if (!std::strcmp(argv[1], "throw_ten")) result = throw_through(count, 10);
    if (!std::strcmp(argv[1], "call")) result = call(count);
    if (!std::strcmp(argv[1], "call_in_try")) result = call_in_try(count);
    std::printf("%d\n", static_cast<int>(result));
}
