// A plugin of plugins.c: adds a line with the count.
#include <stdio.h>
#include "plugins.h"
static int runs;
__attribute__((constructor)) static void start(void) { host_log("count", "constructed"); }
static struct line *filter(struct line *lines) {
    char text[64];
    int count = 0;
    for (struct line *line = lines; line; line = line->next) count++;
    snprintf(text, sizeof text, "%d lines, run %d", count, ++runs);
    host_add_line(text);
    return lines;
}
const struct plugin plugin = {PLUGIN_VERSION, "count", "counts the lines", filter};
