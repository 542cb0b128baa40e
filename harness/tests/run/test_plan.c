/*
 * test_plan.c - which cases a run takes: areas, paths, globs, tags, profiles, worlds, and what is
 * refused. Suites are made in scratch folders.
 */
#include <unistd.h>

#include "np/run/plan.h"
#include "../suite.h"

static char *dir, *suites;

static void put_world(const char *folder, const char *name, int port)
{
	np_auto_free char *file = np_xasprintf("%s/worlds/%s.yaml", folder, name);
	np_auto_free char *text =
		np_xasprintf("world: %s\nports: [TCP:%d]\n---\n"
			     "apiVersion: v1\nkind: Namespace\nmetadata: {name: x}\n---\n"
			     "apiVersion: v1\nkind: Pod\nmetadata: {name: a, namespace: x}\n",
			     name, port);

	write_file(dir, file, text);
}

/* A case of @folder: @id names the file too. @more: further header lines, each with its newline. */
static void put_case(const char *folder, const char *id, const char *world, const char *more)
{
	np_auto_free char *file = np_xasprintf("%s/%s.yaml", folder, id);
	np_auto_free char *text = np_xasprintf(
		"case: %s\ntitle: a case\ncovers: [S01]\nworld: %s\n%s---\nexpect: |\n  allow\n",
		id, world, more);

	write_file(dir, file, text);
}

/* Built-in suites of two areas and two worlds; "small" sorts before "wide". */
static void setup(void)
{
	dir = scratch_dir();
	suites = np_xasprintf("%s/suites", dir);
	put_world("suites", "small", 80);
	put_world("suites", "wide", 81);
	put_case("suites", "peers/one", "wide", "tags: [smoke, slow]\n");
	put_case("suites", "peers/two", "small", "tags: [slow]\n");
	put_case("suites", "cidr/one", "small", "profile: extended\n");
	put_case("suites", "cidr/late", "small", "profile: lifecycle\ntags: [smoke]\n");
	/* Beside the cases, but none of them. */
	write_file(dir, "suites/README.md", "text\n");
	write_file(dir, "suites/peers/.hidden.yaml", "not: a case\n");
	write_file(dir, "suites/profiles/some.yaml", "not: a case\n");
	unsetenv("NETPOLCHECK_SUITES");
}

static void teardown(void)
{
	free(suites);
	scratch_remove(dir);
}

/*
 * Ids of the selected cases in their order, with blanks between; or "error: ..." . In a buffer of
 * its own.
 */
static const char *select_cases(const struct np_plan_options *o, struct np_err *err)
{
	static struct np_buf b;
	struct np_plan p;

	np_buf_clear(&b);
	np_err_clear(err);
	if (np_plan_load(o, &p, err) < 0) {
		np_buf_printf(&b, "error: %s", err->msg);
		return np_buf_text(&b);
	}
	for (size_t i = 0; i < p.n_cases; i++) {
		ck_assert_ptr_nonnull(np_plan_world(&p, p.cases[i].world));
		np_buf_printf(&b, "%s" NP_STR_FMT, i ? " " : "", NP_STR_ARG(p.cases[i].id));
	}
	np_plan_release(&p);
	return np_buf_text(&b);
}

static char *in_dir(const char *name)
{
	return np_xasprintf("%s/%s", dir, name);
}

/* ---- selections ---- */

START_TEST(all_sorted_by_world_then_id)
{
	struct np_plan_options o = { .suites_dir = suites };
	struct np_err err;

	ck_assert_str_eq(select_cases(&o, &err), "cidr/late cidr/one peers/two peers/one");
}
END_TEST

#define NO_CASE "error: no case is selected; 'netpolcheck cases list' shows what there is"
#define NO_CASE_BY(glob) \
	"error: no case is selected by '" glob \
	"'; 'netpolcheck cases list' shows what there is"
#define NO_SUITE ": neither a path nor an area of the built-in suites"

