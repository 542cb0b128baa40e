/*
 * tier.h - layer run: tiers, selections of cases by cost and power, and the file that orders them
 * (tiers.tsv in the suites' root): those first that notice most mistakes in little time, so that a
 * run that stops at its first failure seldom takes more than its first seconds. The file is made by
 * `netpolcheck cases select` from the score, never by hand.
 *
 * Blank-free fields separated by one tab, one line a case; # begins a comment line:
 *
 *	position  case  tier  named  mechanical
 *
 * position counts from 1; tier is the smallest that has the case, and lines of smaller tiers come
 * first; named and mechanical say how many mutants the case notices that no case before it does.
 */
#ifndef NP_RUN_TIER_H
#define NP_RUN_TIER_H

#include "np/base/arena.h"
#include "np/base/buf.h"
#include "np/base/err.h"
#include "np/base/str.h"

/* Smoke is part of default, which is part of full. */
enum np_tier {
	NP_TIER_DEFAULT, /* every case file of the suites; those without a line go last */
	NP_TIER_SMOKE,	 /* cases that the file gives this tier */
	NP_TIER_FULL,	 /* and a covering array that is generated when it runs, behind them */
	NP_N_TIERS
};

/* Of the array of NP_TIER_FULL. */
#define NP_TIER_FULL_STRENGTH 3
#define NP_TIER_FULL_SEED 1

const char *np_tier_name(enum np_tier tier); /* "default" "smoke" "full" */
bool np_tier_parse(struct np_str s, enum np_tier *ret);

struct np_tier_line {
	struct np_str id;
	enum np_tier tier;
	size_t named, mechanical;
	unsigned line; /* of the file; 0: of none */
};

struct np_tiers {
	struct np_arena arena;
	struct np_tier_line *lines; /* in the order of the file */
	size_t n_lines, cap_lines;
	size_t *by_id; /* indexes of lines, ids rising */
};

#define NP_TIERS_MAX_BYTES ((size_t)4 << 20)
#define NP_TIERS_MAX_LINES 100000

/*
 * NP_EPARSE with @file and line for a line that is not as above: another number of fields, a
 * position that is not the next, an unknown tier, one that is smaller than the line's before, an id
 * that was there, no number. NP_ELIMIT beyond the limits. Release with np_tiers_release().
 */
int np_tiers_parse(const char *text, size_t n_bytes, const char *file, struct np_tiers *ret,
		   struct np_err *err);
int np_tiers_load(const char *file, struct np_tiers *ret, struct np_err *err);
void np_tiers_release(struct np_tiers *t);
/* The index of the line of case @id; SIZE_MAX: it has none. */
size_t np_tiers_find(const struct np_tiers *t, struct np_str id);
/* The text of the file; @head: comment lines, each with its newline. by_id is not looked at. */
void np_tiers_text(const struct np_tier_line *lines, size_t n, const char *head,
		   struct np_buf *ret);

#endif
