// select on pipes and files: sets rewritten, counts, closed descriptors.
// modes: O1 O2
#include <fcntl.h>
#include <sys/select.h>
#include <unistd.h>
#include "../show.h"

int main(void) {
    int ends[2];
    char bytes[4];
    fd_set readers, writers;
    struct timeval none = {0, 0};
    pipe(ends);
    int file = open("/tmp/file", O_RDWR | O_CREAT, 0644);
    int top = file + 1;
    FD_ZERO(&readers);
    FD_SET(ends[0], &readers);
    TRY(select(top, &readers, NULL, NULL, &none));
    TRUE(FD_ISSET(ends[0], &readers));
    FD_ZERO(&readers);
    FD_ZERO(&writers);
    FD_SET(ends[0], &readers);
    FD_SET(file, &readers);
    FD_SET(ends[1], &writers);
    TRY(select(top, &readers, &writers, NULL, &none));
    printf("%d %d %d\n", !!FD_ISSET(ends[0], &readers), !!FD_ISSET(file, &readers), !!FD_ISSET(ends[1], &writers));
    write(ends[1], "data", 4);
    FD_SET(ends[0], &readers);
    TRY(select(top, &readers, &writers, NULL, &none));
    printf("%d %d %d\n", !!FD_ISSET(ends[0], &readers), !!FD_ISSET(file, &readers), !!FD_ISSET(ends[1], &writers));
    read(ends[0], bytes, 4);
    FD_ZERO(&readers);
    FD_SET(1, &readers);
    FD_CLR(1, &readers);
    TRUE(FD_ISSET(1, &readers));
    TRY(select(0, NULL, NULL, NULL, &none));
    FD_SET(44, &readers);
    TRY(select(45, &readers, NULL, NULL, &none));
    return 0;
}
