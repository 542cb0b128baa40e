/*
 * fuzz_api.c - small texts of an API server. The first byte says which: 'h' header lines, 's' a
 * Status after its HTTP code, 'w' the answer to an upgrade, 'b' base64, 't' a time, 'j' a token,
 * 'd' an object stored beside one sent ('\n' between).
 */
#include <stdlib.h>

#include "../../harness/kube/codec.h"
#include "../../harness/kube/covers.h"
#include "../../harness/kube/reply.h"
#include "../../harness/kube/timestamp.h"
#include "../../harness/kube/whose.h"
#include "../../harness/kube/ws.h"
#include "fuzz.h"
#include "no_cert.h"

static void headers(struct fuzz_in *in)
{
	struct np_kube_reply r = { .retry_after_s = -1 };

	while (in->n)
		np_kube_reply_header(&r, fuzz_until(in, '\n'));
	FUZZ_CHECK(r.n_warnings <= NP_KUBE_WARNINGS_MAX, "%zu warnings", r.n_warnings);
	FUZZ_CHECK(r.retry_after_s >= -1 && r.retry_after_s <= 86400, "%d s", r.retry_after_s);
	np_kube_reply_release(&r);
}

static void status(struct fuzz_in *in)
{
	static const int codes[] = { 400, 401, 403, 404, 409, 410, 413, 422, 429, 500, 503, 302 };
	int http = codes[fuzz_below(in, NP_ARRAY_SIZE(codes))];
	struct np_str s = fuzz_str(in);
	struct np_buf text = { NULL, 0, 0 };
	struct np_err err = { .code = NP_OK };
	json_t *body = np_json_parse(s.p, s.n, NULL);
	char line[NP_ERR_TEXT_MAX];

	np_buf_addstr(&text, s);
	FUZZ_CHECK(np_kube_status_err(http, body, &text, &err) == -1 && err.code && err.msg[0], "HTTP %d",
		   http);
	np_err_text(&err, line, sizeof(line));
	FUZZ_CHECK(np_utf8_valid(np_str_from(line)), "%s", line);
	json_decref(body);
	np_buf_release(&text);
}

/* What is complete once all came was not refused or complete in another way before. */
static void upgrade(struct np_str s)
{
	static const struct np_kube_ws_key key = { "BwcHBwcHBwcHBwcHBwcHBw==",
						   "UkEVgGqZq0zE8GHGCT1VPaHSGxs=" };
	struct np_kube_ws_answer a;
	struct np_err err = { .code = NP_OK };
	int rc = 0;

	for (size_t n = 0; n <= s.n && rc == 0; n += n < 64 ? 1 : s.n / 8 + 1) {
		rc = np_kube_ws_answer((struct np_str){ s.p, n }, false, &key, &a, &err);
		if (rc > 0)
			break;
	}
	if (rc == 0)
		rc = np_kube_ws_answer(s, true, &key, &a, &err);
	FUZZ_CHECK(rc != 0, "neither an answer nor none");
	FUZZ_CHECK(rc > 0 || err.msg[0], "refused without a sentence");
	if (rc > 0) {
		FUZZ_CHECK(a.n_used <= s.n && a.body.len <= NP_KUBE_WS_BODY_MAX + s.n, "%zu used", a.n_used);
		FUZZ_CHECK((a.http == 101) == (a.protocol != 0), "HTTP %d, v%d", a.http, a.protocol);
		np_buf_release(&a.body);
	}
}

static void base64(struct np_str s)
{
	struct np_buf bytes = { NULL, 0, 0 }, text = { NULL, 0, 0 }, again = { NULL, 0, 0 };

	np_kube_base64_encode(&text, s.p, s.n);
	FUZZ_CHECK(np_kube_base64_decode((struct np_str){ np_buf_text(&text), text.len }, &again) &&
			   again.len == s.n && (!s.n || memcmp(again.data, s.p, s.n) == 0),
		   "bytes do not come back");
	if (np_kube_base64_decode(s, &bytes))
		FUZZ_CHECK(bytes.len <= s.n / 4 * 3 + 3, "%zu bytes of %zu characters", bytes.len, s.n);
	else
		FUZZ_CHECK(bytes.len == 0, "half decoded");
	np_buf_release(&bytes);
	np_buf_release(&text);
	np_buf_release(&again);
}

static void timestamp(struct np_str s)
{
	char *text = np_xstrndup(s.p, s.n), buf[NP_KUBE_TIME_MAX];
	int64_t t;

	if (np_kube_time_parse(text, &t))
		FUZZ_CHECK(*np_kube_time_text(t, buf), "no text");
	free(text);
}

static void token(struct np_str s)
{
	char *text = np_xstrndup(s.p, s.n);
	int64_t t;

	np_kube_token_expiry(text, &t);
	free(text);
}

static void stored(struct fuzz_in *in)
{
	struct np_str a = fuzz_until(in, '\n'), b = fuzz_str(in);
	json_t *x = np_json_parse(a.p, a.n, NULL), *y = np_json_parse(b.p, b.n, NULL);

	if (x && y) {
		np_kube_covers(x, y);
		FUZZ_CHECK(np_kube_covers(x, x) && np_kube_covers(y, y), "less than itself");
	}
	json_decref(x);
	json_decref(y);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct np_str text = fuzz_tight(data, size);
	struct fuzz_in in = { (const uint8_t *)text.p, text.n };

	switch (fuzz_byte(&in)) {
	case 'h':
		headers(&in);
		break;
	case 's':
		status(&in);
		break;
	case 'w':
		upgrade(fuzz_str(&in));
		break;
	case 'b':
		base64(fuzz_str(&in));
		break;
	case 't':
		timestamp(fuzz_str(&in));
		break;
	case 'j':
		token(fuzz_str(&in));
		break;
	case 'd':
		stored(&in);
		break;
	default:
		break;
	}
	fuzz_loosen(&text);
	return 0;
}
