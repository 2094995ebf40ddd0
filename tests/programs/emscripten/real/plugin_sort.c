// A plugin of plugins.c: sorts the lines and drops those that are there twice.
#include <stdlib.h>
#include <string.h>
#include "plugins.h"
static int compare(const void *a, const void *b) { return strcmp((*(struct line *const *)a)->text, (*(struct line *const *)b)->text); }
static struct line *filter(struct line *lines) {
    size_t count = 0;
    for (struct line *line = lines; line; line = line->next) count++;
    struct line **all = malloc(count * sizeof *all), *first = NULL, **end = &first;
    count = 0;
    for (struct line *line = lines; line; line = line->next) all[count++] = line;
    qsort(all, count, sizeof *all, compare);
    for (size_t i = 0; i < count; i++) {
        if (i && strcmp(all[i - 1]->text, all[i]->text) == 0) continue;
        *end = all[i];
        end = &all[i]->next;
    }
    *end = NULL;
    free(all);
    host_log("sort", "sorted");
    return first;
}
const struct plugin plugin = {PLUGIN_VERSION, "sort", "sorts, each line once", filter};
