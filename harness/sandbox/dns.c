/* Queries in, answers out. The contract is in dns.h. */
#include <ctype.h>
#include <string.h>

#include "dns.h"
#include "np/base/json.h"
#include "np/base/mem.h"
#include "services_table.h"

#define HEADER_BYTES 12
#define NAME_MAX_BYTES 255
#define LABEL_MAX_BYTES 63
#define TTL_S 5
#define DOMAIN "cluster.local"

enum { TYPE_A = 1, TYPE_AAAA = 28, CLASS_IN = 1 };
enum { OK = 0, FORMERR = 1, NXDOMAIN = 3, NOTIMP = 4, REFUSED = 5 };
enum {
	FLAG_QR = 0x80,
	FLAG_AA = 0x04,
	FLAG_TC = 0x02,
	FLAG_RD = 0x01,
	FLAG_RA = 0x80 /* second byte */
};

struct question {
	/* lower case, dots between; empty when it has bytes that no name of ours has */
	char name[NAME_MAX_BYTES + 1];
	uint16_t type, class;
	size_t end; /* offset behind it */
};

static uint16_t get16(const uint8_t *p)
{
	return (uint16_t)(p[0] << 8 | p[1]);
}

static void put16(uint8_t *p, unsigned v)
{
	p[0] = (uint8_t)(v >> 8);
	p[1] = (uint8_t)v;
}

/* One label's characters to @name; false when there is one that would not come back from text. */
static bool add_label(char *name, size_t *len, const uint8_t *label, size_t n)
{
	if (*len)
		name[(*len)++] = '.';
	for (size_t i = 0; i < n; i++) {
		if (label[i] == '.' || !isgraph(label[i]))
			return false;
		name[(*len)++] = (char)tolower(label[i]);
	}
	return true;
}

/* The only question, right behind the header. Compression makes no sense there and is refused. */
static bool read_question(const uint8_t *q, size_t n, struct question *ret)
{
	size_t at = HEADER_BYTES, len = 0;
	bool plain = true;

	while (at < n && q[at] != 0) {
		size_t label = q[at];

		if (label > LABEL_MAX_BYTES || at + 1 + label >= n ||
		    at + 1 + label - HEADER_BYTES >= NAME_MAX_BYTES)
			return false;
		plain = plain && add_label(ret->name, &len, q + at + 1, label);
		at += 1 + label;
	}
	if (at + 5 > n)
		return false;
	ret->name[plain ? len : 0] = '\0';
	ret->type = get16(q + at + 1);
	ret->class = get16(q + at + 3);
	ret->end = at + 5;
	return true;
}

struct writer {
	uint8_t *p;
	size_t n, max;
	unsigned n_answers;
};

/* False when it does not fit. */
static bool put_record(struct writer *w, uint16_t type, const struct np_addr *ip)
{
	uint8_t *p = w->p + w->n;

	if (w->n + 12 + ip->width > w->max)
		return false;
	put16(p, 0xc000 | HEADER_BYTES); /* the question's name */
	put16(p + 2, type);
	put16(p + 4, CLASS_IN);
	put16(p + 6, 0);
	put16(p + 8, TTL_S);
	put16(p + 10, ip->width);
	memcpy(p + 12, ip->bytes, ip->width);
	w->n += 12U + ip->width;
	w->n_answers++;
	return true;
}

static unsigned put_answers(struct writer *w, const struct question *q, np_dns_lookup *lookup,
			    void *ctx)
{
	struct np_addr ips[NP_DNS_ADDRS_MAX];
	size_t n = 0;

	if (q->class != CLASS_IN)
		return REFUSED;
	if (!q->name[0] || !lookup(ctx, q->name, q->type == TYPE_AAAA, ips, &n))
		return NXDOMAIN;
	if (q->type != TYPE_A && q->type != TYPE_AAAA)
		return OK;
	for (size_t i = 0; i < n; i++) {
		if (!put_record(w, q->type, &ips[i])) {
			w->p[2] |= FLAG_TC;
			break;
		}
	}
	return OK;
}

