/*
 * agent_bugs.h - test helper: the bugs of check_agent.c, each modelled on one of suites/bugs.tsv or on
 * a public report. A bug is met by a shape that needs at least three things to be true of a policy.
 */
#ifndef NP_TESTS_CAMPAIGN_AGENT_BUGS_H
#define NP_TESTS_CAMPAIGN_AGENT_BUGS_H

#include <string.h>

#include "np/base/json.h"

enum deed { PANIC, SURVIVE, STUCK, HANG, SILENT, ABORT };

struct seen {
	const json_t *spec, *old; /* now; before a change (NULL: new) */
	bool deleted;
	size_t n_policies;
};

/* ---- shapes ---- */

static inline size_t len(const json_t *v, const char *key)
{
	return json_array_size(json_object_get(v, key));
}

static inline bool has(const json_t *v, const char *key)
{
	return json_object_get(v, key) != NULL;
}

/* Some rule of @dir for which @test holds. */
static inline bool some_rule(const json_t *spec, const char *dir, bool (*test)(const json_t *rule))
{
	json_t *rule;
	size_t i;

	json_array_foreach(json_object_get(spec, dir), i, rule)
		if (test(rule))
			return true;
	return false;
}

static inline bool some_item(const json_t *rule, const char *list, bool (*test)(const json_t *item))
{
	json_t *item;
	size_t i;

	json_array_foreach(json_object_get(rule, list), i, item)
		if (test(item))
			return true;
	return false;
}

static inline bool is_numberless(const json_t *port)
{
	return !has(port, "port") && strcmp(np_json_str(port, "protocol", ""), "TCP") == 0;
}

static inline bool is_named(const json_t *port)
{
	return json_is_string(json_object_get(port, "port"));
}

static inline bool is_sctp_number(const json_t *port)
{
	return strcmp(np_json_str(port, "protocol", ""), "SCTP") == 0 && has(port, "port");
}

static inline bool is_sctp_name(const json_t *port)
{
	return strcmp(np_json_str(port, "protocol", ""), "SCTP") == 0 && is_named(port);
}

static inline bool is_range(const json_t *port)
{
	return has(port, "endPort");
}

static inline bool is_ns_peer(const json_t *peer)
{
	return has(peer, "namespaceSelector");
}

static inline bool is_block(const json_t *peer)
{
	return has(peer, "ipBlock");
}

static inline bool is_wide(const json_t *peer)
{
	return strcmp(np_json_str(peer, "ipBlock/cidr", ""), "0.0.0.0/0") == 0;
}

static inline bool is_halved(const json_t *peer)
{
	return is_wide(peer) && json_array_size(np_json_at(peer, "ipBlock/except")) > 0;
}

static inline bool is_absent_key(const json_t *peer)
{
	json_t *expr;
	size_t i;

	json_array_foreach(np_json_at(peer, "namespaceSelector/matchExpressions"), i, expr)
		if (strcmp(np_json_str(expr, "operator", ""), "DoesNotExist") == 0)
			return true;
	return false;
}

static inline bool nil_port(const json_t *r)
{
	return some_item(r, "ports", is_numberless) && some_item(r, "from", is_ns_peer);
}

static inline bool named_egress(const json_t *r)
{
	return some_item(r, "ports", is_named) && len(r, "to") > 0;
}

static inline bool block_ports(const json_t *r)
{
	return some_item(r, "from", is_block) && some_item(r, "ports", is_numberless);
}

static inline bool halved_block(const json_t *r)
{
	return some_item(r, "to", is_halved);
}

static inline bool no_from(const json_t *r)
{
	return !len(r, "from") && some_item(r, "ports", is_range);
}

static inline bool many_ports(const json_t *r)
{
	return len(r, "ports") > 40 && len(r, "from") + len(r, "to") > 0;
}

static inline bool same_start(const json_t *r)
{
	json_t *a, *b;
	size_t i, k;

	json_array_foreach(json_object_get(r, "ports"), i, a)
		json_array_foreach(json_object_get(r, "ports"), k, b)
			if (has(a, "endPort") && has(b, "endPort") &&
			    json_equal(json_object_get(a, "port"), json_object_get(b, "port")) &&
			    !json_equal(json_object_get(a, "endPort"),
					json_object_get(b, "endPort")))
				return true;
	return false;
}

static inline bool sctp_rule(const json_t *r)
{
	return some_item(r, "ports", is_sctp_name) && len(r, "ports") > 1;
}

static inline bool sctp_delete_rule(const json_t *r)
{
	return some_item(r, "ports", is_sctp_number);
}

static inline bool absent_ns(const json_t *r)
{
	return some_item(r, "from", is_absent_key) && len(r, "ports") > 0;
}

static inline bool stuck_rule(const json_t *r)
{
	return some_item(r, "ports", is_named) && some_item(r, "from", is_block);
}

static inline bool wide_rule(const json_t *r)
{
	return some_item(r, "from", is_wide) && !has(r, "ports");
}

/* ---- bugs ---- */

static inline bool m_nil_port(const struct seen *s)
{
	return !s->deleted && some_rule(s->spec, "ingress", nil_port);
}

