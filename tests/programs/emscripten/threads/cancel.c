// pthread_cancel at a cancellation point, cleanup handlers, and cancellation held off.
// modes: threads threads-proxied
// flags: -sPTHREAD_POOL_SIZE=4
#include <pthread.h>
#include <stdatomic.h>
#include <unistd.h>
#include "../show.h"

static atomic_int running, held, cleaned;
static void clean(void *argument) { atomic_fetch_add(&cleaned, (int)(long)argument); }

static void *forever(void *unused) {
    pthread_cleanup_push(clean, (void *)1L);
    pthread_cleanup_push(clean, (void *)10L);
    running = 1;
    for (;;) {
        pthread_testcancel();
        usleep(1000);
    }
    pthread_cleanup_pop(0);
    pthread_cleanup_pop(0);
    return unused;
}
static void *hold(void *unused) {
    int old;
    pthread_setcancelstate(PTHREAD_CANCEL_DISABLE, &old);
    running = 1;
    while (!held) usleep(1000);
    pthread_testcancel();
    pthread_cleanup_push(clean, (void *)100L);
    pthread_cleanup_pop(1);
    pthread_setcancelstate(old, NULL);
    pthread_testcancel();
    return unused;
}

int main(void) {
    pthread_t thread;
    void *result;
    pthread_create(&thread, NULL, forever, NULL);
    while (!running) usleep(1000);
    CODE(pthread_cancel(thread));
    CODE(pthread_join(thread, &result));
    TRUE(result == PTHREAD_CANCELED);
    TRY(cleaned);
    running = 0;
    pthread_create(&thread, NULL, hold, NULL);
    while (!running) usleep(1000);
    CODE(pthread_cancel(thread));
    held = 1;
    CODE(pthread_join(thread, &result));
    TRUE(result == PTHREAD_CANCELED);
    TRY(cleaned);
    return 0;
}
