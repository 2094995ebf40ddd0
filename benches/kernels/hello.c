/* What any program must at least do: start, write a line, end. */
#include <stdio.h>

int main(void) {
    puts("hello, world");
}
