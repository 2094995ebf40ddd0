// The lowest free descriptor is given out, a hundred can be open, and /proc/self/fd names each.
// modes: O1 O2
#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>
#include "../show.h"

int main(void) {
    char name[32], target[64];
    int in_order = 1;
    for (int i = 0; i < 100; i++) {
        snprintf(name, sizeof name, "/tmp/file%d", i);
        if (open(name, O_CREAT | O_WRONLY, 0644) != 3 + i) in_order = 0;
    }
    TRUE(in_order);
    TRY(close(40));
    TRY(close(7));
    TRY(open("/tmp/again", O_CREAT | O_WRONLY, 0644));
    TRY(open("/tmp/again", O_RDONLY));
    TRY(open("/tmp/again", O_RDONLY));
    ssize_t length = readlink("/proc/self/fd/10", target, sizeof target);
    printf("%.*s\n", (int)length, target);
    length = readlink("/proc/self/fd/7", target, sizeof target);
    printf("%.*s\n", (int)length, target);
    int closed = 0;
    for (int i = 3; i <= 103; i++) closed += close(i) == 0;
    TRY(closed);
    TRY(close(3));
    TRY(open("/tmp/again", O_RDONLY));
    TRY(close(0));
    TRY(open("/tmp/again", O_RDONLY));
    TRY(read(0, name, sizeof name));
    return 0;
}
