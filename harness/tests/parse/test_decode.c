/* test_decode.c - policies: defaults (semantics 1.3), repeated fields (4.4), null (4.5), types, places. */
#include "np/parse/decode.h"

#include "parse_test.h"

#define HEAD "apiVersion: networking.k8s.io/v1\nkind: NetworkPolicy\nmetadata: {name: p, namespace: x}\n"

/* One policy, decoded; everything lives until the next. */
static struct {
	struct np_arena arena;
	struct np_docs docs;
	struct np_diags diags;
	struct np_policy policy;
	struct np_err err;
} d;

static void forget(void)
{
	np_arena_release(&d.arena);
	np_docs_release(&d.docs);
	np_diags_release(&d.diags);
}

static const char *decode(const char *text, enum np_decode_mode mode, enum np_fields fields)
{
	const struct np_read_opts read = { .file = "f", .max_depth = NP_YAML_POLICY_DEPTH };
	const struct np_decode_opts opts = { .file = "f", .mode = mode, .fields = fields };
	int (*reader)(struct np_str, const struct np_read_opts *, struct np_docs *, struct np_err *) =
		text[0] == '{' ? np_read_json : np_read_yaml;

	forget();
	ck_assert_msg(reader(np_str_from(text), &read, &d.docs, &d.err) == 0, "%s", d.err.msg);
	return outcome(np_decode_policy(&d.docs.items[0].root, &opts, &d.arena, &d.policy, &d.diags, &d.err), &d.err);
}

static void add_labels(struct np_buf *b, const struct np_labels *l)
{
	for (size_t i = 0; i < l->n; i++)
		np_buf_printf(b, "%s%s=%s", i ? "," : "", l->items[i].key.p, l->items[i].value.p);
}

static void add_selector(struct np_buf *b, const char *name, const struct np_selector *s)
{
	if (!s)
		return;
	np_buf_printf(b, "%s{", name);
	add_labels(b, &s->match_labels);
	for (size_t i = 0; i < s->n_exprs; i++) {
		np_buf_printf(b, ";%s %s", s->exprs[i].key.p, np_op_name(s->exprs[i].op));
		for (size_t k = 0; k < s->exprs[i].n_values; k++)
			np_buf_printf(b, " %s", s->exprs[i].values[k].p);
	}
	np_buf_adds(b, "}");
}

static void add_rule(struct np_buf *b, const struct np_rule *r)
{
	char text[NP_ADDR_TEXT_MAX];

	np_buf_adds(b, "(");
	for (size_t i = 0; i < r->n_peers; i++) {
		const struct np_ipblock *ip = r->peers[i].ip_block;

		np_buf_adds(b, "<");
		add_selector(b, "ns", r->peers[i].ns_selector);
		add_selector(b, "pod", r->peers[i].pod_selector);
		if (ip)
			np_buf_adds(b, np_cidr_text(&ip->cidr, text));
		for (size_t k = 0; ip && k < ip->n_excepts; k++)
			np_buf_printf(b, "-%s", np_cidr_text(&ip->excepts[k], text));
		np_buf_adds(b, ">");
	}
	for (size_t i = 0; i < r->n_ports; i++) {
		const struct np_port *p = &r->ports[i];

		np_buf_printf(b, " %s", np_proto_name(p->proto));
		if (p->kind == NP_PORT_NAME)
			np_buf_printf(b, ":%s", p->name.p);
		else if (p->kind != NP_PORT_ANY)
			np_buf_printf(b, ":%u", p->port);
		if (p->kind == NP_PORT_RANGE)
			np_buf_printf(b, "-%u", p->end_port);
	}
	np_buf_adds(b, ")");
}

/* "x/p pod{..} I(rule)(rule) E(rule)", a direction in lower case when the policy does not isolate it. */
static const char *shown(void)
{
	static struct np_buf b;
	const struct np_policy *p = &d.policy;

	np_buf_clear(&b);
	np_buf_printf(&b, "%s/%s ", p->ns.p, p->name.p);
	add_selector(&b, "pod", &p->pod_selector);
	for (int dir = 0; dir < NP_N_DIRS; dir++) {
		np_buf_adds(&b, dir == NP_INGRESS ? p->types[dir] ? " I" : " i" : p->types[dir] ? " E" : " e");
		for (size_t i = 0; i < p->n_rules[dir]; i++)
			add_rule(&b, &p->rules[dir][i]);
	}
	return np_buf_text(&b);
}

