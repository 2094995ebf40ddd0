// The side module of exports.c.
#include <stdio.h>
extern int main_values[];
extern int main_give(int);
int side_work(int index) {
    puts("in the side");
    int given = main_give(index);
    main_values[index]++;
    return given + main_values[index];
}
