// A side module given when linking: it is there when main starts, its symbols used by name.
// modes: dynamic
// link: linked_side.c
#include "../show.h"

extern int linked_number;
extern int linked_add(int);
extern const char *linked_text;

int main(void) {
    TRY(linked_number);
    TRY(linked_add(5));
    TRY(linked_number);
    puts(linked_text);
    int (*volatile pointer)(int) = linked_add;
    TRY(pointer(1));
    return 0;
}