static const struct selection {
	const char *suites[3];
	const char *globs[3], *tag, *wanted;
} selections[] = {
	{ { "peers" }, { NULL }, NULL, "peers/two peers/one" },
	{ { "cidr", "peers" }, { NULL }, NULL, "cidr/late cidr/one peers/two peers/one" },
	{ { NULL }, { "peers/*" }, NULL, "peers/two peers/one" },
	{ { NULL }, { "*one" }, NULL, "cidr/one peers/one" },
	{ { NULL }, { "cidr/[ol]*" }, NULL, "cidr/late cidr/one" },
	{ { NULL }, { "peers/on?" }, NULL, "peers/one" },
	{ { NULL }, { "cidr/one" }, NULL, "cidr/one" },
	{ { NULL }, { "cidr/one", "peers/t*" }, NULL, "cidr/one peers/two" },
	{ { NULL }, { "peers/t*", "cidr/one" }, NULL, "cidr/one peers/two" },
	{ { NULL }, { "peers/*", "*/one" }, NULL, "cidr/one peers/two peers/one" },
	{ { "cidr" }, { "*one", "*late" }, NULL, "cidr/late cidr/one" },
	{ { NULL }, { "peers/*", "cidr/late" }, "smoke", "cidr/late peers/one" },
	{ { NULL }, { NULL }, "smoke", "cidr/late peers/one" },
	{ { NULL }, { NULL }, "slow", "peers/two peers/one" },
	{ { "peers" }, { "*" }, "smoke", "peers/one" },
	{ { NULL }, { "cid" }, NULL, NO_CASE },
	{ { NULL }, { NULL }, "smok", NO_CASE },
	{ { "peers" }, { "cidr/*" }, NULL, NO_CASE },
	{ { NULL }, { "no/*", "cid" }, NULL, NO_CASE },
	{ { NULL }, { "cidr/*", "pears/*" }, NULL, NO_CASE_BY("pears/*") },
	{ { "peers" }, { "cidr/*", "peers/*" }, NULL, NO_CASE_BY("cidr/*") },
	{ { NULL }, { "cidr/late", "peers/two" }, "smoke", NO_CASE_BY("peers/two") },
	{ { "nothing" }, { NULL }, NULL, "error: no suite 'nothing'" NO_SUITE },
};

START_TEST(selected)
{
	const struct selection *s = &selections[_i];
	struct np_plan_options o = {
		.suites_dir = suites, .suites = s->suites, .case_globs = s->globs, .tag = s->tag
	};
	struct np_err err;

	while (s->suites[o.n_suites])
		o.n_suites++;
	while (s->globs[o.n_case_globs])
		o.n_case_globs++;
	ck_assert_str_eq(select_cases(&o, &err), s->wanted);
	ck_assert_int_eq(err.code, strncmp(s->wanted, "error", 5) == 0 ? NP_EUSAGE : NP_OK);
}
END_TEST

START_TEST(selected_by_profiles)
{
	static const struct {
		bool on[NP_N_PROFILES];
		const char *wanted;
	} cases[] = {
		{ { [NP_PROFILE_CORE] = true }, "peers/two peers/one" },
		{ { [NP_PROFILE_CORE] = true, [NP_PROFILE_EXTENDED] = true },
		  "cidr/one peers/two peers/one" },
		{ { [NP_PROFILE_LIFECYCLE] = true }, "cidr/late" },
		{ { [NP_PROFILE_BEHAVIOUR] = true }, NO_CASE },
	};
	struct np_err err;

	for (size_t i = 0; i < NP_ARRAY_SIZE(cases); i++) {
		struct np_plan_options o = { .suites_dir = suites, .profiles = cases[i].on };

		ck_assert_str_eq(select_cases(&o, &err), cases[i].wanted);
	}
}
END_TEST

/* A file and a folder by their paths, absolute and from the current folder. */
START_TEST(selected_by_paths)
{
	np_auto_free char *file = in_dir("suites/peers/one.yaml"), *folder = in_dir("suites/cidr");
	const char *both[] = { folder, file },
		   *relative[] = { "suites/cidr", "./suites/peers/one.yaml" };
	struct np_plan_options o = { .suites_dir = suites, .suites = both, .n_suites = 2 };
	struct np_err err;

	ck_assert_str_eq(select_cases(&o, &err), "cidr/late cidr/one peers/one");
	o.suites = relative;
	ck_assert_int_eq(chdir(dir), 0);
	ck_assert_str_eq(select_cases(&o, &err), "cidr/late cidr/one peers/one");
	ck_assert_int_eq(chdir("/"), 0);
}
END_TEST

