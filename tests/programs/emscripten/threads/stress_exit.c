// Three threads call exit at once, while others compute, wait and sleep: handlers run once, on one of them.
// modes: threads threads-proxied
// flags: -sPTHREAD_POOL_SIZE=8
// status: 17
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;

static void handler(void) { printf("handler\n"); }
static void *spin(void *argument) {
    for (volatile int i = 0;; i++) {
    }
}
static void *block(void *argument) {
    pthread_mutex_lock(&mutex);
    return NULL;
}
static void *nap(void *argument) {
    for (;;) usleep(100000);
}
static void *leave(void *argument) {
    usleep(2000);
    exit(17);
}

int main(void) {
    void *(*works[])(void *) = {spin, block, nap, block, leave, leave, leave};
    pthread_t thread;
    atexit(handler);
    pthread_mutex_lock(&mutex);
    for (int i = 0; i < 7; i++) pthread_create(&thread, NULL, works[i], NULL);
    for (;;) usleep(1000);
}
