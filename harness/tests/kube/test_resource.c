/* test_resource.c - verbs on objects: what goes over the wire, lists by pages, waiting. */
#include "fake.h"

#include "np/base/json.h"
#include "np/kube/resource.h"

struct rig {
	struct fake f;
	struct np_kube *k;
};

static void rig_start(struct rig *r, const struct fake_step *steps, size_t n)
{
	fake_start(&r->f, steps, n, NULL);
	r->k = fake_client(&r->f);
}

#define RIG_START(r, steps) rig_start(r, steps, sizeof(steps) / sizeof((steps)[0]))

static void rig_stop(struct rig *r)
{
	np_kube_free(r->k);
	fake_stop(&r->f);
}

static void has(struct rig *r, size_t i, const char *piece)
{
	ck_assert_uint_lt(i, fake_n_requests(&r->f));
	ck_assert_msg(strstr(r->f.requests[i], piece) != NULL, "'%s' is not in request %zu: %s",
		      piece, i, r->f.requests[i]);
}

START_TEST(paths)
{
	static const struct {
		enum np_kube_kind kind;
		const char *ns, *name, *sub, *want;
	} cases[] = {
		{NP_KUBE_POD, "a", "b", NULL, "/api/v1/namespaces/a/pods/b"},
		{NP_KUBE_POD, "a", "b", "log", "/api/v1/namespaces/a/pods/b/log"},
		{NP_KUBE_POD, NULL, NULL, NULL, "/api/v1/pods"},
		{NP_KUBE_POD, "", NULL, "ignored", "/api/v1/pods"},
		{NP_KUBE_NODE, "a", "b", NULL, "/api/v1/nodes/b"},
		{NP_KUBE_NAMESPACE, NULL, "a", "finalize", "/api/v1/namespaces/a/finalize"},
		{NP_KUBE_NETPOL, "a", NULL, NULL,
		 "/apis/networking.k8s.io/v1/namespaces/a/networkpolicies"},
		{NP_KUBE_NETPOL, "a/../b", "c?d#e f%", NULL,
		 "/apis/networking.k8s.io/v1/namespaces/a%2F..%2Fb/networkpolicies/"
		 "c%3Fd%23e%20f%25"},
	};

	for (size_t i = 0; i < NP_ARRAY_SIZE(cases); i++) {
		struct np_buf b = { NULL, 0, 0 };

		np_kube_path(&b, &np_kube_types[cases[i].kind], cases[i].ns, cases[i].name,
			     cases[i].sub);
		ck_assert_str_eq(np_buf_text(&b), cases[i].want);
		np_buf_release(&b);
	}
	ck_assert_ptr_eq(np_kube_type_find("NetworkPolicy"), &np_kube_types[NP_KUBE_NETPOL]);
	ck_assert_ptr_eq(np_kube_type_find("nodes"), &np_kube_types[NP_KUBE_NODE]);
	ck_assert_ptr_null(np_kube_type_find("Policy"));
}
END_TEST

