/* tier.c - tiers.tsv. */
#include "np/run/tier.h"

#include <stdint.h>
#include <stdlib.h>

#include "np/base/file.h"
#include "np/base/mem.h"

#define N_FIELDS 5

static const char *const names[NP_N_TIERS] = { "default", "smoke", "full" };

const char *np_tier_name(enum np_tier tier)
{
	return names[tier];
}

bool np_tier_parse(struct np_str s, enum np_tier *ret)
{
	for (int t = 0; t < NP_N_TIERS; t++)
		if (np_str_is(s, names[t])) {
			*ret = (enum np_tier)t;
			return true;
		}
	return false;
}

/* Up to the next @end or the end of @rest, which is moved behind it. */
static struct np_str cut(struct np_str *rest, char end)
{
	const char *at = rest->n ? memchr(rest->p, end, rest->n) : NULL;
	struct np_str piece = { rest->p, at ? (size_t)(at - rest->p) : rest->n };

	rest->p += piece.n + (at != NULL);
	rest->n -= piece.n + (at != NULL);
	return piece;
}

static bool is_id(struct np_str s)
{
	for (size_t i = 0; i < s.n; i++)
		if (s.p[i] <= ' ' || s.p[i] == 0x7F)
			return false;
	return s.n > 0;
}

static int take_fields(struct np_tiers *t, const struct np_str f[static N_FIELDS],
		       struct np_err *err)
{
	unsigned long long position, named, mechanical;
	const struct np_tier_line *before = t->n_lines ? &t->lines[t->n_lines - 1] : NULL;
	enum np_tier tier;

	if (!np_str_u64(f[0], NP_TIERS_MAX_LINES, &position) || position != t->n_lines + 1)
		return np_err_set(err, NP_EPARSE, "position '%.*s' where %zu comes next",
				  (int)(f[0].n < 40 ? f[0].n : 40), f[0].p, t->n_lines + 1);
	if (!is_id(f[1]))
		return np_err_set(err, NP_EPARSE, "no case in the second field");
	if (!np_tier_parse(f[2], &tier) || tier == NP_TIER_FULL)
		return np_err_set(err, NP_EPARSE, "tier '%.*s' is not one of smoke, default",
				  (int)(f[2].n < 40 ? f[2].n : 40), f[2].p);
	if (tier == NP_TIER_SMOKE && before && before->tier != NP_TIER_SMOKE)
		return np_err_set(err, NP_EPARSE, "a case of the tier smoke behind one of default");
	if (!np_str_u64(f[3], UINT32_MAX, &named) || !np_str_u64(f[4], UINT32_MAX, &mechanical))
		return np_err_set(err, NP_EPARSE, "how many mutants it notices is no number");
	t->lines = np_grow(t->lines, &t->cap_lines, t->n_lines, sizeof(*t->lines));
	t->lines[t->n_lines++] = (struct np_tier_line){ .id = np_arena_str(&t->arena, f[1]),
							.tier = tier,
							.named = (size_t)named,
							.mechanical = (size_t)mechanical };
	return 0;
}

static int take_line(struct np_tiers *t, struct np_str line, struct np_err *err)
{
	struct np_str fields[N_FIELDS];

	if (t->n_lines >= NP_TIERS_MAX_LINES)
		return np_err_set(err, NP_ELIMIT, "more than %d cases", NP_TIERS_MAX_LINES);
	for (size_t i = 0; i < N_FIELDS; i++) {
		bool more = line.n && memchr(line.p, '\t', line.n);

		if (more != (i + 1 < N_FIELDS))
			return np_err_set(err, NP_EPARSE,
					  "not five fields: position, case, tier, named, "
					  "mechanical");
		fields[i] = cut(&line, '\t');
	}
	return take_fields(t, fields, err);
}

static int by_id(const void *a, const void *b, void *lines)
{
	const struct np_tier_line *all = lines;

	return np_str_cmp(all[*(const size_t *)a].id, all[*(const size_t *)b].id);
}

static int index_lines(struct np_tiers *t, const char *file, struct np_err *err)
{
	t->by_id = np_xcalloc(t->n_lines + 1, sizeof(*t->by_id));
	for (size_t i = 0; i < t->n_lines; i++)
		t->by_id[i] = i;
	qsort_r(t->by_id, t->n_lines, sizeof(*t->by_id), by_id, t->lines);
	for (size_t i = 1; i < t->n_lines; i++) {
		const struct np_tier_line *a = &t->lines[t->by_id[i - 1]],
					  *b = &t->lines[t->by_id[i]];

		if (!np_str_eq(a->id, b->id))
			continue;
		np_err_set(err, NP_EPARSE, "case '" NP_STR_FMT "' is in line %u, too",
			   NP_STR_ARG(a->id), a->line < b->line ? a->line : b->line);
		return np_err_at(err, file, a->line < b->line ? b->line : a->line, 0);
	}
	return 0;
}

int np_tiers_parse(const char *text, size_t n_bytes, const char *file, struct np_tiers *ret,
		   struct np_err *err)
{
	struct np_tiers t = { .n_lines = 0 };
	struct np_str rest = { text, n_bytes };
	unsigned at = 0;
	int rc = 0;

	while (rest.n && rc == 0) {
		struct np_str line = cut(&rest, '\n');

		at++;
		if (!line.n || *line.p == '#')
			continue;
		if (take_line(&t, line, err) < 0)
			rc = np_err_at(err, file, at, 0);
		else
			t.lines[t.n_lines - 1].line = at;
	}
	if (rc == 0)
		rc = index_lines(&t, file, err);
	if (rc < 0) {
		np_tiers_release(&t);
		return -1;
	}
	*ret = t;
	return 0;
}

int np_tiers_load(const char *file, struct np_tiers *ret, struct np_err *err)
{
	struct np_buf text = { 0 };
	int rc = np_file_read(file, NP_TIERS_MAX_BYTES, &text, err);

	if (rc == 0)
		rc = np_tiers_parse(np_buf_text(&text), text.len, file, ret, err);
	np_buf_release(&text);
	return rc;
}

void np_tiers_release(struct np_tiers *t)
{
	free(t->lines);
	free(t->by_id);
	np_arena_release(&t->arena);
	*t = (struct np_tiers){ .n_lines = 0 };
}

size_t np_tiers_find(const struct np_tiers *t, struct np_str id)
{
	size_t low = 0, high = t->n_lines;

	while (low < high) {
		size_t mid = low + (high - low) / 2;
		int c = np_str_cmp(id, t->lines[t->by_id[mid]].id);

		if (c == 0)
			return t->by_id[mid];
		if (c < 0)
			high = mid;
		else
			low = mid + 1;
	}
	return SIZE_MAX;
}

void np_tiers_text(const struct np_tier_line *lines, size_t n, const char *head, struct np_buf *ret)
{
	np_buf_adds(ret, head);
	for (size_t i = 0; i < n; i++)
		np_buf_printf(ret, "%zu\t" NP_STR_FMT "\t%s\t%zu\t%zu\n", i + 1,
			      NP_STR_ARG(lines[i].id), names[lines[i].tier], lines[i].named,
			      lines[i].mechanical);
}
