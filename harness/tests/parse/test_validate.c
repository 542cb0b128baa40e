/*
 * test_validate.c - the validator beyond the case file: what a live kube-apiserver 1.36.2 was seen to
 * do with mutants, places, versions, updates, what kubectl does to a file, Go's sentences.
 */
#include "np/parse/validate.h"
#include "parse_test.h"

#define TEXT(lit) { lit, sizeof(lit) - 1 }
#define POLICY(spec) "metadata: {name: p}\nspec: " spec "\n"

/* "stage http: field, field; warning" of the first item. */
static const char *say(struct np_str text, const struct np_validate_opts *opts)
{
	static char got[2048];
	struct np_validations out;
	const struct np_validation *v;
	size_t at;

	np_validate_text(text, opts, &out);
	if (!out.n) {
		np_validations_release(&out);
		return "nothing";
	}
	v = &out.items[0];
	at = (size_t)snprintf(got, sizeof(got), "%s %d", np_stage_name(v->stage), v->http);
	for (size_t i = 0; i < v->n_findings && at < sizeof(got); i++)
		at += (size_t)snprintf(got + at, sizeof(got) - at, "%s" NP_STR_FMT, i ? ", " : ": ",
				       NP_STR_ARG(v->findings[i].field));
	for (size_t i = 0; i < v->n_warnings && at < sizeof(got); i++)
		at += (size_t)snprintf(got + at, sizeof(got) - at, "; " NP_STR_FMT,
				       NP_STR_ARG(v->warnings[i].msg));
	np_validations_release(&out);
	return got;
}

static void check(size_t row, struct np_str text, const struct np_validate_opts *opts,
		  const char *want)
{
	const char *got = say(text, opts);

	ck_assert_msg(strcmp(got, want) == 0, "row %zu: %s", row, got);
}

/* YAML bodies: where go-yaml goes its own way. */
START_TEST(yaml_bodies)
{
	static const struct {
		struct np_str text;
		const char *want;
	} rows[] = {
		{ TEXT(POLICY("{}")), "accept 201" },
		/* An empty collection is no key, and ends the first document. */
		{ TEXT("{}: x"), "validation 422: metadata.name" },
		{ TEXT("[]: x"), "decode 400: " },
		{ TEXT("a: {}: x"), "decode 400: " },
		{ TEXT("{a: b}: x"), "decode 400: " },
		/* What a later key replaces need not fit JSON. */
		{ TEXT("spec: .inf\n" POLICY("{}")), "strict 400: " },
		{ TEXT("spec: {~: 1}\n" POLICY("{}")), "strict 400: " },
		{ TEXT(POLICY("{x: .inf}")), "decode 400: " },
		{ TEXT(POLICY("{}") "---\n\xff"), "decode 400: " },
		/* A bad byte that is not read. */
		{ TEXT(POLICY("{}") "...\n"), "accept 201" },
		/* A second mark at the start of the buffer costs each line its first character. */
		{ TEXT("\xef\xbb\xbf\xef\xbb\xbf" POLICY("{}")), "strict 400: pec" },
		{ TEXT("%TAG !e! tag:e.com,2000:\n---\n" POLICY("{podSelector: !e!x {}}")), "accept 201" },
		{ TEXT(POLICY("{podSelector: {matchLabels: !!binary e30=}}")), "decode 400: " },
		{ TEXT(POLICY("&a {podSelector: {matchLabels: {a: *a}}}")), "decode 400: " },
		{ TEXT(POLICY("{ingress: [&r {from: []}, {<<: *r, ports: []}]}")), "accept 201" },
		{ TEXT(POLICY("{ingress: [&r {from: []}, {<<: [*r, *r], ports: []}]}")), "strict 400: " },
		{ TEXT(POLICY("{ingress: [{<<: [], ports: []}]}")), "accept 201" },
		{ TEXT(POLICY("{ingress: [{<<: ~, ports: []}]}")), "decode 400: " },
		{ TEXT("apiVersion: networking.k8s.io/\n" POLICY("{}")), "accept 201" },
		{ TEXT("apiVersion: /\n" POLICY("{}")), "accept 201" },
		{ TEXT("apiVersion: /v1\n" POLICY("{}")), "decode 400: " },
		{ TEXT("\xe2\x84\xaaind: Pod\n" POLICY("{}")), "decode 400: " },
		{ TEXT("Kind: Pod\nkind: NetworkPolicy\n" POLICY("{}")), "strict 400: Kind" },
		{ TEXT("status: {}\n" POLICY("{}")), "strict 400: status" },
	};
	const struct np_validate_opts opts = { .mode = NP_DECODE_API_YAML };

	for (size_t i = 0; i < NP_ARRAY_SIZE(rows); i++)
		check(i, rows[i].text, &opts, rows[i].want);
}
END_TEST

