// Destructors while unwinding through frames with several kinds of clean-up and catch, and typed filters.
// modes: exceptions wasm-exceptions
#include <cstdio>
#include <stdexcept>
#include <string>

struct Cleanup { std::string name; ~Cleanup() { std::printf("clean %s\n", name.c_str()); } };
struct First {}; struct Second {}; struct Third {}; struct Fourth {}; struct Fifth {}; struct Sixth {};

static void raise(int which) {
    Cleanup cleanup{"raise"};
    switch (which) {
    case 1: throw First();
    case 2: throw Second();
    case 3: throw Third();
    case 4: throw Fourth();
    case 5: throw Fifth();
    case 6: throw Sixth();
    default: throw which;
    }
}

static const char *seven(int which) {
    Cleanup cleanup{"seven"};
    try { raise(which); }
    catch (First) { return "First"; }
    catch (Second) { return "Second"; }
    catch (Third) { return "Third"; }
    catch (Fourth) { return "Fourth"; }
    catch (Fifth) { return "Fifth"; }
    catch (Sixth &) { return "Sixth"; }
    return "none";
}

static const char *two(int which) {
    Cleanup cleanup{"two"};
    try { return seven(which); }
    catch (const std::exception &) { return "exception"; }
    catch (int) { return "int"; }
}

int main() {
    for (int which = 1; which <= 7; which++) std::printf("%s\n", two(which));
    return 0;
}
