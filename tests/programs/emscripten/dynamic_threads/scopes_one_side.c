static int number = 1;
int scope_number(void) { return number++; }
int one_own(void) { return 10 + number; }
