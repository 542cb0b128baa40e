/*
 * test_minimize.c - shrinking: on the model CNI with every mutant that a case of the suites notices;
 * what is left is small, still fails as a file, and nothing can be left out of it. With targets that
 * are made up: failures that come and go, that are only slow, that end, that take too long.
 */
#include "np/base/clock.h"
#include "np/gen/scenario.h"
#include "np/parse/casefile.h"
#include "np/run/minimize.h"
#include "np/run/score.h"
#include "../suite.h"

#define PODS_MAX 3
#define POLICIES_MAX 2

/* ---- every mutant ---- */

struct killed {
	const struct np_case *c;
	const struct np_worldfile *world;
};

static void load_suites(struct np_plan *ret)
{
	bool profiles[NP_N_PROFILES] = { [NP_PROFILE_CORE] = true, [NP_PROFILE_EXTENDED] = true };
	const struct np_plan_options po = { .suites_dir = "suites", .profiles = profiles };
	struct np_err err = { 0 };
	char msg[NP_ERR_TEXT_MAX];

	ck_assert_msg(np_plan_load(&po, ret, &err) == 0, "%s",
		      np_err_text(&err, msg, sizeof(msg)));
}

static void make_plays(const struct np_plan *plan, struct np_play **ret)
{
	for (size_t i = 0; i < plan->n_cases; i++) {
		const struct np_worldfile *w = np_plan_world(plan, plan->cases[i].world);
		struct np_err err = { 0 };

		ret[i] = np_play_new(&plan->cases[i], w, w->ports, w->n_ports, &err);
		ck_assert_msg(ret[i] != NULL, "%s: %s", plan->cases[i].id.p, err.msg);
	}
}

/* A case as its file, read again. */
static void reread(const struct np_min_result *r, struct np_case *ret_case,
		   struct np_worldfile *ret_world)
{
	struct np_buf text = { 0 };
	struct np_err err = { 0 };
	char msg[NP_ERR_TEXT_MAX];

	np_case_text(&r->file_c, &text);
	ck_assert_msg(np_casefile_parse((struct np_str){ text.data, text.len }, "case", false,
					ret_case, &err) == 0,
		      "%s\n%s", np_err_text(&err, msg, sizeof(msg)), text.data);
	np_buf_clear(&text);
	np_worldfile_text(&r->file_world, &text);
	ck_assert_msg(np_worldfile_parse((struct np_str){ text.data, text.len }, "world", false,
					 ret_world, &err) == 0,
		      "%s\n%s", np_err_text(&err, msg, sizeof(msg)), text.data);
	np_buf_release(&text);
}

/* The file fails where the case did, and passes where nothing is wrong. */
static void check_file(const struct np_min_result *r, const struct np_model_wrong *wrong,
		       const char *name)
{
	struct np_model *m = np_model_new();
	struct np_worldfile w;
	struct np_case c;
	struct np_err err = { 0 };
	struct np_play *p;

	reread(r, &c, &w);
	ck_assert_uint_eq(w.n_objects, 0);
	p = np_play_new(&c, &w, w.ports, w.n_ports, &err);
	ck_assert_msg(p != NULL, "%s: %s", name, err.msg);
	ck_assert_msg(np_play_run(p, m, NULL) == NP_PLAY_PASSED, "%s: not without it", name);
	ck_assert_msg(np_play_run(p, m, wrong) != NP_PLAY_PASSED, "%s: not as a file", name);
	np_play_free(p);
	np_case_release(&c);
	np_worldfile_release(&w);
	np_model_free(m);
}

struct smaller {
	const struct np_min_target *target;
	const struct np_min_cell *cell;
	size_t n;
};

static bool still_fails(void *ctx, const struct np_min_candidate *cand)
{
	struct smaller *s = ctx;
	struct np_min_look look = { .patient = true };
	struct np_err err = { 0 };

	s->n++;
	ck_assert_int_eq(s->target->try(s->target->ctx, 0, cand, s->cell, &look, &err), 0);
	return look.fails;
}

