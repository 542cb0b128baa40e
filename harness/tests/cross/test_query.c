/* test_query.c - diff, eval by labels and table by classes as commands. */
#include <jansson.h>
#include <stdlib.h>
#include <unistd.h>

#include "../../cmd/table_classes.h"
#include "../command_line.h"
#include "np/base/file.h"
#include "np/base/mem.h"
#include "np/gen/manifests.h"
#include "np/gen/world.h"
#include "np/model/cuts.h"

static char *dir;

static const char pods[] =
	"{apiVersion: v1, kind: Namespace, metadata: {name: x, labels: {team: red}}}\n---\n"
	"{apiVersion: v1, kind: Pod, metadata: {name: a, namespace: x, labels: {app: web, "
	"example.com/role: api}},"
	" spec: {containers: [{name: c}]}, status: {phase: Running, podIP: 10.0.0.1}}\n---\n"
	"{apiVersion: v1, kind: Pod, metadata: {name: b, namespace: x, labels: {app: db}},"
	" spec: {containers: [{name: c}]}, status: {phase: Running, podIP: 10.0.0.2}}\n---\n"
	"{apiVersion: v1, kind: Pod, metadata: {name: c, namespace: x, labels: {app: web}},"
	" spec: {containers: [{name: c}]}, status: {phase: Running, podIP: 10.0.0.3}}\n---\n"
	"{apiVersion: v1, kind: Pod, metadata: {name: d, namespace: 'y', labels: {app: db}},"
	" spec: {containers: [{name: c}]}, status: {phase: Running, podIP: 10.0.0.4}}\n";

#define POLICY(spec)                                                                               \
	"{apiVersion: networking.k8s.io/v1, kind: NetworkPolicy, metadata: {name: p, namespace: "  \
	"x}, spec: " spec "}\n"
#define DB "podSelector: {matchLabels: {app: db}}"

static const struct {
	const char *name, *text;
} files[] = {
	{ "pods.yaml", pods },
	{ "deny.yaml", POLICY("{" DB "}") },
	{ "web.yaml",
	  POLICY("{" DB ", ingress: [{from: [{podSelector: {matchLabels: {app: web}}}], ports:"
		 " [{port: 5432, endPort: 5440}]}]}") },
	{ "block.yaml", POLICY("{" DB ", ingress: [{from: [{ipBlock: {cidr: 203.0.113.0/24, "
				      "except: [203.0.113.8/29]}}]}]}") },
	{ "pods-of-block.yaml",
	  POLICY("{" DB ", ingress: [{from: [{ipBlock: {cidr: 10.0.0.0/30}}]}]}") },
	{ "named.yaml", "{apiVersion: v1, kind: Pod, metadata: {name: a, namespace: x}, spec: "
			"{containers: [{name: c, ports:"
			" [{name: web, containerPort: 8080}]}]}, status: {phase: Running, podIP: "
			"10.0.0.1}}\n---\n"
			"{apiVersion: v1, kind: Pod, metadata: {name: b, namespace: x, labels: "
			"{app: web}}, spec: {containers:"
			" [{name: c}]}, status: {phase: Running, podIP: 10.0.0.2}}\n---\n"
			"{apiVersion: v1, kind: Pod, metadata: {name: c, namespace: x, labels: "
			"{app: web}}, spec: {containers:"
			" [{name: c}]}, status: {phase: Running, podIP: 10.0.0.3}}\n" },
	{ "by-name.yaml",
	  POLICY("{podSelector: {matchExpressions: [{key: app, operator: DoesNotExist}]},"
		 " ingress: [{ports: [{port: web}]}]}") },
	{ "workloads.yaml",
	  "{apiVersion: apps/v1, kind: Deployment, metadata: {name: web, namespace: x}, spec: {template: "
	  "{metadata: {labels: {app: web}}, spec: {containers: [{name: c}]}}}}\n---\n"
	  "{apiVersion: v1, kind: List, items: [{apiVersion: apps/v1, kind: StatefulSet, metadata: {name: web,"
	  " namespace: x}, spec: {template: {metadata: {labels: {app: db}}, spec: {containers: [{name: c, ports:"
	  " [{name: pg, containerPort: 5432}]}]}}}}]}\n---\n"
	  "{apiVersion: batch/v1, kind: CronJob, metadata: {name: job, namespace: x}, spec: {jobTemplate: {spec:"
	  " {template: {metadata: {labels: {app: web, batch: \"yes\"}}, spec: {containers: [{name: c}]}}}}}}\n---\n"
	  "{apiVersion: apps/v1, kind: Deployment, metadata: {name: odd, namespace: x}, spec: {template: {spec:"
	  " {containers: []}}}}\n" },
	{ "all.yaml", POLICY("{podSelector: {}}") },
	{ "web-alone.yaml", POLICY("{podSelector: {}, ingress: [{from: [{podSelector: "
				   "{matchLabels: {app: web}}}], ports:"
				   " [{port: 80}]}]}") },
	{ "bad.yaml", POLICY("{" DB ", ingress: [{from: [{}]}]}") },
	{ "fewer.yaml", "{apiVersion: v1, kind: Pod, metadata: {name: a, namespace: x}, spec: "
			"{containers: [{name: c}]},"
			" status: {phase: Running, podIP: 10.0.0.1}}\n" },
};

