// atexit handlers run in reverse, after main returns, and may register more.
// modes: O1 O2 standalone
// flags: -sEXIT_RUNTIME
// status: 5
#include <stdlib.h>
#include "../show.h"

static void first(void) { printf("first registered\n"); }
static void added(void) { printf("added by a handler\n"); }
static void second(void) { printf("second registered\n"); atexit(added); }
static void third(void) { printf("third registered\n"); }

int main(void) {
    TRY(atexit(first));
    TRY(atexit(second));
    TRY(atexit(third));
    printf("main returns\n");
    return 5;
}
