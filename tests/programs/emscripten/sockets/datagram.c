// Datagrams between two sockets on the loopback: sendto, recvfrom, sendmsg and recvmsg with addresses.
// modes: threads-proxied
// needs: network
#include <arpa/inet.h>
#include <fcntl.h>
#include <sys/socket.h>
#include <unistd.h>
#include "../show.h"

// Receives as soon as there is something.
static ssize_t receive(int socket, struct msghdr *message) {
    for (int i = 0; i < 5000; i++) {
        ssize_t got = recvmsg(socket, message, 0);
        if (got >= 0 || errno != EAGAIN) return got;
        usleep(1000);
    }
    return -2;
}

int main(void) {
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons(28201)}, from = {0};
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    int server = socket(AF_INET, SOCK_DGRAM, 0), client = socket(AF_INET, SOCK_DGRAM, 0);
    fcntl(server, F_SETFL, O_NONBLOCK);
    fcntl(client, F_SETFL, O_NONBLOCK);
    TRY(bind(server, (void *)&address, sizeof address));
    TRY(sendto(client, "first datagram", 14, 0, (void *)&address, sizeof address));
    char text[32] = {0};
    struct iovec part = {text, 31};
    struct msghdr message = {.msg_name = &from, .msg_namelen = sizeof from, .msg_iov = &part, .msg_iovlen = 1};
    TRY(receive(server, &message));
    printf("[%s] from %s\n", text, from.sin_family == AF_INET && from.sin_port != 0 ? "an address" : "nowhere");
    struct iovec answer[] = {{"an ", 3}, {"answer", 6}};
    struct msghdr back = {.msg_name = &from, .msg_namelen = sizeof from, .msg_iov = answer, .msg_iovlen = 2};
    TRY(sendmsg(server, &back, 0));
    memset(text, 0, sizeof text);
    message.msg_name = NULL;
    message.msg_namelen = 0;
    TRY(receive(client, &message));
    printf("[%s]\n", text);
    TRY(close(client));
    TRY(close(server));
    return 0;
}