static void check_minimal(const struct np_min_result *r, const struct np_min_target *target,
			  const char *name)
{
	struct smaller s = { target, &r->cell, 0 };
	struct np_buf text = { 0 };

	np_case_text(&r->c, &text);
	ck_assert_msg(!np_min_each_smaller(r, still_fails, &s), "%s: less would do:\n%s", name,
		      np_buf_text(&text));
	np_buf_release(&text);
}

static void minimize_kill(enum np_mutant mutant, const struct killed *k)
{
	const struct np_model_wrong wrong = { .mutant = mutant };
	const struct np_min_options o = { .tries = 1 };
	const char *name = np_mutant_row(mutant)->name;
	struct np_min_target target;
	struct np_min_result r;
	struct np_err err = { 0 };

	np_min_model_target(&wrong, &target);
	ck_assert_msg(np_minimize(k->c, k->world, &o, &target, &r, &err) == 0, "%s: %s", name,
		      err.msg);
	ck_assert_msg(r.end == NP_MIN_DONE, "%s: %s fails %u of %u times", name, k->c->id.p,
		      r.rate_before.failed, r.rate_before.tried);
	ck_assert_msg(r.after.bytes <= r.before.bytes, "%s grew", name);
	if (np_mutant_level(mutant) == NP_LEVEL_EVALUATOR)
		ck_assert_msg(r.after.pods <= PODS_MAX && r.after.policies <= POLICIES_MAX,
			      "%s: %zu pods and %zu policies of %s are left", name, r.after.pods,
			      r.after.policies, k->c->id.p);
	check_minimal(&r, &target, name);
	check_file(&r, &wrong, name);
	np_min_release(&r);
	np_min_model_free(&target);
}

START_TEST(every_mutant_that_a_case_notices)
{
	struct np_model *m = np_model_new();
	struct np_play **plays;
	struct np_plan plan;
	size_t n = 0;

	load_suites(&plan);
	plays = np_xcalloc(plan.n_cases, sizeof(*plays));
	make_plays(&plan, plays);
	for (int mutant = NP_MUTANT_NONE + 1; mutant < NP_N_MUTANTS; mutant++) {
		struct np_model_wrong wrong = { .mutant = (enum np_mutant)mutant };
		struct killed k = { NULL, NULL };

		for (size_t i = 0; i < plan.n_cases && !k.c; i++)
			if (np_play_run(plays[i], m, &wrong) != NP_PLAY_PASSED)
				k = (struct killed){ &plan.cases[i],
						     np_plan_world(&plan, plan.cases[i].world) };
		if (k.c)
			minimize_kill((enum np_mutant)mutant, &k);
		n += k.c != NULL;
	}
	ck_assert_uint_gt(n, 100);
	for (size_t i = 0; i < plan.n_cases; i++)
		np_play_free(plays[i]);
	free(plays);
	np_plan_release(&plan);
	np_model_free(m);
}
END_TEST

/* ---- made-up targets ---- */

#define HEAD "case: t/t\ntitle: t\ncovers: [S01]\nworld: w\n"
#define NAMESPACE(name)                                                                            \
	"---\napiVersion: v1\nkind: Namespace\nmetadata: {name: " name ", labels: {team: red}}\n"
#define POD(ns, name)                                                                              \
	"---\napiVersion: v1\nkind: Pod\nmetadata: {name: " name ", namespace: " ns                \
	", labels: {app: web, tier: a}}\nspec: {containers: [{name: c}]}\n"
#define DENY(ns, name)                                                                             \
	"---\napiVersion: networking.k8s.io/v1\nkind: NetworkPolicy\n"                             \
	"metadata: {name: " name ", namespace: " ns "}\n"                                          \
	"spec: {podSelector: {matchLabels: {app: web}}, policyTypes: [Ingress, Egress]}\n"
#define DENY_IN(ns, name)                                                                          \
	"---\napiVersion: networking.k8s.io/v1\nkind: NetworkPolicy\n"                             \
	"metadata: {name: " name ", namespace: " ns "}\n"                                          \
	"spec: {podSelector: {}, policyTypes: [Ingress]}\n"
