/* Documents made into objects: JSON, YAML, protobuf. */
#include "../../sandbox/conform.h"
#include "../../sandbox/protobuf.h"
#include "api_test.h"
#include "np/parse/read.h"

struct row {
	const struct np_type *type;
	const char *text;
	const char *want;	/* NULL: refused */
	const char *words;	/* in the error, or all notes joined by ';' */
};

static char *with_quotes(const char *text)
{
	char *copy = np_xstrdup(text);

	for (char *p = copy; *p; p++) {
		if (*p == '\'')
			*p = '"';
	}
	return copy;
}

static void assert_notes(const struct np_notes *notes, const char *want)
{
	struct np_buf b = { 0 };

	np_buf_adds(&b, "");
	for (size_t i = 0; i < notes->n; i++)
		np_buf_printf(&b, "%s%s", i ? ";" : "", notes->items[i]);
	ck_assert_str_eq(np_buf_text(&b), want ? want : "");
	np_buf_release(&b);
}

static void check_row(const struct row *r, bool json)
{
	struct np_read_opts opts = { .max_bytes = 1 << 20, .first_only = true };
	struct np_notes notes = { 0 };
	struct np_docs docs = { 0 };
	struct np_err err = { 0 };
	char *text = json ? with_quotes(r->text) : np_xstrdup(r->text);
	json_t *o = NULL;
	int rc;

	rc = json ? np_read_json(np_str_from(text), &opts, &docs, &err)
		  : np_read_yaml(np_str_from(text), &opts, &docs, &err);
	ck_assert_msg(rc == 0, "%s: %s", text, err.msg);
	rc = np_conform(r->type, &docs.items[0].root, json, &notes, &o, &err);
	if (r->want) {
		ck_assert_msg(rc == 0, "%s: %s", text, err.msg);
		assert_json(o, r->want, text);
		assert_notes(&notes, r->words);
	} else {
		ck_assert_msg(rc == -1, "%s", text);
		ck_assert_msg(strstr(err.msg, r->words) != NULL, "%s: %s", text, err.msg);
	}
	json_decref(o);
	np_notes_release(&notes);
	np_docs_release(&docs);
	free(text);
}

#define POLICY (&np_type_network_policy)

