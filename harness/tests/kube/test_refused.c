/*
 * test_refused.c - what is said of credentials and certificates that are refused, and of proxies:
 * whose they are, where they stand, when they expired.
 */
#include "fake_pki.h"

#include "../../kube/whose.h"
#include "np/base/file.h"
#include "np/base/json.h"

#define UNAUTHORIZED                                                                               \
	"{\"kind\":\"Status\",\"status\":\"Failure\",\"code\":401,\"reason\":\"Unauthorized\","      \
	"\"message\":\"Unauthorized\"}"

static struct fake_pki pki, other_pki, old_pki;

static void make_pki(void)
{
	pki_init(&pki);
	pki_init(&other_pki);
	pki_age_s = 10 * 86400;
	pki_init(&old_pki);
	pki_age_s = 0;
}

static void drop_pki(void)
{
	pki_release(&pki);
	pki_release(&other_pki);
	pki_release(&old_pki);
}

/* {"alg":"none"}.{"sub":"x","exp":1577836800}. and one that ends in 2100 */
#define OLD_JWT "eyJhbGciOiJub25lIn0.eyJzdWIiOiJ4IiwiZXhwIjoxNTc3ODM2ODAwfQ.c2ln"
#define NEW_JWT "eyJhbGciOiJub25lIn0.eyJzdWIiOiJ4IiwiZXhwIjo0MTAyNDQ0ODAwfQ.c2ln"

static const struct refused_case {
	const char *token, *username;
	bool cert, old_cert;
	const char *says;
} refusals[] = {
	{ NULL, NULL, false, false, "there are no credentials for user 'me' of 'kc.yaml'" },
	{ OLD_JWT, NULL, false, false,
	  "the token of user 'me' of 'kc.yaml' expired on 2020-01-01 00:00:00 UTC" },
	{ NEW_JWT, NULL, false, false, "would be valid until 2100-01-01 00:00:00 UTC, but" },
	{ "opaque", NULL, false, false,
	  "the token of user 'me' of 'kc.yaml' is unknown there, or was revoked" },
	{ "a.b.c", NULL, false, false, "is unknown there" },
	{ "..", NULL, false, false, "is unknown there" },
	{ NULL, "joe", false, false, "user name and password of user 'me' of 'kc.yaml' were refused" },
	{ NULL, NULL, true, false,
	  "the client certificate of user 'me' of 'kc.yaml' (CN 'test client') is valid until " },
	{ NULL, NULL, true, true,
	  "the client certificate of user 'me' of 'kc.yaml' (CN 'test client') expired on " },
	{ "opaque", NULL, true, true, "the token of user 'me'" },
};

START_TEST(credentials)
{
	static const struct fake_step steps[] = { { .code = 401, .body = UNAUTHORIZED } };
	const struct refused_case *x = &refusals[_i];
	struct np_err err;
	struct np_kube *k;
	struct fake f;

	FAKE_START(&f, steps);
	f.config.user = NP_STR("me");
	f.config.source = NP_STR("kc.yaml");
	f.config.token = np_str_from(x->token);
	f.config.username = np_str_from(x->username);
	if (x->cert) {
		f.config.cert = x->old_cert ? old_pki.cert : pki.cert;
		f.config.key = x->old_cert ? old_pki.key : pki.key;
	}
	k = fake_client(&f);
	ck_assert_int_eq(np_kube_version(k, 5000, NULL, &err), -1);
	ck_assert_int_eq(err.code, NP_EDENIED);
	ck_assert_msg(!strncmp(err.msg, "Unauthorized (HTTP 401): ", 25), "%s", err.msg);
	ck_assert_msg(strstr(err.msg, x->says) != NULL, "case %d: %s", _i, err.msg);
	ck_assert_uint_eq(fake_n_requests(&f), 1);
	np_kube_free(k);
	fake_stop(&f);
}
END_TEST

