/*
 * fake.h - a scripted HTTP server on loopback or a unix socket for the tests of layer kube. Every
 * request that arrives takes the next step of the script, whatever connection it comes on; with the
 * script at its end the last step is repeated.
 */
#ifndef NP_TESTS_KUBE_FAKE_H
#define NP_TESTS_KUBE_FAKE_H

#include <arpa/inet.h>
#include <check.h>
#include <errno.h>
#include <gnutls/gnutls.h>
#include <gnutls/x509.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "np/base/arena.h"
#include "np/base/buf.h"
#include "np/base/clock.h"
#include "np/base/mem.h"
#include "np/kube/client.h"

#define FAKE_CONNS 64
#define FAKE_REQUESTS 256
#define FAKE_PIECES 24

struct fake;

/*
 * One CA that signed a server (127.0.0.1, and only then the name "kubernetes") and a client. PEM
 * texts.
 */
struct fake_pki {
	struct np_str ca, cert, key;	/* the CA's, and the client's pair */
	struct np_arena arena;
	gnutls_certificate_credentials_t cred;	/* of the server */
};

struct fake_conn {
	struct fake *f;
	int fd;
	gnutls_session_t tls;
	pthread_t thread;
	bool used;
	struct np_buf in;	/* bytes read beyond what was used */
};

struct fake_step {
	int code;
	const char *headers;		/* whole lines with CRLF, or NULL */
	const char *body;
	const char *raw;		/* the whole reply instead of code, headers, body */
	size_t cut;			/* send so many bytes of it, then close */
	const char *pieces[FAKE_PIECES];	/* chunked body, 5 ms apart, left open when @hang */
	bool close, hang; /* after the reply; @hang: answer nothing (more) until the end */
	bool silent;			/* close without any answer */
	void (*handle)(struct fake_conn *c, const char *request);	/* instead of all of this */
};

struct fake {
	int listen_fd;
	unsigned short port;
	char path[108];
	struct fake_pki *tls;
	const struct fake_step *steps;
	size_t n_steps;
	atomic_int stop;
	pthread_t thread;
	pthread_mutex_t lock;
	struct fake_conn conns[FAKE_CONNS];
	size_t n_conns, n_requests;
	char *requests[FAKE_REQUESTS];	/* head and body of each */
	void *user;			/* for handlers */
	struct np_kube_config config;	/* that reaches it */
};

/* 1 when readable, 0 at the end of the test or after @ms. */
static inline int fake_wait(struct fake_conn *c, short events, int ms)
{
	int64_t end = np_now_ms() + ms;

	if (c->tls && (events & POLLIN) && gnutls_record_check_pending(c->tls))
		return 1;
	while (!atomic_load(&c->f->stop) && np_now_ms() < end) {
		struct pollfd p = { c->fd, events, 0 };

		if (poll(&p, 1, 10) > 0)
			return 1;
	}
	return 0;
}

static inline ssize_t fake_read(struct fake_conn *c, void *to, size_t n)
{
	if (c->in.len) {
		n = n < c->in.len ? n : c->in.len;
		memcpy(to, c->in.data, n);
		np_buf_consume(&c->in, n);
		return (ssize_t)n;
	}
	return c->tls ? gnutls_record_recv(c->tls, to, n) : read(c->fd, to, n);
}

static inline bool fake_write(struct fake_conn *c, const void *bytes, size_t n)
{
	const char *p = bytes;

	while (n) {
		ssize_t did;

		if (!fake_wait(c, POLLOUT, 10000))
			return false;
		did = c->tls ? gnutls_record_send(c->tls, p, n > 16384 ? 16384 : n) :
			       send(c->fd, p, n > 65536 ? 65536 : n, MSG_NOSIGNAL);
		if (did <= 0)
			return false;
		p += did;
		n -= (size_t)did;
	}
	return true;
}

static inline bool fake_puts(struct fake_conn *c, const char *s)
{
	return fake_write(c, s, strlen(s));
}

/* Head and body of the next request on the heap, or NULL at the end. */
static inline char *fake_request(struct fake_conn *c)
{
	struct np_buf b = { NULL, 0, 0 };
	size_t need = 0;

	for (;;) {
		char bytes[4096], *end = strstr(np_buf_text(&b), "\r\n\r\n"), *length;
		ssize_t n;

		if (end && !need) {
			need = (size_t)(end - b.data) + 4;
			length = strcasestr(b.data, "\r\ncontent-length:");
			if (length && length < end)
				need += strtoul(length + 17, NULL, 10);
		}
		if (need && b.len >= need) {
			np_buf_add(&c->in, b.data + need, b.len - need);
			b.data[need] = 0;
			return np_buf_steal(&b);
		}
		if (!c->in.len && !fake_wait(c, POLLIN, 30000))
			break;
		n = fake_read(c, bytes, sizeof(bytes));
		if (n <= 0)
			break;
		np_buf_add(&b, bytes, (size_t)n);
	}
	np_buf_release(&b);
	return NULL;
}

