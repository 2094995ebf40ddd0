// The tree that Emscripten's file system starts with.
// modes: O1 O2
#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>
#include "../show.h"

static void show(const char *path) {
    struct stat status;
    if (stat(path, &status)) printf("%s: %s\n", path, error_name(errno));
    else printf("%s: %s %o\n", path, S_ISDIR(status.st_mode) ? "folder" : S_ISCHR(status.st_mode) ? "device" : "file", (unsigned)status.st_mode & 0777);
}

int main(void) {
    show("/");
    show("/tmp");
    show("/home");
    show("/home/web_user");
    show("/dev");
    show("/dev/shm");
    show("/dev/null");
    DIR *folder = opendir("/home/web_user");
    int count = 0;
    while (readdir(folder)) count++;
    closedir(folder);
    TRY(count);
    TRY(mkdir("/data", 0755));
    int file = open("/data/file", O_RDWR | O_CREAT, 0644);
    TRY(write(file, "in the root", 11));
    show("/data");
    show("/data/file");
    TRY(open("/home/web_user/mine", O_RDWR | O_CREAT, 0644));
    return 0;
}
