/*
 * What kube-apiserver refuses in a NetworkPolicy (semantics 3.4 to 3.8, 3.10), strict CIDRs as
 * since 1.36.
 */
#include "admit.h"
#include "np/parse/names.h"
#include "np/base/json.h"
#include "np/base/mem.h"
#include "np/model/addr.h"

#define PATH_MAX_BYTES 200

/* What one check of one policy shares. */
struct check {
	struct np_causes *causes;
	struct np_notes *warnings; /* may be NULL */
	json_t *known_cidrs;	   /* of the old object: not looked at again */
	bool old_selector_is_bad;  /* then values in expressions are not looked at */
};

static struct np_str str_of(const json_t *v)
{
	return (struct np_str){ json_string_value(v), json_string_length(v) };
}

/* ---- selectors (3.4) ---- */

static void check_expression(struct check *c, const json_t *e, const char *at)
{
	const char *op = np_json_str(e, "operator", "");
	bool counted = strcmp(op, "In") == 0 || strcmp(op, "NotIn") == 0,
	     bare = strcmp(op, "Exists") == 0 || strcmp(op, "DoesNotExist") == 0;
	json_t *values = json_object_get(e, "values"), *v, *key = json_object_get(e, "key");
	char field[PATH_MAX_BYTES + 32];
	size_t i;

	snprintf(field, sizeof(field), "%.190s.values", at);
	if (counted && !json_array_size(values))
		np_causes_add(c->causes, NP_CAUSE_REQUIRED, field, NULL,
			      "must be specified when `operator` is 'In' or 'NotIn'");
	if (bare && json_array_size(values))
		np_causes_add(c->causes, NP_CAUSE_FORBIDDEN, field, NULL,
			      "may not be specified when `operator` is 'Exists' or 'DoesNotExist'");
	snprintf(field, sizeof(field), "%.190s.operator", at);
	if (!counted && !bare)
		np_causes_add_text(c->causes, NP_CAUSE_INVALID, field, np_str_from(op),
				   "not a valid selector operator");
	np_admit_name(c->causes, NP_CAUSE_INVALID, NP_NAME_QUALIFIED,
		      key ? str_of(key) : NP_STR(""), "%s.key", at);
	json_array_foreach(values, i, v) {
		if (!c->old_selector_is_bad)
			np_admit_name(c->causes, NP_CAUSE_INVALID, NP_NAME_LABEL_VALUE, str_of(v),
				      "%s.values[%zu]", at, i);
	}
}

static void check_selector(struct check *c, const json_t *selector, const char *at)
{
	char field[PATH_MAX_BYTES + 32];
	json_t *e;
	size_t i;

	snprintf(field, sizeof(field), "%.190s.matchLabels", at);
	np_admit_labels(c->causes, json_object_get(selector, "matchLabels"), field, true);
	json_array_foreach(json_object_get(selector, "matchExpressions"), i, e) {
		snprintf(field, sizeof(field), "%.190s.matchExpressions[%zu]", at, i);
		check_expression(c, e, field);
	}
}

/* ---- ports (3.5) ---- */

static void check_number(struct check *c, const json_t *v, const char *field)
{
	if (json_integer_value(v) < 1 || json_integer_value(v) > 65535)
		np_causes_add(c->causes, NP_CAUSE_INVALID, field, v,
			      "must be between 1 and 65535, inclusive");
}

static void check_port(struct check *c, const json_t *p, const char *at)
{
	const json_t *port = json_object_get(p, "port"), *end = json_object_get(p, "endPort"),
		     *protocol = json_object_get(p, "protocol");
	char field[PATH_MAX_BYTES + 32], end_field[PATH_MAX_BYTES + 32];
	const char *name = json_string_value(protocol);

	snprintf(field, sizeof(field), "%.190s.protocol", at);
	if (name && strcmp(name, "TCP") != 0 && strcmp(name, "UDP") != 0 &&
	    strcmp(name, "SCTP") != 0)
		np_causes_add(c->causes, NP_CAUSE_NOT_SUPPORTED, field, protocol,
			      "supported values: \"SCTP\", \"TCP\", \"UDP\"");
	snprintf(field, sizeof(field), "%.190s.port", at);
	snprintf(end_field, sizeof(end_field), "%.190s.endPort", at);
	if (json_is_integer(port)) {
		check_number(c, port, field);
		if (end && json_integer_value(end) < json_integer_value(port))
			np_causes_add(c->causes, NP_CAUSE_INVALID, end_field, end,
				      "must be greater than or equal to `port`");
		if (end)
			check_number(c, end, end_field);
		return;
	}
	if (end)
		np_causes_add(c->causes, NP_CAUSE_INVALID, end_field, end,
			      "may not be specified when `port` is %s",
			      port ? "non-numeric" : "not specified");
	if (port)
		np_admit_name(c->causes, NP_CAUSE_INVALID, NP_NAME_PORT, str_of(port), "%s", field);
}

