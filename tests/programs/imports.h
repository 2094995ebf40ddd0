/* How a C program uses this module: written by `wasmc compile --emit header`. */
#ifndef WASMC_MODULE_H
#define WASMC_MODULE_H

#include "wasmc.h"

#ifdef __cplusplus
extern "C" {
#endif

/* The module, for wasmc_instantiate. */
extern const wasmc_artifact wasmc_module;

/* Vectors, where C passes them as the module does: not on x86-64 Windows. */
#if defined(__x86_64__) && !defined(_WIN32)
#include <emmintrin.h>
typedef __m128i wasmc_v128;
#define wasmc_HAS_V128
#elif defined(__aarch64__)
#include <arm_neon.h>
typedef int8x16_t wasmc_v128;
#define wasmc_HAS_V128
#endif

/* Exported functions, of an instance that wasmc_instantiate gave. */
/* "add" */
int64_t wasmc_export_add(void *instance, int32_t p0);

/* "swap" */
int32_t wasmc_export_swap(void *instance, int32_t p0);

/* "poke*\057" */
int32_t wasmc_export_poke_x2a_x2f(void *instance, int32_t p0);

/* "nothing" */
void wasmc_export_nothing(void *instance);

/* "pair" */
void wasmc_export_pair(void *instance, double p0, wasmc_value *results);

#ifdef wasmc_HAS_V128
/* "double" */
wasmc_v128 wasmc_export_double(void *instance, wasmc_v128 p0);
#endif

/* "reference" */
uint64_t wasmc_export_reference(void *instance, uint64_t p0);


/* What called an imported function. */
#ifndef WASMC_CALLER
#define WASMC_CALLER
typedef struct wasmc_caller {
    /* As it was given to wasmc_define_imports. */
    void *environment;
    /* The calling instance's memory, null if it has none. */
    void *memory;
    size_t memory_bytes;
} wasmc_caller;
#endif

/* Imported functions, which the program defines. They return null, or why the module must trap
 * (wasmc.h, wasmc_host_function); results are stored. */
/* "env" "add" */
const char *wasmc_import_env_add(const wasmc_caller *caller, int32_t p0, int64_t p1, float p2, double p3, int64_t *r0);
/* "env" "swap *\057 \042it\042" */
const char *wasmc_import_env_swap_x20_x2a_x2f_x20_x22it_x22(const wasmc_caller *caller, int32_t p0, const wasmc_value *p1, wasmc_value *r0, int32_t *r1);
/* "env" "poke" */
const char *wasmc_import_env_poke(const wasmc_caller *caller, int32_t p0);
/* "env_swap" "nothing" */
const char *wasmc_import_env_swap_nothing(const wasmc_caller *caller);
/* "env" "swap_nothing" */
const char *wasmc_import_env_swap_nothing_2(const wasmc_caller *caller);
/* "wasi_snapshot_preview1" "proc_exit" is of WASI: wasmc_linker_wasi defines it. */

static const char *wasmc_adapt_env_add(void *environment, void *memory, size_t memory_bytes,
    wasmc_value *values) {
    wasmc_caller caller = {environment, memory, memory_bytes};
    (void)values;
    return wasmc_import_env_add(&caller, values[0].i32, values[1].i64, values[2].f32, values[3].f64, &values[0].i64);
}

static const char *wasmc_adapt_env_swap_x20_x2a_x2f_x20_x22it_x22(void *environment, void *memory, size_t memory_bytes,
    wasmc_value *values) {
    wasmc_caller caller = {environment, memory, memory_bytes};
    (void)values;
    wasmc_value p1 = values[1];
    return wasmc_import_env_swap_x20_x2a_x2f_x20_x22it_x22(&caller, values[0].i32, &p1, &values[0], &values[1].i32);
}

static const char *wasmc_adapt_env_poke(void *environment, void *memory, size_t memory_bytes,
    wasmc_value *values) {
    wasmc_caller caller = {environment, memory, memory_bytes};
    (void)values;
    return wasmc_import_env_poke(&caller, values[0].i32);
}

static const char *wasmc_adapt_env_swap_nothing(void *environment, void *memory, size_t memory_bytes,
    wasmc_value *values) {
    wasmc_caller caller = {environment, memory, memory_bytes};
    (void)values;
    return wasmc_import_env_swap_nothing(&caller);
}

static const char *wasmc_adapt_env_swap_nothing_2(void *environment, void *memory, size_t memory_bytes,
    wasmc_value *values) {
    wasmc_caller caller = {environment, memory, memory_bytes};
    (void)values;
    return wasmc_import_env_swap_nothing_2(&caller);
}

/* Defines the imported functions in a linker. */
static inline bool wasmc_define_imports(wasmc_linker *linker, void *environment, char **error) {
    (void)linker, (void)environment, (void)error;
    {
        static const wasmc_type parameters[] = {WASMC_I32, WASMC_I64, WASMC_F32, WASMC_F64};
        static const wasmc_type results[] = {WASMC_I64};
        if (!wasmc_linker_function(linker, "env", "add", parameters, 4, results, 1, wasmc_adapt_env_add,
                environment, error)) {
            return false;
        }
    }
    {
        static const wasmc_type parameters[] = {WASMC_I32, WASMC_V128};
        static const wasmc_type results[] = {WASMC_V128, WASMC_I32};
        if (!wasmc_linker_function(linker, "env", "swap */ \042it\042", parameters, 2, results, 2, wasmc_adapt_env_swap_x20_x2a_x2f_x20_x22it_x22,
                environment, error)) {
            return false;
        }
    }
    {
        static const wasmc_type parameters[] = {WASMC_I32};
        static const wasmc_type results[] = {WASMC_I32};
        if (!wasmc_linker_function(linker, "env", "poke", parameters, 1, results, 0, wasmc_adapt_env_poke,
                environment, error)) {
            return false;
        }
    }
    {
        static const wasmc_type parameters[] = {WASMC_I32};
        static const wasmc_type results[] = {WASMC_I32};
        if (!wasmc_linker_function(linker, "env_swap", "nothing", parameters, 0, results, 0, wasmc_adapt_env_swap_nothing,
                environment, error)) {
            return false;
        }
    }
    {
        static const wasmc_type parameters[] = {WASMC_I32};
        static const wasmc_type results[] = {WASMC_I32};
        if (!wasmc_linker_function(linker, "env", "swap_nothing", parameters, 0, results, 0, wasmc_adapt_env_swap_nothing_2,
                environment, error)) {
            return false;
        }
    }
    return true;
}

/* For a program with one instance: WASMC_ONE_INSTANCE, defined in one source file before this is
 * included, gives functions that call that in wasmc_instance, which the file sets. */
#ifdef WASMC_ONE_INSTANCE
static void *wasmc_instance;
static inline int64_t wasmc_call_add(int32_t p0) { return wasmc_export_add(wasmc_instance, p0); }

static inline int32_t wasmc_call_swap(int32_t p0) { return wasmc_export_swap(wasmc_instance, p0); }

static inline int32_t wasmc_call_poke_x2a_x2f(int32_t p0) { return wasmc_export_poke_x2a_x2f(wasmc_instance, p0); }

static inline void wasmc_call_nothing(void) { wasmc_export_nothing(wasmc_instance); }

static inline void wasmc_call_pair(double p0, wasmc_value *results) { wasmc_export_pair(wasmc_instance, p0, results); }

#ifdef wasmc_HAS_V128
static inline wasmc_v128 wasmc_call_double(wasmc_v128 p0) { return wasmc_export_double(wasmc_instance, p0); }
#endif

static inline uint64_t wasmc_call_reference(uint64_t p0) { return wasmc_export_reference(wasmc_instance, p0); }

#endif

#ifdef __cplusplus
}
#endif

#endif
