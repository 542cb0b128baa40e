/*
 * test_robust.c - damaged documents: every reader ends in success or in an error with a message, whatever byte of a valid document is
 * changed, lost or doubled, and wherever it is cut. Sanitizers say the rest.
 */
#include "np/base/rng.h"
#include "np/parse/casefile.h"
#include "np/parse/manifests.h"
#include "parse_test.h"

static const char policy_yaml[] =
	"apiVersion: networking.k8s.io/v1\nkind: NetworkPolicy\nmetadata: {name: p, namespace: x}\nspec:\n"
	"  podSelector: &s {matchLabels: {a: \"b\\u00e4\"}}\n  policyTypes: [Ingress, Egress]\n  ingress:\n"
	"  - from:\n    - namespaceSelector: *s\n    - ipBlock: {<<: {cidr: 10.0.0.0/8}, except: [10.1.0.0/16]}\n"
	"    ports: [{port: 0x50, endPort: 90.0}, {protocol: !!str UDP, port: dns}]\n"
	"  egress:\n  - to:\n    - podSelector:\n        matchExpressions:\n        - {key: k, operator: In, values: [x, 'y']}\n";

static const char objects_json[] =
	"{\"apiVersion\":\"v1\",\"kind\":\"List\",\"items\":[{\"apiVersion\":\"v1\",\"kind\":\"Pod\",\"metadata\":{\"name\":\"a\","
	"\"labels\":{\"k\":\"\\ud83d\\ude00\"}},\"spec\":{\"containers\":[{\"ports\":[{\"containerPort\":80,\"name\":\"w\"}]}]},"
	"\"status\":{\"podIPs\":[{\"ip\":\"10.0.0.1\"},{\"ip\":\"fd00::1\"}]}},{\"apiVersion\":\"v1\",\"kind\":\"Service\","
	"\"metadata\":{\"name\":\"s\"},\"spec\":{\"clusterIP\":\"10.9.0.1\",\"ports\":[{\"port\":80,\"targetPort\":\"w\"}]}},"
	"{\"apiVersion\":\"networking.k8s.io/v1\",\"kind\":\"NetworkPolicy\",\"metadata\":{\"name\":\"p\"},\"spec\":{\"ingress\":["
	"{\"ports\":[{\"port\":-1e3},{\"port\":80,\"endPort\":81}]}]}}]}";

static const char case_yaml[] =
	"case: a/b\ntitle: t\ncovers: [S01, S33b]\nworld: w\nports: [TCP:80]\nneeds: [ipv6]\n---\n"
	"label: Pod x/a\nlabels: {a: '1', b: ~}\n---\npatch: NetworkPolicy x/p\nwith: {spec: {c: \"${ip:x/a}\"}}\n---\n"
	"wait: 5ms\n---\nexpect: |\n  allow\n  deny from x/*,!x/a to svc:x/w on TCP:80-90,*:53 family 4 # r\n  open(S19) from own-node\n";

static const char world_yaml[] = "world: w\nports: [TCP:80, UDP:53]\n---\napiVersion: v1\nkind: Pod\nmetadata: {name: a, namespace: x}\n";

static void check_outcome(int failed, const struct np_err *err)
{
	ck_assert(failed == 0 || failed == -1);
	if (failed)
		ck_assert(err->code != NP_OK && err->msg[0]);
}

static void try_manifest(struct np_str text)
{
	struct np_diags diags = { 0 };
	struct np_world w;
	struct np_err err = { 0 };

	np_world_init(&w);
	check_outcome(np_manifests_add_text(&w, text, "f", NP_FIELDS_WARN, &diags, &err), &err);
	check_outcome(np_world_link(&w, &err), &err);
	np_world_release(&w);
	np_diags_release(&diags);
}

static void try_api_json(struct np_str text)
{
	struct np_world w;
	struct np_err err = { 0 };

	np_world_init(&w);
	check_outcome(np_manifests_add_json(&w, text, "f", &err), &err);
	np_world_release(&w);
}

/* What was read must be writable, and reading that again must give the same. */
static void try_round_trip(struct np_str text)
{
	np_auto_free char *once = np_xstrdup(as_json(false, text, NP_ENCODE_SORT));
	struct np_str again = np_str_from(once);

	if (again.n && (once[0] == '{' || once[0] == '[') && !strchr(once, '\n'))
		ck_assert_str_eq(as_json(true, again, NP_ENCODE_SORT), once);
}

static void try_case(struct np_str text)
{
	struct np_case c;
	struct np_err err = { 0 };
	int failed = np_casefile_parse(text, "f", false, &c, &err);

	check_outcome(failed, &err);
	if (!failed)
		np_case_release(&c);
}

