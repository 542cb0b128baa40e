/* test_shard.c - parts of a plan: every case in one of them, always the same, about equally long.
 */
#include "np/run/shard.h"
#include "../suite.h"

START_TEST(what_is_a_part)
{
	static const struct {
		const char *text;
		unsigned number, of; /* 0: refused */
	} all[] = {
		{ "1/1", 1, 1 },    { "2/4", 2, 4 },  { "1000/1000", 1000, 1000 },
		{ "0/4", 0, 0 },    { "5/4", 0, 0 },  { "1/0", 0, 0 },
		{ "1/1001", 0, 0 }, { "", 0, 0 },     { "/", 0, 0 },
		{ "1/", 0, 0 },	    { "/4", 0, 0 },   { "1/4/4", 0, 0 },
		{ "-1/4", 0, 0 },   { " 1/4", 0, 0 }, { "1", 0, 0 },
		{ "index=0/4", 1, 4 },	{ "index=3/4", 4, 4 },	{ "index=999/1000", 1000, 1000 },
		{ "index=4/4", 0, 0 },	{ "index=1000/1000", 0, 0 }, { "index=/4", 0, 0 },
		{ "index=", 0, 0 },	{ "index=0", 0, 0 },	{ "index=-1/4", 0, 0 },
		{ "index=index=0/4", 0, 0 }, { "index 0/4", 0, 0 }, { "index=$(JOB_COMPLETION_INDEX)/4", 0, 0 },
	};

	for (size_t i = 0; i < NP_ARRAY_SIZE(all); i++) {
		unsigned number = 77, of = 77;
		bool ok = np_shard_parse(np_str_from(all[i].text), &number, &of);

		ck_assert_msg(ok == (all[i].of > 0), "%s", all[i].text);
		ck_assert_uint_eq(number, ok ? all[i].number : 77);
		ck_assert_uint_eq(of, ok ? all[i].of : 77);
	}
}
END_TEST

/* A suite of one's own, in a scratch folder: @n cases in each of two worlds. */
static char *suite_of(unsigned n)
{
	char *dir = scratch_dir();

	for (unsigned w = 0; w < 2; w++) {
		np_auto_free char *name = np_xasprintf("worlds/w%u.yaml", w);
		np_auto_free char *text = np_xasprintf(
			"world: w%u\nports: [TCP:80]\n---\napiVersion: v1\nkind: Namespace\n"
			"metadata: {name: x}\n---\napiVersion: v1\nkind: Pod\nmetadata: {name: a, "
			"namespace: x}\n",
			w);

		write_file(dir, name, text);
		for (unsigned i = 0; i < n; i++) {
			np_auto_free char *file = np_xasprintf("area/w%u-%02u.yaml", w, i);
			np_auto_free char *body = np_xasprintf(
				"case: area/w%u-%02u\ntitle: t\ncovers: [S01]\nworld: w%u\n---\n"
				"expect: |\n  allow\n",
				w, i, w);

			write_file(dir, file, body);
		}
	}
	return dir;
}

static void load(const char *dir, struct np_plan *plan)
{
	const char *const suites[] = { dir };
	const struct np_plan_options po = { .suites_dir = dir, .suites = suites, .n_suites = 1 };
	struct np_err err = { 0 };
	char text[NP_ERR_TEXT_MAX];

	ck_assert_msg(np_plan_load(&po, plan, &err) == 0, "%s",
		      np_err_text(&err, text, sizeof(text)));
}

static struct np_shard take(const char *dir, unsigned number, unsigned of, struct np_plan *plan)
{
	struct np_shard shard = { .number = number, .of = of };
	struct np_err err = { 0 };

	load(dir, plan);
	ck_assert_msg(np_shard_take(plan, dir, &shard, &err) == 0, "%s", err.msg);
	return shard;
}

START_TEST(every_case_is_in_one_part)
{
	char *dir = suite_of(10);

	for (unsigned of = 1; of <= 5; of++) {
		size_t seen[2][10] = { { 0 } };
		unsigned long long digest = 0;

		for (unsigned i = 1; i <= of; i++) {
			struct np_plan plan, again;
			struct np_shard shard = take(dir, i, of, &plan),
					same = take(dir, i, of, &again);

			ck_assert_uint_eq(shard.n_planned, 20);
			ck_assert(shard.digest == same.digest && shard.digest);
			ck_assert(i == 1 || shard.digest == digest);
			digest = shard.digest;
			ck_assert_uint_eq(plan.n_cases, again.n_cases);
			for (size_t c = 0; c < plan.n_cases; c++) {
				const char *id = plan.cases[c].id.p;

				ck_assert(np_str_eq(plan.cases[c].id, again.cases[c].id));
				seen[id[6] - '0'][strtoul(id + 8, NULL, 10)]++;
				ck_assert_ptr_nonnull(np_plan_world(&plan, plan.cases[c].world));
			}
			np_plan_release(&plan);
			np_plan_release(&again);
		}
		for (size_t w = 0; w < 2; w++)
			for (size_t c = 0; c < 10; c++)
				ck_assert_uint_eq(seen[w][c], 1);
	}
	scratch_remove(dir);
}
END_TEST

