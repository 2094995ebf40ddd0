// A main that asks for the environment too, which JavaScript does not pass: nothing is there.
// modes: O1 O2 threads-proxied
// arguments: one two
#include "../show.h"

int main(int argc, char **argv, char **environment) {
    TRY(argc);
    for (int i = 1; i < argc; i++) printf("%d: [%s]\n", i, argv[i]);
    TRUE(argv[argc] == NULL);
    TRUE(environment == NULL);
    return 0;
}
