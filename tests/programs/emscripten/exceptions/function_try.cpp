// Function-try-blocks of constructors and functions, and noexcept asked.
// modes: exceptions wasm-exceptions
#include <cstdio>
#include <stdexcept>

static int risky(int value) {
    if (value > 2) throw std::out_of_range("above two");
    return value;
}

struct Member {
    int value;
    explicit Member(int v) try : value(risky(v)) {
        std::printf("made %d\n", value);
    } catch (const std::exception &error) {
        std::printf("constructor: %s\n", error.what());
    }
};

static int whole(int value) try {
    return risky(value);
} catch (const std::out_of_range &) {
    return -1;
}

static void quiet() noexcept {}
static void loud() {}

int main() {
    Member one(1);
    try {
        Member three(3);
        std::printf("never\n");
    } catch (const std::out_of_range &error) {
        std::printf("outside: %s\n", error.what());
    }
    std::printf("%d %d\n", whole(2), whole(9));
    std::printf("%d %d\n", noexcept(quiet()), noexcept(loud()));
    return 0;
}
