// The side module of open_symbol.c.
static int counter = 10;

int side_add(int a, int b) { return a + b; }
int side_next(void) { return ++counter; }
