// Atomic operations of each width and kind, with four threads at once.
// modes: threads threads-proxied
// flags: -sPTHREAD_POOL_SIZE=4
#include <pthread.h>
#include <stdatomic.h>
#include <stdint.h>
#include "../show.h"

static _Atomic uint8_t byte;
static _Atomic uint16_t half;
static _Atomic uint32_t word, bits, most, spun;
static _Atomic uint64_t wide;
static atomic_flag flag = ATOMIC_FLAG_INIT;
static long plain;

static void *work(void *argument) {
    uint32_t me = (uint32_t)(long)argument;
    for (int i = 0; i < 10000; i++) {
        atomic_fetch_add(&byte, 1);
        atomic_fetch_add(&half, 3);
        atomic_fetch_add(&word, 5);
        atomic_fetch_add(&wide, 1ULL << 33);
        atomic_fetch_xor(&bits, 1u << me);
        uint32_t old = atomic_load(&spun);
        while (!atomic_compare_exchange_weak(&spun, &old, old + 2)) {}
        uint32_t seen = atomic_load(&most);
        while (seen < me * 10000 + i && !atomic_compare_exchange_strong(&most, &seen, me * 10000 + i)) {}
        while (atomic_flag_test_and_set(&flag)) {}
        plain++;
        atomic_flag_clear(&flag);
    }
    atomic_fetch_or(&bits, 0x100u << me);
    return NULL;
}

int main(void) {
    pthread_t threads[4];
    for (long i = 0; i < 4; i++) pthread_create(&threads[i], NULL, work, (void *)i);
    for (int i = 0; i < 4; i++) pthread_join(threads[i], NULL);
    printf("%u %u %u %llu\n", byte, half, word, (unsigned long long)wide);
    printf("%x %u %u %ld\n", bits, most, spun, plain);
    TRY(atomic_exchange(&word, 7));
    TRY(atomic_fetch_sub(&word, 3));
    TRY(atomic_load(&word));
    TRY(atomic_fetch_and(&bits, 0x300));
    TRY(atomic_load(&bits));
    return 0;
}
