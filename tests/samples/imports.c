/* Defines the imports of imports.wat by its header, and uses several instances, and one. */
#include <stdio.h>
#include <string.h>

#define WASMC_ONE_INSTANCE
#include "imports.h"

static int nothings;

const char *wasmc_import_env_add(const wasmc_caller *caller, int32_t p0, int64_t p1, float p2, double p3, int64_t *r0) {
    *r0 = p0 + p1 + (int64_t)(p2 * 2) + (int64_t)(p3 * 2) + *(const int *)caller->environment;
    return NULL;
}

const char *wasmc_import_env_swap_x20_x2a_x2f_x20_x22it_x22(const wasmc_caller *caller, int32_t p0, const wasmc_value *p1,
                                                             wasmc_value *r0, int32_t *r1) {
    (void)caller;
    *r0 = *p1;
    *r1 = p0 * 10;
    return NULL;
}

const char *wasmc_import_env_poke(const wasmc_caller *caller, int32_t p0) {
    if (p0 < 0 || caller->memory_bytes != 65536) return "no such value";
    ((unsigned char *)caller->memory)[5] = (unsigned char)p0;
    return NULL;
}

const char *wasmc_import_env_swap_nothing(const wasmc_caller *caller) {
    (void)caller;
    nothings++;
    return NULL;
}

const char *wasmc_import_env_swap_nothing_2(const wasmc_caller *caller) {
    (void)caller;
    nothings += 100;
    return NULL;
}

static void *fail(const char *error) {
    fprintf(stderr, "%s\n", error);
    return NULL;
}

static void *instance(wasmc_store *store, int *base) {
    static const char *const arguments[] = {"program"};
    char *error = NULL;
    wasmc_linker *linker = wasmc_linker_new();
    if (!wasmc_define_imports(linker, base, &error)) return fail(error);
    if (!wasmc_linker_wasi(linker, 1, arguments, &error)) return fail(error);
    void *made = wasmc_instantiate(store, linker, &wasmc_module, &error);
    wasmc_linker_free(linker);
    return made ? made : fail(error);
}

int main(void) {
    int bases[] = {1000, 2000};
    char *error = NULL;
    wasmc_store *store = wasmc_store_new(&error);
    void *first = instance(store, &bases[0]), *second = instance(store, &bases[1]);
    if (!first || !second) return 1;
    printf("add: %lld %lld\n", (long long)wasmc_export_add(first, 1), (long long)wasmc_export_add(second, 1));
    printf("swap: %d\n", (int)wasmc_export_swap(first, 3));
    printf("poke: %d\n", (int)wasmc_export_poke_x2a_x2f(second, 77));

    wasmc_instance = second;
    wasmc_call_nothing();
    wasmc_value results[2];
    wasmc_call_pair(2.5, results);
    printf("one: %lld, nothings %d, %g %d\n", (long long)wasmc_call_add(2), nothings, results[0].f64, (int)results[1].i32);
    printf("reference: %d\n", (int)wasmc_call_reference(0));

    wasmc_value values[1] = {{.i32 = -1}};
    if (wasmc_call(store, first, "poke*/", values, &error)) return 1;
    printf("%.*s\n", (int)strcspn(error, "\n"), error);
    wasmc_text_free(error);
    wasmc_store_free(store);
    return 0;
}
