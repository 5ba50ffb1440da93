// Sockets that come from elsewhere, and words to the service manager: what Swift cannot call safely.
#ifndef OCMGATE_SOCKETS_H
#define OCMGATE_SOCKETS_H

#include <errno.h>
#include <fcntl.h>
#include <stddef.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <netinet/in.h>
#include <unistd.h>

// The address that a listening stream socket is bound to, and its close-on-exec flag set. The kind: 4 or
// 6 with the address (4 or 16 bytes) in `name` and the port in `port`, 1 with the path of a Unix socket
// in `name`, of `count` bytes; 0 for anything else.
static inline int ocmgate_listening_socket(
    int socket, unsigned char *name, size_t room, size_t *count, int *port) {
    int type = 0, listens = 0;
    socklen_t length = sizeof type;
    if (getsockopt(socket, SOL_SOCKET, SO_TYPE, &type, &length) != 0 || type != SOCK_STREAM) return 0;
    length = sizeof listens;
    if (getsockopt(socket, SOL_SOCKET, SO_ACCEPTCONN, &listens, &length) != 0 || !listens) return 0;
    union {
        struct sockaddr any;
        struct sockaddr_in four;
        struct sockaddr_in6 six;
        struct sockaddr_un local;
    } address;
    memset(&address, 0, sizeof address);
    length = sizeof address;
    if (getsockname(socket, &address.any, &length) != 0) return 0;
    if (fcntl(socket, F_SETFD, FD_CLOEXEC) != 0) return 0;
    *port = 0;
    switch (address.any.sa_family) {
    case AF_INET:
        if (room < 4) return 0;
        memcpy(name, &address.four.sin_addr, 4);
        *count = 4;
        *port = ntohs(address.four.sin_port);
        return 4;
    case AF_INET6:
        if (room < 16) return 0;
        memcpy(name, &address.six.sin6_addr, 16);
        *count = 16;
        *port = ntohs(address.six.sin6_port);
        return 6;
    case AF_UNIX:
        if (length <= offsetof(struct sockaddr_un, sun_path) || address.local.sun_path[0] == 0) return 0;
        *count = strnlen(address.local.sun_path, sizeof address.local.sun_path);
        if (*count > room) return 0;
        memcpy(name, address.local.sun_path, *count);
        return 1;
    default: return 0;
    }
}

// Sends a datagram to the socket of the service manager, whose name begins with / or, for an abstract
// one, with @. 0 or errno.
static inline int ocmgate_notify(const char *name, const char *text, size_t count) {
    struct sockaddr_un address;
    size_t length = strlen(name);
    if (length < 2 || length >= sizeof address.sun_path || (name[0] != '/' && name[0] != '@'))
        return EINVAL;
    memset(&address, 0, sizeof address);
    address.sun_family = AF_UNIX;
    memcpy(address.sun_path, name, length);
    if (name[0] == '@') address.sun_path[0] = 0;
    int end = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    if (end < 0) return errno;
    socklen_t size = (socklen_t)(offsetof(struct sockaddr_un, sun_path) + length);
    int failed = sendto(end, text, count, MSG_NOSIGNAL, (struct sockaddr *)&address, size) < 0 ? errno : 0;
    close(end);
    return failed;
}

#endif
