// open with each of its flags, and the errors that each brings.
// modes: O1 O2
#define _GNU_SOURCE
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>
#include "../show.h"

int main(void) {
    char bytes[16];
    TRY(open("/tmp/none", O_RDONLY));
    TRY(open("", O_RDONLY));
    TRY(open("/tmp/no/such", O_WRONLY | O_CREAT, 0644));
    TRY(open("/tmp/a", O_WRONLY | O_CREAT | O_EXCL, 0644));
    TRY(write(3, "hello", 5));
    TRY(close(3));
    TRY(open("/tmp/a", O_WRONLY | O_CREAT | O_EXCL, 0644));
    TRY(open("/tmp/a", O_RDONLY | O_CREAT, 0644));
    TRY(read(3, bytes, sizeof bytes));
    TRY(close(3));
    TRY(open("/tmp/a", O_WRONLY | O_TRUNC));
    struct stat status;
    TRY(fstat(3, &status));
    TRY(status.st_size);
    TRY(close(3));
    TRY(open("/tmp/a", O_RDONLY | O_DIRECTORY));
    TRY(open("/tmp", O_RDONLY | O_DIRECTORY));
    TRY(close(3));
    TRY(open("/tmp", O_WRONLY));
    TRY(open("/tmp", O_RDWR));
    TRY(symlink("/tmp/a", "/tmp/link"));
    TRY(open("/tmp/link", O_RDONLY | O_NOFOLLOW));
    TRY(open("/tmp/link", O_RDONLY));
    TRY(close(3));
    TRY(open("/tmp/link", O_WRONLY | O_CREAT | O_EXCL, 0600));
    TRY(creat("/tmp/b", 0600));
    TRY(read(3, bytes, 1));
    TRY(close(3));
    TRY(close(3));
    return 0;
}