#define EXPECT "---\nexpect: |\n  allow\n"
#define WORLD                                                                                      \
	"world: w\nports: [TCP:80, TCP:81, UDP:80]\n" NAMESPACE("x") NAMESPACE("z") POD("x", "a")  \
		POD("x", "b") POD("x", "c") POD("z", "a")

/* A target that fails by rule. */
struct fake {
	struct np_min_cell cell;
	unsigned period;     /* of that many tries one fails; 1: all */
	const char *quick;   /* policy that is needed when nobody is patient */
	const char *patient; /* the same when somebody is */
	unsigned n_tries;
	bool found_none;
	struct np_case c;
	struct np_worldfile world;
};

static const struct np_min_cell fake_cell = {
	.src = "x/b", .dst = "x/a", .proto = NP_TCP, .port = 80, .family = 4, .wrong = NP_MIN_ALLOWED
};

static bool has_policy(const struct np_case *c, const char *name)
{
	for (size_t i = 0; i < c->n_steps; i++)
		if (np_str_is(c->steps[i].object_kind, "NetworkPolicy") &&
		    np_str_is(c->steps[i].name, name))
			return true;
	return false;
}

static int fake_find(void *ctx, const struct np_min_candidate *cand, struct np_min_found *ret,
		     struct np_err *err)
{
	struct fake *f = ctx;

	(void)cand, (void)err;
	if (f->found_none)
		return 0;
	ret->cells = np_grow(ret->cells, &ret->cap, ret->n, sizeof(*ret->cells));
	ret->cells[ret->n++] = f->cell;
	ret->expect = 1;
	return 0;
}

static int fake_try(void *ctx, unsigned lane, const struct np_min_candidate *cand,
		    const struct np_min_cell *cell, struct np_min_look *io, struct np_err *err)
{
	struct fake *f = ctx;
	const char *needed = io->patient ? f->patient : f->quick;
	unsigned n = __atomic_add_fetch(&f->n_tries, 1, __ATOMIC_RELAXED);

	(void)lane, (void)err;
	ck_assert_str_eq(cell->src, f->cell.src);
	io->expect = 1;
	io->fails = n % f->period == 0 && has_policy(cand->c, needed);
	return 0;
}

static void fake_init(struct fake *f, struct np_min_target *ret)
{
	struct np_err err = { 0 };

	*f = (struct fake){ .cell = fake_cell, .period = 1, .quick = "p", .patient = "p" };
	ck_assert_int_eq(np_worldfile_parse(NP_STR(WORLD), "w", false, &f->world, &err), 0);
	ck_assert_int_eq(np_casefile_parse(NP_STR(HEAD DENY("x", "p") DENY("x", "q")
						  DENY("z", "r") EXPECT),
					   "t", false, &f->c, &err),
			 0);
	*ret = (struct np_min_target){
		.ctx = f, .lanes = 1, .find = fake_find, .try = fake_try
	};
}

static void fake_release(struct fake *f)
{
	np_case_release(&f->c);
	np_worldfile_release(&f->world);
}

static struct np_min_result shrink(struct fake *f, const struct np_min_target *t)
{
	const struct np_min_options o = { .tries = 4 };
	struct np_min_result r;
	struct np_err err = { 0 };

	ck_assert_msg(np_minimize(&f->c, &f->world, &o, t, &r, &err) == 0, "%s", err.msg);
	return r;
}

START_TEST(what_is_not_needed_goes)
{
	struct np_min_target t;
	struct np_min_result r;
	struct fake f;

	fake_init(&f, &t);
	t.lanes = _i ? 3 : 1;
	r = shrink(&f, &t);
	ck_assert_int_eq(r.end, NP_MIN_DONE);
	ck_assert_uint_eq(r.after.pods, 2);
	ck_assert_uint_eq(r.after.namespaces, 1);
	ck_assert_uint_eq(r.after.policies, 1);
	ck_assert_uint_eq(r.after.labels, 0);
	ck_assert_uint_eq(r.world.n_ports, 1);
	ck_assert(has_policy(&r.c, "p"));
	ck_assert_uint_eq(r.rate_after.failed, r.rate_after.tried);
	check_minimal(&r, &t, "p");
	np_min_release(&r);
	fake_release(&f);
}
END_TEST

