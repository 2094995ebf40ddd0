/* A small stack machine that finds primes: a large switch, loads from a program, data-dependent branches. */
#include <stdint.h>
#include <stdio.h>

enum operation { PUSH, LOAD, STORE, ADD, MULTIPLY, REMAINDER, LESS, EQUAL, JUMP, JUMP_ZERO, HALT };
struct instruction { uint8_t operation; int32_t operand; };

static const struct instruction program[] = {
    {PUSH, 2}, {STORE, 0},                                        /* candidate = 2 */
    {LOAD, 0}, {LOAD, 3}, {LESS, 0}, {JUMP_ZERO, 32},             /* 2: while candidate < limit */
    {PUSH, 2}, {STORE, 1},                                        /* divisor = 2 */
    {LOAD, 1}, {LOAD, 1}, {MULTIPLY, 0}, {LOAD, 0}, {PUSH, 1}, {ADD, 0}, {LESS, 0}, {JUMP_ZERO, 25},
    {LOAD, 0}, {LOAD, 1}, {REMAINDER, 0}, {JUMP_ZERO, 27},        /* 16: divides: not a prime */
    {LOAD, 1}, {PUSH, 1}, {ADD, 0}, {STORE, 1}, {JUMP, 8},        /* 20: divisor++ */
    {LOAD, 2}, {JUMP, 33},                                        /* 25: a prime */
    {LOAD, 0}, {PUSH, 1}, {ADD, 0}, {STORE, 0}, {JUMP, 2},        /* 27: candidate++ */
    {HALT, 0},                                                    /* 32 */
    {PUSH, 1}, {ADD, 0}, {STORE, 2}, {JUMP, 27},                  /* 33: count++ */
};

static int32_t run(int32_t limit) {
    int32_t stack[16], variables[4] = {0, 0, 0, limit};
    int32_t *top = stack;
    for (const struct instruction *next = program;;) {
        const struct instruction now = *next++;
        switch (now.operation) {
        case PUSH: *top++ = now.operand; break;
        case LOAD: *top++ = variables[now.operand]; break;
        case STORE: variables[now.operand] = *--top; break;
        case ADD: top--; top[-1] += *top; break;
        case MULTIPLY: top--; top[-1] *= *top; break;
        case REMAINDER: top--; top[-1] %= *top; break;
        case LESS: top--; top[-1] = top[-1] < *top; break;
        case EQUAL: top--; top[-1] = top[-1] == *top; break;
        case JUMP: next = program + now.operand; break;
        case JUMP_ZERO: if (*--top == 0) next = program + now.operand; break;
        case HALT: return variables[2];
        }
    }
}

int main(void) {
    printf("%d\n", (int)run(150000));
}
