// Spin locks, and a mutex left locked by a thread that ended.
// modes: threads threads-proxied
// flags: -sPTHREAD_POOL_SIZE=4
#include <cerrno>
#include <cstdio>
#include <pthread.h>

static pthread_spinlock_t spin;
static long counter;
static void *count(void *unused) {
    for (int i = 0; i < 10000; i++) {
        pthread_spin_lock(&spin);
        counter++;
        pthread_spin_unlock(&spin);
    }
    return unused;
}
static void *leave_locked(void *lock) {
    pthread_mutex_lock(static_cast<pthread_mutex_t *>(lock));
    return nullptr;
}

int main() {
    pthread_t threads[4];
    pthread_spin_init(&spin, PTHREAD_PROCESS_PRIVATE);
    for (auto &thread : threads) pthread_create(&thread, nullptr, count, nullptr);
    for (auto &thread : threads) pthread_join(thread, nullptr);
    std::printf("%ld\n", counter);
    pthread_spin_lock(&spin);
    std::printf("%d\n", pthread_spin_trylock(&spin) == EBUSY);
    pthread_spin_unlock(&spin);
    pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
    pthread_create(&threads[0], nullptr, leave_locked, &lock);
    pthread_join(threads[0], nullptr);
    std::printf("%d\n", pthread_mutex_trylock(&lock) == EBUSY);
    return 0;
}
