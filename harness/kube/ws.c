/* ws.c - layer kube: WebSocket handshake. */
#include <openssl/sha.h>
#include <strings.h>
#include <sys/random.h>

#include "codec.h"
#include "np/base/mem.h"
#include "ws.h"

void np_kube_ws_accept(const char *key, char ret[static 32])
{
	unsigned char hash[SHA_DIGEST_LENGTH];
	struct np_buf b = { NULL, 0, 0 };

	np_buf_printf(&b, "%s258EAFA5-E914-47DA-95CA-C5AB0DC85B11", key);
	SHA1((const unsigned char *)b.data, b.len, hash);
	np_buf_clear(&b);
	np_kube_base64_encode(&b, hash, sizeof(hash));
	memcpy(ret, b.data, b.len + 1);	/* 28 characters */
	np_buf_release(&b);
}

int np_kube_ws_key_make(struct np_kube_ws_key *ret, struct np_err *err)
{
	unsigned char bytes[16];
	struct np_buf b = { NULL, 0, 0 };

	if (getrandom(bytes, sizeof(bytes), 0) != sizeof(bytes))
		return np_err_set(err, NP_EENV, "no random bytes");
	np_kube_base64_encode(&b, bytes, sizeof(bytes));
	memcpy(ret->key, b.data, b.len + 1);	/* 24 characters */
	np_buf_release(&b);
	np_kube_ws_accept(ret->key, ret->accept);
	return 0;
}

/*
 * The value of the first header @name between the status line and the empty line; p == NULL: there
 * is none.
 */
static struct np_str header(struct np_str head, const char *name)
{
	size_t n = strlen(name);
	const char *end = head.p + head.n, *line = memchr(head.p, '\n', head.n);

	while (line && ++line < end) {
		const char *eol = memchr(line, '\n', (size_t)(end - line));
		const char *from = line + n + 1, *to = eol ? eol : end;

		if ((size_t)(to - line) > n && !strncasecmp(line, name, n) && line[n] == ':') {
			while (from < to && (*from == ' ' || *from == '\t'))
				from++;
			while (to > from && strchr(" \t\r", to[-1]))
				to--;
			return (struct np_str){ from, (size_t)(to - from) };
		}
		line = eol;
	}
	return NP_STR_NONE;
}

/* Is @word one of a comma list? */
static bool lists(struct np_str v, const char *word)
{
	size_t n = strlen(word), i = 0;

	while (i < v.n) {
		size_t start, end;

		while (i < v.n && strchr(" \t,", v.p[i]))
			i++;
		for (start = i; i < v.n && v.p[i] != ','; i++)
			;
		for (end = i; end > start && strchr(" \t", v.p[end - 1]); end--)
			;
		if (end - start == n && !strncasecmp(v.p + start, word, n))
			return true;
	}
	return false;
}

static int judge_upgrade(struct np_str head, const struct np_kube_ws_key *key,
			 struct np_kube_ws_answer *a, struct np_err *err)
{
	struct np_str protocol = header(head, "Sec-WebSocket-Protocol");

	if (!lists(header(head, "Upgrade"), "websocket") ||
	    !lists(header(head, "Connection"), "upgrade"))
		return np_err_set(err, NP_EPARSE,
				  "the server switched to another protocol than WebSocket");
	if (!np_str_is(header(head, "Sec-WebSocket-Accept"), key->accept))
		return np_err_set(err, NP_EPARSE,
				  "the server's Sec-WebSocket-Accept does not belong to "
				  "our key");
	if (np_str_is(protocol, "v5.channel.k8s.io"))
		a->protocol = 5;
	else if (np_str_is(protocol, "v4.channel.k8s.io"))
		a->protocol = 4;
	else if (!protocol.p)
		return np_err_set(
			err, NP_EPARSE,
			"the server chose no subprotocol: it speaks neither "
			"v5.channel.k8s.io nor v4.channel.k8s.io, and gives no exit codes");
	else
		return np_err_set(err, NP_EPARSE, "the server chose the subprotocol '" NP_STR_FMT
				  "', which was not offered", NP_STR_ARG(protocol));
	return 0;
}