START_TEST(warnings)
{
	static const struct {
		const char *text, *want;
	} rows[] = {
		{ "{a: 1, b: 2, a: 3}\n",
		  "validation 422: metadata.name; line 1: key \"a\" already set in map; unknown field \"a\"; "
		  "unknown field \"b\"" },
		{ POLICY("{x: {y: 1, y: 2}}"),
		  "accept 201; line 2: key true already set in map; unknown field \"spec.x\"" },
		{ POLICY("{x: [&a {1: 1, 1: 2}, *a]}"),
		  "accept 201; line 2: key 1 already set in map; unknown field \"spec.x\"" },
		{ POLICY("{ingress: [{from: [{ipBlock: {cidr: 'FE80::/10'}}]}]}"),
		  "accept 201; spec.ingress[0].from[0].ipBlock.cidr: IPv6 CIDR value \"FE80::/10\" should be in "
		  "RFC 5952 canonical format (\"fe80::/10\")" },
		{ "metadata: {name: p, ownerReferences: [{apiVersion: v1, kind: Pod, name: x, uid: u}, "
		  "{apiVersion: v1, kind: Pod, name: x, uid: u}]}\n",
		  "accept 201; .metadata.ownerReferences contains duplicate entries; API server dedups owner "
		  "references in 1.20+, and may reject such requests as early as 1.24; please fix your requests; "
		  "duplicate UID(s) observed: u" },
	};
	const struct np_validate_opts opts = { .mode = NP_DECODE_API_YAML, .fields = NP_FIELDS_WARN };

	for (size_t i = 0; i < NP_ARRAY_SIZE(rows); i++)
		check(i, np_str_from(rows[i].text), &opts, rows[i].want);
}
END_TEST

#define CIDR(cidr) POLICY("{ingress: [{from: [{ipBlock: {cidr: '" cidr "'}}]}]}")
#define FIELD "spec.ingress[0].from[0].ipBlock.cidr"

START_TEST(versions)
{
	static const struct {
		const char *text;
		unsigned minor;
		enum np_cidr_mode cidr;
		const char *want;
	} rows[] = {
		{ CIDR("10.0.0.1/8"), 0, NP_CIDR_BY_VERSION, "validation 422: " FIELD },
		{ CIDR("10.0.0.1/8"), 36, NP_CIDR_BY_VERSION, "validation 422: " FIELD },
		{ CIDR("10.0.0.1/8"), 32, NP_CIDR_BY_VERSION, "accept 201" },
		{ CIDR("10.0.0.1/8"), 32, NP_CIDR_STRICT, "validation 422: " FIELD },
		{ CIDR("10.0.0.1/8"), 35, NP_CIDR_BY_VERSION,
		  "accept 201; " FIELD ": CIDR value \"10.0.0.1/8\" is ambiguous in this context (should be "
		  "\"10.0.0.0/8\" or \"10.0.0.1/32\"?)" },
		{ CIDR("010.0.0.0/8"), 36, NP_CIDR_LEGACY,
		  "accept 201; " FIELD ": non-standard CIDR value \"010.0.0.0/8\" is invalid: use "
		  "\"10.0.0.0/8\"" },
		{ CIDR("::ffff:10.0.0.1/104"), 36, NP_CIDR_LEGACY,
		  "accept 201; " FIELD ": CIDR value \"::ffff:10.0.0.1/104\" is ambiguous in this context "
		  "(should be \"10.0.0.0/8\" or \"10.0.0.1/128\"?); " FIELD
		  ": non-standard CIDR value \"::ffff:10.0.0.1/104\" is invalid: use \"10.0.0.0/8\"" },
		{ "status: {}\n" POLICY("{}"), 27, NP_CIDR_BY_VERSION, "accept 201" },
		{ POLICY("{podSelector: {matchExpressions: [{key: a, operator: In, values: ['a b']}]}}"), 25,
		  NP_CIDR_BY_VERSION, "accept 201" },
		{ POLICY("{podSelector: {matchExpressions: [{key: a, operator: In, values: ['a b']}]}}"), 26,
		  NP_CIDR_BY_VERSION, "validation 422: spec.podSelector.matchExpressions[0].values[0]" },
		{ POLICY("{ingress: [{from: [{ipBlock: {cidr: 10.0.0.0/8, except: [x, z]}}]}]}"), 29,
		  NP_CIDR_BY_VERSION, "validation 422: spec.ingress[0].from[0].ipBlock.except[0]" },
		{ POLICY("{ingress: [{from: [{ipBlock: {cidr: 10.0.0.0/8, except: [x, z]}}]}]}"), 30,
		  NP_CIDR_BY_VERSION,
		  "validation 422: spec.ingress[0].from[0].ipBlock.except[0], "
		  "spec.ingress[0].from[0].ipBlock.except[1]" },
	};

	for (size_t i = 0; i < NP_ARRAY_SIZE(rows); i++) {
		const struct np_validate_opts opts = { .mode = NP_DECODE_API_YAML,
						       .minor = rows[i].minor,
						       .cidr = rows[i].cidr };

		check(i, np_str_from(rows[i].text), &opts, rows[i].want);
	}
}
END_TEST

