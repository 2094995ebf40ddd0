// Exceptions within handlers and within destructors, std::uncaught_exceptions, std::nested_exception.
// modes: exceptions wasm-exceptions
#include <cstdio>
#include <exception>
#include <stdexcept>

struct Watcher {
    ~Watcher() {
        std::printf("%d in flight\n", std::uncaught_exceptions());
        try {
            throw 2;
        } catch (int value) {
            std::printf("caught %d while another is in flight\n", value);
        }
    }
};

static void print(const std::exception &error, int level = 0) {
    std::printf("%*s%s\n", level * 2, "", error.what());
    try {
        std::rethrow_if_nested(error);
    } catch (const std::exception &inner) {
        print(inner, level + 1);
    }
}

int main() {
    try {
        Watcher watcher;
        throw 1;
    } catch (int value) {
        std::printf("caught %d, %d in flight\n", value, std::uncaught_exceptions());
    }
    try {
        throw 1;
    } catch (int outer) {
        try {
            throw 2.5;
        } catch (double inner) {
            std::printf("%d %g\n", outer, inner);
        }
        try {
            throw;
        } catch (int again) {
            std::printf("again %d\n", again);
        }
    }
    try {
        try {
            try {
                throw std::runtime_error("cause");
            } catch (...) {
                std::throw_with_nested(std::logic_error("middle"));
            }
        } catch (...) {
            std::throw_with_nested(std::runtime_error("outermost"));
        }
    } catch (const std::exception &error) {
        print(error);
    }
    return 0;
}