/* The search and what the whole and the smallest are tried beside candidates. */
#define TRIES_OF_ENDS (1 + 2 + 3)

START_TEST(an_answer_is_believed_at_once)
{
	struct np_min_target t;
	struct np_min_result r;
	struct fake f;

	fake_init(&f, &t);
	r = shrink(&f, &t);
	ck_assert_uint_gt(r.taken, 0);
	ck_assert_uint_eq(r.tries, r.candidates + TRIES_OF_ENDS);
	np_min_release(&r);
	fake_release(&f);
}
END_TEST

START_TEST(a_missing_answer_must_be_missing_twice)
{
	struct np_min_target t;
	struct np_min_result r;
	struct np_err err = { 0 };
	struct fake f;

	fake_init(&f, &t);
	np_case_release(&f.c);
	ck_assert_int_eq(np_casefile_parse(NP_STR(HEAD DENY("z", "p") DENY("z", "q") EXPECT), "t",
					   false, &f.c, &err),
			 0);
	f.cell.wrong = NP_MIN_DENIED;
	r = shrink(&f, &t);
	ck_assert_uint_gt(r.taken, 0);
	ck_assert_uint_eq(r.tries, r.candidates + r.taken + TRIES_OF_ENDS);
	np_min_release(&r);
	fake_release(&f);
}
END_TEST

START_TEST(a_flaky_failure_is_told_with_its_rate)
{
	struct np_min_target t;
	struct np_min_result r;
	struct fake f;

	fake_init(&f, &t);
	f.period = 3;
	r = shrink(&f, &t);
	ck_assert_int_eq(r.end, NP_MIN_DONE);
	ck_assert_uint_ge(r.rate_before.tried, 10);
	ck_assert_uint_ge(r.rate_before.failed, 4);
	ck_assert_uint_le(r.rate_before.failed, 5);
	ck_assert_uint_ge(r.rate_after.tried, 10);
	ck_assert_uint_ge(r.rate_after.failed, 3);
	ck_assert_uint_le(r.rate_after.failed, 4);
	ck_assert_uint_eq(r.after.policies, 1);
	ck_assert_uint_eq(r.after.pods, 2);
	np_min_release(&r);
	fake_release(&f);
}
END_TEST

/* Seen once, and never again. */
START_TEST(what_never_fails_again_is_no_failure)
{
	struct np_min_target t;
	struct np_min_result r;
	struct fake f;

	fake_init(&f, &t);
	f.quick = f.patient = "none";
	r = shrink(&f, &t);
	ck_assert_int_eq(r.end, NP_MIN_PASSES);
	ck_assert_uint_eq(r.rate_before.failed, 1);
	ck_assert_uint_eq(r.rate_before.tried, 11);
	np_min_release(&r);
	fake_release(&f);
}
END_TEST

START_TEST(what_passes_is_tried_again)
{
	struct np_min_target t;
	struct np_min_result r;
	struct fake f;

	fake_init(&f, &t);
	f.found_none = true;
	r = shrink(&f, &t);
	ck_assert_int_eq(r.end, NP_MIN_PASSES);
	ck_assert_uint_eq(r.rate_before.failed, 0);
	ck_assert_uint_eq(r.rate_before.tried, 5); /* the way back was tried apart once */
	np_min_release(&r);
	fake_release(&f);
}
END_TEST

/* Without q it is only slow. */
START_TEST(what_was_only_slow_is_taken_back)
{
	struct np_min_target t;
	struct np_min_result r;
	struct fake f;

	fake_init(&f, &t);
	f.quick = "p";
	f.patient = "q";
	r = shrink(&f, &t);
	ck_assert_int_eq(r.end, NP_MIN_DONE);
	ck_assert_uint_gt(r.backtracked, 0);
	ck_assert(has_policy(&r.c, "q"));
	ck_assert(!has_policy(&r.c, "r"));
	np_min_release(&r);
	fake_release(&f);
}
END_TEST

