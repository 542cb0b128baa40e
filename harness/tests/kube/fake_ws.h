/*
 * fake_ws.h - the server side of exec for the tests: handshake and frames by hand, so that they can
 * be wrong on purpose.
 */
#ifndef NP_TESTS_KUBE_FAKE_WS_H
#define NP_TESTS_KUBE_FAKE_WS_H

#include <gnutls/crypto.h>

#include "fake.h"

enum { WS_TEXT = 1, WS_BINARY = 2, WS_CLOSE = 8, WS_PING = 9, WS_PONG = 10 };

#define WS_OK "{\"metadata\":{},\"status\":\"Success\"}"
#define WS_EXIT(code)                                                                              \
	"{\"metadata\":{},\"status\":\"Failure\",\"message\":\"command terminated with non-zero "  \
	"exit "                                                                                    \
	"code\",\"reason\":\"NonZeroExitCode\",\"details\":{\"causes\":[{\"reason\":\"ExitCode\"," \
	"\"message\":\"" code "\"}]}}"

/* The right Sec-WebSocket-Accept for the key in @request; NUL-terminated heap. */
static inline char *ws_accept(const char *request)
{
	const char *at = strcasestr(request, "\r\nSec-WebSocket-Key: ");
	unsigned char hash[20];
	gnutls_datum_t out, in = { hash, sizeof(hash) };
	char *text;

	ck_assert_ptr_nonnull(at);
	at += strlen("\r\nSec-WebSocket-Key: ");
	np_auto_free char *all = np_xasprintf("%.*s258EAFA5-E914-47DA-95CA-C5AB0DC85B11",
					      (int)strcspn(at, "\r"), at);
	gnutls_hash_fast(GNUTLS_DIG_SHA1, all, strlen(all), hash);
	gnutls_base64_encode2(&in, &out);
	text = np_xstrndup((char *)out.data, out.size);
	gnutls_free(out.data);
	return text;
}

/* The head of a right answer, onto @b. */
static inline void ws_head(struct np_buf *b, const char *request, const char *protocol)
{
	np_auto_free char *accept = ws_accept(request);

	np_buf_printf(b,
		      "HTTP/1.1 101 Switching Protocols\r\nupgrade: WebSocket\r\nconnection: "
		      "keep-alive, Upgrade\r\n"
		      "Sec-WebSocket-Accept: %s\r\n",
		      accept);
	if (protocol)
		np_buf_printf(b, "Sec-WebSocket-Protocol: %s\r\n", protocol);
	np_buf_adds(b, "\r\n");
}

/* A frame, not masked; @channel < 0: none. */
static inline void ws_frame(struct np_buf *b, int opcode, int channel, const void *bytes, size_t n)
{
	size_t all = n + (channel >= 0);

	np_buf_addc(b, (char)(0x80 | opcode));
	if (all < 126) {
		np_buf_addc(b, (char)all);
	} else if (all < 65536) {
		np_buf_addc(b, 126);
		np_buf_addc(b, (char)(all >> 8));
		np_buf_addc(b, (char)all);
	} else {
		np_buf_addc(b, 127);
		for (int i = 56; i >= 0; i -= 8)
			np_buf_addc(b, (char)((uint64_t)all >> i));
	}
	if (channel >= 0)
		np_buf_addc(b, (char)channel);
	if (n)
		np_buf_add(b, bytes, n);
}

static inline bool ws_send(struct fake_conn *c, int opcode, int channel, const void *bytes,
			   size_t n)
{
	struct np_buf b = { NULL, 0, 0 };
	bool ok;

	ws_frame(&b, opcode, channel, bytes, n);
	ok = fake_write(c, b.data, b.len);
	np_buf_release(&b);
	return ok;
}

static inline bool ws_puts(struct fake_conn *c, int channel, const char *s)
{
	return ws_send(c, WS_BINARY, channel, s, strlen(s));
}

static inline void ws_open(struct fake_conn *c, const char *request, const char *protocol)
{
	struct np_buf b = { NULL, 0, 0 };

	ws_head(&b, request, protocol);
	fake_write(c, b.data, b.len);
	np_buf_release(&b);
}

static inline bool ws_read_all(struct fake_conn *c, unsigned char *to, size_t n)
{
	while (n) {
		ssize_t got = -1;

		if (c->in.len || fake_wait(c, POLLIN, 20000))
			got = fake_read(c, to, n);
		if (got <= 0)
			return false;
		to += got;
		n -= (size_t)got;
	}
	return true;
}

/*
 * The next frame of the client: its opcode, payload appended to @b; -1 at the end. It must be
 * masked.
 */
static inline int ws_recv(struct fake_conn *c, struct np_buf *b)
{
	unsigned char head[2], more[8], mask[4];
	uint64_t n;
	char *p;

	if (!ws_read_all(c, head, 2) || !(head[1] & 0x80))
		return -1;
	n = head[1] & 0x7f;
	if (n >= 126) {
		size_t wide = n == 126 ? 2 : 8;

		if (!ws_read_all(c, more, wide))
			return -1;
		n = 0;
		for (size_t i = 0; i < wide; i++)
			n = n << 8 | more[i];
	}
	if (n > 4 * 1024 * 1024 || !ws_read_all(c, mask, 4))
		return -1;
	p = np_buf_reserve(b, n);
	if (!ws_read_all(c, (unsigned char *)p, n))
		return -1;
	for (size_t i = 0; i < n; i++)
		p[i] ^= (char)mask[i % 4];
	b->len += n;
	return head[0] & 0x0f;
}

/* Waits for the client's close frame. True when it came. */
static inline bool ws_wait_close(struct fake_conn *c)
{
	struct np_buf b = { NULL, 0, 0 };
	int op;

	do
		op = ws_recv(c, &b);
	while (op >= 0 && op != WS_CLOSE);
	np_buf_release(&b);
	return op == WS_CLOSE;
}

static inline void ws_finish(struct fake_conn *c, const char *status)
{
	ws_puts(c, 3, status);
	ws_send(c, WS_CLOSE, -1, "\x03\xe8", 2);
	ws_wait_close(c);
}

#endif