START_TEST(meaning)
{
	static const struct {
		const char *spec, *want;
	} rows[] = {
		/* Defaults: semantics 1.3. */
		{ "", "x/p pod{} I e" },
		{ "spec:", "x/p pod{} I e" },
		{ "spec: {}", "x/p pod{} I e" },
		{ "spec: {podSelector: ~}", "x/p pod{} I e" },
		{ "spec: {egress: []}", "x/p pod{} I e" },
		{ "spec: {egress: [{}]}", "x/p pod{} I E()" },
		{ "spec: {egress: [~]}", "x/p pod{} I E()" },
		{ "spec: {egress: ~, ingress: ~}", "x/p pod{} I e" },
		{ "spec: {policyTypes: []}", "x/p pod{} I e" },
		{ "spec: {policyTypes: ~, egress: [{}]}", "x/p pod{} I E()" },
		{ "spec: {policyTypes: [Egress]}", "x/p pod{} i E" },
		{ "spec: {policyTypes: [Egress], ingress: [{}]}", "x/p pod{} i() E" },
		{ "spec: {policyTypes: [Ingress], egress: [{}]}", "x/p pod{} I e()" },
		{ "spec: {policyTypes: [Egress, Ingress, Egress]}", "x/p pod{} I E" },
		{ "spec: {ingress: [{ports: [{}, ~]}]}", "x/p pod{} I( TCP TCP) e" },
		{ "spec: {ingress: [{ports: [{protocol: UDP}, {port: 80}, {port: http, protocol: SCTP}]}]}",
		  "x/p pod{} I( UDP TCP:80 SCTP:http) e" },
		{ "spec: {ingress: [{ports: [{protocol: ~, port: ~, endPort: ~}]}]}", "x/p pod{} I( TCP) e" },
		{ "spec: {ingress: [{ports: [{port: 80, endPort: 80}, {port: 1, endPort: 65535}]}]}",
		  "x/p pod{} I( TCP:80-80 TCP:1-65535) e" },
		{ "spec: {ingress: [{ports: [], from: []}, {ports: ~, from: ~}]}", "x/p pod{} I()() e" },
		/* YAML numbers arrive as Go prints them. */
		{ "spec: {ingress: [{ports: [{port: 80.0}, {port: 8e1}, {port: 0x50}, {port: 080, endPort: 90.0}]}]}",
		  "x/p pod{} I( TCP:80 TCP:80 TCP:80 TCP:80-90) e" },
		{ "spec: {ingress: [{ports: [{port: 80e}, {port: 1e400}, {port: '80'}]}]}",
		  "x/p pod{} I( TCP:80e TCP:1e400 TCP:80) e" },
		/* Peers: an absent selector is not an empty one. */
		{ "spec: {ingress: [{from: [{podSelector: {}}, {namespaceSelector: {}}]}]}",
		  "x/p pod{} I(<pod{}><ns{}>) e" },
		{ "spec: {ingress: [{from: [{podSelector: {}, namespaceSelector: {matchLabels: {a: b}}}]}]}",
		  "x/p pod{} I(<ns{a=b}pod{}>) e" },
		{ "spec: {ingress: [{from: [{podSelector: {}, namespaceSelector: ~, ipBlock: ~}]}]}",
		  "x/p pod{} I(<pod{}>) e" },
		{ "spec: {egress: [{to: [{ipBlock: {cidr: 10.0.0.0/8, except: [10.1.0.0/16, 10.2.3.4/32]}}]}]}",
		  "x/p pod{} I E(<10.0.0.0/8-10.1.0.0/16-10.2.3.4/32>)" },
		{ "spec: {egress: [{to: [{ipBlock: {cidr: 2001:DB8::/32, except: ~}}]}]}", "x/p pod{} I E(<2001:db8::/32>)" },
		/* Selectors. */
		{ "spec: {podSelector: {matchLabels: {b: '1', a: '', c: ~}}}", "x/p pod{a=,b=1,c=} I e" },
		{ "spec: {podSelector: {matchLabels: ~, matchExpressions: ~}}", "x/p pod{} I e" },
		{ "spec: {podSelector: {matchExpressions: [{key: a, operator: In, values: [x, '', ~]}]}}",
		  "x/p pod{;a In x  } I e" },
		{ "spec: {podSelector: {matchExpressions: [{key: a, operator: DoesNotExist, values: []}, "
		  "{key: a, operator: Exists, values: ~}, {key: b, operator: NotIn, values: [q, q]}]}}",
		  "x/p pod{;a DoesNotExist;a Exists;b NotIn q q} I e" },
	};

	for (size_t i = 0; i < NP_ARRAY_SIZE(rows); i++) {
		np_auto_free char *text = np_xasprintf(HEAD "%s", rows[i].spec);

		ck_assert_msg(strcmp(decode(text, NP_DECODE_API_YAML, NP_FIELDS_STRICT), "ok") == 0, "%s: %s", rows[i].spec,
			      outcome(-1, &d.err));
		ck_assert_msg(strcmp(shown(), rows[i].want) == 0, "%s: %s", rows[i].spec, shown());
	}
	forget();
}
END_TEST

