#include <stddef.h>

_Thread_local int side_value = 5;
_Thread_local int side_zeros[100];
static _Thread_local struct { char bytes[64]; } side_aligned __attribute__((aligned(64)));

int side_add(int more) {
    side_zeros[more]++;
    side_value += more;
    return side_value * 10 + side_zeros[more];
}

void *side_address(int which) {
    switch (which) {
    case 0: return &side_value;
    case 1: return side_zeros;
    default: return &side_aligned;
    }
}
