// Destructors of statics and atexit handlers are interleaved in reverse order of their making.
// modes: O1 O2 standalone
// flags: -sEXIT_RUNTIME
#include <cstdio>
#include <cstdlib>

struct Named {
    const char *name;
    explicit Named(const char *given) : name(given) { std::printf("made %s\n", name); }
    ~Named() { std::printf("gone %s\n", name); }
};

static Named global("global");
static void handler() { std::printf("handler\n"); }

static Named &local() {
    static Named one("local");
    return one;
}

int main() {
    std::printf("main\n");
    std::atexit(handler);
    local();
    local();
    std::printf("end of main\n");
    return 0;
}
