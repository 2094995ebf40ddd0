// A thousand threads, one after the other, each with a large variable of its own and a destructor.
// modes: threads threads-proxied
// flags: -sPTHREAD_POOL_SIZE=2
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static __thread char own[1000];
static pthread_key_t key;
static int destroyed;

static void destroy(void *value) {
    free(value);
    __atomic_add_fetch(&destroyed, 1, __ATOMIC_SEQ_CST);
}

static void *work(void *argument) {
    for (int i = 0; i < sizeof own; i++)
        if (own[i]) return (void *)-1000000;
    memset(own, (int)argument | 1, sizeof own);
    char *value = malloc(3000);
    memset(value, 1, 3000);
    pthread_setspecific(key, value);
    return argument;
}

int main(void) {
    long sum = 0;
    pthread_key_create(&key, destroy);
    for (int i = 0; i < 1000; i++) {
        pthread_t thread;
        void *result;
        int error = pthread_create(&thread, NULL, work, (void *)i);
        if (error) {
            printf("thread %d: %d\n", i, error);
            return 1;
        }
        pthread_join(thread, &result);
        sum += (long)result;
    }
    printf("sum %ld, %d destroyed\n", sum, destroyed);
    return 0;
}
