// main's arguments, with spaces, quotes and letters beyond ASCII's digits.
// modes: O1 O2 standalone
// arguments: one "two words" "" --flag=3 "it's"
#include "../show.h"

int main(int argc, char **argv) {
    TRY(argc);
    for (int i = 1; i < argc; i++) printf("%d: [%s]\n", i, argv[i]);
    TRUE(argv[argc] == NULL);
    return 0;
}
