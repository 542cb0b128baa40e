/*
 * fuzz_exec.c - an exec stream: the answer to the upgrade, then frames, from a server that may be
 * anything. The input is one transfer of fake_kube.h; when the second byte is '+', the server's
 * answer is a right one and the rest are frames.
 */
#include "fake_kube.h"
#include "../../harness/kube/stream.h"

/* Beyond one for each byte that comes, in case they come singly. */
#define PUMPS_MORE 4000

static void answer_rightly(const struct np_kube_exec *e, struct np_buf *b)
{
	np_buf_printf(b,
		      "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
		      "Sec-WebSocket-Accept: %s\r\nSec-WebSocket-Protocol: v5.channel.k8s.io\r\n\r\n",
		      e->key.accept);
}

/* What an owner of a stream does with it, until it ends or has taken all of @n_bytes. */
static void use(struct np_kube_exec *e, size_t n_bytes)
{
	static const char words[] = "batch 1 0 1 1\n";

	for (size_t i = 0; i < n_bytes + PUMPS_MORE; i++) {
		np_kube_exec_pump(e, 0);
		if (np_kube_exec_status(e, NULL, NULL) == NP_KUBE_EXEC_RUNNING && i % 8 == 0)
			np_kube_exec_write(e, words, sizeof(words) - 1);
		if (i == 64)
			np_kube_exec_close_stdin(e);
		FUZZ_CHECK(np_kube_exec_out(e)->len + np_kube_exec_errout(e)->len <= NP_KUBE_EXEC_OUT_MAX,
			   "too much kept");
		if (i % 16 == 0)
			np_buf_consume(np_kube_exec_out(e), np_kube_exec_out(e)->len);
		if (np_kube_exec_status(e, NULL, NULL) >= NP_KUBE_EXEC_EXITED)
			return;
	}
}

static void check_end(const struct np_kube_exec *e)
{
	struct np_err why = { .code = NP_OK };
	int code = -1;
	enum np_kube_exec_state s = np_kube_exec_status(e, &code, &why);

	FUZZ_CHECK(s >= NP_KUBE_EXEC_EXITED, "no end");
	FUZZ_CHECK(s != NP_KUBE_EXEC_EXITED || (code >= 0 && code <= 255), "exit %d", code);
	FUZZ_CHECK(s != NP_KUBE_EXEC_FAILED || why.msg[0], "failed without a sentence");
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const struct np_kube_config config = { .insecure = false };
	static const char *const argv[] = { "netpolcheck-agent", "probe", NULL };
	char *identity[] = { NULL };
	struct np_kube k = { .config = &config, .identity = identity, .timeout_ms = 1000 };
	struct np_buf b = { NULL, 0, 0 };
	struct np_str input;
	struct np_kube_exec *e;
	struct np_err err = { .code = NP_OK };
	bool rightly = size > 1 && data[1] == '+';

	fake_start(NP_STR(""));
	e = np_kube_exec_start(&k, "x", "a", NULL, argv, NP_KUBE_EXEC_STDIN, 10000, &err);
	FUZZ_CHECK(e, "%s", err.msg);
	np_buf_add(&b, data, size ? 1 : 0);
	if (rightly)
		answer_rightly(e, &b);
	if (size > 1U + rightly)
		np_buf_add(&b, data + 1 + rightly, size - 1 - rightly);
	input = fuzz_tight((const uint8_t *)np_buf_text(&b), b.len);
	fake_start(input);
	fake.how = fuzz_byte(&fake.in);
	fake.body = fuzz_str(&fake.in);
	use(e, input.n);
	check_end(e);
	np_kube_exec_close(e);
	np_buf_release(&b);
	fuzz_loosen(&input);
	return 0;
}
