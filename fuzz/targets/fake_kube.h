/*
 * fake_kube.h - the transport that a watch and an exec stream stand on, made of the bytes of an
 * input, and a clock that goes on only when somebody sleeps or waits. Included by one file of a
 * program: what is defined here takes the place of libcurl and of transport.c, auth.c and clock.c.
 *
 * An input is a sequence of transfers, separated by FAKE_BETWEEN. The first byte of each chooses how
 * it goes: bits 0-3 the HTTP status, bits 4-5 how it ends, bits 6-7 how large its pieces are.
 */
#ifndef NP_FUZZ_FAKE_KUBE_H
#define NP_FUZZ_FAKE_KUBE_H

#include <sys/random.h>

#include "../../harness/kube/transport.h"
#include "fuzz.h"
#include "np/base/clock.h"
#include "no_cert.h"
#include "np/kube/resource.h"

#undef curl_easy_getinfo
#undef curl_easy_setopt

#define FAKE_BETWEEN 0x1e

static struct {
	struct fuzz_in in;	/* transfers that are still to come */
	struct np_str body;	/* of the present one */
	size_t at;		/* given out of it */
	unsigned how;
	struct np_kube_call *call;
	bool head_given;
	int64_t now_us;
	atomic_int cancel;	/* set when there are no more transfers */
	unsigned n_idle;	/* looks in vain */
} fake;

static inline void fake_start(struct np_str input)
{
	fake.in = (struct fuzz_in){ (const uint8_t *)input.p, input.n };
	fake.body = NP_STR_NONE;
	fake.at = 0;
	fake.call = NULL;
	fake.now_us = 1000000;
	fake.n_idle = 0;
	atomic_store(&fake.cancel, 0);
}

static inline void fake_next_transfer(void)
{
	if (!fake.in.n)
		atomic_store(&fake.cancel, 1);
	fake.how = fuzz_byte(&fake.in);
	fake.body = fuzz_until(&fake.in, FAKE_BETWEEN);
	fake.at = 0;
	fake.head_given = false;
}

static inline long fake_http(void)
{
	static const long codes[] = { 200, 200, 200, 200, 200, 401, 403, 404, 408, 410, 429, 500, 502, 503,
				      504, 302 };

	return codes[fake.how & 15];
}

/* Bytes of the next piece, 0 at the end. */
static inline size_t fake_piece(size_t max)
{
	static const size_t sizes[] = { 1 << 20, 1, 7, 64 };
	size_t left = fake.body.n - fake.at, n = sizes[fake.how >> 6 & 3];

	n = n < max ? n : max;
	return n < left ? n : left;
}

static inline CURLcode fake_end(void)
{
	static const CURLcode ends[] = { CURLE_OK, CURLE_RECV_ERROR, CURLE_COULDNT_CONNECT,
					 CURLE_PEER_FAILED_VERIFICATION };

	return ends[fake.how >> 4 & 3];
}

/* ---- clock.c ---- */

int64_t np_now_us(void)
{
	return fake.now_us;
}

int64_t np_now_ms(void)
{
	return fake.now_us / 1000;
}

void np_sleep_ms(int64_t ms)
{
	fake.now_us += ms > 0 ? ms * 1000 : 0;
}

/* ---- transport.c, auth.c, resource.c ---- */

struct np_kube_slot *np_kube_slot_new(void)
{
	return np_xcalloc(1, sizeof(struct np_kube_slot));
}

void np_kube_slot_free(struct np_kube_slot *s)
{
	free(s);
}

void np_kube_slot_aim(const struct np_kube *k, struct np_kube_slot *s, const struct np_kube_cred *cred,
		      const char *path, const char *query)
{
	(void)k;
	(void)s;
	(void)cred;
	(void)path;
	(void)query;
}

int np_kube_slot_start(struct np_kube *k, struct np_kube_slot *s, const struct np_kube_cred *cred,
		       struct np_kube_call *call, struct np_err *err)
{
	(void)k;
	(void)s;
	(void)cred;
	(void)err;
	fake_next_transfer();
	fake.call = call;
	return 0;
}

