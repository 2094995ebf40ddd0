// exit from a thread ends the whole program, with handlers, while others still run.
// modes: threads-proxied
// status: 12
#include <pthread.h>
#include <stdlib.h>
#include <unistd.h>
#include "../show.h"

static void handler(void) { printf("handler\n"); }
static void *forever(void *unused) {
    for (;;) usleep(1000);
    return unused;
}
static void *leave(void *unused) {
    printf("leaving\n");
    exit(12);
    return unused;
}

int main(void) {
    pthread_t one, two;
    atexit(handler);
    pthread_create(&one, NULL, forever, NULL);
    pthread_create(&two, NULL, leave, NULL);
    pthread_join(two, NULL);
    usleep(10000000);
    printf("never\n");
    return 0;
}
