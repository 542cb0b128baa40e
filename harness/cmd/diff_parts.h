/* diff_parts.h - two worlds side by side, for the command diff. */
#ifndef NP_CMD_DIFF_PARTS_H
#define NP_CMD_DIFF_PARTS_H

#include "np/oracle/oracle.h"

/* An end in both worlds. An address may stand for all up to @last (width 0: for itself alone). */
struct pair {
	struct np_end before, after;
	struct np_addr last;
};

/* Numbers first..last of a protocol, alike in both worlds. */
struct stretch {
	enum np_proto proto;
	uint16_t first, last;
	size_t kept; /* of the changes on it, SIZE_MAX: nothing changes */
};

enum change { CHANGE_OPENS, CHANGE_CLOSES, CHANGE_MAY_OPEN, CHANGE_MAY_CLOSE, N_CHANGES };

/* Connections between two ends, or between a stretch of addresses and an end. */
struct line {
	enum change change;
	size_t src, src_last, dst, dst_last; /* ends; first and last of a stretch */
	char *ports;
};

struct diff {
	const struct np_world *before, *after;
	struct pair *ends;
	size_t n_ends, cap_ends;
	struct stretch *stretches;
	size_t n_stretches, cap_stretches;
	size_t n_gone, n_new; /* pods of one world alone */
	int family;
	/*
	 * What changes: kept number k as ports 2k and 2k + 1 of a table of the ends. Opens are
	 * "allow" and closes "undef" of the first, may open and may close those of the second.
	 */
	struct np_table changes;
	size_t n_kept;
	struct line *lines;
	size_t n_lines, cap_lines;
};

/* Fills changes; NP_ELIMIT when they would be larger than a gigabyte. */
int diff_find_changes(struct diff *d, const struct np_readings *rd, struct np_err *err);
/* Lines for all that changes. */
void diff_list(struct diff *d);
void diff_release(struct diff *d);

/* As text: every line, or with @summary classes of ends that change alike. */
void diff_print_text(const struct diff *d, bool summary);
void diff_print_json(const struct diff *d);

#endif
