// exit below other functions ends the program with its status.
// modes: O1 O2 standalone
// status: 3
#include <stdlib.h>
#include "../show.h"

static void deeper(int depth) {
    if (depth == 0) exit(3);
    deeper(depth - 1);
    printf("never\n");
}

int main(void) {
    printf("before\n");
    deeper(10);
    printf("never\n");
    return 0;
}
