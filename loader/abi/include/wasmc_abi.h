/* wasmc: functions of your own for the programs that wasmc runs, in a shared library.
 *
 *     cc -shared -fPIC notes.c -o libnotes.so
 *     wasmrun --abi ./libnotes.so::write,limit=100 app.o
 *
 * A library defines `wasmc_abi_1`: what it has for programs, and what of that has to be granted. A program imports the
 * functions by their modules and names, as it imports WASI's.
 *
 * This is version 1 of the interface. What a later version adds goes to the end of `wasmc_abi_host`, whose `version` tells
 * then; a later one that changes what is here has another symbol, and a library may define both.
 *
 * Texts are UTF-8 and end with a NUL. All that `wasmc_abi_1` refers to stays as it is.
 */
#ifndef WASMC_ABI_H
#define WASMC_ABI_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#define WASMC_ABI_VERSION 1

/* An argument or a result, in the place that the program has it in. The bits that its type does not use mean nothing. */
typedef union wasmc_abi_value {
    int32_t i32;
    uint32_t u32;
    int64_t i64;
    uint64_t u64;
    float f32;
    double f64;
    uint64_t place[2];
} wasmc_abi_value;

/* A call of one of the library's functions: it ends when that returns, and belongs to its thread. */
typedef struct wasmc_abi_call wasmc_abi_call;

/* What the host does for the library. It stays as long as the library is loaded. */
typedef struct wasmc_abi_host {
    /* The version that it is of: WASMC_ABI_VERSION or later. */
    uint32_t version;

    /* The place of `length_bytes` bytes of the calling program's memory, from `address` on; null if they are not all inside.
     * It stays valid during the call. Other threads of the program may write there meanwhile: read once what you check. */
    void *(*bytes)(const wasmc_abi_call *call, uint64_t address, uint64_t length_bytes);

    /* How long that memory is now; 0 if the program has none. */
    uint64_t (*memory_bytes)(const wasmc_abi_call *call);

    /* Ends the program by a trap, once the function has returned, and tells why. The text is copied. If there is another
     * reason to end it already, that one holds. */
    void (*trap)(wasmc_abi_call *call, const char *reason);

    /* Ends the program with this status, once the function has returned. */
    void (*exit)(wasmc_abi_call *call, int32_t status);

    /* Calls the program's export `name`, or the function that it has at `index` of its table `__indirect_function_table`:
     * what C means by a pointer to a function. The arguments are in `values`, where the results will be; there are `count`,
     * at least as many as the function has parameters, and as it has results. Returns whether it returned. If not, it
     * trapped, threw, or ended the program, or could not be called: free what you hold and return; the program goes on with
     * that by itself, and no more of it can be called before. */
    bool (*call_export)(wasmc_abi_call *call, const char *name, wasmc_abi_value *values, size_t count);
    bool (*call_index)(wasmc_abi_call *call, uint64_t index, wasmc_abi_value *values, size_t count);

    /* Whether somebody wants the program to stop (as by --timeout). A function that works for long, or waits, asks this every
     * few milliseconds, and returns then. */
    bool (*interrupted)(const wasmc_abi_call *call);
} wasmc_abi_host;

/* A function for programs. */
typedef struct wasmc_abi_function {
    /* What programs import it by. */
    const char *module;
    const char *name;
    /* The types of its parameters and of its results, each i32, i64, f32 or f64: "i32, i64 -> f64"; either side may be
     * empty. Programs that import it with another type are not run. */
    const char *type;
    /* The grant that it needs; null if none. Without it, calling the function is a trap that says so. */
    const char *grant;
    /* Finds its arguments in `values`, and leaves its results there, from the first on. It is not to be left but by
     * returning, and may be called by several threads at once. */
    void (*function)(void *state, wasmc_abi_call *call, wasmc_abi_value *values);
} wasmc_abi_function;

/* What may be granted: `--abi LIB::NAME`, or `--abi LIB::NAME=VALUE` if `takes_value`. */
typedef struct wasmc_abi_permission {
    const char *name;
    /* What it allows, for people. */
    const char *summary;
    bool takes_value;
} wasmc_abi_permission;

/* What was granted; `value` is null if the permission takes none. */
typedef struct wasmc_abi_grant {
    const char *name;
    const char *value;
} wasmc_abi_grant;

/* What a library has for programs. */
typedef struct wasmc_abi {
    const wasmc_abi_function *functions;
    size_t function_count;
    const wasmc_abi_permission *permissions;
    size_t permission_count;
    /* Called before any function, once for each program; may be null. It may leave in *state what functions are given, and
     * returns null, or why the grants do not do: a text that stays. They are valid until it returns, `host` stays. Only what is
     * among the permissions is granted, and each at most once. */
    const char *(*open)(const wasmc_abi_host *host, const wasmc_abi_grant *grants, size_t grant_count, void **state);
    /* Called when nothing can call the functions any more; may be null. A process that ends first does not call it. */
    void (*close)(void *state);
} wasmc_abi;

#if defined(_WIN32)
#define WASMC_ABI_EXPORT __declspec(dllexport)
#elif defined(__GNUC__)
#define WASMC_ABI_EXPORT __attribute__((visibility("default")))
#else
#define WASMC_ABI_EXPORT
#endif

/* What a library defines. One that is linked into a program, beside others perhaps, is compiled with a name of its own:
 * -Dwasmc_abi_1=notes_abi. */
WASMC_ABI_EXPORT extern const wasmc_abi wasmc_abi_1;

#ifdef __cplusplus
}
#endif

#endif
