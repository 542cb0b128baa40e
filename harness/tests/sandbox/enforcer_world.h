/*
 * enforcer_world.h - private to the enforcer's tests: a small cast of pods as API objects, changed
 * step by step, and read by the enforcer's view.
 *
 *	slot  pod   node  labels                  containers' ports
 *	0     x/a   n1    app=a role=web          web 80/TCP, dns 53/UDP, sig 80/SCTP; second container: http 8080/TCP, tel 8090/TCP
 *	1     x/b   n1    app=b                   web 80/TCP, dns 53/UDP, sig 80/SCTP; second container: http 8081/TCP
 *	2     x/c   n2    app=c                   as b, http 8080/TCP
 *	3     y/a   n1    app=a role=db           as b, http 8082/TCP
 *	4     y/b   n2    app=b empty=""          as b, http 8083/TCP
 *	5     z/u   n2    (none)                  web 80/TCP
 *
 * Namespaces: x team=red, y team=blue, z (none). Addresses: 10.244.0.1N on n1 and 10.244.64.1N on
 * n2, N the slot; IPv6 fd00:10:244:1::1N, ..:2::1N.
 */
#ifndef NP_TESTS_ENFORCER_WORLD_H
#define NP_TESTS_ENFORCER_WORLD_H

#include <check.h>
#include <jansson.h>

#include "../../sandbox/enforcer_compile.h"
#include "np/base/json.h"
#include "np/base/mem.h"

#define N_SLOTS 6

struct cast {
	json_t *namespaces, *nodes, *pods, *policies;
	int n_made; /* source of uids and resourceVersions */
};

static const struct slot {
	const char *ns, *name, *node, *labels, *ports;
} slots[N_SLOTS] = {
	{ "x", "a", "n1", "{'app':'a','role':'web'}",
	  "{'name':'http','containerPort':8080},{'name':'tel','containerPort':8090}" },
	{ "x", "b", "n1", "{'app':'b'}", "{'name':'http','containerPort':8081}" },
	{ "x", "c", "n2", "{'app':'c'}", "{'name':'http','containerPort':8080}" },
	{ "y", "a", "n1", "{'app':'a','role':'db'}", "{'name':'http','containerPort':8082}" },
	{ "y", "b", "n2", "{'app':'b','empty':''}", "{'name':'http','containerPort':8083}" },
	{ "z", "u", "n2", "{}", "" },
};

/* JSON with ' for ". */
static inline json_t *quoted(const char *text)
{
	char *copy = np_xstrdup(text);
	struct np_err err;
	json_t *v;

	for (char *p = copy; *p; p++)
		if (*p == '\'')
			*p = '"';
	v = np_json_parse(copy, strlen(copy), &err);
	if (!v)
		ck_abort_msg("%s: %s (column %u)", copy, err.msg, err.column);
	free(copy);
	return v;
}

