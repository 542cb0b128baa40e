/* test_explain.c - explanations and the clauses a verdict rests on; readings and profiles. */
#include <stdlib.h>

#include "../suite.h"
#include "np/base/mem.h"
#include "np/oracle/oracle.h"
#include "random_world.h"
#include "yaml_world.h"

static const char base[] =
	"{apiVersion: v1, kind: Node, metadata: {name: n1}, status: {addresses: [{type: InternalIP, address: 192.0.2.1}]}}\n---\n"
	"{apiVersion: v1, kind: Namespace, metadata: {name: x, labels: {team: red}}}\n---\n"
	"{apiVersion: v1, kind: Namespace, metadata: {name: 'y', labels: {team: blue}}}\n---\n"
	"{apiVersion: v1, kind: Pod, metadata: {name: a, namespace: x, labels: {app: web}}, spec: {nodeName: n1, containers: [{name: c, ports: [{name: web,"
	" containerPort: 8080}, {name: dns, containerPort: 53, protocol: UDP}]}]}, status: {podIP: 10.0.0.1}}\n---\n"
	"{apiVersion: v1, kind: Pod, metadata: {name: b, namespace: 'y', labels: {app: db}}, spec: {containers: [{name: c}]}, status: {podIP: 10.0.0.2}}\n---\n"
	"{apiVersion: v1, kind: Pod, metadata: {name: done, namespace: 'y'}, spec: {containers: [{name: c}]}, status: {phase: Failed, podIP: 10.0.0.3}}\n---\n"
	"{apiVersion: v1, kind: Service, metadata: {name: s, namespace: x}, spec: {clusterIP: 10.96.0.1, clusterIPs: [10.96.0.1], selector: {app: web}, ports: [{port: 80, targetPort: web}]}}\n---\n";

struct told {
	const char *spec;	/* of a policy of x; NULL: none */
	const char *src, *dst, *port;
	const char *must[6];	/* texts that must be there */
	const char *clauses;	/* what np_oracle_clauses() must hold at least */
};

static const struct told told[] = {
	{ NULL, "y/b", "x/a", "TCP:80", { "allow: y/b 10.0.0.2 -> x/a 10.0.0.1 TCP 80", "not isolated", "(S01)" }, "S01" },
	{ "{podSelector: {}}", "y/b", "x/a", "TCP:80", { "deny: ", "x/p (world.yaml:", "allows nothing (S08)", "isolated by 1 policy (S02)" }, "S02 S08" },
	{ "{podSelector: {}, ingress: [{from: [{podSelector: {matchLabels: {app: db}}}]}]}", "y/b", "x/a", "TCP:80",
	  { "its ports do, its peers do not", "the pod is of namespace y (S09)" }, "S02 S05 S09" },
	{ "{podSelector: {}, ingress: [{from: [{namespaceSelector: {matchLabels: {team: green}}, podSelector: {}}]}]}", "y/b", "x/a", "TCP:80",
	  { "its namespace lacks team=green, it has team=blue (S11)" }, "S11" },
	{ "{podSelector: {}, ingress: [{from: [{namespaceSelector: {}, podSelector: {matchExpressions: [{key: app, operator: NotIn, values: [db]}]}}]}]}", "y/b", "x/a", "TCP:80",
	  { "the pod lacks app NotIn [db], it has app=db" }, "S11 S13" },
	{ "{podSelector: {}, ingress: [{from: [{ipBlock: {cidr: 203.0.113.0/24, except: [203.0.113.8/29]}}]}]}", "203.0.113.9", "x/a", "TCP:80",
	  { "the address is inside except 203.0.113.8/29 (S18)" }, "S18" },
	{ "{podSelector: {}, ingress: [{from: [{ipBlock: {cidr: 203.0.113.0/24}}]}]}", "203.0.114.9", "x/a", "TCP:80", { "outside the block (S17)" }, "S17" },
	{ "{podSelector: {}, ingress: [{from: [{ipBlock: {cidr: '2001:db8::/32'}}]}]}", "203.0.114.9", "x/a", "TCP:80", { "other family (S55)" }, "S55" },
	{ "{podSelector: {}, ingress: [{from: [{ipBlock: {cidr: 10.0.0.0/8}}]}]}", "y/b", "x/a", "TCP:80",
	  { "undef: ", "open: S19; if ipBlock matches pod addresses: allow", "if nothing of that holds: deny", "the address is a pod's (S19)" }, "S19" },
	{ "{podSelector: {}, ingress: [{ports: [{port: 80, protocol: UDP}, {port: 81, endPort: 90}]}]}", "y/b", "x/a", "TCP:80",
	  { "its peers do, its ports do not", "UDP 80 (S21): it is TCP (S22)", "TCP 81-90 (S32): the port is 80 (S32)" }, "S22 S32" },
	{ "{podSelector: {}, ingress: [{ports: [{port: web}, {port: nowhere}, {port: dns}]}]}", "y/b", "x/a", "TCP:80",
	  { "the name is 8080 (S28)", "no TCP port of that name (S27)" }, "S26 S27 S28" },
	{ "{podSelector: {}, ingress: [{from: [{namespaceSelector: {}}], ports: [{port: 80}]}]}", "y/b", "x/a", "TCP:80",
	  { "allow: ", "allows: peer 0, pods (any) of namespaces {} (S10); port 0, TCP 80 (S21)" }, "S02 S10 S12 S21" },
	{ "{podSelector: {}, policyTypes: [Egress], egress: [{to: [{ipBlock: {cidr: 203.0.113.0/24}}], ports: [{port: web}]}]}", "x/a", "203.0.113.1", "TCP:80",
	  { "open: S31", "the destination is no pod" }, "S31" },
	{ "{podSelector: {}, policyTypes: [Egress]}", "x/a", "192.0.2.1", "TCP:80", { "node n1 192.0.2.1", "open: S41" }, "S41" },
	{ "{podSelector: {}}", "192.0.2.1", "x/a", "TCP:80", { "own node, always allowed (S40)" }, "S40" },
	{ "{podSelector: {}}", "x/a", "x/a", "TCP:80", { "reaches itself (S38)" }, "S38" },
	{ "{podSelector: {}, ingress: [{from: [{namespaceSelector: {}}], ports: [{port: web}]}]}", "y/b", "svc:x/s", "TCP:80",
	  { "svc:x/s TCP 80", "to x/a port 8080 (S45)", "allows: " }, "S24 S45" },
	{ NULL, "y/done", "x/a", "TCP:80", { "no connection", "(S53)" }, "S53" },
	{ NULL, "y/b", "x/a", "TCP:80v6", { "no connection", "(S60)" }, "S60" },
};

