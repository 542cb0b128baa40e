/* external.c - the option --external. */
#include "external.h"

#include <netdb.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "np/base/mem.h"

#define PORT_MAX 65535
#define SOCKET_PREFIX "unix:"

static const char *const names[NP_CLUSTER_MAX_EXTERNALS] = { "ext/a", "ext/b", "ext/c", "ext/d" };

static int wrong(struct np_err *err, struct np_str what, const char *why)
{
	return np_err_set(err, NP_EUSAGE, "--external: '" NP_STR_FMT "' %s", NP_STR_ARG(what), why);
}

/* ---- addresses ---- */

/* What a pod can dial: not this host itself, not everybody, not nobody. */
static bool may_be_dialled(const struct np_addr *a)
{
	static const uint8_t zeros[15];

	if (a->width == 4)
		return a->bytes[0] != 0 && a->bytes[0] != 127 && a->bytes[0] < 224;
	return a->bytes[0] != 0xff && (memcmp(a->bytes, zeros, 15) != 0 || a->bytes[15] > 1);
}

static int add_address(struct np_external *e, struct np_str text, struct np_err *err)
{
	struct np_addr a;

	if (!np_addr_parse(text, &a))
		return wrong(err, text, "is not an address");
	if (!may_be_dialled(&a))
		return wrong(err, text, "is not an address that a pod can reach");
	if (e->n_ips && e->ips[0].width == a.width)
		return wrong(err, text, "is the second address of its family before a comma");
	e->ips[e->n_ips++] = a;
	return 0;
}

/* IPV4, IPV6, or both with a slash between. */
static int read_external(struct np_external *e, struct np_str text, struct np_err *err)
{
	const char *slash = memchr(text.p, '/', text.n);
	struct np_str first = { text.p, slash ? (size_t)(slash - text.p) : text.n };

	if (add_address(e, first, err) < 0)
		return -1;
	return slash ? add_address(
			       e, (struct np_str){ slash + 1, text.n - first.n - 1 }, err)
		     : 0;
}

static int read_list(struct np_outside *o, struct np_str list, struct np_err *err)
{
	struct np_str rest = list;
	const char *comma;

	do {
		struct np_external *e = &o->list[o->n];
		struct np_str one;

		if (o->n == NP_CLUSTER_MAX_EXTERNALS)
			return wrong(err, list, "names more than four addresses");
		comma = memchr(rest.p, ',', rest.n);
		one = (struct np_str){ rest.p, comma ? (size_t)(comma - rest.p) : rest.n };
		e->name = np_str_from(names[o->n++]);
		if (read_external(e, one, err) < 0)
			return -1;
		rest = (struct np_str){ rest.p + one.n + 1, rest.n - one.n - (comma != NULL) };
	} while (comma);
	if (o->n != 1 && o->n != NP_CLUSTER_MAX_EXTERNALS)
		return wrong(err, list, "names neither one address nor four (ext/a to ext/d)");
	return 0;
}

/* ---- what four addresses must be to each other ---- */

/* Whether the cases' rule about a pair must hold or must not. */
static const struct rule {
	unsigned a, b, prefix; /* of IPv4; IPv6: 96 more */
	bool shared;
	const char *what;
} rules[] = {
	{ 0, 1, 28, true, "ext/a and ext/b must share a /28 (IPv6: a /124)" },
	{ 0, 2, 24, true, "ext/a and ext/c must share a /24 (IPv6: a /120)" },
	{ 0, 2, 28, false, "ext/c must not be in the /28 (IPv6: /124) of ext/a" },
	{ 0, 3, 24, false, "ext/d must not be in the /24 (IPv6: /120) of ext/a" },
	{ 0, 1, 32, false, "ext/a and ext/b must be two addresses" },
};

static int check_rule(const struct np_outside *o, const struct rule *r, int family,
		      struct np_err *err)
{
	const struct np_addr *a = np_external_ip(&o->list[r->a], family),
			     *b = np_external_ip(&o->list[r->b], family);
	unsigned bits = r->prefix + (family == 6 ? 96 : 0);
	struct np_addr net_a, net_b;
	char text[NP_ADDR_TEXT_MAX];

	if (!a || !b)
		return 0;
	net_a = np_addr_mask(a, bits);
	net_b = np_addr_mask(b, bits);
	if (np_addr_eq(&net_a, &net_b) == r->shared)
		return 0;
	return wrong(err, np_str_from(np_addr_text(b, text)), r->what);
}

static int check_four(const struct np_outside *o, struct np_err *err)
{
	char text[NP_ADDR_TEXT_MAX];

	for (size_t i = 1; i < o->n; i++)
		for (int family = 4; family <= 6; family += 2)
			if (!np_external_ip(&o->list[i], family) !=
			    !np_external_ip(&o->list[0], family))
				return wrong(err, np_str_from(np_addr_text(&o->list[i].ips[0], text)),
					     "has not the same families as the first address");
	for (size_t k = 0; o->n > 1 && k < NP_ARRAY_SIZE(rules); k++)
		if (check_rule(o, &rules[k], 4, err) < 0 || check_rule(o, &rules[k], 6, err) < 0)
			return -1;
	return 0;
}

