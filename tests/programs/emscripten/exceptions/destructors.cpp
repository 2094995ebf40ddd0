// Unwinding destroys what was made, in reverse order, also parts of an object whose making failed.
// modes: exceptions wasm-exceptions
#include <cstdio>
#include <memory>
#include <vector>

struct Loud {
    const char *name;
    explicit Loud(const char *n, bool fails = false) : name(n) {
        std::printf("make %s\n", name);
        if (fails) throw name;
    }
    Loud(const Loud &) = delete;
    ~Loud() { std::printf("destroy %s\n", name); }
};

struct Whole {
    Loud one{"one"}, two{"two"}, three{"three", true}, four{"four"};
    ~Whole() { std::printf("never\n"); }
};

struct Derived : Loud {
    Derived() : Loud("base") { throw 5; }
    ~Derived() { std::printf("never\n"); }
};

static void deeper(int depth) {
    Loud here("frame");
    if (depth == 0) throw depth;
    deeper(depth - 1);
    std::printf("never\n");
}

int main() {
    try { Whole whole; } catch (const char *name) { std::printf("caught %s\n", name); }
    try { Derived derived; } catch (int value) { std::printf("caught %d\n", value); }
    try { deeper(2); } catch (int value) { std::printf("caught %d\n", value); }
    try {
        auto held = std::make_unique<Loud>("held");
        std::vector<std::shared_ptr<Loud>> many{std::make_shared<Loud>("shared")};
        throw 'x';
    } catch (char) { std::printf("caught x\n"); }
    try {
        auto made = new Whole[3];
        delete[] made;
    } catch (const char *name) { std::printf("array: %s\n", name); }
    for (int i = 0; i < 3; i++) {
        Loud each("each");
        try {
            if (i == 1) throw i;
            continue;
        } catch (int) { std::printf("in the loop\n"); break; }
    }
    return 0;
}
