/*
 * policy_maker.h - test helper: NetworkPolicies as trees, valid ones over the whole grammar, and
 * changes of a tree that a server may refuse. Everything comes from the maker's generator.
 */
#ifndef NP_TESTS_PARSE_POLICY_MAKER_H
#define NP_TESTS_PARSE_POLICY_MAKER_H

#include "np/base/buf.h"
#include "np/base/json.h"
#include "np/base/mem.h"
#include "np/base/rng.h"

/* A string that starts with this byte is a token, printed as it stands. */
#define RAW "\x02"

struct maker {
	struct np_rng rng;
	struct np_buf out;
	bool yaml;
	unsigned n_anchors;
};

static inline size_t below(struct maker *m, size_t n)
{
	return (size_t)np_rng_below(&m->rng, n);
}

static inline bool one_in(struct maker *m, size_t n)
{
	return below(m, n) == 0;
}

static const char *pick(struct maker *m, const char *const *list, size_t n)
{
	return list[below(m, n)];
}

#define PICK(m, list) pick(m, list, NP_ARRAY_SIZE(list))

/* ---- valid policies ---- */

static const char *const keys[] = { "app", "role", "app.kubernetes.io/name", "a/b", "x-y_z.w", "Tier",
				    "kubernetes.io/metadata.name", "k8s.io/x", "0", "y", "n", "on" };
static const char *const values[] = { "web", "db", "", "a", "1", "1.0", "true", "x-y_z.w", "0x10", "No",
				      "null", "2001-01-01", "1e3", "A.B" };
static const char *const cidrs[] = { "10.0.0.0/8",  "0.0.0.0/0",     "192.168.1.0/24", "::/0",
				     "2001:db8::/32", "fe80::/10",   "10.1.2.3/32",    "172.16.0.0/12",
				     "2001:db8::1/128", "64:ff9b::/96" };
static const char *const subnets[] = { "10.1.0.0/16", "192.168.1.128/25", "2001:db8:1::/48",
				       "10.1.2.3/32", "10.0.0.0/9", "::1/128", "172.16.5.0/24" };
static const char *const port_names[] = { "http", "dns", "8080-tcp", "a", "web-1", "x123456789abcde" };
static const char *const protocols[] = { "TCP", "UDP", "SCTP" };
static const char *const operators[] = { "In", "NotIn", "Exists", "DoesNotExist" };

static inline json_t *text(const char *s)
{
	return json_stringn_nocheck(s, strlen(s));
}

static inline json_t *make_labels(struct maker *m)
{
	json_t *o = json_object();

	for (size_t n = below(m, 4); n > 0; n--)
		json_object_set_new(o, PICK(m, keys), text(PICK(m, values)));
	return o;
}

static inline json_t *make_requirement(struct maker *m)
{
	size_t op = below(m, 4);
	json_t *r = json_object(), *list = json_array();

	json_object_set_new(r, "key", text(PICK(m, keys)));
	json_object_set_new(r, "operator", text(operators[op]));
	for (size_t n = op < 2 ? 1 + below(m, 3) : 0; n > 0; n--)
		json_array_append_new(list, text(PICK(m, values)));
	if (op < 2 || one_in(m, 4))
		json_object_set(r, "values", list);
	json_decref(list);
	return r;
}

static inline json_t *make_selector(struct maker *m)
{
	json_t *s = json_object(), *list = json_array();

	if (one_in(m, 4)) {
		json_decref(list);
		return s;
	}
	if (!one_in(m, 3))
		json_object_set_new(s, "matchLabels", make_labels(m));
	for (size_t n = below(m, 3); n > 0; n--)
		json_array_append_new(list, make_requirement(m));
	if (json_array_size(list) || one_in(m, 5))
		json_object_set(s, "matchExpressions", list);
	json_decref(list);
	return s;
}

/* An except may be no subset: the server says so, and so must we. */
static inline json_t *make_block(struct maker *m)
{
	json_t *b = json_object(), *list;

	json_object_set_new(b, "cidr", text(PICK(m, cidrs)));
	if (one_in(m, 2))
		return b;
	list = json_array();
	for (size_t n = below(m, 3); n > 0; n--)
		json_array_append_new(list, text(PICK(m, subnets)));
	json_object_set_new(b, "except", list);
	return b;
}

