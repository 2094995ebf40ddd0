// A folder with two hundred files: getdents is called again until all are seen, each once.
// modes: O1 O2
#include <dirent.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>
#include "../show.h"

int main(void) {
    char path[64];
    int seen[200] = {0};
    mkdir("/tmp/many", 0755);
    for (int i = 0; i < 200; i++) {
        snprintf(path, sizeof path, "/tmp/many/entry-%03d", i);
        close(open(path, O_CREAT | O_WRONLY, 0644));
    }
    DIR *folder = opendir("/tmp/many");
    struct dirent *entry;
    int others = 0;
    while ((entry = readdir(folder))) {
        int index;
        if (sscanf(entry->d_name, "entry-%d", &index) == 1) seen[index]++;
        else others++;
    }
    int once = 0;
    for (int i = 0; i < 200; i++) once += seen[i] == 1;
    printf("%d seen once, %d others\n", once, others);
    rewinddir(folder);
    for (int i = 0; i < 50; i++) readdir(folder);
    long place = telldir(folder);
    entry = readdir(folder);
    char name[32];
    strcpy(name, entry->d_name);
    for (int i = 0; i < 20; i++) readdir(folder);
    seekdir(folder, place);
    entry = readdir(folder);
    TRUE(strcmp(name, entry->d_name) == 0);
    closedir(folder);
    int removed = 0;
    for (int i = 0; i < 200; i++) {
        snprintf(path, sizeof path, "/tmp/many/entry-%03d", i);
        removed += unlink(path) == 0;
    }
    TRY(removed);
    TRY(rmdir("/tmp/many"));
    return 0;
}
