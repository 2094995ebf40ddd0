// A module that the program is linked with: its constructor runs once, and its thread-local and other data are there in each thread.
// modes: dynamic-threads
// flags: -sPTHREAD_POOL_SIZE=4
// link: linked_side.c
#include <pthread.h>
#include <stdint.h>
#include "../show.h"

int linked_next(void);
extern int linked_shared;
extern _Thread_local int linked_own;

static void *run(void *argument) {
    linked_own += (int)(intptr_t)argument;
    linked_shared++;
    printf("%d %d %d\n", linked_next(), linked_own, linked_shared);
    return NULL;
}

int main(void) {
    run((void *)1);
    for (intptr_t i = 2; i < 5; i++) {
        pthread_t thread;
        if (pthread_create(&thread, NULL, run, (void *)(i * 10))) return 1;
        TRY(pthread_join(thread, NULL));
    }
    run((void *)1);
    return 0;
}
