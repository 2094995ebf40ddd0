// operator new that cannot be satisfied: bad_alloc, nothrow, and a new handler that is asked first.
// modes: exceptions wasm-exceptions
// flags: -sALLOW_MEMORY_GROWTH -sMAXIMUM_MEMORY=64MB
#include <cstdio>
#include <new>

static int asked;
static void *volatile sink;

int main() {
    try {
        sink = ::operator new(200u << 20);
        std::printf("never\n");
    } catch (const std::bad_alloc &) {
        std::printf("bad_alloc\n");
    }
    sink = ::operator new(200u << 20, std::nothrow);
    std::printf("%d\n", sink == nullptr);
    std::set_new_handler([] {
        if (++asked == 3) throw std::bad_alloc();
    });
    try {
        sink = new char[200u << 20];
        std::printf("never\n");
    } catch (const std::bad_alloc &) {
        std::printf("asked %d times\n", asked);
    }
    sink = new char[1 << 20];
    std::printf("%d\n", sink != nullptr);
    return 0;
}
