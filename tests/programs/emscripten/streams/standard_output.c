// Standard output by printf, puts, write and writev, in the order of flushing.
// modes: O1 O2 standalone
#include <sys/uio.h>
#include <unistd.h>
#include "../show.h"

int main(void) {
    printf("printed %s %d %5.2f %x %c|%-6s|%06d\n", "text", -5, 3.14159, 255, 'c', "left", 42);
    fflush(stdout);
    TRY(write(1, "written\n", 8));
    fflush(stdout);
    struct iovec parts[] = {{"in ", 3}, {"two parts\n", 10}};
    writev(1, parts, 2);
    puts("put");
    fputs("on ", stdout);
    putchar('o');
    putchar('n');
    fwrite("e line\n", 1, 7, stdout);
    fprintf(stderr, "not on standard output\n");
    printf("%s%s%lld %llu\n", "", "long ", -1234567890123456789LL, 18446744073709551615ULL);
    printf("%a %e %g\n", 1.0, 12345.678, 0.0001);
    perror("to standard error");
    TRY(fflush(NULL));
    return 0;
}
