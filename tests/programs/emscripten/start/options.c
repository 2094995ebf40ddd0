// getopt and getopt_long over the arguments.
// modes: O1 O2 standalone
// arguments: -v -n 42 --name=value --quiet rest more
#include <getopt.h>
#include <stdlib.h>
#include "../show.h"

int main(int argc, char **argv) {
    static const struct option longs[] = {{"name", required_argument, NULL, 'N'}, {"quiet", no_argument, NULL, 'q'}, {0}};
    int option;
    while ((option = getopt_long(argc, argv, "vn:q", longs, NULL)) != -1) {
        switch (option) {
        case 'v': puts("verbose"); break;
        case 'n': printf("number %d\n", atoi(optarg)); break;
        case 'N': printf("name %s\n", optarg); break;
        case 'q': puts("quiet"); break;
        default: puts("unknown");
        }
    }
    for (; optind < argc; optind++) printf("rest %s\n", argv[optind]);
    return 0;
}
