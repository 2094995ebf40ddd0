// gzip files by zlib's own file functions, which use descriptors.
// modes: O1 O2
// flags: -sALLOW_MEMORY_GROWTH -DHAVE_UNISTD_H -DHAVE_STDARG_H
// sources: libz-sys 1.1.22 src/zlib/*.c
// include: libz-sys 1.1.22 src/zlib
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <zlib.h>

int main(void) {
    char line[64];
    struct stat status;
    gzFile file = gzopen("/tmp/lines.gz", "wb6");
    if (!file) return 1;
    for (int i = 0; i < 5000; i++) gzprintf(file, "line %d of the file\n", i);
    printf("written: %d\n", gzclose(file));
    stat("/tmp/lines.gz", &status);
    printf("%lld bytes\n", (long long)status.st_size);
    file = gzopen("/tmp/lines.gz", "ab9");
    gzputs(file, "the last line\n");
    gzclose(file);
    file = gzopen("/tmp/lines.gz", "rb");
    int lines = 0;
    while (gzgets(file, line, sizeof line)) {
        if (lines % 1000 == 0 || lines > 4998) printf("%d: %s", lines, line);
        lines++;
    }
    printf("%d lines, at the end %d, direct %d\n", lines, gzeof(file), gzdirect(file));
    printf("seek: %ld\n", (long)gzseek(file, 100000, SEEK_SET));
    printf("%s", gzgets(file, line, sizeof line) ? line : "none\n");
    printf("tell: %ld\n", (long)gztell(file));
    gzclose(file);
    printf("missing: %s\n", gzopen("/tmp/none.gz", "rb") ? "opened" : "not there");
    return 0;
}
