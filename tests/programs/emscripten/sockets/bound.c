// bind and getsockname: an address given once is told back, and cannot be given again.
// modes: O1 O2
#include <arpa/inet.h>
#include <sys/socket.h>
#include <unistd.h>
#include "../show.h"

int main(void) {
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons(31415)}, got = {0};
    socklen_t length = sizeof got;
    inet_pton(AF_INET, "127.0.0.1", &address.sin_addr);
    int listener = socket(AF_INET, SOCK_STREAM, IPPROTO_TCP);
    TRY(bind(listener, (void *)&address, sizeof address));
    TRY(getsockname(listener, (void *)&got, &length));
    TRUE(got.sin_family == AF_INET);
    printf("%s %d\n", inet_ntoa(got.sin_addr), ntohs(got.sin_port));
    address.sin_port = htons(31416);
    TRY(bind(listener, (void *)&address, sizeof address));
    int other = socket(AF_INET, SOCK_STREAM, 0);
    TRY(bind(other, (void *)&address, 4));
    TRY(close(listener));
    TRY(close(other));
    return 0;
}
