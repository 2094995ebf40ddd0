// A small parser that leaves by longjmp at each error, with messages, as C programs do.
// modes: O1 O2 standalone wasm-longjmp
#include <ctype.h>
#include <setjmp.h>
#include "../show.h"

struct parser { const char *at; jmp_buf failed; const char *message; };

static void fail(struct parser *parser, const char *message) {
    parser->message = message;
    longjmp(parser->failed, (int)strlen(message));
}
static int sum(struct parser *parser);
static int atom(struct parser *parser) {
    if (*parser->at == '(') {
        parser->at++;
        int value = sum(parser);
        if (*parser->at++ != ')') fail(parser, "no closing bracket");
        return value;
    }
    if (!isdigit((unsigned char)*parser->at)) fail(parser, "no number");
    int value = 0;
    while (isdigit((unsigned char)*parser->at)) value = value * 10 + *parser->at++ - '0';
    return value;
}
static int product(struct parser *parser) {
    int value = atom(parser);
    while (*parser->at == '*' || *parser->at == '/') {
        char operator= *parser->at++;
        int other = atom(parser);
        if (operator== '/' && other == 0) fail(parser, "division by zero");
        value = operator== '*' ? value * other : value / other;
    }
    return value;
}
static int sum(struct parser *parser) {
    int value = product(parser);
    while (*parser->at == '+' || *parser->at == '-') {
        char operator= *parser->at++;
        int other = product(parser);
        value = operator== '+' ? value + other : value - other;
    }
    return value;
}

static void evaluate(const char *text) {
    struct parser parser = {.at = text};
    if (setjmp(parser.failed)) {
        printf("%s: %s at %d\n", text, parser.message, (int)(parser.at - text));
        return;
    }
    int value = sum(&parser);
    if (*parser.at) fail(&parser, "more than an expression");
    printf("%s = %d\n", text, value);
}

int main(void) {
    evaluate("1+2*3");
    evaluate("(1+2)*3-4/2");
    evaluate("2*(3+4");
    evaluate("1/0");
    evaluate("7+");
    evaluate("((((5))))");
    evaluate("1 2");
    evaluate("100/(2-2*1)");
    return 0;
}
