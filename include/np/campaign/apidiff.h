/*
 * apidiff.h - layer campaign: our reading of the API beside a server's, document after document:
 * mutants of the shapes that policies come in, sent by dry run, and really created where that is
 * asked for. What differs is sorted into classes, and of each class the first document is made
 * small.
 *
 * Who compares one document is the caller's function, so that this layer knows nothing of how a
 * validator's findings are matched with a server's.
 */
#ifndef NP_CAMPAIGN_APIDIFF_H
#define NP_CAMPAIGN_APIDIFF_H

#include <jansson.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "np/base/buf.h"
#include "np/base/err.h"
#include "np/kube/client.h"

#define NP_APIDIFF_MAX_CONNECTIONS 16
#define NP_APIDIFF_MAX_CLASSES 500

/* What came of one document. */
struct np_apidiff_answer {
	bool asked;    /* the server's answer can be compared */
	bool accepted; /* by both */
	int http;
	struct np_buf differences; /* one a line; empty: none */
	char *spec;		   /* ours, defaulted, as JSON; NULL unless accepted; free(3) */
};

/*
 * Sends @text to namespace @ns of @k, JSON or YAML, and compares. -1 when the server cannot be
 * asked. Called from several threads.
 */
typedef int np_apidiff_ask(void *ctx, struct np_kube *k, const char *ns, struct np_str text,
			   bool yaml, struct np_apidiff_answer *ret, struct np_err *err);

struct np_apidiff_options {
	struct np_kube *kube;
	const char *server; /* its version, for reports */
	np_apidiff_ask *ask;
	void *ctx;
	const char *bug_dir;	  /* NULL: results/crashes */
	unsigned connections;	  /* 0: 4 */
	unsigned long long count; /* documents; 0: no end but @for_ms */
	long long for_ms;	  /* 0: no end but @count */
	unsigned rate;		  /* documents a second over all connections; 0: no bound */
	bool create;		  /* accepted ones are really created, read back and deleted */
	unsigned hostile_percent; /* of all; the rest is valid or has one fault, 2 to 1 */
	uint64_t seed;
	const atomic_int *cancel;
	void (*say)(void *ctx, const char *text);
	void *say_ctx;
};

struct np_apidiff_summary {
	unsigned long long sent, asked, accepted, refused, created;
	unsigned long long differing; /* documents */
	unsigned classes;	      /* of differences */
	long long elapsed_ms;	      /* of sending, without making small */
	bool interrupted;
	json_t *keys; /* array; new reference */
};

/* 0: it ran. -1: the server ceased to answer, or the disk is full; @ret holds what was done, ->keys
 * is the caller's. */
int np_apidiff(const struct np_apidiff_options *options, struct np_apidiff_summary *ret,
	       struct np_err *err);

#endif
