/*
 * test_tls.c - requests, watches and exec streams over TLS with certificates from memory;
 * credential plugins.
 */
#include "fake_pki.h"
#include "fake_ws.h"

#include "np/base/file.h"
#include "np/base/json.h"
#include "np/kube/exec.h"
#include "np/kube/watch.h"

static struct fake_pki pki, other_pki;

static void make_pki(void)
{
	pki_init(&pki);
	pki_init(&other_pki);
}

static void drop_pki(void)
{
	pki_release(&pki);
	pki_release(&other_pki);
}

#define GOOD { .code = 200, .body = "{\"gitVersion\":\"v1\"}" }

static void trust(struct fake *f)
{
	f->config.ca = pki.ca;
	f->config.cert = pki.cert;
	f->config.key = pki.key;
}

static const struct tls_case {
	const char *name;
	struct fake_pki *ca, *client;	/* whose; NULL: none */
	bool insecure;
	const char *server_name;
	enum np_errcode code;		/* NP_OK: works */
} cases[] = {
	{ "all right", &pki, &pki, false, NULL, NP_OK },
	{ "by another name", &pki, &pki, false, "kubernetes", NP_OK },
	{ "by a wrong name", &pki, &pki, false, "example.org", NP_EENV },
	{ "the system's CAs", NULL, &pki, false, NULL, NP_EENV },
	{ "another CA", &other_pki, &pki, false, NULL, NP_EENV },
	{ "no look at the server", NULL, &pki, true, NULL, NP_OK },
	{ "no certificate", &pki, NULL, false, NULL, NP_EENV },
	{ "a certificate of another CA", &pki, &other_pki, false, NULL, NP_EENV },
};

START_TEST(certificates)
{
	static const struct fake_step steps[] = { GOOD };
	const struct tls_case *x = &cases[_i];
	struct np_err err = { .code = NP_OK };
	struct np_kube *k;
	struct fake f;

	fake_start(&f, steps, 1, &pki);
	f.config.ca = x->ca ? x->ca->ca : NP_STR_NONE;
	f.config.cert = x->client ? x->client->cert : NP_STR_NONE;
	f.config.key = x->client ? x->client->key : NP_STR_NONE;
	f.config.insecure = x->insecure;
	f.config.tls_server_name = np_str_from(x->server_name);
	k = fake_client(&f);
	np_kube_version(k, 5000, NULL, &err);
	ck_assert_msg(err.code == x->code, "%s: code %d %s", x->name, err.code, err.msg);
	if (!err.code) {
		np_auto_free char *host = np_xasprintf("\r\nHost: 127.0.0.1:%u\r\n", f.port);

		ck_assert_ptr_nonnull(strstr(f.requests[0], host));
	} else {
		ck_assert_uint_eq(fake_n_requests(&f), 0);
	}
	np_kube_free(k);
	fake_stop(&f);
}
END_TEST

START_TEST(rubbish_for_a_certificate)
{
	struct np_kube_config c = { .server = NP_STR("https://127.0.0.1:1") };
	struct np_err err;
	struct np_kube *k;

	c.cert = NP_STR("-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n");
	c.key = c.cert;
	k = np_kube_new(&c, &err);
	ck_assert_int_eq(np_kube_version(k, 2000, NULL, &err), -1);
	ck_assert_int_eq(err.code, NP_EENV);
	np_kube_free(k);
}
END_TEST

