/* transport.c - layer kube: curl handles, their options, and what their failures mean. */
#include <poll.h>
#include <unistd.h>

#include "codec.h"
#include "np/base/clock.h"
#include "np/base/mem.h"
#include "np/base/rng.h"
#include "transport.h"
#include "whose.h"

#define LOOK_MS 3000	/* at a certificate that was not taken */

char **np_kube_identity(const struct np_kube_config *c)
{
	char **v = np_xcalloc(c->n_as_groups + c->n_as_extra + 3, sizeof(*v));
	size_t n = 0;

	if (c->as_user.n)
		v[n++] = np_xasprintf("Impersonate-User: %s", c->as_user.p);
	if (c->as_uid.n)
		v[n++] = np_xasprintf("Impersonate-Uid: %s", c->as_uid.p);
	for (size_t i = 0; i < c->n_as_groups; i++)
		v[n++] = np_xasprintf("Impersonate-Group: %s", c->as_groups[i].p);
	for (size_t i = 0; i < c->n_as_extra; i++) {
		struct np_buf key = { NULL, 0, 0 };

		np_kube_escape(&key, c->as_extra[i].name.p);
		v[n++] = np_xasprintf("Impersonate-Extra-%s: %s", np_buf_text(&key),
				      c->as_extra[i].value.n ? c->as_extra[i].value.p : "");
		np_buf_release(&key);
	}
	return v;
}

struct np_kube_slot *np_kube_slot_new(void)
{
	struct np_kube_slot *s = np_xcalloc(1, sizeof(*s));

	s->multi = curl_multi_init();
	s->easy = curl_easy_init();
	if (!s->multi || !s->easy) {
		np_kube_slot_free(s);
		return NULL;
	}
	return s;
}

void np_kube_slot_stop(struct np_kube_slot *s)
{
	if (s->added)
		curl_multi_remove_handle(s->multi, s->easy);
	s->added = false;
	curl_slist_free_all(s->headers);
	curl_slist_free_all(s->connect_to);
	s->headers = s->connect_to = NULL;
}

void np_kube_slot_free(struct np_kube_slot *s)
{
	if (!s)
		return;
	if (s->easy)
		np_kube_slot_stop(s);
	curl_easy_cleanup(s->easy);
	curl_multi_cleanup(s->multi);
	free(s);
}

struct np_kube_slot *np_kube_slot_take(struct np_kube *k)
{
	struct np_kube_slot *s;

	pthread_mutex_lock(&k->lock);
	s = k->idle;
	if (s) {
		k->idle = s->next;
		k->n_idle--;
	}
	pthread_mutex_unlock(&k->lock);
	return s ? s : np_kube_slot_new();
}

void np_kube_slot_give(struct np_kube *k, struct np_kube_slot *s)
{
	bool keep;

	np_kube_slot_stop(s);
	pthread_mutex_lock(&k->lock);
	keep = k->n_idle < NP_KUBE_IDLE_MAX;
	if (keep) {
		s->next = k->idle;
		k->idle = s;
		k->n_idle++;
	}
	pthread_mutex_unlock(&k->lock);
	if (!keep)
		np_kube_slot_free(s);
}

static void set_blob(CURL *easy, CURLoption option, const char *pem)
{
	struct curl_blob blob = { (void *)pem, pem ? strlen(pem) : 0, CURL_BLOB_COPY };

	if (pem && *pem)
		curl_easy_setopt(easy, option, &blob);
}

static void set_tls(const struct np_kube *k, CURL *easy, const struct np_kube_cred *cred)
{
	set_blob(easy, CURLOPT_CAINFO_BLOB, k->config->ca.p);
	set_blob(easy, CURLOPT_SSLCERT_BLOB, cred->cert);
	set_blob(easy, CURLOPT_SSLKEY_BLOB, cred->key);
	curl_easy_setopt(easy, CURLOPT_SSLCERTTYPE, "PEM");
	curl_easy_setopt(easy, CURLOPT_SSL_VERIFYPEER, k->config->insecure ? 0L : 1L);
	curl_easy_setopt(easy, CURLOPT_SSL_VERIFYHOST, k->config->insecure ? 0L : 2L);
}

