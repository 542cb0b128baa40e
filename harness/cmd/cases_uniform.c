/* cases_uniform.c - cases in a uniform world. */
#include "cases_uniform.h"

#include "cases_generate.h"
#include "np/base/file.h"
#include "np/base/mem.h"

/*
 * What of the plain policy is another; NULL: nothing. In the texts @1..@3 are namespaces and
 * ^1..^3 pods, %d and %p the words of the direction: ingress, from or egress, to.
 */
struct feature {
	const char *name, *subject, *types, *peers, *ports, *rules;
	const char *more; /* documents behind the first expectation */
};

#define POD(n) "{matchLabels: {pod: ^" #n "}}"
#define NS(n) "{matchLabels: {ns: \"@" #n "\"}}"
#define EXPR(key, op, values) "{matchExpressions: [{key: " key ", operator: " op values "}]}"
#define VALUES(v) ", values: [" v "]"
#define NEXT "---\n"
#define EXPECT "---\nexpect: |\n  oracle\n"
#define POLICY(name, subject, rest)                                                                \
	NEXT "apiVersion: networking.k8s.io/v1\nkind: NetworkPolicy\nmetadata: {name: " name       \
	     ", namespace: \"@1\"}\nspec: {podSelector: " subject ", " rest "}\n"
#define AGAIN(rest) POLICY("base", POD(1), rest)

