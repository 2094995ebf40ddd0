// Standard input by scanf, fgets, getchar and read, to its end.
// modes: O1 O2 standalone
// stdin: 12 34.5 word\nsecond line\nxyz\nrest of the text\nlast
#include <unistd.h>
#include "../show.h"

int main(void) {
    int whole;
    double real;
    char word[32], line[64];
    TRY(scanf("%d %lf %31s", &whole, &real, word));
    printf("%d %g %s\n", whole, real, word);
    TRY(getchar());
    TRUE(fgets(line, sizeof line, stdin) != NULL);
    printf("%s", line);
    TRY(getchar());
    TRY(ungetc('X', stdin));
    TRUE(fgets(line, sizeof line, stdin) != NULL);
    printf("%s", line);
    int lines = 0, characters = 0, c;
    while ((c = getchar()) != EOF) {
        characters++;
        if (c == '\n') lines++;
    }
    printf("%d lines, %d characters\n", lines, characters);
    TRUE(feof(stdin));
    TRY(read(0, line, 8));
    return 0;
}
