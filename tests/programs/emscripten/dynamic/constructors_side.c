// The side module of constructors.c.
extern void main_note(const char *);
int side_state = 1;

__attribute__((constructor(200))) static void first(void) { main_note("first"); side_state = side_state * 10 + 2; }
__attribute__((constructor(300))) static void second(void) { main_note("second"); side_state = side_state * 10 + 3; }
