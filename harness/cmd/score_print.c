/* score_print.c - a mutation score as text and JSON. */
#include "score_print.h"

#include <stdlib.h>

#include "np/base/json.h"
#include "np/base/mem.h"
#include "np/run/equal.h"

const char *np_score_open(const struct np_score_row *row)
{
	return row->wrong.mutant ? np_mutant_open(row->wrong.mutant)
				 : np_site_open(row->wrong.site, row->wrong.op);
}

static bool survives(const struct np_score_row *row)
{
	return !row->n_killed_by && !np_score_open(row);
}

size_t np_score_survivors(const struct np_score *s)
{
	size_t n = 0;

	for (size_t i = 0; i < s->n_rows; i++)
		n += survives(&s->rows[i]);
	return n;
}

static size_t n_killed(const struct np_score *s)
{
	size_t n = 0;

	for (size_t i = 0; i < s->n_rows; i++)
		n += s->rows[i].n_killed_by > 0;
	return n;
}

static void killed_line(const struct np_score_row *row, const struct np_plan *plan,
			struct np_buf *ret)
{
	char name[NP_SITE_TEXT_MAX];
	const struct np_mutant_row *m = np_mutant_row(row->wrong.mutant);

	np_buf_printf(ret, "%-4s %-36s %5zu", m ? m->class_id : "-", np_score_row_name(row, name),
		      row->n_killed_by);
	if (row->n_killed_by)
		np_buf_printf(ret, "  %s%s%s", plan->cases[row->killed_by[0]].id.p,
			      row->how[0] == NP_PLAY_WRONG ? "" : ": ",
			      row->how[0] == NP_PLAY_WRONG ? "" : np_play_result_name(row->how[0]));
	else
		np_buf_printf(ret, "  %s", np_score_open(row) ? np_score_open(row) : "SURVIVES");
	np_buf_addc(ret, '\n');
}

struct case_kills {
	size_t at, n;
};

static int most_first(const void *a, const void *b)
{
	const struct case_kills *x = a, *y = b;

	return x->n != y->n ? (x->n < y->n) - (x->n > y->n) : (x->at > y->at) - (x->at < y->at);
}

static void case_lines(const struct np_score *s, const struct np_plan *plan, struct np_buf *ret)
{
	struct case_kills *k = np_xcalloc(plan->n_cases + 1, sizeof(*k));

	for (size_t i = 0; i < plan->n_cases; i++)
		k[i].at = i;
	for (size_t i = 0; i < s->n_rows; i++)
		for (size_t j = 0; j < s->rows[i].n_killed_by; j++)
			k[s->rows[i].killed_by[j]].n++;
	qsort(k, plan->n_cases, sizeof(*k), most_first);
	np_buf_adds(ret, "\nkills by case\n");
	for (size_t i = 0; i < plan->n_cases; i++)
		np_buf_printf(ret, "%5zu  %s\n", k[i].n, plan->cases[k[i].at].id.p);
	free(k);
}

static void sum_lines(const struct np_score *s, struct np_buf *ret)
{
	size_t open = 0, equal = 0;

	for (size_t i = 0; i < s->n_rows; i++)
		if (!s->rows[i].n_killed_by && np_score_open(&s->rows[i]))
			*(s->rows[i].wrong.mutant ? &open : &equal) += 1;
	if (s->n_disagreements)
		np_buf_printf(ret, "the right model is wrong in %zu cases; %s\n",
			      s->n_disagreements, s->disagreement);
	np_buf_printf(ret, "%zu mutants, %zu killed, %zu survive, ", s->n_rows, n_killed(s),
		      np_score_survivors(s));
	if (equal)
		np_buf_printf(ret, "%zu equivalent, ", equal);
	np_buf_printf(ret, "%zu cannot be asserted; %zu cases\n", open, s->n_cases);
}

void np_score_text(const struct np_score *s, const struct np_plan *plan, bool cases,
		   struct np_buf *ret)
{
	np_buf_printf(ret, "%-4s %-36s %5s  first of them\n", "", "mutant", "cases");
	for (size_t i = 0; i < s->n_rows; i++)
		killed_line(&s->rows[i], plan, ret);
	if (cases)
		case_lines(s, plan, ret);
	np_buf_addc(ret, '\n');
	sum_lines(s, ret);
}

static json_t *ids(const struct np_score_row *row, const struct np_plan *plan)
{
	json_t *list = json_array();

	for (size_t i = 0; i < row->n_killed_by; i++)
		json_array_append_new(list, np_json_string(plan->cases[row->killed_by[i]].id));
	return list;
}

void np_score_json(const struct np_score *s, const struct np_plan *plan, struct np_buf *ret)
{
	json_t *survivors = json_array(), *open = json_object(), *killed_by = json_object(), *all;
	char name[NP_SITE_TEXT_MAX];

	for (size_t i = 0; i < s->n_rows; i++) {
		const struct np_score_row *row = &s->rows[i];

		np_score_row_name(row, name);
		if (row->n_killed_by)
			json_object_set_new(killed_by, np_score_row_name(row, name),
					    ids(row, plan));
		else if (np_score_open(row))
			json_object_set_new(open, np_score_row_name(row, name),
					    json_string(np_score_open(row)));
		else
			json_array_append_new(survivors, json_string(np_score_row_name(row, name)));
	}
	all = np_json_pack("{s:I, s:I, s:I, s:o, s:o, s:o, s:I}", "mutants", (json_int_t)s->n_rows,
			   "killed", (json_int_t)n_killed(s), "cases", (json_int_t)s->n_cases,
			   "survivors", survivors, "killed_by", killed_by, "open", open,
			   "disagreements", (json_int_t)s->n_disagreements);
	np_json_dump(all, 0, ret);
	np_buf_addc(ret, '\n');
	json_decref(all);
}

