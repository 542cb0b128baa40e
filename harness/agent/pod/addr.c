/* addr.c - in-pod agent: socket addresses. */
#include "addr.h"

#include <arpa/inet.h>

bool addr_parse(struct np_str text, uint16_t port, union addr *ret)
{
	char buf[ADDR_TEXT];
	union addr a = { 0 };

	if (text.n >= sizeof(buf) || memchr(text.p, '\0', text.n))
		return false;
	memcpy(buf, text.p, text.n);
	buf[text.n] = '\0';
	if (inet_pton(AF_INET, buf, &a.v4.sin_addr) == 1)
		a.sa.sa_family = AF_INET;
	else if (inet_pton(AF_INET6, buf, &a.v6.sin6_addr) == 1)
		a.sa.sa_family = AF_INET6;
	else
		return false;
	addr_set_port(&a, port);
	addr_unmap(&a);
	*ret = a;
	return true;
}

const char *addr_text(const union addr *a, char buf[static ADDR_TEXT])
{
	const void *bytes =
		a->sa.sa_family == AF_INET ? (const void *)&a->v4.sin_addr : &a->v6.sin6_addr;

	if (!inet_ntop(a->sa.sa_family, bytes, buf, ADDR_TEXT))
		memcpy(buf, "-", 2);
	return buf;
}

socklen_t addr_len(const union addr *a)
{
	return a->sa.sa_family == AF_INET ? sizeof(a->v4) : sizeof(a->v6);
}

uint16_t addr_port(const union addr *a)
{
	return ntohs(a->sa.sa_family == AF_INET ? a->v4.sin_port : a->v6.sin6_port);
}

void addr_set_port(union addr *a, uint16_t port)
{
	if (a->sa.sa_family == AF_INET)
		a->v4.sin_port = htons(port);
	else
		a->v6.sin6_port = htons(port);
}

union addr addr_any(int family, uint16_t port)
{
	union addr a = { 0 };

	a.sa.sa_family = (sa_family_t)family;
	addr_set_port(&a, port);
	return a;
}

void addr_unmap(union addr *a)
{
	struct sockaddr_in v4 = { .sin_family = AF_INET };

	if (a->sa.sa_family != AF_INET6 || !IN6_IS_ADDR_V4MAPPED(&a->v6.sin6_addr))
		return;
	v4.sin_port = a->v6.sin6_port;
	memcpy(&v4.sin_addr, &a->v6.sin6_addr.s6_addr[12], 4);
	a->v4 = v4;
}

bool addr_same_host(const union addr *a, const union addr *b)
{
	if (a->sa.sa_family != b->sa.sa_family)
		return false;
	if (a->sa.sa_family == AF_INET)
		return a->v4.sin_addr.s_addr == b->v4.sin_addr.s_addr;
	return memcmp(&a->v6.sin6_addr, &b->v6.sin6_addr, sizeof(a->v6.sin6_addr)) == 0;
}
