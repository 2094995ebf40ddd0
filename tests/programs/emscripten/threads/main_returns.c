// The program ends when main returns, though a thread still runs.
// modes: threads threads-proxied
// flags: -sPTHREAD_POOL_SIZE=2
// status: 8
#include <pthread.h>
#include <stdatomic.h>
#include <unistd.h>
#include "../show.h"

static atomic_int running;
static void *forever(void *unused) {
    running = 1;
    for (;;) usleep(1000);
    return unused;
}

int main(void) {
    pthread_t thread;
    pthread_create(&thread, NULL, forever, NULL);
    while (!running) usleep(1000);
    printf("main returns\n");
    return 8;
}
