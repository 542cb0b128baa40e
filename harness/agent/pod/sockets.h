/*
 * sockets.h - in-pod agent: sockets as this program wants them: non-blocking, close-on-exec, errors
 * asked for in full.
 */
#ifndef POD_SOCKETS_H
#define POD_SOCKETS_H

#include <stdbool.h>
#include <stdint.h>

#include "addr.h"

#define PROTO_SCTP 132

/* Raises RLIMIT_NOFILE's soft limit to the hard one. Returns how many descriptors may be open. */
unsigned sockets_raise_limit(void);

/* socket(2) with SOCK_NONBLOCK | SOCK_CLOEXEC; -1 with errno. */
int socket_open(int family, int type, int proto);
/* Asks for ICMP errors with their type and code (socket_icmp()). */
int socket_want_icmp(int fd, int family);
/* The largest receive buffer that the kernel gives. */
void socket_grow(int fd);
/*
 * Closes with a RST (ABORT), so that no side and no conntrack on the way remembers the connection.
 */
void socket_reset(int fd);

/* What the error queue of a socket held. */
struct icmp {
	uint8_t type, code;
	bool rejects; /* it says that the packet will not arrive */
	bool local;   /* not from the network: this host refused (@error) */
	int error;
	union addr dst;	     /* of the offending packet */
	uint8_t payload[16]; /* its first bytes behind the IP header (raw sockets only) */
	unsigned n_payload;
};

/* Takes one entry off the error queue; false when it is empty. */
bool socket_icmp(int fd, struct icmp *ret);

/* Room for one packet-info control message, aligned. */
union pktinfo_space {
	unsigned char bytes[64];
	uint64_t align;
};

/* Makes recvmsg(2) tell the address that a datagram was sent to. */
int socket_want_pktinfo(int fd, int family);
/*
 * The next datagram of such a socket, at most @n bytes of it: its length, who sent it, and the address
 * that it was sent to, whose port is 0. -1 with errno: EAGAIN when none waits, ENODATA when it does
 * not tell that address.
 */
ssize_t socket_receive(int fd, void *bytes, size_t n, union addr *ret_from, union addr *ret_to);
/* Makes @msg, sent on a socket of @family, leave from @src. @space must live as long as @msg. */
void pktinfo_put(struct msghdr *msg, union pktinfo_space *space, int family, const union addr *src);

#endif
