// Sockets that come from elsewhere, and words to the service manager: what Swift cannot call safely.
#ifndef OCMGATE_SOCKETS_H
#define OCMGATE_SOCKETS_H

#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include <errno.h>
#include <fcntl.h>
#include <netdb.h>
#include <poll.h>
#include <signal.h>
#include <stddef.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <sys/un.h>
#include <netinet/in.h>
#include <unistd.h>

// What the system knows of the addresses of a name; NULL when there are none. No address is asked for its
// name. Who gets it gives it back by freeaddrinfo.
static inline struct addrinfo *ocmgate_addresses(const char *name) {
    struct addrinfo hints, *found = NULL;
    memset(&hints, 0, sizeof hints);
    hints.ai_family = AF_UNSPEC;
    hints.ai_socktype = SOCK_STREAM;
    return getaddrinfo(name, NULL, &hints, &found) == 0 ? found : NULL;
}

// The address of one entry, without its zone: 4 or 16 bytes into `bytes`, which has room for 16. How many;
// 0 for one of another family.
static inline int ocmgate_address(const struct addrinfo *entry, unsigned char *bytes) {
    switch (entry->ai_family) {
    case AF_INET:
        memcpy(bytes, &((const struct sockaddr_in *)(const void *)entry->ai_addr)->sin_addr, 4);
        return 4;
    case AF_INET6:
        memcpy(bytes, &((const struct sockaddr_in6 *)(const void *)entry->ai_addr)->sin6_addr, 16);
        return 16;
    default: return 0;
    }
}

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

static inline int ocmgate_local_address(const char *path, struct sockaddr_un *address) {
    size_t length = strlen(path);
    if (length == 0 || length >= sizeof address->sun_path) return ENAMETOOLONG;
    memset(address, 0, sizeof *address);
    address->sun_family = AF_UNIX;
    memcpy(address->sun_path, path, length);
    return 0;
}

// A socket at this path on which others of the same user may ask for descriptors; what was there is
// removed. The descriptor, or -errno.
static inline int ocmgate_offer(const char *path) {
    struct sockaddr_un address;
    int failed = ocmgate_local_address(path, &address);
    if (failed != 0) return -failed;
    int offer = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (offer < 0) return -errno;
    unlink(path);
    if (bind(offer, (struct sockaddr *)&address, sizeof address) == 0 && chmod(path, 0600) == 0
        && listen(offer, 8) == 0)
        return offer;
    failed = errno;
    close(offer);
    return -failed;
}

// How many descriptors are given in all, and in one message (the system takes 253).
enum { ocmgate_most_descriptors = 4096, ocmgate_descriptors_at_once = 128 };

// `struct ucred`, which some headers hide.
struct ocmgate_peer {
    pid_t process;
    uid_t user;
    gid_t group;
};

// Who opened the other end of this connection; false when that cannot be told.
static inline int ocmgate_peer(int peer, struct ocmgate_peer *who) {
    socklen_t length = sizeof *who;
    return getsockopt(peer, SOL_SOCKET, SO_PEERCRED, who, &length) == 0 && length == sizeof *who;
}

// The next who asks, when it is a process of this user; -errno, EAGAIN when nobody does.
static inline int ocmgate_asker(int offer) {
    int peer = accept(offer, NULL, NULL);
    if (peer < 0) return -errno;
    fcntl(peer, F_SETFD, FD_CLOEXEC);
    struct ocmgate_peer who;
    if (ocmgate_peer(peer, &who) && who.user == geteuid()) return peer;
    close(peer);
    return -EPERM;
}

// Kills the process at the other end, which holds that end still: its number is not another's yet. False when
// it has let go, cannot be named from here (another namespace of processes), or is this one.
static inline int ocmgate_end_peer(int peer) {
    struct pollfd end = {.fd = peer, .events = 0};
    struct ocmgate_peer who;
    if (poll(&end, 1, 0) != 0 || !ocmgate_peer(peer, &who)) return 0;
    if (who.process <= 1 || who.process == getpid() || who.user != geteuid()) return 0;
    return kill(who.process, SIGKILL) == 0;
}

// The next byte from the other end within so many milliseconds; 0 when it has closed, -errno else.
static inline int ocmgate_hear(int peer, int milliseconds) {
    struct pollfd waited = {.fd = peer, .events = POLLIN};
    unsigned char byte = 0;
    int ready = poll(&waited, 1, milliseconds);
    if (ready < 1) return ready == 0 ? -ETIMEDOUT : -errno;
    ssize_t count = recv(peer, &byte, 1, 0);
    return count < 0 ? -errno : count == 0 ? 0 : byte;
}

