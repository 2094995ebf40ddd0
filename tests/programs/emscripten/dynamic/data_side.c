// The side module of data.c.
int side_number = 42;
const char *side_text = "text of the side module";
double side_reals[3] = {1.5, 2.5, 3.5};
char side_zeros[200000];
_Alignas(128) int side_aligned = 1;
static const int one = 1, two = 2;
static int twice(int value) { return value * 2; }
static int negative(int value) { return -value; }
static int same(int value) { return value; }
struct entry { const char *name; int (*call)(int); const int *value; } side_entries[3] = {
    {"twice", twice, &one}, {"negative", negative, &two}, {"same", same, &side_number}};
int side_read_number(void) { return side_number; }
int side_last_zero(void) { return side_zeros[199999]; }