START_TEST(watch)
{
	static const struct fake_step steps[] = {
		{.code = 200, .body = "{\"metadata\":{\"resourceVersion\":\"1\"},\"items\":[]}"},
		{.code = 200,
		 .pieces = {"{\"type\":\"ADDED\",\"obj",
			    "ect\":{\"metadata\":{\"name\":\"a\"}}}\n"},
		 .hang = true},
	};
	struct np_kube_event ev;
	struct np_kube_watch *w;
	struct np_kube *k;
	struct fake f;

	fake_start(&f, steps, 2, &pki);
	trust(&f);
	k = fake_client(&f);
	w = np_kube_watch_new(k, &np_kube_types[NP_KUBE_NETPOL], NULL, NULL, NULL);
	ck_assert_int_eq(np_kube_watch_next(w, 10000, &ev, NULL), 1);
	ck_assert_int_eq(ev.type, NP_KUBE_RELISTED);
	json_decref(ev.object);
	ck_assert_int_eq(np_kube_watch_next(w, 10000, &ev, NULL), 1);
	ck_assert_str_eq(np_json_str(ev.object, "metadata/name", ""), "a");
	json_decref(ev.object);
	ck_assert_ptr_nonnull(
		strstr(f.requests[1], "GET /apis/networking.k8s.io/v1/networkpolicies?watch=true"));
	np_kube_watch_free(w);
	np_kube_free(k);
	fake_stop(&f);
}
END_TEST

/*
 * Everything in one TLS record, the head with it: what OpenSSL has decrypted cannot be seen by
 * poll(), and must not be waited for.
 */
static void all_at_once(struct fake_conn *c, const char *request)
{
	struct np_buf b = { NULL, 0, 0 };

	ws_head(&b, request, "v5.channel.k8s.io");
	for (int i = 0; i < 300; i++)
		ws_frame(&b, WS_BINARY, 1, "0123456789", 10);
	ws_frame(&b, WS_BINARY, 3, WS_EXIT("7"), strlen(WS_EXIT("7")));
	fake_write(c, b.data, b.len);
	np_buf_release(&b);
	fake_hang(c);
}

static void echo_much(struct fake_conn *c, const char *request)
{
	struct np_buf b = { NULL, 0, 0 };

	ws_open(c, request, "v5.channel.k8s.io");
	while (ws_recv(c, &b) == WS_BINARY && b.data[0] == 0) {
		ws_send(c, WS_BINARY, 1, b.data + 1, b.len - 1);
		np_buf_clear(&b);
	}
	ws_finish(c, WS_EXIT("7"));
	np_buf_release(&b);
}

static void (*const talks[])(struct fake_conn *, const char *) = { all_at_once, echo_much };

START_TEST(exec)
{
	static const char *const cmd[] = { "x", NULL };
	struct np_buf out = { NULL, 0, 0 }, input = { NULL, 0, 0 };
	struct fake_step step = { .handle = talks[_i] };
	struct np_err err;
	struct np_kube *k;
	struct fake f;
	int rc;

	for (int i = 0; _i && i < 100000; i++)
		np_buf_adds(&input, "0123456789");
	fake_start(&f, &step, 1, &pki);
	trust(&f);
	f.config.tls_server_name = NP_STR("kubernetes");
	k = fake_client(&f);
	rc = np_kube_exec_run(k, "ns", "p", NULL, cmd, _i ? &input : NULL, 30000, &out, NULL, &err);
	ck_assert_msg(rc == 7, "%d: %s", rc, err.msg);
	ck_assert_uint_eq(out.len, _i ? input.len : 3000);
	if (_i)
		ck_assert_int_eq(memcmp(out.data, input.data, input.len), 0);
	np_buf_release(&out);
	np_buf_release(&input);
	np_kube_free(k);
	fake_stop(&f);
}
END_TEST

START_TEST(exec_without_certificate)
{
	static const char *const cmd[] = { "x", NULL };
	struct fake_step step = { .handle = all_at_once };
	struct np_err err;
	struct np_kube *k;
	struct fake f;

	fake_start(&f, &step, 1, &pki);
	f.config.ca = pki.ca;
	k = fake_client(&f);
	ck_assert_ptr_null(np_kube_exec_open(k, "ns", "p", NULL, cmd, 0, 3000, &err));
	ck_assert_int_eq(err.code, NP_EENV);
	ck_assert_uint_eq(fake_n_requests(&f), 0);
	np_kube_free(k);
	fake_stop(&f);
}
END_TEST

/* A plugin written as a script; it counts its runs in a file beside it. */
struct plug {
	char dir[64], script[128], count[128];
	struct np_kube_plugin p;
	struct np_str args[2];
	struct np_kube_pair env[1];
};