static inline json_t *make_peer(struct maker *m)
{
	json_t *p = json_object();
	size_t kind = below(m, 4);

	if (kind == 3) {
		json_object_set_new(p, "ipBlock", make_block(m));
		return p;
	}
	if (kind != 1)
		json_object_set_new(p, "podSelector", make_selector(m));
	if (kind != 0)
		json_object_set_new(p, "namespaceSelector", make_selector(m));
	return p;
}

static inline json_t *make_port(struct maker *m)
{
	json_t *p = json_object();
	size_t port = 1 + below(m, one_in(m, 3) ? 65535 : 9000);

	if (!one_in(m, 3))
		json_object_set_new(p, "protocol", text(PICK(m, protocols)));
	if (one_in(m, 5))
		return p;
	if (one_in(m, 3)) {
		json_object_set_new(p, "port", text(PICK(m, port_names)));
		return p;
	}
	json_object_set_new(p, "port", json_integer((json_int_t)port));
	if (one_in(m, 3))
		json_object_set_new(p, "endPort",
				    json_integer((json_int_t)(port + below(m, 65536 - port))));
	return p;
}

static inline json_t *make_rule(struct maker *m, const char *peers)
{
	json_t *r = json_object(), *list;

	if (!one_in(m, 3)) {
		list = json_array();
		for (size_t n = below(m, 4); n > 0; n--)
			json_array_append_new(list, make_port(m));
		json_object_set_new(r, "ports", list);
	}
	if (!one_in(m, 3)) {
		list = json_array();
		for (size_t n = below(m, 4); n > 0; n--)
			json_array_append_new(list, make_peer(m));
		json_object_set_new(r, peers, list);
	}
	return r;
}

static inline json_t *make_rules(struct maker *m, const char *peers)
{
	json_t *list = json_array();

	for (size_t n = below(m, 4); n > 0; n--)
		json_array_append_new(list, make_rule(m, peers));
	return list;
}

static inline json_t *make_types(struct maker *m)
{
	static const char *const forms[][2] = { { "Ingress", NULL },	  { "Egress", NULL },
						{ "Ingress", "Egress" },  { "Egress", "Ingress" },
						{ "Ingress", "Ingress" }, { NULL, NULL } };
	const char *const *form = forms[below(m, NP_ARRAY_SIZE(forms))];
	json_t *list = json_array();

	for (int i = 0; i < 2 && form[i]; i++)
		json_array_append_new(list, text(form[i]));
	return list;
}

static inline json_t *make_owner(struct maker *m)
{
	static const char *const kinds[] = { "Pod", "Deployment", "Event" };
	static const char *const uids[] = { "u1", "u2", "" };
	static const char *const versions[] = { "v1", "apps/v1", "a/", "/v1" };
	json_t *o = json_object();

	json_object_set_new(o, "apiVersion", text(PICK(m, versions)));
	json_object_set_new(o, "kind", text(PICK(m, kinds)));
	json_object_set_new(o, "name", text("x"));
	json_object_set_new(o, "uid", text(PICK(m, uids)));
	if (one_in(m, 2))
		json_object_set_new(o, "controller", json_boolean(one_in(m, 2)));
	return o;
}

static inline json_t *make_meta(struct maker *m)
{
	static const char *const names[] = { "p", "allow-dns", "a.b", "0", "x-1" };
	static const char *const finalizers[] = { "example.com/f", "orphan", "kubernetes",
						  "foregroundDeletion", "foo" };
	json_t *meta = json_object(), *list;

	json_object_set_new(meta, "name", text(PICK(m, names)));
	if (one_in(m, 4))
		json_object_set_new(meta, "labels", make_labels(m));
	if (one_in(m, 6))
		json_object_set_new(meta, "annotations", make_labels(m));
	if (one_in(m, 6))
		json_object_set_new(meta, "namespace", text("default"));
	if (one_in(m, 20))
		json_object_set_new(meta, "generateName", text("p-"));
	if (one_in(m, 20))
		json_object_set_new(meta, "creationTimestamp", text("2020-01-01T00:00:00Z"));
	if (one_in(m, 12)) {
		list = json_array();
		for (size_t n = below(m, 4); n > 0; n--)
			json_array_append_new(list, make_owner(m));
		json_object_set_new(meta, "ownerReferences", list);
	}
	if (one_in(m, 15)) {
		list = json_array();
		for (size_t n = below(m, 3); n > 0; n--)
			json_array_append_new(list, text(PICK(m, finalizers)));
		json_object_set_new(meta, "finalizers", list);
	}
	return meta;
}