START_TEST(another_connection_can_be_asked_for)
{
	const struct np_min_options o = { .cell = "x/a -> x/b TCP:80" };
	struct np_min_target t;
	struct np_min_result r;
	struct np_err err = { 0 };
	struct fake f;

	fake_init(&f, &t);
	ck_assert_int_eq(np_minimize(&f.c, &f.world, &o, &t, &r, &err), -1);
	ck_assert_int_eq(err.code, NP_EUSAGE);
	ck_assert_ptr_nonnull(strstr(err.msg, "x/b -> x/a TCP:80"));
	fake_release(&f);
}
END_TEST

START_TEST(the_user_has_had_enough)
{
	atomic_int cancel = 1;
	const struct np_min_options o = { .cancel = &cancel };
	struct np_min_target t;
	struct np_min_result r;
	struct np_err err = { 0 };
	struct fake f;

	fake_init(&f, &t);
	ck_assert_int_eq(np_minimize(&f.c, &f.world, &o, &t, &r, &err), -1);
	ck_assert_int_eq(err.code, NP_EINTR);
	fake_release(&f);
}
END_TEST

static int slow_try(void *ctx, unsigned lane, const struct np_min_candidate *cand,
		    const struct np_min_cell *cell, struct np_min_look *io, struct np_err *err)
{
	np_sleep_ms(20);
	return fake_try(ctx, lane, cand, cell, io, err);
}

/* Three tries of the whole are within it, and some of what follows; not all. */
START_TEST(the_budget_ends_it_with_what_there_is)
{
	const struct np_min_options o = { .budget_ms = 100 };
	struct np_min_target t;
	struct np_min_result r;
	struct np_err err = { 0 };
	struct fake f;

	fake_init(&f, &t);
	t.try = slow_try;
	ck_assert_msg(np_minimize(&f.c, &f.world, &o, &t, &r, &err) == 0, "%s", err.msg);
	ck_assert_int_eq(r.end, NP_MIN_NO_TIME);
	ck_assert(has_policy(&r.c, "p"));
	ck_assert_uint_gt(r.rate_after.failed, 0);
	np_min_release(&r);
	fake_release(&f);
}
END_TEST

static int broken_try(void *ctx, unsigned lane, const struct np_min_candidate *cand,
		      const struct np_min_cell *cell, struct np_min_look *io, struct np_err *err)
{
	(void)ctx, (void)lane, (void)cand, (void)cell, (void)io;
	return np_err_set(err, NP_EENV, "the cluster is gone");
}

START_TEST(a_target_that_is_gone_ends_it)
{
	const struct np_min_options o = { .tries = 1 };
	struct np_min_target t;
	struct np_min_result r;
	struct np_err err = { 0 };
	struct fake f;

	fake_init(&f, &t);
	t.try = broken_try;
	ck_assert_int_eq(np_minimize(&f.c, &f.world, &o, &t, &r, &err), -1);
	ck_assert_int_eq(err.code, NP_EENV);
	fake_release(&f);
}
END_TEST

/* ---- failures that have no expectation, or no connection ---- */

static struct np_min_result on_model(const char *steps, enum np_mutant mutant)
{
	const struct np_model_wrong wrong = { .mutant = mutant };
	const struct np_min_options o = { .tries = 1 };
	np_auto_free char *text = np_xasprintf("%s%s", HEAD, steps);
	struct np_min_target target;
	struct np_min_result r;
	struct np_worldfile w;
	struct np_case c;
	struct np_err err = { 0 };

