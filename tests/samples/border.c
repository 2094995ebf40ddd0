/* Linked with border.wat by every system's linker. There is no loader: the program looks at the module's descriptor, and
 * calls exports with an instance's context of its own, whose builtins are its own. Returns 0 if all is right. */
#include <stdint.h>

struct reference { uint64_t address, length_bytes; };

struct descriptor {
    uint64_t magic;
    uint32_t contract_version, contract_revision, target, flags;
    uint64_t cpu_features, source_hash[2], reserved;
    struct reference text, metadata, tables, image, data, traps, addresses, handlers, names;
};

union value {
    int32_t i32;
    int64_t i64;
    float f32;
    double f64;
    uint64_t words[2];
};

extern const struct descriptor wasmc_module;
int64_t wasmc_export_mix(void *instance, int32_t a, int64_t b, float c, double d, int32_t e, int64_t f, float g, double h,
                         int32_t i, int64_t j, int32_t k, int64_t l);
void wasmc_export_two(void *instance, double a, union value *results);

/* Where in the table of builtins the one is that calls an export. */
enum { CALL_EXPORT = 1, BUILTINS = 64 };

static int calls, wrong_at;
static int check(void);

/* Whether the frames from here on can be walked through the module's code to the function that called it. */
#if defined(WITHOUT_LIBRARY) || defined(__APPLE__)
static int can_be_unwound(void) { return 1; }
#elif defined(_WIN32)
#include <string.h>
#include <windows.h>
/* As the caller of the module's code had them, by unwinding. */
static CONTEXT unwound;
static int can_be_unwound(void) {
    CONTEXT context;
    RtlCaptureContext(&context);
    for (int depth = 0; depth < 16; depth++) {
        DWORD64 base, frame;
        void *handler;
        PRUNTIME_FUNCTION function = RtlLookupFunctionEntry(context.Rip, &base, NULL);
        if (!function) return 0;
        if (base + function->BeginAddress == (uintptr_t)&check) return unwound = context, 1;
        RtlVirtualUnwind(UNW_FLAG_NHANDLER, base, context.Rip, function, &context, &handler, &frame, NULL);
    }
    return 0;
}
/* What calls preserve is what it was, and where unwinding found it. */
#define IS_UNWOUND_WRONGLY
static int is_unwound_wrongly(const CONTEXT *now) {
    const CONTEXT *then = &unwound;
    int same = now->Rbx == then->Rbx && now->Rbp == then->Rbp && now->Rsi == then->Rsi && now->Rdi == then->Rdi &&
               now->R12 == then->R12 && now->R13 == then->R13 && now->R14 == then->R14 && now->R15 == then->R15;
    return !same || memcmp(&now->Xmm6, &then->Xmm6, 10 * sizeof now->Xmm6) != 0;
}
#else
#include <unwind.h>
static _Unwind_Reason_Code visit(struct _Unwind_Context *context, void *found) {
    void *place = (void *)(_Unwind_GetIP(context) - 1);
    if (_Unwind_FindEnclosingFunction(place) == (void *)&check) *(int *)found = 1;
    return _URC_NO_REASON;
}
static int can_be_unwound(void) {
    int found = 0;
    _Unwind_Backtrace(visit, &found);
    return found;
}
#endif

static void call_export(void *context, int32_t function, union value *values) {
    calls++;
    if (!context) wrong_at = 20;
    if (!can_be_unwound()) wrong_at = 30;
    if (calls == 1) {
        int right = values[0].i32 == 1 && values[1].i64 == 2 && values[2].f32 == 3 && values[3].f64 == 4 &&
                    values[4].i32 == 5 && values[5].i64 == 6 && values[6].f32 == 7 && values[7].f64 == 8 &&
                    values[8].i32 == -9 && values[9].i64 == 10 && values[10].i32 == -11 && values[11].i64 == 12;
        if (!right || function != 0) wrong_at = 21;
        values[0].i64 = 0x123456789abcdef0;
    } else {
        if (values[0].f64 != 2.5 || function != 1) wrong_at = 22;
        values[0].f64 = 3.5;
        values[1].i32 = 7;
    }
}

static int is_wrong(struct reference part, uint64_t alignment) {
    return !part.address || !part.length_bytes || part.address % alignment;
}

static int contains(struct reference part, uint64_t address) {
    return address >= part.address && address - part.address < part.length_bytes;
}

__attribute__((noinline)) static int check(void) {
    const struct descriptor *module = &wasmc_module;
    if (module->magic != 0x0a0d636d73617700) return 1;
    if (is_wrong(module->text, 4096)) return 2;
    if (!contains(module->text, (uint64_t)(uintptr_t)&wasmc_export_mix)) return 3;
    if (is_wrong(module->metadata, 16) || is_wrong(module->tables, 16) || is_wrong(module->traps, 16)) return 4;
    if (is_wrong(module->addresses, 16) || is_wrong(module->names, 16)) return 5;
    /* An empty one has neither an address nor a relocation. */
    if (module->data.length_bytes ? is_wrong(module->data, 16) : module->data.address != 0) return 6;
    if (is_wrong(module->image, 4096)) return 7;
    if (((const char *)(uintptr_t)module->image.address)[18] != 'a') return 8;

    void *builtins[BUILTINS] = {0};
    builtins[CALL_EXPORT] = (void *)(uintptr_t)&call_export;
    uint64_t instance[16] = {0, 0, (uint64_t)(uintptr_t)builtins};
    volatile int64_t mixed = wasmc_export_mix(instance, 1, 2, 3, 4, 5, 6, 7, 8, -9, 10, -11, 12);
#ifdef IS_UNWOUND_WRONGLY
    CONTEXT context;
    RtlCaptureContext(&context);
    if (!wrong_at && is_unwound_wrongly(&context)) return 31;
#endif
    if (wrong_at) return wrong_at;
    if (mixed != 0x123456789abcdef0) return 9;
    union value results[2] = {{0}};
    wasmc_export_two(instance, 2.5, results);
    if (wrong_at) return wrong_at;
    if (calls != 2 || results[0].f64 != 3.5 || results[1].i32 != 7) return 10;
    return 0;
}

int main(void) { return check(); }

/* What a program without the compiler's library has to bring. */
#ifdef WITHOUT_LIBRARY
int _fltused;
void *memset(void *at, int byte, __SIZE_TYPE__ count) {
    for (volatile char *next = at; count--; next++) *next = (char)byte;
    return at;
}
#ifdef __APPLE__
void __bzero(void *at, __SIZE_TYPE__ count) { memset(at, 0, count); }
#endif
#endif