static void plug_init(struct plug *g, const char *body)
{
	np_auto_free char *text = NULL;

	memset(g, 0, sizeof(*g));
	memcpy(g->dir, "/tmp/np-kube-plug-XXXXXX", sizeof("/tmp/np-kube-plug-XXXXXX"));
	ck_assert_ptr_nonnull(mkdtemp(g->dir));
	snprintf(g->script, sizeof(g->script), "%s/plugin", g->dir);
	snprintf(g->count, sizeof(g->count), "%s/count", g->dir);
	text = np_xasprintf("#!/bin/sh\necho x >> '%s'\n%s\n", g->count, body);
	ck_assert_int_eq(np_file_write(g->script, text, strlen(text), 0700, NULL), 0);
	g->args[0] = NP_STR("$(touch /tmp/np-kube-evil)");
	g->args[1] = NP_STR("two words");
	g->env[0] = (struct np_kube_pair){ NP_STR("GREETING"), NP_STR("hi") };
	g->p = (struct np_kube_plugin){
		.api_version = NP_STR("client.authentication.k8s.io/v1"),
		.command = np_str_from(g->script),
		.args = g->args,
		.n_args = 2,
		.env = g->env,
		.n_env = 1,
		.cluster_info = true,
		.cluster_extension = NP_STR("{\"audience\":\"x\"}"),
	};
}

static size_t plug_runs(struct plug *g)
{
	struct np_buf b = { NULL, 0, 0 };
	size_t n;

	np_file_read(g->count, 10000, &b, NULL);
	n = b.len / 2;
	np_buf_release(&b);
	return n;
}

static void plug_release(struct plug *g)
{
	np_dir_remove(g->dir, NULL);
}

#define CRED(status)                                                                               \
	"printf '%s\\n' "                                                                          \
	"'{\"kind\":\"ExecCredential\",\"apiVersion\":\"client.authentication.k8s.io/v1\","        \
	"\"status\":{" status "}}'"

/* The token says what the plugin was given. */
START_TEST(plugin_token)
{
	static const struct fake_step steps[] = {GOOD, GOOD,	      {.code = 401},
						 GOOD, {.code = 401}, {.code = 401}};
	struct np_err err;
	struct np_kube *k;
	struct plug g;
	struct fake f;

	plug_init(&g,
		  "[ \"$1\" = '$(touch /tmp/np-kube-evil)' ] || exit 9\n[ \"$2\" = 'two words' ] "
		  "|| exit 8\n"
		  "[ $# = 2 ] || exit 7\n"
		  "case $KUBERNETES_EXEC_INFO in\n"
		  "*'\"apiVersion\":\"client.authentication.k8s.io/v1\"'*'\"interactive\":false'*"
		  "'\"config\":{\"audience\":\"x\"}'*) ;;\n*) exit 6;;\nesac\n"
		  "read line && exit 5\n" CRED("\"token\":\"'$GREETING'\",\"expirationTimestamp\":"
					       "\"2099-01-01T00:00:00Z\""));
	fake_start(&f, steps, 6, NULL);
	f.config.plugin = &g.p;
	k = fake_client(&f);
	ck_assert_msg(!np_kube_version(k, 10000, NULL, &err), "%s", err.msg);
	ck_assert_ptr_nonnull(strstr(f.requests[0], "\r\nAuthorization: Bearer hi\r\n"));
	ck_assert_int_eq(np_kube_version(k, 10000, NULL, &err), 0);
	ck_assert_uint_eq(plug_runs(&g), 1);	/* the second request used what the first had got */
	ck_assert_int_eq(np_kube_version(k, 10000, NULL, &err), 0);
	ck_assert_uint_eq(plug_runs(&g), 2);	/* refused once: asked anew */
	ck_assert_int_eq(np_kube_version(k, 10000, NULL, &err), -1);
	ck_assert_int_eq(err.code, NP_EDENIED);
	ck_assert_uint_eq(plug_runs(&g), 3);
	np_kube_free(k);
	fake_stop(&f);
	plug_release(&g);
}
END_TEST