#define JSON(spec) "{\"metadata\":{\"name\":\"p\"},\"spec\":" spec "}"

/* Semantics 4.4: how repeated fields of a JSON body merge, and that the last wins elsewhere. */
START_TEST(repeated_fields)
{
	static const struct {
		const char *text, *merged, *last;
	} rows[] = {
		{ JSON("{\"ingress\":[{\"from\":[{\"podSelector\":{}}]}],\"ingress\":[{\"ports\":[{\"port\":1}]}]}"),
		  "default/p pod{} I(<pod{}> TCP:1) e", "default/p pod{} I( TCP:1) e" },
		{ JSON("{\"podSelector\":{\"matchLabels\":{\"a\":\"b\"}},\"podSelector\":{\"matchLabels\":{\"c\":\"d\"}}}"),
		  "default/p pod{a=b,c=d} I e", "default/p pod{c=d} I e" },
		{ JSON("{\"podSelector\":{\"matchLabels\":{\"a\":\"b\"}},\"podSelector\":{\"matchLabels\":{\"a\":\"d\"}}}"),
		  "default/p pod{a=d} I e", "default/p pod{a=d} I e" },
		{ JSON("{\"podSelector\":{\"matchLabels\":{\"a\":\"b\",\"a\":\"c\"}}}"),
		  "default/p pod{a=c} I e", "default/p pod{a=c} I e" },
		/* null empties maps and lists, but not the selector itself. */
		{ JSON("{\"podSelector\":{\"matchLabels\":{\"a\":\"b\"}},\"podSelector\":null}"),
		  "default/p pod{a=b} I e", "default/p pod{} I e" },
		{ JSON("{\"podSelector\":{\"matchLabels\":{\"a\":\"b\"},\"matchLabels\":null}}"),
		  "default/p pod{} I e", "default/p pod{} I e" },
		{ JSON("{\"ingress\":[{}],\"ingress\":null}"), "default/p pod{} I e", "default/p pod{} I e" },
		{ JSON("{\"ingress\":[{}],\"ingress\":[]}"), "default/p pod{} I e", "default/p pod{} I e" },
		/* Lists are cut to the second length, element over element. */
		{ JSON("{\"ingress\":[{\"ports\":[{\"port\":1}]},{\"ports\":[{\"port\":2}]}],\"ingress\":[{\"from\":[{\"podSelector\":{}}]}]}"),
		  "default/p pod{} I(<pod{}> TCP:1) e", "default/p pod{} I(<pod{}>) e" },
		{ JSON("{\"ingress\":[{\"ports\":[{\"port\":1}]}],\"ingress\":[{},{}]}"),
		  "default/p pod{} I( TCP:1)() e", "default/p pod{} I()() e" },
		/* What a cut left behind shows again when the list grows. */
		{ JSON("{\"ingress\":[{},{\"ports\":[{\"port\":2}]}],\"ingress\":[{}],\"ingress\":[{},{}]}"),
		  "default/p pod{} I()( TCP:2) e", "default/p pod{} I()() e" },
		{ JSON("{\"ingress\":[{},{\"ports\":[{\"port\":2}]}],\"ingress\":[],\"ingress\":[{},{}]}"),
		  "default/p pod{} I()() e", "default/p pod{} I()() e" },
		{ JSON("{\"ingress\":[{\"ports\":[{\"port\":1,\"protocol\":\"UDP\"}]}],\"ingress\":[{\"ports\":[{\"port\":\"a\"}]}]}"),
		  "default/p pod{} I( UDP:a) e", "default/p pod{} I( TCP:a) e" },
		{ JSON("{\"ingress\":[{\"ports\":[{\"port\":1,\"port\":null}]}]}"),
		  "default/p pod{} I( TCP) e", "default/p pod{} I( TCP) e" },
		{ JSON("{\"ingress\":[{\"ports\":[{\"port\":\"a\",\"port\":7}]}]}"),
		  "default/p pod{} I( TCP:7) e", "default/p pod{} I( TCP:7) e" },
		{ JSON("{\"ingress\":[{\"from\":[{\"podSelector\":{\"matchLabels\":{\"a\":\"b\"}},\"podSelector\":{}}]}]}"),
		  "default/p pod{} I(<pod{a=b}>) e", "default/p pod{} I(<pod{}>) e" },
		{ JSON("{\"ingress\":[{\"from\":[{\"podSelector\":{\"matchLabels\":{\"a\":\"b\"}},\"podSelector\":null,\"podSelector\":{}}]}]}"),
		  "default/p pod{} I(<pod{}>) e", "default/p pod{} I(<pod{}>) e" },
		{ "{\"metadata\":{\"name\":\"p\",\"name\":null,\"namespace\":\"n\"},\"metadata\":null}",
		  "n/p pod{} I e", NULL },
		{ JSON("{\"podSelector\":{\"matchLabels\":{\"a\":\"b\"}}},\"spec\":{\"egress\":[{}]}"),
		  "default/p pod{a=b} I E()", "default/p pod{} I E()" },
	};

	for (size_t i = 0; i < NP_ARRAY_SIZE(rows); i++) {
		ck_assert_msg(strcmp(decode(rows[i].text, NP_DECODE_API_JSON, NP_FIELDS_IGNORE), "ok") == 0, "row %zu: %s",
			      i, outcome(-1, &d.err));
		ck_assert_msg(strcmp(shown(), rows[i].merged) == 0, "row %zu merged: %s", i, shown());
		ck_assert_str_ne(decode(rows[i].text, NP_DECODE_API_JSON, NP_FIELDS_STRICT), "ok");
		if (!rows[i].last)
			continue;
		ck_assert_str_eq(decode(rows[i].text, NP_DECODE_API_YAML, NP_FIELDS_IGNORE), "ok");
		ck_assert_msg(strcmp(shown(), rows[i].last) == 0, "row %zu last: %s", i, shown());
		/* kubectl resolves them before anybody strict looks. */
		ck_assert_str_eq(decode(rows[i].text, NP_DECODE_KUBECTL, NP_FIELDS_STRICT), "ok");
		ck_assert_msg(strcmp(shown(), rows[i].last) == 0, "row %zu kubectl: %s", i, shown());
	}
	forget();
}
END_TEST