/* ---- tiers ---- */

#define TIERS "1\tpeers/one\tsmoke\t3\t0\n2\tcidr/one\tsmoke\t1\t0\n3\tpeers/two\tdefault\t0\t1\n"

/* Lines first, in their order; then what is written by hand, then what is generated. */
START_TEST(in_the_order_of_tiers)
{
	static const enum np_band bands[] = { NP_BAND_SMOKE, NP_BAND_SMOKE, NP_BAND_DEFAULT,
					      NP_BAND_NEW, NP_BAND_GENERATED };
	struct np_plan_options o = { .suites_dir = suites };
	struct np_err err;
	struct np_plan p;

	put_case("suites", "generated/s1-0001", "small", "seed: 1\n");
	ck_assert_str_eq(select_cases(&o, &err),
			 "cidr/late cidr/one peers/two peers/one generated/s1-0001");
	write_file(dir, "suites/tiers.tsv", TIERS);
	ck_assert_str_eq(select_cases(&o, &err),
			 "peers/one cidr/one peers/two cidr/late generated/s1-0001");
	ck_assert_int_eq(np_plan_load(&o, &p, &err), 0);
	for (size_t i = 0; i < p.n_cases; i++)
		ck_assert_int_eq(p.bands[i], bands[i]);
	np_plan_release(&p);
	o.tier = NP_TIER_FULL;
	ck_assert_str_eq(select_cases(&o, &err),
			 "peers/one cidr/one peers/two cidr/late generated/s1-0001");
}
END_TEST

START_TEST(smoke_is_what_the_file_says)
{
	const char *area = "peers", *glob = "cidr/*";
	np_auto_free char *file = in_dir("suites/tiers.tsv");
	struct np_plan_options o = { .suites_dir = suites, .tier = NP_TIER_SMOKE };
	struct np_err err;

	ck_assert_str_eq(select_cases(&o, &err),
			 "error: the tier smoke is a choice of the built-in suites, which have no "
			 "tiers.tsv here");
	ck_assert_int_eq(err.code, NP_EUSAGE);
	write_file(dir, "suites/tiers.tsv", TIERS);
	ck_assert_str_eq(select_cases(&o, &err), "peers/one cidr/one");
	o.case_globs = &glob;
	o.n_case_globs = 1;
	ck_assert_str_eq(select_cases(&o, &err), "cidr/one");
	o.n_case_globs = 0;
	o.suites = &area;
	o.n_suites = 1;
	ck_assert_str_eq(select_cases(&o, &err), "peers/one");
	area = "cidr/late.yaml";
	ck_assert_str_eq(select_cases(&o, &err), NO_CASE);
	write_file(dir, "suites/tiers.tsv", "1\tpeers/one\tsmoke\n");
	ck_assert_str_eq(select_cases(&o, &err),
			 "error: not five fields: position, case, tier, named, mechanical");
	ck_assert_str_eq(err.file, file);
	ck_assert_uint_eq(err.line, 1);
}
END_TEST

/* ---- worlds ---- */

START_TEST(only_the_worlds_that_are_named)
{
	const char *area = "cidr";
	struct np_plan_options o = { .suites_dir = suites, .suites = &area, .n_suites = 1 };
	struct np_err err = { 0 };
	struct np_plan p;

	ck_assert_msg(np_plan_load(&o, &p, &err) == 0, "%s", err.msg);
	ck_assert_uint_eq(p.n_worlds, 1);
	ck_assert_ptr_null(np_plan_world(&p, NP_STR("wide")));
	ck_assert_uint_eq(np_plan_world(&p, NP_STR("small"))->ports[0].first, 80);
	np_plan_release(&p);
	ck_assert_uint_eq(p.n_cases + p.n_worlds, 0);
}
END_TEST

