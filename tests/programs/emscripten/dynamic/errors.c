// What dlerror says: of modules that are missing, unfit or refer to what is not there, of symbols, handles and modes; once each.
// modes: dynamic
// side: errors_side.c errors_data_side.c
#include <dlfcn.h>
#include <stdlib.h>
#include "../show.h"

static void show(const char *what) {
    char *error = dlerror();
    printf("%s: %s\n", what, error ? error : "nothing");
}

int main(void) {
    show("at the start");
    TRUE(dlopen("errors_missing.wasm", RTLD_NOW) == NULL);
    show("missing");
    show("and then");
    TRUE(dlopen("no/such/folder.wasm", RTLD_NOW) == NULL);
    show("a folder that is missing");
    TRUE(dlopen("errors_side.wasm", 0) == NULL);
    show("no mode");
    void *side = dlopen("errors_side.wasm", RTLD_NOW);
    TRUE(side != NULL);
    show("loaded");
    TRUE(dlsym(side, "errors_none") == NULL);
    show("no such symbol");
    TRUE(dlsym(RTLD_DEFAULT, "errors_none") == NULL);
    show("no such symbol of any");
    TRUE(dlsym(side, "errors_function") != NULL);
    show("found");
    TRUE(dlsym((void *)1234, "errors_function") == NULL);
    show("no handle");
    TRUE(dlclose((void *)1234) != 0);
    show("no handle to close");
    TRY(dlclose(side));
    show("closed");
    // Several at once: the last one counts.
    dlsym(side, "errors_first");
    dlsym(side, "errors_second");
    show("two");
    show("and then");
    // Data that nobody defines.
    TRUE(dlopen("errors_data_side.wasm", RTLD_NOW) == NULL);
    show("data that nobody defines");
    TRUE(dlsym(RTLD_DEFAULT, "errors_data_function") == NULL);
    show("of a module that could not be loaded");
    return 0;
}