START_TEST(json_rules)
{
	static const struct row t[] = {
		{ POLICY, "{}", "{}", NULL },
		{ POLICY, "null", "{}", NULL },
		{ POLICY,
		  "{'spec':{'ingress':null,'egress':[],'podSelector':{},'policyTypes':[null]}}",
		  "{'spec':{'podSelector':{},'policyTypes':['']}}", NULL },
		{ POLICY,
		  "{'spec':{'ingress':[null,{'from':[{'podSelector':null,'namespaceSelector':{}}]}]"
		  "}}",
		  "{'spec':{'ingress':[{},{'from':[{'namespaceSelector':{}}]}]}}", NULL },
		{ POLICY,
		  "{'spec':{'ingress':[{'ports':[{'port':80,'endPort':90,'protocol':''},{'port':'"
		  "http'},null]}]}}",
		  "{'spec':{'ingress':[{'ports':[{'port':80,'endPort':90,'protocol':''},{'port':'"
		  "http'},{}]}]}}",
		  NULL },
		{ POLICY, "{'metadata':{'labels':{'a':null,'b':''},'name':'','annotations':{}}}",
		  "{'metadata':{'labels':{'a':'','b':''}}}", NULL },
		{ POLICY, "{'spec':{'foo':{'deep':[1]},'podselector':{}},'Kind':'x'}",
		  "{'spec':{}}",
		  "unknown field \"spec.foo\";unknown field \"spec.podselector\";unknown field "
		  "\"Kind\"" },
		{ POLICY, "{'spec':{'ingress':[{'form':[]},{'form':[]}]}}",
		  "{'spec':{'ingress':[{},{}]}}",
		  "unknown field \"spec.ingress[0].form\";unknown field \"spec.ingress[1].form\"" },
		/*
		 * Repeated fields decode on top of each other; lists element by element, cut to the
		 * last length.
		 */
		{ POLICY,
		  "{'spec':{'ingress':[{'from':[{'podSelector':{}}]}],'ingress':[{'ports':[{'port':"
		  "1}]}]}}",
		  "{'spec':{'ingress':[{'from':[{'podSelector':{}}],'ports':[{'port':1}]}]}}",
		  "duplicate field \"spec.ingress\"" },
		{ POLICY, "{'spec':{'ingress':[{},{}],'ingress':[{}]}}",
		  "{'spec':{'ingress':[{}]}}", "duplicate field \"spec.ingress\"" },
		{ POLICY, "{'spec':{'policyTypes':['Ingress']},'spec':null}",
		  "{'spec':{'policyTypes':['Ingress']}}", "duplicate field \"spec\"" },
		{ POLICY, "{'spec':{'ingress':[{}],'ingress':null}}", "{'spec':{}}",
		  "duplicate field \"spec.ingress\"" },
		{ POLICY, "{'metadata':{'labels':{'a':'1'},'labels':{'b':'2'}}}",
		  "{'metadata':{'labels':{'a':'1','b':'2'}}}",
		  "duplicate field \"metadata.labels\"" },
		{ POLICY, "{'metadata':{'labels':{'a':'1','a':'2'}}}",
		  "{'metadata':{'labels':{'a':'2'}}}", "duplicate field \"metadata.labels.a\"" },
		/* No coercion. */
		{ POLICY, "[]", NULL,
		  "json: cannot unmarshal array into Go value of type v1.NetworkPolicy" },
		{ POLICY, "{'spec':[]}", NULL,
		  "json: cannot unmarshal array into Go struct field NetworkPolicy.spec of type "
		  "v1.NetworkPolicySpec" },
		{ POLICY, "{'spec':{'ingress':{}}}", NULL,
		  "cannot unmarshal object into Go struct field NetworkPolicySpec.spec.ingress of "
		  "type []v1.NetworkPolicyIngressRule" },
		{ POLICY, "{'spec':{'ingress':[1]}}", NULL,
		  "cannot unmarshal number 1 into Go struct field NetworkPolicySpec.spec.ingress "
		  "of type v1.NetworkPolicyIngressRule" },
		{ POLICY, "{'metadata':{'labels':{'a':1}}}", NULL,
		  "cannot unmarshal number into Go struct field ObjectMeta.metadata.labels of type "
		  "string" },
		{ POLICY, "{'metadata':{'labels':[]}}", NULL, "of type map[string]string" },
		{ POLICY, "{'spec':{'policyTypes':'Ingress'}}", NULL,
		  "cannot unmarshal string into" },
		{ POLICY, "{'spec':{'egress':[{'ports':[{'endPort':80.0}]}]}}", NULL,
		  "cannot unmarshal number 80.0 into Go struct field "
		  "NetworkPolicyPort.spec.egress.ports.endPort of type int32" },
		{ POLICY, "{'spec':{'egress':[{'ports':[{'endPort':8e1}]}]}}", NULL, "8e1" },
		{ POLICY, "{'spec':{'egress':[{'ports':[{'port':2147483648}]}]}}", NULL,
		  "of type int32" },
		{ POLICY, "{'spec':{'egress':[{'ports':[{'port':4294967376}]}]}}", NULL,
		  "of type int32" },
		{ POLICY, "{'spec':{'egress':[{'ports':[{'port':-0}]}]}}",
		  "{'spec':{'egress':[{'ports':[{'port':0}]}]}}", NULL },
		{ POLICY, "{'spec':{'egress':[{'ports':[{'port':-2147483648}]}]}}",
		  "{'spec':{'egress':[{'ports':[{'port':-2147483648}]}]}}", NULL },
		{ POLICY, "{'spec':{'egress':[{'ports':[{'port':true}]}]}}", NULL,
		  "cannot unmarshal bool into Go value of type int32" },
		{ POLICY, "{'spec':{'egress':[{'ports':[{'port':{}}]}]}}", NULL,
		  "cannot unmarshal object" },
		{ POLICY, "{'metadata':{'creationTimestamp':'yesterday'}}", NULL, "parsing time" },
		{ POLICY,
		  "{'metadata':{'creationTimestamp':'2026-01-02T03:04:05Z','deletionTimestamp':'"
		  "2026-01-02T03:04:05.678+07:00'}}",
		  "{'metadata':{'creationTimestamp':'2026-01-02T03:04:05Z','deletionTimestamp':'"
		  "2026-01-02T03:04:05.678+07:00'}}",
		  NULL },
		{ &np_type_pod,
		  "{'spec':{'containers':[{'name':'c','resources':{'limits':{'cpu':2,'memory':'1Gi'"
		  "}}}]}}",
		  "{'spec':{'containers':[{'name':'c','resources':{'limits':{'cpu':'2','memory':'"
		  "1Gi'}}}]}}",
		  NULL },
		{ &np_type_pod,
		  "{'spec':{'containers':[{'name':'c','resources':{'limits':{'cpu':'lots'}}}]}}",
		  NULL, "quantities must match" },
		{ &np_type_pod,
		  "{'spec':{'volumes':[{'name':'v','nfs':{'server':'s','deep':[{'x':null}]}}]}}",
		  "{'spec':{'volumes':[{'name':'v','nfs':{'server':'s','deep':[{'x':null}]}}]}}",
		  NULL },
	};

	for (size_t i = 0; i < NP_ARRAY_SIZE(t); i++)
		check_row(&t[i], true);
}
END_TEST