START_TEST(a_missing_world_is_said_with_its_case)
{
	np_auto_free char *file = in_dir("suites/peers/three.yaml");
	struct np_plan_options o = { .suites_dir = suites };
	const char *glob = "cidr/*";
	struct np_err err;

	put_case("suites", "peers/three", "moon", "");
	ck_assert_str_eq(select_cases(&o, &err), "error: no world 'moon' in a worlds folder");
	ck_assert_str_eq(err.file, file);
	/* Nobody asks for it when its case is not selected. */
	o.case_globs = &glob;
	o.n_case_globs = 1;
	ck_assert_str_eq(select_cases(&o, &err), "cidr/late cidr/one");
}
END_TEST

START_TEST(a_broken_world_is_said_with_its_line)
{
	np_auto_free char *file = in_dir("suites/worlds/small.yaml");
	struct np_plan_options o = { .suites_dir = suites };
	struct np_err err;

	write_file(dir, "suites/worlds/small.yaml", "world: small\nports: [TCP:0]\n");
	ck_assert(strncmp(select_cases(&o, &err), "error", 5) == 0);
	ck_assert_str_eq(err.file, file);
	ck_assert_uint_eq(err.line, 2);
}
END_TEST

/* Ports of world @name as seen from the suites @paths. */
static unsigned world_port(const char *const *paths, size_t n, const char *name)
{
	struct np_plan_options o = { .suites_dir = suites, .suites = paths, .n_suites = n };
	struct np_err err = { 0 };
	struct np_plan p;
	unsigned port;

	ck_assert_msg(np_plan_load(&o, &p, &err) == 0, "%s", err.msg);
	ck_assert_ptr_nonnull(np_plan_world(&p, np_str_from(name)));
	port = np_plan_world(&p, np_str_from(name))->ports[0].first;
	np_plan_release(&p);
	return port;
}

START_TEST(a_suite_of_ones_own)
{
	np_auto_free char *own = in_dir("mine"), *file = in_dir("mine/area/deep/one.yaml");
	const char *folder[] = { own }, *one[] = { file };

	put_world("mine", "moon", 90);
	put_world("mine", "wide", 91);
	put_case("mine", "area/deep/one", "moon", "");
	put_case("mine", "area/two", "small", "");
	put_case("mine", "area/three", "wide", "");
	ck_assert_uint_eq(world_port(folder, 1, "moon"), 90);
	ck_assert_uint_eq(world_port(one, 1, "moon"), 90);
	/* Its own before the built-in one of that name; what it has not comes from there. */
	ck_assert_uint_eq(world_port(folder, 1, "wide"), 91);
	ck_assert_uint_eq(world_port(folder, 1, "small"), 80);
}
END_TEST

START_TEST(one_name_for_two_worlds_is_refused)
{
	np_auto_free char *own = in_dir("mine"), *world = in_dir("mine/worlds/wide.yaml"),
			   *built_in = in_dir("suites/worlds/wide.yaml");
	const char *both[] = { own, "peers" }, *glob = "area/*";
	struct np_plan_options o = { .suites_dir = suites, .suites = both, .n_suites = 2 };
	struct np_err err;
	np_auto_free char *wanted = np_xasprintf(
		"error: world 'wide' is %s/suites/worlds/wide.yaml for this case and "
		"%s/worlds/wide.yaml for another; rename one of the two, or run their suites apart",
		dir, own);

	put_world("mine", "wide", 91);
	put_case("mine", "area/one", "wide", "");
	ck_assert_str_eq(select_cases(&o, &err), wanted);
	ck_assert_int_eq(err.code, NP_EUSAGE);
	/* Not when only one of them has a case in it. */
	o.case_globs = &glob;
	o.n_case_globs = 1;
	ck_assert_str_eq(select_cases(&o, &err), "area/one");
	/* One file by two ways is one world. */
	ck_assert(unlink(world) == 0 && symlink(built_in, world) == 0);
	o.n_case_globs = 0;
	ck_assert_str_eq(select_cases(&o, &err), "peers/two area/one peers/one");
}
END_TEST

