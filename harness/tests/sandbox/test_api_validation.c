/*
 * Replays validation_cases.json (accept and reject cases of NetworkPolicies, agreed with a real
 * kube-apiserver 1.36) on the API, by dry run: code, fields of the causes, warnings, defaults.
 */
#include "../parse/validation_cases.h"
#include "api_fixture.h"
#include "api_test.h"
#include "http_client.h"

#define COLLECTION "/apis/networking.k8s.io/v1/namespaces/%s/networkpolicies%s"

static int n_failed;

static void complain(const json_t *c, const char *what, const struct http_answer *a)
{
	fprintf(stderr, "%s: %s: %ld %.300s\n", np_json_str(c, "id", "?"), what, a->code,
		np_buf_text(&a->body));
	n_failed++;
}

static bool field_wanted(const json_t *c, const char *field)
{
	const json_t *many = json_object_get(c, "error_fields"), *v;
	size_t i;

	if (!json_is_array(many))
		return strcmp(np_json_str(c, "error_field", field), field) == 0;
	json_array_foreach(many, i, v) {
		if (strcmp(json_string_value(v), field) == 0)
			return true;
	}
	return false;
}

static bool field_named(const json_t *causes, const char *field)
{
	const json_t *v;
	size_t i;

	json_array_foreach(causes, i, v) {
		if (strcmp(np_json_str(v, "field", ""), field) == 0)
			return true;
	}
	return false;
}

static void check_fields(const json_t *c, const struct http_answer *a)
{
	const json_t *causes = np_json_at(a->json, "details/causes"),
		     *many = json_object_get(c, "error_fields"), *v;
	const char *one = np_json_str(c, "error_field", NULL);
	size_t i;

	json_array_foreach(causes, i, v) {
		if (!field_wanted(c, np_json_str(v, "field", "")))
			complain(c, "names another field", a);
	}
	json_array_foreach(many, i, v) {
		if (!field_named(causes, json_string_value(v)))
			complain(c, json_string_value(v), a);
	}
	if (one && !field_named(causes, one))
		complain(c, one, a);
}

static void check_warning(const json_t *c, const json_t *w, const struct http_answer *a)
{
	struct np_buf escaped = { 0 };

	for (const char *p = json_string_value(w); *p; p++)
		np_buf_printf(&escaped, "%s%c", *p == '"' ? "\\" : "", *p);
	if (!strstr(np_buf_text(&a->head), np_buf_text(&escaped)))
		complain(c, "lacks a warning", a);
	np_buf_release(&escaped);
}

static void check_accepted(const json_t *c, const struct http_answer *a)
{
	const json_t *want = json_object_get(c, "defaulted"),
		     *warnings = json_object_get(c, "warnings"), *w;
	size_t i;

	if (json_object_get(want, "spec") &&
	    !json_equal(json_object_get(want, "spec"), json_object_get(a->json, "spec")))
		complain(c, "has another spec", a);
	if (json_object_get(want, "policyTypes") &&
	    !json_equal(json_object_get(want, "policyTypes"),
			np_json_at(a->json, "spec/policyTypes")))
		complain(c, "has other policyTypes", a);
	json_array_foreach(warnings, i, w)
		check_warning(c, w, a);
	if (json_is_string(warnings))
		check_warning(c, warnings, a);
}

static void judge(const json_t *c, const struct http_answer *a)
{
	if (a->code != np_json_int(c, "http", 0))
		complain(c, "has another code", a);
	else if (a->code == 422)
		check_fields(c, a);
	else if (a->code < 300)
		check_accepted(c, a);
}

static void send_case(const struct http_server *s, const json_t *c, const char *method,
		      const char *ns, const char *name, const json_t *manifest)
{
	char *collection = np_xasprintf(COLLECTION, ns, name);
	char *path = np_xasprintf("%s?dryRun=All&fieldValidation=%s", collection,
				  np_json_str(c, "field_validation", ""));
	struct np_buf body = { 0 };
	bool json = case_body_bytes(c, manifest, &body);
	const char *headers[] = { json ? "Content-Type: application/json"
				       : "Content-Type: application/yaml",
				  NULL };
	struct http_answer a;

	http_call(s, &a, method, path, headers, np_buf_text(&body), body.len);
	judge(c, &a);
	http_drop(&a);
	np_buf_release(&body);
	free(path);
	free(collection);
}

/*
 * Puts the old object into the store as it is, and gives the manifest its uid and revision where it
 * names the old ones.
 */
static void run_update(const struct fixture *f, const struct http_server *s, const json_t *c)
{
	json_t *old = json_deep_copy(json_object_get(c, "old")),
	       *manifest = json_deep_copy(json_object_get(c, "manifest")), *stored = NULL;
	json_t *meta = json_object_get(manifest, "metadata");
	static const char *const ids[] = { "uid", "resourceVersion" };
	struct np_err err = { 0 };
	char *name;

	if (!json_object_get(json_object_get(old, "metadata"), "namespace"))
		json_object_set_new(json_object_get(old, "metadata"), "namespace",
				    json_string("default"));
	ck_assert_msg(np_store_create(f->store, NP_KIND_NETWORKPOLICY, old, &stored, &err) == 0,
		      "%s: %s", np_json_str(c, "id", ""), err.msg);
	for (size_t i = 0; i < 2; i++) {
		if (json_object_get(meta, ids[i]) &&
		    json_equal(json_object_get(meta, ids[i]),
			       json_object_get(json_object_get(old, "metadata"), ids[i])))
			json_object_set(
				meta, ids[i],
				json_object_get(json_object_get(stored, "metadata"), ids[i]));
	}
	name = np_xasprintf("/%s", np_json_str(old, "metadata/name", ""));
	send_case(s, c, "PUT", "default", name, manifest);
	ck_assert_int_eq(
		np_store_delete(f->store, NP_KIND_NETWORKPOLICY, "default", name + 1, NULL, NULL),
		0);
	free(name);
	json_decref(old);
	json_decref(manifest);
	json_decref(stored);
}

START_TEST(every_case)
{
	struct http_server s = { .url = "http://localhost" };
	size_t i, n_create = 0, n_update = 0;
	struct fixture f;
	json_t *cases, *c;

	cases = load_validation_cases();
	ck_assert_ptr_nonnull(cases);
	fixture_start(&f, false, false);
	s.socket = f.socket;
	json_array_foreach(cases, i, c) {
		if (strcmp(np_json_str(c, "via", ""), "api") != 0)
			continue;
		if (strcmp(np_json_str(c, "op", ""), "create") == 0) {
			send_case(&s, c, "POST", np_json_str(c, "request_namespace", "default"), "",
				  json_object_get(c, "manifest"));
			n_create++;
		} else if (json_is_object(json_object_get(c, "old"))) {
			run_update(&f, &s, c);
			n_update++;
		} else {
			send_case(&s, c, "PUT", "default", "/missing",
				  json_object_get(c, "manifest"));
		}
	}
	ck_assert_uint_gt(n_create, 300);
	ck_assert_uint_gt(n_update, 10);
	ck_assert_msg(n_failed == 0, "%d expectations failed, see above", n_failed);
	json_decref(cases);
	fixture_stop(&f);
}
END_TEST

RUN_TESTS("validation", every_case)
