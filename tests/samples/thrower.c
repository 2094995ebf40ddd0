/* Throws and catches exceptions of thrower.wat. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "wasmc.h"

extern const wasmc_artifact wasmc_module;

static wasmc_store *store;
static wasmc_tag *host_tag;
static void *instance;
static int left_in_order;

static void fail(const char *what, const char *error) {
    fprintf(stderr, "%s: %s\n", what, error);
    exit(1);
}

/* Throws numbers below 0; -3 calls in between, which ends well and badly, and -4 has nothing to throw. */
static const char *check(void *environment, void *memory, size_t memory_bytes, wasmc_value *values) {
    (void)environment, (void)memory, (void)memory_bytes;
    if (values[0].i32 >= 0) return NULL;
    if (values[0].i32 == -4) return wasmc_raise(NULL);
    wasmc_value thrown = {.i32 = values[0].i32 * 2};
    const char *raised = wasmc_raise(wasmc_exception_new(store, host_tag, &thrown, NULL));
    if (values[0].i32 == -3) {
        wasmc_value more[2] = {{.i32 = 1}};
        if (!wasmc_call(store, instance, "caught", more, NULL)) return "it should have returned";
        if (wasmc_call(store, instance, "trap", NULL, NULL)) return "it should have trapped";
    }
    return raised;
}

/* Calls back, tidies up, and passes on whatever that ended with. */
static const char *back(void *environment, void *memory, size_t memory_bytes, wasmc_value *values) {
    (void)environment, (void)memory, (void)memory_bytes;
    const char *name = values[0].i32 ? "throw" : "trap";
    if (wasmc_call(store, instance, name, values, NULL)) return "it should have failed";
    left_in_order++;
    return wasmc_raise(wasmc_take_failure(store));
}

int main(void) {
    char *error = NULL;
    wasmc_linker *linker = wasmc_linker_new();
    store = wasmc_store_new(&error);
    const wasmc_type number[] = {WASMC_I32};
    host_tag = wasmc_tag_new(store, number, 1);
    if (!wasmc_linker_tag(linker, "host", "tag", host_tag, &error)) fail("tag", error);
    if (!wasmc_linker_function(linker, "host", "check", number, 1, NULL, 0, check, NULL, &error)) fail("check", error);
    if (!wasmc_linker_function(linker, "host", "back", number, 1, NULL, 0, back, NULL, &error)) fail("back", error);
    instance = wasmc_instantiate(store, linker, &wasmc_module, &error);
    if (!instance) fail("instantiate", error);
    wasmc_tag *own = wasmc_tag_of(store, instance, "own");

    wasmc_value values[2] = {{.i32 = 21}};
    if (wasmc_call(store, instance, "throw", values, &error)) return 1;
    printf("%.*s\n", (int)strcspn(error, "\n"), error);
    wasmc_text_free(error);
    wasmc_failure *failure = wasmc_take_failure(store);
    if (wasmc_failure_catch(store, failure, host_tag, NULL)) return 1;
    if (!wasmc_failure_catch(store, failure, own, values)) return 1;
    printf("carries %d and %g\n", (int)values[0].i32, values[1].f64);
    wasmc_failure_free(failure);

    const int given[] = {-1, 1, -3};
    for (int which = 0; which < 3; which++) {
        values[0].i32 = given[which];
        if (!wasmc_call(store, instance, "caught", values, &error)) fail("caught", error);
        printf("caught %d\n", (int)values[0].i32);
        if (wasmc_take_failure(store) != NULL) return 1;
    }
    values[0].i32 = -4;
    if (wasmc_call(store, instance, "caught", values, &error)) return 1;
    printf("%.*s\n", (int)strcspn(error, "\n"), error);
    wasmc_text_free(error);
    if (wasmc_linker_tag(linker, "host", "other", NULL, NULL)) return 1;

    values[0].i32 = 5;
    if (!wasmc_call(store, instance, "through", values, &error)) fail("through", error);
    printf("through %d and %g, in order %d\n", (int)values[0].i32, values[1].f64, left_in_order);

    values[0].i32 = 0;
    if (wasmc_call(store, instance, "through", values, &error)) return 1;
    printf("%.*s\n", (int)strcspn(error, "\n"), error);
    wasmc_text_free(error);
    if (wasmc_take_failure(store) == NULL || wasmc_take_failure(store) != NULL) return 1;

    wasmc_tag_free(own);
    wasmc_tag_free(host_tag);
    wasmc_store_free(store);
    wasmc_linker_free(linker);
    return 0;
}
