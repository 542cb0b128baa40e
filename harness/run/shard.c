/* shard.c - one part of a plan. */
#include "np/run/shard.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "np/base/buf.h"
#include "np/base/file.h"
#include "np/base/mem.h"

#define DURATIONS_MAX_BYTES ((size_t)4 << 20)
#define DURATIONS_MAX_LINES 100000
#define FILE_MAX_BYTES ((size_t)8 << 20)
#define PROGRAM_MAX_BYTES ((size_t)512 << 20)
#define INDEX "index="
#define MIDDLING_MS 1000 /* of a case when no duration is known at all */

bool np_shard_parse(struct np_str text, unsigned *ret_number, unsigned *ret_of)
{
	bool index = np_str_starts(text, INDEX);
	struct np_str rest = index ? (struct np_str){ text.p + strlen(INDEX), text.n - strlen(INDEX) }
				   : text;
	const char *slash = rest.n ? memchr(rest.p, '/', rest.n) : NULL;
	unsigned long long number, of;
	size_t n = slash ? (size_t)(slash - rest.p) : 0;

	if (!slash || !np_str_u64((struct np_str){ rest.p, n }, NP_SHARDS_MAX, &number) ||
	    !np_str_u64((struct np_str){ slash + 1, rest.n - n - 1 }, NP_SHARDS_MAX, &of))
		return false;
	number += index;
	if (!number || number > of)
		return false;
	*ret_number = (unsigned)number;
	*ret_of = (unsigned)of;
	return true;
}

/* --- digests --- */

static uint64_t fnv(uint64_t hash, const void *bytes, size_t n)
{
	const unsigned char *p = bytes;

	for (size_t i = 0; i < n; i++)
		hash = (hash ^ p[i]) * UINT64_C(1099511628211);
	return hash;
}

static int add_file(uint64_t *hash, const char *path, struct np_err *err)
{
	struct np_buf text = { 0 };
	int rc = path ? np_file_read(path, FILE_MAX_BYTES, &text, err) : 0;

	*hash = fnv(*hash, text.data, text.len);
	np_buf_release(&text);
	return rc;
}

static int by_id(const void *a, const void *b)
{
	const struct np_case *const *x = a, *const *y = b;

	return np_str_cmp((*x)->id, (*y)->id);
}

static int by_name(const void *a, const void *b)
{
	const struct np_worldfile *const *x = a, *const *y = b;

	return np_str_cmp((*x)->name, (*y)->name);
}

static const struct np_case **cases_by_id(const struct np_plan *plan)
{
	const struct np_case **list = np_xcalloc(plan->n_cases + 1, sizeof(*list));

	for (size_t i = 0; i < plan->n_cases; i++)
		list[i] = &plan->cases[i];
	qsort(list, plan->n_cases, sizeof(*list), by_id);
	return list;
}

static int digest_of(const struct np_plan *plan, uint64_t *ret, struct np_err *err)
{
	const struct np_case **cases = cases_by_id(plan);
	const struct np_worldfile **worlds = np_xcalloc(plan->n_worlds + 1, sizeof(*worlds));
	uint64_t hash = UINT64_C(14695981039346656037);
	int rc = 0;

	for (size_t i = 0; i < plan->n_cases && rc == 0; i++) {
		hash = fnv(hash, cases[i]->id.p, cases[i]->id.n + 1);
		rc = add_file(&hash, cases[i]->place.file, err);
	}
	for (size_t i = 0; i < plan->n_worlds; i++)
		worlds[i] = &plan->worlds[i];
	qsort(worlds, plan->n_worlds, sizeof(*worlds), by_name);
	for (size_t i = 0; i < plan->n_worlds && rc == 0; i++) {
		hash = fnv(hash, worlds[i]->name.p, worlds[i]->name.n + 1);
		if (worlds[i]->n_objects)
			rc = add_file(&hash, worlds[i]->objects[0].place.file, err);
	}
	free(cases);
	free(worlds);
	*ret = hash;
	return rc;
}

uint64_t np_shard_seed(const struct np_shard *shard)
{
	return shard->digest % 1000000007 + 1;
}

