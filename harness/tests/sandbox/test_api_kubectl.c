/* The API over TLS: who comes in, and an ordinary kubectl (kubectl.sh) that uses it. */
#include "http_client.h"
#include "np/base/proc.h"
#include "tls_fixture.h"

static long ask(const struct fixture *f, const char *cert, const char *key, json_t **ret)
{
	char *url = np_xasprintf("https://127.0.0.1:%d", f->port),
	     *ca = np_xasprintf("%s/ca.pem", f->dir);
	char *c = cert ? np_xasprintf("%s/%s", f->dir, cert) : NULL,
	     *k = key ? np_xasprintf("%s/%s", f->dir, key) : NULL;
	struct http_server s = { .url = url, .ca = ca, .cert = c, .key = k };
	struct http_answer a;
	long code;

	http_call(&s, &a, "GET", "/api/v1/nodes", NULL, NULL, 0);
	code = a.code;
	*ret = json_incref(a.json);
	http_drop(&a);
	free(url);
	free(ca);
	free(c);
	free(k);
	return code;
}

START_TEST(certificates)
{
	struct np_tls tls, other = { 0 };
	struct np_err err = { 0 };
	struct fixture f;
	json_t *v;

	tls_start(&f, &tls);
	ck_assert_int_eq(ask(&f, "cert.pem", "key.pem", &v), 200);
	ck_assert_str_eq(np_json_str(v, "kind", ""), "NodeList");
	json_decref(v);
	ck_assert_int_eq(ask(&f, NULL, NULL, &v), 401);
	ck_assert_str_eq(np_json_str(v, "reason", ""), "Unauthorized");
	json_decref(v);
	/* A client of another authority. */
	ck_assert_int_eq(np_tls_make(&other, &err), 0);
	write_file(f.dir, "cert2.pem", other.client_cert);
	write_file(f.dir, "key2.pem", other.client_key);
	ck_assert_int_ne(ask(&f, "cert2.pem", "key2.pem", &v), 200);
	json_decref(v);
	ck_assert_int_eq(ask(&f, "cert.pem", "key.pem", &v), 200);
	json_decref(v);
	np_tls_release(&other);
	np_tls_release(&tls);
	fixture_stop(&f);
}
END_TEST

START_TEST(bad_certificate_does_not_start)
{
	struct np_api_options o = { .unix_listen_fd = -1,
				    .server_cert_pem = "rubbish",
				    .server_key_pem = "rubbish",
				    .client_ca_pem = "rubbish" };
	struct np_store *s = np_store_new();
	struct np_err err = { 0 };
	int port;

	o.tcp_listen_fd = listen_tcp(&port);
	ck_assert_ptr_null(np_api_start(s, NULL, NULL, &o, &err));
	ck_assert_int_eq(err.code, NP_EENV);
	o.tcp_listen_fd = listen_tcp(&port);
	o.client_ca_pem = NULL;
	ck_assert_ptr_null(np_api_start(s, NULL, NULL, &o, &err));
	ck_assert_int_eq(err.code, NP_EUSAGE);
	np_store_free(s);
}
END_TEST

/* The library writes few bytes a record here: slow, but right. */
START_TEST(exec_over_tls)
{
	gnutls_certificate_credentials_t cred;
	char *bytes = np_xcalloc(1, 100000);
	gnutls_session_t tls;
	struct np_tls pem;
	struct fixture f;
	struct ws w;
	int fd;

	tls_start(&f, &pem);
	tls_add_pod(&f);
	cred = tls_credentials(&f);
	tls = tls_handshake(&f, cred, &fd);
	for (int i = 0; i < 100000; i++)
		bytes[i] = (char)('a' + i % 26);
	ws_open(&w, fd, tls, "/api/v1/namespaces/default/pods/p/exec?stdin=1&stdout=1&command=cat",
		"v5.channel.k8s.io");
	ck_assert_int_eq(w.http, 101);
	ws_send(&w, 0, bytes, 100000);
	ws_send(&w, 255, "", 1);
	ws_finish(&w);
	ck_assert_uint_eq(w.out.len, 100000);
	ck_assert(memcmp(w.out.data, bytes, 100000) == 0);
	ck_assert_int_eq(ws_exit_code(&w), 0);
	ws_close(&w);
	gnutls_deinit(tls);
	/* One that is open when the server stops. */
	tls = tls_handshake(&f, cred, &fd);
	ws_open(&w, fd, tls, "/api/v1/namespaces/default/pods/p/exec?stdin=1&stdout=1&command=cat",
		"v5.channel.k8s.io");
	ck_assert_int_eq(w.http, 101);
	np_tls_release(&pem);
	fixture_stop(&f);
	ws_close(&w);
	gnutls_deinit(tls);
	gnutls_certificate_free_credentials(cred);
	free(bytes);
}
END_TEST

START_TEST(kubectl)
{
	static const char *const words[][2] = { { "EXEC_OK", "echo hi" },
						{ "EXEC_FAIL", "false" },
						{ "EXEC_FAIL_CODE", "1" },
						{ "EXEC_CAT", "cat" } };
	struct np_buf out = { 0 }, errs = { 0 };
	struct np_err err = { 0 };
	struct np_tls tls;
	struct fixture f;
	const char *skip;
	char *config;
	int rc;

	tls_start(&f, &tls);
	for (size_t i = 0; i < NP_ARRAY_SIZE(words); i++)
		setenv(words[i][0], words[i][1], 1);
	config = np_xasprintf("%s/config", f.dir);
	rc = np_proc_run(
		(const char *const[]){ "sh", "harness/tests/sandbox/kubectl.sh", config, NULL },
		NULL, 170000, &out, &errs, &err);
	ck_assert_msg(rc == 0, "status %d %s\n%s%s", rc, err.msg, np_buf_text(&out),
		      np_buf_text(&errs));
	skip = strstr(np_buf_text(&out), "# SKIP kubectl");
	if (skip)
		printf("# skipped: %s", skip + 7);
	else
		ck_assert_msg(strstr(np_buf_text(&out), "\n1..") != NULL, "%s", np_buf_text(&out));
	np_buf_release(&out);
	np_buf_release(&errs);
	np_tls_release(&tls);
	fixture_stop(&f);
	free(config);
}
END_TEST

RUN_TESTS("kubectl", certificates, bad_certificate_does_not_start, exec_over_tls, kubectl)