static inline const struct fake_step *fake_next(struct fake *f, const char *request)
{
	const struct fake_step *s;

	pthread_mutex_lock(&f->lock);
	s = &f->steps[f->n_requests < f->n_steps ? f->n_requests : f->n_steps - 1];
	if (f->n_requests < FAKE_REQUESTS)
		f->requests[f->n_requests] = np_xstrdup(request);
	f->n_requests++;
	pthread_mutex_unlock(&f->lock);
	return s;
}

static inline void fake_hang(struct fake_conn *c)
{
	while (!atomic_load(&c->f->stop))
		np_sleep_ms(10);
}

/* False: close the connection. */
static inline bool fake_answer(struct fake_conn *c, const struct fake_step *s)
{
	struct np_buf b = { NULL, 0, 0 };
	size_t n_body = s->body ? strlen(s->body) : 0;
	bool ok;

	if (s->silent)
		return false;
	if (s->raw)
		np_buf_adds(&b, s->raw);
	else if (s->code)
		np_buf_printf(&b, "HTTP/1.1 %d Code\r\nContent-Type: application/json\r\n%s",
			      s->code, s->headers ? s->headers : "");
	if (s->code && s->pieces[0])
		np_buf_adds(&b, "Transfer-Encoding: chunked\r\n\r\n");
	else if (s->code)
		np_buf_printf(&b, "Content-Length: %zu\r\n\r\n%s", n_body, s->body ? s->body : "");
	ok = fake_write(c, b.data, s->cut && s->cut < b.len ? s->cut : b.len);
	np_buf_release(&b);
	for (size_t i = 0; i < FAKE_PIECES && s->pieces[i] && ok; i++) {
		char head[32];

		snprintf(head, sizeof(head), "%zx\r\n", strlen(s->pieces[i]));
		ok = fake_puts(c, head) && fake_puts(c, s->pieces[i]) && fake_puts(c, "\r\n");
		np_sleep_ms(5);
	}
	if (s->hang)
		fake_hang(c);
	else if (s->pieces[0] && !s->close && ok)
		ok = fake_puts(c, "0\r\n\r\n");
	return ok && !s->close && !s->cut;
}

/* A client certificate is demanded and checked. */
static inline bool fake_tls_begin(struct fake_conn *c)
{
	int rc;

	gnutls_init(&c->tls, GNUTLS_SERVER);
	gnutls_priority_set_direct(c->tls, "NORMAL", NULL);
	gnutls_credentials_set(c->tls, GNUTLS_CRD_CERTIFICATE, c->f->tls->cred);
	gnutls_certificate_server_set_request(c->tls, GNUTLS_CERT_REQUIRE);
	gnutls_session_set_verify_cert(c->tls, NULL, 0);
	gnutls_transport_set_int(c->tls, c->fd);
	gnutls_handshake_set_timeout(c->tls, 5000);
	do
		rc = gnutls_handshake(c->tls);
	while (rc < 0 && !gnutls_error_is_fatal(rc) && !atomic_load(&c->f->stop));
	return rc == 0;
}

static inline void *fake_serve(void *arg)
{
	struct fake_conn *c = arg;
	char *request;
	bool more = true;

	if (c->f->tls)
		more = fake_tls_begin(c);
	while (more && (request = fake_request(c)) != NULL) {
		/* A copy: the test that owns it may be over as soon as it has the answer. */
		const struct fake_step s = *fake_next(c->f, request);

		if (s.handle)
			s.handle(c, request);
		more = !s.handle && fake_answer(c, &s);
		free(request);
	}
	if (c->tls) {
		gnutls_bye(c->tls, GNUTLS_SHUT_WR);
		gnutls_deinit(c->tls);
	}
	np_buf_release(&c->in);
	shutdown(c->fd, SHUT_WR);
	close(c->fd);
	return NULL;
}

