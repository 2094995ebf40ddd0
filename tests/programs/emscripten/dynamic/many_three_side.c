// A side module of many.c.
static int counter = 300;
const char *side_name(void) { return "three"; }
int side_count(void) { return counter++; }
