// emscripten_futex_wait and emscripten_futex_wake themselves.
// modes: threads threads-proxied
// flags: -sPTHREAD_POOL_SIZE=4
#include <emscripten/threading.h>
#include <math.h>
#include <pthread.h>
#include <stdatomic.h>
#include <unistd.h>
#include "../show.h"

static volatile uint32_t word;
static atomic_int waiting, woken;

static void *wait_here(void *unused) {
    (void)unused;
    atomic_fetch_add(&waiting, 1);
    int result;
    do {
        result = emscripten_futex_wait(&word, 0, INFINITY);
    } while (result == 0 && word == 0);
    atomic_fetch_add(&woken, 1);
    return (void *)(long)(result == 0 || result == -EWOULDBLOCK);
}

int main(void) {
    pthread_t threads[3];
    printf("%s\n", error_name(-emscripten_futex_wait(&word, 5, 10)));
    printf("%s\n", error_name(-emscripten_futex_wait(&word, 0, 20)));
    TRY(emscripten_futex_wake(&word, 1));
    for (int i = 0; i < 3; i++) pthread_create(&threads[i], NULL, wait_here, NULL);
    while (waiting < 3) usleep(1000);
    usleep(20000);
    TRY(woken);
    emscripten_atomic_store_u32((void *)&word, 1);
    TRUE(emscripten_futex_wake(&word, INT32_MAX) <= 3);
    for (int i = 0; i < 3; i++) {
        void *result;
        pthread_join(threads[i], &result);
        TRY((long)result);
    }
    TRY(woken);
    return 0;
}
