/*
 * test_preflight.c - what the pre-flight finds: versions, permissions, policies above NetworkPolicy
 * and before the DNS pods, what admission says, containers of others. Against scripted replies;
 * findings are read back from the record.
 */
#include "../../run/preflight.h"
#include "../kube/fake.h"
#include "np/base/json.h"
#include "../suite.h"

static char *dir;
static struct np_record record;
static struct np_preflight preflight;
static struct fake server;
static struct np_kube *client;

static void setup(void)
{
	np_auto_free char *folder = NULL;
	struct np_err err = { 0 };

	dir = scratch_dir();
	folder = np_xasprintf("%s/run", dir);
	ck_assert_msg(np_record_open(&record, folder, false, &err) == 0, "%s", err.msg);
	preflight = (struct np_preflight){ .record = &record, .server = "v1.36.2" };
}

static void teardown(void)
{
	if (client) {
		np_kube_free(client);
		fake_stop(&server);
	}
	client = NULL;
	np_nodes_release(&preflight.nodes);
	np_record_close(&record);
	scratch_remove(dir);
}

static void serve(const struct fake_step *steps, size_t n)
{
	fake_start(&server, steps, n, NULL);
	client = preflight.kube = fake_client(&server);
}

/* "warn cluster-policies: what; ..." of every finding, a line each; in a buffer of its own. */
static const char *findings(void)
{
	static struct np_buf text, out;
	np_auto_free char *path = np_xasprintf("%s/run/run.jsonl", dir);
	struct np_err err = { 0 };

	np_buf_clear(&text);
	np_buf_clear(&out);
	np_buf_adds(&out, "");
	ck_assert_msg(np_file_read(path, 1 << 20, &text, &err) == 0, "%s", err.msg);
	for (size_t at = 0; at < text.len;) {
		size_t n = (size_t)((char *)memchr(text.data + at, '\n', text.len - at) -
				    (text.data + at));
		json_t *line = np_json_parse(text.data + at, n, &err);

		ck_assert_str_eq(np_json_str(line, "type", ""), "finding");
		ck_assert_str_ne(np_json_str(line, "why", ""), "");
		ck_assert_str_ne(np_json_str(line, "do", ""), "");
		np_buf_printf(&out, "%s %s: %s\n", np_json_str(line, "level", "?"),
			      np_json_str(line, "about", "?"), np_json_str(line, "what", "?"));
		json_decref(line);
		at += n + 1;
	}
	return np_buf_text(&out);
}

/* JSON with ' for ". */
static json_t *json_of(const char *text)
{
	np_auto_free char *copy = np_xstrdup(text);
	struct np_err err = { 0 };
	json_t *v;

	for (char *p = copy; *p; p++)
		if (*p == '\'')
			*p = '"';
	v = np_json_parse(copy, strlen(copy), &err);
	ck_assert_msg(v != NULL, "%s: %s", err.msg, text);
	return v;
}

/* ---- versions ---- */

START_TEST(minor_versions)
{
	static const struct {
		const char *text;
		int minor;
	} cases[] = {
		{ "v1.36.2", 36 },
		{ "v1.21.0-alpha.1", 21 },
		{ "v1.30.5-gke.100", 30 },
		{ "v1.28+", 28 },
		{ "v1.9", 9 },
		{ "v2.0.0", -1 },
		{ "1.36", -1 },
		{ "v1.", -1 },
		{ "v1.x", -1 },
		{ "v1.36x", -1 },
		{ "", -1 },
		{ "v1.-3.0", -1 },
		{ "v1.99999999999", -1 },
	};

	for (size_t i = 0; i < NP_ARRAY_SIZE(cases); i++)
		ck_assert_msg(np_preflight_minor(cases[i].text) == cases[i].minor, "'%s' is %d",
			      cases[i].text, np_preflight_minor(cases[i].text));
}
END_TEST

static const struct {
	const char *server, *kubelets[2], *wanted;
} skews[] = {
	{ "v1.36.2", { "v1.36.2", "v1.36.0" }, "" },
	{ "v1.21.0", { "v1.21.0" }, "" },
	{ "v1.20.9", { "v1.20.9" }, "fatal server: the API server is v1.20.9, older than 1.21\n" },
	{ "v1.37.0", { "v1.37.0" }, "info server: the API server is v1.37.0, newer than 1.36\n" },
	{ "v0.0.0-master+$Format",
	  { "v1.36.0" },
	  "warn server: the API server says that it is 'v0.0.0-master+$Format'\n" },
	{ "v1.36.2",
	  { "v1.36.2", "v1.34.1" },
	  "info server: the oldest kubelet is 1.34, the API server 1.36\n" },
	{ "v1.36.2",
	  { "v1.32.0" },
	  "warn server: kubelets are 1.32 to 1.36, the API server is 1.36\n" },
	{ "v1.35.2",
	  { "v1.36.0" },
	  "warn server: kubelets are 1.35 to 1.36, the API server is 1.35\n" },
	{ "v1.36.2", { "" }, "" },
};