START_TEST(updates)
{
	static const char old_text[] =
		"{metadata: {name: p, uid: u, resourceVersion: '5', finalizers: [a.b/c]}, spec: {ingress: [{from: "
		"[{ipBlock: {cidr: 10.0.0.1/8}}]}]}}";
	static const struct {
		const char *text, *want;
	} rows[] = {
		{ POLICY("{}"), "accept 200" },
		{ "metadata: {name: q}", "request 400: " },
		{ "metadata: {name: p, namespace: x}", "request 400: " },
		{ "metadata: {name: p, uid: v}", "conflict 409: " },
		{ "metadata: {name: p, uid: u, resourceVersion: '05'}", "accept 200" },
		{ "metadata: {name: p, resourceVersion: '6'}", "conflict 409: " },
		{ "metadata: {name: p, resourceVersion: '0'}", "accept 200" },
		{ "metadata: {name: p, resourceVersion: x}", "storage 500: " },
		{ "metadata: {name: p, deletionTimestamp: '2020-01-01T00:00:00Z'}",
		  "validation 422: metadata.deletionTimestamp" },
		{ "metadata: {name: p, deletionGracePeriodSeconds: 0}",
		  "validation 422: metadata.deletionGracePeriodSeconds" },
		{ "metadata: {name: p, generation: -7}", "accept 200" },
		{ POLICY("{egress: [{to: [{ipBlock: {cidr: 10.0.0.1/8, except: [10.0.0.1/8]}}]}]}"),
		  "validation 422: spec.egress[0].to[0].ipBlock.except[0]" },
		{ POLICY("{egress: [{to: [{ipBlock: {cidr: 10.0.0.2/8}}]}]}"),
		  "validation 422: spec.egress[0].to[0].ipBlock.cidr" },
	};
	struct np_docs old;
	struct np_err err = { 0 };
	struct np_validate_opts opts = { .mode = NP_DECODE_API_YAML, .update = true };

	ck_assert_int_eq(np_read_yaml(np_str_from(old_text), &(struct np_read_opts){ 0 }, &old, &err), 0);
	check(0, np_str_from(POLICY("{}")), &opts, "storage 404: ");
	opts.old = &old.items[0].root;
	for (size_t i = 0; i < NP_ARRAY_SIZE(rows); i++)
		check(i, np_str_from(rows[i].text), &opts, rows[i].want);
	np_docs_release(&old);
}
END_TEST

#define WHOLE(spec) "apiVersion: networking.k8s.io/v1\nkind: NetworkPolicy\n" POLICY(spec)
#define JSON(more) "{\"apiVersion\":\"networking.k8s.io/v1\",\"kind\":\"NetworkPolicy\",\"metadata\":{\"name\":\"p\"}" more "}"

/* What becomes of each document: stages, blank between. */
static const char *stages(struct np_str text)
{
	static char got[256];
	const struct np_validate_opts opts = { .mode = NP_DECODE_KUBECTL };
	struct np_validations out;
	size_t at = 0;

	np_validate_text(text, &opts, &out);
	got[0] = '\0';
	for (size_t i = 0; i < out.n; i++)
		at += (size_t)snprintf(got + at, sizeof(got) - at, "%s%s", i ? " " : "",
				       np_stage_name(out.items[i].stage));
	np_validations_release(&out);
	return got;
}

