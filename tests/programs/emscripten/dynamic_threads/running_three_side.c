static int in_table(int number) { return 300 + number; }

static int (*volatile function)(int) = in_table;

int three_add(int number) { return function(number); }
