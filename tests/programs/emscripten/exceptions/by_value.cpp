// Catching by value copies the object, also through a base, and each copy is destroyed.
// modes: exceptions wasm-exceptions
#include <cstdio>

struct Base {
    int value;
    explicit Base(int v) : value(v) {}
    Base(const Base &other) : value(other.value + 1) { std::printf("copied %d\n", other.value); }
    virtual ~Base() { std::printf("destroyed %d\n", value); }
};
struct Derived : Base {
    explicit Derived(int v) : Base(v) {}
};

int main() {
    try {
        throw Base(1);
    } catch (Base caught) {
        std::printf("caught %d\n", caught.value);
    }
    try {
        throw Derived(10);
    } catch (Base sliced) {
        std::printf("sliced %d\n", sliced.value);
        sliced.value = 99;
    }
    try {
        try {
            throw Base(20);
        } catch (Base caught) {
            caught.value = 50;
            throw;
        }
    } catch (const Base &original) {
        std::printf("original %d\n", original.value);
    }
    return 0;
}
