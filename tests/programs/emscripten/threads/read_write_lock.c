// Read-write locks: many readers, one writer, and what try gives.
// modes: threads threads-proxied
// flags: -sPTHREAD_POOL_SIZE=4
#include <pthread.h>
#include "../show.h"

static pthread_rwlock_t lock = PTHREAD_RWLOCK_INITIALIZER;
static long one, two, torn;

static void *reader(void *unused) {
    for (int i = 0; i < 3000; i++) {
        pthread_rwlock_rdlock(&lock);
        if (one != two) torn++;
        pthread_rwlock_unlock(&lock);
    }
    return unused;
}
static void *writer(void *unused) {
    for (int i = 0; i < 3000; i++) {
        pthread_rwlock_wrlock(&lock);
        one++;
        two++;
        pthread_rwlock_unlock(&lock);
    }
    return unused;
}
static void *try_both(void *unused) {
    (void)unused;
    int reading = pthread_rwlock_tryrdlock(&lock);
    if (reading == 0) pthread_rwlock_unlock(&lock);
    int writing = pthread_rwlock_trywrlock(&lock);
    if (writing == 0) pthread_rwlock_unlock(&lock);
    printf("read %s, write %s\n", error_name(reading), error_name(writing));
    return NULL;
}
static void other_tries(void) {
    pthread_t thread;
    pthread_create(&thread, NULL, try_both, NULL);
    pthread_join(thread, NULL);
}

int main(void) {
    pthread_t threads[4];
    pthread_create(&threads[0], NULL, writer, NULL);
    pthread_create(&threads[1], NULL, writer, NULL);
    pthread_create(&threads[2], NULL, reader, NULL);
    pthread_create(&threads[3], NULL, reader, NULL);
    for (int i = 0; i < 4; i++) pthread_join(threads[i], NULL);
    printf("%ld %ld %ld\n", one, two, torn);
    other_tries();
    CODE(pthread_rwlock_rdlock(&lock));
    other_tries();
    CODE(pthread_rwlock_unlock(&lock));
    CODE(pthread_rwlock_wrlock(&lock));
    other_tries();
    CODE(pthread_rwlock_unlock(&lock));
    CODE(pthread_rwlock_destroy(&lock));
    return 0;
}