/* Types are never converted: semantics 4.2. */
START_TEST(wrong_types)
{
	static const struct {
		const char *text, *want;
	} rows[] = {
		{ JSON("5"), "1:33: spec: must be a map, not the number 5" },
		{ JSON("{\"podSelector\":\"\"}"), "1:48: spec.podSelector: must be a map, not a string" },
		{ JSON("{\"ingress\":[5]}"), "1:45: spec.ingress[0]: must be a map, not the number 5" },
		{ JSON("{\"ingress\":[{\"ports\":[{\"port\":80.0}]}]}"),
		  "1:63: spec.ingress[0].ports[0].port: must be an integer within 32 bits, not the number 80.0" },
		{ JSON("{\"ingress\":[{\"ports\":[{\"port\":8e1}]}]}"),
		  "1:63: spec.ingress[0].ports[0].port: must be an integer within 32 bits, not the number 8e1" },
		{ JSON("{\"ingress\":[{\"ports\":[{\"port\":2147483648}]}]}"),
		  "1:63: spec.ingress[0].ports[0].port: must be an integer within 32 bits, not the number 2147483648" },
		{ JSON("{\"ingress\":[{\"ports\":[{\"port\":-2147483649}]}]}"),
		  "1:63: spec.ingress[0].ports[0].port: must be an integer within 32 bits, not the number -2147483649" },
		{ JSON("{\"ingress\":[{\"ports\":[{\"port\":-2147483648}]}]}"),
		  "1:63: spec.ingress[0].ports[0].port: port must be between 1 and 65535" },
		{ JSON("{\"ingress\":[{\"ports\":[{\"port\":{}}]}]}"),
		  "1:63: spec.ingress[0].ports[0].port: must be an integer or a string, not a map" },
		{ JSON("{\"ingress\":[{\"ports\":[{\"protocol\":6}]}]}"),
		  "1:67: spec.ingress[0].ports[0].protocol: must be a string (quote it), not the number 6" },
		{ JSON("{\"ingress\":[{\"ports\":[{\"endPort\":\"9\"}]}]}"),
		  "1:66: spec.ingress[0].ports[0].endPort: must be an integer, not a string" },
		{ JSON("{\"policyTypes\":\"Ingress\"}"), "1:48: spec.policyTypes: must be a list, not a string" },
		{ JSON("{\"podSelector\":{\"matchLabels\":[\"a\"]}}"),
		  "1:63: spec.podSelector.matchLabels: must be a map of strings, not a list" },
		{ JSON("{\"podSelector\":{\"matchLabels\":{\"a\":{}}}}"),
		  "1:68: spec.podSelector.matchLabels.a: must be a string, not a map" },
		{ "{\"metadata\":{\"name\":\"p\",\"generation\":9223372036854775808}}",
		  "1:38: metadata.generation: must be an integer within 64 bits, not the number 9223372036854775808" },
		{ "{\"metadata\":{\"name\":\"p\",\"generation\":-9223372036854775808}}", "ok" },
		{ "{\"metadata\":{\"name\":\"p\",\"finalizers\":[1]}}",
		  "1:39: metadata.finalizers[0]: must be a string (quote it), not the number 1" },
		{ "{\"metadata\":{\"name\":\"p\",\"ownerReferences\":[{\"controller\":1}]}}",
		  "1:58: metadata.ownerReferences[0].controller: must be a boolean, not the number 1" },
		{ "{\"metadata\":{\"name\":\"p\",\"creationTimestamp\":null,\"managedFields\":[{\"fieldsV1\":{\"f:x\":[1]}}]}}", "ok" },
		{ "{\"metadata\":{\"name\":\"p\",\"creationTimestamp\":\"2026-01-02T03:04:05Z\"}}", "ok" },
		{ "{\"metadata\":{\"name\":\"p\",\"creationTimestamp\":\"2026-01-02T03:04:05.123+01:00\"}}", "ok" },
		{ "{\"metadata\":{\"name\":\"p\",\"creationTimestamp\":\"\"}}",
		  "1:45: metadata.creationTimestamp: must be a time such as 2006-01-02T15:04:05Z" },
		{ "{\"metadata\":{\"name\":\"p\",\"creationTimestamp\":\"2026-02-30T03:04:05Z\"}}",
		  "1:45: metadata.creationTimestamp: must be a time such as 2006-01-02T15:04:05Z" },
		{ "{\"metadata\":{\"name\":\"p\",\"creationTimestamp\":\"2026-1-2T03:04:05Z\"}}",
		  "1:45: metadata.creationTimestamp: must be a time such as 2006-01-02T15:04:05Z" },
		{ "{\"metadata\":{\"name\":\"p\",\"labels\":{\"a\":1}}}",
		  "1:39: metadata.labels.a: must be a string (quote it), not the number 1" },
		{ "[]", "1:1: must be a map, not a list" },
		{ "{\"kind\":5}", "1:9: kind: must be a string (quote it), not the number 5" },
	};

	for (size_t i = 0; i < NP_ARRAY_SIZE(rows); i++) {
		const char *got = decode(rows[i].text, NP_DECODE_API_JSON, NP_FIELDS_STRICT);

		ck_assert_msg(strcmp(got, rows[i].want) == 0, "row %zu: %s", i, got);
	}
	/* kubectl's generic values turn 80.0 into 80. */
	ck_assert_str_eq(decode(JSON("{\"ingress\":[{\"ports\":[{\"port\":80.0},{\"port\":8e1}]}]}"), NP_DECODE_KUBECTL,
				NP_FIELDS_STRICT), "ok");
	ck_assert_str_eq(shown(), "default/p pod{} I( TCP:80 TCP:80) e");
	ck_assert_str_ne(decode(JSON("{\"ingress\":[{\"ports\":[{\"port\":80.5}]}]}"), NP_DECODE_KUBECTL, NP_FIELDS_STRICT), "ok");
	forget();
}
END_TEST

