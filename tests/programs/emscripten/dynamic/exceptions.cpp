// Exceptions thrown in a side module and caught in the main one, and the other way.
// modes: dynamic
// flags: -fexceptions
// side: exceptions_side.cpp
#include <cstdio>
#include <dlfcn.h>
#include <stdexcept>
#include <string>

static int callback(int value) {
    if (value > 2) throw value;
    return value;
}

int main() {
    void *side = dlopen("exceptions_side.wasm", RTLD_NOW);
    if (!side) return std::printf("%s\n", dlerror()), 1;
    auto raise = reinterpret_cast<void (*)(int)>(dlsym(side, "side_raise"));
    for (int kind = 0; kind < 4; kind++) {
        try {
            raise(kind);
            std::printf("nothing\n");
        } catch (const std::logic_error &error) {
            std::printf("logic: %s\n", error.what());
        } catch (const std::exception &error) {
            std::printf("exception: %s\n", error.what());
        } catch (int value) {
            std::printf("int %d\n", value);
        } catch (...) {
            std::printf("another\n");
        }
    }
    auto guard = reinterpret_cast<int (*)(int (*)(int), int)>(dlsym(side, "side_guard"));
    std::printf("%d %d\n", guard(callback, 2), guard(callback, 9));
    return 0;
}
