// Jumps in C++ among objects that need no destructor, and an exception after them.
// modes: exceptions
#include <csetjmp>
#include <cstdio>
#include <stdexcept>

static std::jmp_buf place;

static void leave(int value) { std::longjmp(place, value); }

static int guarded(int value) {
    if (int got = setjmp(place)) return got * 10;
    leave(value);
    return -1;
}

static int thrown(int value) {
    try {
        if (value > 1) throw std::runtime_error("too large");
        return guarded(value + 1);
    } catch (const std::exception &error) {
        std::printf("%s\n", error.what());
        return guarded(value);
    }
}

int main() {
    std::printf("%d\n", guarded(4));
    std::printf("%d\n", thrown(1));
    std::printf("%d\n", thrown(2));
    return 0;
}
