/* case.c - names of needs, and what an expectation says of one cell. */
#include "np/model/case.h"

#include "np/base/mem.h"

static const struct {
	enum np_need need;
	const char *name;
} needs[] = {
	{ NP_NEED_IPV4, "ipv4" },
	{ NP_NEED_IPV6, "ipv6" },
	{ NP_NEED_SCTP, "sctp" },
	{ NP_NEED_ENDPORT, "endport" },
	{ NP_NEED_EXTERNAL, "external" },
	{ NP_NEED_EXTERNALS, "externals" },
	{ NP_NEED_DNS, "dns" },
	{ NP_NEED_SERVICES, "services" },
	{ NP_NEED_TWO_NODES, "two-nodes" },
	{ NP_NEED_HOST_PODS, "host-pods" },
	{ NP_NEED_PINNED_IP, "pinned-ip" },
};

const char *np_need_name(enum np_need need)
{
	for (size_t i = 0; i < NP_ARRAY_SIZE(needs); i++)
		if (needs[i].need == need)
			return needs[i].name;
	return "?";
}

bool np_need_parse(struct np_str s, enum np_need *ret)
{
	for (size_t i = 0; i < NP_ARRAY_SIZE(needs); i++)
		if (np_str_is(s, needs[i].name)) {
			*ret = needs[i].need;
			return true;
		}
	return false;
}

void np_case_release(struct np_case *c)
{
	if (!c)
		return;
	np_arena_release(&c->arena);
	*c = (struct np_case){ 0 };
}

void np_worldfile_release(struct np_worldfile *w)
{
	if (!w)
		return;
	np_arena_release(&w->arena);
	*w = (struct np_worldfile){ 0 };
}

/*
 * '*' any run of characters, '?' any one character. Going back only to the last star keeps it
 * at |pattern| x |name| steps, where fnmatch(3) may need exponential time.
 */
static bool glob(struct np_str pattern, struct np_str name)
{
	size_t p = 0, s = 0, star = SIZE_MAX, resume = 0;

	while (s < name.n) {
		if (p < pattern.n && pattern.p[p] == '*') {
			star = p++;
			resume = s;
		} else if (p < pattern.n && (pattern.p[p] == '?' || pattern.p[p] == name.p[s])) {
			p++;
			s++;
		} else if (star != SIZE_MAX) {
			p = star + 1;
			s = ++resume;
		} else {
			return false;
		}
	}
	while (p < pattern.n && pattern.p[p] == '*')
		p++;
	return p == pattern.n;
}

static bool pattern_matches(struct np_str pattern, const struct np_end_name *end)
{
	if (np_str_is(pattern, "any"))
		return true;
	if (end->is_service && !np_str_starts(pattern, "svc:"))
		return false;
	if (np_str_is(pattern, "pods"))
		return end->is_pod && !end->is_host;
	if (np_str_is(pattern, "hosts"))
		return end->is_host;
	if (np_str_is(pattern, "ext"))
		return end->is_ext;
	return glob(pattern, end->name);
}

static bool terms_match(const struct np_expect_term *terms, size_t n, const struct np_end_name *end)
{
	bool some_positive = false, some_match = false;

	for (size_t i = 0; i < n; i++) {
		bool match = pattern_matches(terms[i].pattern, end);

		if (terms[i].negated && match)
			return false;
		some_positive |= !terms[i].negated;
		some_match |= !terms[i].negated && match;
	}
	return some_match || !some_positive;
}

static bool ports_match(const struct np_expect_line *line, enum np_proto proto, uint16_t port)
{
	for (size_t i = 0; i < line->n_ports; i++) {
		const struct np_expect_port *p = &line->ports[i];
		bool every_port = p->first == 0 && p->last == 0;

		if ((p->any_proto || p->proto == proto) &&
		    (every_port || (p->first <= port && port <= p->last)))
			return true;
	}
	return line->n_ports == 0;
}

/* The source is the node that runs the destination pod, or a host network pod on it. */
static bool is_own_node(const struct np_end_name *src, const struct np_end_name *dst)
{
	const size_t skip = strlen("node/");
	bool is_node = np_str_starts(src->name, "node/");
	struct np_str node = src->node;

	if (!dst->is_pod || dst->node.n == 0 || !(src->is_host || is_node))
		return false;
	if (node.n == 0 && is_node)
		node = (struct np_str){ src->name.p + skip, src->name.n - skip };
	return np_str_eq(node, dst->node);
}

static bool line_matches(const struct np_expect_line *line, const struct np_end_name *src,
			 const struct np_end_name *dst, enum np_proto proto, uint16_t port,
			 int family)
{
	return (line->family == 0 || line->family == family) && ports_match(line, proto, port) &&
	       (!line->own_node || is_own_node(src, dst)) &&
	       terms_match(line->from, line->n_from, src) && terms_match(line->to, line->n_to, dst);
}

bool np_expect_lookup(const struct np_expect *expect, const struct np_end_name *src,
		      const struct np_end_name *dst, enum np_proto proto, uint16_t port, int family,
		      const struct np_expect_line **ret)
{
	for (size_t i = expect->n_lines; i-- > 0;)
		if (line_matches(&expect->lines[i], src, dst, proto, port, family)) {
			*ret = &expect->lines[i];
			return true;
		}
	return false;
}
