/* verdict_spec.c - selectors, ports, peers, rules, policyTypes (semantics 3.4 to 3.8). */
#include "verdict.h"

/* Whether @s is one of the NULL-ended @set. */
static bool is_one_of(struct np_str s, const char *const *set)
{
	while (*set && !np_str_is(s, *set))
		set++;
	return *set;
}

/* ---- selectors ---- */

static void check_operator(struct verdict *v, const struct api_requirement *r,
			   const struct vpath *at)
{
	static const char *const with_values[] = { "In", "NotIn", NULL },
				 *const without[] = { "Exists", "DoesNotExist", NULL };
	const struct cell *place = r->values.at.line ? &r->values.at : &r->at;

	if (is_one_of(r->op.s, with_values)) {
		if (!r->values.n)
			verdict_field(v, NP_FINDING_REQUIRED, place, VPATH(at, "values"), NULL,
				      "must be specified when `operator` is 'In' or 'NotIn'");
	} else if (is_one_of(r->op.s, without)) {
		if (r->values.n)
			verdict_field(v, NP_FINDING_FORBIDDEN, place, VPATH(at, "values"), NULL,
				      "may not be specified when `operator` is 'Exists' or "
				      "'DoesNotExist'");
	} else {
		verdict_text(v, NP_FINDING_INVALID, r->op.at.line ? &r->op.at : &r->at,
			     VPATH(at, "operator"), r->op.s, "not a valid selector operator");
	}
}

static void check_requirement(struct verdict *v, const struct api_requirement *r,
			      const struct vpath *at)
{
	const struct api_str *values = r->values.items;

	check_operator(v, r, at);
	verdict_name(v, NP_NAME_QUALIFIED, r->key.at.line ? &r->key.at : &r->at, VPATH(at, "key"),
		     r->key.s, r->key.s);
	if (v->label_values_excused || v->minor < 26)
		return;
	for (size_t i = 0; i < r->values.n; i++)
		verdict_name(v, NP_NAME_LABEL_VALUE, &values[i].at, VPATH_AT(at, "values", i),
			     values[i].s, values[i].s);
}

static void check_selector(struct verdict *v, const struct api_selector *s, const struct vpath *at)
{
	const struct api_requirement *exprs = s->exprs.items;

	verdict_labels(v, &s->match_labels, VPATH(at, "matchLabels"));
	for (size_t i = 0; i < s->exprs.n; i++)
		check_requirement(v, &exprs[i], VPATH_AT(at, "matchExpressions", i));
}

/* ---- ports ---- */

static bool is_port_number(int64_t n)
{
	return n >= 1 && n <= 65535;
}

static void check_number(struct verdict *v, const struct cell *at, int64_t n,
			 const struct vpath *field)
{
	char text[24];

	snprintf(text, sizeof(text), "%lld", (long long)n);
	if (!is_port_number(n))
		verdict_field(v, NP_FINDING_INVALID, at, field, text,
			      "must be between 1 and 65535, inclusive");
}

static void check_end_port(struct verdict *v, const struct api_port *p, const struct vpath *field)
{
	bool named = p->port.at.set && p->port.is_str;
	char text[24];

	snprintf(text, sizeof(text), "%lld", (long long)p->end_port.v);
	if (!p->port.at.set || named) {
		verdict_field(v, NP_FINDING_INVALID, &p->end_port.at, field, text,
			      "may not be specified when `port` is %s",
			      named ? "non-numeric" : "not specified");
		return;
	}
	snprintf(text, sizeof(text), "%lld", (long long)p->port.v);
	if (p->end_port.v < p->port.v)
		verdict_field(v, NP_FINDING_INVALID, &p->end_port.at, field, text,
			      "must be greater than or equal to `port`");
	check_number(v, &p->end_port.at, p->end_port.v, field);
}

