// Standard output sent to a file by freopen-like dup2, and brought back.
// modes: O1 O2
#include <fcntl.h>
#include <unistd.h>
#include "../show.h"

int main(void) {
    char bytes[64];
    printf("before\n");
    fflush(stdout);
    int kept = dup(1);
    int file = open("/tmp/out", O_RDWR | O_CREAT, 0644);
    TRY(kept);
    fflush(stdout);
    dup2(file, 1);
    printf("into the file\n");
    fflush(stdout);
    dup2(kept, 1);
    printf("after\n");
    ssize_t length = pread(file, bytes, sizeof bytes, 0);
    printf("%zd: %.*s", length, (int)length, bytes);
    TRUE(freopen("/tmp/out", "r", stdin) != NULL);
    TRUE(fgets(bytes, sizeof bytes, stdin) != NULL);
    printf("%s", bytes);
    return 0;
}
