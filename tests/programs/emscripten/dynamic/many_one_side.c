// A side module of many.c.
static int counter = 1;
const char *side_name(void) { return "one"; }
int side_count(void) { return counter++; }
