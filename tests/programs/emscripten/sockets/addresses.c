// Addresses and byte order: inet_pton, inet_ntop, inet_aton, htons and their errors.
// modes: O1 O2 standalone
#include <arpa/inet.h>
#include <netinet/in.h>
#include "../show.h"

int main(void) {
    char text[INET6_ADDRSTRLEN];
    struct in_addr four;
    struct in6_addr six;
    TRY(htons(0x1234));
    TRY(ntohl(0x01020304));
    TRY(inet_pton(AF_INET, "192.168.1.77", &four));
    printf("%08x\n", ntohl(four.s_addr));
    printf("%s\n", inet_ntop(AF_INET, &four, text, sizeof text));
    TRY(inet_pton(AF_INET, "256.1.1.1", &four));
    TRY(inet_pton(AF_INET6, "2001:db8::ff00:42:8329", &six));
    printf("%s\n", inet_ntop(AF_INET6, &six, text, sizeof text));
    TRY(inet_pton(AF_INET6, "::1", &six));
    printf("%s %d\n", inet_ntop(AF_INET6, &six, text, sizeof text), !!IN6_IS_ADDR_LOOPBACK(&six));
    TRY(inet_pton(77, "1.2.3.4", &four));
    TRUE(inet_ntop(AF_INET6, &six, text, 2) == NULL && errno == ENOSPC);
    TRY(inet_aton("10.1", &four));
    printf("%s\n", inet_ntoa(four));
    TRUE(inet_addr("not an address") == INADDR_NONE);
    return 0;
}
