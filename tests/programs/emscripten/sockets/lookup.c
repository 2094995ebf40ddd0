// getaddrinfo and getnameinfo of numbers only; names that may not be looked up are refused.
// modes: O1 O2
#include <arpa/inet.h>
#include <netdb.h>
#include <stdlib.h>
#include "../show.h"

static void show(const char *name, const char *service, const struct addrinfo *hints) {
    struct addrinfo *found = NULL;
    int code = getaddrinfo(name, service, hints, &found);
    if (code) { printf("%s\n", code == EAI_NONAME ? "EAI_NONAME" : code == EAI_SERVICE ? "EAI_SERVICE" : code == EAI_FAMILY ? "EAI_FAMILY" : code == EAI_BADFLAGS ? "EAI_BADFLAGS" : "another error"); return; }
    char text[INET6_ADDRSTRLEN];
    if (found->ai_family == AF_INET) {
        struct sockaddr_in *address = (void *)found->ai_addr;
        printf("%s port %d, type %d, length %d\n", inet_ntop(AF_INET, &address->sin_addr, text, sizeof text), ntohs(address->sin_port), found->ai_socktype, (int)found->ai_addrlen);
    } else {
        struct sockaddr_in6 *address = (void *)found->ai_addr;
        printf("%s port %d, type %d\n", inet_ntop(AF_INET6, &address->sin6_addr, text, sizeof text), ntohs(address->sin6_port), found->ai_socktype);
    }
    freeaddrinfo(found);
}

int main(void) {
    struct addrinfo hints = {.ai_family = AF_INET, .ai_socktype = SOCK_STREAM, .ai_flags = AI_NUMERICHOST};
    show("127.0.0.1", "80", &hints);
    show("10.20.30.40", NULL, &hints);
    show("example.test", "80", &hints);
    show(NULL, NULL, &hints);
    hints.ai_flags = AI_PASSIVE;
    show(NULL, "8080", &hints);
    hints.ai_family = AF_INET6;
    hints.ai_flags = AI_NUMERICHOST;
    show("::1", "443", &hints);
    hints.ai_family = 99;
    show("127.0.0.1", "80", &hints);
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons(8081)};
    inet_pton(AF_INET, "1.2.3.4", &address.sin_addr);
    char host[64], service[32];
    TRY(getnameinfo((void *)&address, sizeof address, host, sizeof host, service, sizeof service, NI_NUMERICHOST | NI_NUMERICSERV));
    printf("%s %s\n", host, service);
    printf("%s\n", gai_strerror(EAI_NONAME));
    struct protoent *protocol = getprotobyname("tcp");
    printf("%s %d\n", protocol->p_name, protocol->p_proto);
    protocol = getprotobynumber(17);
    printf("%s %d\n", protocol->p_name, protocol->p_proto);
    return 0;
}
