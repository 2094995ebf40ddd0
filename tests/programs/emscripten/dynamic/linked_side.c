// The side module of linked.c.
int linked_number = 10;
const char *linked_text = "linked text";
int linked_add(int value) { return linked_number += value; }