unsigned long long np_build_digest(void)
{
	struct np_buf program = { 0 };
	uint64_t hash = 0;

	if (np_file_read("/proc/self/exe", PROGRAM_MAX_BYTES, &program, NULL) == 0)
		hash = fnv(UINT64_C(14695981039346656037), program.data, program.len);
	np_buf_release(&program);
	return hash;
}

/* --- durations --- */

struct duration {
	struct np_str id; /* into the text */
	unsigned long long ms;
};

struct durations {
	struct np_buf text;
	struct duration *items; /* by id */
	size_t n, cap;
	unsigned long long middling_ms;
};

static int duration_by_id(const void *a, const void *b)
{
	const struct duration *x = a, *y = b;

	return np_str_cmp(x->id, y->id);
}

static int duration_by_ms(const void *a, const void *b)
{
	const struct duration *x = a, *y = b;

	return (x->ms > y->ms) - (x->ms < y->ms);
}

static int take_line(struct durations *d, const char *p, size_t n, struct np_err *err)
{
	const char *tab = memchr(p, '\t', n);
	struct duration one = { { p, tab ? (size_t)(tab - p) : 0 }, 0 };

	if (!n || *p == '#')
		return 0;
	if (d->n >= DURATIONS_MAX_LINES)
		return np_err_set(err, NP_ELIMIT, "more than %d lines", DURATIONS_MAX_LINES);
	if (!one.id.n ||
	    !np_str_u64((struct np_str){ tab + 1, n - one.id.n - 1 }, 1ULL << 40, &one.ms))
		return np_err_set(err, NP_EPARSE, "not a case and milliseconds, a tab between");
	d->items = np_grow(d->items, &d->cap, d->n, sizeof(*d->items));
	d->items[d->n++] = one;
	return 0;
}

static int read_durations(struct durations *d, const char *suites_dir, struct np_err *err)
{
	np_auto_free char *path = np_xasprintf("%s/durations.tsv", suites_dir ? suites_dir : ".");
	unsigned line = 0;

	d->middling_ms = MIDDLING_MS;
	if (!suites_dir || access(path, F_OK) != 0)
		return 0;
	if (np_file_read(path, DURATIONS_MAX_BYTES, &d->text, err) < 0)
		return -1;
	for (size_t at = 0; at < d->text.len;) {
		const char *p = d->text.data + at, *nl = memchr(p, '\n', d->text.len - at);
		size_t n = nl ? (size_t)(nl - p) : d->text.len - at;

		line++;
		if (take_line(d, p, n, err) < 0)
			return np_err_at(err, path, line, 0);
		at += n + 1;
	}
	if (d->n) {
		qsort(d->items, d->n, sizeof(*d->items), duration_by_ms);
		d->middling_ms = d->items[d->n / 2].ms;
		qsort(d->items, d->n, sizeof(*d->items), duration_by_id);
	}
	return 0;
}

static unsigned long long duration_of(const struct durations *d, struct np_str id)
{
	const struct duration key = { .id = id },
			      *found = d->n ? bsearch(&key, d->items, d->n, sizeof(*d->items),
						      duration_by_id)
					    : NULL;

	return found ? found->ms : d->middling_ms;
}

/* --- the parts --- */

/* What goes into one part together: a case, or all cases of a world that is not worth deploying
 * twice. */
struct item {
	struct np_str name; /* of the case, or of the world */
	unsigned long long ms;
	bool world;
	unsigned shard;
};

static int by_length(const void *a, const void *b)
{
	const struct item *x = a, *y = b;

	return x->ms != y->ms ? (x->ms < y->ms) - (x->ms > y->ms) : np_str_cmp(x->name, y->name);
}

/* The longest first, each to the part that has least: no part gets much more than its share. */
static void deal(struct item *items, size_t n, unsigned of)
{
	unsigned long long *load = np_xcalloc(of, sizeof(*load));

	qsort(items, n, sizeof(*items), by_length);
	for (size_t i = 0; i < n; i++) {
		unsigned least = 0;

		for (unsigned s = 1; s < of; s++)
			if (load[s] < load[least])
				least = s;
		items[i].shard = least + 1;
		load[least] += items[i].ms + 1;
	}
	free(load);
}

static unsigned long long world_ms(const struct np_plan *plan, const struct durations *d,
				   struct np_str world)
{
	unsigned long long ms = 0;

