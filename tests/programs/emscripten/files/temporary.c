// mkstemp, mkdtemp, tmpfile and tmpnam: names that are new each time.
// modes: O1 O2
#define _GNU_SOURCE
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>
#include "../show.h"

int main(void) {
    char first[] = "/tmp/nameXXXXXX", second[] = "/tmp/nameXXXXXX", folder[] = "/tmp/folderXXXXXX";
    char bad[] = "/tmp/name", suffixed[] = "/tmp/nameXXXXXX.txt";
    int a = mkstemp(first), b = mkstemp(second);
    TRUE(a >= 0 && b >= 0 && a != b);
    TRUE(strcmp(first, second) != 0);
    TRUE(strncmp(first, "/tmp/name", 9) == 0 && strstr(first, "XXXXXX") == NULL);
    struct stat status;
    TRY(stat(first, &status));
    printf("%o\n", (unsigned)status.st_mode);
    TRUE(mkdtemp(folder) == folder);
    TRY(stat(folder, &status));
    TRUE(S_ISDIR(status.st_mode));
    TRY(mkstemp(bad));
    int c = mkstemps(suffixed, 4);
    TRUE(c >= 0);
    TRUE(strcmp(suffixed + 15, ".txt") == 0);
    FILE *file = tmpfile();
    TRUE(file != NULL);
    fputs("scratch", file);
    rewind(file);
    char text[16];
    TRUE(fgets(text, sizeof text, file) && strcmp(text, "scratch") == 0);
    TRY(fclose(file));
    char name[L_tmpnam];
    TRUE(tmpnam(name) == name);
    TRY(access(name, F_OK));
    return 0;
}
