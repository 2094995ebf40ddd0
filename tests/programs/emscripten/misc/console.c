// emscripten_console_log, _emscripten_out and their formatted forms write lines on standard output.
// modes: O1 O2
#include <emscripten/console.h>
#include <emscripten/emscripten.h>
#include "../show.h"

int main(void) {
    printf("printed\n");
    emscripten_console_log("to the console");
    emscripten_console_logf("number %d, text %s", 7, "seven");
    emscripten_console_warn("a warning, not on standard output");
    emscripten_console_error("an error, not on standard output");
    emscripten_console_errorf("an error %d", 1);
    _emscripten_out("out");
    _emscripten_outf("out %g", 1.5);
    _emscripten_err("err");
    emscripten_log(EM_LOG_CONSOLE, "logged %d %s", 5, "times");
    emscripten_log(EM_LOG_CONSOLE | EM_LOG_ERROR, "logged as error");
    printf("last\n");
    return 0;
}
