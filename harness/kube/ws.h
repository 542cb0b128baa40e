/*
 * ws.h - layer kube, private: the HTTP/1.1 upgrade to a WebSocket, which wslay leaves to its user.
 * Pure but for the key. Limits: a head of 16 KiB; of a refusal's body the first 64 KiB.
 */
#ifndef NP_KUBE_WS_H
#define NP_KUBE_WS_H

#include "np/base/buf.h"
#include "np/base/err.h"
#include "np/base/str.h"

#define NP_KUBE_WS_HEAD_MAX (16 * 1024)
#define NP_KUBE_WS_BODY_MAX (64 * 1024)

struct np_kube_ws_key {
	char key[32], accept[32];	/* what is sent, and what must come back */
};

int np_kube_ws_key_make(struct np_kube_ws_key *ret, struct np_err *err);
/* The answer that belongs to @key (base64 of SHA-1 of it and the GUID of RFC 6455). */
void np_kube_ws_accept(const char *key, char ret[static 32]);

struct np_kube_ws_answer {
	int http;		/* 101: upgraded */
	int protocol;		/* 4 or 5, when upgraded */
	size_t n_used;		/* bytes of the input that belong to it; the rest are frames */
	struct np_buf body;	/* of a refusal, unchunked */
	int retry_after_s;	/* -1: not given */
};

/*
 * Looks at all that came so far; @eof: no more will. 1: complete, *@ret filled (release its body);
 * 0: not yet; -1 with NP_EPARSE: not an HTTP answer, or an upgrade that is not the one asked for;
 * NP_ELIMIT; NP_EENV: it ended too early.
 */
int np_kube_ws_answer(struct np_str bytes, bool eof, const struct np_kube_ws_key *key,
		      struct np_kube_ws_answer *ret, struct np_err *err);

#endif
