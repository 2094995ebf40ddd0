// With checked accesses (SAFE_HEAP), good ones work and one through a null pointer ends the program.
// modes: O1
// flags: -sSAFE_HEAP
// status: abort
#include <stdlib.h>
#include "../show.h"

int main(void) {
    int *volatile numbers = malloc(100 * sizeof *numbers);
    for (int i = 0; i < 100; i++) numbers[i] = i * i;
    TRY(numbers[99]);
    double *volatile reals = (double *)numbers;
    reals[1] = 2.5;
    printf("%g\n", reals[1]);
    fflush(stdout);
    int *volatile nothing = NULL;
    printf("%d\n", *nothing);
    printf("never\n");
    return 0;
}
