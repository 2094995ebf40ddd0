// A plugin of plugins.c: letters to capitals.
#include <ctype.h>
#include "plugins.h"
static struct line *filter(struct line *lines) {
    for (struct line *line = lines; line; line = line->next)
        for (char *at = line->text; *at; at++) *at = (char)toupper((unsigned char)*at);
    return lines;
}
const struct plugin plugin = {PLUGIN_VERSION, "upper", "letters to capitals", filter};
