// A side module of visibility.c: it gives.
int one_shared = 3;
int one_value(void) { return 20; }