START_TEST(plugin_expiry)
{
	static const struct fake_step steps[] = { GOOD };
	struct np_err err;
	struct np_kube *k;
	struct plug g;
	struct fake f;

	plug_init(&g,
		  CRED("\"token\":\"t\",\"expirationTimestamp\":\"2020-01-01T00:00:00.5+02:00\""));
	fake_start(&f, steps, 1, NULL);
	f.config.plugin = &g.p;
	k = fake_client(&f);
	for (size_t i = 1; i <= 3; i++) {
		ck_assert_msg(!np_kube_version(k, 10000, NULL, &err), "%s", err.msg);
		ck_assert_uint_eq(plug_runs(&g), i);
	}
	np_kube_free(k);
	fake_stop(&f);
	plug_release(&g);
}
END_TEST

START_TEST(plugin_certificate)
{
	static const struct fake_step steps[] = { GOOD };
	json_t *cred =
		np_json_pack("{s:s, s:s, s:{s:s, s:s}}", "kind", "ExecCredential", "apiVersion",
			     "client.authentication.k8s.io/v1", "status", "clientCertificateData",
			     pki.cert.p, "clientKeyData", pki.key.p);
	struct np_buf text = { NULL, 0, 0 };
	np_auto_free char *body = NULL;
	struct np_err err;
	struct np_kube *k;
	struct plug g;
	struct fake f;

	np_json_dump(cred, 0, &text);
	json_decref(cred);
	body = np_xasprintf("cat <<'EOT'\n%s\nEOT\n", np_buf_text(&text));
	np_buf_release(&text);
	plug_init(&g, body);
	fake_start(&f, steps, 1, &pki);
	f.config.ca = pki.ca;
	f.config.plugin = &g.p;
	k = fake_client(&f);
	ck_assert_msg(!np_kube_version(k, 10000, NULL, &err), "%s", err.msg);
	ck_assert_ptr_null(strstr(f.requests[0], "Authorization"));
	np_kube_free(k);
	fake_stop(&f);
	plug_release(&g);
}
END_TEST

static const struct bad_plug {
	const char *body, *msg;
} bad_plugs[] = {
	{"echo first >&2; echo 'log in first, please' >&2; exit 4",
	 "exited with 4: log in first, please"},
	{"kill -9 $$", "exited with 137"},
	{"echo nonsense", "answer of credential plugin"},
	{"true", "answer of credential plugin"},
	{CRED(""), "neither a token nor a certificate"},
	{CRED("\"clientCertificateData\":\"x\""), "a certificate and its key go together"},
	{CRED("\"token\":\"t\",\"expirationTimestamp\":\"soon\""), "'soon' is no time"},
	{CRED("\"token\":\"a\\nb\""), "control characters"},
	{"echo "
	 "'{\"kind\":\"ExecCredential\",\"apiVersion\":\"client.authentication.k8s.io/"
	 "v1beta1\",\"status\":"
	 "{\"token\":\"t\"}}'",
	 "not an ExecCredential of"},
	{"head -c 2000000 /dev/zero", "wrote more than"},
};

START_TEST(bad_plugins)
{
	static const struct fake_step steps[] = { GOOD };
	struct np_err err;
	struct np_kube *k;
	struct plug g;
	struct fake f;

	plug_init(&g, bad_plugs[_i].body);
	fake_start(&f, steps, 1, NULL);
	f.config.plugin = &g.p;
	k = fake_client(&f);
	ck_assert_int_eq(np_kube_version(k, 10000, NULL, &err), -1);
	ck_assert_msg(strstr(err.msg, bad_plugs[_i].msg) != NULL, "case %d: '%s'", _i, err.msg);
	ck_assert_uint_eq(fake_n_requests(&f), 0);
	np_kube_free(k);
	fake_stop(&f);
	plug_release(&g);
}
END_TEST

