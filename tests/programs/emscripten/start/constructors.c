// Constructors run before main in order of priority, destructors after it.
// modes: O1 O2 standalone
// flags: -sEXIT_RUNTIME
#include "../show.h"

static int counter;

__attribute__((constructor(300))) static void later(void) { printf("later %d\n", ++counter); }
__attribute__((constructor(200))) static void earlier(void) { printf("earlier %d\n", ++counter); }
__attribute__((constructor)) static void last(void) { printf("last %d\n", ++counter); }
__attribute__((destructor)) static void end(void) { printf("end %d\n", ++counter); }

int main(void) {
    printf("main %d\n", counter);
    return 0;
}