static inline json_t *make_policy(struct maker *m)
{
	json_t *p = json_object(), *spec = json_object();

	json_object_set_new(p, "apiVersion", text("networking.k8s.io/v1"));
	json_object_set_new(p, "kind", text("NetworkPolicy"));
	json_object_set_new(p, "metadata", make_meta(m));
	if (!one_in(m, 10))
		json_object_set_new(spec, "podSelector", make_selector(m));
	if (!one_in(m, 3))
		json_object_set_new(spec, "ingress", make_rules(m, "from"));
	if (!one_in(m, 3))
		json_object_set_new(spec, "egress", make_rules(m, "to"));
	if (one_in(m, 2))
		json_object_set_new(spec, "policyTypes", make_types(m));
	json_object_set_new(p, "spec", spec);
	return p;
}

/* ---- mutants of the tree ---- */

static const char *const odd_texts[] = {
	"", " ", "-", "a b", "Web", "a_b", "a..b", ".a", "a.", "-a", "a-", "a/b", "a/b/c", "/a", "A/b", "80", "0", "65536",
	"-1", "80%", "a--b", "aaaaaaaaaaaaaaaa", "tcp", "TCP ", "Tcp", "ICMP", "ingress", "Ingress ", "in", "IN", "=",
	"10.0.0.0", "10.0.0.0/33", "10.0.0.1/8", "010.0.0.0/8", "10.0.0.0/08", "10.0.0/8", "10.0.0.0.0/8", "256.0.0.0/8",
	"::ffff:10.0.0.0/104", "::ffff:10.0.0.1/128", "FE80::/10", "2001:db8:0:0::/64", "0::/0", "::1.2.3.4/128", "1::2::3/64",
	"00001::/64", "2001:DB8::1/32", "::/129", "::/00", "10.0.0.0/+8", " 10.0.0.0/8", "10.0.0.0/8 ", "fe80::%1/64", "[::]/0",
	"1:2:3:4:5:6:7::/112", "::ffff:0:0/96", "::ffff:1.2.3.4/90", "1.2.3.4/0", "2001:db8::/032", "\xc3\xa4", "\xe2\x84\xaa",
	"x\ny", "\x01", "networking.k8s.io/v1", "v1", "networking.k8s.io/v1beta1", "extensions/v1beta1", "networking.k8s.io/", "/",
	"a/b/c/d", "NetworkPolicy", "networkpolicy", "Pod", "NetworkPolicyList", "2020-01-01T00:00:00Z", "2020-01-01",
	"2020-1-1T00:00:00Z", "2020-01-01T00:00:00+01:00", "2020-02-30T00:00:00Z", "default", "other", "kube-system",
};
static const char *const odd_tokens[] = {
	"null", "true", "false", "{}", "[]", "[null]", "[{}]", "[[]]", "{\"a\":1}", "\"\"", "[\"\"]", "0", "-0", "1", "-1", "80",
	"65535", "65536", "2147483647", "2147483648", "-2147483648", "-2147483649", "9223372036854775807",
	"9223372036854775808", "80.0", "80.5", "8e1", "8E+1", "1e400", "1e-400", "-80", "4294967376", "[80]", "[1,2]",
	"\"a\\u0000\"", "\"\\ud800\"", "\"\\u00e4\"",
};
static const char *const yaml_tokens[] = {
	"~", "yes", "No", "on", "y", "0x50", "0o120", "0120", "080", "0b1010000", "8_0", "+80", "1_000.5", ".5", ".inf", "-.Inf",
	".nan", "1:20", "2001-01-01", "80e", "0o", "1.2.3", "'80'", "\"80\"", "!!str 80", "!!int \"80\"", "!!float 80", "!x 80",
	"!!binary aGVsbG8=", "!!binary /w==", "!!null ~", "!!bool yes", "!!int x", "!!timestamp 2001-01-01", "*a", "&a 1",
	"|\n      80\n", ">-\n      a b\n", "\"a\\x41\\u00e4\"", "'it''s'", "\"\\\n      x\"", "[a, b]", "{a: b, c: d}", "{a, b}",
	"[a: b]", "{? a}", "- a", "a: b", "? a", "<<", "a b: c", "a #b", "#b", "@a", "`a", "%a", "!<tag:yaml.org,2002:str> 1",
	"{<<: {a: b}, a: c}", "{a: 1, a: 2}", "18446744073709551615", "18446744073709551616", "-0b1", "1e3", "0.0", "-0.0",
};

