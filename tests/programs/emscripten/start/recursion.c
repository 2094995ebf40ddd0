// A recursion of ten thousand calls fits the stack.
// modes: O1 O2 standalone
#include "../show.h"

static int sum(volatile int *values, int count) {
    volatile int here = values[count % 4];
    return count == 0 ? here : here + sum(values, count - 1);
}

int main(void) {
    int values[4] = {1, 2, 3, 4};
    TRY(sum(values, 10000));
    return 0;
}
