// Exceptions thrown in callbacks of C functions: qsort, bsearch and a C-linkage function pointer.
// modes: exceptions wasm-exceptions
#include <cstdio>
#include <cstdlib>
#include <stdexcept>

static int calls;

static int compare(const void *a, const void *b) {
    if (++calls == 7) throw std::runtime_error("enough comparisons");
    return *static_cast<const int *>(a) - *static_cast<const int *>(b);
}

extern "C" {
typedef long long (*callback)(int, double, long long);
static long long apply(callback call, int times) {
    long long total = 0;
    for (int i = 0; i < times; i++) total += call(i, i * 0.5, 1LL << 35);
    return total;
}
}

static long long limited(int index, double half, long long wide) {
    if (index > 3) throw index;
    return wide + static_cast<long long>(half * 2);
}

int main() {
    int numbers[30];
    for (int i = 0; i < 30; i++) numbers[i] = (i * 17) % 30;
    try {
        std::qsort(numbers, 30, sizeof *numbers, compare);
        std::printf("never\n");
    } catch (const std::exception &error) {
        std::printf("%s: %d\n", error.what(), calls);
    }
    calls = 100;
    std::qsort(numbers, 30, sizeof *numbers, compare);
    std::printf("%d %d\n", numbers[0], numbers[29]);
    std::printf("%lld\n", apply(limited, 4));
    try {
        apply(limited, 10);
    } catch (int index) {
        std::printf("stopped at %d\n", index);
    }
    return 0;
}
