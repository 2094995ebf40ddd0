/* An ABI of a few functions: a program keeps notes with its host.
 *
 *     cc -shared -fPIC -I loader/abi/include loader/abi/examples/notes.c -o libnotes.so
 *
 * Whoever runs the program decides whether it may write (`write`), and how many notes there may be (`limit=100`).
 */
#include <stdlib.h>
#include <string.h>

#ifdef _WIN32
#include <windows.h>
typedef SRWLOCK lock;
#define lock_init InitializeSRWLock
#define lock_take AcquireSRWLockExclusive
#define lock_give ReleaseSRWLockExclusive
#else
#include <pthread.h>
typedef pthread_mutex_t lock;
#define lock_init(it) pthread_mutex_init(it, NULL)
#define lock_take pthread_mutex_lock
#define lock_give pthread_mutex_unlock
#endif

#include "wasmc_abi.h"

enum { LIMIT = 1000, NOTE_BYTES_MAX = 4096 };

typedef struct note {
    size_t length;
    char *text;
} note;

typedef struct notes {
    const wasmc_abi_host *host;
    /* A program's threads may call at once. */
    lock lock;
    size_t count, limit;
    note *all;
} notes;

static const char *open_notes(const wasmc_abi_host *host, const wasmc_abi_grant *grants, size_t count, void **state) {
    size_t limit = LIMIT;
    for (size_t index = 0; index < count; index++) {
        if (strcmp(grants[index].name, "limit") == 0) {
            char *end;
            limit = strtoul(grants[index].value, &end, 10);
            if (end == grants[index].value || *end != '\0' || limit > 1000000) {
                return "limit: expected a number up to 1000000";
            }
        }
    }
    notes *notes = calloc(1, sizeof *notes);
    if (notes != NULL) {
        notes->all = calloc(limit + 1, sizeof *notes->all);
    }
    if (notes == NULL || notes->all == NULL) {
        free(notes);
        return "out of memory";
    }
    notes->host = host;
    notes->limit = limit;
    lock_init(&notes->lock);
    *state = notes;
    return NULL;
}

static void close_notes(void *state) {
    notes *notes = state;
    for (size_t index = 0; index < notes->count; index++) {
        free(notes->all[index].text);
    }
    free(notes->all);
    free(notes);
}

/* add(address: i32, length: i32) -> i32: the new note's number, or -1 if there is no room for it. */
static void add(void *state, wasmc_abi_call *call, wasmc_abi_value *values) {
    notes *notes = state;
    uint32_t length = values[1].u32;
    const void *bytes = notes->host->bytes(call, values[0].u32, length);
    if (bytes == NULL) {
        notes->host->trap(call, "notes.add: the text is not inside of the memory");
        return;
    }
    char *text = length <= NOTE_BYTES_MAX ? malloc(length + 1) : NULL;
    values[0].i32 = -1;
    if (text == NULL) {
        return;
    }
    memcpy(text, bytes, length);
    lock_take(&notes->lock);
    if (notes->count < notes->limit) {
        values[0].i32 = (int32_t)notes->count;
        notes->all[notes->count++] = (note){length, text};
        text = NULL;
    }
    lock_give(&notes->lock);
    free(text);
}

/* count() -> i32 */
static void count(void *state, wasmc_abi_call *call, wasmc_abi_value *values) {
    (void)call;
    notes *notes = state;
    lock_take(&notes->lock);
    values[0].i32 = (int32_t)notes->count;
    lock_give(&notes->lock);
}

/* read(number: i32, address: i32, room: i32) -> i32: how long the note is, of which there is as much at the address as there is
 * room; or -1 if there is none of that number. */
static void read_note(void *state, wasmc_abi_call *call, wasmc_abi_value *values) {
    notes *notes = state;
    uint32_t number = values[0].u32, address = values[1].u32, room = values[2].u32;
    values[0].i32 = -1;
    note found = {0, NULL};
    lock_take(&notes->lock);
    if (number < notes->count) {
        found = notes->all[number]; /* It stays as it is from now on. */
    }
    lock_give(&notes->lock);
    if (found.text == NULL) {
        return;
    }
    uint32_t length = found.length < room ? (uint32_t)found.length : room;
    void *bytes = notes->host->bytes(call, address, length);
    if (bytes == NULL) {
        notes->host->trap(call, "notes.read: the room is not inside of the memory");
        return;
    }
    memcpy(bytes, found.text, length);
    values[0].i32 = (int32_t)found.length;
}

/* each(function: i32, context: i32) -> i32: calls function(number, context) for each note until one gives something else than 0, and
 * gives that. */
static void each(void *state, wasmc_abi_call *call, wasmc_abi_value *values) {
    notes *notes = state;
    uint32_t function = values[0].u32, context = values[1].u32;
    values[0].i32 = 0;
    /* The program may add notes meanwhile, so the lock is not held. */
    for (size_t number = 0;; number++) {
        lock_take(&notes->lock);
        bool is_there = number < notes->count;
        lock_give(&notes->lock);
        if (!is_there || notes->host->interrupted(call)) {
            return;
        }
        wasmc_abi_value arguments[] = {{.u32 = (uint32_t)number}, {.u32 = context}};
        if (!notes->host->call_index(call, function, arguments, 2)) {
            return;
        }
        if (arguments[0].i32 != 0) {
            values[0].i32 = arguments[0].i32;
            return;
        }
    }
}

static const wasmc_abi_function functions[] = {
    {"notes", "add", "i32, i32 -> i32", "write", add},
    {"notes", "count", "-> i32", NULL, count},
    {"notes", "read", "i32, i32, i32 -> i32", NULL, read_note},
    {"notes", "each", "i32, i32 -> i32", NULL, each},
};

static const wasmc_abi_permission permissions[] = {
    {"write", "add notes", false},
    {"limit", "how many notes there may be: 1000 if nothing is said", true},
};

const wasmc_abi wasmc_abi_1 = {
    functions, sizeof functions / sizeof *functions, permissions, sizeof permissions / sizeof *permissions,
    open_notes, close_notes,
};