static void check_port(struct verdict *v, const struct api_port *p, const struct vpath *at)
{
	static const char *const protocols[] = { "TCP", "UDP", "SCTP", NULL };

	if (p->protocol.at.set && !is_one_of(p->protocol.s, protocols))
		verdict_text(v, NP_FINDING_NOT_SUPPORTED, &p->protocol.at, VPATH(at, "protocol"),
			     p->protocol.s, "supported values: \"TCP\", \"UDP\", \"SCTP\"");
	if (p->port.at.set && !p->port.is_str)
		check_number(v, &p->port.at, p->port.v, VPATH(at, "port"));
	if (p->end_port.at.set)
		check_end_port(v, p, VPATH(at, "endPort"));
	if (p->port.at.set && p->port.is_str)
		verdict_name(v, NP_NAME_PORT, &p->port.at, VPATH(at, "port"), p->port.s, p->port.s);
}

/* ---- peers ---- */

/* As Go's IPNet.Contains(): IPv4-mapped addresses on either side count as IPv4. */
static bool contains(const struct np_cidr *block, const struct np_addr *addr)
{
	struct np_addr net = np_addr_wire(&block->addr), a = np_addr_wire(addr), masked;
	unsigned bits = block->prefix_bits;

	if (net.width != a.width)
		return false;
	if (net.width != block->addr.width)
		bits = bits > 96 ? bits - 96 : 0;
	masked = np_addr_mask(&a, bits);
	return np_addr_eq(&masked, &net);
}

static void check_ip_block(struct verdict *v, const struct api_ipblock *b, const struct vpath *at)
{
	const struct api_str *excepts = b->excepts.items;
	struct np_cidr outer, inner;

	if (!b->cidr.s.n) {
		verdict_field(v, NP_FINDING_REQUIRED, b->cidr.at.line ? &b->cidr.at : &b->at,
			      VPATH(at, "cidr"), NULL, "%s", "");
		return;
	}
	if (!verdict_cidr(v, &b->cidr, VPATH(at, "cidr"), &outer))
		return;
	for (size_t i = 0; i < b->excepts.n; i++) {
		const struct vpath *field = VPATH_AT(at, "except", i);

		if (!verdict_cidr(v, &excepts[i], field, &inner)) {
			/* Before 1.30 nothing behind a bad one was looked at. */
			if (v->minor < 30)
				return;
			continue;
		}
		if (!contains(&outer, &inner.addr) || outer.prefix_bits >= inner.prefix_bits)
			verdict_text(v, NP_FINDING_INVALID, &excepts[i].at, field, excepts[i].s,
				     "must be a strict subset of `cidr`");
	}
}

static void check_peer(struct verdict *v, const struct api_peer *p, const struct vpath *at)
{
	if (p->pod_selector)
		check_selector(v, p->pod_selector, VPATH(at, "podSelector"));
	if (p->ns_selector)
		check_selector(v, p->ns_selector, VPATH(at, "namespaceSelector"));
	if (p->ip_block)
		check_ip_block(v, p->ip_block, VPATH(at, "ipBlock"));
	if (!p->pod_selector && !p->ns_selector && !p->ip_block)
		verdict_field(v, NP_FINDING_REQUIRED, &p->at, at, NULL, "must specify a peer");
	else if (p->ip_block && (p->pod_selector || p->ns_selector))
		verdict_field(v, NP_FINDING_FORBIDDEN, &p->at, at, NULL,
			      "may not specify both ipBlock and another peer");
}

/* ---- the whole ---- */

static const struct vpath spec_path = { NULL, "spec", -1 };

static void check_rules(struct verdict *v, const struct api_list *rules, const char *name,
			const char *peers_name)
{
	const struct api_rule *list = rules->items;

	for (size_t i = 0; i < rules->n; i++) {
		const struct vpath *at = VPATH_AT(&spec_path, name, i);
		const struct api_port *ports = list[i].ports.items;
		const struct api_peer *peers = list[i].peers.items;

		for (size_t k = 0; k < list[i].ports.n; k++)
			check_port(v, &ports[k], VPATH_AT(at, "ports", k));
		for (size_t k = 0; k < list[i].peers.n; k++)
			check_peer(v, &peers[k], VPATH_AT(at, peers_name, k));
	}
}

