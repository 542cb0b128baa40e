/* test_suites.c - every case and world of suites/ can be read, ids are unique, and worlds are there. */
#include "np/base/file.h"
#include "np/parse/casefile.h"
#include "parse_test.h"

#define SUITES "suites"

static bool is_case_path(const char *path)
{
	return !strstr(path, "/worlds/") && !strstr(path, "/profiles/");
}

static char **list_files(size_t *ret_n)
{
	static const char *const suffixes[] = { ".yaml", NULL };
	struct np_err err;
	char **files;

	ck_assert_msg(np_files_list(SUITES, suffixes, &files, ret_n, &err) == 0, "%s", err.msg);
	return files;
}

static void check_case(const char *path)
{
	char text[NP_ERR_TEXT_MAX];
	struct np_case c;
	struct np_err err = { 0 };

	ck_assert_msg(np_casefile_load(path, &c, &err) == 0, "%s", np_err_text(&err, text, sizeof(text)));
	np_auto_free char *world = np_xasprintf(SUITES "/worlds/%s.yaml", c.world.p);
	np_auto_free char *own = np_xasprintf(SUITES "/%s.yaml", c.id.p);
	FILE *f = fopen(world, "r");

	/* The whole path below suites/ is the id, so no two files share one. */
	ck_assert_str_eq(own, path);
	ck_assert_msg(f != NULL, "%s: no world '%s'", path, c.world.p);
	fclose(f);
	np_case_release(&c);
}

START_TEST(cases)
{
	size_t n, n_cases = 0;
	char **files = list_files(&n);

	for (size_t i = 0; i < n; i++)
		if (is_case_path(files[i])) {
			check_case(files[i]);
			n_cases++;
		}
	np_files_free(files);
	ck_assert_uint_gt(n_cases, 0);
}
END_TEST

START_TEST(worlds)
{
	size_t n, n_worlds = 0;
	char **files = list_files(&n), text[NP_ERR_TEXT_MAX];

	for (size_t i = 0; i < n; i++) {
		struct np_worldfile w;
		struct np_err err = { 0 };

		if (!strstr(files[i], "/worlds/"))
			continue;
		ck_assert_msg(np_worldfile_load(files[i], &w, &err) == 0, "%s",
			      np_err_text(&err, text, sizeof(text)));
		ck_assert_uint_gt(w.n_objects, 0);
		np_worldfile_release(&w);
		n_worlds++;
	}
	np_files_free(files);
	ck_assert_uint_gt(n_worlds, 0);
}
END_TEST

RUN_TESTS("suites", cases, worlds)
