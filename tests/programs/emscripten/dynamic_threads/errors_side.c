static int calls;

int errors_function(void) { return ++calls; }
