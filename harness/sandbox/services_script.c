/*
 * The ruleset of services as nftables JSON: text with scanner trouble is avoided, and a document is
 * a transaction. The contract is in services_table.h.
 *
 *	prerouting, output (nat)
 *	    map svc4/svc6: address . protocol . port ──> chain of the service port: a random backend
 *	forward, output (filter)
 *	    set none4/none6: the same key ──> reject; anything else to the service ranges is dropped
 *	postrouting (nat)
 *	    set self4/self6: backend . backend ──> snat: who reached himself must see his answer
 */
#include <stdlib.h>
#include <string.h>

#include "np/base/mem.h"
#include "services.h"
#include "services_table.h"

#define TABLE "\"family\":\"inet\",\"table\":\"" NP_SVC_TABLE "\""

/* What differs between the families. */
struct family {
	const char *n, *ip, *type, *range_addr;
	int range_bits;
};

static const struct family families[2] = {
	{ "4", "ip", "ipv4_addr", "10.96.0.0", 16 },
	{ "6", "ip6", "ipv6_addr", "fd00:10:96::", 112 },
};

/* Lower-case names as nftables has them. */
static const char *const protos[NP_N_PROTOS] = {
	[NP_TCP] = "tcp", [NP_UDP] = "udp", [NP_SCTP] = "sctp"
};

static const struct family *family_of(const struct np_addr *ip)
{
	return &families[ip->width == 16];
}

static void end_document(struct np_svc_script *s)
{
	if (s->n > 0 && s->n_commands > 0)
		np_buf_adds(&s->documents[s->n - 1], "]}\n");
	s->n_commands = 0;
}

/* Room for @n commands that must be in one transaction. */
static void begin(struct np_svc_script *s, size_t n)
{
	if (s->n_commands > 0 && s->n_commands + n <= NP_SVC_MAX_COMMANDS)
		return;
	end_document(s);
	s->documents = np_grow(s->documents, &s->cap, s->n, sizeof(*s->documents));
	s->documents[s->n] = (struct np_buf){ 0 };
	np_buf_adds(&s->documents[s->n++], "{\"nftables\":[");
}

static void command(struct np_svc_script *s, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));
static void command(struct np_svc_script *s, const char *fmt, ...)
{
	struct np_buf *b = &s->documents[s->n - 1];
	va_list ap;

	np_buf_adds(b, s->n_commands++ ? ",\n" : "\n");
	va_start(ap, fmt);
	np_buf_vprintf(b, fmt, ap);
	va_end(ap);
}

void np_svc_script_end(struct np_svc_script *s)
{
	end_document(s);
}

void np_svc_script_release(struct np_svc_script *s)
{
	for (size_t i = 0; i < s->n; i++)
		np_buf_release(&s->documents[i]);
	free(s->documents);
	*s = (struct np_svc_script){ 0 };
}

static void add_hook(struct np_svc_script *s, const char *name, const char *type, const char *hook,
		     int priority)
{
	command(s,
		"{\"add\":{\"chain\":{" TABLE ",\"name\":\"%s\",\"type\":\"%s\",\"hook\":\"%s\","
					      "\"prio\":%d,\"policy\":\"accept\"}}}",
		name, type, hook, priority);
}

#define SERVICE_KEY                                                                                \
	"{\"concat\":[{\"payload\":{\"protocol\":\"%s\",\"field\":\"daddr\"}},{\"meta\":{\"key\":" \
	"\"l4proto\"}},"                                                                           \
	"{\"payload\":{\"protocol\":\"th\",\"field\":\"dport\"}}]}"
#define RULE_START "{\"add\":{\"rule\":{" TABLE ",\"chain\":\"%s\",\"expr\":["
#define RULE_END "]}}}"

static void add_translation(struct np_svc_script *s, const struct family *f, const char *chain)
{
	command(s, RULE_START "{\"vmap\":{\"key\":" SERVICE_KEY ",\"data\":\"@svc%s\"}}" RULE_END,
		chain, f->ip, f->n);
}

