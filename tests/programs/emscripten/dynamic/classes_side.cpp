// The side module of classes.cpp.
#include <cmath>
#include <map>
#include <string>
#include "classes.h"

static int alive;
static const std::map<std::string, int> known{{"circle", 1}, {"square", 2}};

struct Circle : Shape {
    double radius;
    explicit Circle(double r) : radius(r) { alive++; }
    ~Circle() override { alive--; }
    double area() const override { return M_PI * radius * radius; }
    std::string name() const override { return "a circle with a name that is long enough to be allocated"; }
};
struct Square : Shape {
    double side;
    explicit Square(double s) : side(s) { alive++; }
    ~Square() override { alive--; }
    double area() const override { return side * side; }
    std::string name() const override { return "square"; }
};

extern "C" Shape *make_shape(const std::string &kind, double size) {
    auto found = known.find(kind);
    if (found == known.end()) return nullptr;
    return found->second == 1 ? static_cast<Shape *>(new Circle(size)) : new Square(size);
}
extern "C" int shapes_alive() { return alive; }
