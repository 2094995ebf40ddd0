// pthread_once, and keys with a value for each thread and destructors at its end.
// modes: threads threads-proxied
// flags: -sPTHREAD_POOL_SIZE=4
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include "../show.h"

static pthread_once_t once = PTHREAD_ONCE_INIT;
static pthread_key_t key, plain;
static atomic_int made, destroyed, sum;

static void destroy(void *value) {
    atomic_fetch_add(&destroyed, 1);
    atomic_fetch_add(&sum, *(int *)value);
    free(value);
}
static void make(void) {
    atomic_fetch_add(&made, 1);
    pthread_key_create(&key, destroy);
}
static void *work(void *argument) {
    pthread_once(&once, make);
    int *value = malloc(sizeof *value);
    *value = (int)(long)argument;
    if (pthread_getspecific(key)) return (void *)-1L;
    pthread_setspecific(key, value);
    pthread_setspecific(plain, argument);
    return (void *)(long)(*(int *)pthread_getspecific(key) == (int)(long)pthread_getspecific(plain));
}

int main(void) {
    pthread_t threads[4];
    CODE(pthread_key_create(&plain, NULL));
    for (long i = 0; i < 4; i++) pthread_create(&threads[i], NULL, work, (void *)(i + 10));
    int right = 0;
    for (int i = 0; i < 4; i++) {
        void *result;
        pthread_join(threads[i], &result);
        right += (int)(long)result;
    }
    printf("%d right, made %d times, %d destroyed, sum %d\n", right, made, destroyed, sum);
    TRUE(pthread_getspecific(plain) == NULL);
    CODE(pthread_key_delete(plain));
    return 0;
}
