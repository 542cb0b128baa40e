/* score.c - every case of a plan on every wrong model. */
#include "np/run/score.h"

#include <stdlib.h>
#include <time.h>

#include "demand.h"
#include "np/base/mem.h"

/* Of this thread: what a case costs, however busy the machine is. */
static int64_t cpu_us(void)
{
	struct timespec t;

	clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
	return (int64_t)t.tv_sec * 1000000 + t.tv_nsec / 1000;
}

static void add_row(struct np_score *s, size_t *cap, const struct np_model_wrong *wrong)
{
	s->rows = np_grow(s->rows, cap, s->n_rows, sizeof(*s->rows));
	s->rows[s->n_rows++] = (struct np_score_row){ .wrong = *wrong };
}

static void add_rows(struct np_score *s, const struct np_score_options *o)
{
	bool named = o->both || (!o->mechanical && !o->mutants), sites = o->both || o->mechanical;
	size_t cap = 0;

	for (int id = NP_MUTANT_NONE + 1; id < NP_N_MUTANTS && named; id++)
		add_row(s, &cap, &(struct np_model_wrong){ .mutant = (enum np_mutant)id });
	for (size_t i = 0; i < o->n_mutants && o->mutants; i++)
		add_row(s, &cap, &(struct np_model_wrong){ .mutant = o->mutants[i] });
	for (int site = NP_SITE_NONE + 1; site < NP_N_SITES && sites; site++)
		for (int op = 0; op < NP_N_SITE_OPS; op++)
			if (np_site_takes((enum np_site)site, (enum np_site_op)op))
				add_row(s, &cap,
					&(struct np_model_wrong){ .site = (enum np_site)site,
								  .op = (enum np_site_op)op });
}

static void note_kill(struct np_score_row *row, size_t at, enum np_play_result how)
{
	row->killed_by = np_grow(row->killed_by, &row->cap_killed_by, row->n_killed_by,
				 sizeof(*row->killed_by));
	row->how = np_grow(row->how, &row->cap_how, row->n_killed_by, sizeof(*row->how));
	row->killed_by[row->n_killed_by] = at;
	row->how[row->n_killed_by++] = how;
}

/* Which rows had a chance in the play on the right model. */
static void note_met(struct np_score *s, const struct np_model *m, bool *ret_met)
{
	for (size_t i = 0; i < s->n_rows; i++) {
		const struct np_model_wrong *w = &s->rows[i].wrong;

		ret_met[i] = w->mutant ? np_model_met_mutant(m, w->mutant)
				       : np_model_met_site(m, w->site, w->op);
		s->rows[i].n_met += ret_met[i];
	}
}

static void disagree(struct np_score *s, const struct np_play *p, const struct np_case *c)
{
	char text[256];

	if (!s->n_disagreements++)
		snprintf(s->disagreement, sizeof(s->disagreement), "%s: %s", c->id.p,
			 np_play_failure(p, text, sizeof(text)));
}

static void play_all(struct np_score *s, struct np_model *m, struct np_play *p,
		     const struct np_case *c, size_t at)
{
	bool *met = np_xcalloc(s->n_rows + 1, sizeof(*met));

	s->n_played++;
	s->n_cells += np_play_n_cells(p);
	if (np_play_run(p, m, NULL) != NP_PLAY_PASSED)
		disagree(s, p, c);
	note_met(s, m, met);
	for (size_t i = 0; i < s->n_rows; i++) {
		enum np_play_result r;

		if (!met[i]) {
			s->n_skipped++;
			continue;
		}
		s->n_played++;
		r = np_play_run(p, m, &s->rows[i].wrong);
		if (r != NP_PLAY_PASSED)
			note_kill(&s->rows[i], at, r);
	}
	free(met);
}

static int score_case(const struct np_plan *plan, size_t at, const struct np_expect_port *shared,
		      size_t n_shared, bool pods_only, struct np_model *m, struct np_score *s,
		      struct np_err *err)
{
	const struct np_case *c = &plan->cases[at];
	int64_t start = cpu_us(), ready;
	struct np_play *p = np_play_new(c, np_plan_world(plan, c->world), shared, n_shared, err);

	if (!p)
		return np_err_prefix(err, "case %s", c->id.p);
	if (pods_only)
		np_play_pods_only(p);
	s->cells_of[at] = np_play_n_cells(p);
	ready = cpu_us();
	play_all(s, m, p, c, at);
	s->prepare_us += ready - start;
	s->play_us += cpu_us() - ready;
	np_play_free(p);
	return 0;
}

int np_score_run(const struct np_plan *plan, const struct np_score_options *options,
		 struct np_score *ret, struct np_err *err)
{
	struct np_score s = { .n_cases = plan->n_cases };
	struct np_model *m = np_model_new();
	size_t n_shared;
	struct np_expect_port *shared = np_demand_ports(plan, &n_shared);
	int rc = 0;

	add_rows(&s, options);
	s.cells_of = np_xcalloc(plan->n_cases + 1, sizeof(*s.cells_of));
	for (size_t i = 0; i < plan->n_cases && rc == 0 && !s.interrupted; i++) {
		rc = score_case(plan, i, shared, n_shared, options->pods_only, m, &s, err);
		s.interrupted = options->cancel && atomic_load(options->cancel);
	}
	free(shared);
	np_model_free(m);
	if (rc == 0)
		*ret = s;
	else
		np_score_release(&s);
	return rc;
}

void np_score_release(struct np_score *s)
{
	for (size_t i = 0; i < s->n_rows; i++) {
		free(s->rows[i].killed_by);
		free(s->rows[i].how);
	}
	free(s->rows);
	free(s->cells_of);
	*s = (struct np_score){ .n_rows = 0 };
}

const char *np_score_row_name(const struct np_score_row *row, char *buf)
{
	if (row->wrong.mutant)
		return np_mutant_row(row->wrong.mutant)->name;
	return np_site_text(row->wrong.site, row->wrong.op, buf);
}