START_TEST(ones_own_suite_needs_no_built_in_ones)
{
	np_auto_free char *own = in_dir("mine");
	const char *folder[] = { own }, *area[] = { "peers" };
	struct np_plan_options o = { .suites = folder, .n_suites = 1 };
	struct np_err err;

	put_world("mine", "moon", 90);
	put_case("mine", "area/one", "moon", "");
	ck_assert_str_eq(select_cases(&o, &err), "area/one");
	o.suites = area;
	ck_assert_str_eq(
		select_cases(&o, &err),
		"error: no suite 'peers': neither a path nor an area of the built-in suites");
	o.n_suites = 0;
	ck_assert_str_eq(
		select_cases(&o, &err),
		"error: cannot find the suites folder; set NETPOLCHECK_SUITES or use --suite");
}
END_TEST

/*
 * The same suite named from inside its folder: worlds/ is above the case although no slash of the
 * path says so.
 */
START_TEST(ones_own_suite_from_inside)
{
	static const char *const names[] = { ".", "./area", "area", "area/one.yaml" };
	struct np_err err;

	put_world("mine", "moon", 90);
	put_case("mine", "area/one", "moon", "");
	{
		np_auto_free char *own = in_dir("mine");

		ck_assert_int_eq(chdir(own), 0);
	}
	for (size_t i = 0; i < NP_ARRAY_SIZE(names); i++) {
		struct np_plan_options o = { .suites_dir = suites,
					     .suites = &names[i],
					     .n_suites = 1 };

		ck_assert_msg(strcmp(select_cases(&o, &err), "area/one") == 0, "%s: %s", names[i],
			      err.msg);
	}
	ck_assert_int_eq(chdir("/"), 0);
}
END_TEST

/*
 * Folders above the suite are nobody's business: one that happens to be called worlds or profiles
 * hides nothing.
 */
START_TEST(folders_above_may_have_any_name)
{
	np_auto_free char *own = in_dir("profiles/mine"), *other = in_dir("worlds/mine");
	const char *const folders[] = { own, other };
	struct np_err err;

	put_world("profiles/mine", "moon", 90);
	put_case("profiles/mine", "area/one", "moon", "");
	put_world("worlds/mine", "moon", 90);
	put_case("worlds/mine", "area/one", "moon", "");
	for (size_t i = 0; i < NP_ARRAY_SIZE(folders); i++) {
		struct np_plan_options o = { .suites = &folders[i], .n_suites = 1 };

		ck_assert_str_eq(select_cases(&o, &err), "area/one");
	}
}
END_TEST

/* ---- what is refused ---- */

START_TEST(a_doubled_id_is_refused)
{
	np_auto_free char *own = in_dir("mine");
	const char *paths[] = { "peers", own };
	struct np_plan_options o = { .suites_dir = suites, .suites = paths, .n_suites = 2 };
	struct np_err err;

	put_case("mine", "peers/one", "wide", "");
	ck_assert_ptr_nonnull(
		strstr(select_cases(&o, &err), "case 'peers/one' is there twice; the other is "));
	ck_assert_int_eq(err.code, NP_EVALID);
	ck_assert_ptr_nonnull(strstr(err.file, "/peers/one.yaml"));
	ck_assert_ptr_nonnull(strstr(err.msg, "/peers/one.yaml"));
	ck_assert_uint_gt(err.line, 0);
}
END_TEST

/*
 * In the plan's order cases of different worlds are not neighbours: their ids may be the same all
 * the more.
 */
START_TEST(a_doubled_id_in_another_world_is_refused)
{
	np_auto_free char *own = in_dir("mine");
	const char *paths[] = { "peers", own };
	struct np_plan_options o = { .suites_dir = suites, .suites = paths, .n_suites = 2 };
	struct np_err err;

	put_case("mine", "peers/one", "small", "");
	ck_assert_ptr_nonnull(strstr(select_cases(&o, &err), "case 'peers/one' is there twice"));
	ck_assert_int_eq(err.code, NP_EVALID);
}
END_TEST

START_TEST(a_file_twice_is_refused)
{
	const char *paths[] = { "peers", "peers" };
	struct np_plan_options o = { .suites_dir = suites, .suites = paths, .n_suites = 2 };
	struct np_err err;

	ck_assert_ptr_nonnull(strstr(select_cases(&o, &err), "is there twice"));
}
END_TEST