static bool hex_size(struct np_str s, size_t *ret)
{
	size_t n = 0, i;

	for (i = 0; i < s.n && i < 8; i++) {
		static const char digits[] = "0123456789abcdef";
		const char *at = s.p[i] ? strchr(digits, s.p[i] | 0x20) : NULL;

		if (!at)
			break;
		n = n * 16 + (size_t)(at - digits);
	}
	*ret = n;
	return i > 0;
}

/* 1: @bytes hold a whole chunked body, decoded into @ret; 0: not yet; -1: not chunks. */
static int unchunk(struct np_str bytes, struct np_buf *ret)
{
	size_t at = 0;

	for (;;) {
		const char *eol = at < bytes.n ? memchr(bytes.p + at, '\n', bytes.n - at) : NULL;
		size_t n;

		if (!eol)
			return 0;
		if (!hex_size((struct np_str){ bytes.p + at, (size_t)(eol - bytes.p) - at }, &n) ||
		    n > NP_KUBE_WS_BODY_MAX)
			return -1;
		at = (size_t)(eol - bytes.p) + 1;
		if (!n)
			return 1;
		if (bytes.n - at < n + 2)
			return 0;
		np_buf_add(ret, bytes.p + at, n);
		at += n + 2;
	}
}

/* The body of a refusal: as much of it as can be had. 1 complete, 0 not yet. */
static int refusal_body(struct np_str head, struct np_str rest, bool eof, struct np_buf *ret)
{
	struct np_str length = header(head, "Content-Length");
	unsigned long long want = 0;
	int rc;

	if (lists(header(head, "Transfer-Encoding"), "chunked")) {
		rc = unchunk(rest, ret);
		if (!rc && !eof && rest.n < NP_KUBE_WS_BODY_MAX) {
			np_buf_clear(ret);
			return 0;
		}
		return 1;
	}
	if (!length.p || !np_str_u64(length, NP_KUBE_WS_BODY_MAX, &want))
		want = NP_KUBE_WS_BODY_MAX;
	if (rest.n < want && !eof)
		return 0;
	np_buf_add(ret, rest.p, rest.n < want ? rest.n : want);
	return 1;
}

static bool status_line(struct np_str s, int *ret)
{
	unsigned long long code;

	if (s.n < 12 || !np_str_starts(s, "HTTP/1.") || s.p[8] != ' ' ||
	    !np_str_u64((struct np_str){ s.p + 9, 3 }, 999, &code) || code < 100)
		return false;
	*ret = (int)code;
	return true;
}

int np_kube_ws_answer(struct np_str bytes, bool eof, const struct np_kube_ws_key *key,
		      struct np_kube_ws_answer *ret, struct np_err *err)
{
	const char *end = bytes.n ? memmem(bytes.p, bytes.n, "\r\n\r\n", 4) : NULL;
	struct np_kube_ws_answer a = { .retry_after_s = -1 };
	struct np_str head, rest;
	unsigned long long seconds;

	if (bytes.n >= 12 && !status_line(bytes, &a.http))
		return np_err_set(err, NP_EPARSE, "the server does not answer in HTTP/1.1");
	if (!end && bytes.n > NP_KUBE_WS_HEAD_MAX)
		return np_err_set(err, NP_ELIMIT, "the head of the answer is larger than %d bytes",
				  NP_KUBE_WS_HEAD_MAX);
	if (!end)
		return eof ? np_err_set(err, NP_EENV,
					"the server closed the connection without an answer")
			   : 0;
	head = (struct np_str){ bytes.p, (size_t)(end - bytes.p) };
	a.n_used = head.n + 4;
	if (a.http == 101) {
		if (judge_upgrade(head, key, &a, err))
			return -1;
		*ret = a;
		return 1;
	}
	rest = (struct np_str){ bytes.p + a.n_used, bytes.n - a.n_used };
	if (!refusal_body(head, rest, eof, &a.body)) {
		np_buf_release(&a.body);
		return 0;
	}
	if (np_str_u64(header(head, "Retry-After"), 86400, &seconds))
		a.retry_after_s = (int)seconds;
	*ret = a;
	return 1;
}
