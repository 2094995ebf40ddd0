// Regular expressions, fnmatch, iconv, locale, wide characters and string functions.
// modes: O1 O2 standalone
#define _GNU_SOURCE
#include <ctype.h>
#include <fnmatch.h>
#include <iconv.h>
#include <locale.h>
#include <regex.h>
#include <stdlib.h>
#include <wchar.h>
#include "../show.h"

int main(void) {
    regex_t expression;
    regmatch_t matches[3];
    TRY(regcomp(&expression, "([a-z]+)-([0-9]{2,})", REG_EXTENDED));
    TRY(regexec(&expression, "see abc-123 there", 3, matches, 0));
    printf("%d..%d %d..%d\n", (int)matches[1].rm_so, (int)matches[1].rm_eo, (int)matches[2].rm_so, (int)matches[2].rm_eo);
    TRUE(regexec(&expression, "abc-1", 0, NULL, 0) == REG_NOMATCH);
    regfree(&expression);
    TRY(fnmatch("*.[ch]", "file.c", 0));
    TRUE(fnmatch("*.[ch]", "file.o", 0) == FNM_NOMATCH);
    iconv_t converter = iconv_open("UTF-16LE", "UTF-8");
    char in[] = "aé", out[16], *from = in, *to = out;
    size_t left = 3, room = sizeof out;
    TRY(iconv(converter, &from, &left, &to, &room));
    for (char *byte = out; byte < to; byte++) printf("%02x ", (unsigned char)*byte);
    printf("\n");
    iconv_close(converter);
    printf("%s\n", setlocale(LC_ALL, "C") ? "locale" : "none");
    wchar_t wide[8];
    TRY(mbstowcs(wide, "xyz", 8));
    TRY(wcscmp(wide, L"xyz"));
    char text[] = "a,b;;c", *state = NULL;
    for (char *part = strtok_r(text, ",;", &state); part; part = strtok_r(NULL, ",;", &state)) printf("[%s]", part);
    printf("\n%s %s %d %d\n", strchr("hello", 'l'), strrchr("a/b/c", '/'), strcasecmp("ABC", "abc"), strverscmp("v9", "v10") < 0);
    printf("%s\n", (char *)memmem("needle in hay", 13, "in", 2));
    printf("%d %d %d\n", !!isalpha('x'), toupper('q'), !!ispunct('x'));
    for (int error = 1; error < 5; error++) printf("%s\n", strerror(error));
    return 0;
}