START_TEST(kubectl_files)
{
	static const struct {
		struct np_str text;
		const char *want;
	} rows[] = {
		{ TEXT(""), "" },
		{ TEXT("# c\n---\n---\n\n"), "" },
		{ TEXT(WHOLE("{}") "---\n" WHOLE("{x: 1}")), "accept strict" },
		{ TEXT(WHOLE("{}") "--- # c\n" WHOLE("{}")), "accept accept" },
		{ TEXT(WHOLE("{}") "--- x\n" WHOLE("{}")), "client" },
		{ TEXT(WHOLE("{}") "---- \n" WHOLE("{}")), "client" },
		/* Documents before the broken one count. */
		{ TEXT(WHOLE("{}") "---\n[\n---\n" WHOLE("{}")), "accept client" },
		{ TEXT(WHOLE("{}") "...\n---\n" WHOLE("{}")), "accept accept" },
		{ TEXT("apiVersion: v1\nkind: Pod\nmetadata: {name: x}\n---\n" WHOLE("{}")), "skipped accept" },
		{ TEXT("kind: NetworkPolicy\nmetadata: {name: x}\n"), "client" },
		/* Without a version or a kind kubectl goes no further. */
		{ TEXT("kind: Pod\n---\n" WHOLE("{}")), "client" },
		{ TEXT("apiVersion: v1\n---\n" WHOLE("{}")), "client" },
		{ TEXT("5\n---\n" WHOLE("{}")), "client" },
		{ TEXT("metadata: {name: x}\n"), "client" },
		{ TEXT("[]"), "client" },
		{ TEXT("apiVersion: networking.k8s.io/v1beta1\nkind: NetworkPolicy\n"), "client" },
		/* kubectl reads metadata itself. */
		{ TEXT("apiVersion: networking.k8s.io/v1\nkind: NetworkPolicy\nmetadata: {name: 5}\n"), "client" },
		{ TEXT("apiVersion: v1\nkind: Pod\nmetadata: {name: 5}\n---\n" WHOLE("{}")), "client accept" },
		{ TEXT(WHOLE("{podSelector: 5}")), "decode" },
		{ TEXT("apiVersion: networking.k8s.io/v1\nkind: NetworkPolicy\nmetadata: {name: p, namespace: a/b}\n"),
		  "client" },
		{ TEXT(JSON("") JSON("")), "accept accept" },
		{ TEXT(JSON("") "\n---\n" WHOLE("{}")), "accept accept" },
		{ TEXT(JSON("") JSON("") "\n---\n" WHOLE("{}")), "accept accept client" },
		{ TEXT(JSON(",")), "accept" },
		{ TEXT(JSON(",\"spec\":{\"x\":1e400}")), "client" },
		{ TEXT(JSON(",\"spec\":{},\"spec\":{}")), "accept" },
		{ TEXT("{\"apiVersion\":\"v1\",\"kind\":\"List\",\"items\":[" JSON("") "," JSON(",\"x\":1") "]}"),
		  "accept strict" },
		{ TEXT("{\"apiVersion\":\"networking.k8s.io/v1\",\"kind\":\"NetworkPolicyList\",\"items\":[{\"metadata\":"
		       "{\"name\":\"p\"}}]}"),
		  "accept" },
		{ TEXT("\xef\xbb\xbf" JSON("")), "accept" },
		{ TEXT("\xff\xfe{\0"), "client" },
		/* Bytes that are no UTF-8 are replaced before anything is read. */
		{ TEXT(WHOLE("{}") "# \xff\n"), "accept" },
		{ TEXT("apiVersion: networking.k8s.io/v1\r\nkind: NetworkPolicy\r\nmetadata: {name: p}\r\n---\r\n"),
		  "accept" },
	};

	for (size_t i = 0; i < NP_ARRAY_SIZE(rows); i++)
		ck_assert_msg(strcmp(stages(rows[i].text), rows[i].want) == 0, "row %zu: %s", i,
			      stages(rows[i].text));
}
END_TEST

