// Clocks, sleeps, the environment and random numbers from threads.
// modes: threads threads-proxied
// flags: -sPTHREAD_POOL_SIZE=4
#include <emscripten/emscripten.h>
#include <emscripten/threading.h>
#include <pthread.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>
#include "../show.h"

static void *work(void *unused) {
    double start = emscripten_get_now();
    emscripten_thread_sleep(20);
    TRUE(emscripten_get_now() - start >= 19);
    usleep(10000);
    TRUE(emscripten_get_now() - start >= 29);
    time_t now = time(NULL);
    TRUE(now > 1600000000);
    struct tm parts;
    TRUE(gmtime_r(&now, &parts) != NULL && parts.tm_year > 119);
    printf("%s %s\n", getenv("HOME"), getenv("FROM_MAIN"));
    unsigned char bytes[8] = {0}, zeros[8] = {0};
    TRY(getentropy(bytes, 8));
    TRUE(memcmp(bytes, zeros, 8) != 0);
    TRY(sched_yield());
    return unused;
}

int main(void) {
    pthread_t thread;
    setenv("FROM_MAIN", "set", 1);
    pthread_create(&thread, NULL, work, NULL);
    pthread_join(thread, NULL);
    double start = emscripten_get_now();
    usleep(15000);
    TRUE(emscripten_get_now() - start >= 14);
    TRUE(emscripten_num_logical_cores() >= 1);
    TRY(emscripten_has_threading_support());
    return 0;
}
