// Rethrowing: the same object, from a function, several times, and a new one from a handler.
// modes: exceptions wasm-exceptions
#include <cstdio>
#include <stdexcept>

struct Counted {
    static int copies, alive;
    int value;
    explicit Counted(int v) : value(v) { alive++; }
    Counted(const Counted &from) : value(from.value) { copies++, alive++; }
    ~Counted() { alive--; }
};
int Counted::copies, Counted::alive;

static void classify() {
    try {
        throw;
    } catch (const std::logic_error &error) {
        std::printf("logic: %s\n", error.what());
    } catch (const std::runtime_error &error) {
        std::printf("runtime: %s\n", error.what());
    } catch (...) {
        std::printf("other\n");
    }
}

int main() {
    try { throw std::invalid_argument("bad"); } catch (...) { classify(); }
    try { throw std::overflow_error("large"); } catch (...) { classify(); }
    try { throw 1; } catch (...) { classify(); classify(); }
    try {
        try {
            try {
                throw Counted(5);
            } catch (Counted &counted) {
                counted.value++;
                throw;
            }
        } catch (Counted &counted) {
            counted.value++;
            throw;
        }
    } catch (Counted &counted) {
        std::printf("%d, %d alive\n", counted.value, Counted::alive);
    }
    std::printf("%d alive\n", Counted::alive);
    try {
        try {
            throw Counted(1);
        } catch (Counted &) {
            throw std::runtime_error("instead");
        }
    } catch (const std::exception &error) {
        std::printf("%s, %d alive\n", error.what(), Counted::alive);
    }
    return 0;
}