static bool has_diag(enum np_diag_kind kind, const char *path)
{
	for (size_t i = 0; i < d.diags.n; i++)
		if (d.diags.items[i].kind == kind && np_str_is(d.diags.items[i].path, path))
			return true;
	return false;
}

START_TEST(unknown_fields)
{
	static const char text[] = HEAD "status: {}\nspec:\n  podselector: {a: {b: c}}\n  ingress:\n  - to: []\n"
					"    ports: [{proto: TCP}]\n";

	ck_assert_str_eq(decode(text, NP_DECODE_API_YAML, NP_FIELDS_WARN), "ok");
	ck_assert_uint_eq(d.diags.n, 4);
	ck_assert(has_diag(NP_DIAG_UNKNOWN, "status") && has_diag(NP_DIAG_UNKNOWN, "spec.podselector"));
	ck_assert(has_diag(NP_DIAG_UNKNOWN, "spec.ingress[0].to"));
	ck_assert(has_diag(NP_DIAG_UNKNOWN, "spec.ingress[0].ports[0].proto"));
	ck_assert_uint_eq(d.diags.items[1].place.line, 6);
	ck_assert_uint_eq(d.diags.items[1].place.column, 3);
	ck_assert_str_eq(d.diags.items[1].place.file, "f");
	ck_assert_str_eq(decode(text, NP_DECODE_API_YAML, NP_FIELDS_IGNORE), "ok");
	ck_assert_uint_eq(d.diags.n, 0);
	ck_assert_str_eq(decode(text, NP_DECODE_API_YAML, NP_FIELDS_STRICT), "4:1: status: unknown field 'status'");
	ck_assert_int_eq(d.err.code, NP_EPARSE);
	/* A wrong type anywhere is told before any unknown field. */
	ck_assert_str_eq(decode(HEAD "x: 1\nspec: 5\n", NP_DECODE_API_YAML, NP_FIELDS_STRICT),
			 "5:7: spec: must be a map, not the number 5");
	ck_assert_str_eq(decode(JSON("{\"podSelector\":{},\"podSelector\":{}}"), NP_DECODE_API_JSON, NP_FIELDS_WARN), "ok");
	ck_assert(has_diag(NP_DIAG_DUPLICATE, "spec.podSelector"));
	ck_assert_str_eq(decode(JSON("{\"podSelector\":{\"matchLabels\":{\"a\":\"b\",\"a\":\"b\"}}}"), NP_DECODE_API_JSON,
				NP_FIELDS_STRICT),
			 "1:72: spec.podSelector.matchLabels.a: duplicate field 'spec.podSelector.matchLabels.a'");
	forget();
}
END_TEST