/* A file may hold another token by now: it is read again, once. */
START_TEST(token_file)
{
	static const struct fake_step steps[] = { { .code = 401, .body = UNAUTHORIZED } };
	char path[] = "/tmp/np-kube-token-XXXXXX";
	int fd = mkstemp(path);
	struct np_err err;
	struct np_kube *k;
	struct fake f;

	ck_assert_int_eq((int)write(fd, OLD_JWT, strlen(OLD_JWT)), (int)strlen(OLD_JWT));
	close(fd);
	FAKE_START(&f, steps);
	f.config.token_file = np_str_from(path);
	k = fake_client(&f);
	ck_assert_int_eq(np_kube_version(k, 5000, NULL, &err), -1);
	ck_assert_msg(strstr(err.msg, "the token in '/tmp/np-kube-token-") != NULL, "%s", err.msg);
	ck_assert_msg(strstr(err.msg, "expired on 2020-01-01") != NULL, "%s", err.msg);
	ck_assert_uint_eq(fake_n_requests(&f), 2);
	np_kube_free(k);
	fake_stop(&f);
	unlink(path);
}
END_TEST

START_TEST(tokens_of_any_kind)
{
	static const char *const none[] = { "", ".", "a", "a.", "a.!!!.b", "a.e30.b",
					    "a.eyJleHAiOiJ4In0.b", "a.bnVsbA.b", "a.eyJleHAiOi0xfQ.b" };
	int64_t end = 7;

	for (size_t i = 0; i < NP_ARRAY_SIZE(none); i++)
		ck_assert_msg(!np_kube_token_expiry(none[i], &end), "%s", none[i]);
	ck_assert_int_eq(end, 7);
	ck_assert(np_kube_token_expiry(OLD_JWT, &end));
	ck_assert_int_eq(end, 1577836800);
}
END_TEST

/* What is said of a server's certificate that is not taken, and where to look. */
static const struct server_case {
	struct fake_pki *server, *ca;
	const char *name, *says[2];
} servers[] = {
	{ &pki, &other_pki, NULL,
	  { "Subject:CN = test server",
	    "certificate-authority of cluster 'c1' in 'kc.yaml' is not who signed it" } },
	{ &old_pki, &old_pki, NULL, { "certificate has expired", "Expire date:" } },
	{ &pki, &pki, "example.org", { "example.org", "tls-server-name of cluster 'c1'" } },
};

START_TEST(server_certificates)
{
	static const struct fake_step steps[] = { { .code = 200, .body = "{\"gitVersion\":\"v1\"}" } };
	const struct server_case *x = &servers[_i];
	struct np_err err;
	struct np_kube *k;
	struct fake f;

	fake_start(&f, steps, 1, x->server);
	f.config.ca = x->ca->ca;
	f.config.cluster = NP_STR("c1");
	f.config.source = NP_STR("kc.yaml");
	f.config.tls_server_name = np_str_from(x->name);
	k = fake_client(&f);
	ck_assert_int_eq(np_kube_version(k, 5000, NULL, &err), -1);
	ck_assert_int_eq(err.code, NP_EENV);
	for (int i = 0; i < 2; i++)
		ck_assert_msg(strstr(err.msg, x->says[i]) != NULL, "case %d: %s", _i, err.msg);
	ck_assert_uint_eq(fake_n_requests(&f), 0);
	np_kube_free(k);
	fake_stop(&f);
}
END_TEST

START_TEST(pair_that_is_none)
{
	struct np_kube_config c = { .server = NP_STR("https://127.0.0.1:1"),
				    .user = NP_STR("me"),
				    .source = NP_STR("kc.yaml") };
	static const struct fake_step steps[] = { { .code = 200, .body = "{}" } };
	struct np_err err;
	struct np_kube *k;
	struct fake f;

	fake_start(&f, steps, 1, &pki);
	c.server = f.config.server;
	c.ca = pki.ca;
	c.cert = pki.cert;
	c.key = old_pki.key;
	k = np_kube_new(&c, &err);
	ck_assert_int_eq(np_kube_version(k, 5000, NULL, &err), -1);
	ck_assert_msg(strstr(err.msg, "client-certificate and client-key of user 'me' of 'kc.yaml'"),
		      "%s", err.msg);
	np_kube_free(k);
	fake_stop(&f);
}
END_TEST

