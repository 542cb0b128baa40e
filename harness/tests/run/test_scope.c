/* test_scope.c - private namespaces: names in, names out. */
#include "../../run/scope.h"
#include "np/base/json.h"
#include "../suite.h"

static json_t *parse(const char *text)
{
	struct np_err err = { 0 };
	json_t *v = np_json_parse(text, strlen(text), &err);

	ck_assert_msg(v != NULL, "%s", err.msg);
	return v;
}

static struct np_scope scope;

static void setup(void)
{
	np_scope_init(&scope, "abcdefgh", 3);
	ck_assert_str_eq(np_scope_add(&scope, NP_STR("x")), "np-abcdefgh-3-x");
	ck_assert_str_eq(np_scope_add(&scope, NP_STR("y")), "np-abcdefgh-3-y");
}

static void teardown(void)
{
	np_scope_release(&scope);
}

START_TEST(names_go_both_ways)
{
	ck_assert(np_str_is(np_scope_real(&scope, NP_STR("x")), "np-abcdefgh-3-x"));
	ck_assert(np_str_is(np_scope_short(&scope, NP_STR("np-abcdefgh-3-y")), "y"));
	ck_assert(np_str_is(np_scope_real(&scope, NP_STR("kube-system")), "kube-system"));
	ck_assert(np_scope_has(&scope, NP_STR("np-abcdefgh-3-x")));
	ck_assert(!np_scope_has(&scope, NP_STR("x")));
	ck_assert_ptr_eq(np_scope_add(&scope, NP_STR("x")), np_scope_real(&scope, NP_STR("x")).p);
}
END_TEST

START_TEST(policies_are_renamed_where_they_name_namespaces)
{
	json_t *policy = parse(
		"{\"kind\":\"NetworkPolicy\",\"metadata\":{\"name\":\"x\",\"namespace\":\"x\"},"
		"\"spec\":{\"ingress\":[{\"from\":["
		"{\"namespaceSelector\":{\"matchLabels\":{\"kubernetes.io/"
		"metadata.name\":\"y\",\"team\":\"x\"}}},"
		"{\"podSelector\":{\"matchLabels\":{\"kubernetes.io/metadata.name\":\"y\"}}}]}],"
		"\"egress\":[{\"to\":[{\"namespaceSelector\":{\"matchExpressions\":[{\"key\":"
		"\"kubernetes.io/metadata.name\","
		"\"operator\":\"In\",\"values\":[\"x\",\"other\"]},{\"key\":\"team\",\"operator\":"
		"\"In\",\"values\":[\"x\"]}]}}]}]}}");
	json_t *from, *exprs;

	np_scope_rename(&scope, policy);
	ck_assert_str_eq(np_json_str(policy, "metadata/namespace", ""), "np-abcdefgh-3-x");
	ck_assert_str_eq(np_json_str(policy, "metadata/name", ""), "x");
	from = json_object_get(json_array_get(np_json_at(policy, "spec/ingress"), 0), "from");
	ck_assert_str_eq(
		json_string_value(json_object_get(
			np_json_at(json_array_get(from, 0), "namespaceSelector/matchLabels"),
			"kubernetes.io/metadata.name")),
		"np-abcdefgh-3-y");
	ck_assert_str_eq(
		np_json_str(json_array_get(from, 0), "namespaceSelector/matchLabels/team", ""),
		"x");
	/* A pod label of that name is an ordinary label. */
	ck_assert_str_eq(json_string_value(json_object_get(
				 np_json_at(json_array_get(from, 1), "podSelector/matchLabels"),
				 "kubernetes.io/metadata.name")),
			 "y");
	exprs = np_json_at(
		json_array_get(
			json_object_get(json_array_get(np_json_at(policy, "spec/egress"), 0), "to"),
			0),
		"namespaceSelector/matchExpressions");
	ck_assert_str_eq(json_string_value(json_array_get(
				 json_object_get(json_array_get(exprs, 0), "values"), 0)),
			 "np-abcdefgh-3-x");
	ck_assert_str_eq(json_string_value(json_array_get(
				 json_object_get(json_array_get(exprs, 0), "values"), 1)),
			 "other");
	ck_assert_str_eq(json_string_value(json_array_get(
				 json_object_get(json_array_get(exprs, 1), "values"), 0)),
			 "x");
	json_decref(policy);
}
END_TEST

START_TEST(a_namespace_is_renamed_itself)
{
	json_t *ns = parse("{\"kind\":\"Namespace\",\"metadata\":{\"name\":\"y\"}}");

	np_scope_rename(&scope, ns);
	ck_assert_str_eq(np_json_str(ns, "metadata/name", ""), "np-abcdefgh-3-y");
	json_decref(ns);
}
END_TEST

START_TEST(odd_objects_do_no_harm)
{
	static const char *const texts[] = { "{}", "{\"metadata\":[]}",
					     "{\"spec\":{\"ingress\":{}}}",
					     "{\"spec\":{\"ingress\":[1,{\"from\":[2]}]}}",
					     "{\"metadata\":{\"namespace\":7}}" };

	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		json_t *v = parse(texts[i]), *same = json_deep_copy(v);

		np_scope_rename(&scope, v);
		ck_assert(json_equal(v, same));
		json_decref(v);
		json_decref(same);
	}
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("scope");
	TCase *tc = tcase_create("scope");

	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_test(tc, names_go_both_ways);
	tcase_add_test(tc, policies_are_renamed_where_they_name_namespaces);
	tcase_add_test(tc, a_namespace_is_renamed_itself);
	tcase_add_test(tc, odd_objects_do_no_harm);
	suite_add_tcase(suite, tc);
	return run_suite(suite);
}
