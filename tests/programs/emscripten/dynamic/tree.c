// dlopen of modules that the program itself has written: by absolute and relative paths, through links, what stays when the file changes.
// modes: dynamic
#include <dlfcn.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>
#include "../show.h"
#include "made.h"

static void write_made(const char *path, int number, size_t length) {
    made[MADE_NUMBER] = (unsigned char)number;
    FILE *file = fopen(path, "wb");
    if (!file || fwrite(made, 1, length, file) != length) printf("%s cannot be written\n", path);
    if (file) fclose(file);
}

static void *answer(const char *path) {
    void *side = dlopen(path, RTLD_NOW);
    if (!side) {
        char *error = dlerror();
        printf("%s: %s\n", path, error ? error : "no error");
        return NULL;
    }
    int (*function)(void) = (int (*)(void))dlsym(side, "answer");
    printf("%s: %d\n", path, function ? function() : -1);
    return side;
}

int main(void) {
    write_made("/tmp/made.wasm", 42, sizeof made);
    void *first = answer("/tmp/made.wasm");
    // What is loaded stays, whatever becomes of the file.
    write_made("/tmp/made.wasm", 43, sizeof made);
    TRUE(answer("/tmp/made.wasm") == first);
    TRY(unlink("/tmp/made.wasm"));
    TRUE(answer("/tmp/made.wasm") == first);
    // The same file by other names is other modules.
    write_made("/tmp/other.wasm", 44, sizeof made);
    TRY(symlink("/tmp/other.wasm", "/tmp/link.wasm"));
    TRUE(answer("/tmp/link.wasm") != answer("/tmp/other.wasm"));
    TRY(chdir("/tmp"));
    write_made("relative.wasm", 45, sizeof made);
    answer("relative.wasm");
    TRY(mkdir("/tmp/below", 0777));
    write_made("below/deep.so", 46, sizeof made);
    answer("below/deep.so");
    answer("below/../below/./deep.so");
    answer("below//deep.so");
    // What is no module.
    write_made("text.wasm", 47, 0);
    FILE *file = fopen("text.wasm", "w");
    fputs("This is a text of more than twenty-four bytes.\n", file);
    fclose(file);
    TRUE(answer("text.wasm") == NULL);
    made[9] = 0x7f;
    write_made("broken.wasm", 48, sizeof made);
    made[9] = 0x0f;
    TRUE(dlopen("broken.wasm", RTLD_NOW) == NULL);
    TRUE(dlerror() != NULL);
    TRUE(dlopen("below", RTLD_NOW) == NULL);
    TRUE(dlerror() != NULL);
    TRUE(dlopen("missing.wasm", RTLD_NOW) == NULL);
    TRY(dlclose(first));
    return 0;
}
