// Catching by a base: single, multiple and virtual inheritance, private bases, pointers to derived.
// modes: exceptions wasm-exceptions
#include <cstdio>

struct Base { int base = 1; virtual ~Base() = default; virtual const char *name() const { return "Base"; } };
struct Other { int other = 2; virtual ~Other() = default; };
struct Single : Base { const char *name() const override { return "Single"; } };
struct Both : Other, Base { const char *name() const override { return "Both"; } };
struct Left : virtual Base {};
struct Right : virtual Base {};
struct Diamond : Left, Right { const char *name() const override { return "Diamond"; } };
struct Hidden : private Base {};

template <class T> void test(const char *what) {
    try {
        throw T();
    } catch (const Base &base) {
        std::printf("%s: Base %d, %s\n", what, base.base, base.name());
    } catch (const Other &other) {
        std::printf("%s: Other %d\n", what, other.other);
    } catch (...) {
        std::printf("%s: not by a base\n", what);
    }
}

int main() {
    test<Base>("Base");
    test<Single>("Single");
    test<Both>("Both");
    test<Diamond>("Diamond");
    test<Hidden>("Hidden");
    test<Other>("Other");
    Single single;
    try {
        throw &single;
    } catch (Base *base) {
        std::printf("pointer to %s %d\n", base->name(), base->base);
    }
    try {
        throw &single;
    } catch (const void *) {
        std::printf("pointer to void\n");
    }
    try {
        try {
            throw Both();
        } catch (Other &other) {
            other.other = 20;
            throw;
        }
    } catch (Both &same) {
        std::printf("changed %d, base %d\n", same.other, same.base);
    }
    return 0;
}
