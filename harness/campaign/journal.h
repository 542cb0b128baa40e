/*
 * journal.h - private to campaign: what a campaign was about to do, on disk before it is done. One
 *JSON object a line:
 *	{"type": "campaign", "id", "seed", "context", "schema": 1}
 *	{"type": "epoch", "epoch", "ops": [..]}		fsynced before the first of them is sent
 *	{"type": "answers", "epoch", "http": [..], "live": [{"namespace", "name"}]}	all were
 *sent
 *	{"type": "finding", "key", "epoch"}
 * A last line without its end is the trace of a killed campaign and does not count.
 */
#ifndef NP_CAMPAIGN_JOURNAL_H
#define NP_CAMPAIGN_JOURNAL_H

#include <jansson.h>
#include <stdint.h>

#include "np/base/err.h"

#define JOURNAL_MAX ((size_t)256 << 20)

struct journal {
	int fd;
	char *path;
};

/* Makes the folder @dir and opens its journal.ndjson for appending. */
int journal_open(struct journal *j, const char *dir, struct np_err *err);
/* @line is taken. On disk when this returns. A full disk is NP_EIO; then nothing may be sent. */
int journal_put_take(struct journal *j, json_t *line, struct np_err *err);
void journal_close(struct journal *j);

struct journal_state {
	char id[16], context[256];
	uint64_t seed;
	unsigned next_epoch; /* the first whose answers are not there */
	json_t *live;	    /* what put the policies in force, after the last answers; never NULL */
	json_t *unfinished; /* operations of an epoch without answers, or NULL */
	json_t *keys;	    /* of findings; never NULL */
};
/* NP_ENOTFOUND, NP_EPARSE with the line. Released with journal_state_release(). */
int journal_read(const char *dir, struct journal_state *ret, struct np_err *err);
void journal_state_release(struct journal_state *s);

#endif