	ck_assert_int_eq(np_worldfile_parse(NP_STR(WORLD), "w", false, &w, &err), 0);
	ck_assert_int_eq(np_casefile_parse(np_str_from(text), "t", false, &c, &err), 0);
	np_min_model_target(&wrong, &target);
	ck_assert_msg(np_minimize(&c, &w, &o, &target, &r, &err) == 0, "%s", err.msg);
	ck_assert_int_eq(r.end, NP_MIN_DONE);
	np_min_model_free(&target);
	np_case_release(&c);
	np_worldfile_release(&w);
	return r;
}

/* The case itself passes: what it leaves behind does not. */
START_TEST(the_way_back_is_part_of_the_case)
{
	struct np_min_result r = on_model(DENY("x", "p") DENY("z", "r") EXPECT,
					  NP_MUTANT_DELETE_IGNORED);
	size_t deletes = 0;

	for (size_t i = 0; i < r.c.n_steps; i++)
		deletes += r.c.steps[i].kind == NP_STEP_DELETE;
	ck_assert_uint_eq(deletes, 1);
	ck_assert_uint_eq(r.after.policies, 1);
	ck_assert_int_eq(r.cell.wrong, NP_MIN_DENIED);
	np_min_release(&r);
}
END_TEST

/* Nothing valid is refused, nothing invalid is tried. */
START_TEST(a_case_that_makes_its_own_world)
{
	struct np_min_result r = on_model(NAMESPACE("late") POD("late", "a") POD("late", "b")
						  DENY_IN("late", "p") EXPECT,
					  NP_MUTANT_NO_RULES_OPEN);

	ck_assert_uint_eq(r.after.pods, 2);
	ck_assert_uint_eq(r.after.policies, 1);
	np_min_release(&r);
}
END_TEST

/* ---- files ---- */

START_TEST(record_case_and_world_are_written_once)
{
	const struct np_min_about about = {
		.id = "model", .kind = "model", .server = "none", .image = "i", .deadline_ms = 1000
	};
	struct np_min_result r = on_model(DENY_IN("x", "p") EXPECT, NP_MUTANT_NO_RULES_OPEN);
	char *dir = scratch_dir();
	np_auto_free char *file = np_xasprintf("%s/minimized/t-t.yaml", dir);
	np_auto_free char *world = np_xasprintf("%s/worlds/t-t.yaml", dir);
	struct np_worldfile w;
	struct np_case c;
	struct np_err err = { 0 };

	ck_assert_msg(np_min_write(&r, &about, dir, &err) == 0, "%s", err.msg);
	ck_assert_msg(np_casefile_load(file, &c, &err) == 0, "%s", err.msg);
	ck_assert_msg(np_worldfile_load(world, &w, &err) == 0, "%s", err.msg);
	np_case_release(&c);
	np_worldfile_release(&w);
	ck_assert_int_eq(np_min_write(&r, &about, dir, &err), -1);
	ck_assert_int_eq(err.code, NP_EUSAGE);
	np_min_release(&r);
	scratch_remove(dir);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("minimize");
	TCase *t = tcase_create("minimize");

	tcase_set_timeout(t, 300);
	tcase_add_test(t, every_mutant_that_a_case_notices);
	tcase_add_loop_test(t, what_is_not_needed_goes, 0, 2);
	tcase_add_test(t, an_answer_is_believed_at_once);
	tcase_add_test(t, a_missing_answer_must_be_missing_twice);
	tcase_add_test(t, a_flaky_failure_is_told_with_its_rate);
	tcase_add_test(t, what_never_fails_again_is_no_failure);
	tcase_add_test(t, what_passes_is_tried_again);
	tcase_add_test(t, what_was_only_slow_is_taken_back);
	tcase_add_test(t, another_connection_can_be_asked_for);
	tcase_add_test(t, the_user_has_had_enough);
	tcase_add_test(t, the_budget_ends_it_with_what_there_is);
	tcase_add_test(t, a_target_that_is_gone_ends_it);
	tcase_add_test(t, the_way_back_is_part_of_the_case);
	tcase_add_test(t, a_case_that_makes_its_own_world);
	tcase_add_test(t, record_case_and_world_are_written_once);
	suite_add_tcase(s, t);
	return run_suite(s);
}