static void add_guard(struct np_svc_script *s, const struct family *f, const char *chain)
{
	command(s,
		RULE_START
		"{\"match\":{\"op\":\"==\",\"left\":" SERVICE_KEY ",\"right\":\"@none%s\"}},"
		"{\"reject\":{\"type\":\"icmpx\",\"expr\":\"port-unreachable\"}}" RULE_END,
		chain, f->ip, f->n);
	command(s,
		RULE_START
		"{\"match\":{\"op\":\"==\",\"left\":{\"payload\":{\"protocol\":\"%s\",\"field\":"
		"\"daddr\"}},"
		"\"right\":{\"prefix\":{\"addr\":\"%s\",\"len\":%d}}}},{\"drop\":null}" RULE_END,
		chain, f->ip, f->range_addr, f->range_bits);
}

static void add_hairpin(struct np_svc_script *s, const struct family *f,
			const struct np_addr *node_ip)
{
	char text[NP_ADDR_TEXT_MAX];

	command(s,
		RULE_START
		"{\"match\":{\"op\":\"in\",\"left\":{\"ct\":{\"key\":\"status\"}},\"right\":"
		"\"dnat\"}},"
		"{\"match\":{\"op\":\"==\",\"left\":{\"concat\":[{\"payload\":{\"protocol\":\"%s\","
		"\"field\":\"saddr\"}},"
		"{\"payload\":{\"protocol\":\"%s\",\"field\":\"daddr\"}}]},\"right\":\"@self%s\"}},"
		"{\"snat\":{\"family\":\"%s\",\"addr\":\"%s\"}}" RULE_END,
		"post", f->ip, f->ip, f->n, f->ip, np_addr_text(node_ip, text));
}

static void add_sets(struct np_svc_script *s, const struct family *f)
{
	const char *key = "\"inet_proto\",\"inet_service\"]";

	command(s,
		"{\"add\":{\"map\":{" TABLE
		",\"name\":\"svc%s\",\"type\":[\"%s\",%s,\"map\":\"verdict\"}}}",
		f->n, f->type, key);
	command(s, "{\"add\":{\"set\":{" TABLE ",\"name\":\"none%s\",\"type\":[\"%s\",%s}}}", f->n,
		f->type, key);
	command(s, "{\"add\":{\"set\":{" TABLE ",\"name\":\"self%s\",\"type\":[\"%s\",\"%s\"]}}}",
		f->n, f->type, f->type);
}

void np_svc_script_base(struct np_svc_script *s, const struct np_addr ip[2])
{
	static const char table[] =
		"{\"table\":{\"family\":\"inet\",\"name\":\"" NP_SVC_TABLE "\"}}";

	begin(s, NP_SVC_MAX_COMMANDS);
	/* Adding first makes the deletion work on a node that has none. */
	command(s, "{\"add\":%s}", table);
	command(s, "{\"delete\":%s}", table);
	command(s, "{\"add\":%s}", table);
	for (unsigned i = 0; i < 2; i++)
		add_sets(s, &families[i]);
	add_hook(s, "pre", "nat", "prerouting", -100);
	add_hook(s, "out", "nat", "output", -100);
	add_hook(s, "guard-forward", "filter", "forward", -10);
	add_hook(s, "guard-out", "filter", "output", -10);
	add_hook(s, "post", "nat", "postrouting", 100);
	for (unsigned i = 0; i < 2; i++) {
		add_translation(s, &families[i], "pre");
		add_translation(s, &families[i], "out");
		add_guard(s, &families[i], "guard-forward");
		add_guard(s, &families[i], "guard-out");
		if (ip[i].width)
			add_hairpin(s, &families[i], &ip[i]);
	}
}

#define CHAIN_NAME_MAX 64

static const char *chain_name(const struct np_svc_port *p, char *buf)
{
	size_t n = (size_t)snprintf(buf, CHAIN_NAME_MAX, "%s-%u-", protos[p->proto], p->port);

	for (size_t i = 0; i < p->ip.width; i++)
		n += (size_t)snprintf(buf + n, CHAIN_NAME_MAX - n, "%02x", p->ip.bytes[i]);
	return buf;
}