/* One piece of the head or body at each step. */
bool np_kube_slot_step(struct np_kube_slot *s, int wait_ms, CURLcode *ret_code)
{
	static char head[] = "\r\n";
	size_t n = fake_piece(SIZE_MAX);

	(void)s;
	np_sleep_ms(wait_ms / 10);
	if (fake.call && fake_end() != CURLE_COULDNT_CONNECT && !fake.head_given) {
		fake.head_given = true;
		fake.call->on_header(head, 1, 2, fake.call->user);
	}
	if (fake.call && n) {
		size_t did = fake.call->on_body((char *)fake.body.p + fake.at, 1, n, fake.call->user);

		fake.at += n;
		if (did == n)
			return false;
		*ret_code = CURLE_WRITE_ERROR;
		return true;
	}
	*ret_code = fake.call ? fake_end() : CURLE_OK;
	return true;
}

void np_kube_slot_stop(struct np_kube_slot *s)
{
	(void)s;
	fake.call = NULL;
}

enum np_kube_loss np_kube_loss_of(const struct np_kube_slot *s, CURLcode code)
{
	(void)s;
	return code == CURLE_OK ? NP_KUBE_LOSS_NONE :
	       code == CURLE_COULDNT_CONNECT ? NP_KUBE_LOSS_UNSENT :
	       code == CURLE_PEER_FAILED_VERIFICATION ? NP_KUBE_LOSS_TLS : NP_KUBE_LOSS_MIDWAY;
}

int np_kube_loss_err(const struct np_kube *k, const struct np_kube_slot *s, CURLcode code, struct np_err *err)
{
	(void)k;
	(void)s;
	return np_err_set(err, NP_EENV, "transfer ended with %d", (int)code);
}

int64_t np_kube_jitter_ms(unsigned n, int64_t first_ms, int64_t max_ms)
{
	int64_t ms = n < 20 ? first_ms << n : max_ms;

	return ms < max_ms ? ms : max_ms;
}

int np_kube_auth_get(struct np_kube_auth *a, const atomic_int *cancel, struct np_kube_cred *ret,
		     struct np_err *err)
{
	(void)a;
	(void)cancel;
	(void)err;
	*ret = (struct np_kube_cred){ .generation = 1 };
	return 0;
}

void np_kube_cred_release(struct np_kube_cred *c)
{
	*c = (struct np_kube_cred){ .generation = 0 };
}

bool np_kube_auth_refused(struct np_kube_auth *a, uint64_t generation)
{
	(void)a;
	return generation == 1;
}

void np_kube_path(struct np_buf *b, const struct np_kube_type *t, const char *ns, const char *name,
		  const char *subresource)
{
	(void)ns;
	(void)name;
	(void)subresource;
	np_buf_printf(b, "/%s", t->plural);
}

/* ---- libcurl ---- */

CURLcode curl_easy_getinfo(CURL *easy, CURLINFO info, ...)
{
	va_list ap;

	(void)easy;
	va_start(ap, info);
	if (info == CURLINFO_RESPONSE_CODE)
		*va_arg(ap, long *) = fake_http();
	else
		*va_arg(ap, curl_socket_t *) = 1000000;	/* of CURLINFO_ACTIVESOCKET; nobody's */
	va_end(ap);
	return CURLE_OK;
}

CURLcode curl_easy_setopt(CURL *easy, CURLoption option, ...)
{
	(void)easy;
	(void)option;
	return CURLE_OK;
}

CURLMcode curl_multi_add_handle(CURLM *multi, CURL *easy)
{
	(void)multi;
	(void)easy;
	return CURLM_OK;
}

const char *curl_easy_strerror(CURLcode code)
{
	(void)code;
	return "an error of the transfer";
}

/* Nothing for a while between two pieces, then the end. */
CURLcode curl_easy_recv(CURL *easy, void *buffer, size_t max, size_t *ret_n)
{
	size_t n = fake_piece(max);

	(void)easy;
	*ret_n = n;
	if (n) {
		memcpy(buffer, fake.body.p + fake.at, n);
		fake.at += n;
		return CURLE_OK;
	}
	if (fake.n_idle++ < 4) {
		np_sleep_ms(25000);
		return CURLE_AGAIN;
	}
	return fake_end();
}

CURLcode curl_easy_send(CURL *easy, const void *bytes, size_t n, size_t *ret_n)
{
	(void)easy;
	(void)bytes;
	*ret_n = n;
	return CURLE_OK;
}

/* What is random otherwise: the key and the masks of an exec stream. */
ssize_t getrandom(void *to, size_t n, unsigned flags)
{
	(void)flags;
	memset(to, 7, n);
	return (ssize_t)n;
}

#endif
