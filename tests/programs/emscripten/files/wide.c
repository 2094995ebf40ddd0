// File names and contents beyond ASCII, and wide-character streams.
// modes: O1 O2
#include <fcntl.h>
#include <locale.h>
#include <sys/stat.h>
#include <unistd.h>
#include <wchar.h>
#include "../show.h"

int main(void) {
    setlocale(LC_ALL, "");
    struct stat status;
    const char *path = "/tmp/grüße-日本-🙂";
    FILE *file = fopen(path, "w");
    TRUE(file != NULL);
    TRY(fwprintf(file, L"wide %d Ж\n", 7));
    TRY(fputwc(L'é', file) == L'é');
    TRY(fclose(file));
    TRY(stat(path, &status));
    TRY(status.st_size);
    file = fopen(path, "r");
    wchar_t line[32];
    TRUE(fgetws(line, 32, file) != NULL);
    TRY(wcslen(line));
    TRUE(fgetwc(file) == L'é');
    TRUE(fgetwc(file) == WEOF);
    fclose(file);
    symlink(path, "/tmp/link");
    char target[64];
    ssize_t length = readlink("/tmp/link", target, sizeof target);
    printf("%.*s %zd\n", (int)length, target, length);
    TRY(unlink(path));
    return 0;
}
