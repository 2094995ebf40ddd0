// An assertion that holds does nothing; one that does not aborts.
// modes: O1 O2 standalone
// status: abort
#undef NDEBUG
#include <assert.h>
#include <stdlib.h>
#include "../show.h"

int main(int argc, char **argv) {
    (void)argv;
    assert(argc >= 0);
    printf("the first holds\n");
    fflush(stdout);
    assert(argc > 100 && "there are that many");
    printf("never\n");
    return 0;
}