static bool holds_all(const np_clauses *set, const char *clauses)
{
	np_auto_free char *copy = np_xstrdup(clauses);
	char *save = NULL;

	for (char *p = strtok_r(copy, " ", &save); p; p = strtok_r(NULL, " ", &save)) {
		unsigned clause;

		ck_assert(np_clause_parse(np_str_from(p), &clause));
		if (!np_clauses_has(set, clause))
			return false;
	}
	return true;
}

START_TEST(explanation)
{
	const struct told *t = &told[_i];
	const struct np_readings rd = np_profile_readings(NP_PROFILE_CORE);
	struct np_buf why = { 0 };
	np_clauses rests_on;
	struct np_world w;
	struct np_oracle *o;
	struct np_flow f;
	char text[512];

	np_world_init(&w);
	yw_add(&w, base);
	if (t->spec) {
		np_auto_free char *policy = np_xasprintf("{apiVersion: networking.k8s.io/v1, kind: NetworkPolicy, metadata: {name: p, namespace: x}, spec: %s}\n", t->spec);

		yw_add(&w, policy);
	}
	yw_link(&w);
	o = np_oracle_new(&w, &rd);
	f = yw_flow(&w, t->src, t->dst, t->port);
	np_oracle_explain(o, &f, &why);
	for (size_t i = 0; i < NP_ARRAY_SIZE(t->must) && t->must[i]; i++)
		ck_assert_msg(strstr(np_buf_text(&why), t->must[i]), "'%s' is not in:\n%s", t->must[i], np_buf_text(&why));
	rests_on = np_oracle_clauses(o, &f);
	ck_assert_msg(holds_all(&rests_on, t->clauses), "%s: not in %s\n%s", t->clauses, np_clauses_text(&rests_on, text, sizeof(text)),
		      np_buf_text(&why));
	np_buf_release(&why);
	np_oracle_free(o);
	np_world_release(&w);
}
END_TEST

/* Whatever the world: the first word is the verdict, and the text ends in a line's end. */
START_TEST(random_explanations)
{
	for (uint64_t seed = 1; seed <= 150; seed++) {
		const struct np_readings rd = np_profile_readings((enum np_profile)(seed % NP_N_PROFILES));
		struct np_oracle *o;
		struct rw r;

		rw_make(&r, seed, 6, 8, 25);
		o = np_oracle_new(&r.w, &rd);
		for (unsigned k = 0; k < 20; k++) {
			struct np_flow f = { .src = { NP_END_POD, rw_below(&r, 6), { 0 } }, .dst = { NP_END_POD, rw_below(&r, 6), { 0 } },
					     .family = 4, .proto = rw_proto(&r), .port = rw_number(&r) };
			enum np_verdict v;
			const char *word;
			struct np_buf why = { 0 };

			if (r.w.n_services && rw_chance(&r, 30))
				f.dst = (struct np_end){ .kind = NP_END_SERVICE, .idx = rw_below(&r, (unsigned)r.w.n_services) };
			v = np_oracle_eval(o, &f, NULL);
			word = v == NP_NO_FLOW ? "no connection" : np_verdict_name(v);
			np_oracle_explain(o, &f, &why);
			ck_assert_msg(strncmp(np_buf_text(&why), word, strlen(word)) == 0, "seed %llu: %s: %s", (unsigned long long)seed,
				      word, np_buf_text(&why));
			ck_assert_int_eq(why.data[why.len - 1], '\n');
			np_buf_release(&why);
		}
		np_oracle_free(o);
		np_world_release(&r.w);
	}
}
END_TEST

