/*
 * test_config.c - kubeconfig files: merge, contexts, relative paths, and what is refused and how it
 * is said.
 */
#include <stdio.h>
#include <unistd.h>

#include "../suite.h"
#include "np/base/file.h"
#include "np/base/mem.h"
#include "np/kube/config.h"

/* base64 of a text that looks like PEM; content is not looked into here. */
#define PEM "-----BEGIN X-----\nAAAA\n-----END X-----\n"
#define PEM64 "LS0tLS1CRUdJTiBYLS0tLS0KQUFBQQotLS0tLUVORCBYLS0tLS0K"

static char *dir;

static void make_dir(void)
{
	dir = scratch_dir();
}

static void remove_dir(void)
{
	scratch_remove(dir);
}

static const char *put(const char *name, const char *text)
{
	static char path[4][160];
	static unsigned turn;
	char *p = path[turn++ % 4];

	snprintf(p, sizeof(path[0]), "%s/%s", dir, name);
	char *slash = strrchr(p, '/');
	*slash = 0;
	ck_assert_int_eq(np_dir_make(p, 0700, NULL), 0);
	*slash = '/';
	ck_assert_int_eq(np_file_write(p, text, strlen(text), 0600, NULL), 0);
	return p;
}

static void load_ok(const struct np_kube_load *load, struct np_kube_config *ret)
{
	struct np_err err;
	char text[NP_ERR_TEXT_MAX];

	if (np_kube_config_load(load, ret, &err))
		ck_abort_msg("%s", np_err_text(&err, text, sizeof(text)));
}

static void is(struct np_str got, const char *want)
{
	if (want)
		ck_assert_msg(np_str_is(got, want), "'%s' is not '%s'", got.p ? got.p : "(none)",
			      want);
	else
		ck_assert_msg(!got.p, "'%s' is there", got.p ? got.p : "");
}

START_TEST(everything)
{
	const char *path =
		put("all/config",
		    "apiVersion: v1\nkind: Config\n# a comment\n"
		    "current-context: c1\npreferences: {}\n"
		    "clusters:\n"
		    "- name: k1\n  cluster:\n    server: https://10.0.0.1:6443/prefix\n"
		    "    certificate-authority: pki/ca.pem\n    tls-server-name: kubernetes\n"
		    "    proxy-url: socks5://127.0.0.1:1080\n"
		    "    certificate-authority-data: \"\"\n    an-unknown-field: [1, {a: b}]\n"
		    "contexts:\n- name: c1\n  context: {cluster: k1, user: u1, namespace: here}\n"
		    "users:\n- name: u1\n  user:\n    client-certificate-data: " PEM64 "\n"
		    "    client-certificate: /does/not/exist\n    client-key: key.pem\n"
		    "    token: 12345\n    tokenFile: tok\n    as: someone\n    as-uid: '7'\n"
		    "    as-groups: [g1, \"on\"]\n    as-user-extra:\n      scopes: [a, b]\n      "
		    "x/y: []\n");
	struct np_kube_config c;
	char want[160];

	put("all/pki/ca.pem", PEM);
	put("all/key.pem", PEM);
	load_ok(&(struct np_kube_load){ .path = path }, &c);
	is(c.server, "https://10.0.0.1:6443/prefix");
	is(c.context, "c1");
	is(c.cluster, "k1");
	is(c.user, "u1");
	is(c.ns, "here");
	is(c.ca, PEM);
	is(c.cert, PEM);
	is(c.key, PEM);
	is(c.token, "12345");
	snprintf(want, sizeof(want), "%s/all/tok", dir);
	is(c.token_file, want);
	is(c.tls_server_name, "kubernetes");
	is(c.proxy_url, "socks5://127.0.0.1:1080");
	is(c.as_user, "someone");
	is(c.as_uid, "7");
	ck_assert_uint_eq(c.n_as_groups, 2);
	is(c.as_groups[1], "on");
	ck_assert_uint_eq(c.n_as_extra, 2);
	is(c.as_extra[1].name, "scopes");
	is(c.as_extra[1].value, "b");
	ck_assert(!c.insecure);
	ck_assert_ptr_null(c.plugin);
	np_kube_config_release(&c);
}
END_TEST

