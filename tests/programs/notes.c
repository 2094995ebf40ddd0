// Keeps notes with its host (loader/abi/examples/notes.c), and shows them.
#include <stdio.h>
#include <string.h>

#define NOTES(name) __attribute__((import_module("notes"), import_name(#name)))
NOTES(add) int notes_add(const char *text, unsigned length);
NOTES(count) int notes_count(void);

int main(int count, char **arguments) {
    for (int index = 1; index < count; index++) {
        printf("%d\n", notes_add(arguments[index], strlen(arguments[index])));
    }
    printf("%d notes\n", notes_count());
    return 0;
}
