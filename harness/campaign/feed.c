/* feed.c - policies for campaigns: small parts that brought agents down, put together; generated
 * ones; then operations. */
#include "feed.h"

#include <stdlib.h>
#include <string.h>

#include "np/base/json.h"
#include "np/base/mem.h"
#include "np/gen/manifests.h"
#include "np/gen/world.h"
#include "np/mutate/mutate.h"

/* Parts as the API takes them, ordinary and odd. */
static const char *const selectors[] = {
	"{}",
	"{}",
	"{\"matchLabels\":{\"app\":\"web\"}}",
	"{\"matchLabels\":{\"app\":\"db\"}}",
	"{\"matchLabels\":{\"app\":\"web\",\"tier\":\"front\"}}",
	"{\"matchLabels\":{\"no\":\"one\"}}",
	"{\"matchLabels\":{\"app\":\"\"}}",
	"{\"matchExpressions\":[{\"key\":\"app\",\"operator\":\"Exists\"}]}",
	"{\"matchExpressions\":[{\"key\":\"tier\",\"operator\":\"DoesNotExist\"}]}",
	"{\"matchExpressions\":[{\"key\":\"app\",\"operator\":\"In\",\"values\":[\"web\",\"db\"]}]"
	"}",
	"{\"matchExpressions\":[{\"key\":\"app\",\"operator\":\"NotIn\",\"values\":[\"web\"]}]}",
	"{\"matchExpressions\":[{\"key\":\"a\",\"operator\":\"Exists\"},{\"key\":\"a\","
	"\"operator\":\"DoesNotExist\"}]}",
	"{\"matchLabels\":{\"example.com/role\":\"x\"}}",
	"{\"matchLabels\":{\"app\":\"00000\"}}",
};
static const char *const namespace_selectors[] = {
	"{}",
	"{}",
	"{\"matchLabels\":{\"team\":\"a\"}}",
	"{\"matchLabels\":{\"team\":\"b\"}}",
	"{\"matchLabels\":{\"team\":\"nobody\"}}",
	"{\"matchExpressions\":[{\"key\":\"team\",\"operator\":\"NotIn\",\"values\":[\"a\"]}]}",
	("{\"matchExpressions\":[{\"key\":\"kubernetes.io/"
	 "metadata.name\",\"operator\":\"DoesNotExist\"}]}"),
};
static const char *const blocks[] = {
	"{\"cidr\":\"0.0.0.0/0\"}",
	"{\"cidr\":\"0.0.0.0/0\",\"except\":[\"0.0.0.0/1\",\"128.0.0.0/1\"]}",
	"{\"cidr\":\"10.0.0.0/8\",\"except\":[\"10.0.0.0/9\"]}",
	"{\"cidr\":\"10.0.0.0/8\",\"except\":[\"10.1.0.0/16\",\"10.1.0.0/24\"]}",
	"{\"cidr\":\"203.0.113.10/32\"}",
	"{\"cidr\":\"::/0\"}",
	"{\"cidr\":\"2001:db8::/32\",\"except\":[\"2001:db8:1::/48\"]}",
	"{\"cidr\":\"128.0.0.0/1\"}",
	"{\"cidr\":\"255.255.255.255/32\"}",
	"{\"cidr\":\"0.0.0.0/0\",\"except\":[\"10.0.0.0/8\"]}",
};
static const char *const ports[] = {
	"{}",
	"{\"protocol\":\"TCP\"}",
	"{\"protocol\":\"UDP\"}",
	"{\"protocol\":\"SCTP\"}",
	"{\"port\":80}",
	"{\"port\":8080}",
	"{\"port\":53,\"protocol\":\"UDP\"}",
	"{\"port\":\"web\"}",
	"{\"port\":\"alt\"}",
	"{\"port\":\"nobody\"}",
	"{\"port\":\"web\",\"protocol\":\"UDP\"}",
	"{\"port\":\"web\",\"protocol\":\"SCTP\"}",
	"{\"port\":80,\"endPort\":80}",
	"{\"port\":1,\"endPort\":65535}",
	"{\"port\":80,\"endPort\":90}",
	"{\"port\":80,\"endPort\":443}",
	"{\"port\":65535}",
	"{\"port\":9,\"protocol\":\"SCTP\"}",
};
static const char *const policy_types[] = {
	"[\"Ingress\"]",
	"[\"Egress\"]",
	"[\"Ingress\",\"Egress\"]",
	"[\"Egress\",\"Ingress\"]",
	"[\"Ingress\",\"Ingress\"]",
};

