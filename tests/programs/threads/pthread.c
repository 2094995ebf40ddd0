// POSIX threads on wasi-threads, as far as threads.c uses them: what wasi-sdk's C library has and zig's has not.
//
// Everything waits with the instructions for that; nobody spins. The C library's own functions are not made for threads:
// only the first thread may allocate.

#include <errno.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdlib.h>

#define STACK_BYTES (256 << 10)
#define KEYS 16

struct thread {
    char *stack_top;
    char *local;
    void *(*start)(void *);
    void *argument;
    void *result;
    _Atomic int done;
    char *memory;
};

__attribute__((import_module("wasi"), import_name("thread-spawn"))) int thread_spawn(struct thread *thread);

static _Thread_local struct thread *current;
static _Thread_local void *values[KEYS];
static void (*destructors[KEYS])(void *);
static _Atomic int keys;

static void wait_while(_Atomic int *place, int value) {
    __builtin_wasm_memory_atomic_wait32((int *)place, value, -1);
}

static void wake(_Atomic int *place, unsigned count) {
    __builtin_wasm_memory_atomic_notify((int *)place, count);
}

void thread_main(int number, struct thread *thread) {
    (void)number;
    current = thread;
    thread->result = thread->start(thread->argument);
    for (int key = 0; key < keys; key++) {
        if (values[key] && destructors[key]) destructors[key](values[key]);
    }
    thread->done = 1;
    wake(&thread->done, 1);
}

int pthread_create(pthread_t *handle, const pthread_attr_t *attributes, void *(*start)(void *), void *argument) {
    (void)attributes;
    size_t alignment = __builtin_wasm_tls_align() > 16 ? __builtin_wasm_tls_align() : 16;
    size_t local_bytes = (__builtin_wasm_tls_size() + alignment - 1) / alignment * alignment;
    struct thread *thread = calloc(1, sizeof *thread);
    char *memory = thread ? malloc(alignment + local_bytes + STACK_BYTES) : NULL;
    if (!memory) return EAGAIN;
    thread->memory = memory;
    thread->local = (char *)(((uintptr_t)memory + alignment - 1) / alignment * alignment);
    thread->stack_top = thread->local + (local_bytes + STACK_BYTES) / 16 * 16;
    thread->start = start;
    thread->argument = argument;
    *handle = (pthread_t)thread;
    if (thread_spawn(thread) > 0) return 0;
    free(memory);
    free(thread);
    return EAGAIN;
}

int pthread_join(pthread_t handle, void **result) {
    struct thread *thread = (struct thread *)handle;
    while (!thread->done) wait_while(&thread->done, 0);
    if (result) *result = thread->result;
    free(thread->memory);
    free(thread);
    return 0;
}

pthread_t pthread_self(void) {
    return (pthread_t)current;
}

// A mutex is 0, or 1 where it is held, or 2 where somebody may wait for it besides.
static _Atomic int *state_of(void *object) {
    return (_Atomic int *)object;
}

int pthread_mutex_init(pthread_mutex_t *mutex, const pthread_mutexattr_t *attributes) {
    (void)attributes;
    *state_of(mutex) = 0;
    return 0;
}

int pthread_mutex_trylock(pthread_mutex_t *mutex) {
    int free_state = 0;
    return atomic_compare_exchange_strong(state_of(mutex), &free_state, 1) ? 0 : EBUSY;
}

int pthread_mutex_lock(pthread_mutex_t *mutex) {
    if (pthread_mutex_trylock(mutex) == 0) return 0;
    while (atomic_exchange(state_of(mutex), 2) != 0) wait_while(state_of(mutex), 2);
    return 0;
}

int pthread_mutex_unlock(pthread_mutex_t *mutex) {
    if (atomic_exchange(state_of(mutex), 0) == 2) wake(state_of(mutex), 1);
    return 0;
}

// A condition counts how often it was signalled.
int pthread_cond_init(pthread_cond_t *condition, const pthread_condattr_t *attributes) {
    (void)attributes;
    *state_of(condition) = 0;
    return 0;
}

int pthread_cond_wait(pthread_cond_t *condition, pthread_mutex_t *mutex) {
    int before = *state_of(condition);
    pthread_mutex_unlock(mutex);
    wait_while(state_of(condition), before);
    return pthread_mutex_lock(mutex);
}

int pthread_cond_signal(pthread_cond_t *condition) {
    atomic_fetch_add(state_of(condition), 1);
    wake(state_of(condition), 1);
    return 0;
}

int pthread_cond_broadcast(pthread_cond_t *condition) {
    atomic_fetch_add(state_of(condition), 1);
    wake(state_of(condition), UINT32_MAX);
    return 0;
}

int pthread_once(pthread_once_t *once, void (*function)(void)) {
    int state = 0;
    if (atomic_compare_exchange_strong(state_of(once), &state, 1)) {
        function();
        *state_of(once) = 2;
        wake(state_of(once), UINT32_MAX);
    }
    while (*state_of(once) != 2) wait_while(state_of(once), 1);
    return 0;
}

int pthread_key_create(pthread_key_t *key, void (*destructor)(void *)) {
    int created = keys++;
    if (created >= KEYS) return EAGAIN;
    destructors[created] = destructor;
    *key = created;
    return 0;
}

int pthread_setspecific(pthread_key_t key, const void *value) {
    values[key] = (void *)value;
    return 0;
}

void *pthread_getspecific(pthread_key_t key) {
    return values[key];
}