/* ---- CIDRs (3.7) ---- */

static void warn_spelling(struct check *c, const struct np_cidr *cidr, const char *text,
			  const char *field)
{
	char canonical[NP_ADDR_TEXT_MAX];

	if (!c->warnings)
		return;
	if (cidr->flags & NP_CIDR_HOST_BITS)
		np_notes_add(
			c->warnings,
			"%s: CIDR value \"%s\" is ambiguous in this context (should be \"%s\"?)",
			field, text, np_cidr_text(cidr, canonical));
	else if (cidr->flags & (NP_CIDR_ZEROS | NP_CIDR_MAPPED))
		np_notes_add(c->warnings,
			     "%s: non-standard CIDR value \"%s\" will be considered invalid in a "
			     "future Kubernetes release: use \"%s\"",
			     field, text, np_cidr_text(cidr, canonical));
	else if (cidr->flags & NP_CIDR_SPELLING)
		np_notes_add(c->warnings,
			     "%s: IPv6 CIDR value \"%s\" should be in RFC 5952 canonical format "
			     "(\"%s\")",
			     field, text, np_cidr_text(cidr, canonical));
}

/* Whether it can be read at all; then *@ret. */
static bool check_cidr(struct check *c, const json_t *v, const char *field, struct np_cidr *ret)
{
	static const struct {
		unsigned flag;
		const char *words;
	} strict[] = {
		{ NP_CIDR_ZEROS, "must not have leading 0s" },
		{ NP_CIDR_MAPPED, "must not be an IPv4-mapped IPv6 address" },
		{ NP_CIDR_HOST_BITS, "must not have bits set beyond the prefix length" },
	};
	bool known = json_object_get(c->known_cidrs, json_string_value(v));

	if (!np_cidr_parse(str_of(v), ret)) {
		if (!known)
			np_causes_add(
				c->causes, NP_CAUSE_INVALID, field, v,
				"must be a valid CIDR value, (e.g. 10.9.8.0/24 or 2001:db8::/64)");
		return false;
	}
	for (size_t i = 0; i < NP_ARRAY_SIZE(strict) && !known; i++) {
		if (ret->flags & strict[i].flag)
			np_causes_add(c->causes, NP_CAUSE_INVALID, field, v, "%s", strict[i].words);
	}
	warn_spelling(c, ret, json_string_value(v), field);
	return true;
}

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

static void check_ip_block(struct check *c, const json_t *block, const char *at)
{
	const json_t *cidr = json_object_get(block, "cidr");
	char field[PATH_MAX_BYTES + 32];
	struct np_cidr outer, inner;
	json_t *v;
	size_t i;

	snprintf(field, sizeof(field), "%.190s.cidr", at);
	if (!json_string_length(cidr)) {
		np_causes_add(c->causes, NP_CAUSE_REQUIRED, field, NULL, "%s", "");
		return;
	}
	if (!check_cidr(c, cidr, field, &outer))
		return;
	json_array_foreach(json_object_get(block, "except"), i, v) {
		snprintf(field, sizeof(field), "%.190s.except[%zu]", at, i);
		if (check_cidr(c, v, field, &inner) &&
		    (!contains(&outer, &inner.addr) || outer.prefix_bits >= inner.prefix_bits))
			np_causes_add(c->causes, NP_CAUSE_INVALID, field, v,
				      "must be a strict subset of `cidr`");
	}
}

/* ---- peers, rules (3.6) ---- */

