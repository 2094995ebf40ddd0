/* Calls the exports of linked.wat, by their symbols and by name. */
#include <stdio.h>
#include <string.h>

#include "wasmc.h"

extern const wasmc_artifact wasmc_module;
int32_t wasmc_export_add(void *instance, int32_t left, int32_t right);
int64_t wasmc_export_factorial(void *instance, int64_t number);
int32_t wasmc_export_malloc(void *instance, int32_t bytes);

int main(void) {
    char *error = NULL;
    wasmc_linker *linker = wasmc_linker_new();
    wasmc_store *store = wasmc_store_new(&error);
    void *instance = wasmc_instantiate(store, linker, &wasmc_module, &error);
    if (!instance) return fprintf(stderr, "%s\n", error), 1;

    printf("add: %d\n", (int)wasmc_export_add(instance, 40, 2));
    printf("factorial: %lld\n", (long long)wasmc_export_factorial(instance, 10));
    printf("malloc: %d\n", (int)wasmc_export_malloc(instance, 7));

    wasmc_value values[2] = {{.i32 = 1}, {.i32 = 0}};
    if (wasmc_call(store, instance, "divide", values, &error)) return 1;
    printf("%.*s\n", (int)strcspn(error, "\n"), error);
    wasmc_text_free(error);

    wasmc_store_free(store);
    wasmc_linker_free(linker);
    return 0;
}
