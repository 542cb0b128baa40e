/* test_codec.c - the pure pieces: base64, escapes, times, handshake answers, header lines. */

#include "../../kube/codec.h"
#include "../../kube/timestamp.h"
#include "../../kube/reply.h"
#include "../../kube/ws.h"
#include "../../kube/yaml.h"
#include "../suite.h"
#include "np/base/mem.h"
#include "np/base/rng.h"

START_TEST(base64)
{
	static const struct { const char *plain, *coded;
	} good[] = {
		{"", ""},
		{"f", "Zg=="},
		{"fo", "Zm8="},
		{"foo", "Zm9v"},
		{"foob", "Zm9vYg=="},
		{"fooba", "Zm9vYmE="},
		{"foobar", "Zm9vYmFy"},
		{"\xff\xfe\xfd", "//79"},
		{">>>", "Pj4+"},
	};
	static const char *const bad[] = {"Z",	  "Zg",	   "Zg=",   "Zg===", "====",	"=",
					  "Zm=v", "Zm9v=", "Z g==", "Zm9-",  "Zg==Zg=="};

	for (size_t i = 0; i < NP_ARRAY_SIZE(good); i++) {
		struct np_buf b = { NULL, 0, 0 };

		np_kube_base64_encode(&b, good[i].plain, strlen(good[i].plain));
		ck_assert_str_eq(np_buf_text(&b), good[i].coded);
		np_buf_clear(&b);
		ck_assert(np_kube_base64_decode(np_str_from(good[i].coded), &b));
		ck_assert_str_eq(np_buf_text(&b), good[i].plain);
		np_buf_release(&b);
	}
	for (size_t i = 0; i < NP_ARRAY_SIZE(bad); i++) {
		struct np_buf b = { NULL, 0, 0 };

		np_buf_adds(&b, "kept");
		ck_assert_msg(!np_kube_base64_decode(np_str_from(bad[i]), &b), "'%s'", bad[i]);
		ck_assert_uint_eq(b.len, 4);
		np_buf_release(&b);
	}
}
END_TEST

START_TEST(base64_with_lines)
{
	struct np_buf b = { NULL, 0, 0 };

	ck_assert(np_kube_base64_decode(NP_STR("Zm9v\r\nYm\nFy\n"), &b));
	ck_assert_str_eq(np_buf_text(&b), "foobar");
	np_buf_release(&b);
}
END_TEST

START_TEST(escapes)
{
	struct np_buf b = { NULL, 0, 0 };

	np_kube_escape(&b, "aZ0-._~ /?#&=%+\n\xc3\xa9");
	ck_assert_str_eq(np_buf_text(&b), "aZ0-._~%20%2F%3F%23%26%3D%25%2B%0A%C3%A9");
	np_buf_release(&b);
	ck_assert(np_kube_header_safe(NP_STR("a b\xc3\xa9")));
	ck_assert(np_kube_header_safe(NP_STR_NONE));
	ck_assert(!np_kube_header_safe(NP_STR("a\rb")));
	ck_assert(!np_kube_header_safe(NP_STR("a\0b")));
	ck_assert(!np_kube_header_safe(NP_STR("\x7f")));
}
END_TEST

START_TEST(depth)
{
	json_t *v = json_loads("[[{\"a\":[1]}],2]", 0, NULL);

	ck_assert(np_kube_json_depth_ok(v, 4));
	ck_assert(!np_kube_json_depth_ok(v, 3));
	ck_assert(np_kube_json_depth_ok(NULL, 0));
	json_decref(v);
}
END_TEST

