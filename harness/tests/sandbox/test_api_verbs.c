/* test_api_verbs.c - requests in the words of RBAC, as kube-apiserver takes them apart. */
#include "../../sandbox/api_verbs.h"
#include "api_test.h"

static const struct {
	const char *method, *path, *query, *wanted;
} requests[] = {
	{ "GET", "/version", NULL, "get /version" },
	{ "GET", "/apis", NULL, "get /apis" },
	{ "GET", "/apis/apps/v1", NULL, "get /apis/apps/v1" },
	{ "GET", "/api/v1", NULL, "get /api/v1" },
	{ "GET", "/api/v1/nodes", NULL, "list nodes" },
	{ "GET", "/api/v1/pods", "watch", "watch pods" },
	{ "GET", "/api/v1/nodes/a", NULL, "get nodes" },
	{ "GET", "/api/v1/nodes/a", "watch", "get nodes" },
	{ "POST", "/api/v1/namespaces", NULL, "create namespaces" },
	{ "GET", "/api/v1/namespaces/x", NULL, "get namespaces" },
	{ "PUT", "/api/v1/namespaces/x/finalize", NULL, "update namespaces/finalize" },
	{ "GET", "/api/v1/namespaces/x/status", NULL, "get namespaces/status" },
	{ "DELETE", "/api/v1/namespaces/x", NULL, "delete namespaces" },
	{ "GET", "/api/v1/namespaces/x/pods", NULL, "list pods" },
	{ "DELETE", "/api/v1/namespaces/x/pods", NULL, "deletecollection pods" },
	{ "PATCH", "/api/v1/namespaces/x/pods/a", NULL, "patch pods" },
	{ "GET", "/api/v1/namespaces/x/pods/a/exec", NULL, "get pods/exec" },
	{ "POST", "/api/v1/namespaces/x/pods/a/exec", NULL, "create pods/exec" },
	{ "POST", "/apis/networking.k8s.io/v1/namespaces/x/networkpolicies", NULL,
	  "create networking.k8s.io/networkpolicies" },
	{ "PUT", "/apis/networking.k8s.io/v1/namespaces/x/networkpolicies/p", NULL,
	  "update networking.k8s.io/networkpolicies" },
	{ "POST", "/apis/authorization.k8s.io/v1/selfsubjectaccessreviews", NULL,
	  "create authorization.k8s.io/selfsubjectaccessreviews" },
	{ "GET", "/a/b/c/d/e/f/g/h/i/j", NULL, "get /a/b/c/d/e/f/g/h/i/j" },
};

START_TEST(verb)
{
	struct np_api_param watch = { NP_STR("watch"), NP_STR("true") };
	struct np_request req = { .method = requests[_i].method,
				  .path = requests[_i].path,
				  .query = &watch,
				  .n_query = requests[_i].query ? 1 : 0 };
	struct np_buf b = { 0 };

	np_api_verb(&req, &b);
	ck_assert_str_eq(np_buf_text(&b), requests[_i].wanted);
	np_buf_release(&b);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("api verbs");
	TCase *t = tcase_create("verbs");

	tcase_add_loop_test(t, verb, 0, sizeof(requests) / sizeof(requests[0]));
	suite_add_tcase(suite, t);
	return run_suite(suite);
}