static char *path_of(const char *name)
{
	return np_xasprintf("%s/%s", dir, name);
}

/* Enough pods that a table of all connections could not be read: 12 of app a, 3 of app b. */
static void make_many(void)
{
	np_auto_free char *path = path_of("many.yaml");
	struct np_buf text = { 0 };
	struct np_err err;

	for (unsigned i = 0; i < 15; i++)
		np_buf_printf(&text,
			      "---\n{apiVersion: v1, kind: Pod, metadata: {name: p%02u, namespace: "
			      "x, labels: {app: %s}},"
			      " spec: {containers: [{name: c}]}, status: {phase: Running, podIP: "
			      "10.0.1.%u}}\n",
			      i, i < 12 ? "web" : "db", i + 1);
	ck_assert(np_file_write(path, np_buf_text(&text), text.len, 0600, &err) == 0);
	np_buf_release(&text);
}

static void make_dir(void)
{
	struct np_err err;

	dir = scratch_dir();
	make_many();
	for (size_t i = 0; i < NP_ARRAY_SIZE(files); i++) {
		np_auto_free char *path = path_of(files[i].name);

		ck_assert(np_file_write(path, files[i].text, strlen(files[i].text), 0600, &err) ==
			  0);
	}
}

static void remove_dir(void)
{
	scratch_remove(dir);
}

