// alarm calls its handler when main has returned.
// modes: O1 O2
// status: 2
#include <emscripten/emscripten.h>
#include <emscripten/eventloop.h>
#include <signal.h>
#include <stdio.h>
#include <unistd.h>

static void handler(int signal) { printf("signal %d\n", signal); }
static void later(void *argument) { printf("later\n"); }

int main(void) {
    signal(SIGALRM, handler);
    alarm(1);
    emscripten_set_timeout(later, 1300, NULL);
    printf("main\n");
    return 2;
}
