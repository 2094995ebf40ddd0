// A text filter whose steps are plugins, side modules named by the arguments.
// modes: dynamic
// side: plugin_upper.c plugin_count.c plugin_sort.c
// arguments: plugin_sort plugin_upper plugin_none plugin_count
// stdin: pear\napple\nfig\ncherry\napple\n
#include <dlfcn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "plugins.h"

static struct line *lines;

struct line *host_add_line(const char *text) {
    struct line *line = malloc(sizeof *line + strlen(text) + 1);
    strcpy(line->text, text);
    line->next = NULL;
    struct line **end = &lines;
    while (*end) end = &(*end)->next;
    *end = line;
    return line;
}
void host_log(const char *plugin, const char *message) { printf("%s: %s\n", plugin, message); }

int main(int argc, char **argv) {
    char text[256];
    while (fgets(text, sizeof text, stdin)) {
        text[strcspn(text, "\n")] = 0;
        host_add_line(text);
    }
    int failed = 0;
    void *opened[16];
    for (int i = 1; i < argc; i++) {
        char name[64];
        snprintf(name, sizeof name, "%s.wasm", argv[i]);
        opened[i] = dlopen(name, RTLD_NOW);
        if (!opened[i]) {
            printf("%s cannot be opened: %s\n", argv[i], dlerror() ? "there is a reason" : "no reason");
            failed++;
            continue;
        }
        const struct plugin *plugin = dlsym(opened[i], "plugin");
        if (!plugin || plugin->version != PLUGIN_VERSION) return 2;
        printf("%s: %s\n", plugin->name, plugin->about);
        lines = plugin->filter(lines);
        for (struct line *line = lines; line; line = line->next) printf("  %s\n", line->text);
    }
    for (int i = 1; i < argc; i++) if (opened[i]) dlclose(opened[i]);
    printf("%d failed\n", failed);
    return 0;
}
