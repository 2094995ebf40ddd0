// A side module of needed.c: it needs the other.
extern int base_value(int);
extern int base_calls;
int top_value(int value) { return base_value(value) * 10 + base_calls; }