static const struct {
	const char *line;
	int status;
	const char *out; /* exact text; NULL: not looked at */
} lines[] = {
	{ "diff --world pods.yaml --world-after pods.yaml", 0, "no connection opens or closes\n" },
	{ "diff --world pods.yaml --world deny.yaml --world-after deny.yaml", 0,
	  "no connection opens or closes\n" },
	{ "diff --world pods.yaml --world-after deny.yaml --pods-only", 1,
	  "closes     x/a -> x/b  TCP,UDP,SCTP\n"
	  "closes     x/c -> x/b  TCP,UDP,SCTP\n"
	  "closes     y/d -> x/b  TCP,UDP,SCTP\n" },
	{ "diff --world pods.yaml --world deny.yaml --world-after web.yaml --pods-only", 1,
	  "opens      x/a -> x/b  TCP:5432-5440\n"
	  "opens      x/c -> x/b  TCP:5432-5440\n" },
	{ "diff --world pods.yaml --world web.yaml --world-after deny.yaml --pods-only", 1,
	  "closes     x/a -> x/b  TCP:5432-5440\n"
	  "closes     x/c -> x/b  TCP:5432-5440\n" },
	{ "diff --world pods.yaml --world deny.yaml --world-after block.yaml", 1,
	  "opens      203.0.113.0/29 -> x/b  TCP,UDP,SCTP\n"
	  "opens      203.0.113.16-203.0.113.255 -> x/b  TCP,UDP,SCTP\n" },
	{ "diff --world pods.yaml --world deny.yaml --world-after block.yaml --pods-only --address "
	  "203.0.113.9",
	  0, "no connection opens or closes\n" },
	{ "diff --world pods.yaml --world deny.yaml --world-after block.yaml --pods-only --address "
	  "203.0.113.7",
	  1, "opens      203.0.113.7 -> x/b  TCP,UDP,SCTP\n" },
	{ "diff --world pods.yaml --world deny.yaml --world-after pods-of-block.yaml --pods-only",
	  1,
	  "may open   x/a -> x/b  TCP,UDP,SCTP\n"
	  "may open   x/c -> x/b  TCP,UDP,SCTP\n" },
	{ "diff --world pods.yaml --world pods-of-block.yaml --world-after deny.yaml --pods-only "
	  "--profile upstream",
	  1,
	  "closes     x/a -> x/b  TCP,UDP,SCTP\n"
	  "closes     x/c -> x/b  TCP,UDP,SCTP\n" },
	{ "diff --world pods.yaml --world-after fewer.yaml --pods-only", 0,
	  "not compared: 3 pods that are gone, 0 new ones\nno connection opens or closes\n" },
	{ "diff --world pods.yaml --world deny.yaml --world-after web.yaml --pods-only --format "
	  "json",
	  1,
	  "{\"changes\":[{\"change\":\"opens\",\"from\":\"x/a\",\"to\":\"x/"
	  "b\",\"ports\":\"TCP:5432-5440\"},"
	  "{\"change\":\"opens\",\"from\":\"x/c\",\"to\":\"x/"
	  "b\",\"ports\":\"TCP:5432-5440\"}],\"pods_gone\":0,"
	  "\"pods_new\":0}\n" },
	{ "diff pods.yaml deny.yaml --pods-only --world web.yaml", 1,
	  "closes     x/a -> x/b  TCP:5432-5440\n"
	  "closes     x/c -> x/b  TCP:5432-5440\n" },
	{ "diff many.yaml all.yaml --pods-only", 1,
	  "210 lines; in short, ends of a class change alike (--all lists every connection):\n\n"
	  "    1: 15  x/p00, x/p01, x/p02, x/p03, x/p04, x/p05 and 9 more\n\n"
	  "closes     [1] -> [1]  TCP,UDP,SCTP\n" },
	{ "diff --world many.yaml --world all.yaml --world-after web-alone.yaml --pods-only", 1,
	  "168 lines; in short, ends of a class change alike (--all lists every connection):\n\n"
	  "    1: 12  x/p00, x/p01, x/p02, x/p03, x/p04, x/p05 and 6 more\n"
	  "    2: 3  x/p12, x/p13, x/p14\n\n"
	  "opens      [1] -> [1]  TCP:80\n"
	  "opens      [1] -> [2]  TCP:80\n" },
	/* Names are numbers of their own, not where stretches begin. */
	{ "diff named.yaml by-name.yaml --pods-only", 1,
	  "closes     x/b -> x/a  TCP:1-8079,TCP:8081-65535,UDP,SCTP\n"
	  "closes     x/c -> x/a  TCP:1-8079,TCP:8081-65535,UDP,SCTP\n" },
	{ "diff pods.yaml", 2, "" },
	{ "diff pods.yaml deny.yaml web.yaml", 2, "" },
	{ "diff --kubeconfig none.yaml pods.yaml deny.yaml", 2, "" },
	{ "diff --world pods.yaml", 2, "" },
	{ "diff --world-after pods.yaml", 2, "" },
	{ "diff --world pods.yaml --world-after bad.yaml", 2, "" },
	{ "diff --world pods.yaml --world-after none.yaml", 2, "" },
	{ "diff --world pods.yaml --world-after deny.yaml --address 1.2.3", 2, "" },

	{ "eval --world pods.yaml --world web.yaml --from x/app=web --to x/b --port 5432", 0,
	  "allow         x/a -> x/b\nallow         x/c -> x/b\n" },
	{ "eval --world pods.yaml --world web.yaml --from */app=db --to x/b --port 5432", 1,
	  "allow         x/b -> x/b\ndeny          y/d -> x/b\n" },
	{ "eval --world pods.yaml --world web.yaml --from x/app=web,example.com/role=api --to x/b "
	  "--port 5432",
	  0, "allow         x/a -> x/b\n" },
	{ "eval --world pods.yaml --world pods-of-block.yaml --from x/app=web --to x/b --port 80",
	  3, "undef (S19)   x/a -> x/b\nundef (S19)   x/c -> x/b\n" },
	{ "eval --world pods.yaml --from x/app=nobody --to x/b --port 80", 2, "" },
	{ "eval --world pods.yaml --from x/app=web, --to x/b --port 80", 2, "" },
	{ "eval --world pods.yaml --from x/=web --to x/b --port 80", 2, "" },

	/* A pod stands for each workload with labels; where pods are there already, none. */
	{ "table --world workloads.yaml --world web.yaml --ports TCP:5432", 0,
	  "a row for each source, a column for each destination: A allow, . deny, ? undefined\n\n"
	  "TCP:5432\n      123\n    1 AAA  x/job\n    2 AAA  x/web\n    3 AAA  x/web.statefulset\n" },
	{ "eval --world workloads.yaml --world deny.yaml --from x/app=web --to x/app=db --port 5432", 1,
	  "deny          x/job -> x/web.statefulset\ndeny          x/web -> x/web.statefulset\n" },
	{ "eval --world pods.yaml --world workloads.yaml --from x/app=web --to x/b --port 5432", 0,
	  "allow         x/a -> x/b\nallow         x/c -> x/b\nallow         x/job -> x/b\n" },
	{ "table --world pods.yaml --world web.yaml --ports TCP:5432 --summary", 0,
	  "4 ends in 3 classes; ends of a class differ in nothing\n\n"
	  "    1: 2  x/a, x/c\n    2: 1  x/b\n    3: 1  y/d\n\n"
	  "a row for each class as source, a column for each as destination: A allow, . deny, ? "
	  "undefined\n\n"
	  "TCP:5432\n      123\n    1 AAA\n    2 AAA\n    3 A.A\n" },
};

