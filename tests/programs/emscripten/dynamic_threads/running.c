// Threads that run already, when modules are loaded: they call functions by their numbers, after they have waited, and when they only compute.
// modes: dynamic-threads
// flags: -sPTHREAD_POOL_SIZE=4
// by-hand: 3.1.6 in JavaScript loads nothing in threads that run
// side: running_one_side.c running_two_side.c running_three_side.c
#include <dlfcn.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdint.h>
#include <unistd.h>
#include "../show.h"

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t changed = PTHREAD_COND_INITIALIZER;
static int (*wanted)(int);
static int result;
static _Atomic(int (*)(int)) spun;
static atomic_int is_spinning, is_sleeping;

// Waits for functions, calls them, until there is to be none any more.
static void *wait_for_functions(void *unused) {
    (void)unused;
    pthread_mutex_lock(&lock);
    for (;;) {
        while (!wanted) pthread_cond_wait(&changed, &lock);
        if (wanted == (int (*)(int))-1) break;
        result = wanted(10);
        wanted = NULL;
        pthread_cond_broadcast(&changed);
    }
    pthread_mutex_unlock(&lock);
    return NULL;
}

// Looks at the time, which is a call of the host, and waits for nobody.
static void *sleep_for_a_function(void *unused) {
    (void)unused;
    is_sleeping = 1;
    int (*function)(int);
    while (!(function = spun)) usleep(100);
    return (void *)(intptr_t)function(20);
}

// Does not call anything for a while.
static void *compute(void *unused) {
    (void)unused;
    is_spinning = 1;
    int (*function)(int);
    for (volatile int i = 0; i < 1000000; i++) {}
    while (!(function = spun)) usleep(0);
    return (void *)(intptr_t)function(30);
}

static int ask(int (*function)(int)) {
    pthread_mutex_lock(&lock);
    wanted = function;
    pthread_cond_broadcast(&changed);
    while (wanted == function && function != (int (*)(int))-1) pthread_cond_wait(&changed, &lock);
    int answer = result;
    pthread_mutex_unlock(&lock);
    return answer;
}

static int (*load(const char *module, const char *name))(int) {
    void *side = dlopen(module, RTLD_NOW);
    if (!side) printf("%s\n", dlerror());
    return side ? (int (*)(int))dlsym(side, name) : NULL;
}

int main(void) {
    pthread_t waiting, sleeping, computing;
    pthread_create(&waiting, NULL, wait_for_functions, NULL);
    pthread_create(&sleeping, NULL, sleep_for_a_function, NULL);
    pthread_create(&computing, NULL, compute, NULL);
    while (!is_spinning || !is_sleeping) usleep(1000);
    TRY(ask(load("running_one_side.wasm", "one_add")));
    TRY(ask(load("running_two_side.wasm", "two_add")));
    TRY(ask(load("running_one_side.wasm", "one_count")));
    spun = load("running_three_side.wasm", "three_add");
    TRY(ask(spun));
    void *value;
    pthread_join(sleeping, &value);
    TRY((intptr_t)value);
    pthread_join(computing, &value);
    TRY((intptr_t)value);
    ask((int (*)(int))-1);
    TRY(pthread_join(waiting, NULL));
    return 0;
}