/* "add" or "delete" of the port in map svc or set none. */
static void element(struct np_svc_script *s, const char *verb, const char *set,
		    const struct np_svc_port *p)
{
	char ip[NP_ADDR_TEXT_MAX], name[CHAIN_NAME_MAX];
	np_auto_free char *verdict = NULL;

	np_addr_text(&p->ip, ip);
	if (strcmp(set, "svc") == 0)
		verdict = np_xasprintf(",{\"goto\":{\"target\":\"%s\"}}", chain_name(p, name));
	command(s,
		"{\"%s\":{\"element\":{" TABLE
		",\"name\":\"%s%s\",\"elem\":[%s{\"concat\":[\"%s\",\"%s\",%u]}%s%s]}}}",
		verb, set, family_of(&p->ip)->n, verdict ? "[" : "", ip, protos[p->proto], p->port,
		verdict ? verdict : "", verdict ? "]" : "");
}

static void chain(struct np_svc_script *s, const char *verb, const struct np_svc_port *p)
{
	char name[CHAIN_NAME_MAX];

	command(s, "{\"%s\":{\"chain\":{" TABLE ",\"name\":\"%s\"}}}", verb, chain_name(p, name));
}

static void put_backend(struct np_buf *b, const struct np_svc_backend *backend)
{
	char text[NP_ADDR_TEXT_MAX];

	np_buf_printf(b, "{\"concat\":[\"%s\",%u]}", np_addr_text(&backend->ip, text),
		      backend->port);
}

/* One backend as well goes through the map: one form, one thing to test. */
static void dnat_rule(struct np_svc_script *s, const struct np_svc_port *p)
{
	char name[CHAIN_NAME_MAX];
	struct np_buf map = { 0 };

	for (size_t i = 0; i < p->n_backends; i++) {
		np_buf_printf(&map, "%s[%zu,", i ? "," : "", i);
		put_backend(&map, &p->backends[i]);
		np_buf_addc(&map, ']');
	}
	command(s,
		RULE_START "{\"match\":{\"op\":\"==\",\"left\":{\"meta\":{\"key\":\"l4proto\"}},"
			   "\"right\":\"%s\"}},"
			   "{\"dnat\":{\"family\":\"%s\",\"addr\":{\"map\":{\"key\":{\"numgen\":{"
			   "\"mode\":\"random\",\"mod\":%zu,\"offset\":0}},"
			   "\"data\":{\"set\":[%s]}}}}}" RULE_END,
		chain_name(p, name), protos[p->proto], family_of(&p->ip)->ip, p->n_backends,
		np_buf_text(&map));
	np_buf_release(&map);
}

static void add_port(struct np_svc_script *s, const struct np_svc_port *p)
{
	begin(s, 3);
	if (p->n_backends == 0) {
		element(s, "add", "none", p);
		return;
	}
	chain(s, "add", p);
	dnat_rule(s, p);
	element(s, "add", "svc", p);
}

/*
 * The chain is left, empty, until the transaction after this one: then nothing leads there any
 * more.
 */
static void delete_port(struct np_svc_script *s, const struct np_svc_port *p)
{
	begin(s, 1);
	element(s, "delete", p->n_backends ? "svc" : "none", p);
}

static bool same_backends(const struct np_svc_port *a, const struct np_svc_port *b)
{
	if (a->n_backends != b->n_backends)
		return false;
	for (size_t i = 0; i < a->n_backends; i++) {
		if (!np_addr_eq(&a->backends[i].ip, &b->backends[i].ip) ||
		    a->backends[i].port != b->backends[i].port)
			return false;
	}
	return true;
}

static void change_port(struct np_svc_script *s, const struct np_svc_port *before,
			const struct np_svc_port *after)
{
	if (same_backends(before, after))
		return;
	begin(s, 4);
	if (before->n_backends > 0 && after->n_backends > 0) {
		chain(s, "flush", after);
		dnat_rule(s, after);
		return;
	}
	delete_port(s, before);
	add_port(s, after);
}