static inline void *fake_accept(void *arg)
{
	struct fake *f = arg;

	while (!atomic_load(&f->stop)) {
		struct pollfd p = { f->listen_fd, POLLIN, 0 };
		int one = 1, fd;

		if (poll(&p, 1, 10) <= 0)
			continue;
		fd = accept(f->listen_fd, NULL, NULL);
		if (fd < 0)
			continue;
		ck_assert_uint_lt(f->n_conns, FAKE_CONNS);
		setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one));
		f->conns[f->n_conns] = (struct fake_conn){ .f = f, .fd = fd, .used = true };
		pthread_create(&f->conns[f->n_conns].thread, NULL, fake_serve,
			       &f->conns[f->n_conns]);
		pthread_mutex_lock(&f->lock);
		f->n_conns++;
		pthread_mutex_unlock(&f->lock);
	}
	return NULL;
}

static inline void fake_listen_tcp(struct fake *f)
{
	struct sockaddr_in a = { .sin_family = AF_INET, .sin_addr = { htonl(INADDR_LOOPBACK) } };
	socklen_t n = sizeof(a);

	f->listen_fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	ck_assert_int_eq(bind(f->listen_fd, (struct sockaddr *)&a, sizeof(a)), 0);
	getsockname(f->listen_fd, (struct sockaddr *)&a, &n);
	f->port = ntohs(a.sin_port);
}

static inline void fake_listen_unix(struct fake *f)
{
	struct sockaddr_un a = { .sun_family = AF_UNIX };
	static atomic_int turn;

	snprintf(f->path, sizeof(f->path), "/tmp/np-kube-fake-%d-%d.sock", (int)getpid(),
		 atomic_fetch_add(&turn, 1));
	memcpy(a.sun_path, f->path, sizeof(a.sun_path));
	unlink(f->path);
	f->listen_fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	ck_assert_int_eq(bind(f->listen_fd, (struct sockaddr *)&a, sizeof(a)), 0);
}

/* @tls NULL: plain HTTP over a unix socket; else HTTPS on loopback, f->config without a CA. */
static inline void fake_start(struct fake *f, const struct fake_step *steps, size_t n_steps,
			      struct fake_pki *tls)
{
	memset(f, 0, sizeof(*f));
	signal(SIGPIPE, SIG_IGN);
	f->steps = steps;
	f->n_steps = n_steps;
	f->tls = tls;
	pthread_mutex_init(&f->lock, NULL);
	if (tls) {
		fake_listen_tcp(f);
		f->config.server =
			np_arena_printf(&f->config.arena, "https://127.0.0.1:%u", f->port);
		f->config.ns = np_arena_str(&f->config.arena, NP_STR("default"));
	} else {
		fake_listen_unix(f);
		ck_assert_int_eq(np_kube_config_socket(f->path, &f->config, NULL), 0);
	}
	ck_assert_int_eq(listen(f->listen_fd, 64), 0);
	pthread_create(&f->thread, NULL, fake_accept, f);
}

static inline void fake_stop(struct fake *f)
{
	atomic_store(&f->stop, 1);
	pthread_join(f->thread, NULL);
	for (size_t i = 0; i < f->n_conns; i++)
		pthread_join(f->conns[i].thread, NULL);
	for (size_t i = 0; i < f->n_requests && i < FAKE_REQUESTS; i++)
		free(f->requests[i]);
	close(f->listen_fd);
	if (*f->path)
		unlink(f->path);
	np_kube_config_release(&f->config);
	pthread_mutex_destroy(&f->lock);
}

static inline size_t fake_n_requests(struct fake *f)
{
	size_t n;

	pthread_mutex_lock(&f->lock);
	n = f->n_requests;
	pthread_mutex_unlock(&f->lock);
	return n;
}

static inline size_t fake_n_conns(struct fake *f)
{
	size_t n;

	pthread_mutex_lock(&f->lock);
	n = f->n_conns;
	pthread_mutex_unlock(&f->lock);
	return n;
}

#define FAKE_START(f, steps) fake_start(f, steps, sizeof(steps) / sizeof((steps)[0]), NULL)

static inline struct np_kube *fake_client(struct fake *f)
{
	struct np_err err;
	struct np_kube *k = np_kube_new(&f->config, &err);

	ck_assert_msg(k != NULL, "%s", k ? "" : err.msg);
	return k;
}

static inline int fake_run(Suite *s)
{
	SRunner *r = srunner_create(s);
	int failed;

	srunner_run_all(r, CK_ENV);
	failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed ? 1 : 0;
}

/* A thread that cancels: sets the atomic_int @arg after a moment. */
static inline void *set_later(void *arg)
{
	np_sleep_ms(100);
	atomic_store((atomic_int *)arg, 1);
	return NULL;
}

#endif