/* As client-go's: socks5 leaves names to the proxy, which curl calls socks5h. */
static void set_proxy(CURL *easy, struct np_str url)
{
	static const char socks5[] = "socks5://";
	np_auto_free char *named = NULL;

	if (np_str_starts(url, socks5))
		named = np_xasprintf("socks5h://%s", url.p + strlen(socks5));
	curl_easy_setopt(easy, CURLOPT_PROXY, named ? named : url.p);
}

static void set_route(const struct np_kube *k, struct np_kube_slot *s)
{
	if (k->end.connect_to) {
		s->connect_to = curl_slist_append(NULL, k->end.connect_to);
		curl_easy_setopt(s->easy, CURLOPT_CONNECT_TO, s->connect_to);
	}
	if (k->end.socket_path)
		curl_easy_setopt(s->easy, CURLOPT_UNIX_SOCKET_PATH, k->end.socket_path);
	if (k->config->proxy_url.n && !k->end.socket_path)
		set_proxy(s->easy, k->config->proxy_url);
	else if (k->end.direct)
		curl_easy_setopt(s->easy, CURLOPT_PROXY, "");
}

void np_kube_slot_aim(const struct np_kube *k, struct np_kube_slot *s,
		      const struct np_kube_cred *cred, const char *path, const char *query)
{
	np_auto_free char *url = np_xasprintf("%s%s%s%s", k->end.base, path,
					      query && *query ? "?" : "", query ? query : "");
	CURL *easy = s->easy;

	curl_easy_reset(easy);	/* options only, connections stay */
	s->error[0] = 0;
	curl_easy_setopt(easy, CURLOPT_ERRORBUFFER, s->error);
	curl_easy_setopt(easy, CURLOPT_URL, url);
	curl_easy_setopt(easy, CURLOPT_PATH_AS_IS, 1L);
	curl_easy_setopt(easy, CURLOPT_PROTOCOLS_STR, "http,https");
	curl_easy_setopt(easy, CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_1_1);
	curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
	/* A name that does not resolve must not hold a cancelled request. */
	curl_easy_setopt(easy, CURLOPT_QUICK_EXIT, 1L);
	curl_easy_setopt(easy, CURLOPT_CONNECTTIMEOUT_MS, (long)NP_KUBE_CONNECT_MS);
	curl_easy_setopt(easy, CURLOPT_TCP_KEEPALIVE, 1L);
	curl_easy_setopt(easy, CURLOPT_TCP_KEEPIDLE, 20L);
	curl_easy_setopt(easy, CURLOPT_TCP_KEEPINTVL, 10L);
	curl_easy_setopt(easy, CURLOPT_SUPPRESS_CONNECT_HEADERS, 1L);
	/* curl only takes up a kept connection that was made with the same client certificate. */
	set_tls(k, easy, cred);
	set_route(k, s);
}

static void add_header(struct np_kube_slot *s, const char *line)
{
	s->headers = curl_slist_append(s->headers, line);
}

static void add_header2(struct np_kube_slot *s, const char *name, const char *value)
{
	np_auto_free char *line = np_xasprintf("%s: %s", name, value);

	add_header(s, line);
}

static void set_headers(const struct np_kube *k, struct np_kube_slot *s,
			const struct np_kube_cred *cred, const struct np_kube_call *call)
{
	add_header(s, "Expect:");
	add_header2(s, "Host", k->end.host);
	add_header2(s, "User-Agent", "netpolcheck/" NP_VERSION);
	add_header2(s, "Accept", call->accept ? call->accept : "application/json");
	if (call->content_type)
		add_header2(s, "Content-Type", call->content_type);
	if (cred->header)
		add_header(s, cred->header);
	for (char **line = k->identity; *line; line++)
		add_header(s, *line);
	curl_easy_setopt(s->easy, CURLOPT_HTTPHEADER, s->headers);
}