/* Twelve of each, the nearest written last. */
static void put_many(struct np_buf *text)
{
	np_buf_adds(text, base);
	for (unsigned i = 0; i < 12; i++) {
		np_buf_printf(text, "{apiVersion: networking.k8s.io/v1, kind: NetworkPolicy, metadata: {name: p%02u, namespace: x},"
			      " spec: {podSelector: {}, ingress: [", i);
		for (unsigned r = 0; r < 12; r++)
			np_buf_printf(text, "%s{from: [{namespaceSelector: {matchLabels: {team: %s}}, podSelector: {matchLabels:"
				      " {app: %s}}}], ports: [{port: 81}]}", r ? ", " : "",
				      i == 11 && r == 11 ? "blue" : "green", r == 11 ? "db" : "other");
		np_buf_adds(text, "]}}\n---\n");
	}
}

static size_t place_of(const char *text, const char *what)
{
	const char *at = strstr(text, what);

	ck_assert_msg(at != NULL, "'%s' is not in:\n%s", what, text);
	return (size_t)(at - text);
}

START_TEST(the_nearest_first)
{
	struct np_readings rd = np_profile_readings(NP_PROFILE_CORE);
	struct np_buf text = { 0 }, out = { 0 };
	struct np_flow f = { .family = 4, .proto = NP_TCP, .port = 80 };
	struct np_oracle *o;
	struct np_world w;
	const char *told_text;

	put_many(&text);
	np_world_init(&w);
	yw_add(&w, np_buf_text(&text));
	yw_link(&w);
	f.src = yw_end(&w, "y/b");
	f.dst = yw_end(&w, "x/a");
	o = np_oracle_new(&w, &rd);
	np_oracle_explain(o, &f, &out);
	told_text = np_buf_text(&out);
	ck_assert_uint_lt(place_of(told_text, "x/p11 "), place_of(told_text, "x/p00 "));
	ck_assert_uint_lt(place_of(told_text, "rule 11 "), place_of(told_text, "rule 0 "));
	place_of(told_text, "its peers do, its ports do not");
	place_of(told_text, ".. and 4 more policies, less near");
	place_of(told_text, ".. and 4 more rules, less near");
	np_oracle_free(o);
	np_world_release(&w);
	np_buf_release(&text);
	np_buf_release(&out);
}
END_TEST

START_TEST(profiles)
{
	struct np_readings core = np_profile_readings(NP_PROFILE_CORE), extended = np_profile_readings(NP_PROFILE_EXTENDED);
	struct np_readings upstream = np_profile_readings(NP_PROFILE_UPSTREAM);
	enum np_profile p;

	for (unsigned r = 0; r < NP_N_READINGS; r++) {
		bool divergent = r == NP_READ_DIVERGENT;

		ck_assert_int_eq(core.set[r], NP_SET_OPEN);
		ck_assert_int_eq(extended.set[r], divergent ? NP_SET_YES : NP_SET_OPEN);
		ck_assert_int_eq(upstream.set[r], divergent || r == NP_READ_IPBLOCK_PODS || r == NP_READ_CLUSTERIP ? NP_SET_YES : NP_SET_OPEN);
	}
	for (int i = 0; i < NP_N_PROFILES; i++) {
		ck_assert(np_profile_parse(np_str_from(np_profile_name((enum np_profile)i)), &p));
		ck_assert_int_eq(p, i);
	}
	ck_assert(!np_profile_parse(NP_STR("Core"), &p));
}
END_TEST

START_TEST(clauses_of_readings)
{
	static const unsigned want[] = { 19, 20, 25, 29, 30, 31, 39, 41, 42, 43, 45, 56, 57 };

	ck_assert_uint_eq(NP_ARRAY_SIZE(want), NP_N_READINGS);
	for (unsigned r = 0; r < NP_N_READINGS; r++)
		ck_assert_uint_eq(np_reading_clause((enum np_reading)r), want[r]);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("oracle-explain");
	TCase *tc = tcase_create("explain");

	tcase_add_loop_test(tc, explanation, 0, (int)NP_ARRAY_SIZE(told));
	tcase_add_test(tc, random_explanations);
	tcase_add_test(tc, the_nearest_first);
	tcase_add_test(tc, profiles);
	tcase_add_test(tc, clauses_of_readings);
	suite_add_tcase(s, tc);
	return run_suite(s);
}
