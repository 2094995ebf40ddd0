#include <pthread.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

int side_count;
static int constructed;

__attribute__((constructor)) static void construct(void) { printf("constructed: %d\n", ++constructed); }

static void destroy(void *value) {
    side_count += 100;
    free(value);
}

void *side_start(void *argument) {
    int (*function)(int) = (int (*)(int))(intptr_t)argument;
    pthread_key_t key;
    pthread_key_create(&key, destroy);
    pthread_setspecific(key, malloc(16));
    side_count++;
    return (void *)(intptr_t)(function(20) + constructed);
}

void *(*side_start_function(void))(void *) { return side_start; }

void *side_other_start(void *argument) {
    side_count++;
    return (void *)((intptr_t)side_start(argument) + 1000);
}