START_TEST(json_and_socket_server)
{
	const char *path =
		put("j", "{\"clusters\":[{\"name\":\"k\\ud83d\\ude00\",\"cluster\":{\"server\":"
			 "\"unix:///run/"
			 "x.sock\",\"insecure-skip-tls-verify\":true}}],\"contexts\":[{\"name\":"
			 "\"c\",\"context\":{\"cluster\":\"k\\ud83d\\ude00\"}}],\"users\":null}");
	struct np_kube_config c;

	load_ok(&(struct np_kube_load){ .path = path }, &c);
	is(c.server, "unix:///run/x.sock");
	is(c.context, "c");	/* the only one there is */
	is(c.user, NULL);
	is(c.ns, "default");
	ck_assert(c.insecure);
	np_kube_config_release(&c);
}
END_TEST

#define CLUSTER(name, server) "clusters: [{name: " name ", cluster: {server: '" server "'}}]\n"
#define CONTEXT(name, cluster) "contexts: [{name: " name ", context: {cluster: " cluster "}}]\n"

START_TEST(merge_first_wins)
{
	char list[512];
	const char *a = put("m1/a", "current-context: two\n" CLUSTER("k", "https://first"));
	const char *b = put("m2/b", "current-context: one\n" CLUSTER("k", "https://second")
			    "contexts:\n- {name: one, context: {cluster: k}}\n"
			    "- {name: two, context: {cluster: k, user: u}}\n"
			    "users: [{name: u, user: {tokenFile: t}}]\n");
	struct np_kube_config c;
	char want[160];

	snprintf(list, sizeof(list), ":%s::%s/missing:%s:", a, dir, b);
	load_ok(&(struct np_kube_load){ .kubeconfig_env = list }, &c);
	is(c.context, "two");
	is(c.server, "https://first");
	snprintf(want, sizeof(want), "%s/m2/t", dir);
	is(c.token_file, want);
	np_kube_config_release(&c);
	load_ok(&(struct np_kube_load){ .kubeconfig_env = list, .context = "one" }, &c);
	is(c.context, "one");
	is(c.user, NULL);
	np_kube_config_release(&c);
}
END_TEST

START_TEST(home_is_the_last_resort)
{
	struct np_kube_config c;
	struct np_err err;

	put("h/.kube/config", CLUSTER("k", "http://h") CONTEXT("c", "k"));
	char home[128];
	snprintf(home, sizeof(home), "%s/h", dir);
	load_ok(&(struct np_kube_load){ .kubeconfig_env = "", .home = home }, &c);
	is(c.server, "http://h");
	np_kube_config_release(&c);
	ck_assert_int_eq(
		np_kube_config_load(&(struct np_kube_load){.kubeconfig_env = "", .home = ""}, &c,
				    &err),
		-1);
	ck_assert_int_eq(err.code, NP_EUSAGE);
	ck_assert_int_eq(np_kube_config_load(&(struct np_kube_load){.kubeconfig_env = "/no/such:"},
					     &c, &err),
			 -1);
	ck_assert_int_eq(err.code, NP_EUSAGE);
}
END_TEST

START_TEST(plugin)
{
	static const struct { const char *command, *want; } cases[] = {
		{ "aws", "aws" },
		{ "./bin/x", "%/p/./bin/x" },
		{ "/abs/x", "/abs/x" },
	};

	for (size_t i = 0; i < NP_ARRAY_SIZE(cases); i++) {
		const char *want = cases[i].want;
		np_auto_free char *full =
			np_xasprintf("%s%s", *want == '%' ? dir : "", want + (*want == '%'));
		np_auto_free char *yaml = np_xasprintf(
			"contexts: [{name: d, context: {cluster: k, user: u}}]\n"
			"clusters:\n- name: k\n  cluster:\n    server: https://s\n    extensions:\n"
			"    - name: client.authentication.k8s.io/exec\n      extension: "
			"{audience: x}\n"
			"users:\n- name: u\n  user:\n    exec:\n"
			"      apiVersion: client.authentication.k8s.io/v1\n      command: %s\n"
			"      args: [get, 'two words', '']\n      env:\n      - {name: A, value: "
			"b}\n"
			"      - {name: EMPTY}\n      installHint: get it\n"
			"      interactiveMode: IfAvailable\n      provideClusterInfo: true\n",
			cases[i].command);
		struct np_kube_config c;

		load_ok(&(struct np_kube_load){ .path = put("p/c", yaml) }, &c);
		ck_assert_ptr_nonnull(c.plugin);
		is(c.plugin->command, full);
		ck_assert_uint_eq(c.plugin->n_args, 3);
		is(c.plugin->args[1], "two words");
		ck_assert_uint_eq(c.plugin->n_env, 2);
		is(c.plugin->env[0].value, "b");
		is(c.plugin->install_hint, "get it");
		is(c.plugin->cluster_extension, "{\"audience\":\"x\"}");
		ck_assert(c.plugin->cluster_info);
		np_kube_config_release(&c);
	}
}
END_TEST

