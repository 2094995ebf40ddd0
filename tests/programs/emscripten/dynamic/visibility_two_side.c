// A side module of visibility.c: it uses what the other gives.
extern int one_shared;
extern int one_value(void);
int two_value(void) { return one_value() + one_shared++; }
