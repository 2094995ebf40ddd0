/* A tree of shapes visited through function pointers, and plain recursion: calls, direct and indirect. */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

struct node { int32_t (*value)(const struct node *, int32_t); struct node *left, *right; int32_t number; };

static int32_t leaf(const struct node *node, int32_t depth) { return node->number + depth; }
static int32_t sum(const struct node *node, int32_t depth) {
    return node->left->value(node->left, depth + 1) + node->right->value(node->right, depth + 1);
}
static int32_t mix(const struct node *node, int32_t depth) {
    return node->left->value(node->left, depth + 1) ^ node->right->value(node->right, depth + 2) * 3;
}

static struct node *grow(int depth, uint32_t *seed) {
    struct node *node = calloc(1, sizeof *node);
    *seed = *seed * 1664525 + 1013904223;
    node->number = (int32_t)(*seed >> 16);
    if (depth == 0) {
        node->value = leaf;
        return node;
    }
    node->value = *seed & 1 << 20 ? sum : mix;
    node->left = grow(depth - 1, seed);
    node->right = grow(depth - 1, seed);
    return node;
}

static __attribute__((noinline)) uint32_t fibonacci(uint32_t n) { return n < 2 ? n : fibonacci(n - 1) + fibonacci(n - 2); }

int main(void) {
    uint32_t seed = 7;
    struct node *tree = grow(14, &seed);
    int32_t total = 0;
    for (int round = 0; round < 1000; round++) total = total * 7 + tree->value(tree, round);
    printf("%08x %u\n", (unsigned)total, (unsigned)fibonacci(38));
}
