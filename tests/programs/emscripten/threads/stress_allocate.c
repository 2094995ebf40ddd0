// Sixteen threads that allocate and free, each looking after its own blocks.
// modes: threads threads-proxied
// flags: -sPTHREAD_POOL_SIZE=16
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { THREADS = 16, BLOCKS = 64 };

static void *work(void *argument) {
    unsigned seed = (int)argument + 1;
    char *blocks[BLOCKS] = {0};
    int lengths[BLOCKS] = {0};
    long wrong = 0;
    for (int i = 0; i < 3000; i++) {
        seed = seed * 1103515245 + 12345;
        int k = seed >> 16 & (BLOCKS - 1);
        char filling = (char)(k + (int)argument);
        if (blocks[k])
            for (int j = 0; j < lengths[k]; j += 97) wrong += blocks[k][j] != filling;
        free(blocks[k]);
        lengths[k] = seed >> 8 & 4095;
        blocks[k] = malloc(lengths[k] + 1);
        memset(blocks[k], filling, lengths[k]);
    }
    for (int k = 0; k < BLOCKS; k++) free(blocks[k]);
    return (void *)wrong;
}

int main(void) {
    pthread_t threads[THREADS];
    long wrong = 0;
    for (int i = 0; i < THREADS; i++) wrong += pthread_create(&threads[i], NULL, work, (void *)i) != 0;
    for (int i = 0; i < THREADS; i++) {
        void *result;
        wrong += pthread_join(threads[i], &result) != 0;
        wrong += (long)result;
    }
    printf("%ld wrong\n", wrong);
    return 0;
}
