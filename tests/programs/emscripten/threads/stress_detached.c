// Five hundred threads that nobody joins: detached by attribute, by call, and left by pthread_exit.
// modes: threads threads-proxied
// flags: -sPTHREAD_POOL_SIZE=16
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

static int done;

static int count(void) { return __atomic_load_n(&done, __ATOMIC_SEQ_CST); }

static void *work(void *argument) {
    char *block = malloc(10000);
    block[5] = 1;
    free(block);
    __atomic_add_fetch(&done, 1, __ATOMIC_SEQ_CST);
    if ((int)argument % 2) pthread_exit(NULL);
    return NULL;
}

int main(void) {
    pthread_attr_t detached;
    pthread_attr_init(&detached);
    pthread_attr_setdetachstate(&detached, PTHREAD_CREATE_DETACHED);
    for (int i = 0; i < 500; i++) {
        pthread_t thread;
        int error = pthread_create(&thread, i % 3 ? &detached : NULL, work, (void *)i);
        if (error) {
            printf("thread %d: %d\n", i, error);
            return 1;
        }
        if (i % 3 == 0) pthread_detach(thread);
        if (i % 8 == 7)
            while (count() < i - 4) usleep(100);
    }
    while (count() < 500) usleep(1000);
    printf("%d\n", done);
    return 0;
}
