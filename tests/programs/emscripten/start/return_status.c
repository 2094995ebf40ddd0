// What main returns is the exit status.
// modes: O1 O2 standalone
// status: 42
#include "../show.h"

int main(void) {
    printf("returns 42\n");
    return 42;
}