START_TEST(command_line)
{
	np_auto_free char *out = NULL;
	int status = run_line(dir, lines[_i].line, &out);

	ck_assert_msg(status == lines[_i].status, "%s: status %d, not %d", lines[_i].line, status,
		      lines[_i].status);
	if (lines[_i].out)
		ck_assert_msg(strcmp(out, lines[_i].out) == 0, "%s:\n%s", lines[_i].line, out);
}
END_TEST

/* ---- diff against single verdicts, on generated worlds ---- */

static void write_world(const struct np_world *w, const char *name)
{
	np_auto_free char *path = path_of(name);
	struct np_buf text = { 0 };
	struct np_err err;

	np_gen_world_yaml(w, &text);
	ck_assert(np_file_write(path, np_buf_text(&text), text.len, 0600, &err) == 0);
	np_buf_release(&text);
}

/* "TCP:1-79,UDP" holds a port. */
static bool ports_hold(const char *text, enum np_proto proto, unsigned port)
{
	for (const char *p = text; *p; p += strcspn(p, ",") + (p[strcspn(p, ",")] == ',')) {
		size_t n = strlen(np_proto_name(proto));
		unsigned first = 1, last = 65535;

		if (strncmp(p, np_proto_name(proto), n) != 0)
			continue;
		if (p[n] == ':' && sscanf(p + n + 1, "%u-%u", &first, &last) == 1)
			last = first;
		if (first <= port && port <= last)
			return true;
	}
	return false;
}

