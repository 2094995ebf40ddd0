// qsort, bsearch, tsearch, hsearch and lfind with callbacks.
// modes: O1 O2 standalone
#define _GNU_SOURCE
#include <search.h>
#include <stdlib.h>
#include "../show.h"

static int compare(const void *a, const void *b) { return *(const int *)a - *(const int *)b; }
static int compare_text(const void *a, const void *b) { return strcmp(a, b); }
static void visit(const void *node, VISIT order, int depth) {
    (void)depth;
    if (order == postorder || order == leaf) printf("%s ", *(char *const *)node);
}

int main(void) {
    int numbers[500], wrong = 0;
    unsigned state = 42;
    for (int i = 0; i < 500; i++) numbers[i] = (state = state * 1103515245 + 12345) >> 8 & 0xffff;
    qsort(numbers, 500, sizeof *numbers, compare);
    for (int i = 1; i < 500; i++) wrong += numbers[i - 1] > numbers[i];
    TRY(wrong);
    int key = numbers[123];
    int *found = bsearch(&key, numbers, 500, sizeof *numbers, compare);
    TRUE(found && *found == key);
    key = -1;
    TRUE(bsearch(&key, numbers, 500, sizeof *numbers, compare) == NULL);
    void *root = NULL;
    for (const char **word = (const char *[]){"pear", "apple", "fig", "apple", "date", NULL}; *word; word++) tsearch(*word, &root, compare_text);
    twalk(root, visit);
    printf("\n");
    TRUE(tfind("fig", &root, compare_text) != NULL);
    TRUE(tfind("plum", &root, compare_text) == NULL);
    TRY(hcreate(10));
    hsearch((ENTRY){"one", "first"}, ENTER);
    ENTRY *entry = hsearch((ENTRY){"one", NULL}, FIND);
    printf("%s\n", entry ? (char *)entry->data : "none");
    size_t count = 500;
    TRUE(lfind(&numbers[499], numbers, &count, sizeof *numbers, compare) != NULL);
    return 0;
}
