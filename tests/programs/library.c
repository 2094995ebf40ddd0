// What C programs ask of their library: files, folders, time, sorting, formatting, errors, an exit status.

#include <assert.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

static const char *const words[] = {"pear", "apple", "fig", "date", "cherry", "banana"};
enum { COUNT = sizeof words / sizeof *words };

static int by_text(const void *left, const void *right) {
    return strcmp(*(const char *const *)left, *(const char *const *)right);
}

static void files(void) {
    FILE *file = fopen("/work/words.txt", "w");
    if (!file) {
        perror("words.txt");
        exit(1);
    }
    for (int index = 0; index < COUNT; index++) fprintf(file, "%s %d\n", words[index], (int)strlen(words[index]));
    fclose(file);
    file = fopen("/work/words.txt", "r+");
    char word[32];
    int length, total = 0;
    while (fscanf(file, "%31s %d", word, &length) == 2) total += length;
    fseek(file, -9, SEEK_END);
    fgets(word, sizeof word, file);
    printf("%d letters, last line %s", total, word);
    fclose(file);
    struct stat status;
    rename("/work/words.txt", "/work/renamed.txt");
    printf("stat of the old name: %d, %s\n", stat("/work/words.txt", &status), strerror(errno));
    stat("/work/renamed.txt", &status);
    printf("%lld bytes, regular %d\n", (long long)status.st_size, S_ISREG(status.st_mode));
    truncate("/work/renamed.txt", 4);
    int descriptor = open("/work/renamed.txt", O_RDWR | O_APPEND);
    write(descriptor, "!", 1);
    char all[8] = {0};
    pread(descriptor, all, sizeof all, 0);
    printf("%s, at %lld\n", all, (long long)lseek(descriptor, 0, SEEK_CUR));
    close(descriptor);
    printf("beyond the grant: %d\n", open("/etc/passwd", O_RDONLY));
}

static void folders(void) {
    mkdir("/work/folder", 0777);
    for (int index = 0; index < COUNT; index++) {
        char path[64];
        snprintf(path, sizeof path, "/work/folder/%s", words[index]);
        fclose(fopen(path, "w"));
    }
    DIR *folder = opendir("/work/folder");
    const char *names[COUNT + 2];
    int count = 0;
    for (struct dirent *entry; (entry = readdir(folder));)
        if (entry->d_name[0] != '.') names[count++] = strdup(entry->d_name);
    closedir(folder);
    qsort(names, count, sizeof *names, by_text);
    for (int index = 0; index < count; index++) printf("%s%c", names[index], index + 1 < count ? ' ' : '\n');
    printf("rmdir: %d, %s\n", rmdir("/work/folder"), strerror(errno));
    for (int index = 0; index < count; index++) {
        char path[64];
        snprintf(path, sizeof path, "/work/folder/%s", names[index]);
        unlink(path);
    }
    printf("rmdir: %d\n", rmdir("/work/folder"));
}

static void times(void) {
    struct timespec before, after, pause = {0, 2000000};
    clock_gettime(CLOCK_MONOTONIC, &before);
    nanosleep(&pause, NULL);
    clock_gettime(CLOCK_MONOTONIC, &after);
    long long passed = (after.tv_sec - before.tv_sec) * 1000000000LL + after.tv_nsec - before.tv_nsec;
    printf("slept long enough: %d; the clock is right: %d\n", passed >= 2000000, time(NULL) > 1700000000);
    time_t moment = 951782400;
    char text[64];
    strftime(text, sizeof text, "%Y-%m-%d %H:%M:%S %a, day %j", gmtime(&moment));
    puts(text);
}

static void numbers(void) {
    printf("%8.3f|%-6s|%05d|%x|%lld|%g|%a\n", sqrt(2), "ab", -42, 48879, -9000000000000LL, 1e-7, 0.1);
    printf("%.17g %.17g %.17g\n", sin(1), pow(2, 0.5), exp(-1));
    char *end;
    printf("%ld %s", strtol("99999999999999999999", &end, 10), errno == ERANGE ? "out of range, " : "");
    printf("%g and %s\n", strtod("2.5e3xyz", &end), end);
    unsigned sum = 0;
    char *block = NULL;
    for (size_t size = 1; size < 1 << 22; size *= 2) {
        block = realloc(block, size);
        memset(block + size / 2, 7, size - size / 2);
        sum += block[size / 3];
    }
    free(block);
    printf("%u\n", sum);
}

static void last(void) {
    puts("at exit");
}

int main(int count, char **arguments) {
    atexit(last);
    printf("%d arguments, the last is %s; GREETING is %s\n", count, arguments[count - 1], getenv("GREETING"));
    files();
    folders();
    times();
    numbers();
    fprintf(stderr, "done\n");
    return 3;
}