/* The change that the output names for a connection, "" for none. */
static const char *change_in(const json_t *changes, const char *from, const char *to,
			     enum np_proto proto, unsigned port)
{
	size_t i;
	json_t *c;

	json_array_foreach(changes, i, c)
		if (strcmp(json_string_value(json_object_get(c, "from")), from) == 0 &&
		    strcmp(json_string_value(json_object_get(c, "to")), to) == 0 &&
		    ports_hold(json_string_value(json_object_get(c, "ports")), proto, port))
			return json_string_value(json_object_get(c, "change"));
	return "";
}

static const char *change_wanted(enum np_verdict before, enum np_verdict after)
{
	if (before == NP_NO_FLOW)
		before = NP_DENY;
	if (after == NP_NO_FLOW)
		after = NP_DENY;
	if (before == after)
		return "";
	if (after == NP_UNDEF)
		return before == NP_DENY ? "may open" : "may close";
	return after == NP_ALLOW ? "opens" : "closes";
}

static char *pod_name(const struct np_pod *p)
{
	return np_xasprintf(NP_STR_FMT "/" NP_STR_FMT, NP_STR_ARG(p->ns), NP_STR_ARG(p->name));
}

/* The same pods with and without some of the policies; random connections on every kind of port. */
static unsigned check_diff(uint64_t seed)
{
	struct np_readings rd = np_profile_readings(NP_PROFILE_CORE);
	np_auto_free char *text = NULL,
			  *line = np_xasprintf(
				  "diff a.yaml b.yaml --pods-only --format json --family %d",
				  seed % 2 ? 4 : 6);
	struct np_world a, b;
	struct np_oracle *o[2];
	struct np_cuts cuts;
	struct np_rng rng;
	unsigned n_changed = 0;
	json_t *out, *changes;

	np_gen_world(seed, NULL, &a);
	b = a;
	b.n_policies /= 2;
	write_world(&a, "a.yaml");
	write_world(&b, "b.yaml");
	np_cuts_of(&a, &cuts);
	np_rng_seed(&rng, seed);
	run_line(dir, line, &text);
	out = json_loads(text, 0, NULL);
	ck_assert_msg(out != NULL, "%s", text);
	changes = json_object_get(out, "changes");
	o[0] = np_oracle_new(&a, &rd);
	o[1] = np_oracle_new(&b, &rd);
	for (unsigned i = 0; i < 300; i++) {
		struct np_flow f = { { .kind = NP_END_POD, .idx = np_rng_below(&rng, a.n_pods) },
				     { .kind = NP_END_POD, .idx = np_rng_below(&rng, a.n_pods) },
				     seed % 2 ? 4 : 6,
				     (enum np_proto)np_rng_below(&rng, NP_N_PROTOS),
				     (uint16_t)(1 + np_rng_below(&rng, 65535)) };
		np_auto_free char *from = pod_name(&a.pods[f.src.idx]),
				  *to = pod_name(&a.pods[f.dst.idx]);
		const char *want, *got;

		if (cuts.n_ports && np_rng_below(&rng, 4))
			f.port = (uint16_t)(cuts.ports[np_rng_below(&rng, cuts.n_ports)] +
					    np_rng_below(&rng, 2));
		if (!f.port || !a.pods[f.src.idx].n_ips || !a.pods[f.dst.idx].n_ips)
			continue; /* without an address the command makes one up */
		want = change_wanted(np_oracle_eval(o[0], &f, NULL),
				     np_oracle_eval(o[1], &f, NULL));
		got = change_in(changes, from, to, f.proto, f.port);
		ck_assert_msg(strcmp(want, got) == 0, "seed %llu: %s -> %s %s %u: '%s', not '%s'",
			      (unsigned long long)seed, from, to, np_proto_name(f.proto), f.port,
			      got, want);
		n_changed += *want != 0;
	}
	np_oracle_free(o[0]);
	np_oracle_free(o[1]);
	json_decref(out);
	np_cuts_release(&cuts);
	np_world_release(&a);
	return n_changed;
}