// One byte to the other end. 0 or errno.
static inline int ocmgate_say(int peer, unsigned char byte) {
    return send(peer, &byte, 1, MSG_NOSIGNAL) == 1 ? 0 : errno;
}

// Gives some descriptors; `mark` comes with them. 0 or errno.
static inline int ocmgate_give_some(int peer, const int *descriptors, int count, char mark) {
    union {
        struct cmsghdr header;
        char room[CMSG_SPACE(sizeof(int) * ocmgate_descriptors_at_once)];
    } control;
    struct iovec data = {&mark, 1};
    struct msghdr message = {.msg_iov = &data, .msg_iovlen = 1};
    memset(&control, 0, sizeof control);
    message.msg_control = control.room;
    message.msg_controllen = CMSG_SPACE(sizeof(int) * (size_t)count);
    struct cmsghdr *header = CMSG_FIRSTHDR(&message);
    header->cmsg_level = SOL_SOCKET;
    header->cmsg_type = SCM_RIGHTS;
    header->cmsg_len = CMSG_LEN(sizeof(int) * (size_t)count);
    memcpy(CMSG_DATA(header), descriptors, sizeof(int) * (size_t)count);
    return sendmsg(peer, &message, MSG_NOSIGNAL) == 1 ? 0 : errno;
}

// Gives descriptors to one who has asked, as many at once as the system allows. 0 or errno.
static inline int ocmgate_give(int peer, const int *descriptors, int count) {
    if (count < 1 || count > ocmgate_most_descriptors) return EINVAL;
    for (int given = 0; given < count;) {
        int some = count - given;
        if (some > ocmgate_descriptors_at_once) some = ocmgate_descriptors_at_once;
        char mark = given + some < count ? '+' : '.';
        int failed = ocmgate_give_some(peer, descriptors + given, some, mark);
        if (failed != 0) return failed;
        given += some;
    }
    return 0;
}

// Takes what one message brings; `*count` grows. The mark that came with it, or -errno.
static inline int ocmgate_take_some(int peer, int *descriptors, int room, int *count) {
    union {
        struct cmsghdr header;
        char room[CMSG_SPACE(sizeof(int) * ocmgate_descriptors_at_once)];
    } control;
    char mark = 0;
    struct iovec data = {&mark, 1};
    struct msghdr message = {.msg_iov = &data, .msg_iovlen = 1};
    message.msg_control = control.room;
    message.msg_controllen = sizeof control.room;
    ssize_t length = recvmsg(peer, &message, 0x40000000 /* MSG_CMSG_CLOEXEC */);
    if (length != 1) return length < 0 ? -errno : -EPROTO;
    for (struct cmsghdr *header = CMSG_FIRSTHDR(&message); header != NULL;
         header = CMSG_NXTHDR(&message, header)) {
        if (header->cmsg_level != SOL_SOCKET || header->cmsg_type != SCM_RIGHTS) continue;
        int received[ocmgate_descriptors_at_once];
        int found = (int)((header->cmsg_len - CMSG_LEN(0)) / sizeof(int));
        if (found > ocmgate_descriptors_at_once) found = ocmgate_descriptors_at_once;
        memcpy(received, CMSG_DATA(header), sizeof(int) * (size_t)found);
        for (int index = 0; index < found; index++) {
            if (*count < room) descriptors[(*count)++] = received[index];
            else close(received[index]);
        }
    }
    return mark;
}

// Asks the process that offers at this path, saying `word`. The connection to it, which stays open, with
// `*count` descriptors; -errno when there is none, or it gives nothing.
static inline int ocmgate_ask(
    const char *path, unsigned char word, int *descriptors, int room, int *count
) {
    struct sockaddr_un address;
    struct timeval patience = {10, 0};
    *count = 0;
    int failed = ocmgate_local_address(path, &address);
    if (failed != 0) return -failed;
    int peer = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (peer < 0) return -errno;
    // Who connects waits as who sends does, where the queue of those who came before is full.
    if (setsockopt(peer, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience) != 0
        || setsockopt(peer, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof patience) != 0
        || connect(peer, (struct sockaddr *)&address, sizeof address) != 0)
        failed = errno;
    else
        failed = ocmgate_say(peer, word);
    int mark = '+';
    while (failed == 0 && mark == '+') {
        mark = ocmgate_take_some(peer, descriptors, room, count);
        if (mark < 0) failed = -mark;
    }
    if (failed == 0 && mark == '.' && *count > 0) return peer;
    while (*count > 0) close(descriptors[--*count]);
    close(peer);
    return failed != 0 ? -failed : -EPROTO;
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
