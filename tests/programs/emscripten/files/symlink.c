// symlink, readlink and readlinkat: targets kept, read through, dangling and cut short.
// modes: O1 O2
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>
#include "../show.h"

static void show(const char *path) {
    char target[64];
    ssize_t length = readlink(path, target, sizeof target);
    if (length < 0) printf("%s: %s\n", path, error_name(errno));
    else printf("%s -> %.*s (%zd)\n", path, (int)length, target, length);
}

int main(void) {
    char bytes[16];
    int file = open("/tmp/file", O_WRONLY | O_CREAT, 0644);
    write(file, "content", 7);
    TRY(symlink("/tmp/file", "/tmp/absolute"));
    show("/tmp/absolute");
    TRY(symlink("/tmp/file", "/tmp/absolute"));
    TRY(symlink("/tmp/file", "/tmp/no/link"));
    TRY(symlink("/nowhere", "/tmp/dangling"));
    show("/tmp/dangling");
    TRY(open("/tmp/dangling", O_RDONLY));
    TRY(access("/tmp/dangling", F_OK));
    show("/tmp/file");
    show("/tmp/none");
    int through = open("/tmp/absolute", O_RDONLY);
    TRY(read(through, bytes, 16));
    mkdir("/tmp/folder", 0755);
    close(open("/tmp/folder/inner", O_CREAT | O_WRONLY, 0644));
    TRY(symlink("/tmp/folder", "/tmp/way"));
    TRY(access("/tmp/way/inner", F_OK));
    TRY(symlink("folder/inner", "/tmp/relative"));
    TRY(access("/tmp/relative", F_OK));
    TRY(readlink("/tmp/absolute", bytes, 4));
    printf("%.4s\n", bytes);
    TRY(readlink("/tmp/absolute", bytes, 0));
    int folder = open("/tmp", O_RDONLY);
    memset(bytes, 0, sizeof bytes);
    TRY(readlinkat(folder, "absolute", bytes, 15));
    printf("%s\n", bytes);
    TRY(readlinkat(folder, "none", bytes, 15));
    TRY(readlinkat(91, "absolute", bytes, 15));
    TRY(symlinkat("target", 91, "link"));
    TRY(unlink("/tmp/absolute"));
    TRY(access("/tmp/file", F_OK));
    return 0;
}
