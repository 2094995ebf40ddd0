// main without parameters, called without arguments.
// modes: O1 O2 standalone
#include "../show.h"

int main(void) {
    printf("main runs\n");
}