START_TEST(missing_plugin)
{
	struct np_kube_plugin p = {.api_version = NP_STR("client.authentication.k8s.io/v1beta1"),
				   .command = NP_STR("np-kube-no-such-program"),
				   .install_hint = NP_STR("get it there")};
	struct np_kube_config c = { .server = NP_STR("http://127.0.0.1:1"), .plugin = &p };
	struct np_kube *k = np_kube_new(&c, NULL);
	struct np_err err;

	ck_assert_int_eq(np_kube_version(k, 1000, NULL, &err), -1);
	ck_assert_int_eq(err.code, NP_EENV);
	ck_assert_ptr_nonnull(strstr(err.msg, "np-kube-no-such-program"));
	ck_assert_ptr_nonnull(strstr(err.msg, "get it there"));
	np_kube_free(k);
}
END_TEST

struct waiting {
	const char *path;
	atomic_int flag;
};

/* A thread that cancels once something stands in a file. */
static void *set_when_written(void *arg)
{
	struct waiting *w = arg;
	struct np_backoff wait;
	struct np_buf b = { NULL, 0, 0 };

	np_backoff_init(&wait, 10000, 100000, 20000000);
	while ((np_file_read(w->path, 100, &b, NULL) < 0 || !b.len) && np_backoff_wait(&wait))
		;
	np_buf_release(&b);
	atomic_store(&w->flag, 1);
	return NULL;
}

/* It hangs, and its child too: both are gone when the user has had enough. */
START_TEST(cancelled_plugin)
{
	struct np_kube_config c = { .server = NP_STR("http://127.0.0.1:1") };
	struct waiting w = { .flag = 0 };
	struct np_buf pid = { NULL, 0, 0 };
	np_auto_free char *path = NULL;
	struct np_err err;
	struct np_kube *k;
	struct plug g;
	pthread_t t;
	pid_t child;

	plug_init(&g, "sleep 300 & echo $! > \"$GREETING\"; sleep 300");
	w.path = path = np_xasprintf("%s/pid", g.dir);
	g.env[0].value = np_str_from(path);
	c.plugin = &g.p;
	k = np_kube_new(&c, NULL);
	np_kube_set_cancel(k, &w.flag);
	pthread_create(&t, NULL, set_when_written, &w);
	ck_assert_int_eq(np_kube_version(k, 30000, NULL, &err), -1);
	ck_assert_int_eq(err.code, NP_EINTR);
	pthread_join(t, NULL);
	ck_assert_int_eq(np_file_read(path, 100, &pid, NULL), 0);
	child = (pid_t)strtol(np_buf_text(&pid), NULL, 10);
	ck_assert_int_gt(child, 1);
	/* killed; it may stay a zombie until init looks */
	for (int i = 0; i < 5000; i++) {
		np_auto_free char *stat = np_xasprintf("/proc/%d/stat", (int)child);
		struct np_buf b = { NULL, 0, 0 };
		bool gone = np_file_read(stat, 4096, &b, NULL) || strstr(np_buf_text(&b), ") Z ");

		np_buf_release(&b);
		if (gone)
			child = 0;
		if (!child)
			break;
		np_sleep_ms(1);
	}
	ck_assert_int_eq(child, 0);
	np_buf_release(&pid);
	np_kube_free(k);
	plug_release(&g);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("kube/tls");
	TCase *t = tcase_create("tls");

	tcase_set_timeout(t, 90);
	tcase_add_unchecked_fixture(t, make_pki, drop_pki);
	tcase_add_loop_test(t, certificates, 0, NP_ARRAY_SIZE(cases));
	tcase_add_test(t, rubbish_for_a_certificate);
	tcase_add_test(t, watch);
	tcase_add_loop_test(t, exec, 0, NP_ARRAY_SIZE(talks));
	tcase_add_test(t, exec_without_certificate);
	tcase_add_test(t, plugin_token);
	tcase_add_test(t, plugin_expiry);
	tcase_add_test(t, plugin_certificate);
	tcase_add_loop_test(t, bad_plugins, 0, NP_ARRAY_SIZE(bad_plugs));
	tcase_add_test(t, missing_plugin);
	tcase_add_test(t, cancelled_plugin);
	suite_add_tcase(s, t);
	return fake_run(s);
}
