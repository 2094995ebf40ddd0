// std::terminate calls the handler that was set, and then the program ends.
// modes: exceptions
// status: abort
#include <cstdio>
#include <cstdlib>
#include <exception>

static void handler() {
    std::printf("the handler is called\n");
    std::fflush(stdout);
    std::abort();
}

int main() {
    std::set_terminate(handler);
    std::printf("%d\n", std::get_terminate() == handler);
    std::terminate();
}
