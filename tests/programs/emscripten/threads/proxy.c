// Calls sent to the main runtime thread: with and without waiting.
// modes: threads-proxied
#include <emscripten/threading.h>
#include <pthread.h>
#include <stdatomic.h>
#include <unistd.h>
#include "../show.h"

static atomic_int events;
static int on_main(int a, int b) { return emscripten_is_main_runtime_thread() ? a * 10 + b : -1; }
static void note(void) { atomic_fetch_add(&events, emscripten_is_main_runtime_thread() ? 1 : 100); }
static void note_value(int value) { atomic_fetch_add(&events, value); }

static void *work(void *unused) {
    printf("thread on main: %d\n", emscripten_is_main_runtime_thread());
    TRY(emscripten_sync_run_in_main_runtime_thread(EM_FUNC_SIG_III, on_main, 4, 2));
    printf("%d\n", (int)emscripten_sync_run_in_main_runtime_thread(EM_FUNC_SIG_V, note));
    emscripten_async_run_in_main_runtime_thread(EM_FUNC_SIG_VI, note_value, 1000);
    while (events < 1001) usleep(1000);
    TRY(events);
    return unused;
}

int main(void) {
    pthread_t thread;
    printf("main on main: %d\n", emscripten_is_main_runtime_thread());
    pthread_create(&thread, NULL, work, NULL);
    pthread_join(thread, NULL);
    return 0;
}
