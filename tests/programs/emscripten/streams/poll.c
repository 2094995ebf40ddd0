// poll on pipes and files: what is ready, how many, and entries that are skipped.
// modes: O1 O2
#include <fcntl.h>
#include <poll.h>
#include <unistd.h>
#include "../show.h"

int main(void) {
    int ends[2];
    char byte[4];
    pipe(ends);
    int file = open("/tmp/file", O_RDWR | O_CREAT, 0644);
    struct pollfd set[3] = {{ends[0], POLLIN, 0}, {ends[1], POLLOUT, 0}, {file, POLLIN | POLLOUT, 0}};
    TRY(poll(set, 1, 0));
    printf("%x\n", set[0].revents & POLLIN);
    TRY(poll(set, 3, 0));
    printf("%x %x %x\n", set[0].revents & POLLIN, set[1].revents & POLLOUT, set[2].revents & (POLLIN | POLLOUT));
    write(ends[1], "ab", 2);
    TRY(poll(set, 3, 0));
    printf("%x %x %x\n", set[0].revents & POLLIN, set[1].revents & POLLOUT, set[2].revents & (POLLIN | POLLOUT));
    TRY(poll(set, 3, 1000));
    read(ends[0], byte, 2);
    TRY(poll(set, 1, 0));
    set[1].events = POLLIN;
    TRY(poll(set, 2, 0));
    set[2].events = 0;
    TRY(poll(set + 2, 1, 0));
    printf("%x\n", set[2].revents);
    TRY(poll(NULL, 0, 0));
    return 0;
}
