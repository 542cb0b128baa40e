/*
 * test_query_cluster.c - eval, table and diff of a live cluster: the sandbox's API over TLS. What
 * they print, and that they only read.
 */
#include <stdlib.h>
#include <unistd.h>

#include "../command_line.h"
#include "np/base/clock.h"
#include "np/base/file.h"
#include "np/base/mem.h"
#include "np/kube/client.h"
#include "np/sandbox/sandbox.h"

static char *dir;

static char *path_of(const char *name)
{
	return np_xasprintf("%s/%s", dir, name);
}

static const struct {
	const char *path, *body;
} objects[] = {
	{ "/api/v1/namespaces",
	  "{\"apiVersion\":\"v1\",\"kind\":\"Namespace\",\"metadata\":{\"name\":\"shop\"}}" },
	{ "/api/v1/namespaces/shop/pods",
	  "{\"apiVersion\":\"v1\",\"kind\":\"Pod\",\"metadata\":{\"name\":\"db\",\"labels\":{"
	  "\"app\":\"db\"}},\"spec\":"
	  "{\"containers\":[{\"name\":\"c\",\"image\":\"x\",\"ports\":[{\"name\":\"pg\","
	  "\"containerPort\":5432}]}]}}" },
	{ "/api/v1/namespaces/shop/pods", "{\"apiVersion\":\"v1\",\"kind\":\"Pod\",\"metadata\":{"
					  "\"name\":\"web\",\"labels\":{\"app\":\"web\"}},\"spec\":"
					  "{\"containers\":[{\"name\":\"c\",\"image\":\"x\"}]}}" },
	{ "/api/v1/namespaces/shop/services",
	  "{\"apiVersion\":\"v1\",\"kind\":\"Service\",\"metadata\":{\"name\":\"db\"},\"spec\":{"
	  "\"selector\":{\"app\":\"db\"},"
	  "\"ports\":[{\"port\":5432,\"targetPort\":\"pg\"}]}}" },
	{ "/apis/networking.k8s.io/v1/namespaces/shop/networkpolicies",
	  "{\"apiVersion\":\"networking.k8s.io/"
	  "v1\",\"kind\":\"NetworkPolicy\",\"metadata\":{\"name\":\"db-from-web\"},"
	  "\"spec\":{\"podSelector\":{\"matchLabels\":{\"app\":\"db\"}},\"ingress\":[{\"from\":[{"
	  "\"podSelector\":"
	  "{\"matchLabels\":{\"app\":\"web\"}}}],\"ports\":[{\"port\":\"pg\"}]}]}}" },
};

static const char after[] = "{apiVersion: networking.k8s.io/v1, kind: NetworkPolicy, metadata: "
			    "{name: db-from-web, namespace: shop}, spec:"
			    " {podSelector: {matchLabels: {app: db}}, ingress: [{from: "
			    "[{podSelector: {matchLabels: {app: web}}}], ports:"
			    " [{port: 80}]}]}}\n";

/* Everything there is, as one text: it must not change. */
static char *state_of(struct np_kube *k)
{
	static const char *const paths[] = { "/api/v1/namespaces", "/api/v1/pods",
					     "/api/v1/services",
					     "/apis/networking.k8s.io/v1/networkpolicies" };
	struct np_buf all = { 0 };

	for (size_t i = 0; i < NP_ARRAY_SIZE(paths); i++) {
		struct np_kube_req req = { .method = "GET", .path = paths[i] };
		struct np_kube_reply reply = { 0 };
		struct np_err err;

		ck_assert_msg(np_kube_request(k, &req, &reply, &err) == 0, "%s", err.msg);
		np_buf_adds(&all, np_buf_text(&reply.text));
		np_kube_reply_release(&reply);
	}
	return np_buf_steal(&all);
}

static void make_objects(struct np_kube *k)
{
	for (size_t i = 0; i < NP_ARRAY_SIZE(objects); i++) {
		json_t *json = json_loads(objects[i].body, 0, NULL);
		struct np_kube_req req = { .method = "POST",
					   .path = objects[i].path,
					   .json = json };
		struct np_kube_reply reply = { 0 };
		struct np_err err;

		ck_assert_msg(np_kube_request(k, &req, &reply, &err) == 0, "%s", err.msg);
		np_kube_reply_release(&reply);
		json_decref(json);
	}
}