START_TEST(times)
{
	static const struct { const char *s; int64_t want;
	} good[] = {
		{"1970-01-01T00:00:00Z", 0},
		{"2026-01-02T03:04:05Z", 1767323045},
		{"2026-01-02T03:04:05.999999z", 1767323045},
		{"2026-01-02t05:04:05+02:00", 1767323045},
		{"2026-01-01T22:34:05-04:30", 1767323045},
	};
	static const char *const bad[] = {"",
					  "2026-01-02",
					  "2026-01-02T03:04:05",
					  "2026-13-02T03:04:05Z",
					  "2026-01-02T24:04:05Z",
					  "2026-01-02T03:04:05Zx",
					  "2026-01-02T03:04:05+2:00",
					  "26-01-02T03:04:05Z",
					  "2026-01-02 03:04:05Z",
					  "2026-01-02T03:04:05+99:00",
					  "2026-02-30T03:04:05Z"};
	int64_t got;

	for (size_t i = 0; i < NP_ARRAY_SIZE(good); i++) {
		ck_assert_msg(np_kube_time_parse(good[i].s, &got), "%s", good[i].s);
		ck_assert_int_eq(got, good[i].want);
	}
	for (size_t i = 0; i < NP_ARRAY_SIZE(bad); i++)
		ck_assert_msg(!np_kube_time_parse(bad[i], &got), "%s", bad[i]);
}
END_TEST

/* The example of RFC 6455, 1.3. */
START_TEST(accept_of_the_rfc)
{
	struct np_kube_ws_key a, b;
	char got[32];

	np_kube_ws_accept("dGhlIHNhbXBsZSBub25jZQ==", got);
	ck_assert_str_eq(got, "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=");
	ck_assert_int_eq(np_kube_ws_key_make(&a, NULL), 0);
	ck_assert_int_eq(np_kube_ws_key_make(&b, NULL), 0);
	ck_assert_uint_eq(strlen(a.key), 24);
	ck_assert_str_ne(a.key, b.key);
}
END_TEST

static const struct np_kube_ws_key rfc_key = {"dGhlIHNhbXBsZSBub25jZQ==",
					      "s3pPLMBiTxaQ9kYGzzhZRbK+xOo="};

#define UPGRADED                                                                                   \
	"HTTP/1.1 101 Switching\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"                  \
	"Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n"                                   \
	"Sec-WebSocket-Protocol: v4.channel.k8s.io\r\n\r\n"

static const char *const answers[] = {
	UPGRADED,
	"HTTP/1.1 403 No\r\nContent-Length: 5\r\nRetry-After: 3\r\n\r\nhello",
	"HTTP/1.1 500 Oops\r\ntransfer-encoding: chunked\r\n\r\n3\r\nhel\r\n2;x=y\r\nlo\r\n0\r\n\r\n",
};

/* Whatever the cut, an answer is complete only as a whole. */
START_TEST(answers_at_every_cut)
{
	const char *text = answers[_i];
	size_t n = strlen(text);
	struct np_kube_ws_answer a;
	struct np_err err;

	for (size_t cut = 0; cut < n; cut++) {
		np_auto_free char *part = np_xmalloc(cut ? cut : 1);
		int rc;

		memcpy(part, text, cut);
		rc = np_kube_ws_answer((struct np_str){ part, cut }, false, &rfc_key, &a, &err);
		if (rc && !(_i == 2 && cut >= n - 2)) /* the last chunk is known by its size line */
			ck_abort_msg("answer %d cut at %zu: %d", _i, cut, rc);
		if (rc > 0)
			np_buf_release(&a.body);
	}
	ck_assert_int_eq(np_kube_ws_answer(np_str_from(text), false, &rfc_key, &a, &err), 1);
	ck_assert_int_eq(a.protocol, _i ? 0 : 4);
	ck_assert_str_eq(np_buf_text(&a.body), _i ? "hello" : "");
	ck_assert_int_eq(a.retry_after_s, _i == 1 ? 3 : -1);
	np_buf_release(&a.body);
}
END_TEST

/* Bytes flipped at random: any outcome but a crash or a leak. */
START_TEST(answers_mutated)
{
	size_t n_complete = 0;
	struct np_rng r;

	np_rng_seed(&r, 20260102);
	for (int round = 0; round < 20000; round++) {
		const char *text = answers[np_rng_below(&r, NP_ARRAY_SIZE(answers))];
		size_t n = strlen(text);
		np_auto_free char *copy = np_xmalloc(n);
		struct np_kube_ws_answer a;

		memcpy(copy, text, n);
		for (uint64_t k = np_rng_below(&r, 4); k; k--)
			copy[np_rng_below(&r, n)] = (char)np_rng_next(&r);
		n = np_rng_below(&r, 4) ? n : np_rng_below(&r, n + 1);
		if (np_kube_ws_answer((struct np_str){copy, n}, np_rng_below(&r, 2), &rfc_key, &a,
				      NULL) > 0) {
			n_complete++;
			np_buf_release(&a.body);
		}
	}
	ck_assert_uint_gt(n_complete, 1000);
}
END_TEST

