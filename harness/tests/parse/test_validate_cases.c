/*
 * test_validate_cases.c - every case of validation_cases.json, which a real kube-apiserver 1.36.2
 * agreed with: verdict, stage, status, fields, defaults, warnings; and its other versions.
 */
#include "np/parse/read.h"
#include "np/parse/validate.h"
#include "parse_test.h"
#include "validation_cases.h"

static int n_failed;

static void complain(const json_t *c, const char *what, const struct np_validation *v)
{
	fprintf(stderr, "%s: %s: stage %s, http %d", np_json_str(c, "id", "?"), what,
		np_stage_name(v->stage), v->http);
	for (size_t i = 0; i < v->n_findings && i < 5; i++)
		fprintf(stderr, "; " NP_STR_FMT ": " NP_STR_FMT,
			NP_STR_ARG(v->findings[i].field), NP_STR_ARG(v->findings[i].msg));
	fprintf(stderr, "\n");
	n_failed++;
}

static bool is_found(const struct np_validation *v, const char *field)
{
	for (size_t i = 0; i < v->n_findings; i++)
		if (np_str_is(v->findings[i].field, field))
			return true;
	return false;
}

static bool is_wanted(const json_t *c, struct np_str field)
{
	const json_t *many = json_object_get(c, "error_fields"), *x;
	const char *one = np_json_str(c, "error_field", "");
	size_t i;

	if (!many)
		return np_str_is(field, one);
	json_array_foreach(many, i, x)
		if (np_str_is(field, json_string_value(x)))
			return true;
	return false;
}

/* The set of fields that are named, no more and no less. */
static void check_fields(const json_t *c, const struct np_validation *v)
{
	const json_t *x;
	size_t i;

	for (i = 0; i < v->n_findings; i++)
		if (!is_wanted(c, v->findings[i].field))
			complain(c, "names another field", v);
	json_array_foreach(json_object_get(c, "error_fields"), i, x)
		if (!is_found(v, json_string_value(x)))
			complain(c, "does not name a field", v);
	if (json_is_string(json_object_get(c, "error_field")) &&
	    !is_found(v, np_json_str(c, "error_field", "")))
		complain(c, "does not name the field", v);
}

static bool equals(struct np_str text, const json_t *want)
{
	json_t *have = json_loadb(text.p ? text.p : "", text.n, JSON_DECODE_ANY | JSON_ALLOW_NUL,
				  NULL);
	bool same = json_equal(have, want);

	json_decref(have);
	return same;
}

static void check_defaults(const json_t *c, const struct np_validation *v)
{
	const json_t *want = json_object_get(c, "defaulted");
	const json_t *spec = json_object_get(want, "spec"),
		     *types = json_object_get(want, "policyTypes");

	if (spec && !equals(v->spec, spec))
		complain(c, "has another spec", v);
	if (types && !equals(v->policy_types, types))
		complain(c, "has other policyTypes", v);
}

static bool has_warning(const struct np_validation *v, const char *want)
{
	for (size_t i = 0; i < v->n_warnings; i++)
		if (memmem(v->warnings[i].msg.p, v->warnings[i].msg.n, want, strlen(want)))
			return true;
	return false;
}

static void check_warnings(const json_t *c, const struct np_validation *v)
{
	const json_t *want = json_object_get(c, "warnings"), *x;
	size_t i;

	if (json_is_string(want) && !has_warning(v, json_string_value(want)))
		complain(c, "lacks a warning", v);
	json_array_foreach(want, i, x)
		if (!has_warning(v, json_string_value(x)))
			complain(c, json_string_value(x), v);
}

static struct np_validate_opts options(const json_t *c, bool json)
{
	struct np_validate_opts o = {
		.file = np_json_str(c, "id", "?"),
		.mode = strcmp(np_json_str(c, "via", ""), "kubectl") == 0 ? NP_DECODE_KUBECTL
			: json						  ? NP_DECODE_API_JSON
									  : NP_DECODE_API_YAML,
		.ns = np_json_str(c, "request_namespace", NULL),
		.update = strcmp(np_json_str(c, "op", ""), "update") == 0,
		.field_validation = np_json_str(c, "field_validation", "Strict"),
	};

	return o;
}

/* Each document of a kubectl case is its own; the case is about the last one that was judged. */
static const struct np_validation *the_item(const struct np_validations *out)
{
	for (size_t i = 0; i < out->n; i++)
		if (!np_stage_accepts(out->items[i].stage))
			return &out->items[i];
	return &out->items[out->n - 1];
}

static void judge(const json_t *c, const struct np_validation *v)
{
	if (strcmp(np_stage_name(v->stage), np_json_str(c, "stage", "")) != 0)
		complain(c, "has another stage", v);
	else if (v->http != np_json_int(c, "http", -1))
		complain(c, "has another status", v);
	check_fields(c, v);
	check_defaults(c, v);
	check_warnings(c, v);
}

/* What other versions say: only their verdict is known. */
static void check_versions(const json_t *c, struct np_str body, struct np_validate_opts o)
{
	const json_t *x;
	size_t i;

	json_array_foreach(json_object_get(c, "versions"), i, x) {
		const char *range = np_json_str(x, "range", ""), *expect = np_json_str(x, "expect", "");
		struct np_validations out;
		unsigned minor = (unsigned)strtoul(strchr(range, '.') + 1, NULL, 10);

		o.minor = range[0] == '<' && range[1] != '=' ? minor - 1 : minor;
		if (json_object_get(x, "cidr_mode"))
			o.cidr = strcmp(np_json_str(x, "cidr_mode", ""), "legacy") == 0
					 ? NP_CIDR_LEGACY
					 : NP_CIDR_STRICT;
		np_validate_text(body, &o, &out);
		if (np_stage_accepts(the_item(&out)->stage) != (strcmp(expect, "accept") == 0))
			complain(c, range, the_item(&out));
		np_validations_release(&out);
	}
}

static void run_case(const json_t *c)
{
	struct np_buf body = { 0 };
	bool json = case_body_bytes(c, json_object_get(c, "manifest"), &body);
	struct np_validate_opts o = options(c, json);
	struct np_str text = { np_buf_text(&body), body.len };
	struct np_docs old = { 0 };
	struct np_buf old_body = { 0 };
	struct np_err err = { 0 };
	struct np_validations out;

	if (json_is_object(json_object_get(c, "old"))) {
		np_json_dump(json_object_get(c, "old"), 0, &old_body);
		ck_assert_int_eq(np_read_json((struct np_str){ old_body.data, old_body.len },
					      &(struct np_read_opts){ 0 }, &old, &err),
				 0);
		o.old = &old.items[0].root;
	}
	np_validate_text(text, &o, &out);
	ck_assert_uint_ge(out.n, 1);
	judge(c, the_item(&out));
	np_validations_release(&out);
	check_versions(c, text, o);
	np_docs_release(&old);
	np_buf_release(&old_body);
	np_buf_release(&body);
}

START_TEST(every_case)
{
	json_t *cases = load_validation_cases(), *c;
	size_t i;

	ck_assert_uint_ge(json_array_size(cases), 398);
	json_array_foreach(cases, i, c)
		run_case(c);
	json_decref(cases);
	ck_assert_msg(n_failed == 0, "%d expectations failed, see above", n_failed);
}
END_TEST

RUN_TESTS("validate_cases", every_case)