/* The server wants a certificate of its own authority. */
START_TEST(refused_in_the_handshake)
{
	static const struct fake_step steps[] = { { .code = 200, .body = "{}" } };
	struct np_err err;
	struct np_kube *k;
	struct fake f;

	fake_start(&f, steps, 1, &pki);
	f.config.ca = pki.ca;
	f.config.cert = old_pki.cert;
	f.config.key = old_pki.key;
	f.config.user = NP_STR("me");
	f.config.source = NP_STR("kc.yaml");
	k = fake_client(&f);
	ck_assert_int_eq(np_kube_version(k, 5000, NULL, &err), -1);
	ck_assert_msg(strstr(err.msg, "no TLS connection") || strstr(err.msg, "broke off"), "%s",
		      err.msg);
	np_kube_free(k);
	fake_stop(&f);
}
END_TEST

/* A proxy that answers every CONNECT with the same line, or passes on. */
struct proxy {
	int listen_fd;
	unsigned short port, to_port;
	const char *answer;	/* NULL: connects */
	atomic_int stop, n_asked;
	char asked[256];	/* the first line of the last request */
	pthread_t thread;
};

static void pass_on(struct proxy *p, int fd)
{
	struct sockaddr_in a = { .sin_family = AF_INET, .sin_port = htons(p->to_port),
				 .sin_addr = { htonl(INADDR_LOOPBACK) } };
	int to = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	static const char ok[] = "HTTP/1.1 200 go on\r\n\r\n";
	char bytes[4096];

	if (connect(to, (struct sockaddr *)&a, sizeof(a)) == 0 &&
	    write(fd, ok, sizeof(ok) - 1) > 0)
		while (!atomic_load(&p->stop)) {
			struct pollfd v[2] = { { fd, POLLIN, 0 }, { to, POLLIN, 0 } };
			ssize_t n = 1;

			if (poll(v, 2, 10) <= 0)
				continue;
			for (int i = 0; i < 2 && n > 0; i++)
				if (v[i].revents) {
					n = read(v[i].fd, bytes, sizeof(bytes));
					if (n > 0)
						n = write(v[!i].fd, bytes, (size_t)n);
				}
			if (n <= 0)
				break;
		}
	close(to);
}

static void *proxy_main(void *arg)
{
	struct proxy *p = arg;

	while (!atomic_load(&p->stop)) {
		struct pollfd v = { p->listen_fd, POLLIN, 0 };
		char bytes[2048] = "";
		int fd;

		if (poll(&v, 1, 10) <= 0)
			continue;
		fd = accept(p->listen_fd, NULL, NULL);
		if (fd >= 0 && read(fd, bytes, sizeof(bytes) - 1) > 0) {
			snprintf(p->asked, sizeof(p->asked), "%.*s", (int)strcspn(bytes, "\r"),
				 bytes);
			atomic_fetch_add(&p->n_asked, 1);
			if (!p->answer)
				pass_on(p, fd);
			else if (write(fd, p->answer, strlen(p->answer)) < 0)
				fd = -1;
		}
		close(fd);
	}
	return NULL;
}

static void proxy_start(struct proxy *p, const char *answer, unsigned short to_port)
{
	struct sockaddr_in a = { .sin_family = AF_INET, .sin_addr = { htonl(INADDR_LOOPBACK) } };
	socklen_t n = sizeof(a);

	*p = (struct proxy){ .answer = answer, .to_port = to_port };
	p->listen_fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	ck_assert_int_eq(bind(p->listen_fd, (struct sockaddr *)&a, sizeof(a)), 0);
	ck_assert_int_eq(listen(p->listen_fd, 16), 0);
	getsockname(p->listen_fd, (struct sockaddr *)&a, &n);
	p->port = ntohs(a.sin_port);
	pthread_create(&p->thread, NULL, proxy_main, p);
}

