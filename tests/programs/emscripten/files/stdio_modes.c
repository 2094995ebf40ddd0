// fopen's modes, fdopen, freopen, setvbuf and fmemopen.
// modes: O1 O2
#define _GNU_SOURCE
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>
#include "../show.h"

static void show(const char *path) {
    char bytes[64];
    FILE *file = fopen(path, "r");
    size_t length = fread(bytes, 1, sizeof bytes, file);
    printf("%s: [%.*s]\n", path, (int)length, bytes);
    fclose(file);
}

int main(void) {
    const char *path = "/tmp/text";
    FILE *file = fopen(path, "w");
    fputs("one ", file);
    fclose(file);
    file = fopen(path, "a");
    fputs("two ", file);
    fclose(file);
    show(path);
    file = fopen(path, "r+");
    fputs("ONE", file);
    fclose(file);
    show(path);
    file = fopen(path, "a+");
    TRY(fgetc(file));
    fputs("three", file);
    fclose(file);
    show(path);
    TRUE(fopen(path, "wx") == NULL && errno == EEXIST);
    TRUE(fopen(path, "q") == NULL && errno == EINVAL);
    TRUE(fopen("/tmp", "w") == NULL && errno == EISDIR);
    int descriptor = open(path, O_RDWR);
    file = fdopen(descriptor, "r+");
    TRUE(fileno(file) == descriptor);
    TRUE(fdopen(93, "r") == NULL);
    TRY(setvbuf(file, NULL, _IONBF, 0));
    fputs("four", file);
    show(path);
    TRUE(freopen("/tmp/other", "w", file) == file);
    fputs("reopened", file);
    fclose(file);
    show("/tmp/other");
    char memory[16] = {0};
    file = fmemopen(memory, sizeof memory, "w");
    fprintf(file, "in %s", "memory");
    fclose(file);
    printf("%s\n", memory);
    char *text;
    size_t length;
    file = open_memstream(&text, &length);
    fprintf(file, "%05d", 42);
    fclose(file);
    printf("%s %zu\n", text, length);
    free(text);
    return 0;
}
