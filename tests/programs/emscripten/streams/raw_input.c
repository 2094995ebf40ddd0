// read on descriptor 0 in small pieces until its end.
// modes: O1 O2 standalone
// stdin: abcdefghijklmnopqrstuvwxyz
#include <unistd.h>
#include "../show.h"

int main(void) {
    char piece[10];
    char all[64];
    int total = 0;
    ssize_t length;
    while ((length = read(0, piece, 7)) > 0) {
        memcpy(all + total, piece, length);
        total += length;
    }
    TRY(length);
    printf("%.*s\n", total, all);
    TRY(read(0, piece, 1));
    TRY(write(0 + 1, "", 0));
    return 0;
}
