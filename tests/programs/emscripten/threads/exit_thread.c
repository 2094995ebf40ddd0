// pthread_exit from below other functions: its value, cleanup handlers and key destructors.
// modes: threads threads-proxied
// flags: -sPTHREAD_POOL_SIZE=4
#include <pthread.h>
#include "../show.h"

static pthread_key_t key;
static int order;
static void clean(void *name) { printf("%d: cleanup %s\n", ++order, (const char *)name); }
static void destroy(void *name) { printf("%d: destructor %s\n", ++order, (const char *)name); }

static void deeper(int depth) {
    if (depth == 0) pthread_exit((void *)55L);
    deeper(depth - 1);
}
static void *run(void *unused) {
    pthread_setspecific(key, "key");
    pthread_cleanup_push(clean, "outer");
    pthread_cleanup_push(clean, "inner");
    deeper(5);
    pthread_cleanup_pop(0);
    pthread_cleanup_pop(0);
    printf("never\n");
    return unused;
}

int main(void) {
    pthread_t thread;
    void *result;
    pthread_key_create(&key, destroy);
    pthread_create(&thread, NULL, run, NULL);
    CODE(pthread_join(thread, &result));
    TRY((long)result);
    return 0;
}