START_TEST(yaml_rules)
{
	static const struct row t[] = {
		{ POLICY, "spec: {podSelector: {}, podSelector: {matchLabels: {a: b}}}",
		  "{'spec':{'podSelector':{'matchLabels':{'a':'b'}}}}",
		  "line 1: key \"podSelector\" already set in map" },
		{ POLICY,
		  "spec:\n  ingress:\n  - ports:\n    - port: 80.0\n    - port: 0x50\n    - port: "
		  "\"80\"\n",
		  "{'spec':{'ingress':[{'ports':[{'port':80},{'port':80},{'port':'80'}]}]}}",
		  NULL },
		{ POLICY, "metadata: {labels: {a: yes}}", NULL, "cannot unmarshal bool" },
		{ POLICY, "metadata: {labels: {y: \"yes\"}}",
		  "{'metadata':{'labels':{'true':'yes'}}}", NULL },
		{ POLICY, "- 1", NULL, "cannot unmarshal array" },
	};

	for (size_t i = 0; i < NP_ARRAY_SIZE(t); i++)
		check_row(&t[i], false);
}
END_TEST

START_TEST(strange_strings)
{
	static const char nul[] = "{\"metadata\":{\"labels\":{\"a\\u0000b\":\"c\\u0000d\"},"
				  "\"name\":\"\xff\"},\"sp\\u0000ec\":1}";
	struct np_read_opts opts = { .max_bytes = 1 << 20 };
	struct np_docs docs = { 0 };
	struct np_err err = { 0 };
	const char *key;
	json_t *o, *v;
	size_t len;

	ck_assert_msg(np_read_json(np_str_from(nul), &opts, &docs, &err) == 0, "%s", err.msg);
	ck_assert_int_eq(np_conform(POLICY, &docs.items[0].root, true, NULL, &o, &err), 0);
	json_object_keylen_foreach(np_json_at(o, "metadata/labels"), key, len, v) {
		ck_assert_uint_eq(len, 3);
		ck_assert_uint_eq(json_string_length(v), 3);
	}
	ck_assert_str_eq(np_json_str(o, "metadata/name", ""), "\xef\xbf\xbd");
	ck_assert_uint_eq(json_object_size(o), 1);
	json_decref(o);
	np_docs_release(&docs);
}
END_TEST

START_TEST(depth)
{
	static const struct {
		int depth;
		bool ok;
	} t[] = { { 10, true },
		  { NP_CONFORM_MAX_DEPTH - 1, true },
		  { NP_CONFORM_MAX_DEPTH + 2, false },
		  { 5000, false } };

	for (size_t i = 0; i < NP_ARRAY_SIZE(t); i++) {
		struct np_read_opts opts = { .max_bytes = 1 << 20 };
		struct np_docs docs = { 0 };
		struct np_err err = { 0 };
		struct np_buf b = { 0 };
		json_t *o = NULL;

		for (int k = 0; k < t[i].depth; k++)
			np_buf_adds(&b, "[");
		for (int k = 0; k < t[i].depth; k++)
			np_buf_adds(&b, "]");
		ck_assert_int_eq(np_read_json((struct np_str){ b.data, b.len }, &opts, &docs, &err),
				 0);
		ck_assert_msg((np_conform_any(&docs.items[0].root, &o, &err) == 0) == t[i].ok,
			      "depth %d", t[i].depth);
		if (!t[i].ok)
			ck_assert_int_eq(err.code, NP_ELIMIT);
		json_decref(o);
		np_docs_release(&docs);
		np_buf_release(&b);
	}
}
END_TEST

START_TEST(idempotent)
{
	json_t *o = J("{'apiVersion':'v1','kind':'Pod','metadata':{'name':'p','labels':{'a':'b'}},'"
		      "spec':{'containers':[{'name':'c','image':'i',"
		      "'ports':[{'containerPort':80,'name':'h'}],'env':[{'name':'x','valueFrom':{'"
		      "fieldRef':{'fieldPath':'metadata.name'}}}]}]},"
		      "'status':{'phase':'Running','podIPs':[{'ip':'10.0.0.1'}]}}");
	struct np_notes notes = { 0 };
	struct np_err err = { 0 };
	json_t *again;

	ck_assert_msg(np_conform_json(&np_type_pod, o, &notes, &again, &err) == 0, "%s", err.msg);
	ck_assert_uint_eq(notes.n, 0);
	ck_assert(json_equal(o, again));
	json_decref(o);
	json_decref(again);
}
END_TEST