static inline json_t *quotedf(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
static inline json_t *quotedf(const char *fmt, ...)
{
	char *text;
	json_t *v;
	va_list ap;

	va_start(ap, fmt);
	text = np_xvasprintf(fmt, ap);
	va_end(ap);
	v = quoted(text);
	free(text);
	return v;
}

static inline void stamp(struct cast *c, json_t *object, bool is_new)
{
	json_t *meta = json_object_get(object, "metadata");
	char text[16];

	snprintf(text, sizeof(text), "%d", ++c->n_made);
	if (is_new)
		json_object_set_new(meta, "uid", json_string(text));
	json_object_set_new(meta, "resourceVersion", json_string(text));
}

static inline size_t find_object(const json_t *list, const char *ns, const char *name)
{
	json_t *object;
	size_t i;

	json_array_foreach(list, i, object)
		if (!strcmp(np_json_str(object, "metadata/namespace", ""), ns) &&
		    !strcmp(np_json_str(object, "metadata/name", ""), name))
			return i;
	return SIZE_MAX;
}

static inline void slot_addresses(size_t slot, bool on_n1, char *v4, char *v6, size_t size)
{
	snprintf(v4, size, "10.244.%d.1%zu", on_n1 ? 0 : 64, slot);
	snprintf(v6, size, "fd00:10:244:%d::1%zu", on_n1 ? 1 : 2, slot);
}

static inline json_t *slot_pod(size_t slot, const char *ns, const char *name, const char *labels)
{
	const struct slot *s = &slots[slot];
	char v4[64], v6[64];

	slot_addresses(slot, !strcmp(s->node, "n1"), v4, v6, sizeof(v4));
	return quotedf(
		"{'apiVersion':'v1','kind':'Pod','metadata':{'namespace':'%s','name':'%s','labels':%s},"
		"'spec':{'nodeName':'%s','containers':[{'name':'one','ports':[{'name':'web','containerPort':80},"
		"{'name':'dns','containerPort':53,'protocol':'UDP'},{'name':'sig','containerPort':80,'protocol':'SCTP'}]},"
		"{'name':'two','ports':[%s]}]},"
		"'status':{'phase':'Running','podIP':'%s','podIPs':[{'ip':'%s'},{'ip':'%s'}]}}",
		ns, name, labels ? labels : s->labels, s->node, s->ports, v4, v4, v6);
}

static inline void cast_init(struct cast *c)
{
	static const char *const labels[][2] = { { "x", "{'team':'red'}" },
						 { "y", "{'team':'blue'}" },
						 { "z", "{}" } };

	*c = (struct cast){ json_array(), json_array(), json_array(), json_array(), 0 };
	for (size_t i = 0; i < 3; i++)
		json_array_append_new(
			c->namespaces,
			quotedf("{'apiVersion':'v1','kind':'Namespace','metadata':{'name':'%s','labels':%s}}",
				labels[i][0], labels[i][1]));
	for (int i = 1; i <= 2; i++)
		json_array_append_new(
			c->nodes,
			quotedf("{'apiVersion':'v1','kind':'Node','metadata':{'name':'n%d'},'status':{'addresses':["
				"{'type':'InternalIP','address':'198.18.0.1%d'},"
				"{'type':'InternalIP','address':'fd00:198:18::1%d'}]}}",
				i, i, i));
	for (size_t i = 0; i < N_SLOTS; i++) {
		json_t *pod = slot_pod(i, slots[i].ns, slots[i].name, NULL);

		stamp(c, pod, true);
		json_array_append_new(c->pods, pod);
	}
}

static inline void cast_release(struct cast *c)
{
	json_decref(c->namespaces);
	json_decref(c->nodes);
	json_decref(c->pods);
	json_decref(c->policies);
}

static inline json_t *list_of(struct cast *c, const char *kind)
{
	return !strcmp(kind, "np") ? c->policies : !strcmp(kind, "pod") ? c->pods : c->namespaces;
}

/* Adds or replaces a policy; policyTypes are defaulted as the API server does. */
static inline void put_policy(struct cast *c, const char *ns, const char *name, json_t *spec)
{
	size_t at = find_object(c->policies, ns, name);
	json_t *object = quotedf(
		"{'apiVersion':'networking.k8s.io/v1','kind':'NetworkPolicy','metadata':{'namespace':'%s','name':'%s'}}",
		ns, name);

	if (!json_object_get(spec, "policyTypes"))
		json_object_set_new(spec, "policyTypes",
				    json_object_get(spec, "egress") ? quoted("['Ingress','Egress']")
								    : quoted("['Ingress']"));
	json_object_set(object, "spec", spec);
	stamp(c, object, at == SIZE_MAX);
	if (at == SIZE_MAX) {
		json_array_append_new(c->policies, object);
		return;
	}
	json_object_set(json_object_get(object, "metadata"), "uid",
			np_json_at(json_array_get(c->policies, at), "metadata/uid"));
	json_array_set_new(c->policies, at, object);
}

/*
 * One change: ['np',NS,NAME,SPEC] ['del','np'|'pod'|'ns',NS,NAME]
 * ['labels','pod'|'ns',NS,NAME,LABELS] ['patch','pod',NS,NAME,MERGE]
 * ['newpod',SLOT,NS,NAME,LABELS].
 */
static inline void apply_op(struct cast *c, const json_t *op)
{
	const char *verb = json_string_value(json_array_get(op, 0)), *s[4];
	json_t *object, *copy;
	size_t at;

	for (size_t i = 1; i < 4; i++)
		s[i] = json_string_value(json_array_get(op, i));
	if (!strcmp(verb, "np")) {
		put_policy(c, s[1], s[2], json_array_get(op, 3));
		return;
	}
	if (!strcmp(verb, "newpod")) {
		char *labels = json_dumps(json_array_get(op, 4), 0);

		object = slot_pod((size_t)json_integer_value(json_array_get(op, 1)), s[2], s[3],
				  labels);
		stamp(c, object, true);
		json_array_append_new(c->pods, object);
		free(labels);
		return;
	}
	at = find_object(list_of(c, s[1]), s[2], s[3]);
	ck_assert_msg(at != SIZE_MAX, "no %s %s/%s", s[1], s[2], s[3]);
	if (!strcmp(verb, "del")) {
		json_array_remove(list_of(c, s[1]), at);
		return;
	}
	copy = json_deep_copy(json_array_get(list_of(c, s[1]), at));
	stamp(c, copy, false);
	if (!strcmp(verb, "labels"))
		json_object_set(json_object_get(copy, "metadata"), "labels", json_array_get(op, 4));
	else
		json_object_update_recursive(copy, json_array_get(op, 4));
	json_array_set_new(list_of(c, s[1]), at, copy);
}

static inline void apply_ops(struct cast *c, const char *text)
{
	json_t *ops = quotedf("[%s]", text), *op;
	size_t i;

	json_array_foreach(ops, i, op)
		apply_op(c, op);
	json_decref(ops);
}

static inline const struct np_world *see(struct np_view *view, const struct cast *c, int64_t now_ms)
{
	struct np_view_objects objects = { c->namespaces, c->nodes, c->pods, c->policies };

	return np_view_update(view, &objects, now_ms);
}

/* The ruleset of @node after @first and, when not NULL, @then. @pause_ms: between the two. */
static inline void compile_steps(const char *first, const char *then, int64_t pause_ms,
				 enum np_fault_id fault, const char *node, struct np_ruleset *ret)
{
	struct np_view *view = np_view_new(fault);
	struct np_compile_input in = { .node = np_str_from(node) };
	struct cast c;

	cast_init(&c);
	see(view, &c, 1000);
	apply_ops(&c, first);
	in.match = (struct np_match){ .world = see(view, &c, 10000), .view = view, .fault = fault };
	if (then) {
		apply_ops(&c, then);
		in.match.world = see(view, &c, 10000 + pause_ms);
	}
	np_compile(&in, ret);
	cast_release(&c);
	np_view_free(view);
}

#endif