START_TEST(server_and_kubelets)
{
	preflight.server = skews[_i].server;
	preflight.nodes.list = json_array();
	for (size_t i = 0; i < 2 && skews[_i].kubelets[i]; i++)
		json_array_append_new(preflight.nodes.list,
				      np_json_pack("{s:{s:{s:s}}}", "status", "nodeInfo",
						   "kubeletVersion", skews[_i].kubelets[i]));
	np_preflight_versions(&preflight);
	ck_assert_str_eq(findings(), skews[_i].wanted);
	ck_assert_int_eq(preflight.fatal.code,
			 strncmp(skews[_i].wanted, "fatal", 5) == 0 ? NP_EENV : NP_OK);
}
END_TEST

/* ---- permissions ---- */

#define REVIEW(allowed)                                                                            \
	{                                                                                          \
		.code = 201, .body = "{\"status\":{\"allowed\":" #allowed "}}"                     \
	}

START_TEST(all_is_allowed)
{
	static const struct fake_step steps[] = { REVIEW(true) };
	struct np_err err = { 0 };

	serve(steps, 1);
	ck_assert(np_preflight_access(&preflight, &err) == 0);
	ck_assert_str_eq(findings(), "");
	ck_assert_uint_eq(fake_n_requests(&server), np_n_accesses);
	ck_assert(strstr(server.requests[0], "\"verb\":\"create\"") != NULL);
	ck_assert(strstr(server.requests[0], "\"resource\":\"namespaces\"") != NULL);
}
END_TEST

START_TEST(a_subresource_is_asked_for_apart)
{
	static const struct fake_step steps[] = { REVIEW(true) };
	struct np_err err = { 0 };
	size_t n = 0;

	serve(steps, 1);
	ck_assert(np_preflight_access(&preflight, &err) == 0);
	for (size_t i = 0; i < np_n_accesses; i++)
		if (strstr(server.requests[i], "\"resource\":\"pods\",\"subresource\":\"exec\""))
			n++;
	ck_assert_uint_eq(n, 2);
}
END_TEST

START_TEST(what_is_not_allowed_is_named)
{
	static const struct fake_step steps[] = { REVIEW(true),	 REVIEW(false), REVIEW(false),
						  REVIEW(true),	 REVIEW(true),	REVIEW(true),
						  REVIEW(false), REVIEW(true) };
	struct np_err err = { 0 };

	serve(steps, NP_ARRAY_SIZE(steps));
	ck_assert(np_preflight_access(&preflight, &err) == 0);
	ck_assert_str_eq(findings(), "fatal permissions: this user lacks permissions: namespaces "
				     "(delete, get), nodes (get)\n");
	ck_assert(strstr(preflight.fatal.msg, "deploy/rbac.yaml") != NULL);
	ck_assert_int_eq(preflight.fatal.code, NP_EENV);
}
END_TEST

START_TEST(nothing_is_allowed)
{
	static const struct fake_step steps[] = { REVIEW(false) };
	struct np_err err = { 0 };

	serve(steps, 1);
	ck_assert(np_preflight_access(&preflight, &err) == 0);
	/* However long the list, the sentence says what to do. */
	ck_assert(strstr(preflight.fatal.msg, "deploy/rbac.yaml") != NULL);
}
END_TEST

START_TEST(permissions_that_cannot_be_asked_for)
{
	static const struct fake_step steps[] = { { .code = 403, .body = "{}" } };
	struct np_err err = { 0 };

	serve(steps, 1);
	ck_assert(np_preflight_access(&preflight, &err) == 0);
	ck_assert(strncmp(findings(), "warn permissions: ", 18) == 0);
	ck_assert_uint_eq(fake_n_requests(&server), 1);
	ck_assert_int_eq(preflight.fatal.code, NP_OK);
}
END_TEST

/* ---- policies above NetworkPolicy ---- */

#define GROUPS(list)                                                                               \
	{                                                                                          \
		.code = 200, .body = "{\"groups\":[" list "]}"                                     \
	}
#define GROUP(name, version)                                                                       \
	"{\"name\":\"" name "\",\"versions\":[{\"groupVersion\":\"" name "/" version               \
	"\",\"version\":\"" version "\"}]}"
#define KINDS(plural)                                                                              \
	{                                                                                          \
		.code = 200, .body = "{\"resources\":[{\"name\":\"" plural "\"}]}"                 \
	}
