/* diff_changes.c - what of two truth tables differs. Stretches of ports on which nothing, or the
 * same, changes are not kept apart. */
#include "diff_parts.h"

#include <stdlib.h>

#include "np/base/mem.h"

enum { BATCH = 8 }; /* stretches whose tables are in memory at once */
#define MAX_BYTES ((size_t)1 << 30)

static size_t words_of(const struct np_bitmatrix *m)
{
	return m->n_rows * m->words_per_row;
}

static struct np_bitmatrix new_matrix(const struct np_bitmatrix *like)
{
	struct np_bitmatrix m = *like;

	m.words = np_xcalloc(words_of(like) + 1, sizeof(*m.words));
	return m;
}

/* Adds two ports to the changes: those of one stretch, from its cells before and after. Undef may
 * be NULL: nothing is. */
static bool make_changes(const struct np_table *before, const struct np_table *after, size_t p,
			 struct np_bitmatrix ret[N_CHANGES])
{
	const uint64_t *a = before->allow[p].words, *b = after->allow[p].words;
	const uint64_t *u = before->undef ? before->undef[p].words : NULL;
	const uint64_t *v = after->undef ? after->undef[p].words : NULL;
	uint64_t any = 0;

	for (int c = 0; c < N_CHANGES; c++)
		ret[c] = new_matrix(&before->allow[p]);
	for (size_t i = 0; i < words_of(&before->allow[p]); i++) {
		uint64_t open = u ? u[i] : 0, opened = v ? v[i] : 0;

		ret[CHANGE_OPENS].words[i] = b[i] & ~a[i];
		ret[CHANGE_CLOSES].words[i] = (a[i] | open) & ~(b[i] | opened);
		ret[CHANGE_MAY_OPEN].words[i] = opened & ~(a[i] | open);
		ret[CHANGE_MAY_CLOSE].words[i] = opened & a[i];
		for (int c = 0; c < N_CHANGES; c++)
			any |= ret[c].words[i];
	}
	return any != 0;
}

static struct np_bitmatrix *kept_matrix(const struct diff *d, size_t kept, enum change c)
{
	return &(c % 2 ? d->changes.undef : d->changes.allow)[2 * kept + c / 2];
}

static bool diff_changes(const struct diff *d, size_t kept, size_t src, size_t dst, enum change change)
{
	const struct np_bitmatrix *m = kept_matrix(d, kept, change);

	return m->words[src * m->words_per_row + dst / 64] >> (dst % 64) & 1;
}

/* The kept changes that are the same, or n_kept. */
static size_t find_kept(const struct diff *d, const struct np_bitmatrix changes[N_CHANGES])
{
	for (size_t k = 0; k < d->n_kept; k++) {
		bool same = true;

		for (int c = 0; c < N_CHANGES && same; c++)
			same = memcmp(kept_matrix(d, k, (enum change)c)->words, changes[c].words,
				      words_of(&changes[c]) * sizeof(uint64_t)) == 0;
		if (same)
			return k;
	}
	return d->n_kept;
}

/* Takes the matrices. */
static void keep(struct diff *d, struct stretch *s, struct np_bitmatrix changes[N_CHANGES])
{
	s->kept = find_kept(d, changes);
	if (s->kept < d->n_kept) {
		for (int c = 0; c < N_CHANGES; c++)
			free(changes[c].words);
		return;
	}
	d->n_kept++;
	d->changes.n_ports = 2 * d->n_kept;
	d->changes.allow =
		np_xrealloc(d->changes.allow, d->changes.n_ports, sizeof(*d->changes.allow));
	d->changes.undef =
		np_xrealloc(d->changes.undef, d->changes.n_ports, sizeof(*d->changes.undef));
	for (int c = 0; c < N_CHANGES; c++)
		*kept_matrix(d, s->kept, (enum change)c) = changes[c];
}

static int compare(struct diff *d, const struct np_table t[2], size_t first, struct np_err *err)
{
	for (size_t p = 0; p < t[0].n_ports; p++) {
		struct np_bitmatrix changes[N_CHANGES];

		if (make_changes(&t[0], &t[1], p, changes))
			keep(d, &d->stretches[first + p], changes);
		else
			for (int c = 0; c < N_CHANGES; c++)
				free(changes[c].words);
		if (d->n_kept * N_CHANGES * words_of(&t[0].allow[0]) * sizeof(uint64_t) > MAX_BYTES)
			return np_err_set(err, NP_ELIMIT,
					  "too many changes at once: %zu ends, %zu kinds of ports",
					  d->n_ends, d->n_kept);
	}
	return 0;
}

static void fill_ends(const struct diff *d, bool after, struct np_end *ends)
{
	for (size_t i = 0; i < d->n_ends; i++)
		ends[i] = after ? d->ends[i].after : d->ends[i].before;
}