START_TEST(diags_are_bounded)
{
	struct np_buf b = { 0 };

	np_buf_adds(&b, HEAD);
	for (int i = 0; i < 150; i++)
		np_buf_printf(&b, "u%d: 1\n", i);
	for (int i = 0; i < 50; i++)
		np_buf_adds(&b, "u0: 1\n");
	ck_assert_str_eq(decode(np_buf_text(&b), NP_DECODE_API_YAML, NP_FIELDS_WARN), "ok");
	ck_assert_uint_eq(d.diags.n, NP_DIAGS_MAX);
	ck_assert_uint_eq(d.diags.n_dropped, 50);
	np_buf_release(&b);
	forget();
}
END_TEST

START_TEST(sloppy_cidrs_are_warned_of)
{
	ck_assert_str_eq(decode(HEAD "spec: {ingress: [{from: [{ipBlock: {cidr: 010.0.0.1/8, except: ['::ffff:1.2.3.4/128', "
				"FE80::/10]}}]}]}", NP_DECODE_API_YAML, NP_FIELDS_STRICT), "ok");
	ck_assert_uint_eq(d.diags.n, 3);
	ck_assert(has_diag(NP_DIAG_CIDR, "spec.ingress[0].from[0].ipBlock.cidr"));
	ck_assert(has_diag(NP_DIAG_CIDR, "spec.ingress[0].from[0].ipBlock.except[0]"));
	const struct np_ipblock *b = d.policy.rules[NP_INGRESS][0].peers[0].ip_block;

	ck_assert(np_str_is(b->cidr_text, "010.0.0.1/8") && np_str_is(b->except_texts[1], "FE80::/10"));
	ck_assert_uint_eq(b->cidr.flags, NP_CIDR_ZEROS | NP_CIDR_HOST_BITS);
	forget();
}
END_TEST