/* The server's words, and the place that a person looks at. */
START_TEST(words_and_places)
{
	static const struct {
		const char *text, *msg;
		unsigned line, column;
	} rows[] = {
		{ "metadata: {name: p}\nspec:\n  ingress:\n  - ports:\n    - port: 0\n",
		  "Invalid value: 0: must be between 1 and 65535, inclusive", 5, 13 },
		{ "metadata: {name: p}\nspec:\n  ingress:\n  - from:\n    - {}\n",
		  "Required value: must specify a peer", 5, 7 },
		{ "metadata: {name: p}\nspec:\n  ingress:\n  - from:\n    - ipBlock: {}\n", "Required value", 5,
		  16 },
		{ "metadata: {name: p}\nspec: {policyTypes: [a, b, c]}\n",
		  "Invalid value: [\"a\",\"b\",\"c\"]: may not specify more than two policyTypes", 2, 21 },
		{ "metadata: {}\n", "Required value: name or generateName is required", 1, 11 },
		{ "metadata:\n  name: p\n  labels:\n    a: 5\n",
		  "NetworkPolicy in version \"v1\" cannot be handled as a NetworkPolicy: json: cannot unmarshal "
		  "number into Go struct field ObjectMeta.metadata.labels of type string",
		  4, 8 },
		{ "spec:\n  ingress:\n  - ports:\n    - port: yes\n",
		  "NetworkPolicy in version \"v1\" cannot be handled as a NetworkPolicy: json: cannot unmarshal "
		  "bool into Go struct field NetworkPolicyPort.spec.ingress.ports.port of type int32",
		  4, 13 },
		{ "spec:\n  ingress: {}\n",
		  "NetworkPolicy in version \"v1\" cannot be handled as a NetworkPolicy: json: cannot unmarshal "
		  "object into Go struct field NetworkPolicySpec.spec.ingress of type "
		  "[]v1.NetworkPolicyIngressRule",
		  2, 12 },
		{ "spec: {podselector: {}}\n", "unknown field \"spec.podselector\"", 1, 8 },
		{ "spec: {\"\\0x\": 1}\n", "unknown field \"spec.\\x00x\"", 1, 8 },
		{ "spec:\n  podSelector: {}\n  podSelector: {}\n",
		  "line 3: key \"podSelector\" already set in map", 3, 3 },
		{ "spec: [\n", "yaml: did not find expected node content while parsing a flow node", 2, 1 },
	};
	const struct np_validate_opts opts = { .mode = NP_DECODE_API_YAML };

	for (size_t i = 0; i < NP_ARRAY_SIZE(rows); i++) {
		struct np_validations out;
		const struct np_finding *f;

		np_validate_text(np_str_from(rows[i].text), &opts, &out);
		ck_assert_uint_ge(out.items[0].n_findings, 1);
		f = &out.items[0].findings[0];
		ck_assert_msg(np_str_is(f->msg, rows[i].msg) && f->place.line == rows[i].line &&
				      f->place.column == rows[i].column,
			      "row %zu: %u:%u: " NP_STR_FMT, i, f->place.line, f->place.column,
			      NP_STR_ARG(f->msg));
		np_validations_release(&out);
	}
}
END_TEST

/* Beyond 4,096 characters of warnings each is cut to 256. */
START_TEST(sent_warnings)
{
	const struct np_validate_opts opts = { .mode = NP_DECODE_API_JSON, .fields = NP_FIELDS_WARN };
	struct np_buf b = { 0 };
	struct np_validations out;
	struct np_arena arena = { 0 };
	struct np_str *sent;
	size_t n;

	np_buf_adds(&b, "{\"metadata\":{\"name\":\"p\"}");
	for (int i = 0; i < 20; i++) {
		np_buf_printf(&b, ",\"%d", i);
		for (int k = 0; k < 300; k++)
			np_buf_adds(&b, "\xc3\xa4");
		np_buf_adds(&b, "\":1");
	}
	np_buf_adds(&b, "}");
	np_validate_text((struct np_str){ b.data, b.len }, &opts, &out);
	ck_assert_uint_eq(out.items[0].n_warnings, 20);
	n = np_validation_sent_warnings(&out.items[0], &arena, &sent);
	ck_assert_uint_eq(n, 16);
	ck_assert_uint_eq(sent[0].n, strlen("unknown field \"0") + 2 * (256 - strlen("unknown field \"0")));
	np_arena_release(&arena);
	np_validations_release(&out);
	np_buf_release(&b);
}
END_TEST

RUN_TESTS("validate", yaml_bodies, warnings, versions, updates, kubectl_files, words_and_places, sent_warnings)
