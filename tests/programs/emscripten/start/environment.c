// setenv, putenv, unsetenv and environ.
// modes: O1 O2 standalone
#define _GNU_SOURCE
#include <stdlib.h>
#include <unistd.h>
#include "../show.h"

extern char **environ;

static void show(const char *name) {
    const char *value = getenv(name);
    printf("%s: %s\n", name, value ? value : "(none)");
}

int main(void) {
    show("WASMC_TEST");
    TRY(setenv("WASMC_TEST", "first", 0));
    show("WASMC_TEST");
    TRY(setenv("WASMC_TEST", "second", 0));
    show("WASMC_TEST");
    TRY(setenv("WASMC_TEST", "third", 1));
    show("WASMC_TEST");
    TRY(setenv("", "x", 1));
    TRY(setenv("A=B", "x", 1));
    static char put[] = "WASMC_PUT=1";
    TRY(putenv(put));
    put[10] = '2';
    show("WASMC_PUT");
    TRY(unsetenv("WASMC_TEST"));
    show("WASMC_TEST");
    TRY(unsetenv("WASMC_TEST"));
    TRY(unsetenv("A=B"));
    static char *none[] = {NULL};
    environ = none;
    show("WASMC_PUT");
    TRY(setenv("ONLY", "one", 1));
    printf("%s\n", environ[0]);
    TRUE(environ[1] == NULL);
    return 0;
}
