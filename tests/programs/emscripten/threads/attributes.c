// Thread attributes: stack sizes, the detached state, and a thread that is not joined.
// modes: threads threads-proxied
// flags: -sPTHREAD_POOL_SIZE=4
#include <limits.h>
#include <pthread.h>
#include <stdatomic.h>
#include <unistd.h>
#include "../show.h"

static atomic_int done;
static void *deep(void *unused) {
    (void)unused;
    volatile char room[3 << 20];
    for (int i = 0; i < (3 << 20); i += 4096) room[i] = 1;
    return (void *)(long)room[4096];
}
static void *alone(void *unused) {
    done = 1;
    return unused;
}

int main(void) {
    pthread_attr_t attributes;
    pthread_t thread;
    size_t size = 0;
    int state = -1;
    void *result;
    CODE(pthread_attr_init(&attributes));
    CODE(pthread_attr_getdetachstate(&attributes, &state));
    TRUE(state == PTHREAD_CREATE_JOINABLE);
    CODE(pthread_attr_setstacksize(&attributes, 4 << 20));
    CODE(pthread_attr_getstacksize(&attributes, &size));
    TRY(size);
    CODE(pthread_create(&thread, &attributes, deep, NULL));
    CODE(pthread_join(thread, &result));
    TRY((long)result);
    CODE(pthread_attr_setstacksize(&attributes, 1));
    CODE(pthread_attr_setdetachstate(&attributes, 77));
    CODE(pthread_attr_setdetachstate(&attributes, PTHREAD_CREATE_DETACHED));
    CODE(pthread_create(&thread, &attributes, alone, NULL));
    while (!done) usleep(1000);
    CODE(pthread_attr_destroy(&attributes));
    done = 0;
    CODE(pthread_create(&thread, NULL, alone, NULL));
    CODE(pthread_detach(thread));
    while (!done) usleep(1000);
    printf("both ran\n");
    return 0;
}