/* One long case weighs as much as the nineteen others: it is alone in its part. */
START_TEST(by_durations)
{
	char *dir = suite_of(10);
	struct np_buf text = { 0 };
	struct np_plan plan;

	np_buf_adds(&text, "# a comment\n");
	for (unsigned i = 0; i < 20; i++)
		np_buf_printf(&text, "area/w%u-%02u\t%u\n", i % 2, i / 2, i == 7 ? 1900 : 100);
	write_file(dir, "durations.tsv", np_buf_text(&text));
	np_buf_release(&text);
	take(dir, 1, 2, &plan);
	ck_assert_uint_eq(plan.n_cases, 1);
	ck_assert_str_eq(plan.cases[0].id.p, "area/w1-03");
	ck_assert_uint_eq(plan.n_worlds, 1);
	np_plan_release(&plan);
	take(dir, 2, 2, &plan);
	ck_assert_uint_eq(plan.n_cases, 19);
	np_plan_release(&plan);
	scratch_remove(dir);
}
END_TEST

/* What a case or a world says is part of what a shard is of. */
START_TEST(other_files_are_another_plan)
{
	static const char *const files[] = { "area/w0-01.yaml", "worlds/w1.yaml" };

	for (size_t i = 0; i < NP_ARRAY_SIZE(files); i++) {
		char *dir = suite_of(2);
		np_auto_free char *path = np_xasprintf("%s/%s", dir, files[i]);
		struct np_plan plan;
		unsigned long long before = take(dir, 1, 2, &plan).digest;
		struct np_buf text = { 0 };
		struct np_err err = { 0 };

		np_plan_release(&plan);
		ck_assert(np_file_read(path, 10000, &text, &err) == 0);
		np_buf_adds(&text, "# more\n");
		write_file(dir, files[i], np_buf_text(&text));
		np_buf_release(&text);
		ck_assert(take(dir, 1, 2, &plan).digest != before);
		np_plan_release(&plan);
		scratch_remove(dir);
	}
}
END_TEST

START_TEST(what_cannot_be_taken)
{
	static const struct {
		const char *durations, *msg;
		unsigned of, line;
	} all[] = {
		{ "", "has no case", 9, 0 },
		{ "area/a\n", "not a case and milliseconds", 2, 1 },
		{ "# c\narea/a\t-1\n", "not a case and milliseconds", 2, 2 },
		{ "\t1\n", "not a case and milliseconds", 2, 1 },
		{ "area/a\t1 \n", "not a case and milliseconds", 2, 1 },
	};

	for (size_t i = 0; i < NP_ARRAY_SIZE(all); i++) {
		char *dir = suite_of(2);
		struct np_shard shard = { .number = all[i].of, .of = all[i].of };
		struct np_plan plan;
		struct np_err err = { 0 };

		load(dir, &plan);
		write_file(dir, "durations.tsv", all[i].durations);
		ck_assert(np_shard_take(&plan, dir, &shard, &err) < 0);
		ck_assert_msg(strstr(err.msg, all[i].msg) != NULL, "%s", err.msg);
		ck_assert_uint_eq(err.line, all[i].line);
		np_plan_release(&plan);
		scratch_remove(dir);
	}
}
END_TEST

/* The project's own suites with their recorded durations: no part gets a tenth more than its share.
 */
START_TEST(the_suites_are_dealt_evenly)
{
	unsigned long long ms[4] = { 0 }, total = 0;
	struct np_buf text = { 0 };
	struct np_err err = { 0 };

	ck_assert(np_file_read("suites/durations.tsv", 1 << 20, &text, &err) == 0);
	for (unsigned i = 0; i < 4; i++) {
		struct np_shard shard = { .number = i + 1, .of = 4 };
		struct np_plan plan;

		ck_assert(np_plan_load(&(struct np_plan_options){ .suites_dir = "suites" }, &plan,
				       &err) == 0);
		ck_assert(np_shard_take(&plan, "suites", &shard, &err) == 0);
		for (size_t c = 0; c < plan.n_cases; c++) {
			np_auto_free char *key = np_xasprintf("\n%s\t", plan.cases[c].id.p);
			const char *found = strstr(np_buf_text(&text), key);

			ms[i] += found ? strtoull(found + strlen(key), NULL, 10) : 0;
		}
		total += ms[i];
		np_plan_release(&plan);
	}
	for (unsigned i = 0; i < 4; i++)
		ck_assert_msg(ms[i] <= total / 4 * 11 / 10, "part %u: %llu of %llu ms", i + 1,
			      ms[i], total);
	np_buf_release(&text);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("shard");
	TCase *tc = tcase_create("shard");

	tcase_set_timeout(tc, 300);
	tcase_add_test(tc, what_is_a_part);
	tcase_add_test(tc, every_case_is_in_one_part);
	tcase_add_test(tc, by_durations);
	tcase_add_test(tc, other_files_are_another_plan);
	tcase_add_test(tc, what_cannot_be_taken);
	tcase_add_test(tc, the_suites_are_dealt_evenly);
	suite_add_tcase(suite, tc);
	return run_suite(suite);
}
