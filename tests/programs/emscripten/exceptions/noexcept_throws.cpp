// An exception that would leave a noexcept function terminates.
// modes: exceptions wasm-exceptions
// flags: -Wno-exceptions
// status: abort
#include <cstdio>

static volatile bool yes = true;
static void promise() noexcept {
    std::printf("inside\n");
    std::fflush(stdout);
    if (yes) throw 1;
}

int main() {
    try {
        promise();
    } catch (int) {
        std::printf("never\n");
    }
    return 0;
}