/* Of a cluster whose extension for plugins has no value there is none. */
START_TEST(extension_without_value)
{
	struct np_kube_config c;

	load_ok(&(struct np_kube_load){ .path = put("p/e",
			"contexts: [{name: d, context: {cluster: k, user: u}}]\n"
			"clusters:\n- name: k\n  cluster: {server: 'https://s', extensions: "
			"[{name: client.authentication.k8s.io/exec}]}\n"
			"users:\n- name: u\n  user: {exec: {apiVersion: "
			"client.authentication.k8s.io/v1, command: aws, provideClusterInfo: true}}\n") },
		&c);
	ck_assert(c.plugin && c.plugin->cluster_info);
	ck_assert_uint_eq(c.plugin->cluster_extension.n, 0);
	np_kube_config_release(&c);
}
END_TEST

#define USER(text) CLUSTER("k", "https://s") \
	"contexts: [{name: c, context: {cluster: k, user: u}}]\nusers:\n- name: u\n  user:\n" text

static const struct bad {
	const char *text;
	enum np_errcode code;
	unsigned line;		/* 0: none is known */
	const char *path, *msg;	/* the path, and a piece of the message */
} bads[] = {
	{"a: [", NP_EPARSE, 2, "", "not YAML"},
	{"a: b\n\tc: d", NP_EPARSE, 2, "", "not YAML"},
	{"a: &x 1\nb: *x\n", NP_EPARSE, 1, "", "anchors"},
	{"b:\n- *x\n", NP_EPARSE, 2, "", "aliases"},
	{"b: !!binary aGk=\n", NP_EPARSE, 1, "", "tags"},
	{"a: 1\nb: 2\na: 3\n", NP_EPARSE, 3, "", "'a' stands there twice"},
	{"? [x]\n: y\n", NP_EPARSE, 1, "", "a key must be plain text"},
	{"a: 1\n---\nb: 2\n", NP_EPARSE, 2, "", "more than one document"},
	{"- a\n", NP_EPARSE, 1, "", "must be a mapping"},
	{"text", NP_EPARSE, 1, "", "must be a mapping"},
	{"{\"a\":1,\"a\":2}", NP_EPARSE, 1, "", "twice"},
	{"a: [[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]\n", NP_ELIMIT, 1,
	 "", "deeper"},
	{"a: \"x\\0y\"\n", NP_EPARSE, 1, "", "NUL"},
	{"", NP_EUSAGE, 0, "", "no context"},
	{"current-context: x\n", NP_EUSAGE, 0, "", "there is no context 'x'"},
	{"current-context: [x]\n", NP_EPARSE, 1, "current-context", "must be text"},
	{"contexts: [{name: a, context: {}}, {name: b, context: {}}]\n", NP_EUSAGE, 0, "",
	 "no context"},
	{"contexts: {}\n", NP_EPARSE, 1, "contexts", "must be a list"},
	{"contexts: [x]\n", NP_EPARSE, 1, "contexts[0]", "must be a mapping"},
	{"contexts:\n- context: {}\n", NP_EPARSE, 2, "contexts[0].name", "must be text"},
	{"users:\n- name: a\n- name: a\n", NP_EPARSE, 3, "users[1].name", "stands there twice"},
	{"contexts: [{name: c, context: {user: u}}]\n", NP_EUSAGE, 1, "contexts[0].context",
	 "no cluster"},
	{CONTEXT("c", "k"), NP_EUSAGE, 0, "", "there is no cluster 'k'"},
	{CONTEXT("c", "k") "clusters: [{name: k, cluster: {}}]\n", NP_EUSAGE, 2,
	 "clusters[0].cluster.server", "is missing"},
	{CONTEXT("c", "k") CLUSTER("k", "10.0.0.1:6443"), NP_EUSAGE, 2,
	 "clusters[0].cluster.server", "begins with none of"},
	{CONTEXT("c", "k") "clusters:\n- name: k\n  cluster:\n    server: https://s\n"
			   "    certificate-authority-data: '###'\n",
	 NP_EPARSE, 6, "clusters[0].cluster.certificate-authority-data", "is not base64"},
	{CONTEXT("c", "k") "clusters:\n- name: k\n  cluster:\n    server: https://s\n"
			   "    certificate-authority-data: aGk=\n",
	 NP_EPARSE, 6, "clusters[0].cluster.certificate-authority-data", "no PEM block"},
	{CONTEXT("c", "k") "clusters:\n- name: k\n  cluster:\n    server: https://s\n"
			   "    certificate-authority: gone.pem\n",
	 NP_EUSAGE, 6, "clusters[0].cluster.certificate-authority", "gone.pem"},
	{CONTEXT("c", "k") "clusters:\n- name: k\n  cluster: {server: https://s, "
			   "insecure-skip-tls-verify: 'yes'}\n",
	 NP_EPARSE, 4, "clusters[0].cluster.insecure-skip-tls-verify", "true or false"},
	{CONTEXT("c", "k") "clusters:\n- name: k\n  cluster: {server: https://s, "
			   "insecure-skip-tls-verify: "
			   "true, certificate-authority-data: " PEM64 "}\n",
	 NP_EUSAGE, 4, "clusters[0].cluster", "exclude"},
	{CLUSTER("k", "https://s") "contexts: [{name: c, context: {cluster: k, user: u}}]\n",
	 NP_EUSAGE, 0, "", "there is no user 'u'"},
	{USER("    token: true\n"), NP_EPARSE, 6, "users[0].user.token", "must be text"},
	{USER("    client-key-data: " PEM64 "\n"), NP_EUSAGE, 6, "users[0].user", "go together"},
	{USER("    token: a\n    username: b\n"), NP_EUSAGE, 6, "users[0].user", "exclude"},
	{USER("    as-groups: [a]\n"), NP_EUSAGE, 6, "users[0].user", "needs 'as'"},
	{USER("    as: x\n    as-groups: [[a]]\n"), NP_EPARSE, 7, "users[0].user.as-groups[0]",
	 "must be text"},
	{USER("    as: x\n    as-user-extra: {k: v}\n"), NP_EPARSE, 7,
	 "users[0].user.as-user-extra.k", "must be a list"},
	{USER("    auth-provider: {name: gcp}\n"), NP_EUSAGE, 6, "users[0].user.auth-provider",
	 "auth-provider 'gcp' is not supported: install gke-gcloud-auth-plugin"},
	{USER("    auth-provider: {name: azure}\n"), NP_EUSAGE, 6, "users[0].user.auth-provider",
	 "kubelogin convert-kubeconfig"},
	{USER("    auth-provider: {name: oidc, config: {a: b}}\n"), NP_EUSAGE, 6,
	 "users[0].user.auth-provider", "oidc-login"},
	{USER("    auth-provider: {}\n"), NP_EUSAGE, 6, "users[0].user.auth-provider",
	 "use an exec plugin"},
	{CONTEXT("c", "k") "clusters:\n- name: k\n  cluster: {server: https://s, "
			   "proxy-url: ftp://p}\n",
	 NP_EUSAGE, 4, "clusters[0].cluster.proxy-url", "begins with none of"},
	{USER("    exec: aws\n"), NP_EPARSE, 6, "users[0].user.exec", "must be a mapping"},
	{USER("    exec: {command: x, apiVersion: client.authentication.k8s.io/v1alpha1}\n"),
	 NP_EUSAGE, 6, "users[0].user.exec.apiVersion", "neither"},
	{USER("    exec: {apiVersion: client.authentication.k8s.io/v1}\n"), NP_EUSAGE, 6,
	 "users[0].user.exec.command", "missing"},
	{USER("    exec: {command: x, apiVersion: client.authentication.k8s.io/v1, "
	      "interactiveMode: "
	      "Always}\n"),
	 NP_EUSAGE, 6, "users[0].user.exec.interactiveMode", "person"},
	{USER("    exec: {command: x, apiVersion: client.authentication.k8s.io/v1, env: [{value: "
	      "v}]}\n"),
	 NP_EPARSE, 6, "users[0].user.exec.env[0]", "name"},
};

