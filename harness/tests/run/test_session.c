/*
 * test_session.c - what of a cluster is read again. The API server is made: it answers with what
 * stands in `server`, and counts what it is asked.
 */
#include "np/base/json.h"
#include "np/kube/resource.h"
#include "../suite.h"

/* "NetworkPolicy np-bcdfghjk-1-x" -> array of objects; "Namespace np-bcdfghjk-1-x" -> one */
static json_t *server;
static json_t *asked; /* the same keys, in the order in which they were asked for */

static json_t *server_has(const char *kind, const char *name)
{
	np_auto_free char *key = np_xasprintf("%s %s", kind, name);

	json_array_append_new(asked, json_string(key));
	return json_object_get(server, key);
}

static int made_list(const struct np_kube_type *type, const char *ns, json_t **ret)
{
	json_t *items = server_has(type->kind, ns);

	*ret = items ? json_deep_copy(items) : json_array();
	return 0;
}

static int made_get(const struct np_kube_type *type, const char *name, json_t **ret,
		    struct np_err *err)
{
	json_t *object = server_has(type->kind, name);

	if (!object)
		return np_err_set(err, NP_ENOTFOUND, "there is no such namespace");
	*ret = json_deep_copy(object);
	return 0;
}

/* Only calls are replaced. */
#define np_kube_list(k, type, ns, query, ret, rev, err) ((void)(k), made_list(type, ns, ret))
#define np_kube_get(k, type, ns, name, ret, err) ((void)(k), made_get(type, name, ret, err))
#include "../../run/session_read.c"

static struct np_cluster cluster;
static struct np_fixture fixture;
static struct np_session session;

static json_t *object_of(const char *kind, const char *ns, const char *name)
{
	bool policy = strcmp(kind, "NetworkPolicy") == 0;
	json_t *o = np_json_pack("{s:s, s:s, s:{s:s}}", "apiVersion",
				 policy ? "networking.k8s.io/v1" : "v1", "kind", kind, "metadata",
				 "name", name);

	if (ns)
		json_object_set_new(json_object_get(o, "metadata"), "namespace", json_string(ns));
	if (policy)
		json_object_set_new(o, "spec",
				    np_json_pack("{s:{}, s:[s]}", "podSelector", "policyTypes",
						 "Ingress"));
	return o;
}

static void serve_policies(const char *ns, size_t n)
{
	np_auto_free char *key = np_xasprintf("NetworkPolicy %s", ns);
	json_t *items = json_array();

	for (size_t i = 0; i < n; i++) {
		np_auto_free char *name = np_xasprintf("p%zu", i);

		json_array_append_new(items, object_of("NetworkPolicy", ns, name));
	}
	json_object_set_new(server, key, items);
}

static const char *real(const char *name)
{
	return np_scope_real(&session.scope, np_str_from(name)).p;
}

static void serve_namespace(const char *name)
{
	np_auto_free char *key = np_xasprintf("Namespace %s", real(name));

	json_object_set_new(server, key, object_of("Namespace", NULL, real(name)));
}

static void setup(void)
{
	server = json_object();
	asked = json_array();
	fixture = (struct np_fixture){ .cluster = &cluster, .static_objects = json_array() };
	session = (struct np_session){ .fixture = &fixture, .stored = json_object() };
	np_scope_init(&session.scope, "bcdfghjk", 1);
	np_scope_add(&session.scope, NP_STR("x"));
	np_scope_add(&session.scope, NP_STR("y"));
	serve_namespace("x");
	serve_namespace("y");
	serve_policies(real("x"), 1);
}

static void teardown(void)
{
	json_decref(server);
	json_decref(asked);
	json_decref(session.stored);
	json_decref(fixture.static_objects);
	np_scope_release(&session.scope);
}

/* Reads; what the server was asked for meanwhile is in asked. Returns the number of policies. */
static size_t read_policies(size_t *ret_namespaces)
{
	struct np_err err = { 0 };
	struct np_world w;
	size_t n;

	json_array_clear(asked);
	ck_assert_msg(np_session_read(&session, &w, &err) == 0, "%s", err.msg);
	n = w.n_policies;
	if (ret_namespaces)
		*ret_namespaces = w.n_namespaces;
	np_world_release(&w);
	return n;
}

static void doubt_one(const char *key)
{
	json_t *touched = json_object();

	json_object_set_new(touched, key, json_true());
	np_session_doubt(&session, touched);
	json_decref(touched);
}

static bool was_asked(const char *kind, const char *name)
{
	np_auto_free char *key = np_xasprintf("%s %s", kind, real(name));
	json_t *v;
	size_t i;

	json_array_foreach(asked, i, v)
		if (strcmp(json_string_value(v), key) == 0)
			return true;
	return false;
}

START_TEST(once_and_not_again)
{
	size_t n;

	ck_assert_uint_eq(read_policies(&n), 1);
	ck_assert_uint_eq(n, 2);
	ck_assert_uint_eq(json_array_size(asked), 8); /* a namespace and three kinds, twice */
	ck_assert_uint_eq(read_policies(&n), 1);
	ck_assert_uint_eq(n, 2);
	ck_assert_uint_eq(json_array_size(asked), 0);
}
END_TEST

START_TEST(what_a_step_touched)
{
	read_policies(NULL);
	serve_policies(real("x"), 3);
	doubt_one("NetworkPolicy x/p1");
	ck_assert_uint_eq(read_policies(NULL), 3);
	ck_assert_uint_eq(json_array_size(asked), 1);
	ck_assert(was_asked("NetworkPolicy", "x"));
	/* Of another namespace nothing is asked, whatever its name has in common. */
	doubt_one("NetworkPolicy xx/p1");
	read_policies(NULL);
	ck_assert_uint_eq(json_array_size(asked), 0);
}
END_TEST

START_TEST(a_namespace_with_all_in_it)
{
	size_t n;

	read_policies(NULL);
	json_object_clear(server);
	serve_namespace("y");
	doubt_one("Namespace /x");
	ck_assert_uint_eq(read_policies(&n), 0);
	ck_assert_uint_eq(n, 1);
	ck_assert_uint_eq(json_array_size(asked), 4);
	ck_assert(was_asked("Namespace", "x") && was_asked("Pod", "x") &&
		  was_asked("Service", "x") && was_asked("NetworkPolicy", "x"));
	/* That it is not there is known as well. */
	ck_assert_uint_eq(read_policies(&n), 0);
	ck_assert_uint_eq(n, 1);
	ck_assert_uint_eq(json_array_size(asked), 0);
	serve_namespace("x");
	doubt_one("Namespace /x");
	read_policies(&n);
	ck_assert_uint_eq(n, 2);
}
END_TEST

START_TEST(everything)
{
	read_policies(NULL);
	serve_policies(real("y"), 2);
	ck_assert_uint_eq(read_policies(NULL), 1);
	np_session_doubt(&session, NULL);
	ck_assert_uint_eq(read_policies(NULL), 3);
	ck_assert_uint_eq(json_array_size(asked), 8);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("session");
	TCase *tc = tcase_create("read");

	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_test(tc, once_and_not_again);
	tcase_add_test(tc, what_a_step_touched);
	tcase_add_test(tc, a_namespace_with_all_in_it);
	tcase_add_test(tc, everything);
	suite_add_tcase(suite, tc);
	return run_suite(suite);
}
