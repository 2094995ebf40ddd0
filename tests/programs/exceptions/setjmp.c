// setjmp and longjmp, as far as one may go with them.

#include <setjmp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static jmp_buf outer, inner;

static void jump_from(int depth, jmp_buf to, int value) {
    volatile char frame[100];
    memset((void *)frame, depth, sizeof frame);
    if (depth == 0) longjmp(to, value);
    jump_from(depth - 1, to, value + 1);
    printf("not reached %d\n", frame[0]);
}

static int values(void) {
    switch (setjmp(outer)) {
    case 0: longjmp(outer, 0);
    case 1: puts("0 becomes 1"); longjmp(outer, 7);
    case 7: return 7;
    default: return -1;
    }
}

static int nested(void) {
    volatile int count = 0;
    if (setjmp(outer) == 0) {
        if (setjmp(inner) == 0) {
            count += 1;
            jump_from(10, inner, 100);
        }
        count += 10;
        jump_from(3, outer, 1);
    }
    return count + 100;
}

static int again(void) {
    volatile int tries = 0;
    int value = setjmp(outer);
    tries++;
    if (tries < 1000) longjmp(outer, tries);
    return value + tries;
}

static int compare(const void *left, const void *right) {
    int a = *(const int *)left, b = *(const int *)right;
    if (a == 13 || b == 13) longjmp(outer, 13);
    return a - b;
}

static int through_library(void) {
    int numbers[] = {5, 3, 13, 1};
    int value = setjmp(outer);
    if (value == 0) qsort(numbers, 4, sizeof *numbers, compare);
    return value;
}

// A parser that gives up from deep inside, as C programs do.
static const char *rest;
static jmp_buf failed;

static int sum(void);

static int term(void) {
    if (*rest == '(') {
        rest++;
        int value = sum();
        if (*rest++ != ')') longjmp(failed, 1);
        return value;
    }
    if (*rest < '0' || *rest > '9') longjmp(failed, 2);
    return *rest++ - '0';
}

static int sum(void) {
    int value = term();
    while (*rest == '+') {
        rest++;
        value += term();
    }
    return value;
}

static void parse(const char *text) {
    rest = text;
    int error = setjmp(failed);
    if (error) printf("%s: error %d at %d\n", text, error, (int)(rest - text));
    else printf("%s = %d\n", text, sum());
}

int main(int argc, char **argv) {
    (void)argv;
    printf("values %d\n", values());
    printf("nested %d\n", nested());
    printf("again %d\n", again());
    printf("through library %d\n", through_library());
    parse("1+(2+3)+4");
    parse("1+(2+3");
    parse("1+(2+x)");
    if (argc > 1) {
        // There is nobody left to jump to.
        jmp_buf nowhere;
        memset(nowhere, 0, sizeof nowhere);
        longjmp(nowhere, 1);
    }
    return 0;
}
