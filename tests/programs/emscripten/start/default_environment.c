// The variables that Emscripten gives a program of its own accord.
// modes: O1 O2
#include <stdlib.h>
#include "../show.h"

int main(void) {
    for (const char **name = (const char *[]){"USER", "LOGNAME", "PATH", "PWD", "HOME", "LANG", NULL}; *name; name++) {
        const char *value = getenv(*name);
        printf("%s=%s\n", *name, value ? value : "(none)");
    }
    TRUE(getenv("_") != NULL);
    return 0;
}
