// A side module of needed.c: what the other needs.
int base_calls;
int base_value(int value) { return value * 100 + ++base_calls; }