static void proxy_stop(struct proxy *p)
{
	atomic_store(&p->stop, 1);
	pthread_join(p->thread, NULL);
	close(p->listen_fd);
}

START_TEST(through_a_proxy)
{
	static const struct fake_step steps[] = { { .code = 200, .body = "{\"gitVersion\":\"v1\"}" } };
	np_auto_free char *url = NULL, *want = NULL;
	struct np_err err;
	struct np_kube *k;
	struct proxy p;
	struct fake f;

	fake_start(&f, steps, 1, &pki);
	proxy_start(&p, NULL, f.port);
	url = np_xasprintf("http://127.0.0.1:%u", p.port);
	want = np_xasprintf("CONNECT 127.0.0.1:%u HTTP/1.1", f.port);
	f.config.ca = pki.ca;
	f.config.cert = pki.cert;
	f.config.key = pki.key;
	f.config.proxy_url = np_str_from(url);
	k = fake_client(&f);
	ck_assert_msg(!np_kube_version(k, 5000, NULL, &err), "%s", err.msg);
	ck_assert_str_eq(p.asked, want);
	np_kube_free(k);
	proxy_stop(&p);
	fake_stop(&f);
}
END_TEST

static const struct proxy_case {
	const char *answer, *says;
	int min_asked, max_asked;
} proxies[] = {
	{ "HTTP/1.1 407 no\r\nContent-Length: 0\r\n\r\n",
	  "the proxy (proxy-url of cluster 'c1' in 'kc.yaml') answered 407", 1, 1 },
	{ "HTTP/1.1 403 no\r\nContent-Length: 0\r\n\r\n", "answered 403", 1, 1 },
	/* The server is away: it may come back. */
	{ "HTTP/1.1 502 no\r\nContent-Length: 0\r\n\r\n", "answered 502", 2, 100 },
};

START_TEST(proxy_refuses)
{
	struct np_kube_config c = { .server = NP_STR("https://127.0.0.1:1"),
				    .cluster = NP_STR("c1"),
				    .source = NP_STR("kc.yaml") };
	struct np_kube_req req = { .method = "POST", .path = "/x", .body = "{}", .n_body = 2,
				   .timeout_ms = 1000 };
	const struct proxy_case *x = &proxies[_i];
	np_auto_free char *url = NULL;
	struct np_err err;
	struct np_kube *k;
	struct proxy p;

	proxy_start(&p, x->answer, 0);
	url = np_xasprintf("http://user:secret@127.0.0.1:%u", p.port);
	c.proxy_url = np_str_from(url);
	k = np_kube_new(&c, &err);
	ck_assert_int_eq(np_kube_request(k, &req, NULL, &err), -1);
	ck_assert_msg(strstr(err.msg, x->says) != NULL, "%s", err.msg);
	ck_assert_ptr_null(strstr(err.msg, "secret"));
	ck_assert_int_ge(atomic_load(&p.n_asked), x->min_asked);
	ck_assert_int_le(atomic_load(&p.n_asked), x->max_asked);
	np_kube_free(k);
	proxy_stop(&p);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("kube/refused");
	TCase *t = tcase_create("refused");

	tcase_set_timeout(t, 60);
	tcase_add_unchecked_fixture(t, make_pki, drop_pki);
	tcase_add_loop_test(t, credentials, 0, NP_ARRAY_SIZE(refusals));
	tcase_add_test(t, token_file);
	tcase_add_test(t, tokens_of_any_kind);
	tcase_add_loop_test(t, server_certificates, 0, NP_ARRAY_SIZE(servers));
	tcase_add_test(t, pair_that_is_none);
	tcase_add_test(t, refused_in_the_handshake);
	tcase_add_test(t, through_a_proxy);
	tcase_add_loop_test(t, proxy_refuses, 0, NP_ARRAY_SIZE(proxies));
	suite_add_tcase(s, t);
	return fake_run(s);
}