#define ITEM(name) "{\"metadata\":{\"name\":\"" name "\"}}"
#define ITEMS(list)                                                                                \
	{                                                                                          \
		.code = 200, .body = "{\"metadata\":{},\"items\":[" list "]}"                      \
	}

static const struct {
	const char *what;
	struct fake_step steps[6];
	size_t n_requests;
	const char *wanted;
} above[] = {
	{ "no such group", { GROUPS(GROUP("apps", "v1")) }, 1, "" },
	{ "kinds without objects",
	  { GROUPS(GROUP("crd.projectcalico.org", "v1")), KINDS("globalnetworkpolicies"),
	    ITEMS("") },
	  3,
	  "" },
	{ "a group without the kind",
	  { GROUPS(GROUP("cilium.io", "v2")), KINDS("ciliumnodes") },
	  2,
	  "" },
	{ "one of Calico's",
	  { GROUPS(GROUP("crd.projectcalico.org", "v1")), KINDS("globalnetworkpolicies"),
	    ITEMS(ITEM("deny")) },
	  3,
	  "warn cluster-policies: there is 1 GlobalNetworkPolicy of Calico: deny\n" },
	{ "both of Calico's groups are one",
	  { GROUPS(GROUP("projectcalico.org", "v3") "," GROUP("crd.projectcalico.org", "v1")),
	    KINDS("globalnetworkpolicies"), ITEMS(ITEM("deny")) },
	  3,
	  "warn cluster-policies: there is 1 GlobalNetworkPolicy of Calico: deny\n" },
	{ "only the second of Calico's groups",
	  { GROUPS(GROUP("projectcalico.org", "v3")), KINDS("globalnetworkpolicies"),
	    ITEMS(ITEM("deny")) },
	  3,
	  "warn cluster-policies: there is 1 GlobalNetworkPolicy of Calico: deny\n" },
	{ "more than are named",
	  { GROUPS(GROUP("crd.antrea.io", "v1beta1")), KINDS("clusternetworkpolicies"),
	    ITEMS(ITEM("a") "," ITEM("b") "," ITEM("c") "," ITEM("d")) },
	  3,
	  "warn cluster-policies: there are 4 ClusterNetworkPolicy of Antrea: a, b, c, ..\n" },
	{ "may not be read",
	  { GROUPS(GROUP("cilium.io", "v2")),
	    KINDS("ciliumclusterwidenetworkpolicies"),
	    { .code = 403, .body = "{\"message\":\"no\"}" } },
	  3,
	  "warn cluster-policies: the cluster has a kind CiliumClusterwideNetworkPolicy of "
	  "Cilium that cannot be read: " },
	{ "groups may not be read",
	  { { .code = 403, .body = "{\"message\":\"no\"}" } },
	  1,
	  "warn cluster-policies: the API's groups cannot be read: " },
};

START_TEST(policies_above)
{
	struct np_err err = { 0 };
	size_t n = 0;

	while (n < NP_ARRAY_SIZE(above[_i].steps) && above[_i].steps[n].code)
		n++;
	serve(above[_i].steps, n);
	ck_assert_msg(np_preflight_policies(&preflight, &err) == 0, "%s", err.msg);
	if (above[_i].wanted[0] && above[_i].wanted[strlen(above[_i].wanted) - 1] == ' ')
		ck_assert_msg(strncmp(findings(), above[_i].wanted, strlen(above[_i].wanted)) == 0,
			      "%s: %s", above[_i].what, findings());
	else
		ck_assert_msg(strcmp(findings(), above[_i].wanted) == 0, "%s: %s", above[_i].what,
			      findings());
	ck_assert_uint_eq(fake_n_requests(&server), above[_i].n_requests);
	ck_assert_int_eq(preflight.fatal.code, NP_OK);
}
END_TEST

/* ---- policies before the DNS pods ---- */

#define POLICY(selector) "{\"metadata\":{\"name\":\"p\"},\"spec\":{\"podSelector\":" selector "}}"
#define EXPR(op, more) "{\"matchExpressions\":[{\"key\":\"a\",\"operator\":\"" op "\"" more "}]}"

static const struct {
	const char *policies;
	bool isolated;
} dns[] = {
	{ "", false },
	{ POLICY("{}"), true },
	{ POLICY("{\"matchLabels\":{\"k8s-app\":\"kube-dns\"}}"), true },
	{ POLICY("{\"matchLabels\":{\"k8s-app\":\"kube-dns\",\"a\":\"2\"}}"), false },
	{ POLICY("{\"matchLabels\":{\"k8s-app\":\"other\"}}") "," POLICY("{}"), true },
	{ POLICY(EXPR("In", ",\"values\":[\"1\",\"2\"]")), true },
	{ POLICY(EXPR("In", ",\"values\":[\"2\"]")), false },
	{ POLICY(EXPR("NotIn", ",\"values\":[\"2\"]")), true },
	{ POLICY(EXPR("NotIn", ",\"values\":[\"1\"]")), false },
	{ POLICY(EXPR("Exists", "")), true },
	{ POLICY(EXPR("DoesNotExist", "")), false },
};