START_TEST(notes_are_bounded)
{
	struct np_notes notes = { 0 };

	for (int i = 0; i < 500; i++) {
		np_notes_add(&notes, "n%d", i);
		np_notes_add(&notes, "n%d", i);
	}
	ck_assert_uint_eq(notes.n, NP_CONFORM_MAX_NOTES);
	ck_assert_str_eq(notes.items[99], "n99");
	np_notes_release(&notes);
	np_notes_add(NULL, "nothing");
}
END_TEST

/* ---- protobuf ---- */

static void pb_bytes(struct np_buf *b, unsigned number, const void *bytes, size_t n)
{
	np_buf_addc(b, (char)(number << 3 | 2));
	ck_assert_uint_lt(n, 128);
	np_buf_addc(b, (char)n);
	np_buf_add(b, bytes, n);
}

static void pb_text(struct np_buf *b, unsigned number, const char *text)
{
	pb_bytes(b, number, text, strlen(text));
}

static void envelope(struct np_buf *b, const char *version, const char *kind,
		     const struct np_buf *raw)
{
	struct np_buf type = { 0 };

	pb_text(&type, 1, version);
	pb_text(&type, 2, kind);
	np_buf_add(b, "k8s\0", 4);
	pb_bytes(b, 1, type.data, type.len);
	pb_bytes(b, 2, raw->data, raw->len);
	np_buf_release(&type);
}

static void make_namespace(struct np_buf *b)
{
	struct np_buf meta = { 0 }, label = { 0 }, raw = { 0 };

	pb_text(&label, 1, "k");
	pb_text(&label, 2, "v");
	pb_text(&meta, 1, "foo");
	pb_bytes(&meta, 11, label.data, label.len);
	pb_text(&meta, 14, "a/b");
	np_buf_add(&meta, "\x98\x06\x05", 3);	/* field 99, unknown */
	pb_bytes(&raw, 1, meta.data, meta.len);
	envelope(b, "v1", "Namespace", &raw);
	np_buf_release(&meta);
	np_buf_release(&label);
	np_buf_release(&raw);
}

START_TEST(protobuf)
{
	struct np_buf b = { 0 };
	struct np_err err = { 0 };
	json_t *o;

	make_namespace(&b);
	ck_assert_msg(np_protobuf_read((struct np_str){ b.data, b.len }, &o, &err) == 0, "%s",
		      err.msg);
	assert_json(o,
		    "{'apiVersion':'v1','kind':'Namespace','metadata':{'name':'foo','labels':{'k':'"
		    "v'},'finalizers':['a/b']}}",
		    "namespace");
	json_decref(o);
	/* Cut anywhere it is refused or smaller, never read beyond. */
	for (size_t n = 0; n < b.len; n++) {
		char *copy = np_xstrndup(b.data, 0);

		free(copy);
		copy = np_xmalloc(n + 1);
		memcpy(copy, b.data, n);
		if (np_protobuf_read((struct np_str){ copy, n }, &o, &err) == 0)
			json_decref(o);
		free(copy);
	}
	np_buf_release(&b);
}
END_TEST

START_TEST(protobuf_refused)
{
	struct np_buf b = { 0 }, raw = { 0 };
	struct np_err err = { 0 };
	json_t *o;

	ck_assert_int_eq(np_protobuf_read(NP_STR("{}"), &o, &err), -1);
	ck_assert_int_eq(err.code, NP_EPARSE);
	pb_text(&raw, 1, "\x0a\x7f");	/* metadata with a name longer than what is there */
	envelope(&b, "v1", "Namespace", &raw);
	ck_assert_int_eq(np_protobuf_read((struct np_str){ b.data, b.len }, &o, &err), -1);
	ck_assert_int_eq(err.code, NP_EPARSE);
	np_buf_clear(&b);
	np_buf_clear(&raw);
	envelope(&b, "v1", "Pod", &raw);
	ck_assert_int_eq(np_protobuf_read((struct np_str){ b.data, b.len }, &o, &err), -1);
	ck_assert_int_eq(err.code, NP_EUSAGE);
	np_buf_release(&b);
	np_buf_release(&raw);
}
END_TEST

RUN_TESTS("conform", json_rules, yaml_rules, strange_strings, depth, idempotent, notes_are_bounded,
	  protobuf, protobuf_refused)