static const struct feature features[] = {
	{ .name = "plain" },
	{ .name = "rules-none", .rules = "[]" },
	{ .name = "rules-empty", .rules = "[{}]" },
	/* peers */
	{ .name = "peers-empty-list", .peers = "[]" },
	{ .name = "pods-all", .peers = "[{podSelector: {}}]" },
	{ .name = "pods-by-label", .peers = "[{podSelector: " POD(3) "}]" },
	{ .name = "pods-in", .peers = "[{podSelector: " EXPR("pod", "In", VALUES("^2, ^3")) "}]" },
	{ .name = "pods-notin", .peers = "[{podSelector: " EXPR("pod", "NotIn", VALUES("^2, ^3")) "}]" },
	{ .name = "pods-exists", .peers = "[{podSelector: " EXPR("pod", "Exists", "") "}]" },
	{ .name = "pods-no-key", .peers = "[{podSelector: " EXPR("pod", "DoesNotExist", "") "}]" },
	{ .name = "namespaces-all", .peers = "[{namespaceSelector: {}}]" },
	{ .name = "namespaces-by-label", .peers = "[{namespaceSelector: " NS(3) "}]" },
	{ .name = "namespaces-by-name",
	  .peers = "[{namespaceSelector: {matchLabels: {kubernetes.io/metadata.name: \"@2\"}}}]" },
	{ .name = "namespaces-in",
	  .peers = "[{namespaceSelector: " EXPR("ns", "In", VALUES("\"@2\", \"@3\"")) "}]" },
	{ .name = "namespaces-notin",
	  .peers = "[{namespaceSelector: " EXPR("ns", "NotIn", VALUES("\"@2\"")) "}]" },
	{ .name = "namespaces-exists", .peers = "[{namespaceSelector: " EXPR("ns", "Exists", "") "}]" },
	{ .name = "namespaces-no-key",
	  .peers = "[{namespaceSelector: " EXPR("ns", "DoesNotExist", "") "}]" },
	{ .name = "both-all", .peers = "[{namespaceSelector: {}, podSelector: {}}]" },
	{ .name = "both-pods", .peers = "[{namespaceSelector: {}, podSelector: " POD(2) "}]" },
	{ .name = "both-namespaces", .peers = "[{namespaceSelector: " NS(3) ", podSelector: {}}]" },
	{ .name = "two-peers",
	  .peers = "[{namespaceSelector: " NS(2) "}, {podSelector: " POD(3) "}]" },
	{ .name = "block-of-pod", .peers = "[{ipBlock: {cidr: \"${cidr:@2/^2/28}\"}}]" },
	{ .name = "block-one-pod", .peers = "[{ipBlock: {cidr: \"${cidr:@3/^1/32}\"}}]" },
	{ .name = "block-any", .peers = "[{ipBlock: {cidr: \"${family-any}\"}}]" },
	{ .name = "block-except",
	  .peers = "[{ipBlock: {cidr: \"${family-any}\", except: [\"${cidr:@2/^2/28}\"]}}]" },
	{ .name = "block-except-pod",
	  .peers = "[{ipBlock: {cidr: \"${cidr:@2/^2/24}\", except: [\"${cidr:@2/^2/32}\"]}}]" },
	/* ports */
	{ .name = "ports-empty-list", .ports = "[]" },
	{ .name = "port-81", .ports = "[{port: 81, protocol: TCP}]" },
	{ .name = "port-udp", .ports = "[{port: 80, protocol: UDP}]" },
	{ .name = "port-without-protocol", .ports = "[{port: 80}]" },
	{ .name = "protocol-tcp", .ports = "[{protocol: TCP}]" },
	{ .name = "protocol-udp", .ports = "[{protocol: UDP}]" },
	{ .name = "port-name", .ports = "[{port: serve-81-tcp, protocol: TCP}]" },
	{ .name = "port-name-udp", .ports = "[{port: serve-80-udp, protocol: UDP}]" },
	{ .name = "port-name-of-nobody", .ports = "[{port: other, protocol: TCP}]" },
	{ .name = "port-of-nobody", .ports = "[{port: 7981, protocol: TCP}]" },
	{ .name = "ports-two", .ports = "[{port: 80, protocol: TCP}, {port: 81, protocol: UDP}]" },
	{ .name = "ports-range", .ports = "[{port: 80, endPort: 81, protocol: TCP}]" },
	/* subjects */
	{ .name = "subject-all", .subject = "{}" },
	{ .name = "subject-other", .subject = POD(3) },
	{ .name = "subject-in", .subject = EXPR("pod", "In", VALUES("^1, ^2")) },
	{ .name = "subject-notin", .subject = EXPR("pod", "NotIn", VALUES("^1")) },
	{ .name = "subject-exists", .subject = EXPR("pod", "Exists", "") },
	{ .name = "subject-no-key", .subject = EXPR("pod", "DoesNotExist", "") },
	/* policies */
	{ .name = "types-both", .types = "[Ingress, Egress]" },
	{ .name = "rules-two",
	  .rules = "[{%p: [{podSelector: " POD(2) "}], ports: [{port: 80}]}, "
		   "{%p: [{podSelector: " POD(3) "}], ports: [{port: 81}]}]" },
	{ .name = "rules-with-empty", .rules = "[{%p: [{podSelector: " POD(2) "}]}, {}]" },
	{ .name = "policies-two",
	  .more = POLICY("second", POD(1), "policyTypes: [%D], %d: [{%p: [{podSelector: " POD(3) "}]}]")
		  EXPECT },
	{ .name = "deny-then-allow",
	  .rules = "[]",
	  .more = POLICY("allow", "{}", "policyTypes: [%D], %d: [{}]") EXPECT },
	/* changes */
	{ .name = "policy-deleted", .more = NEXT "delete: NetworkPolicy @1/base\n" EXPECT },
	{ .name = "peers-changed",
	  .more = AGAIN("policyTypes: [%D], %d: [{%p: [{podSelector: " POD(3) "}]}]") EXPECT },
	{ .name = "ports-changed",
	  .more = AGAIN("policyTypes: [%D], %d: [{ports: [{port: 81}]}]") EXPECT },
	{ .name = "pod-label-changed",
	  .peers = "[{podSelector: " POD(2) "}]",
	  .more = NEXT "label: Pod @1/^3\nlabels: {pod: ^2}\n" EXPECT },
	{ .name = "pod-label-added",
	  .peers = "[{podSelector: {matchLabels: {extra: label}}}]",
	  .more = NEXT "label: Pod @1/^2\nlabels: {extra: label}\n" EXPECT },
	{ .name = "namespace-label-changed",
	  .peers = "[{namespaceSelector: " NS(2) "}]",
	  .more = NEXT "label: Namespace @3\nlabels: {ns: \"@2\"}\n" EXPECT },
	{ .name = "namespace-label-added",
	  .peers = "[{namespaceSelector: {matchLabels: {extra: label}}}]",
	  .more = NEXT "label: Namespace @2\nlabels: {extra: label}\n" EXPECT },
	{ .name = "pod-recreated",
	  .peers = "[{podSelector: " POD(2) "}]",
	  .more = NEXT "recreate: Pod @1/^2\n" EXPECT },
};

#define N_ROTATIONS 3
#define PLAIN_PEERS "[{namespaceSelector: " NS(2) ", podSelector: " POD(2) "}]"
#define PLAIN_PORTS "[{port: 80, protocol: TCP}]"

static const struct {
	const char *type, *key, *peers;
} directions[] = { { "Ingress", "ingress", "from" }, { "Egress", "egress", "to" } };

size_t np_uniform_count(void)
{
	return NP_ARRAY_SIZE(features) * NP_ARRAY_SIZE(directions) * N_ROTATIONS;
}

