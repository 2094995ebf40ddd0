/* Bounds a store, stops its code from another thread, and leaves nested calls that trapped by longjmp. */
#include <pthread.h>
#include <setjmp.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "wasmc.h"

extern const wasmc_artifact wasmc_module;
void wasmc_export_trap(void *instance);
void wasmc_export_nested(void *instance, int32_t depth);
uint64_t wasmc_export_make(void *instance, int64_t number);
int64_t wasmc_export_look(void *instance, uint64_t exception);

static void *instance;
static wasmc_store *other_store;
static void *other;
static jmp_buf outside;
static atomic_bool done;

static const char *again(void *environment, void *memory, size_t memory_bytes, wasmc_value *values) {
    (void)environment, (void)memory, (void)memory_bytes;
    if (values[0].i32 < 0) {
        if (setjmp(outside) == 0) wasmc_export_trap(other);
        return NULL;
    }
    if (values[0].i32 > 0) wasmc_export_nested(instance, values[0].i32 - 1);
    wasmc_export_trap(instance);
    return NULL;
}

static void leave(void *environment, const char *report) {
    (void)environment, (void)report;
    longjmp(outside, 1);
}

static void *interrupt(void *handle) {
    while (!done) {
        wasmc_interrupt_now(handle);
        nanosleep(&(struct timespec){.tv_nsec = 2000000}, NULL);
    }
    return NULL;
}

static void expect_trap(wasmc_store *store, const char *name) {
    char *error = NULL;
    wasmc_value values[1] = {{0}};
    if (wasmc_call(store, instance, name, values, &error)) printf("%s returned\n", name);
    else printf("%.*s\n", (int)strcspn(error, "\n"), error);
    wasmc_text_free(error);
}

int main(void) {
    char *error = NULL;
    wasmc_linker *linker = wasmc_linker_new();
    const wasmc_type number[] = {WASMC_I32};
    if (!wasmc_linker_function(linker, "host", "again", number, 1, NULL, 0, again, NULL, &error)) return 1;
    const wasmc_limits limits = {.memory_bytes = 3 * 65536, .stack_bytes = 65536};
    wasmc_store *store = wasmc_store_new_limited(&limits, &error);
    instance = wasmc_instantiate(store, linker, &wasmc_module, &error);
    if (!instance) return fprintf(stderr, "%s\n", error), 1;

    wasmc_value values[1];
    if (!wasmc_call(store, instance, "grow", values, &error)) return 1;
    printf("grown: %d\n", (int)values[0].i32);
    expect_trap(store, "deep");

    wasmc_interrupt *handle = wasmc_interrupt_new(store);
    pthread_t thread;
    if (pthread_create(&thread, NULL, interrupt, handle)) return 1;
    expect_trap(store, "spin");
    done = true;
    pthread_join(thread, NULL);
    wasmc_interrupt_free(handle);

    wasmc_store_free(store);
    store = wasmc_store_new(&error);
    instance = wasmc_instantiate(store, linker, &wasmc_module, &error);
    wasmc_store_on_trap(store, leave, NULL);
    volatile int left = 0;
    for (volatile int depth = 0; depth < 3; depth++) {
        if (setjmp(outside) == 0) wasmc_export_nested(instance, depth);
        else left++;
    }
    printf("left %d times\n", left);
    expect_trap(store, "trap");
    uint64_t exception = wasmc_export_make(instance, 42);
    printf("carries %d\n", (int)wasmc_export_look(instance, exception));
    if (setjmp(outside) == 0) wasmc_export_look(instance, exception + 16);
    else printf("is none\n");

    other_store = wasmc_store_new(&error);
    other = wasmc_instantiate(other_store, linker, &wasmc_module, &error);
    wasmc_store_on_trap(other_store, leave, NULL);
    expect_trap(store, "beyond");

    wasmc_store_free(other_store);
    wasmc_store_free(store);
    wasmc_linker_free(linker);
    return 0;
}
