/* judgement.c - what the cells of a table say of an implementation. */
#include "judgement.h"

#include <stdio.h>

#include "np/base/clock.h"
#include "np/base/json.h"

#define FAILURES_MAX 8

void np_judgement_release(struct np_judgement *j)
{
	np_oracle_free(j->oracle);
	np_rt_release(&j->table);
	json_decref(j->settle.observations);
	np_world_release(&j->world);
}

void np_judgement_check(struct np_judgement *j, const struct np_expect *expect)
{
	const struct np_expect_line *line = NULL;
	size_t cell = expect ? np_rt_check_expect(&j->table, expect, &line) : SIZE_MAX;
	char text[640];

	if (cell == SIZE_MAX)
		return;
	j->result = NP_RUN_ERROR;
	snprintf(j->reason, sizeof(j->reason),
		 "the case's table (line %u) and the oracle (%s) disagree on %.120s",
		 line ? line->place.line : 0,
		 np_verdict_name((enum np_verdict)j->table.expected[cell]),
		 np_rt_cell_text(&j->table, cell, text, sizeof(text)));
}

/* Wrong cells are the implementation's; probes that could not be made are ours. */
static void judge_cells(struct np_judgement *j)
{
	const struct np_settle *st = &j->settle;
	size_t wrong = st->wrong - st->errors;
	char errors[60] = "";

	if (st->errors)
		snprintf(errors, sizeof(errors), "; %zu probes could not be made", st->errors);
	j->result = NP_RUN_FAIL;
	snprintf(j->reason, sizeof(j->reason),
		 wrong ? "%zu of %zu cells are wrong %lld ms after the change%s"
		       : "%zu of %zu cells are wrong in the last look %lld ms after the change, "
			 "but it did not stay right%s",
		 wrong, j->table.n_cells, (long long)(np_now_us() - st->change_us) / 1000, errors);
}

/* Why the first of them could not be made. */
static const char *error_detail(const struct np_rt *t)
{
	for (size_t i = 0; i < t->n_cells; i++)
		if (t->expected[i] != NP_NO_FLOW && t->looked[i] &&
		    t->seen[i].outcome == NP_OUT_ERROR && t->seen[i].detail[0])
			return t->seen[i].detail;
	return "no reason";
}

void np_judgement_take(struct np_judgement *j)
{
	const struct np_settle *st = &j->settle;

	if (st->right) {
		j->result = NP_RUN_PASS;
	} else if (st->network_failed) {
		j->result = NP_RUN_ERROR;
		snprintf(j->reason, sizeof(j->reason),
			 "the control pods, which no policy touches, do not reach each other");
	} else if (st->disturbed > NP_SETTLE_DISTURBED_MAX) {
		j->result = NP_RUN_ERROR;
		j->unjudged = true;
		snprintf(j->reason, sizeof(j->reason),
			 "the way to the agents or the API server was gone %u times",
			 st->disturbed);
	} else if (st->errors && st->wrong == st->errors) {
		j->result = NP_RUN_ERROR;
		j->unjudged = true;
		snprintf(j->reason, sizeof(j->reason),
			 "could not be judged: %zu probes could not be made (%s), no other cell is "
			 "wrong",
			 st->errors, error_detail(&j->table));
	} else {
		judge_cells(j);
	}
}

json_t *np_judgement_failures(const struct np_judgement *j)
{
	json_t *list = json_array();
	size_t last = SIZE_MAX;

	for (size_t i = 0; i < j->table.n_cells; i++) {
		if (j->table.expected[i] == NP_NO_FLOW || !np_rt_wrong(&j->table, i))
			continue;
		/* Beside cells that are wrong those that could not be asked say nothing. */
		if (j->result == NP_RUN_FAIL && j->table.seen[i].outcome == NP_OUT_ERROR)
			continue;
		if (json_array_size(list) < FAILURES_MAX - 1)
			json_array_append_new(list, np_rt_failure_json(&j->table, j->oracle, i));
		else
			last = i;
	}
	if (last != SIZE_MAX)
		json_array_append_new(list, np_rt_failure_json(&j->table, j->oracle, last));
	return list;
}