#define DRAW(rng, list) drawn(rng, list, NP_ARRAY_SIZE(list))

static json_t *parsed(const char *text)
{
	return np_json_parse(text, strlen(text), NULL);
}

static json_t *drawn(struct np_rng *rng, const char *const *list, size_t n)
{
	return parsed(list[np_rng_below(rng, n)]);
}

static bool chance(struct np_rng *rng, unsigned percent)
{
	return np_rng_below(rng, 100) < percent;
}

static json_t *draw_peer(struct np_rng *rng)
{
	json_t *peer = json_object();
	unsigned form = (unsigned)np_rng_below(rng, 4);

	if (form == 0) {
		json_object_set_new(peer, "ipBlock", DRAW(rng, blocks));
		return peer;
	}
	if (form != 1)
		json_object_set_new(peer, "podSelector", DRAW(rng, selectors));
	if (form != 2)
		json_object_set_new(peer, "namespaceSelector", DRAW(rng, namespace_selectors));
	return peer;
}

/* Few elements mostly; none at all, present and empty, many: each now and then. */
static size_t draw_count(struct np_rng *rng)
{
	return chance(rng, 70)	 ? 1
	       : chance(rng, 70) ? 2
	       : chance(rng, 30) ? 0
	       : chance(rng, 85) ? 3
				 : 45;
}

static json_t *draw_list(struct np_rng *rng, json_t *(*draw)(struct np_rng *))
{
	json_t *list = json_array();

	for (size_t n = draw_count(rng); n > 0; n--)
		json_array_append_new(list, draw(rng));
	return list;
}

static json_t *draw_port(struct np_rng *rng)
{
	return DRAW(rng, ports);
}

static json_t *draw_rule(struct np_rng *rng, const char *peers)
{
	json_t *rule = json_object();

	if (chance(rng, 60))
		json_object_set_new(rule, peers, draw_list(rng, draw_peer));
	if (chance(rng, 60))
		json_object_set_new(rule, "ports", draw_list(rng, draw_port));
	return rule;
}

static json_t *ingress_rule(struct np_rng *rng)
{
	return draw_rule(rng, "from");
}

static json_t *egress_rule(struct np_rng *rng)
{
	return draw_rule(rng, "to");
}

static json_t *composed(struct np_rng *rng)
{
	json_t *spec = np_json_pack("{s:o}", "podSelector", DRAW(rng, selectors));

	if (chance(rng, 65))
		json_object_set_new(spec, "ingress", draw_list(rng, ingress_rule));
	if (chance(rng, 45))
		json_object_set_new(spec, "egress", draw_list(rng, egress_rule));
	if (chance(rng, 55))
		json_object_set_new(spec, "policyTypes", DRAW(rng, policy_types));
	return spec;
}

/* A policy of the conformance suites' generator. */
static json_t *generated(struct np_rng *rng)
{
	struct np_world w;
	struct np_buf b = { 0 };
	json_t *spec = NULL, *policy;

	np_gen_world(np_rng_next(rng) | 1, NULL, &w);
	if (w.n_policies) {
		np_gen_policy_json(&w.policies[np_rng_below(rng, w.n_policies)], &b);
		policy = np_json_parse(np_buf_text(&b), b.len, NULL);
		spec = json_incref(json_object_get(policy, "spec"));
		json_decref(policy);
	}
	np_buf_release(&b);
	np_world_release(&w);
	return spec ? spec : composed(rng);
}