static inline json_t *odd_value(struct maker *m)
{
	char *raw;
	json_t *v;

	if (one_in(m, 2))
		return text(PICK(m, odd_texts));
	raw = np_xasprintf(RAW "%s", m->yaml && one_in(m, 2) ? PICK(m, yaml_tokens)
							      : PICK(m, odd_tokens));
	v = text(raw);
	free(raw);
	return v;
}

static const char *const field_names[] = {
	"apiVersion", "kind", "Kind", "metadata", "name", "namespace", "labels", "annotations", "generateName", "uid", "generation",
	"resourceVersion", "creationTimestamp", "deletionTimestamp", "selfLink", "finalizers", "ownerReferences",
	"managedFields", "clusterName", "deletionGracePeriodSeconds", "spec", "status", "podSelector", "podselector",
	"namespaceSelector", "ipBlock", "cidr", "except", "excepts", "ingress", "egress", "ingres", "from", "to", "ports", "port",
	"endPort", "protocol", "proto", "policyTypes", "policyType", "matchLabels", "matchExpressions", "key", "operator",
	"values", "x", "", "a.b", "\xc5\xbf", "\xe2\x84\xaaind", "apiVer\xc5\xbfion",
};

/* Every list and object of a tree, itself included. */
struct nodes {
	json_t *items[4096];
	size_t n;
};

static inline void collect(struct nodes *all, json_t *v)
{
	json_t *child;
	const char *key;
	size_t i;

	if ((!json_is_object(v) && !json_is_array(v)) || all->n == NP_ARRAY_SIZE(all->items))
		return;
	all->items[all->n++] = v;
	json_object_foreach(v, key, child)
		collect(all, child);
	json_array_foreach(v, i, child)
		collect(all, child);
}

static const char *some_key(struct maker *m, json_t *object)
{
	size_t n = json_object_size(object), at = n ? below(m, n) : 0;
	const char *key;
	json_t *v;

	json_object_foreach(object, key, v)
		if (at-- == 0)
			return key;
	return NULL;
}

static inline void mutate_object(struct maker *m, json_t *o, const struct nodes *all)
{
	const char *key = some_key(m, o);
	json_t *v = key ? json_object_get(o, key) : NULL;

	switch (below(m, 6)) {
	case 0:
		if (key)
			json_object_del(o, key);
		break;
	case 1:
	case 2:
		if (key)
			json_object_set_new_nocheck(o, key, odd_value(m));
		break;
	case 3:
		json_object_set_new_nocheck(o, PICK(m, field_names), odd_value(m));
		break;
	case 4: /* the value under another name */
		if (key) {
			json_incref(v);
			json_object_set_new_nocheck(o, PICK(m, field_names), v);
			if (one_in(m, 2))
				json_object_del(o, key);
		}
		break;
	default: /* something from elsewhere */
		json_object_set_new_nocheck(o, key && one_in(m, 2) ? key : PICK(m, field_names),
					    json_deep_copy(all->items[below(m, all->n)]));
	}
}

static inline void mutate_array(struct maker *m, json_t *a, const struct nodes *all)
{
	size_t n = json_array_size(a), at = n ? below(m, n) : 0;

	switch (below(m, 5)) {
	case 0:
		json_array_remove(a, at);
		break;
	case 1:
		json_array_insert_new(a, at, odd_value(m));
		break;
	case 2:
		if (n)
			json_array_set_new(a, at, odd_value(m));
		break;
	case 3:
		for (size_t i = 1 + below(m, 3); n && i > 0; i--)
			json_array_append_new(a, json_deep_copy(json_array_get(a, at)));
		break;
	default:
		json_array_insert_new(a, at, json_deep_copy(all->items[below(m, all->n)]));
	}
}

static inline void mutate_tree(struct maker *m, json_t *policy)
{
	struct nodes all = { .n = 0 };
	json_t *v;

	collect(&all, policy);
	v = all.items[below(m, all.n)];
	if (json_is_object(v))
		mutate_object(m, v, &all);
	else
		mutate_array(m, v, &all);
}

#endif