START_TEST(policies_before_dns)
{
	np_auto_free char *list =
		np_xasprintf("{\"metadata\":{},\"items\":[%s]}", dns[_i].policies);
	const struct fake_step steps[] = {
		GROUPS(""),
		ITEMS("{\"metadata\":{\"name\":\"coredns\",\"namespace\":\"kube-system\","
		      "\"labels\":"
		      "{\"k8s-app\":\"kube-dns\",\"a\":\"1\"}}}"),
		{ .code = 200, .body = list },
	};
	struct np_err err = { 0 };

	preflight.dns = true;
	serve(steps, NP_ARRAY_SIZE(steps));
	ck_assert_msg(np_preflight_policies(&preflight, &err) == 0, "%s", err.msg);
	ck_assert_msg(preflight.dns_isolated == dns[_i].isolated, "%s", dns[_i].policies);
	ck_assert_str_eq(findings(), dns[_i].isolated
					     ? "warn dns-policies: NetworkPolicy 'kube-system/p' "
					       "isolates the cluster's DNS pods\n"
					     : "");
}
END_TEST

/* ---- admission ---- */

START_TEST(what_admission_says)
{
	static const struct {
		const char *says, *todo;
	} cases[] = {
		{ "pods \"a\" is forbidden: exceeded quota: q, requested: pods=1", "raise it" },
		{ "pods \"a\" is forbidden: violates PodSecurity \"restricted:latest\": x",
		  "from Pod Security" },
		{ "minimum memory usage per Container is 64Mi, but request is 8Mi", "LimitRange" },
		{ "unable to validate against any security context constraint: []", "nonroot-v2" },
		{ "admission webhook \"v.kyverno.svc\" denied the request: no", "that webhook" },
		{ "ValidatingAdmissionPolicy 'p' with binding 'b' denied request: no",
		  "that policy" },
	};
	struct np_err err;

	for (size_t i = 0; i < NP_ARRAY_SIZE(cases); i++) {
		np_err_set(&err, NP_EDENIED, "%s", cases[i].says);
		np_preflight_explain(&err);
		ck_assert_msg(strncmp(err.msg, cases[i].says, strlen(cases[i].says)) == 0 &&
				      strstr(err.msg, cases[i].todo) != NULL,
			      "%s", err.msg);
	}
	np_err_set(&err, NP_EDENIED, "something else");
	np_preflight_explain(&err);
	ck_assert_str_eq(err.msg, "something else");
	/* The advice stays whole behind words that fill the message. */
	np_err_set(&err, NP_EDENIED, "exceeded quota%600s", "x");
	np_preflight_explain(&err);
	ck_assert(strstr(err.msg, "fewer --workers") != NULL);
}
END_TEST

START_TEST(containers_of_others)
{
	json_t *asked = json_of("{'spec': {'containers': [{'name': 'agent'}]}}");
	json_t *mesh = json_of("{'spec': {'initContainers': [{'name': 'istio-init'}], "
			       "'containers': [{'name': 'istio-proxy'}, {'name': 'agent'}]}}");

	np_preflight_sidecars(&record, asked, asked);
	ck_assert_str_eq(findings(), "");
	np_preflight_sidecars(&record, asked, mesh);
	ck_assert_str_eq(findings(), "warn pods: the cluster adds containers to our pods: "
				     "'istio-init', 'istio-proxy'\n");
	json_decref(asked);
	json_decref(mesh);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("preflight");
	TCase *t = tcase_create("preflight");

	tcase_set_timeout(t, 180); /* a bound, not a measure: sanitizers on a busy machine */
	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_test(t, minor_versions);
	tcase_add_loop_test(t, server_and_kubelets, 0, NP_ARRAY_SIZE(skews));
	tcase_add_test(t, all_is_allowed);
	tcase_add_test(t, a_subresource_is_asked_for_apart);
	tcase_add_test(t, what_is_not_allowed_is_named);
	tcase_add_test(t, nothing_is_allowed);
	tcase_add_test(t, permissions_that_cannot_be_asked_for);
	tcase_add_loop_test(t, policies_above, 0, NP_ARRAY_SIZE(above));
	tcase_add_loop_test(t, policies_before_dns, 0, NP_ARRAY_SIZE(dns));
	tcase_add_test(t, what_admission_says);
	tcase_add_test(t, containers_of_others);
	suite_add_tcase(suite, t);
	return run_suite(suite);
}