static size_t read_body(char *to, size_t size, size_t n, void *user)
{
	struct np_kube_call *call = user;
	size_t left = call->body.n - call->sent, room = size * n;

	if (left > room)
		left = room;
	if (left)
		memcpy(to, call->body.p + call->sent, left);
	call->sent += left;
	return left;
}

/*
 * curl sends a request again by itself when a kept connection turns out dead before a reply; a
 * create must not happen twice, so there the rewind is refused once bytes of it went out.
 */
static int seek_body(void *user, curl_off_t offset, int origin)
{
	struct np_kube_call *call = user;

	if (origin != SEEK_SET || offset || !call->repeatable)
		return CURL_SEEKFUNC_FAIL;
	call->resent |= call->sent > 0;
	call->sent = 0;
	return CURL_SEEKFUNC_OK;
}

static void set_body(struct np_kube_slot *s, struct np_kube_call *call)
{
	call->sent = 0;
	if (!call->content_type) {
		curl_easy_setopt(s->easy, CURLOPT_HTTPGET, 1L);
		curl_easy_setopt(s->easy, CURLOPT_CUSTOMREQUEST, call->method);
		return;
	}
	curl_easy_setopt(s->easy, CURLOPT_UPLOAD, 1L);
	curl_easy_setopt(s->easy, CURLOPT_CUSTOMREQUEST, call->method);
	curl_easy_setopt(s->easy, CURLOPT_INFILESIZE_LARGE, (curl_off_t)call->body.n);
	curl_easy_setopt(s->easy, CURLOPT_READFUNCTION, read_body);
	curl_easy_setopt(s->easy, CURLOPT_READDATA, call);
	curl_easy_setopt(s->easy, CURLOPT_SEEKFUNCTION, seek_body);
	curl_easy_setopt(s->easy, CURLOPT_SEEKDATA, call);
}

int np_kube_slot_start(struct np_kube *k, struct np_kube_slot *s, const struct np_kube_cred *cred,
		       struct np_kube_call *call, struct np_err *err)
{
	np_kube_slot_stop(s);
	np_kube_slot_aim(k, s, cred, call->path, call->query);
	set_headers(k, s, cred, call);
	set_body(s, call);
	curl_easy_setopt(s->easy, CURLOPT_WRITEFUNCTION, call->on_body);
	curl_easy_setopt(s->easy, CURLOPT_WRITEDATA, call->user);
	curl_easy_setopt(s->easy, CURLOPT_HEADERFUNCTION, call->on_header);
	curl_easy_setopt(s->easy, CURLOPT_HEADERDATA, call->user);
	if (curl_multi_add_handle(s->multi, s->easy))
		return np_err_set(err, NP_EINTERNAL, "curl does not take the request");
	s->added = true;
	atomic_fetch_add(&k->count.requests, 1);
	return 0;
}

static bool ended(struct np_kube_slot *s, CURLcode *ret)
{
	CURLMsg *m;
	int left;

	while ((m = curl_multi_info_read(s->multi, &left)) != NULL) {
		if (m->msg != CURLMSG_DONE)
			continue;
		*ret = m->data.result;
		return true;
	}
	return false;
}

bool np_kube_slot_step(struct np_kube_slot *s, int wait_ms, CURLcode *ret_code)
{
	int running;

	curl_multi_perform(s->multi, &running);
	if (ended(s, ret_code))
		return true;
	if (wait_ms <= 0)
		return false;
	curl_multi_poll(s->multi, NULL, 0, wait_ms, NULL);
	curl_multi_perform(s->multi, &running);
	return ended(s, ret_code);
}