static const struct {
	const char *name, *text; /* of a file of area peers */
	unsigned line;
} broken[] = {
	{ "yaml", "case: peers/yaml\ntitle: [\n", 3 },
	{ "profile",
	  "case: peers/profile\ntitle: t\ncovers: [S01]\nworld: small\nprofile: best\n---\nexpect: "
	  "|\n  allow\n",
	  5 },
	{ "other",
	  "case: peers/name\ntitle: t\ncovers: [S01]\nworld: small\n---\nexpect: |\n  allow\n", 1 },
	{ "empty", "", 0 },
};

/* One unreadable file is the run's end, whatever is selected: silence would pass for success. */
START_TEST(a_broken_file_is_said_with_its_line)
{
	np_auto_free char *file = np_xasprintf("suites/peers/%s.yaml", broken[_i].name),
			  *path = in_dir(file);
	const char *glob = "cidr/*";
	struct np_plan_options o = { .suites_dir = suites, .case_globs = &glob, .n_case_globs = 1 };
	struct np_err err;

	write_file(dir, file, broken[_i].text);
	ck_assert_msg(strncmp(select_cases(&o, &err), "error", 5) == 0, "accepted");
	ck_assert_str_eq(err.file, path);
	if (broken[_i].line)
		ck_assert_uint_eq(err.line, broken[_i].line);
}
END_TEST

START_TEST(the_result_is_untouched_by_a_failure)
{
	struct np_plan_options o = { .suites_dir = suites, .tag = "none" };
	struct np_plan p = { .n_cases = 4711 };
	struct np_err err = { 0 };

	ck_assert_int_eq(np_plan_load(&o, &p, &err), -1);
	ck_assert_uint_eq(p.n_cases, 4711);
}
END_TEST

START_TEST(the_environment_names_the_suites)
{
	np_auto_free char *found = NULL;

	setenv("NETPOLCHECK_SUITES", suites, 1);
	found = np_plan_suites_dir();
	ck_assert_str_eq(found, suites);
	unsetenv("NETPOLCHECK_SUITES");
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("plan");
	TCase *select = tcase_create("select"), *worlds = tcase_create("worlds"),
	      *refused = tcase_create("refused");

	tcase_add_checked_fixture(select, setup, teardown);
	tcase_add_checked_fixture(worlds, setup, teardown);
	tcase_add_checked_fixture(refused, setup, teardown);
	tcase_add_test(select, all_sorted_by_world_then_id);
	tcase_add_loop_test(select, selected, 0, NP_ARRAY_SIZE(selections));
	tcase_add_test(select, selected_by_profiles);
	tcase_add_test(select, selected_by_paths);
	tcase_add_test(select, the_environment_names_the_suites);
	tcase_add_test(select, in_the_order_of_tiers);
	tcase_add_test(select, smoke_is_what_the_file_says);
	tcase_add_test(worlds, only_the_worlds_that_are_named);
	tcase_add_test(worlds, a_missing_world_is_said_with_its_case);
	tcase_add_test(worlds, a_broken_world_is_said_with_its_line);
	tcase_add_test(worlds, a_suite_of_ones_own);
	tcase_add_test(worlds, one_name_for_two_worlds_is_refused);
	tcase_add_test(worlds, ones_own_suite_needs_no_built_in_ones);
	tcase_add_test(worlds, ones_own_suite_from_inside);
	tcase_add_test(worlds, folders_above_may_have_any_name);
	tcase_add_test(refused, a_doubled_id_is_refused);
	tcase_add_test(refused, a_doubled_id_in_another_world_is_refused);
	tcase_add_test(refused, a_file_twice_is_refused);
	tcase_add_loop_test(refused, a_broken_file_is_said_with_its_line, 0, NP_ARRAY_SIZE(broken));
	tcase_add_test(refused, the_result_is_untouched_by_a_failure);
	suite_add_tcase(suite, select);
	suite_add_tcase(suite, worlds);
	suite_add_tcase(suite, refused);
	return run_suite(suite);
}
