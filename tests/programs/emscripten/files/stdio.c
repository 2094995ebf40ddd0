// Streams on files: fopen, fread, fwrite, fseek, ftell, ungetc, fgets, getline, feof.
// modes: O1 O2
#define _GNU_SOURCE
#include <stdlib.h>
#include "../show.h"

int main(void) {
    char line[32];
    FILE *file = fopen("/tmp/text", "w+");
    TRUE(file != NULL);
    TRY(fprintf(file, "first %d\nsecond %s\nthird", 1, "line"));
    TRY(ftell(file));
    rewind(file);
    TRUE(fgets(line, sizeof line, file) != NULL);
    printf("%s", line);
    TRY(ungetc('S', file));
    TRY(fgetc(file));
    TRUE(fgets(line, 5, file) != NULL);
    printf("[%s]\n", line);
    char *grown = NULL;
    size_t capacity = 0;
    TRY(getline(&grown, &capacity, file));
    printf("%s", grown);
    TRY(getdelim(&grown, &capacity, 'r', file));
    printf("[%s]\n", grown);
    free(grown);
    TRUE(feof(file));
    TRY(fread(line, 1, sizeof line, file));
    TRUE(feof(file));
    TRY(fgetc(file));
    clearerr(file);
    TRUE(feof(file));
    TRY(fseek(file, 6, SEEK_SET));
    TRY(fputs("ONE", file));
    TRY(fseek(file, -3, SEEK_END));
    TRY(fread(line, 1, 3, file));
    printf("%.3s\n", line);
    TRY(fseek(file, -1, SEEK_SET));
    TRY(fflush(file));
    TRY(fileno(file));
    TRY(fclose(file));
    TRUE(fopen("/tmp/none", "r") == NULL);
    TRUE(errno == ENOENT);
    file = fopen("/tmp/text", "r");
    TRY(fputc('x', file));
    TRUE(ferror(file));
    int number;
    char word[16];
    TRY(fscanf(file, "%15s ONE%d %15s", word, &number, line));
    printf("%s\n", word);
    TRY(fclose(file));
    return 0;
}