static void check_types(struct verdict *v, const struct api_policy_spec *spec)
{
	static const char *const types[] = { "Ingress", "Egress", NULL };
	const struct api_str *list = spec->policy_types.items;
	struct np_buf all = { 0 };

	if (spec->policy_types.n > 2) {
		verdict_print_types(spec, &all);
		verdict_field(v, NP_FINDING_INVALID, &spec->policy_types.at,
			      VPATH(&spec_path, "policyTypes"), np_buf_text(&all),
			      "may not specify more than two policyTypes");
		np_buf_release(&all);
		return;
	}
	for (size_t i = 0; i < spec->policy_types.n; i++)
		if (!is_one_of(list[i].s, types))
			verdict_text(v, NP_FINDING_NOT_SUPPORTED, &list[i].at,
				     VPATH_AT(&spec_path, "policyTypes", i), list[i].s,
				     "supported values: \"Ingress\", \"Egress\"");
}

void verdict_spec(struct verdict *v, const struct api_policy_spec *spec)
{
	check_selector(v, &spec->pod_selector, VPATH(&spec_path, "podSelector"));
	check_rules(v, &spec->ingress, "ingress", "from");
	check_rules(v, &spec->egress, "egress", "to");
	check_types(v, spec);
}

/* ---- what an old object excuses (3.10) ---- */

static int cmp_strings(const void *a, const void *b)
{
	return np_str_cmp(*(const struct np_str *)a, *(const struct np_str *)b);
}

/* Calls @f for every CIDR text of the rules. */
static void each_cidr(const struct api_list *rules, const struct vpath *rules_at,
		      const char *peers_name,
		      void (*f)(void *ctx, const struct api_str *text, const struct vpath *at),
		      void *ctx)
{
	const struct api_rule *list = rules->items;

	for (size_t i = 0; i < rules->n; i++) {
		const struct api_peer *peers = list[i].peers.items;

		for (size_t k = 0; k < list[i].peers.n; k++) {
			const struct vpath *rule = VPATH_AT(rules_at->up, rules_at->name, i),
					   *peer = VPATH_AT(rule, peers_name, k),
					   *at = VPATH(peer, "ipBlock");
			const struct api_ipblock *b = peers[k].ip_block;
			const struct api_str *excepts = b ? b->excepts.items : NULL;

			if (!b)
				continue;
			f(ctx, &b->cidr, VPATH(at, "cidr"));
			for (size_t n = 0; n < b->excepts.n; n++)
				f(ctx, &excepts[n], VPATH_AT(at, "except", n));
		}
	}
}

struct known {
	struct np_str *items;
	size_t n, cap;
};

static void add_known(void *ctx, const struct api_str *text, const struct vpath *at)
{
	struct known *k = ctx;

	(void)at;
	k->items = np_grow(k->items, &k->cap, k->n, sizeof(*k->items));
	k->items[k->n++] = text->s;
}

static bool selector_is_bad(struct verdict *v, const struct api_selector *s)
{
	size_t before = v->n_findings;
	bool bad;

	check_selector(v, s, VPATH(&spec_path, "podSelector"));
	bad = v->n_findings > before;
	v->n_findings = before;
	return bad;
}

void verdict_excuses(struct verdict *v, const struct api_policy_spec *old)
{
	struct known known = { 0 };

	if (v->minor >= 33) {
		each_cidr(&old->ingress, VPATH(&spec_path, "ingress"), "from", add_known, &known);
		each_cidr(&old->egress, VPATH(&spec_path, "egress"), "to", add_known, &known);
	}
	if (known.n) {
		v->known_cidrs = np_arena_array(v->arena, known.n, sizeof(*known.items));
		memcpy(v->known_cidrs, known.items, known.n * sizeof(*known.items));
		qsort(v->known_cidrs, known.n, sizeof(*known.items), cmp_strings);
		v->n_known_cidrs = known.n;
	}
	free(known.items);
	v->label_values_excused = v->minor >= 26 && selector_is_bad(v, &old->pod_selector);
}

static void warn_of(void *ctx, const struct api_str *text, const struct vpath *at)
{
	verdict_cidr_warning(ctx, text, at);
}

void verdict_cidr_warnings(struct verdict *v, const struct api_policy_spec *spec)
{
	if (v->minor < 33)
		return;
	each_cidr(&spec->ingress, VPATH(&spec_path, "ingress"), "from", warn_of, v);
	each_cidr(&spec->egress, VPATH(&spec_path, "egress"), "to", warn_of, v);
}