START_TEST(places)
{
	ck_assert_str_eq(decode(HEAD "spec:\n  podSelector: {}\n  egress:\n  - ports:\n    - port: 80\n    to:\n    - podSelector:\n"
				     "        matchExpressions:\n        - {key: a, operator: Exists}\n",
				NP_DECODE_API_YAML, NP_FIELDS_STRICT), "ok");
	const struct np_rule *r = d.policy.rules[NP_EGRESS];

	ck_assert(d.policy.place.line == 1 && d.policy.place.column == 1);
	ck_assert_str_eq(d.policy.place.file, "f");
	ck_assert(r->place.line == 7 && r->place.column == 5);
	ck_assert(r->ports[0].place.line == 8 && r->ports[0].place.column == 7);
	ck_assert_uint_eq(r->peers[0].place.line, 10);
	ck_assert_uint_eq(r->peers[0].pod_selector->exprs[0].place.line, 12);
	forget();
}
END_TEST

/* The result must not point into the tree. */
START_TEST(outlives_the_tree)
{
	const struct np_decode_opts opts = { .ns = "mine" };
	static char text[] = "metadata: {name: p}\nspec: {podSelector: {matchLabels: {a: b}}, ingress: [{ports: [{port: x}]}]}";
	struct np_arena arena = { 0 };
	struct np_policy p;
	struct np_docs docs;
	struct np_err err;

	ck_assert_int_eq(np_read_yaml(np_str_from(text), &(struct np_read_opts){ 0 }, &docs, &err), 0);
	ck_assert_int_eq(np_decode_policy(&docs.items[0].root, &opts, &arena, &p, NULL, &err), 0);
	np_docs_release(&docs);
	memset(text, 'z', sizeof(text));
	ck_assert_str_eq(p.ns.p, "mine");
	ck_assert_str_eq(p.name.p, "p");
	ck_assert_str_eq(p.pod_selector.match_labels.items[0].value.p, "b");
	ck_assert_str_eq(p.rules[NP_INGRESS][0].ports[0].name.p, "x");
	np_arena_release(&arena);
}
END_TEST

START_TEST(strings_are_bounded)
{
	struct np_buf b = { 0 };

	np_buf_adds(&b, HEAD "spec: {podSelector: {matchExpressions: [{key: a, operator: In, values: [&v '");
	for (int i = 0; i < 1000000; i++)
		np_buf_addc(&b, 'a');
	np_buf_adds(&b, "'");
	for (int i = 0; i < 40; i++)
		np_buf_adds(&b, ", *v");
	np_buf_adds(&b, "]}]}}");
	decode(np_buf_text(&b), NP_DECODE_API_YAML, NP_FIELDS_STRICT);
	ck_assert_int_eq(d.err.code, NP_ELIMIT);
	ck_assert_str_eq(d.err.path, "spec.podSelector.matchExpressions[0]");
	np_buf_release(&b);
	forget();
}
END_TEST

START_TEST(no_error_wanted)
{
	struct np_arena arena = { 0 };
	struct np_policy p;
	const struct np_value bad = { .kind = NP_VALUE_LIST };
	const struct np_value nameless = { .kind = NP_VALUE_MAP };

	ck_assert_int_eq(np_decode_policy(&bad, &(struct np_decode_opts){ 0 }, &arena, &p, NULL, NULL), -1);
	ck_assert_int_eq(np_decode_policy(&nameless, &(struct np_decode_opts){ 0 }, &arena, &p, NULL, NULL), -1);
	np_arena_release(&arena);
}
END_TEST

RUN_TESTS("decode", meaning, repeated_fields, wrong_types, unknown_fields, diags_are_bounded, sloppy_cidrs_are_warned_of, places,
	  outlives_the_tree, strings_are_bounded, no_error_wanted)
