// Thread-local variables: each thread starts with the initial values and has its own.
// modes: threads threads-proxied
// flags: -sPTHREAD_POOL_SIZE=4
#include <pthread.h>
#include "../show.h"

static _Thread_local int counter = 100;
static _Thread_local char text[32] = "initial";
static _Thread_local double zeroed[10];
_Thread_local long long visible = 1LL << 40;

static void *work(void *argument) {
    long me = (long)argument;
    if (counter != 100 || strcmp(text, "initial") || zeroed[9] != 0 || visible != 1LL << 40) return (void *)-1L;
    for (int i = 0; i < 1000; i++) counter += (int)me;
    snprintf(text, sizeof text, "thread %ld", me);
    zeroed[9] = me;
    visible += me;
    errno = (int)me;
    return (void *)(long)(counter + (visible & 0xff) + (long)zeroed[9] + errno);
}

int main(void) {
    pthread_t threads[4];
    void *result;
    counter = 7;
    errno = EINVAL;
    for (long i = 1; i <= 4; i++) pthread_create(&threads[i - 1], NULL, work, (void *)i);
    for (int i = 0; i < 4; i++) {
        pthread_join(threads[i], &result);
        printf("%ld\n", (long)result);
    }
    printf("%d %s %g %lld\n", counter, text, zeroed[9], visible);
    TRUE(errno == EINVAL);
    return 0;
}