START_TEST(verbs)
{
	static const struct fake_step steps[] = { { .code = 200, .body = "{\"kind\":\"X\"}" } };
	const struct np_kube_type *t = &np_kube_types[NP_KUBE_NETPOL];
	json_t *obj = np_json_pack("{s:i}", "endPort", 0), *got = NULL;
	struct np_kube_reply reply = { .http = 0 };
	struct np_kube_write w = {.dry_run = true,
				  .field_manager = "me & co",
				  .field_validation = "Strict",
				  .force = true,
				  .reply = &reply};
	struct np_kube_write d = {
		.now = true, .propagation = "Foreground", .uid = "u-1", .dry_run = true};
	struct rig r;

	RIG_START(&r, steps);
	ck_assert_int_eq(np_kube_get(r.k, t, "n", "p", &got, NULL), 0);
	ck_assert_str_eq(np_json_str(got, "kind", ""), "X");
	json_decref(got);
	ck_assert_int_eq(np_kube_create(r.k, t, "n", obj, NULL, NULL, NULL), 0);
	ck_assert_int_eq(np_kube_create(r.k, t, "n", obj, &w, &got, NULL), 0);
	ck_assert_int_eq(reply.http, 200);
	json_decref(got);
	ck_assert_int_eq(np_kube_replace(r.k, t, "n", "p", obj, &w, NULL, NULL), 0);
	for (int how = NP_KUBE_PATCH_MERGE; how <= NP_KUBE_PATCH_APPLY; how++)
		ck_assert_int_eq(np_kube_patch(r.k, t, "n", "p", how, obj, &w, NULL, NULL), 0);
	ck_assert_int_eq(np_kube_delete(r.k, t, "n", "p", NULL, NULL), 0);
	ck_assert_int_eq(np_kube_delete(r.k, t, "n", "p", &d, NULL), 0);
	ck_assert_int_eq(np_kube_delete_all(r.k, t, "n", "run=7", NULL, NULL), 0);

#define BASE "/apis/networking.k8s.io/v1/namespaces/n/networkpolicies"
#define WRITE "?dryRun=All&fieldManager=me%20%26%20co&fieldValidation=Strict"
	has(&r, 0, "GET " BASE "/p HTTP");
	has(&r, 1, "POST " BASE "?fieldManager=netpolcheck HTTP");
	has(&r, 1, "\r\n\r\n{\"endPort\":0}");
	has(&r, 2, "POST " BASE WRITE " HTTP");
	has(&r, 3, "PUT " BASE "/p" WRITE " HTTP");
	has(&r, 4, "Content-Type: application/merge-patch+json\r\n");
	has(&r, 5, "Content-Type: application/json-patch+json\r\n");
	has(&r, 6, "Content-Type: application/strategic-merge-patch+json\r\n");
	has(&r, 6, "PATCH " BASE "/p" WRITE " HTTP");
	has(&r, 7, "Content-Type: application/apply-patch+yaml\r\n");
	has(&r, 7, "PATCH " BASE "/p" WRITE "&force=true HTTP");
	has(&r, 8, "DELETE " BASE "/p HTTP");
	has(&r, 8, "\r\n\r\n{\"apiVersion\":\"v1\",\"kind\":\"DeleteOptions\"}");
	has(&r, 9, "DELETE " BASE "/p?dryRun=All HTTP");
	has(&r, 9,
	    "\"gracePeriodSeconds\":0,\"propagationPolicy\":\"Foreground\",\"preconditions\":{"
	    "\"uid\":\"u-1\"}");
	has(&r, 10, "DELETE " BASE "?labelSelector=run%3D7 HTTP");
	json_decref(obj);
	np_kube_reply_release(&reply);
	rig_stop(&r);
}
END_TEST

/* What would reach further than it says. */
START_TEST(refused_here)
{
	static const struct fake_step steps[] = { { .code = 200, .body = "{}" } };
	const struct np_kube_type *t = &np_kube_types[NP_KUBE_POD];
	json_t *got = NULL;
	struct np_err err;
	struct rig r;

	RIG_START(&r, steps);
	ck_assert_int_eq(np_kube_delete(r.k, t, "n", "", NULL, &err), -1);
	ck_assert_int_eq(err.code, NP_EUSAGE);
	ck_assert_int_eq(np_kube_delete(r.k, t, NULL, "p", NULL, &err), -1);
	ck_assert_int_eq(np_kube_delete_all(r.k, t, "", "a=b", NULL, &err), -1);
	ck_assert_int_eq(
		np_kube_delete_all(r.k, &np_kube_types[NP_KUBE_SERVICE], "n", NULL, NULL, &err),
		-1);
	ck_assert_int_eq(
		np_kube_delete_all(r.k, &np_kube_types[NP_KUBE_NAMESPACE], NULL, NULL, NULL, &err),
		-1);
	ck_assert_int_eq(np_kube_get(r.k, t, "n", "", &got, &err), -1);
	ck_assert_int_eq(np_kube_create(r.k, t, NULL, NULL, NULL, &got, &err), -1);
	ck_assert_int_eq(np_kube_wait_gone(r.k, t, "n", "", NULL, 100, &err), -1);
	ck_assert_int_eq(err.code, NP_EUSAGE);
	ck_assert_ptr_null(got);
	ck_assert_uint_eq(fake_n_requests(&r.f), 0);
	rig_stop(&r);
}
END_TEST

