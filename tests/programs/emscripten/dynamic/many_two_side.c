// A side module of many.c.
static int counter = 20;
const char *side_name(void) { return "two"; }
int side_count(void) { return counter++; }
