// Every socket call on a descriptor that is not open gives EBADF.
// modes: O1 O2
#include <arpa/inet.h>
#include <sys/socket.h>
#include <unistd.h>
#include "../show.h"

int main(void) {
    char bytes[8] = {0};
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons(9)};
    socklen_t length = sizeof address;
    struct iovec part = {bytes, 8};
    struct msghdr message = {.msg_iov = &part, .msg_iovlen = 1};
    TRY(bind(85, (void *)&address, length));
    TRY(connect(85, (void *)&address, length));
    TRY(listen(85, 5));
    TRY(accept(85, NULL, NULL));
    TRY(accept4(85, NULL, NULL, 0));
    TRUE(shutdown(85, SHUT_RDWR) == -1);
    TRY(getsockname(85, (void *)&address, &length));
    TRY(getpeername(85, (void *)&address, &length));
    TRY(send(85, bytes, 1, 0));
    TRY(sendto(85, bytes, 1, 0, (void *)&address, sizeof address));
    TRY(sendmsg(85, &message, 0));
    TRY(recv(85, bytes, 1, 0));
    TRY(recvfrom(85, bytes, 1, 0, NULL, NULL));
    TRY(recvmsg(85, &message, 0));
    int value;
    length = sizeof value;
    TRY(getsockopt(85, SOL_SOCKET, SO_ERROR, &value, &length));
    return 0;
}