START_TEST(missing_ok)
{
	static const struct fake_step steps[] = { { .code = 404 } };
	struct np_kube_write w = { .missing_ok = true };
	struct np_err err;
	struct rig r;

	RIG_START(&r, steps);
	ck_assert_int_eq(np_kube_delete(r.k, &np_kube_types[NP_KUBE_POD], "n", "p", &w, &err), 0);
	ck_assert_int_eq(np_kube_delete(r.k, &np_kube_types[NP_KUBE_POD], "n", "p", NULL, &err),
			 -1);
	ck_assert_int_eq(err.code, NP_ENOTFOUND);
	rig_stop(&r);
}
END_TEST

#define PAGE(rv, next, items) { .code = 200, .body = "{\"metadata\":{\"resourceVersion\":\"" rv \
	"\",\"continue\":\"" next "\"},\"items\":" items "}" }

START_TEST(list_by_pages)
{
	static const struct fake_step steps[] = {PAGE("5", "t/1", "[1,2]"), PAGE("5", "t/2", "[3]"),
						 PAGE("5", "", "null")};
	struct np_kube_query q = {
		.label_selector = "a=b,c!=d", .field_selector = "spec.nodeName=x", .limit = 2};
	char rv[NP_KUBE_RV_MAX];
	json_t *items;
	struct np_err err;
	struct rig r;

	RIG_START(&r, steps);
	ck_assert_int_eq(np_kube_list(r.k, &np_kube_types[NP_KUBE_POD], NULL, &q, &items, rv, &err),
			 0);
	ck_assert_uint_eq(json_array_size(items), 3);
	ck_assert_str_eq(rv, "5");
	has(&r, 0,
	    "GET "
	    "/api/v1/pods?limit=2&labelSelector=a%3Db%2Cc%21%3Dd&fieldSelector=spec.nodeName%3Dx "
	    "HTTP");
	has(&r, 2, "&continue=t%2F2 HTTP");
	json_decref(items);
	rig_stop(&r);
}
END_TEST

START_TEST(list_expires)
{
	static const struct fake_step steps[] = {
		PAGE("5", "t", "[1]"), {.code = 410}, PAGE("6", "u", "[2]"), PAGE("6", "", "[3]")};
	static const struct fake_step always[] = {
		PAGE("5", "t", "[1]"), {.code = 410}, PAGE("5", "t", "[1]"), {.code = 410},
		PAGE("5", "t", "[1]"), {.code = 410}, PAGE("5", "t", "[1]"), {.code = 410}};
	json_t *items = NULL;
	struct np_err err;
	struct rig r;

	RIG_START(&r, steps);
	ck_assert_int_eq(
		np_kube_list(r.k, &np_kube_types[NP_KUBE_POD], NULL, NULL, &items, NULL, &err), 0);
	ck_assert_uint_eq(json_array_size(items), 2);
	ck_assert_int_eq((int)json_integer_value(json_array_get(items, 0)), 2);
	json_decref(items);
	rig_stop(&r);
	items = NULL;
	RIG_START(&r, always);
	ck_assert_int_eq(
		np_kube_list(r.k, &np_kube_types[NP_KUBE_POD], NULL, NULL, &items, NULL, &err), -1);
	ck_assert_int_eq(err.code, NP_ECONFLICT);
	ck_assert_uint_eq(fake_n_requests(&r.f), 8);
	ck_assert_ptr_null(items);
	rig_stop(&r);
}
END_TEST

/* A server that never stops handing out pages is stopped by us. */
START_TEST(list_without_end)
{
	static const struct fake_step steps[] = { PAGE("5", "again", "[1]") };
	json_t *items = NULL;
	struct np_err err;
	struct rig r;

	RIG_START(&r, steps);
	ck_assert_int_eq(
		np_kube_list(r.k, &np_kube_types[NP_KUBE_POD], NULL, NULL, &items, NULL, &err), -1);
	ck_assert_msg(err.code == NP_ELIMIT || err.code == NP_ETIMEOUT, "code %d", err.code);
	ck_assert_uint_le(fake_n_requests(&r.f), 1000);
	rig_stop(&r);
}
END_TEST

