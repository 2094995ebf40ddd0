// A shared memory grows in one thread, and all use what came.
// modes: threads threads-proxied
// flags: -sPTHREAD_POOL_SIZE=4 -sALLOW_MEMORY_GROWTH -sMAXIMUM_MEMORY=256MB -Wno-pthreads-mem-growth
#include <emscripten/heap.h>
#include <pthread.h>
#include <stdlib.h>
#include "../show.h"

static char *large;
static void *grow(void *unused) {
    large = malloc(90 << 20);
    if (!large) return (void *)-1L;
    for (size_t i = 0; i < (90u << 20); i += 65536) large[i] = (char)(i >> 16);
    return unused;
}
static void *look(void *argument) {
    long wrong = 0;
    for (size_t i = 0; i < (90u << 20); i += 65536) wrong += large[i] != (char)(i >> 16);
    return (void *)(wrong + (long)argument);
}

int main(void) {
    pthread_t threads[3];
    void *result;
    size_t before = emscripten_get_heap_size();
    pthread_create(&threads[0], NULL, grow, NULL);
    pthread_join(threads[0], &result);
    TRY((long)result);
    TRUE(emscripten_get_heap_size() > before);
    for (int i = 0; i < 3; i++) pthread_create(&threads[i], NULL, look, NULL);
    for (int i = 0; i < 3; i++) {
        pthread_join(threads[i], &result);
        TRY((long)result);
    }
    TRY((long)look(NULL));
    return 0;
}
