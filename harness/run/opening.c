/* opening.c - a new world before its first policy. */
#include "opening.h"

#include "np/base/clock.h"
#include "np/base/mem.h"
#include "settle.h"

#define NAMES_MAX 3 /* pods named */

/* Does no other pod reach this one, on any port? */
static bool cut_off(const struct np_rt *t, size_t end)
{
	size_t asked = 0;

	if (!t->ends[end].name.is_pod)
		return false;
	for (size_t i = 0; i < t->n_cells; i++) {
		struct np_rt_cell c = np_rt_cell(t, i);

		if (c.dst != end || !t->ends[c.src].name.is_pod || t->expected[i] != NP_ALLOW)
			continue;
		if (!np_rt_wrong(t, i))
			return false;
		asked++;
	}
	return asked > 0;
}

/* "x/a, x/b, x/c and 4 more". Returns how many there are. */
static size_t name_cut_off(const struct np_rt *t, struct np_buf *b)
{
	size_t n = 0;

	for (size_t e = 0; e < t->n_ends; e++)
		if (cut_off(t, e) && n++ < NAMES_MAX)
			np_buf_printf(b, "%s" NP_STR_FMT, b->len ? ", " : "",
				      NP_STR_ARG(t->ends[e].name.name));
	if (n > NAMES_MAX)
		np_buf_printf(b, " and %zu more", n - NAMES_MAX);
	return n;
}

static void describe_cells(const struct np_rt *t, size_t wrong, char *why, size_t size)
{
	char cell[640] = "";
	size_t first = SIZE_MAX, n = 0;

	for (size_t i = 0; i < t->n_cells; i++) {
		if (t->expected[i] == NP_NO_FLOW)
			continue;
		n++;
		if (first == SIZE_MAX && np_rt_wrong(t, i))
			first = i;
	}
	if (first != SIZE_MAX)
		np_rt_cell_text(t, first, cell, sizeof(cell));
	snprintf(why, size,
		 "%zu of %zu connections of new pods do not work before any policy is in place "
		 "(the first: %.100s: %s): the agent does not follow new pods, or the pod network "
		 "does not work (S01)",
		 wrong, n, cell,
		 first != SIZE_MAX ? np_outcome_name(t->seen[first].outcome) : "-");
}

static void describe(const struct np_rt *t, const struct np_settle *st, char *why, size_t size)
{
	struct np_buf names = { 0 };

	if (st->network_failed)
		snprintf(why, size, "the control pods, which no policy touches, do not reach each "
				    "other");
	else if (st->disturbed > NP_SETTLE_DISTURBED_MAX)
		snprintf(why, size, "the way to the agents or the API server was gone %u times",
			 st->disturbed);
	else if (st->errors && st->errors == st->wrong)
		snprintf(why, size, "probes of a new world could not be made (%zu)", st->errors);
	else if (name_cut_off(t, &names))
		snprintf(why, size,
			 "new pods (%s) cannot be reached by anybody before any policy is in "
			 "place: the agent does not follow new pods (S01)",
			 np_buf_text(&names));
	else
		describe_cells(t, st->wrong, why, size);
	np_buf_release(&names);
}

/* The deadline came between the last look at some cells, which was wrong, and the closing one at
 * all of them, which is not. */
static bool open_at_last(const struct np_settle *st)
{
	return !st->wrong && !st->network_failed && st->disturbed <= NP_SETTLE_DISTURBED_MAX;
}

int np_opening_look(struct np_session *s, long long deadline_ms, bool *ret_open, char *why,
		    size_t size, struct np_err *err)
{
	static const struct np_case no_case; /* the ports of the world, the cluster's family */
	const struct np_readings readings = np_profile_readings(NP_PROFILE_CORE);
	struct np_settle st = { .change_us = np_now_us(), .deadline_ms = deadline_ms };
	struct np_world world;
	struct np_oracle *oracle;
	struct np_rt t;
	int rc;

	if (np_session_read(s, &world, err) < 0)
		return -1;
	oracle = np_oracle_new(&world, &readings);
	np_rt_init(&t, s, &world, oracle, &no_case);
	rc = np_settle(&t, s, &st, err);
	if (rc == 0) {
		*ret_open = st.right || open_at_last(&st);
		if (!*ret_open)
			describe(&t, &st, why, size);
	}
	json_decref(st.observations);
	np_rt_release(&t);
	np_oracle_free(oracle);
	np_world_release(&world);
	return rc;
}