/* A small YAML file with bytes changed, doubled and cut at random. */
START_TEST(yaml_mutated)
{
	static const char text[] =
		"# c\napiVersion: v1\nclusters:\n- name: 'k'\n  cluster: {server: \"https://h\", x: [1, "
		"~]}\nusers:\n- name: u\n  user:\n    token: |\n      abc\n      def\n    b: yes\n...\n";
	static const char spice[] = "[]{}:,-?&*!|>'\"%@`#~\n\t \\\0\xff\xc3";
	size_t n_good = 0, n_bad = 0;
	struct np_rng r;

	np_rng_seed(&r, 20260103);
	for (int round = 0; round < 20000; round++) {
		struct np_buf b = { NULL, 0, 0 };
		struct np_kube_doc d;
		struct np_err err = { .code = NP_OK };

		np_buf_add(&b, text, sizeof(text) - 1);
		for (uint64_t k = np_rng_below(&r, 4); k; k--)
			b.data[np_rng_below(&r, b.len)] = spice[np_rng_below(&r, sizeof(spice) - 1)];
		if (!np_rng_below(&r, 8))
			b.len = np_rng_below(&r, b.len) + 1;
		if (!np_kube_doc_parse((struct np_str){ b.data, b.len }, &d, &err)) {
			ck_assert_ptr_nonnull(d.root);
			np_kube_doc_release(&d);
			n_good++;
		} else {
			ck_assert(err.code == NP_EPARSE || err.code == NP_ELIMIT);
			ck_assert_uint_gt(err.line, 0);
			n_bad++;
		}
		np_buf_release(&b);
	}
	ck_assert_uint_gt(n_good, 1000);
	ck_assert_uint_gt(n_bad, 1000);
}
END_TEST

START_TEST(header_lines)
{
	struct np_kube_reply r = { .http = 0 };

	np_kube_reply_header(&r, NP_STR("HTTP/1.1 200 OK\r\n"));
	np_kube_reply_header(&r, NP_STR("Warning: 299 - \"unterminated"));
	np_kube_reply_header(&r, NP_STR("Warning: 299 - \"ends in a backslash\\"));
	np_kube_reply_header(&r, NP_STR("Warning:"));
	np_kube_reply_header(&r, NP_STR("Retry-After: soon"));
	np_kube_reply_header(&r, NP_STR("Retry-After:"));
	np_kube_reply_header(&r, NP_STR(""));
	ck_assert_uint_eq(r.n_warnings, 2);
	ck_assert_int_eq(r.retry_after_s, -1);
	for (int i = 0; i < 2 * NP_KUBE_WARNINGS_MAX; i++)
		np_kube_reply_header(&r, NP_STR("Warning: 299 - \"x\""));
	ck_assert_uint_eq(r.n_warnings, NP_KUBE_WARNINGS_MAX);
	np_kube_reply_header(&r, NP_STR("HTTP/1.1 200 OK\r\n"));
	ck_assert_uint_eq(r.n_warnings, 0);
	np_kube_reply_release(&r);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("kube/codec");
	TCase *t = tcase_create("codec");

	tcase_add_test(t, base64);
	tcase_add_test(t, base64_with_lines);
	tcase_add_test(t, escapes);
	tcase_add_test(t, depth);
	tcase_add_test(t, times);
	tcase_add_test(t, accept_of_the_rfc);
	tcase_add_loop_test(t, answers_at_every_cut, 0, NP_ARRAY_SIZE(answers));
	tcase_add_test(t, answers_mutated);
	tcase_add_test(t, yaml_mutated);
	tcase_add_test(t, header_lines);
	suite_add_tcase(s, t);
	return run_suite(s);
}
