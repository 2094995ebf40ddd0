// exit from within a try block is no exception: handlers are not run, statics are destroyed.
// modes: exceptions wasm-exceptions
// flags: -sEXIT_RUNTIME
// status: 11
#include <cstdio>
#include <cstdlib>

struct Loud {
    const char *name;
    ~Loud() { std::printf("destroyed %s\n", name); }
};
static Loud global{"global"};

static void leave() {
    Loud local{"local, never"};
    std::exit(11);
}

int main() {
    try {
        leave();
    } catch (...) {
        std::printf("never\n");
    }
    return 0;
}
