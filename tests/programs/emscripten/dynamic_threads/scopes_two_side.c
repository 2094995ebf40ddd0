static int number = 200;
int two_data = 2;
int scope_number(void) { return number++; }
int two_own(void) { return 1000 + number; }