static json_t *list_json(void)
{
	json_t *mutants = json_array(), *left_out = json_array();
	size_t n;
	const struct np_mutant_omission *omitted = np_mutant_omissions(&n);

	for (int i = NP_MUTANT_NONE + 1; i < NP_N_MUTANTS; i++) {
		const struct np_mutant_row *row = np_mutant_row((enum np_mutant)i);

		json_array_append_new(
			mutants,
			np_json_pack("{s:s, s:s, s:s, s:s, s:s, s:s?}", "name", row->name, "class",
				     row->class_id, "level",
				     np_mutant_level_name(np_mutant_level((enum np_mutant)i)),
				     "bugs", row->bugs, "what", row->what, "open",
				     np_mutant_open((enum np_mutant)i)));
	}
	for (size_t i = 0; i < n; i++)
		json_array_append_new(left_out,
				      np_json_pack("{s:s, s:s, s:s}", "class", omitted[i].class_id,
						   "bugs", omitted[i].bugs, "why", omitted[i].why));
	return np_json_pack("{s:o, s:o}", "mutants", mutants, "left_out", left_out);
}

static void list_text(struct np_buf *ret)
{
	size_t n;
	const struct np_mutant_omission *omitted = np_mutant_omissions(&n);

	for (int i = NP_MUTANT_NONE + 1; i < NP_N_MUTANTS; i++) {
		const struct np_mutant_row *row = np_mutant_row((enum np_mutant)i);

		np_buf_printf(ret, "%-4s %-36s %s%s%s%s\n", row->class_id, row->name, row->what,
			      *row->bugs ? " (" : "", row->bugs, *row->bugs ? ")" : "");
	}
	np_buf_adds(ret, "\nleft out\n");
	for (size_t i = 0; i < n; i++)
		np_buf_printf(ret, "%-4s %s: %s\n", omitted[i].class_id, omitted[i].bugs,
			      omitted[i].why);
}

void np_score_list(bool json, struct np_buf *ret)
{
	json_t *all;

	if (!json) {
		list_text(ret);
		return;
	}
	all = list_json();
	np_json_dump(all, 0, ret);
	np_buf_addc(ret, '\n');
	json_decref(all);
}

size_t np_packets_text(const struct np_packets *s, struct np_buf *ret)
{
	size_t killed = 0, open = 0;
	char clause[8];

	for (size_t i = 0; i < s->n_rows; i++) {
		const struct np_packets_row *row = &s->rows[i];
		bool is_open = !row->n_killed_by && np_clause_is_open(row->clause);

		np_buf_printf(ret, "%-4s %-36s %5zu  %s\n", np_clause_name(row->clause, clause),
			      row->fault, row->n_killed_by,
			      row->n_killed_by ? row->killed_by[0]
			      : is_open	       ? "not asserted by default"
					       : "SURVIVES");
		killed += row->n_killed_by > 0;
		open += is_open;
	}
	np_buf_printf(ret, "\n%zu faults, %zu killed, %zu survive, %zu cannot be asserted\n",
		      s->n_rows, killed, s->n_rows - killed - open, open);
	return s->n_rows - killed - open;
}

size_t np_packets_json(const struct np_packets *s, struct np_buf *ret)
{
	json_t *survivors = json_array(), *open = json_object(), *killed_by = json_object(), *all;
	size_t n = 0, n_cases = 0;
	char clause[8];

	for (size_t i = 0; i < s->n_rows; i++) {
		const struct np_packets_row *row = &s->rows[i];
		json_t *cases = json_array();

		for (size_t k = 0; k < row->n_killed_by; k++)
			json_array_append_new(cases,
					      np_json_string(np_str_from(row->killed_by[k])));
		if (row->n_killed_by)
			json_object_set(killed_by, row->fault, cases);
		else if (np_clause_is_open(row->clause))
			json_object_set_new(open, row->fault,
					    json_string(np_clause_name(row->clause, clause)));
		else
			json_array_append_new(survivors, json_string(row->fault));
		json_decref(cases);
		n_cases = row->n_cases > n_cases ? row->n_cases : n_cases;
	}
	n = json_array_size(survivors);
	all = np_json_pack("{s:I, s:I, s:I, s:o, s:o, s:o}", "mutants", (json_int_t)s->n_rows,
			   "killed", (json_int_t)json_object_size(killed_by), "cases",
			   (json_int_t)n_cases, "survivors", survivors, "killed_by", killed_by,
			   "open", open);
	np_json_dump(all, 0, ret);
	np_buf_addc(ret, '\n');
	json_decref(all);
	return n;
}