/* The other side went away during the handshake, as a load balancer without a server does. */
static bool hung_up(const char *text)
{
	static const char *const signs[] = { "SSL_ERROR_SYSCALL", "reset by peer",
					     "unexpected eof", "Broken pipe" };

	for (size_t i = 0; i < NP_ARRAY_SIZE(signs); i++)
		if (strstr(text, signs[i]))
			return true;
	return false;
}

/* What a proxy answered to CONNECT, 0 when none was asked. */
static long proxy_answer(const struct np_kube_slot *s)
{
	long http = 0;

	curl_easy_getinfo(s->easy, CURLINFO_HTTP_CONNECTCODE, &http);
	return http;
}

/* TLS 1.3 refuses a client certificate only after the handshake. */
static enum np_kube_loss loss_of_reading(const struct np_kube_slot *s)
{
	long proxy = proxy_answer(s);

	if (proxy >= 400)
		return proxy >= 500 ? NP_KUBE_LOSS_UNSENT : NP_KUBE_LOSS_FATAL;
	return strstr(s->error, "alert") ? NP_KUBE_LOSS_TLS : NP_KUBE_LOSS_MIDWAY;
}

enum np_kube_loss np_kube_loss_of(const struct np_kube_slot *s, CURLcode code)
{
	switch (code) {
	case CURLE_OK:
		return NP_KUBE_LOSS_NONE;
	case CURLE_COULDNT_RESOLVE_PROXY:
	case CURLE_COULDNT_RESOLVE_HOST:
	case CURLE_COULDNT_CONNECT:
	case CURLE_OPERATION_TIMEDOUT:	/* only connecting has a time-out inside curl */
	case CURLE_PROXY:
		return NP_KUBE_LOSS_UNSENT;
	case CURLE_SSL_CONNECT_ERROR:
		return hung_up(s->error) ? NP_KUBE_LOSS_UNSENT : NP_KUBE_LOSS_TLS;
	case CURLE_SSL_CERTPROBLEM:
	case CURLE_SSL_CIPHER:
	case CURLE_PEER_FAILED_VERIFICATION:
	case CURLE_SSL_CACERT_BADFILE:
		return NP_KUBE_LOSS_TLS;
	case CURLE_RECV_ERROR:
		return loss_of_reading(s);
	case CURLE_GOT_NOTHING:
	case CURLE_SEND_ERROR:
	case CURLE_PARTIAL_FILE:
	case CURLE_SEND_FAIL_REWIND:
		return NP_KUBE_LOSS_MIDWAY;
	default:
		return NP_KUBE_LOSS_FATAL;
	}
}

/* "Subject:CN = x", "Start date:..", "Expire date:.." of the first certificate of the chain. */
static void add_cert(CURL *easy, struct np_buf *b)
{
	static const char *const wanted[] = { "Subject:", "Start date:", "Expire date:" };
	struct curl_certinfo *info = NULL;

	if (curl_easy_getinfo(easy, CURLINFO_CERTINFO, &info) || !info || info->num_of_certs < 1)
		return;
	for (size_t i = 0; i < NP_ARRAY_SIZE(wanted); i++)
		for (struct curl_slist *l = info->certinfo[0]; l; l = l->next)
			if (!strncmp(l->data, wanted[i], strlen(wanted[i]))) {
				np_buf_printf(b, "%s%s", b->len ? ", " : "", l->data);
				break;
			}
}

/*
 * What the server shows, for a message that says why it is not taken: looked at in a connection
 * over which nothing is sent.
 */
