// A thread that is kept by what it has scheduled can be joined when that has come; the first thread, which has left main,
// sees another one to its end.
// modes: threads-proxied
// status: 6
// flags: -sPTHREAD_POOL_SIZE=2
#include <emscripten/emscripten.h>
#include <emscripten/eventloop.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

static int ticks;

static void tick(void *argument) {
    printf("tick %d\n", ++ticks);
    if (ticks < 3) emscripten_set_timeout(tick, 10, NULL);
}
static void *keep(void *argument) {
    emscripten_set_timeout(tick, 10, NULL);
    return (void *)5;
}
static void *last(void *argument) {
    usleep(20000);
    printf("last\n");
    exit(6);
}

int main(void) {
    pthread_t thread;
    pthread_create(&thread, NULL, keep, NULL);
    printf("joined: %d\n", pthread_join(thread, NULL));
    pthread_create(&thread, NULL, last, NULL);
    printf("main is left\n");
    fflush(stdout);
    emscripten_exit_with_live_runtime();
}
