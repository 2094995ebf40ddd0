// The side module of library.c.
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

static int ascending(const void *a, const void *b) { return *(const int *)a - *(const int *)b; }

char *side_join(const char *one, const char *two) {
    char *joined = malloc(strlen(one) + strlen(two) + 1);
    strcpy(joined, one);
    strcat(joined, two);
    printf("the side prints %d characters, pi %.3f\n", (int)strlen(joined), M_PI);
    return joined;
}
void side_sort(int *numbers, int count, int (*compare)(const void *, const void *)) {
    qsort(numbers, count, sizeof *numbers, compare ? compare : ascending);
}
int side_file(const char *path) {
    FILE *file = fopen(path, "w");
    if (!file) return -1;
    fprintf(file, "written by the side, %.2f\n", sqrt(2));
    return fclose(file);
}
int side_late(void) { return time(NULL) > 1600000000 && clock() >= 0 && getenv("HOME") != NULL; }