START_TEST(bad)
{
	const struct bad *b = &bads[_i];
	const char *path = put("bad", b->text);
	struct np_kube_config c;
	struct np_err err;

	memset(&c, 0x5a, sizeof(c));
	ck_assert_int_eq(np_kube_config_load(&(struct np_kube_load){ .path = path }, &c, &err), -1);
	ck_assert_msg(strstr(err.msg, b->msg) != NULL, "case %d: '%s'", _i, err.msg);
	ck_assert_msg(err.code == b->code, "case %d: code %d", _i, err.code);
	ck_assert_str_eq(err.file, path);
	ck_assert_msg(!strcmp(err.path, b->path), "case %d: path '%s'", _i, err.path);
	ck_assert_msg(err.line == b->line, "case %d: line %u", _i, err.line);
	ck_assert_int_eq(*(unsigned char *)&c, 0x5a);	/* untouched */
}
END_TEST

/* Every prefix of a good file is accepted or refused, never worse. */
START_TEST(every_prefix)
{
	static const char text[] = USER("    exec: {command: x, apiVersion: "
		"client.authentication.k8s.io/v1, env: [{name: a, value: 'v'}]}\n");
	struct np_kube_config c;

	for (size_t n = 0; n < sizeof(text); n++) {
		np_auto_free char *part = np_xstrndup(text, n);
		struct np_err err;

		if (!np_kube_config_load(&(struct np_kube_load){.path = put("prefix", part)}, &c,
					 &err))
			np_kube_config_release(&c);
		else
			ck_assert_int_ne(err.code, NP_OK);
	}
	/* the whole of it is good */
	load_ok(&(struct np_kube_load){ .path = put("prefix", text) }, &c);
	np_kube_config_release(&c);
}
END_TEST

