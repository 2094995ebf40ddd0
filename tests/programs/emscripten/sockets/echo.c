// A server and a client in one program, on the loopback: listen, connect, accept, send, receive, close.
// modes: threads-proxied
// needs: network
#include <arpa/inet.h>
#include <ctype.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <sys/socket.h>
#include <unistd.h>
#include "../show.h"

static int ready(int socket, short events) {
    for (int i = 0; i < 5000; i++) {
        struct pollfd entry = {socket, events, 0};
        if (poll(&entry, 1, 10) == 1 && entry.revents & events) return 1;
        usleep(1000);
    }
    return 0;
}

static void *serve(void *argument) {
    int listener = *(int *)argument;
    struct sockaddr_in address;
    socklen_t length = sizeof address;
    if (!ready(listener, POLLIN)) return (void *)-1L;
    int client = accept(listener, (void *)&address, &length);
    char bytes[64];
    int total = 0;
    while (total < 11 && ready(client, POLLIN)) {
        ssize_t got = recv(client, bytes + total, sizeof bytes - total, 0);
        if (got <= 0) break;
        total += got;
    }
    for (int i = 0; i < total; i++) bytes[i] = (char)toupper((unsigned char)bytes[i]);
    if (!ready(client, POLLOUT)) return (void *)-2L;
    send(client, bytes, total, 0);
    usleep(50000);
    close(client);
    return (void *)(long)total;
}

int main(void) {
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons(28199)};
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    int listener = socket(AF_INET, SOCK_STREAM, 0);
    TRY(bind(listener, (void *)&address, sizeof address));
    TRY(listen(listener, 4));
    pthread_t thread;
    pthread_create(&thread, NULL, serve, &listener);
    usleep(100000);
    int client = socket(AF_INET, SOCK_STREAM, 0);
    fcntl(client, F_SETFL, O_NONBLOCK);
    TRY(connect(client, (void *)&address, sizeof address));
    TRUE(ready(client, POLLOUT));
    struct sockaddr_in peer;
    socklen_t length = sizeof peer;
    TRY(getpeername(client, (void *)&peer, &length));
    TRY(ntohs(peer.sin_port));
    TRY(send(client, "Hello There", 11, 0));
    char bytes[64] = {0};
    int total = 0;
    while (total < 11 && ready(client, POLLIN)) {
        ssize_t got = read(client, bytes + total, sizeof bytes - 1 - total);
        if (got <= 0) break;
        total += got;
    }
    printf("%d: %s\n", total, bytes);
    void *result;
    pthread_join(thread, &result);
    TRY((long)result);
    TRUE(ready(client, POLLIN));
    TRY(recv(client, bytes, sizeof bytes, 0));
    TRY(close(client));
    TRY(close(listener));
    return 0;
}
