// emscripten_dispatch_to_thread: work put in another thread's queue, which that thread runs when it looks.
// modes: threads threads-proxied
// flags: -sPTHREAD_POOL_SIZE=4
#include <emscripten/threading.h>
#include <pthread.h>
#include <stdatomic.h>
#include <unistd.h>
#include "../show.h"

static atomic_int ready, got, stop;
static pthread_t server;
static void serve(int value) { atomic_fetch_add(&got, pthread_equal(pthread_self(), server) ? value : 1000); }

static void *loop(void *unused) {
    server = pthread_self();
    ready = 1;
    while (!stop) {
        emscripten_current_thread_process_queued_calls();
        usleep(500);
    }
    emscripten_current_thread_process_queued_calls();
    return unused;
}

int main(void) {
    pthread_t thread;
    pthread_create(&thread, NULL, loop, NULL);
    while (!ready) usleep(1000);
    for (int i = 1; i <= 10; i++) emscripten_dispatch_to_thread(thread, EM_FUNC_SIG_VI, serve, NULL, i);
    while (got < 55) usleep(1000);
    TRY(got);
    stop = 1;
    pthread_join(thread, NULL);
    return 0;
}