/* A mutant of a composed policy and one of the mutator's own shapes. */
static json_t *mutated(struct np_rng *rng)
{
	const struct np_mutate_opts opts = { .mode = NP_MUTATE_VALID,
					     .format = NP_MUTATE_JSON,
					     .max_bytes = 4096 };
	struct np_mutator *m = np_mutator_new(&opts);
	size_t n_seeds;
	const struct np_str *seeds = np_mutate_seeds(&n_seeds);
	json_t *input = np_json_pack("{s:s, s:s, s:{s:s}, s:o}", "apiVersion",
				     "networking.k8s.io/v1", "kind", "NetworkPolicy", "metadata",
				     "name", "x", "spec", composed(rng)),
	       *policy, *spec;
	struct np_mutation mutant;
	struct np_buf b = { 0 };

	np_json_dump(input, 0, &b);
	json_decref(input);
	np_mutate(m, (struct np_str){ b.data, b.len }, seeds[np_rng_below(rng, n_seeds)],
		  np_rng_next(rng), &mutant);
	policy = json_loadb(mutant.text.p, mutant.text.n, JSON_ALLOW_NUL, NULL);
	spec = json_incref(json_object_get(policy, "spec"));
	json_decref(policy);
	np_buf_release(&b);
	np_mutator_free(m);
	return json_is_object(spec) ? spec : composed(rng);
}

static const struct {
	json_t *(*spec)(struct np_rng *);
	unsigned weight;
} sources[] = {
	{ composed, 65 },
	{ generated, 15 },
	{ mutated, 20 },
};

json_t *feed_spec(struct np_rng *rng)
{
	unsigned total = 0, at;

	for (size_t i = 0; i < NP_ARRAY_SIZE(sources); i++)
		total += sources[i].weight;
	at = (unsigned)np_rng_below(rng, total);
	for (size_t i = 0; i < NP_ARRAY_SIZE(sources); i++) {
		if (at < sources[i].weight)
			return sources[i].spec(rng);
		at -= sources[i].weight;
	}
	return composed(rng);
}

/* A minimised input has the plainest values that do it: they stand for any other. */
static bool scalar_holds(const json_t *value, const json_t *pattern)
{
	static const char *const plain[] = { "a", "x", "10.0.0.0/8" };

	if (json_typeof(value) != json_typeof(pattern))
		return false;
	for (size_t i = 0; json_is_string(pattern) && i < NP_ARRAY_SIZE(plain); i++)
		if (strcmp(json_string_value(pattern), plain[i]) == 0)
			return true;
	return (json_is_integer(pattern) && json_integer_value(pattern) == 80) ||
	       json_equal(value, pattern);
}

static bool is_selector(const char *key)
{
	size_t n = strlen(key);

	return n >= 8 && strcmp(key + n - 8, "Selector") == 0;
}

static bool object_holds(const json_t *spec, const json_t *pattern)
{
	const char *key;
	json_t *p;

	if (!json_is_object(spec) || (!json_object_size(pattern) && json_object_size(spec)))
		return false;
	json_object_foreach((json_t *)pattern, key, p) {
		const json_t *s = json_object_get(spec, key);

		if (!s)
			return false;
		/* An empty selector is what is left of any selector. */
		if (is_selector(key) && json_is_object(p) && !json_object_size(p))
			continue;
		if (!feed_holds(s, p))
			return false;
	}
	return true;
}

bool feed_holds(const json_t *spec, const json_t *pattern)
{
	json_t *p, *s;
	size_t i, k;

	if (json_is_object(pattern))
		return object_holds(spec, pattern);
	if (!json_is_array(pattern))
		return scalar_holds(spec, pattern);
	if (!json_is_array(spec) || (!json_array_size(pattern) && json_array_size(spec)))
		return false;
	json_array_foreach(pattern, i, p) {
		bool found = false;

		json_array_foreach(spec, k, s)
			found |= feed_holds(s, p);
		if (!found)
			return false;
	}
	return true;
}

/* ---- operations ---- */

static bool is_known(const json_t *spec, const json_t *known)
{
	const json_t *pattern;
	size_t i;

	json_array_foreach(known, i, pattern) {
		if (feed_holds(spec, pattern))
			return true;
	}
	return false;
}

static json_t *apply_op(const char *ns, const char *name, json_t *spec_take)
{
	return np_json_pack("{s:s, s:s, s:s, s:s, s:{s:s, s:s, s:{s:s, s:s}, s:o}}", "op", "apply",
			    "kind", "NetworkPolicy", "namespace", ns, "name", name, "object",
			    "apiVersion", "networking.k8s.io/v1", "kind", "NetworkPolicy",
			    "metadata", "name", name, "namespace", ns, "spec", spec_take);
}