	for (size_t i = 0; i < plan->n_cases; i++)
		if (np_str_eq(plan->cases[i].world, world))
			ms += duration_of(d, plan->cases[i].id);
	return ms;
}

/* Worlds that fill at most half a part stay whole; of the others each case goes by itself. */
static struct item *items_of(const struct np_plan *plan, const struct durations *d, unsigned of,
			     size_t *ret_n)
{
	struct item *items = np_xcalloc(plan->n_cases + plan->n_worlds + 1, sizeof(*items));
	bool *whole = np_xcalloc(plan->n_worlds + 1, sizeof(*whole));
	unsigned long long total = 0;
	size_t n = 0;

	for (size_t i = 0; i < plan->n_cases; i++)
		total += duration_of(d, plan->cases[i].id);
	for (size_t w = 0; w < plan->n_worlds; w++) {
		unsigned long long ms = world_ms(plan, d, plan->worlds[w].name);

		whole[w] = ms <= total / of / 2;
		if (whole[w])
			items[n++] = (struct item){ plan->worlds[w].name, ms, true, 0 };
	}
	for (size_t i = 0; i < plan->n_cases; i++) {
		const struct np_case *c = &plan->cases[i];

		if (!whole[np_plan_world(plan, c->world) - plan->worlds])
			items[n++] = (struct item){ c->id, duration_of(d, c->id), false, 0 };
	}
	free(whole);
	*ret_n = n;
	return items;
}

static int item_by_name(const void *a, const void *b)
{
	const struct item *x = a, *y = b;

	return x->world != y->world ? (int)x->world - (int)y->world : np_str_cmp(x->name, y->name);
}

static unsigned shard_of(const struct item *items, size_t n, const struct np_case *c)
{
	const struct item as_case = { .name = c->id },
			  as_world = { .name = c->world, .world = true };
	const struct item *found = bsearch(&as_case, items, n, sizeof(*items), item_by_name);

	if (!found)
		found = bsearch(&as_world, items, n, sizeof(*items), item_by_name);
	return found ? found->shard : 1;
}

static bool needed(const struct np_plan *plan, struct np_str world)
{
	for (size_t i = 0; i < plan->n_cases; i++)
		if (np_str_eq(plan->cases[i].world, world))
			return true;
	return false;
}

static void drop_others(struct np_plan *plan, const struct item *items, size_t n, unsigned number)
{
	/* Names of items are those of cases: none goes before all are looked up. */
	np_auto_free bool *mine = np_xcalloc(plan->n_cases + 1, sizeof(*mine));
	size_t kept = 0, worlds = 0;

	for (size_t i = 0; i < plan->n_cases; i++)
		mine[i] = shard_of(items, n, &plan->cases[i]) == number;
	for (size_t i = 0; i < plan->n_cases; i++) {
		if (!mine[i]) {
			np_case_release(&plan->cases[i]);
			continue;
		}
		plan->bands[kept] = plan->bands[i];
		plan->cases[kept++] = plan->cases[i];
	}
	plan->n_cases = kept;
	for (size_t w = 0; w < plan->n_worlds; w++) {
		if (needed(plan, plan->worlds[w].name))
			plan->worlds[worlds++] = plan->worlds[w];
		else
			np_worldfile_release(&plan->worlds[w]);
	}
	plan->n_worlds = worlds;
}

int np_shard_take(struct np_plan *plan, const char *suites_dir, struct np_shard *shard,
		  struct np_err *err)
{
	struct durations d = { .n = 0 };
	struct item *items = NULL;
	uint64_t digest = 0;
	size_t n = 0;
	int rc = digest_of(plan, &digest, err);

	if (rc == 0)
		rc = read_durations(&d, suites_dir, err);
	if (rc == 0) {
		shard->digest = digest;
		shard->n_planned = plan->n_cases;
		items = items_of(plan, &d, shard->of, &n);
		deal(items, n, shard->of);
		qsort(items, n, sizeof(*items), item_by_name);
		drop_others(plan, items, n, shard->number);
		if (!plan->n_cases)
			rc = np_err_set(err, NP_EUSAGE,
					"shard %u of %u has no case: %zu are too few",
					shard->number, shard->of, shard->n_planned);
	}
	free(items);
	free(d.items);
	np_buf_release(&d.text);
	return rc;
}