int diff_find_changes(struct diff *d, const struct np_readings *rd, struct np_err *err)
{
	np_auto_free struct np_end *ends = np_xcalloc(d->n_ends + 1, sizeof(*ends));
	struct np_oracle *o[2] = { np_oracle_new(d->before, rd), np_oracle_new(d->after, rd) };
	int rc = 0;

	for (size_t at = 0; at < d->n_stretches && rc == 0; at += BATCH) {
		struct np_probe_port ports[BATCH];
		struct np_table t[2];
		size_t n = 0;

		for (; n < BATCH && at + n < d->n_stretches; n++)
			ports[n] = (struct np_probe_port){ d->stretches[at + n].proto,
							   d->stretches[at + n].first };
		for (int after = 0; after < 2; after++) {
			fill_ends(d, after, ends);
			np_oracle_table(o[after], ends, d->n_ends, ends, d->n_ends, ports, n,
					d->family, &t[after]);
		}
		rc = compare(d, t, at, err);
		np_table_release(&t[0]);
		np_table_release(&t[1]);
	}
	d->changes.n_sources = d->changes.n_dests = d->n_ends;
	np_oracle_free(o[0]);
	np_oracle_free(o[1]);
	return rc;
}

static void put_stretch(struct np_buf *b, const struct stretch *s)
{
	np_buf_adds(b, b->len ? "," : "");
	if (s->first == 1 && s->last == 65535)
		np_buf_printf(b, "%s", np_proto_name(s->proto));
	else if (s->first == s->last)
		np_buf_printf(b, "%s:%u", np_proto_name(s->proto), s->first);
	else
		np_buf_printf(b, "%s:%u-%u", np_proto_name(s->proto), s->first, s->last);
}

/* The stretches of one kind of change, neighbours joined. */
static void put_ports(const struct diff *d, size_t src, size_t dst, enum change want,
		      struct np_buf *ret)
{
	struct stretch run = { .last = 0 };

	for (size_t p = 0; p < d->n_stretches; p++) {
		const struct stretch *s = &d->stretches[p];

		if (s->kept == SIZE_MAX || !diff_changes(d, s->kept, src, dst, want))
			continue;
		if (run.last && run.proto == s->proto && run.last + 1 == s->first) {
			run.last = s->last;
			continue;
		}
		if (run.last)
			put_stretch(ret, &run);
		run = *s;
	}
	if (run.last)
		put_stretch(ret, &run);
}

/* Whether @b goes on where @a ends: two stretches of addresses side by side. */
static bool is_next(const struct diff *d, size_t a, size_t b)
{
	struct np_addr after;

	return d->ends[a].last.width && d->ends[b].last.width &&
	       np_addr_add(&d->ends[a].last, 1, &after) &&
	       (np_addr_eq(&after, &d->ends[b].before.addr) || a + 1 == b);
}

/* The last lines that may go on: of the current source, and by destination. Numbers + 1, 0: none.
 */
struct recent {
	size_t of_source[N_CHANGES];
	size_t *of_dest[N_CHANGES];
};

/* Takes @ports. A line that goes on where an earlier one ends becomes part of that. */
static void add_line_take(struct diff *d, struct recent *recent, enum change change, size_t src,
			  size_t dst, char *ports)
{
	size_t at = recent->of_source[change];
	struct line *l = at ? &d->lines[at - 1] : NULL;

	if (l && l->src == src && l->src_last == src && is_next(d, l->dst_last, dst) &&
	    strcmp(l->ports, ports) == 0) {
		l->dst_last = dst;
		free(ports);
		return;
	}
	at = recent->of_dest[change][dst];
	l = at ? &d->lines[at - 1] : NULL;
	if (l && l->dst == dst && l->dst_last == dst && is_next(d, l->src_last, src) &&
	    strcmp(l->ports, ports) == 0) {
		l->src_last = src;
		free(ports);
		return;
	}
	d->lines = np_grow(d->lines, &d->cap_lines, d->n_lines, sizeof(*d->lines));
	d->lines[d->n_lines++] = (struct line){ change, src, src, dst, dst, ports };
	recent->of_source[change] = recent->of_dest[change][dst] = d->n_lines;
}

static void list_cell(struct diff *d, struct recent *recent, size_t src, size_t dst)
{
	for (int c = 0; c < N_CHANGES; c++) {
		struct np_buf ports = { 0 };

		put_ports(d, src, dst, (enum change)c, &ports);
		if (ports.len)
			add_line_take(d, recent, (enum change)c, src, dst, np_buf_steal(&ports));
		np_buf_release(&ports);
	}
}

static uint64_t any_change(const struct diff *d, size_t src, size_t word)
{
	uint64_t any = 0;

	for (size_t k = 0; k < d->n_kept; k++)
		for (int c = 0; c < N_CHANGES; c++) {
			const struct np_bitmatrix *m = kept_matrix(d, k, (enum change)c);

			any |= m->words[src * m->words_per_row + word];
		}
	return any;
}

void diff_list(struct diff *d)
{
	struct recent recent = { .of_source = { 0 } };

	for (int c = 0; c < N_CHANGES; c++)
		recent.of_dest[c] = np_xcalloc(d->n_ends + 1, sizeof(*recent.of_dest[c]));
	for (size_t i = 0; i < d->n_ends; i++)
		for (size_t w = 0; w * 64 < d->n_ends; w++)
			for (uint64_t left = any_change(d, i, w); left; left &= left - 1)
				list_cell(d, &recent, i, w * 64 + (size_t)__builtin_ctzll(left));
	for (int c = 0; c < N_CHANGES; c++)
		free(recent.of_dest[c]);
}

void diff_release(struct diff *d)
{
	np_table_release(&d->changes);
	free(d->ends);
	free(d->stretches);
	for (size_t i = 0; i < d->n_lines; i++)
		free(d->lines[i].ports);
	free(d->lines);
}
