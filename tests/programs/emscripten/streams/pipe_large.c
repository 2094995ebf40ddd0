// A pipe holds some tens of kilobytes between writer and reader.
// modes: O1 O2
#include <unistd.h>
#include "../show.h"

static unsigned char sent[40000], got[40000];

int main(void) {
    int ends[2];
    TRY(pipe(ends));
    for (int i = 0; i < 40000; i++) sent[i] = (unsigned char)(i * 7 + i / 256);
    int written = 0;
    for (int i = 0; i < 40; i++) written += write(ends[1], sent + i * 1000, 1000);
    TRY(written);
    int total = 0, reads = 0;
    while (total < 40000) {
        ssize_t length = read(ends[0], got + total, total + 3333 > 40000 ? 40000 - total : 3333);
        if (length <= 0) break;
        total += length;
        reads++;
    }
    TRY(total);
    TRY(reads);
    TRUE(memcmp(sent, got, 40000) == 0);
    return 0;
}