START_TEST(too_large)
{
	np_auto_free char *text = np_xmalloc(NP_KUBE_FILE_MAX + 2);
	struct np_kube_config c;
	struct np_err err;

	memset(text, '#', NP_KUBE_FILE_MAX + 1);
	text[NP_KUBE_FILE_MAX + 1] = 0;
	ck_assert_int_eq(
		np_kube_config_load(&(struct np_kube_load){.path = put("large", text)}, &c, &err),
		-1);
	ck_assert_int_eq(err.code, NP_ELIMIT);
}
END_TEST

START_TEST(in_cluster)
{
	struct np_kube_config c;
	struct np_err err;
	char sa[128], want[160];

	snprintf(sa, sizeof(sa), "%s/sa", dir);
	unsetenv("KUBERNETES_SERVICE_HOST");
	ck_assert_int_eq(np_kube_config_in_cluster(sa, &c, &err), -1);
	ck_assert_int_eq(err.code, NP_EENV);
	setenv("KUBERNETES_SERVICE_HOST", "fd00::1", 1);
	setenv("KUBERNETES_SERVICE_PORT", "443", 1);
	ck_assert_int_eq(np_kube_config_in_cluster(sa, &c, &err), -1);
	ck_assert_int_eq(err.code, NP_EENV);
	put("sa/token", "t");
	put("sa/ca.crt", PEM);
	put("sa/namespace", "mine");
	ck_assert_int_eq(np_kube_config_in_cluster(sa, &c, &err), 0);
	is(c.server, "https://[fd00::1]:443");
	is(c.ns, "mine");
	is(c.ca, PEM);
	snprintf(want, sizeof(want), "%s/token", sa);
	is(c.token_file, want);
	np_kube_config_release(&c);
	setenv("KUBERNETES_SERVICE_PORT", "443;rm", 1);
	ck_assert_int_eq(np_kube_config_in_cluster(sa, &c, &err), -1);
	unsetenv("KUBERNETES_SERVICE_HOST");
}
END_TEST

START_TEST(socket_path)
{
	char path[200] = "/";
	struct np_kube_config c;
	struct np_err err;

	ck_assert_int_eq(np_kube_config_socket("/run/a.sock", &c, &err), 0);
	is(c.server, "unix:///run/a.sock");
	is(c.ns, "default");
	np_kube_config_release(&c);
	ck_assert_int_eq(np_kube_config_socket("run/a.sock", &c, &err), -1);
	ck_assert_int_eq(err.code, NP_EUSAGE);
	memset(path + 1, 'x', 107);
	ck_assert_int_eq(np_kube_config_socket(path, &c, &err), -1);
	path[107] = 0;
	ck_assert_int_eq(np_kube_config_socket(path, &c, &err), 0);
	np_kube_config_release(&c);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("kube/config");
	TCase *t = tcase_create("config");

	tcase_add_unchecked_fixture(t, make_dir, remove_dir);
	tcase_add_test(t, everything);
	tcase_add_test(t, json_and_socket_server);
	tcase_add_test(t, merge_first_wins);
	tcase_add_test(t, home_is_the_last_resort);
	tcase_add_test(t, plugin);
	tcase_add_test(t, extension_without_value);
	tcase_add_loop_test(t, bad, 0, NP_ARRAY_SIZE(bads));
	tcase_add_test(t, every_prefix);
	tcase_add_test(t, too_large);
	tcase_add_test(t, in_cluster);
	tcase_add_test(t, socket_path);
	suite_add_tcase(s, t);
	return run_suite(s);
}
