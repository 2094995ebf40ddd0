// C++ over the border: a class of the side module behind an interface, strings, statics.
// modes: dynamic
// side: classes_side.cpp
#include <cstdio>
#include <dlfcn.h>
#include <memory>
#include <string>
#include "classes.h"

Shape::~Shape() = default;

int main() {
    void *side = dlopen("classes_side.wasm", RTLD_NOW);
    if (!side) return std::printf("%s\n", dlerror()), 1;
    auto make = reinterpret_cast<Shape *(*)(const std::string &, double)>(dlsym(side, "make_shape"));
    std::unique_ptr<Shape> circle(make("circle", 2)), square(make("square", 3)), none(make("none", 1));
    std::printf("%s %.3f\n", circle->name().c_str(), circle->area());
    std::printf("%s %.3f %d\n", square->name().c_str(), square->area(), none == nullptr);
    auto counted = reinterpret_cast<int (*)()>(dlsym(side, "shapes_alive"));
    std::printf("%d alive\n", counted());
    circle.reset();
    square.reset();
    std::printf("%d alive\n", counted());
    return 0;
}