static int key_cmp(const struct np_svc_port *x, const struct np_svc_port *y)
{
	int c = np_addr_cmp(&x->ip, &y->ip);

	if (c)
		return c;
	return x->proto != y->proto ? (int)x->proto - (int)y->proto : (int)x->port - (int)y->port;
}

/* Walks both sorted tables; @visit gets NULL for what one of them does not have. */
static void for_each_pair(struct np_svc_script *s, const struct np_svc_table *before,
			  const struct np_svc_table *after,
			  void (*visit)(struct np_svc_script *, const struct np_svc_port *,
					const struct np_svc_port *))
{
	size_t i = 0, k = 0;

	while (i < before->n || k < after->n) {
		int c = i == before->n	? 1
			: k == after->n ? -1
					: key_cmp(&before->ports[i], &after->ports[k]);

		visit(s, c <= 0 ? &before->ports[i] : NULL, c >= 0 ? &after->ports[k] : NULL);
		i += c <= 0;
		k += c >= 0;
	}
}

static void change_one(struct np_svc_script *s, const struct np_svc_port *before,
		       const struct np_svc_port *after)
{
	if (!before)
		add_port(s, after);
	else if (!after)
		delete_port(s, before);
	else
		change_port(s, before, after);
}

static void drop_chain(struct np_svc_script *s, const struct np_svc_port *before,
		       const struct np_svc_port *after)
{
	if (!before || !before->n_backends || (after && after->n_backends))
		return;
	begin(s, 2);
	chain(s, "flush", before);
	chain(s, "delete", before);
}

static int addr_cmp(const void *a, const void *b)
{
	return np_addr_cmp(a, b);
}

/* The backends' addresses, sorted, each once. */
static struct np_addr *backend_ips(const struct np_svc_table *t, size_t *ret_n)
{
	struct np_addr *ips = NULL;
	size_t n = 0, cap = 0, kept = 0;

	for (size_t i = 0; i < t->n; i++) {
		for (size_t k = 0; k < t->ports[i].n_backends; k++) {
			ips = np_grow(ips, &cap, n, sizeof(*ips));
			ips[n++] = t->ports[i].backends[k].ip;
		}
	}
	if (n > 1)
		qsort(ips, n, sizeof(*ips), addr_cmp);
	for (size_t i = 0; i < n; i++) {
		if (kept == 0 || !np_addr_eq(&ips[kept - 1], &ips[i]))
			ips[kept++] = ips[i];
	}
	*ret_n = kept;
	return ips;
}

static void self_element(struct np_svc_script *s, const char *verb, const struct np_addr *ip)
{
	char text[NP_ADDR_TEXT_MAX];

	np_addr_text(ip, text);
	begin(s, 1);
	command(s,
		"{\"%s\":{\"element\":{" TABLE
		",\"name\":\"self%s\",\"elem\":[{\"concat\":[\"%s\",\"%s\"]}]}}}",
		verb, family_of(ip)->n, text, text);
}

static void change_hairpins(struct np_svc_script *s, const struct np_svc_table *before,
			    const struct np_svc_table *after)
{
	size_t n_old, n_new, i = 0, k = 0;
	np_auto_free struct np_addr *old = backend_ips(before, &n_old);
	np_auto_free struct np_addr *now = backend_ips(after, &n_new);

	while (i < n_old || k < n_new) {
		int c = i == n_old ? 1 : k == n_new ? -1 : np_addr_cmp(&old[i], &now[k]);

		if (c < 0)
			self_element(s, "delete", &old[i]);
		else if (c > 0)
			self_element(s, "add", &now[k]);
		i += c <= 0;
		k += c >= 0;
	}
}

void np_svc_script_change(struct np_svc_script *s, const struct np_svc_table *before,
			  const struct np_svc_table *after)
{
	change_hairpins(s, before, after);
	for_each_pair(s, before, after, change_one);
	end_document(s);
	for_each_pair(s, before, after, drop_chain);
}
