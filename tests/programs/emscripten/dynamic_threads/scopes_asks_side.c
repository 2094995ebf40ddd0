int scope_number(void);
extern int two_data;

int asks_number(void) { return scope_number(); }
int asks_data(void) { return two_data++; }