START_TEST(diff_is_exact)
{
	unsigned n = 0;

	for (uint64_t seed = 1; seed <= 60; seed++)
		n += check_diff(seed);
	ck_assert_uint_gt(n, 500);
}
END_TEST

/* Ends of one class: alike to every third end, and to each other. */
static void check_alike(const struct np_table *t, size_t a, size_t b, uint64_t seed)
{
	for (size_t p = 0; p < t->n_ports; p++) {
		ck_assert(np_table_at(t, p, a, b) == np_table_at(t, p, b, a));
		for (size_t k = 0; k < t->n_sources; k++) {
			if (k == a || k == b)
				continue;
			ck_assert_msg(np_table_at(t, p, a, k) == np_table_at(t, p, b, k) &&
					      np_table_at(t, p, k, a) == np_table_at(t, p, k, b),
				      "seed %llu: %zu and %zu differ at %zu",
				      (unsigned long long)seed, a, b, k);
		}
	}
}

/* Of different classes: some cell differs from that of the class's first end. */
static bool are_alike(const struct np_table *t, size_t a, size_t b)
{
	for (size_t p = 0; p < t->n_ports; p++)
		for (size_t k = 0; k < t->n_sources; k++) {
			if (np_table_at(t, p, a, b) != np_table_at(t, p, b, a))
				return false;
			if (k != a && k != b &&
			    (np_table_at(t, p, a, k) != np_table_at(t, p, b, k) ||
			     np_table_at(t, p, k, a) != np_table_at(t, p, k, b)))
				return false;
		}
	return true;
}

START_TEST(classes_are_exact)
{
	static const struct np_probe_port ports[] = { { NP_TCP, 80 },
						      { NP_UDP, 53 },
						      { NP_TCP, 443 } };
	struct np_readings rd = np_profile_readings(NP_PROFILE_CORE);
	size_t n_shared = 0;

	for (uint64_t seed = 1; seed <= 100; seed++) {
		struct np_end ends[64];
		struct end_classes c;
		struct np_oracle *o;
		struct np_table t;
		struct np_world w;
		size_t n = 0;

		np_gen_world(seed, NULL, &w);
		for (size_t i = 0; i < w.n_pods && n < 64; i++)
			ends[n++] = (struct np_end){ .kind = NP_END_POD, .idx = i };
		o = np_oracle_new(&w, &rd);
		np_oracle_table(o, ends, n, ends, n, ports, NP_ARRAY_SIZE(ports), seed % 2 ? 4 : 6,
				&t);
		end_classes_find(&t, &c);
		for (size_t i = 0; i < n; i++) {
			size_t first = c.items[c.of[i]].first;

			n_shared += first != i;
			if (first != i)
				check_alike(&t, first, i, seed);
			for (size_t k = 0; k < c.n && c.items[k].first < i && k != c.of[i]; k++)
				ck_assert(!are_alike(&t, c.items[k].first, i) || k > c.of[i]);
		}
		end_classes_release(&c);
		np_table_release(&t);
		np_oracle_free(o);
		np_world_release(&w);
	}
	ck_assert_uint_gt(n_shared, 50);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("query");
	TCase *tc = tcase_create("query");

	tcase_set_timeout(tc, 120);
	tcase_add_unchecked_fixture(tc, make_dir, remove_dir);
	tcase_add_loop_test(tc, command_line, 0, (int)NP_ARRAY_SIZE(lines));
	tcase_add_test(tc, diff_is_exact);
	tcase_add_test(tc, classes_are_exact);
	suite_add_tcase(s, tc);
	return run_suite(s);
}
