/* waivers_run.c - the waivers of a run: those of its agent and day, and those of no case at all. */
#include "np/base/clock.h"
#include "np/base/json.h"
#include "np/run/plan.h"
#include "waivers.h"

static bool has_case(const struct np_plan *plan, struct np_str id)
{
	for (size_t i = 0; i < plan->n_cases; i++)
		if (np_str_eq(plan->cases[i].id, id))
			return true;
	return false;
}

/*
 * A waiver of a case that no suite has can never be used. A case that this run leaves out may be
 * another run's, so all of the built-in suites are asked, and only where the run names no suite of
 * its own.
 */
static void judge_strangers(const struct np_run_options *o, const struct np_plan *plan,
			    struct np_waivers *w)
{
	const struct np_plan_options all = { .suites_dir = o->suites_dir };
	struct np_plan whole = { 0 };
	struct np_err err = { 0 };
	bool loaded = false;
	json_t *waiver;
	size_t i;

	if (o->n_suites)
		return;
	json_array_foreach(w->list, i, waiver) {
		struct np_str id = np_str_from(np_json_str(waiver, "case", ""));

		if (has_case(plan, id))
			continue;
		if (!loaded && np_plan_load(&all, &whole, &err) < 0)
			return;
		loaded = true;
		w->judged[i] = !has_case(&whole, id);
	}
	np_plan_release(&whole);
}

int np_waivers_of_run(const struct np_run_options *o, const struct np_plan *plan,
		      struct np_waivers *ret, struct np_err *err)
{
	char now[64];
	const struct np_waiver_scope scope = { .agent = o->agent,
					       .version = o->agent_version,
					       .mode = o->agent_mode,
					       .today = np_wall_text(now, sizeof(now)) };

	if (np_waivers_load(o->waivers, ret, err) < 0)
		return -1;
	np_waivers_select(ret, &scope);
	judge_strangers(o, plan, ret);
	return 0;
}
