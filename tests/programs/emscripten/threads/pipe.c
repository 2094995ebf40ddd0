// A pipe and a poll loop between threads.
// modes: threads threads-proxied
// flags: -sPTHREAD_POOL_SIZE=2
#include <poll.h>
#include <pthread.h>
#include <unistd.h>
#include "../show.h"

static int ends[2];
static void *send_numbers(void *unused) {
    for (int i = 0; i < 100; i++) {
        if (write(ends[1], &i, sizeof i) != sizeof i) return (void *)-1L;
        if (i % 10 == 0) usleep(500);
    }
    return unused;
}

int main(void) {
    pthread_t thread;
    long sum = 0;
    int received = 0;
    TRY(pipe(ends));
    pthread_create(&thread, NULL, send_numbers, NULL);
    while (received < 100) {
        struct pollfd entry = {ends[0], POLLIN, 0};
        if (poll(&entry, 1, 100) != 1) {
            usleep(200);
            continue;
        }
        int value;
        if (read(ends[0], &value, sizeof value) == sizeof value) sum += value, received++;
    }
    void *result;
    pthread_join(thread, &result);
    printf("%d numbers, sum %ld, %ld\n", received, sum, (long)result);
    return 0;
}
