/* wasmc: run compiled WebAssembly that is linked into this program.
 *
 *     wasmc compile app.wasm -o app.o
 *     cc main.c app.o libwasmc_loader.a
 *
 * An artifact has these symbols (PREFIX is `wasmc` unless `wasmc compile --symbol-prefix` says otherwise):
 *
 *     extern const wasmc_artifact PREFIX_module;
 *     RESULT PREFIX_export_NAME(void *instance, PARAMETERS...);
 *
 * one of the latter for each exported function. Parameters are int32_t, int64_t, float or double, a v128 is __m128i,
 * references are uint64_t (0 is null; an exception is kept only as long as the
 * store's code refers to it); with more than one result the function returns void and takes the address of an array of wasmc_value last.
 *
 * A store is used by one thread at a time; different stores are independent. Functions that can fail return a null
 * pointer or false and, if `error` is not null, set *error to a text that wasmc_text_free frees.
 */
#ifndef WASMC_H
#define WASMC_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/* A compiled module; only its address is used. */
typedef struct wasmc_artifact wasmc_artifact;
/* What modules import, by name. */
typedef struct wasmc_linker wasmc_linker;
/* Instances and what they share. */
typedef struct wasmc_store wasmc_store;
/* What exceptions are caught by. */
typedef struct wasmc_tag wasmc_tag;
/* Why a call did not return: a trap, an exception that nothing caught, or the program's end. */
typedef struct wasmc_failure wasmc_failure;

/* What host functions take and give. */
typedef enum wasmc_type { WASMC_I32 = 0, WASMC_I64 = 1, WASMC_F32 = 2, WASMC_F64 = 3, WASMC_V128 = 4 } wasmc_type;

/* A value, as wide as the widest one: the low bytes are used. */
typedef union wasmc_value {
    int32_t i32;
    int64_t i64;
    float f32;
    double f64;
    uint64_t v128[2];
} wasmc_value;

/* A function that modules import. Gets its parameters in `values` and leaves its results there; `memory` and
 * `memory_bytes` are the calling instance's memory (null if it has none). Returns null, or why the program must trap:
 * a text that stays valid; or what wasmc_raise gives. */
typedef const char *(*wasmc_host_function)(void *environment, void *memory, size_t memory_bytes, wasmc_value *values);

/* Told why a call of PREFIX_export_NAME did not return; if it returns, the process is aborted. It may leave by longjmp, but
 * only to where no code was running of this store, nor of another store whose host function led to the call: everything that
 * ran is left, and values that host functions in between were given are not freed. The report is valid until the next one
 * or until the store is freed. */
typedef void (*wasmc_trap_callback)(void *environment, const char *report);

wasmc_linker *wasmc_linker_new(void);
void wasmc_linker_free(wasmc_linker *linker);

/* Defines the function that modules import as `module` `name`. */
bool wasmc_linker_function(wasmc_linker *linker, const char *module, const char *name, const wasmc_type *parameters,
                           size_t parameter_count, const wasmc_type *results, size_t result_count,
                           wasmc_host_function function, void *environment, char **error);

/* Defines WASI preview 1 with these arguments (on Windows UTF-8), this process's standard streams, and nothing else granted. */
bool wasmc_linker_wasi(wasmc_linker *linker, int argc, const char *const *argv, char **error);

wasmc_store *wasmc_store_new(char **error);

/* What bounds a store; 0 stands for no bound of ours. */
typedef struct wasmc_limits {
    /* How many bytes its memories, tables and exceptions may take together: growing past it gives -1, throwing past it
     * traps. The first 256 KiB of exceptions are not counted. */
    uint64_t memory_bytes;
    /* How many bytes of stack its code may use. */
    uint64_t stack_bytes;
} wasmc_limits;

wasmc_store *wasmc_store_new_limited(const wasmc_limits *limits, char **error);

/* What stops the store's code from another thread. It may outlive the store. */
typedef struct wasmc_interrupt wasmc_interrupt;
wasmc_interrupt *wasmc_interrupt_new(const wasmc_store *store);
void wasmc_interrupt_free(wasmc_interrupt *interrupt);

/* Has the store's code trap at its next check (`wasmc compile --interruptible`), and blocking calls of WASI return. One
 * that is about to block does not notice: call it again, every few milliseconds, until the code has ended. */
void wasmc_interrupt_now(const wasmc_interrupt *interrupt);

/* Frees the store with all its instances. */
void wasmc_store_free(wasmc_store *store);

/* Has `callback` told of traps in functions that are called by their symbols. */
void wasmc_store_on_trap(wasmc_store *store, wasmc_trap_callback callback, void *environment);

/* Makes an instance of a linked module, and runs its start function. It lives as long as the store. */
void *wasmc_instantiate(wasmc_store *store, const wasmc_linker *linker, const wasmc_artifact *module, char **error);

/* Calls the exported function `name` with as many values as it has parameters; `values` has room for the larger of its
 * numbers of parameters and of results, and holds the results afterwards. False if it trapped or cannot be called. */
bool wasmc_call(wasmc_store *store, void *instance, const char *name, wasmc_value *values, char **error);

/* The exported memory `name`; null if there is none. The address stays, the length grows. */
void *wasmc_memory(wasmc_store *store, void *instance, const char *name, size_t *length_bytes);

/* Why the last wasmc_call of the store returned false; null if it did not, or could not make the call at all. The caller
 * frees it by wasmc_failure_free, or gives it away by wasmc_raise. An exception can be used until the store's host
 * function that took it returns or, outside of all host functions, until the store's code is called again. */
wasmc_failure *wasmc_take_failure(wasmc_store *store);
void wasmc_failure_free(wasmc_failure *failure);

/* What a person reads, also of null: to be freed by wasmc_text_free. */
char *wasmc_failure_text(const wasmc_failure *failure);

/* Whether it is an exception of this tag. If so, leaves what it carries in `values`, unless that is null. */
bool wasmc_failure_catch(const wasmc_store *store, const wasmc_failure *failure, const wasmc_tag *tag,
                         wasmc_value *values);

/* In a host function: `return wasmc_raise(failure);` passes on what a call back into the program ended with, or throws
 * a new exception; null, of which nothing is known, is a trap. Nothing of the C program is unwound: the throw goes on
 * where the host function has returned to. */
const char *wasmc_raise(wasmc_failure *failure);

/* A new exception with as many values as the tag says, to be thrown by wasmc_raise. */
wasmc_failure *wasmc_exception_new(wasmc_store *store, const wasmc_tag *tag, const wasmc_value *values, char **error);

/* A new tag of the store, whose exceptions carry values of these types; and one that an instance exports. Null if a type is
 * none of wasmc_type, or there is no such export. */
wasmc_tag *wasmc_tag_new(wasmc_store *store, const wasmc_type *types, size_t count);
wasmc_tag *wasmc_tag_of(const wasmc_store *store, void *instance, const char *name);
void wasmc_tag_free(wasmc_tag *tag);

/* Defines the tag that modules import as `module` `name`, for instances of the tag's store. */
bool wasmc_linker_tag(wasmc_linker *linker, const char *module, const char *name, const wasmc_tag *tag, char **error);

void wasmc_text_free(char *text);

#ifdef __cplusplus
}
#endif

#endif