static inline bool m_named_egress(const struct seen *s)
{
	return !s->deleted && some_rule(s->spec, "egress", named_egress);
}

static inline bool m_block(const struct seen *s)
{
	return !s->deleted && some_rule(s->spec, "ingress", block_ports);
}

static inline bool m_halved(const struct seen *s)
{
	return !s->deleted && some_rule(s->spec, "egress", halved_block);
}

static inline bool m_no_from(const struct seen *s)
{
	return !s->deleted && some_rule(s->spec, "ingress", no_from) && !has(s->spec, "egress");
}

static inline bool m_many(const struct seen *s)
{
	return !s->deleted && (some_rule(s->spec, "ingress", many_ports) ||
			       some_rule(s->spec, "egress", many_ports));
}

static inline bool m_overlap(const struct seen *s)
{
	return !s->deleted && (some_rule(s->spec, "ingress", same_start) ||
			       some_rule(s->spec, "egress", same_start));
}

static inline bool m_sctp(const struct seen *s)
{
	return !s->deleted && (some_rule(s->spec, "ingress", sctp_rule) ||
			       some_rule(s->spec, "egress", sctp_rule));
}

static inline bool m_delete(const struct seen *s)
{
	return s->deleted && some_rule(s->spec, "egress", sctp_delete_rule);
}

static inline bool m_types(const struct seen *s)
{
	return !s->deleted && len(s->spec, "policyTypes") == 2 && len(s->spec, "ingress") > 1 &&
	       json_equal(json_array_get(json_object_get(s->spec, "policyTypes"), 0),
			  json_array_get(json_object_get(s->spec, "policyTypes"), 1));
}

static inline bool m_update(const struct seen *s)
{
	return !s->deleted && s->old && len(s->old, "egress") > 0 && !len(s->spec, "egress");
}

static inline bool m_absent(const struct seen *s)
{
	return !s->deleted && some_rule(s->spec, "ingress", absent_ns);
}

static inline bool m_stuck(const struct seen *s)
{
	return !s->deleted && some_rule(s->spec, "ingress", stuck_rule);
}

static inline bool m_wide(const struct seen *s)
{
	return !s->deleted && some_rule(s->spec, "ingress", wide_rule);
}

static inline bool m_crowd(const struct seen *s)
{
	return !s->deleted && s->n_policies >= 8 && some_rule(s->spec, "egress", same_start);
}

static const struct bug {
	const char *name, *like; /* of suites/bugs.tsv, or a public report */
	bool (*met)(const struct seen *);
	enum deed deed;
	const char *says, *function;
} bugs[] = {
	{ "nil-port", "npm-nil-port-panic", m_nil_port, PANIC,
	  "runtime error: invalid memory address or nil pointer dereference",
	  "pkg/policy.(*Translator).portOf" },
	{ "named-egress", "calico-named-port-panic", m_named_egress, PANIC,
	  "runtime error: index out of range [0] with length 0",
	  "pkg/dataplane.(*Endpoint).namedPort" },
	{ "block-nil", "sdn-ipblock-nil", m_block, PANIC,
	  "runtime error: invalid memory address or nil pointer dereference",
	  "pkg/node.(*networkPolicy).selectNamespaces" },
	{ "halved-block", "calico 13477", m_halved, PANIC, "cannot program cidr=\"\" of 0.0.0.0/0",
	  "pkg/nft.(*Set).Add" },
	{ "no-from", "weave-no-from", m_no_from, PANIC,
	  "runtime error: invalid memory address or nil pointer dereference",
	  "npc/analysis.(*rules).peers" },
	{ "many-ports", "cilium-forty-ports", m_many, PANIC,
	  "runtime error: slice bounds out of range [:41] with capacity 40",
	  "pkg/policy.(*L4Filter).expand" },
	{ "range-overlap", "cilium 45811", m_overlap, ABORT, "lo <= hi",
	  "pkg/envoy.(*Ranges).insert" },
	{ "sctp-name", "calico-bpf-sctp-named-panic", m_sctp, PANIC,
	  "interface conversion: interface {} is nil, not uint8",
	  "bpf/polprog.(*Builder).protocol" },
	{ "delete-failed", "ovnk-delete-panic", m_delete, PANIC,
	  "runtime error: invalid memory address or nil pointer dereference",
	  "pkg/ovn.(*Controller).destroyNetworkPolicy" },
	{ "double-types", "knp-nil-pod", m_types, PANIC,
	  "runtime error: assignment to entry in nil map", "pkg/types.(*Set).add" },
	{ "lost-egress", "kr-named-port-crash", m_update, PANIC, "close of nil channel",
	  "pkg/sync.(*Watcher).stopEgress" },
	{ "absent-key", "CVE-2023-41333", m_absent, SURVIVE,
	  "runtime error: invalid memory address or nil pointer dereference",
	  "controllers.(*PolicyReconciler).namespaces" },
	{ "stuck-set", "kr-proto-only-crash", m_stuck, STUCK,
	  "ipset restore failed: Syntax error: named port", "" },
	{ "wide-hang", "antrea-index-deadlock", m_wide, HANG, "", "" },
	{ "crowd", "cilium 20903", m_crowd, SILENT, "", "" },
};

#endif