/* The documents of @text with names of @rotation and words of direction @d. */
static void add_text(struct np_buf *b, const char *text, size_t rotation, size_t d)
{
	for (const char *at = text; *at; at++) {
		bool digit = at[1] >= '1' && at[1] <= '3';

		if ((*at == '@' || *at == '^') && digit)
			np_buf_addc(b, (*at == '@' ? "xyz" : "abc")[((size_t)(at[1] - '1') + rotation) % 3]);
		else if (*at == '%' && at[1] == 'd')
			np_buf_adds(b, directions[d].key);
		else if (*at == '%' && at[1] == 'D')
			np_buf_adds(b, directions[d].type);
		else if (*at == '%' && at[1] == 'p')
			np_buf_adds(b, directions[d].peers);
		else {
			np_buf_addc(b, *at);
			continue;
		}
		at++;
	}
}

static void add_policy(struct np_buf *b, const struct feature *f, size_t rotation, size_t d)
{
	struct np_buf text = { 0 };

	np_buf_printf(&text,
		      NEXT "apiVersion: networking.k8s.io/v1\nkind: NetworkPolicy\n"
			   "metadata: {name: base, namespace: \"@1\"}\n"
			   "spec:\n  podSelector: %s\n  policyTypes: %s\n  %%d: ",
		      f->subject ? f->subject : POD(1), f->types ? f->types : "[%D]");
	if (f->rules)
		np_buf_printf(&text, "%s\n", f->rules);
	else
		np_buf_printf(&text, "[{%%p: %s, ports: %s}]\n", f->peers ? f->peers : PLAIN_PEERS,
			      f->ports ? f->ports : PLAIN_PORTS);
	np_buf_adds(&text, EXPECT);
	np_buf_adds(&text, f->more ? f->more : "");
	add_text(b, np_buf_text(&text), rotation, d);
	np_buf_release(&text);
}

/* Case @k: first every feature of one direction, then of the other, then again with other names. */
static int write_case(const char *dir, size_t k, struct np_err *err)
{
	size_t n = NP_ARRAY_SIZE(features);
	const struct feature *f = &features[k % n];
	size_t d = k / n % NP_ARRAY_SIZE(directions), rotation = k / n / NP_ARRAY_SIZE(directions);
	np_auto_free char *id = np_xasprintf("uniform/%04zu-%s-%s", k + 1, f->name, directions[d].key);
	struct np_buf text = { 0 };
	int rc;

	/* Others assert what blocks say of pods; in that profile it is fixed. */
	np_buf_printf(&text,
		      "case: %s\ntitle: of one feature, %s\ncovers: [S05]\nworld: uniform\n"
		      "profile: upstream\nseed: 1\n",
		      id, f->name);
	add_policy(&text, f, rotation, d);
	rc = np_generate_write(dir, np_str_from(id), &text, err);
	np_buf_release(&text);
	return rc;
}

static void world_text(struct np_buf *b)
{
	np_buf_adds(b, "world: uniform\ntitle: three namespaces of three pods, one label each\n"
		       "ports: [TCP:80, TCP:81, UDP:80, UDP:81]\n");
	for (const char *ns = "xyz"; *ns; ns++) {
		np_buf_printf(b, "---\napiVersion: v1\nkind: Namespace\n"
				 "metadata: {name: \"%c\", labels: {ns: \"%c\"}}\n", *ns, *ns);
		for (const char *pod = "abc"; *pod; pod++)
			np_buf_printf(b,
				      "---\napiVersion: v1\nkind: Pod\n"
				      "metadata: {name: %c, namespace: \"%c\", labels: {pod: %c}}\n"
				      "spec: {containers: [{name: main, ports: ["
				      "{name: serve-80-tcp, containerPort: 80}, "
				      "{name: serve-81-tcp, containerPort: 81}, "
				      "{name: serve-80-udp, containerPort: 80, protocol: UDP}, "
				      "{name: serve-81-udp, containerPort: 81, protocol: UDP}]}]}\n",
				      *pod, *ns, *pod);
	}
}

int np_uniform_write(const char *dir, size_t count, struct np_err *err)
{
	np_auto_free char *cases = np_xasprintf("%s/uniform", dir);
	np_auto_free char *worlds = np_xasprintf("%s/worlds", dir);
	struct np_buf world = { 0 };
	int rc;

	world_text(&world);
	rc = np_dir_make(cases, 0755, err) < 0 || np_dir_make(worlds, 0755, err) < 0 ||
			     np_generate_write(dir, NP_STR("worlds/uniform"), &world, err) < 0
		     ? -1
		     : 0;
	np_buf_release(&world);
	for (size_t k = 0; k < count && k < np_uniform_count() && rc == 0; k++)
		rc = write_case(dir, k, err);
	return rc;
}