static json_t *new_policy(const struct feed_plan *plan, struct np_rng *rng, unsigned n,
			  const char *name)
{
	np_auto_free char *fresh = np_xasprintf("npf-%06u-%u", plan->epoch, n);
	json_t *spec = feed_spec(rng);

	for (int tries = 0; tries < 20 && is_known(spec, plan->known) && chance(rng, 90); tries++) {
		json_decref(spec);
		spec = feed_spec(rng);
	}
	return apply_op(chance(rng, 75) ? "a" : "b", name ? name : fresh, spec);
}

static json_t *label_op(struct np_rng *rng)
{
	static const char *const labels[] = { "{\"app\":\"web\"}",
					      "{\"app\":\"db\"}",
					      "{\"app\":null}",
					      "{\"tier\":\"back\"}",
					      "{\"example.com/role\":\"x\"}",
					      "{\"app\":\"\"}" },
				 *const teams[] = { "{\"team\":\"a\"}", "{\"team\":\"b\"}",
						    "{\"team\":null}", "{\"other\":\"x\"}" };

	if (chance(rng, 35))
		return np_json_pack("{s:s, s:s, s:s, s:s, s:o}", "op", "label", "kind", "Namespace",
				    "namespace", chance(rng, 50) ? "a" : "b", "name", "", "labels",
				    DRAW(rng, teams));
	return np_json_pack("{s:s, s:s, s:s, s:s, s:o}", "op", "label", "kind", "Pod", "namespace",
			    "a", "name", chance(rng, 50) ? "p0" : "p1", "labels",
			    DRAW(rng, labels));
}

static json_t *of_live(const json_t *live, struct np_rng *rng)
{
	return json_array_get(live, np_rng_below(rng, json_array_size(live)));
}

static json_t *draw_op(const struct feed_plan *plan, struct np_rng *rng, unsigned n,
		       const json_t *live)
{
	unsigned what = (unsigned)np_rng_below(rng, 100);
	bool some = json_array_size(live) > 0, full = json_array_size(live) >= plan->max_live;
	json_t *old, *op;

	if (some && (full || what < 18)) {
		old = of_live(live, rng);
		return np_json_pack("{s:s, s:s, s:s, s:s}", "op", "delete", "kind", "NetworkPolicy",
				    "namespace", np_json_str(old, "namespace", "a"), "name",
				    np_json_str(old, "name", ""));
	}
	if (some && what < 30) {
		old = of_live(live, rng);
		op = new_policy(plan, rng, n, np_json_str(old, "name", ""));
		json_object_set(op, "namespace", json_object_get(old, "namespace"));
		json_object_set(np_json_at(op, "object/metadata"), "namespace",
				json_object_get(old, "namespace"));
		return op;
	}
	if (what < 40)
		return label_op(rng);
	if (what < 42)
		return np_json_pack("{s:s, s:s, s:s, s:s}", "op", "recreate", "kind", "Pod",
				    "namespace", "a", "name", "p1");
	return new_policy(plan, rng, n, NULL);
}

/* What is in force after @op, as far as one can tell before it is sent. */
static void follow(json_t *live, const json_t *op)
{
	const char *what = np_json_str(op, "op", ""), *name = np_json_str(op, "name", "");
	json_t *item;
	size_t i;

	if (strcmp(what, "apply") != 0 && strcmp(what, "delete") != 0)
		return;
	json_array_foreach(live, i, item)
		if (strcmp(np_json_str(item, "name", ""), name) == 0) {
			json_array_remove(live, i);
			break;
		}
	if (strcmp(what, "apply") == 0)
		json_array_append_new(live, np_json_pack("{s:s, s:s}", "namespace",
							 np_json_str(op, "namespace", "a"), "name",
							 name));
}

json_t *feed_epoch(const struct feed_plan *plan)
{
	np_auto_free char *label = np_xasprintf("epoch %u", plan->epoch);
	json_t *ops = json_array(), *live = json_deep_copy(plan->live);
	struct np_rng root, rng;

	np_rng_seed(&root, plan->seed);
	np_rng_fork(&rng, &root, label);
	for (unsigned n = 0; n < plan->n_ops; n++) {
		json_t *op = draw_op(plan, &rng, n, live);

		follow(live, op);
		json_array_append_new(ops, op);
	}
	json_decref(live);
	return ops;
}
