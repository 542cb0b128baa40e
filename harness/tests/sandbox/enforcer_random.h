/*
 * enforcer_random.h - private to the enforcer's tests: random policies for the cast, every form of
 * peer and port among them.
 */
#ifndef NP_TESTS_ENFORCER_RANDOM_H
#define NP_TESTS_ENFORCER_RANDOM_H

#include "enforcer_world.h"
#include "np/base/rng.h"

#define PICK(rng, list) ((list)[np_rng_below(rng, NP_ARRAY_SIZE(list))])

static inline json_t *random_selector(struct np_rng *rng)
{
	static const char *const selectors[] = {
		"{}",
		"{'matchLabels':{'app':'a'}}",
		"{'matchLabels':{'app':'b'}}",
		"{'matchLabels':{'app':'none'}}",
		"{'matchExpressions':[{'key':'role','operator':'Exists'}]}",
		"{'matchExpressions':[{'key':'role','operator':'DoesNotExist'}]}",
		"{'matchExpressions':[{'key':'app','operator':'In','values':['a','c']}]}",
		"{'matchExpressions':[{'key':'app','operator':'NotIn','values':['a','b']}]}",
		"{'matchLabels':{'team':'red'}}",
		"{'matchLabels':{'kubernetes.io/metadata.name':'y'}}",
	};

	return quoted(PICK(rng, selectors));
}

static inline json_t *random_peer(struct np_rng *rng)
{
	static const char *const blocks[] = {
		"{'cidr':'0.0.0.0/0'}",
		"{'cidr':'::/0'}",
		"{'cidr':'10.244.0.0/16','except':['10.244.0.11/32']}",
		"{'cidr':'0.0.0.0/0','except':['0.0.0.0/1','128.0.0.0/2','255.255.255.255/32']}",
		"{'cidr':'203.0.113.10/32'}",
		"{'cidr':'::/0','except':['8000::/1','fd00::/8']}",
		"{'cidr':'255.255.255.254/31'}",
		"{'cidr':'fd00:10::/32'}",
		"{'cidr':'ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff/128'}",
		"{'cidr':'10.0.0.0/8','except':['10.0.0.0/9','10.128.0.0/9']}",
	};
	json_t *peer = json_object();
	uint64_t kind = np_rng_below(rng, 4);

	if (kind == 0)
		json_object_set_new(peer, "ipBlock", quoted(PICK(rng, blocks)));
	if (kind & 1)
		json_object_set_new(peer, "podSelector", random_selector(rng));
	if (kind & 2)
		json_object_set_new(peer, "namespaceSelector", random_selector(rng));
	return peer;
}

static inline json_t *random_port(struct np_rng *rng)
{
	static const char *const names[] = { "web", "http", "dns", "sig", "tel", "none" };
	static const char *const protos[] = { "TCP", "UDP", "SCTP" };
	json_t *port = json_object();
	uint64_t kind = np_rng_below(rng, 5), number = 1 + np_rng_below(rng, 65535);

	if (kind > 0)
		json_object_set_new(port, "protocol", json_string(PICK(rng, protos)));
	if (kind == 2)
		json_object_set_new(port, "port", json_string(PICK(rng, names)));
	if (kind > 2)
		json_object_set_new(port, "port", json_integer((json_int_t)number));
	if (kind == 4)
		json_object_set_new(
			port, "endPort",
			json_integer((json_int_t)(number + np_rng_below(rng, 65536 - number))));
	return port;
}

static inline json_t *random_list(struct np_rng *rng, uint64_t max,
				  json_t *(*make)(struct np_rng *))
{
	json_t *list = json_array();

	for (uint64_t n = np_rng_below(rng, max + 1); n > 0; n--)
		json_array_append_new(list, make(rng));
	return list;
}

static inline json_t *random_rules(struct np_rng *rng, const char *peers)
{
	json_t *rules = json_array();

	for (uint64_t n = np_rng_below(rng, 4); n > 0; n--) {
		json_t *rule = json_object();

		json_object_set_new(rule, peers, random_list(rng, 3, random_peer));
		json_object_set_new(rule, "ports", random_list(rng, 4, random_port));
		json_array_append_new(rules, rule);
	}
	return rules;
}

static inline void random_policies(struct np_rng *rng, struct cast *c, size_t n)
{
	static const char *const types[] = { "['Ingress']", "['Egress']", "['Ingress','Egress']" };
	static const char *const namespaces[] = { "x", "y", "z" };
	char name[16];

	for (size_t i = 0; i < n; i++) {
		json_t *spec = json_object();

		json_object_set_new(spec, "podSelector", random_selector(rng));
		json_object_set_new(spec, "policyTypes", quoted(PICK(rng, types)));
		json_object_set_new(spec, "ingress", random_rules(rng, "from"));
		json_object_set_new(spec, "egress", random_rules(rng, "to"));
		snprintf(name, sizeof(name), "p%zu", i);
		put_policy(c, PICK(rng, namespaces), name, spec);
		json_decref(spec);
	}
}

/* The ruleset of @node for @n random policies. */
static inline void compile_random(uint64_t seed, size_t n, const char *node, enum np_fault_id fault,
				  struct np_ruleset *ret)
{
	struct np_view *view = np_view_new(fault);
	struct np_compile_input in = { .node = np_str_from(node) };
	struct np_rng rng;
	struct cast c;

	np_rng_seed(&rng, seed);
	cast_init(&c);
	random_policies(&rng, &c, n);
	in.match = (struct np_match){ .world = see(view, &c, 1000), .view = view, .fault = fault };
	np_compile(&in, ret);
	cast_release(&c);
	np_view_free(view);
}

#endif