static void look_at_cert(const struct np_kube *k, struct np_buf *b)
{
	const struct np_kube_cred none = { .header = NULL };
	struct np_kube_slot *s = np_kube_slot_new();
	int64_t until = np_now_ms() + LOOK_MS;
	CURLcode code = CURLE_OK;

	if (!s)
		return;
	np_kube_slot_aim(k, s, &none, "/", NULL);
	curl_easy_setopt(s->easy, CURLOPT_CONNECT_ONLY, 1L);
	curl_easy_setopt(s->easy, CURLOPT_CERTINFO, 1L);
	curl_easy_setopt(s->easy, CURLOPT_SSL_VERIFYPEER, 0L);
	curl_easy_setopt(s->easy, CURLOPT_SSL_VERIFYHOST, 0L);
	if (!curl_multi_add_handle(s->multi, s->easy)) {
		s->added = true;
		while (np_now_ms() < until && !np_kube_cancelled(k))
			if (np_kube_slot_step(s, NP_KUBE_TICK_MS, &code)) {
				add_cert(s->easy, b);
				break;
			}
	}
	np_kube_slot_free(s);
}

static int tls_err(const struct np_kube *k, CURLcode code, const char *text, struct np_err *err)
{
	struct np_buf cert = { NULL, 0, 0 };

	/* Another authority of the same name: OpenSSL stops at the signature, curl knows no better. */
	if (code == CURLE_SSL_CONNECT_ERROR && strstr(text, "EVP lib"))
		code = CURLE_PEER_FAILED_VERIFICATION;
	if (code == CURLE_PEER_FAILED_VERIFICATION && err)
		look_at_cert(k, &cert);
	np_kube_whose_tls(k->config, code, text, np_buf_text(&cert), err);
	np_buf_release(&cert);
	return -1;
}

/* The proxy's own address may hold a password: it is named by where it was configured. */
static int proxy_err(const struct np_kube *k, long http, struct np_err *err)
{
	const struct np_kube_config *c = k->config;

	if (!c->proxy_url.n)
		return np_err_set(err, NP_EENV, "the proxy of the environment (HTTPS_PROXY) answered "
				  "%ld when asked to connect to '%s'", http, c->server.p);
	return np_err_set(err, NP_EENV, "the proxy (proxy-url of cluster '%s' in '%s') answered %ld "
			  "when asked to connect to '%s'", c->cluster.n ? c->cluster.p : "",
			  c->source.n ? c->source.p : "", http, c->server.p);
}

int np_kube_loss_err(const struct np_kube *k, const struct np_kube_slot *s, CURLcode code,
		     struct np_err *err)
{
	const char *text = s->error[0] ? s->error : curl_easy_strerror(code);
	enum np_errcode as = code == CURLE_URL_MALFORMAT ? NP_EUSAGE : NP_EENV;
	long proxy = proxy_answer(s);

	if (np_kube_loss_of(s, code) == NP_KUBE_LOSS_TLS)
		return tls_err(k, code, text, err);
	if (proxy >= 300)
		return proxy_err(k, proxy, err);
	return np_err_set(err, as, "the API server at '%s' is unreachable or broke off: %s",
			  k->config->server.p, text);
}

int np_kube_pause(const struct np_kube *k, int64_t ms, struct np_err *err)
{
	int64_t end = np_now_ms() + ms, left;

	for (;;) {
		if (np_kube_cancelled(k))
			return np_err_set(err, NP_EINTR, "interrupted");
		left = end - np_now_ms();
		if (left <= 0)
			return 0;
		np_sleep_ms(left < NP_KUBE_TICK_MS ? left : NP_KUBE_TICK_MS);
	}
}

/*
 * Spreads what many clients do after one fault; no choice of a test depends on it, so it needs no
 * seed.
 */
int64_t np_kube_jitter_ms(unsigned n, int64_t first_ms, int64_t max_ms)
{
	int64_t full = first_ms << (n < 16 ? n : 16);
	struct np_rng r;

	if (full > max_ms)
		full = max_ms;
	np_rng_seed(&r, (uint64_t)np_now_us() * 2654435761u + (uint64_t)getpid());
	return full / 2 + (int64_t)np_rng_below(&r, (uint64_t)full / 2 + 1);
}
