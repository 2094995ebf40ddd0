int errors_function(void) { return 1; }