static void check_peer(struct check *c, const json_t *peer, const char *at)
{
	const json_t *pods = json_object_get(peer, "podSelector"),
		     *namespaces = json_object_get(peer, "namespaceSelector");
	const json_t *block = json_object_get(peer, "ipBlock");
	char field[PATH_MAX_BYTES];

	snprintf(field, sizeof(field), "%.150s.podSelector", at);
	if (pods)
		check_selector(c, pods, field);
	snprintf(field, sizeof(field), "%.150s.namespaceSelector", at);
	if (namespaces)
		check_selector(c, namespaces, field);
	snprintf(field, sizeof(field), "%.150s.ipBlock", at);
	if (block)
		check_ip_block(c, block, field);
	if (!pods && !namespaces && !block)
		np_causes_add(c->causes, NP_CAUSE_REQUIRED, at, NULL, "must specify a peer");
	else if (block && (pods || namespaces))
		np_causes_add(c->causes, NP_CAUSE_FORBIDDEN, at, NULL,
			      "may not specify both ipBlock and another peer");
}

static void check_rules(struct check *c, const json_t *spec, const char *dir, const char *peers)
{
	json_t *rule, *v;
	char field[120];
	size_t i, k;

	json_array_foreach(json_object_get(spec, dir), i, rule) {
		json_array_foreach(json_object_get(rule, "ports"), k, v) {
			snprintf(field, sizeof(field), "spec.%s[%zu].ports[%zu]", dir, i, k);
			check_port(c, v, field);
		}
		json_array_foreach(json_object_get(rule, peers), k, v) {
			snprintf(field, sizeof(field), "spec.%s[%zu].%s[%zu]", dir, i, peers, k);
			check_peer(c, v, field);
		}
	}
}

static void check_types(struct check *c, const json_t *types)
{
	char field[48];
	json_t *v;
	size_t i;

	if (json_array_size(types) > 2) {
		np_causes_add(c->causes, NP_CAUSE_INVALID, "spec.policyTypes", types,
			      "may not specify more than two policyTypes");
		return;
	}
	json_array_foreach(types, i, v) {
		snprintf(field, sizeof(field), "spec.policyTypes[%zu]", i);
		if (strcmp(json_string_value(v), "Ingress") != 0 &&
		    strcmp(json_string_value(v), "Egress") != 0)
			np_causes_add(c->causes, NP_CAUSE_NOT_SUPPORTED, field, v,
				      "supported values: \"Egress\", \"Ingress\"");
	}
}

/* ---- what an old object excuses (3.10) ---- */

static void collect_cidrs(json_t *known, const json_t *spec, const char *dir, const char *peers)
{
	json_t *rule, *peer, *v;
	size_t i, k, n;

	json_array_foreach(json_object_get(spec, dir), i, rule) {
		json_array_foreach(json_object_get(rule, peers), k, peer) {
			const json_t *block = json_object_get(peer, "ipBlock");

			if (json_object_get(block, "cidr"))
				json_object_set_new(known, np_json_str(block, "cidr", ""),
						    json_true());
			json_array_foreach(json_object_get(block, "except"), n, v)
				json_object_set_new(known, json_string_value(v), json_true());
		}
	}
}

static bool selector_is_bad(const json_t *selector)
{
	struct np_causes causes = { 0 };
	struct check c = { .causes = &causes };
	bool bad;

	check_selector(&c, selector, "spec.podSelector");
	bad = np_causes_count(&causes);
	np_causes_release(&causes);
	return bad;
}

void np_admit_check_policy(const json_t *policy, const json_t *old, struct np_causes *causes,
			   struct np_notes *warnings)
{
	const json_t *spec = json_object_get(policy, "spec"),
		     *old_spec = json_object_get(old, "spec");
	struct check c = { .causes = causes, .warnings = warnings, .known_cidrs = json_object() };

	collect_cidrs(c.known_cidrs, old_spec, "ingress", "from");
	collect_cidrs(c.known_cidrs, old_spec, "egress", "to");
	c.old_selector_is_bad = old && selector_is_bad(json_object_get(old_spec, "podSelector"));
	np_admit_check_meta(NP_KIND_NETWORKPOLICY, policy, old, causes);
	check_selector(&c, json_object_get(spec, "podSelector"), "spec.podSelector");
	check_rules(&c, spec, "ingress", "from");
	check_rules(&c, spec, "egress", "to");
	check_types(&c, json_object_get(spec, "policyTypes"));
	json_decref(c.known_cidrs);
}
