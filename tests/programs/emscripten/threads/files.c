// Threads write files of their own and read those of the others: one file system for all.
// modes: threads threads-proxied
// flags: -sPTHREAD_POOL_SIZE=4
#include <fcntl.h>
#include <pthread.h>
#include <sys/stat.h>
#include <unistd.h>
#include "../show.h"

static void *write_file(void *argument) {
    char path[32], line[32];
    snprintf(path, sizeof path, "/tmp/of-%ld", (long)argument);
    int file = open(path, O_CREAT | O_RDWR, 0644);
    for (int i = 0; i < 50; i++) {
        int length = snprintf(line, sizeof line, "%ld:%d\n", (long)argument, i);
        if (write(file, line, length) != length) return (void *)-1L;
    }
    struct stat status;
    fstat(file, &status);
    close(file);
    return (void *)(long)status.st_size;
}
static void *look(void *unused) {
    char path[32], bytes[8];
    for (int i = 0; i < 4; i++) {
        snprintf(path, sizeof path, "/tmp/of-%d", i);
        FILE *file = fopen(path, "r");
        printf("%s %s", path, file && fgets(bytes, sizeof bytes, file) ? bytes : "none\n");
        if (file) fclose(file);
    }
    TRY(open("/tmp/none", O_RDONLY));
    TRY(chdir("/tmp"));
    return unused;
}

int main(void) {
    pthread_t threads[4];
    for (long i = 0; i < 4; i++) pthread_create(&threads[i], NULL, write_file, (void *)i);
    for (int i = 0; i < 4; i++) {
        void *size;
        pthread_join(threads[i], &size);
        printf("%ld bytes\n", (long)size);
    }
    pthread_create(&threads[0], NULL, look, NULL);
    pthread_join(threads[0], NULL);
    TRY(access("of-3", R_OK));
    return 0;
}
