// Sockets that were never connected: each call and the error that it gives.
// modes: O1 O2
#include <arpa/inet.h>
#include <fcntl.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>
#include "../show.h"

int main(void) {
    char bytes[8];
    struct sockaddr_in address = {0};
    socklen_t length = sizeof address;
    int value = -1;
    int stream = socket(AF_INET, SOCK_STREAM, 0);
    int datagram = socket(AF_INET, SOCK_DGRAM | SOCK_NONBLOCK, 0);
    TRY(stream);
    TRY(datagram);
    TRY(getpeername(stream, (void *)&address, &length));
    TRUE(send(stream, "x", 1, MSG_NOSIGNAL) == -1);
    TRY(recv(stream, bytes, 8, 0));
    TRY(read(stream, bytes, 8));
    TRY(accept(stream, NULL, NULL));
    struct iovec part = {bytes, 8};
    struct msghdr message = {.msg_iov = &part, .msg_iovlen = 1};
    TRY(recvmsg(stream, &message, 0));
    TRUE(sendmsg(stream, &message, MSG_NOSIGNAL) == -1);
    length = sizeof value;
    TRY(getsockopt(stream, SOL_SOCKET, SO_ERROR, &value, &length));
    printf("%d %d\n", value, (int)length);
    TRY(fcntl(datagram, F_SETFL, O_NONBLOCK));
    TRY(recvfrom(datagram, bytes, 8, 0, NULL, NULL));
    TRY(recvmsg(datagram, &message, 0));
    TRY(sendto(datagram, "x", 1, 0, NULL, 0));
    TRY(send(datagram, "x", 1, 0));
    TRY(lseek(stream, 0, SEEK_SET));
    TRY(close(stream));
    TRY(close(stream));
    TRY(close(datagram));
    return 0;
}