static bool pod_has_address(struct np_kube *k, const char *path)
{
	struct np_kube_req req = { .method = "GET", .path = path };
	struct np_kube_reply reply = { 0 };
	struct np_err err;
	bool has;

	ck_assert_msg(np_kube_request(k, &req, &reply, &err) == 0, "%s", err.msg);
	has = strstr(np_buf_text(&reply.text), "\"phase\":\"Running\"") &&
	      strstr(np_buf_text(&reply.text), "\"podIP\":");
	np_kube_reply_release(&reply);
	return has;
}

static void wait_for_pods(struct np_kube *k)
{
	int64_t end_us = np_now_us() + 10 * 1000 * 1000;

	while (!(pod_has_address(k, "/api/v1/namespaces/shop/pods/db") &&
		 pod_has_address(k, "/api/v1/namespaces/shop/pods/web"))) {
		ck_assert_msg(np_now_us() < end_us, "the sandbox's pods do not run");
		usleep(20 * 1000);
	}
}

static const struct {
	const char *line;
	int status;
	const char *out; /* must be in the text */
} lines[] = {
	{ "eval --kubeconfig kubeconfig.yaml --from shop/web --to shop/db --port 5432", 0, "allow\n" },
	{ "eval --kubeconfig kubeconfig.yaml --from shop/web --to svc:shop/db --port 5432", 0, "allow\n" },
	{ "eval --kubeconfig kubeconfig.yaml --from shop/app=web --to shop/db --port 80", 1,
	  "deny          shop/web -> shop/db\n" },
	{ "eval --kubeconfig kubeconfig.yaml --from kube-system/kube-dns --to shop/db --port 5432 --explain", 1,
	  "    shop/db-from-web:\n"
	  "      rule 0 does not match: its ports do, its peers do not\n"
	  "        peer 0, pods {app=web} of namespace shop (S09): the pod is of namespace "
	  "kube-system (S09)\n" },
	{ "table --kubeconfig kubeconfig.yaml --ports TCP:5432", 0,
	  "    1 A.A  kube-system/kube-dns\n    2 AAA  shop/db\n" },
	{ "diff --kubeconfig kubeconfig.yaml after.yaml --pods-only", 1,
	  "opens      shop/web -> shop/db  TCP:80\ncloses     shop/web -> shop/db  TCP:5432\n" },
};

static void check_lines(struct np_kube *k)
{
	np_auto_free char *before = state_of(k), *now = NULL;

	for (size_t i = 0; i < NP_ARRAY_SIZE(lines); i++) {
		np_auto_free char *out = NULL;
		int status = run_line(dir, lines[i].line, &out);

		ck_assert_msg(status == lines[i].status && strstr(out, lines[i].out),
			      "%s: status %d\n%s", lines[i].line, status, out);
	}
	now = state_of(k);
	ck_assert_msg(strcmp(before, now) == 0, "the cluster has changed");
}

/* NP_AGENT, else that of the build folder, which NP_BUILD names. */
static char *agent_path(void)
{
	const char *agent = getenv("NP_AGENT"), *build = getenv("NP_BUILD");

	return agent ? np_xstrdup(agent)
		     : np_xasprintf("%s/netpolcheck-agent", build ? build : "build");
}

START_TEST(reads_a_cluster)
{
	np_auto_free char *config_path = NULL, *manifest = NULL, *agent = agent_path();
	struct np_sandbox_options options = { .agent_path = agent };
	struct np_kube_load load = { 0 };
	struct np_kube_config config;
	struct np_sandbox *sandbox = NULL;
	struct np_err err = { 0 };
	struct np_kube *k;

	dir = scratch_dir();
	options.kubeconfig_out = load.path = config_path = path_of("kubeconfig.yaml");
	manifest = path_of("after.yaml");
	ck_assert(np_file_write(manifest, after, strlen(after), 0600, &err) == 0);
	if (np_sandbox_start(&options, &sandbox, &err) < 0) {
		ck_assert_msg(err.code == NP_EENV, "%s", err.msg);
		printf("skip: query of a cluster: %s\n", err.msg);
		scratch_remove(dir);
		return;
	}
	ck_assert_msg(np_kube_config_load(&load, &config, &err) == 0, "%s", err.msg);
	k = np_kube_new(&config, &err);
	ck_assert_msg(k != NULL, "%s", err.msg);
	make_objects(k);
	wait_for_pods(k);
	check_lines(k);
	np_kube_free(k);
	np_kube_config_release(&config);
	np_sandbox_stop(sandbox);
	scratch_remove(dir);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("query-cluster");
	TCase *tc = tcase_create("cluster");

	tcase_set_timeout(tc, 120);
	tcase_add_test(tc, reads_a_cluster);
	suite_add_tcase(s, tc);
	return run_suite(s);
}