static const char *const not_lists[] = { "{}", "[]", "{\"items\":{}}", "7" };

START_TEST(list_that_is_none)
{
	struct fake_step steps[] = { { .code = 200, .body = not_lists[_i] } };
	json_t *items = NULL;
	struct np_err err;
	struct rig r;

	RIG_START(&r, steps);
	ck_assert_int_eq(
		np_kube_list(r.k, &np_kube_types[NP_KUBE_POD], NULL, NULL, &items, NULL, &err), -1);
	ck_assert_int_eq(err.code, NP_EPARSE);
	ck_assert_ptr_null(items);
	rig_stop(&r);
}
END_TEST

#define POD(uid) { .code = 200, .body = "{\"metadata\":{\"uid\":\"" uid "\"}}" }

START_TEST(wait_gone)
{
	static const struct fake_step goes[] = {POD("a"), {.code = 503}, POD("a"), {.code = 404}};
	static const struct fake_step comes_back[] = { POD("a"), POD("b") };
	static const struct fake_step denied[] = { { .code = 403 } };
	const struct np_kube_type *t = &np_kube_types[NP_KUBE_POD];
	struct np_err err;
	struct rig r;

	RIG_START(&r, goes);
	ck_assert_int_eq(np_kube_wait_gone(r.k, t, "n", "p", NULL, 20000, &err), 0);
	ck_assert_uint_eq(fake_n_requests(&r.f), 4);
	rig_stop(&r);
	RIG_START(&r, comes_back);
	ck_assert_int_eq(np_kube_wait_gone(r.k, t, "n", "p", "a", 20000, &err), 0);
	ck_assert_uint_eq(fake_n_requests(&r.f), 2);
	rig_stop(&r);
	RIG_START(&r, denied);
	ck_assert_int_eq(np_kube_wait_gone(r.k, t, "n", "p", "a", 20000, &err), -1);
	ck_assert_int_eq(err.code, NP_EDENIED);
	rig_stop(&r);
}
END_TEST

START_TEST(wait_says_what_keeps_it)
{
	static const struct fake_step steps[] = {
		{.code = 200,
		 .body = "{\"metadata\":{\"finalizers\":[\"x/keep\",7],"
			 "\"deletionTimestamp\":\"now\"},\"spec\":{\"finalizers\":[\"kubernetes\"]}"
			 ",\"status\":{\"conditions\":["
			 "{\"type\":\"NamespaceContentRemaining\",\"status\":\"True\",\"message\":"
			 "\"pods. has 1 resource\"}]}}"}};
	struct np_err err;
	struct rig r;

	RIG_START(&r, steps);
	ck_assert_int_eq(np_kube_wait_gone(r.k, &np_kube_types[NP_KUBE_NAMESPACE], NULL, "n", NULL,
					   200, &err),
			 -1);
	ck_assert_int_eq(err.code, NP_ETIMEOUT);
	ck_assert_str_eq(
		err.msg,
		"Namespace 'n' is still there after 200 ms; finalizers x/keep, ?; finalizers "
		"kubernetes; pods. has 1 resource");
	rig_stop(&r);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("kube/resource");
	TCase *t = tcase_create("resource");

	tcase_set_timeout(t, 90);
	tcase_add_test(t, paths);
	tcase_add_test(t, verbs);
	tcase_add_test(t, refused_here);
	tcase_add_test(t, missing_ok);
	tcase_add_test(t, list_by_pages);
	tcase_add_test(t, list_expires);
	tcase_add_test(t, list_without_end);
	tcase_add_loop_test(t, list_that_is_none, 0, NP_ARRAY_SIZE(not_lists));
	tcase_add_test(t, wait_gone);
	tcase_add_test(t, wait_says_what_keeps_it);
	suite_add_tcase(s, t);
	return fake_run(s);
}
