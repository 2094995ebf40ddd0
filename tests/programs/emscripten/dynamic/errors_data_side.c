extern int errors_data_that_nobody_defines;
int *errors_data_function(void) { return &errors_data_that_nobody_defines; }
