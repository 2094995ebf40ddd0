// Initialised data, constants, zeroed data and pointers within them.
// modes: O1 O2 standalone
#include <stdint.h>
#include "../show.h"

struct node { int value; const struct node *next; const char *name; int (*call)(int); };
static int twice(int x) { return x * 2; }
static int square(int x) { return x * x; }
static const struct node third = {3, NULL, "third", square};
static const struct node second = {2, &third, "second", twice};
static struct node first = {1, &second, "first", square};
static char zeros[10000];
static uint64_t large[3] = {UINT64_MAX, 1, 0x123456789abcdef0};
static double reals[] = {1.5, -0.0, 1e300};
static const char text[] = "embedded\0zero";
static char *const words[] = {"alpha", "beta", "gamma"};

int main(void) {
    for (const struct node *node = &first; node; node = node->next)
        printf("%d %s %d\n", node->value, node->name, node->call(node->value + 5));
    int sum = 0;
    for (int i = 0; i < 10000; i++) sum += zeros[i];
    TRY(sum);
    zeros[9999] = 1;
    printf("%llx %llx %llx\n", (unsigned long long)large[0], (unsigned long long)large[1], (unsigned long long)large[2]);
    printf("%g %g %g %d\n", reals[0], reals[1], reals[2], (int)sizeof text);
    for (int i = 0; i < 3; i++) printf("%s ", words[i]);
    printf("\n");
    first.value = 10;
    TRY(first.call(first.value));
    return 0;
}