static void try_world(struct np_str text)
{
	struct np_worldfile w;
	struct np_err err = { 0 };
	int failed = np_worldfile_parse(text, "f", false, &w, &err);

	check_outcome(failed, &err);
	if (!failed)
		np_worldfile_release(&w);
}

static const struct sample {
	const char *text;
	size_t n;
	void (*try[3])(struct np_str text);
} samples[] = {
	{ policy_yaml, sizeof(policy_yaml) - 1, { try_manifest, try_round_trip } },
	{ objects_json, sizeof(objects_json) - 1, { try_manifest, try_api_json } },
	{ case_yaml, sizeof(case_yaml) - 1, { try_case, try_round_trip } },
	{ world_yaml, sizeof(world_yaml) - 1, { try_world } },
};

/* In a heap block of exactly its size, so that one byte too far is seen. */
static void try_all(const struct sample *s, const char *bytes, size_t n)
{
	char *copy = np_xmalloc(n ? n : 1);

	if (n)
		memcpy(copy, bytes, n);
	for (size_t i = 0; i < NP_ARRAY_SIZE(s->try) && s->try[i]; i++)
		s->try[i]((struct np_str){ copy, n });
	free(copy);
}

START_TEST(undamaged)
{
	struct np_world w;
	struct np_case c;
	struct np_worldfile wf;
	struct np_err err = { 0 };

	np_world_init(&w);
	ck_assert_msg(np_manifests_add_text(&w, np_str_from(policy_yaml), "f", NP_FIELDS_STRICT, NULL, &err) == 0, "%s", err.msg);
	np_world_release(&w);
	ck_assert_int_eq(np_casefile_parse(np_str_from(case_yaml), "f", false, &c, &err), 0);
	np_case_release(&c);
	ck_assert_int_eq(np_worldfile_parse(np_str_from(world_yaml), "f", false, &wf, &err), 0);
	np_worldfile_release(&wf);
}
END_TEST

START_TEST(cut)
{
	for (size_t i = 0; i < NP_ARRAY_SIZE(samples); i++)
		for (size_t n = 0; n <= samples[i].n; n++) {
			try_all(&samples[i], samples[i].text, n);
			try_all(&samples[i], samples[i].text + n, samples[i].n - n);
		}
}
END_TEST

START_TEST(changed_bytes)
{
	static const char bytes[] = "\0\x01\t\n\r \"'#%&*+,-./059:<>?@[]\\{|}~ny!$\x7f\x80\xc3\xed\xff";

	for (size_t i = 0; i < NP_ARRAY_SIZE(samples); i++) {
		char *copy = np_xmalloc(samples[i].n);

		memcpy(copy, samples[i].text, samples[i].n);
		for (size_t at = 0; at < samples[i].n; at++) {
			for (size_t k = 0; k < sizeof(bytes) - 1; k++) {
				copy[at] = bytes[k];
				try_all(&samples[i], copy, samples[i].n);
			}
			copy[at] = samples[i].text[at];
		}
		free(copy);
	}
}
END_TEST

START_TEST(lost_and_doubled_bytes)
{
	for (size_t i = 0; i < NP_ARRAY_SIZE(samples); i++) {
		const struct sample *s = &samples[i];
		char *copy = np_xmalloc(s->n + 1);

		for (size_t at = 0; at < s->n; at++) {
			memcpy(copy, s->text, at);
			memcpy(copy + at, s->text + at + 1, s->n - at - 1);
			try_all(s, copy, s->n - 1);
			memcpy(copy, s->text, at + 1);
			memcpy(copy + at + 1, s->text + at, s->n - at);
			try_all(s, copy, s->n + 1);
		}
		free(copy);
	}
}
END_TEST

/* Pieces of one document moved, repeated and exchanged. */
START_TEST(shuffled_pieces)
{
	struct np_rng r;

	np_rng_seed(&r, 20);
	for (int round = 0; round < 4000; round++) {
		const struct sample *s = &samples[np_rng_below(&r, NP_ARRAY_SIZE(samples))];
		struct np_buf b = { 0 };

		for (int i = 0; i < 4; i++) {
			const struct sample *from = np_rng_below(&r, 4) ? s : &samples[np_rng_below(&r, NP_ARRAY_SIZE(samples))];
			size_t at = np_rng_below(&r, from->n), n = np_rng_below(&r, from->n - at);

			np_buf_add(&b, from->text + at, n);
		}
		try_all(s, np_buf_text(&b), b.len);
		np_buf_release(&b);
	}
}
END_TEST

RUN_TESTS("robust", undamaged, cut, changed_bytes, lost_and_doubled_bytes, shuffled_pieces)
