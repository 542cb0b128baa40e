/*
 * addr.h - in-pod agent: socket addresses, text to bytes and back. An IPv4-mapped address is IPv4
 * everywhere here.
 */
#ifndef POD_ADDR_H
#define POD_ADDR_H

#include <netinet/in.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/socket.h>

#include "np/base/str.h"

union addr {
	struct sockaddr sa;
	struct sockaddr_in v4;
	struct sockaddr_in6 v6;
};

#define ADDR_TEXT 48

/* An IPv4 or IPv6 address without zone. False leaves @ret alone. */
bool addr_parse(struct np_str text, uint16_t port, union addr *ret);
/* The host part as text, in @buf. Returns @buf. */
const char *addr_text(const union addr *a, char buf[static ADDR_TEXT]);
socklen_t addr_len(const union addr *a);
uint16_t addr_port(const union addr *a);
void addr_set_port(union addr *a, uint16_t port);
/* The wildcard address of @family. */
union addr addr_any(int family, uint16_t port);
/* ::ffff:a.b.c.d becomes a.b.c.d; others stay. */
void addr_unmap(union addr *a);
/* Same host, whatever the ports. */
bool addr_same_host(const union addr *a, const union addr *b);

#endif
