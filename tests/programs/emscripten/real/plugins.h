// What plugins.c and its plugins share.
enum { PLUGIN_VERSION = 3 };
struct line { struct line *next; char text[]; };
struct plugin {
    int version;
    const char *name, *about;
    struct line *(*filter)(struct line *);
};
extern struct line *host_add_line(const char *text);
extern void host_log(const char *plugin, const char *message);
