// The side module of exceptions.cpp.
#include <stdexcept>
struct Own { int value; };

extern "C" void side_raise(int kind) {
    if (kind == 0) throw std::invalid_argument("from the side");
    if (kind == 1) throw std::runtime_error("also from the side");
    if (kind == 2) throw 17;
    throw Own{3};
}
extern "C" int side_guard(int (*call)(int), int value) {
    try {
        return call(value);
    } catch (int thrown) {
        return thrown * -100;
    }
}
