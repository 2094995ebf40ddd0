// rename: over files and folders, and each of its errors.
// modes: O1 O2
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>
#include "../show.h"

static void make(const char *path, const char *text) {
    int file = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0644);
    write(file, text, strlen(text));
    close(file);
}

static void show(const char *path) {
    char bytes[32];
    int file = open(path, O_RDONLY);
    if (file < 0) { printf("%s: %s\n", path, error_name(errno)); return; }
    ssize_t length = read(file, bytes, sizeof bytes);
    printf("%s: %.*s\n", path, (int)length, bytes);
    close(file);
}

int main(void) {
    chdir("/tmp");
    make("a", "text of a");
    make("b", "text of b");
    TRY(rename("a", "c"));
    show("a");
    show("c");
    TRY(rename("c", "b"));
    show("b");
    TRY(rename("b", "b"));
    show("b");
    TRY(rename("none", "d"));
    TRY(rename("b", "no/such/b"));
    mkdir("full", 0755);
    make("full/inner", "inner");
    mkdir("empty", 0755);
    TRY(rename("b", "empty"));
    TRY(rename("empty", "b"));
    TRY(rename("empty", "full"));
    TRY(rename("full", "full/below"));
    TRY(rename("full", "empty"));
    show("empty/inner");
    show("full/inner");
    TRY(rename("empty/inner", "moved"));
    show("moved");
    TRY(rmdir("empty"));
    TRY(rename("/tmp/moved", "/moved"));
    show("/moved");
    TRY(symlink("/moved", "/tmp/link"));
    TRY(rename("/tmp/link", "/tmp/renamed"));
    show("/tmp/renamed");
    TRY(rename("/tmp/link", "/tmp/again"));
    return 0;
}