/* ---- where the agent is ---- */

static void take_resolved(struct np_external *e, const struct addrinfo *ai)
{
	struct np_addr a = { .width = ai->ai_family == AF_INET6 ? 16 : 4 };

	for (size_t i = 0; i < e->n_ips; i++)
		if (e->ips[i].width == a.width)
			return;
	if (ai->ai_family == AF_INET)
		memcpy(a.bytes, &((const struct sockaddr_in *)ai->ai_addr)->sin_addr, 4);
	else if (ai->ai_family == AF_INET6)
		memcpy(a.bytes, &((const struct sockaddr_in6 *)ai->ai_addr)->sin6_addr, 16);
	else
		return;
	if (may_be_dialled(&a) && e->n_ips < 2)
		e->ips[e->n_ips++] = a;
}

/* The host's own addresses are ext/a's. */
static int find_addresses(struct np_outside *o, struct np_str host, struct np_err *err)
{
	const struct addrinfo hints = { .ai_socktype = SOCK_STREAM };
	np_auto_free char *name = np_xstrndup(host.p, host.n);
	struct addrinfo *found = NULL;
	int rc = getaddrinfo(name, NULL, &hints, &found);

	if (rc != 0)
		return np_err_set(err, NP_EENV, "--external: cannot find host '%s': %s", name,
				  gai_strerror(rc));
	o->list[0].name = np_str_from(names[0]);
	o->n = 1;
	for (const struct addrinfo *ai = found; ai; ai = ai->ai_next)
		take_resolved(&o->list[0], ai);
	freeaddrinfo(found);
	if (!o->list[0].n_ips)
		return wrong(err, host,
			     "has no address that a pod can reach; add one after a '='");
	return 0;
}

/* Cuts HOST[:PORT], [HOST]:PORT or a bare IPv6 address. */
static bool cut_port(struct np_str text, struct np_str *ret_host, struct np_str *ret_port)
{
	const char *first = memchr(text.p, ':', text.n), *last = memrchr(text.p, ':', text.n);
	const char *close = memchr(text.p, ']', text.n), *end = np_str_end(text);

	*ret_host = text;
	*ret_port = NP_STR_NONE;
	if (text.n && text.p[0] == '[') {
		if (!close || (close + 1 != end && close[1] != ':'))
			return false;
		*ret_host = (struct np_str){ text.p + 1, (size_t)(close - text.p) - 1 };
		if (close + 1 != end)
			*ret_port = (struct np_str){ close + 2, (size_t)(end - close) - 2 };
	} else if (first && first == last) {
		ret_host->n = (size_t)(first - text.p);
		*ret_port = (struct np_str){ first + 1, (size_t)(end - first) - 1 };
	}
	return ret_host->n != 0;
}

static int read_host(struct np_outside *o, struct np_str control, struct np_str *ret_host,
		     struct np_err *err)
{
	unsigned long long port = NP_EXTERNAL_PORT;
	struct np_str host, digits;
	bool v6;

	if (!cut_port(control, &host, &digits) ||
	    (digits.p && (!np_str_u64(digits, PORT_MAX, &port) || !port)))
		return wrong(err, control, "is not HOST, HOST:PORT, [IPV6]:PORT or unix:PATH");
	v6 = memchr(host.p, ':', host.n) != NULL;
	o->host = np_xasprintf("%s" NP_STR_FMT "%s:%llu", v6 ? "[" : "", NP_STR_ARG(host),
			       v6 ? "]" : "", port);
	*ret_host = host;
	return 0;
}

static int read_option(struct np_outside *o, const char *text, struct np_err *err)
{
	const char *equals = strrchr(text, '=');
	struct np_str control = { text, equals ? (size_t)(equals - text) : strlen(text) };
	struct np_str host = control;

	if (np_str_starts(control, SOCKET_PREFIX)) {
		o->socket = np_xstrndup(text + strlen(SOCKET_PREFIX),
					control.n - strlen(SOCKET_PREFIX));
		if (!*o->socket || !equals)
			return wrong(err, control, "needs a path, and the addresses after a '='");
	} else if (read_host(o, control, &host, err) < 0) {
		return -1;
	}
	if (!equals)
		return find_addresses(o, host, err);
	return read_list(o, np_str_from(equals + 1), err) < 0 ? -1 : check_four(o, err);
}

int np_outside_parse(const char *text, struct np_outside *ret, struct np_err *err)
{
	struct np_outside o = { 0 };

	if (read_option(&o, text, err) < 0) {
		np_outside_release(&o);
		return -1;
	}
	*ret = o;
	return 0;
}

void np_outside_release(struct np_outside *o)
{
	free(o->socket);
	free(o->host);
	*o = (struct np_outside){ 0 };
}
