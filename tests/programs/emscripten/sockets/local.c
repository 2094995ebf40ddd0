// Sockets between the processes of one machine are not there: no pairs, and no addresses in the tree of files.
// modes: O1 O2
#include <arpa/inet.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>
#include "../show.h"

static const struct sockaddr_un place = {.sun_family = AF_UNIX, .sun_path = "/tmp/place"};

// Some releases make such a socket, but none gives it an address.
static int named(int kind) {
    int made = socket(AF_UNIX, kind, 0);
    return made == -1 ? -1 : bind(made, (void *)&place, sizeof place);
}

int main(void) {
    int ends[2] = {-1, -1};
    TRY(socketpair(AF_UNIX, SOCK_STREAM, 0, ends));
    TRY(socketpair(AF_UNIX, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, ends));
    TRY(socketpair(AF_INET, SOCK_STREAM, 0, ends));
    TRUE(ends[0] == -1 && ends[1] == -1);
    TRY(named(SOCK_STREAM));
    TRY(named(SOCK_DGRAM));
    int stream = socket(AF_INET, SOCK_STREAM, 0);
    TRY(bind(stream, (void *)&place, sizeof place));
    TRY(connect(stream, (void *)&place, sizeof place));
    TRY(access("/tmp/place", F_OK));
    TRY(close(stream));
    return 0;
}