size_t np_dns_answer(const uint8_t *query, size_t n, np_dns_lookup *lookup, void *ctx,
		     uint8_t *answer, size_t max)
{
	struct writer w = { .p = answer, .n = HEADER_BYTES, .max = max };
	struct question q;
	unsigned rcode;

	if (n < HEADER_BYTES || (query[2] & FLAG_QR))
		return 0;
	memset(answer, 0, HEADER_BYTES);
	memcpy(answer, query, 2);
	answer[2] = (uint8_t)(FLAG_QR | FLAG_AA | (query[2] & (0x78 | FLAG_RD)));
	answer[3] = FLAG_RA;
	if (query[2] & 0x78) {
		rcode = NOTIMP;
	} else if (n > NP_DNS_QUERY_MAX || get16(query + 4) != 1 || !read_question(query, n, &q)) {
		rcode = FORMERR;
	} else {
		memcpy(answer + HEADER_BYTES, query + HEADER_BYTES, q.end - HEADER_BYTES);
		w.n = q.end;
		put16(answer + 4, 1);
		rcode = put_answers(&w, &q, lookup, ctx);
	}
	answer[3] |= (uint8_t)rcode;
	put16(answer + 6, w.n_answers);
	return w.n;
}

/* ---- names ---- */

/* Cuts the last label off @name: returns it, NULL when nothing is left. */
static char *cut_last(char *name)
{
	char *dot = strrchr(name, '.');

	if (!*name)
		return NULL;
	if (!dot)
		return NULL;
	*dot = '\0';
	return dot + 1;
}

static void add_ip(struct np_addr *ret, size_t *n, const struct np_addr *ip)
{
	if (*n < NP_DNS_ADDRS_MAX)
		ret[(*n)++] = *ip;
}

static void add_backends(struct np_store *store, const json_t *service, unsigned family,
			 struct np_addr *ret, size_t *ret_n)
{
	json_t *pods = np_store_list(store, NP_KIND_POD,
				     np_json_str(service, "metadata/namespace", ""), NULL);
	struct np_addr ip;
	size_t i;
	json_t *pod;

	json_array_foreach(pods, i, pod) {
		if (np_svc_selects(service, pod) &&
		    np_svc_list_ip(np_json_at(pod, "status/podIPs"), family, &ip))
			add_ip(ret, ret_n, &ip);
	}
	json_decref(pods);
}

static bool find_service(struct np_store *store, const char *ns, const char *name, unsigned family,
			 struct np_addr *ret, size_t *ret_n)
{
	json_t *service = np_store_get(store, NP_KIND_SERVICE, ns, name);
	struct np_addr ip;

	if (!service)
		return false;
	if (strcmp(np_json_str(service, "spec/clusterIP", ""), "None") == 0)
		add_backends(store, service, family, ret, ret_n);
	else if (np_svc_list_ip(np_json_at(service, "spec/clusterIPs"), family, &ip))
		add_ip(ret, ret_n, &ip);
	json_decref(service);
	return true;
}

/* 10-244-0-10 or fd00-10-244-1--a */
static bool find_dashed(struct np_store *store, const char *ns, char *name, unsigned family,
			struct np_addr *ret, size_t *ret_n)
{
	json_t *namespace = np_store_get(store, NP_KIND_NAMESPACE, "", ns);
	bool v4 = strspn(name, "0123456789-") == strlen(name);
	struct np_addr ip;

	if (!namespace)
		return false;
	json_decref(namespace);
	for (char *p = name; *p; p++) {
		if (*p == '-')
			*p = v4 ? '.' : ':';
	}
	if (!np_addr_parse(np_str_from(name), &ip))
		return false;
	if ((ip.width == 16) == (family == 1))
		add_ip(ret, ret_n, &ip);
	return true;
}

bool np_dns_store_lookup(void *ctx, const char *name, unsigned family, struct np_addr *ret,
			 size_t *ret_n)
{
	char host[NAME_MAX_BYTES + 1];
	size_t n = strlen(name), suffix = strlen("." DOMAIN);
	const char *kind, *ns;

	*ret_n = 0;
	if (n <= suffix || n > NAME_MAX_BYTES || strcmp(name + n - suffix, "." DOMAIN) != 0)
		return false;
	memcpy(host, name, n - suffix);
	host[n - suffix] = '\0';
	kind = cut_last(host);
	ns = kind ? cut_last(host) : NULL;
	if (!ns || strchr(host, '.'))
		return false;
	if (strcmp(kind, "svc") == 0)
		return find_service(ctx, ns, host, family, ret, ret_n);
	return strcmp(kind, "pod") == 0 && find_dashed(ctx, ns, host, family, ret, ret_n);
}
