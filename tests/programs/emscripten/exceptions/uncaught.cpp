// An exception that nothing catches ends the program.
// modes: exceptions wasm-exceptions
// status: abort
#include <cstdio>
#include <stdexcept>

struct Loud { ~Loud() { std::printf("destroyed\n"); } };

int main() {
    std::printf("before\n");
    std::fflush(stdout);
    throw std::runtime_error("nothing catches this");
}
