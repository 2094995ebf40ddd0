// pthread_create and pthread_join: arguments, results, identities, and joining what ended long before.
// modes: threads threads-proxied
// flags: -sPTHREAD_POOL_SIZE=4
#include <pthread.h>
#include <unistd.h>
#include "../show.h"

static pthread_t main_thread;
static void *square(void *argument) {
    int *number = argument;
    *number = *number * *number;
    return (void *)(long)(pthread_equal(pthread_self(), main_thread) ? -1 : *number + 1);
}

int main(void) {
    main_thread = pthread_self();
    pthread_t threads[4];
    int numbers[4] = {1, 2, 3, 4};
    for (int i = 0; i < 4; i++) CODE(pthread_create(&threads[i], NULL, square, &numbers[i]));
    for (int i = 0; i < 4; i++) {
        void *result;
        CODE(pthread_join(threads[i], &result));
        printf("%d: %d, %ld\n", i, numbers[i], (long)result);
    }
    TRUE(!pthread_equal(threads[0], main_thread));
    pthread_t late;
    int number = 9;
    CODE(pthread_create(&late, NULL, square, &number));
    usleep(50000);
    CODE(pthread_join(late, NULL));
    TRY(number);
    return 0;
}
