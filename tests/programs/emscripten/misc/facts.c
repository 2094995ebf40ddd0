// What Emscripten tells of itself: threads, cores, asyncify, the compiler's version.
// modes: O1 O2
#include <emscripten/emscripten.h>
#include <emscripten/threading.h>
#include <emscripten/version.h>
#include "../show.h"

int main(void) {
    TRUE(emscripten_has_threading_support() == 0 || emscripten_has_threading_support() == 1);
    TRUE(emscripten_num_logical_cores() >= 1);
    TRY(emscripten_is_main_runtime_thread());
    TRY(emscripten_has_asyncify());
    TRUE(__EMSCRIPTEN_major__ >= 3);
    TRUE(__EMSCRIPTEN__ == 1);
    return 0;
}
