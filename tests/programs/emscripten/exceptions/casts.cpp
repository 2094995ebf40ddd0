// dynamic_cast and typeid over multiple and virtual inheritance.
// modes: O1 O2 standalone exceptions wasm-exceptions
#include <cstdio>
#include <cstring>
#include <typeinfo>

struct A { virtual ~A() = default; int a = 1; };
struct B { virtual ~B() = default; int b = 2; };
struct C : A, B { int c = 3; };
struct V1 : virtual A { int v1 = 4; };
struct V2 : virtual A { int v2 = 5; };
struct D : V1, V2 { int d = 6; };
struct Hidden : private A {};

int main() {
    C c;
    D d;
    A *a = &c;
    B *b = dynamic_cast<B *>(a);
    std::printf("%d %d\n", b == static_cast<B *>(&c), b->b);
    std::printf("%d\n", dynamic_cast<C *>(b)->c);
    std::printf("%d\n", dynamic_cast<void *>(b) == &c);
    a = &d;
    std::printf("%d %d\n", dynamic_cast<V1 *>(a)->v1, dynamic_cast<V2 *>(a)->v2);
    V1 *v1 = &d;
    std::printf("%d\n", dynamic_cast<V2 *>(v1)->v2);
    std::printf("%d %d\n", dynamic_cast<B *>(a) == nullptr, dynamic_cast<C *>(a) == nullptr);
    A plain;
    a = &plain;
    std::printf("%d\n", dynamic_cast<D *>(a) == nullptr);
    std::printf("%d %d\n", typeid(*v1) == typeid(D), typeid(*a) == typeid(A));
    std::printf("%d\n", std::strcmp(typeid(int).name(), typeid(long).name()) != 0);
    std::printf("%d\n", typeid(A).before(typeid(B)) != typeid(B).before(typeid(A)));
    return 0;
}
