/* test_command.c - netpolcheck mutate: exit statuses, both formats, files, folders, what is refused. */
#include <sys/wait.h>
#include <unistd.h>

#include "mutate_test.h"

#include "np/base/file.h"
#include "np/base/proc.h"

static char *dir;
static char program[4096];

static void find_program(void)
{
	ck_assert_int_gt(readlink("/proc/self/exe", program, sizeof(program) - 32), 0);
	for (int i = 0; i < 3; i++)
		*strrchr(program, '/') = '\0';
	memcpy(program + strlen(program), "/netpolcheck", sizeof("/netpolcheck"));
}

static void make_dir(void)
{
	find_program();
	dir = scratch_dir();
}

static void remove_dir(void)
{
	scratch_remove(dir);
}

struct result {
	int status;
	struct np_buf out, errout;
};

/* @line: words with blanks between; % stands for the test's folder. */
static void run(const char *line, const char *input, struct result *ret)
{
	struct np_buf in = { 0 }, words = { 0 };
	const char *argv[32] = { program, "mutate" };
	size_t n = 2;
	struct np_err err = { 0 };

	for (const char *p = line; *p; p++)
		np_buf_adds(&words, *p == '%' ? dir : (char[]){ *p, '\0' });
	for (char *save = NULL, *w = strtok_r(words.data, " ", &save); w; w = strtok_r(NULL, " ", &save))
		argv[n++] = w;
	if (input)
		np_buf_adds(&in, input);
	*ret = (struct result){ 0 };
	ret->status = np_proc_run(argv, &in, 60000, &ret->out, &ret->errout, &err);
	ck_assert_msg(ret->status >= 0, "%s", err.msg);
	np_buf_release(&in);
	np_buf_release(&words);
}

static void release(struct result *r)
{
	np_buf_release(&r->out);
	np_buf_release(&r->errout);
}

static size_t count(const struct np_buf *b, const char *word)
{
	size_t n = 0;

	for (const char *p = np_buf_text(b); (p = strstr(p, word)); p++)
		n++;
	return n;
}

/* Every document of a stream is accepted; their number. */
static size_t n_accepted(const struct np_buf *b)
{
	const struct np_validate_opts opts = { .mode = NP_DECODE_KUBECTL };
	struct np_validations v = { 0 };
	size_t n;

	np_validate_text((struct np_str){ np_buf_text(b), b->len }, &opts, &v);
	n = v.n;
	for (size_t i = 0; i < v.n; i++)
		ck_assert_uint_eq(v.items[i].stage, NP_STAGE_ACCEPT);
	np_validations_release(&v);
	return n;
}

START_TEST(builtin_documents)
{
	struct result r, again, more;

	run("--count 50 --seed 3", NULL, &r);
	ck_assert_int_eq(r.status, 0);
	ck_assert_uint_eq(r.errout.len, 0);
	ck_assert_uint_eq(n_accepted(&r.out), 50);
	run("--seed 3 --count 50", NULL, &again);
	ck_assert_str_eq(np_buf_text(&r.out), np_buf_text(&again.out));
	run("--seed 3 --count 60", NULL, &more);
	ck_assert_int_eq(strncmp(np_buf_text(&r.out), np_buf_text(&more.out), r.out.len), 0);
	release(&again);
	run("--seed 4 --count 50", NULL, &again);
	ck_assert_str_ne(np_buf_text(&r.out), np_buf_text(&again.out));
	release(&r);
	release(&again);
	release(&more);
}
END_TEST

START_TEST(json_lines)
{
	struct result r;

	run("--format json --count 40 --max-bytes 1000", NULL, &r);
	ck_assert_int_eq(r.status, 0);
	ck_assert_uint_eq(count(&r.out, "\n"), 40);
	ck_assert_uint_eq(n_accepted(&r.out), 40);
	for (const char *p = np_buf_text(&r.out), *end; (end = strchr(p, '\n')); p = end + 1)
		ck_assert_int_le(end - p, 1000);
	release(&r);
}
END_TEST

START_TEST(files_and_folders)
{
	struct result r;

	write_file(dir, "in.yaml", "apiVersion: v1\nkind: Namespace\nmetadata: {name: left-out}\n---\n"
			      "apiVersion: networking.k8s.io/v1\nkind: NetworkPolicy\n"
			      "metadata: {name: marked, namespace: here}\nspec: {podSelector: {}}\n---\n");
	write_file(dir, "b.json", "{\"kind\":\"NetworkPolicy\",\"metadata\":{\"name\":\"other\"}}");
	run("--count 60 %/in.yaml", NULL, &r);
	ck_assert_int_eq(r.status, 0);
	ck_assert_uint_gt(count(&r.out, "marked"), 30);
	ck_assert_uint_gt(count(&r.out, "here"), 30);
	ck_assert_uint_eq(count(&r.out, "left-out"), 0);
	release(&r);
	run("--count 60 --format json %", NULL, &r);
	ck_assert_int_eq(r.status, 0);
	ck_assert_uint_gt(count(&r.out, "marked"), 5);
	ck_assert_uint_gt(count(&r.out, "\"other\""), 5);
	release(&r);
	run("--count 20 -", "kind: NetworkPolicy\nmetadata: {name: piped}\n", &r);
	ck_assert_int_eq(r.status, 0);
	ck_assert_uint_gt(count(&r.out, "piped"), 10);
	release(&r);
}
END_TEST

START_TEST(single_faults_are_described)
{
	struct result r;

	run("--mode single-fault --count 30 --describe --format json", NULL, &r);
	ck_assert_int_eq(r.status, 0);
	ck_assert_uint_eq(count(&r.errout, "\n"), 30);
	ck_assert_uint_eq(count(&r.errout, "fault-"), 30);
	ck_assert_uint_eq(count(&r.errout, "\tvalidation\t") + count(&r.errout, "\tdecode\t") +
				  count(&r.errout, "\tstrict\t"),
			  30);
	release(&r);
}
END_TEST

START_TEST(into_a_folder)
{
	struct result r;
	struct np_err err;
	char **files, *out = np_xasprintf("%s/new/out", dir);
	size_t n;

	run("--mode hostile --count 12 --describe --out %/new/out", NULL, &r);
	ck_assert_int_eq(r.status, 0);
	ck_assert_uint_eq(r.errout.len, 0);
	ck_assert_uint_eq(count(&r.out, "\n"), 12);
	ck_assert_uint_eq(count(&r.out, "mutant-000012.yaml\t"), 1);
	ck_assert_int_eq(np_files_list(out, NULL, &files, &n, &err), 0);
	ck_assert_uint_eq(n, 12);
	np_files_free(files);
	free(out);
	release(&r);
}
END_TEST

START_TEST(hostile_takes_anything)
{
	struct result r;

	run("--mode hostile --count 20 -", "a: [ {", &r);
	ck_assert_int_eq(r.status, 0);
	ck_assert_uint_gt(r.out.len, 20);
	release(&r);
	run("--mode hostile --count 20 -", "kind: Pod\nmetadata: {name: p}\n", &r);
	ck_assert_int_eq(r.status, 0);
	ck_assert_uint_gt(count(&r.out, "Pod"), 3);
	release(&r);
}
END_TEST

START_TEST(refused)
{
	static const struct {
		const char *line, *input;
		int status;
		const char *says;
	} rows[] = {
		{ "/nonexistent/x.yaml", NULL, 2, "/nonexistent/x.yaml" },
		{ "-", "a: [", 2, "-:2:1" },
		{ "-", "", 2, "no NetworkPolicy in '-'" },
		{ "-", "kind: Pod", 2, "no NetworkPolicy in '-'" },
		{ "--mode wrong", NULL, 2, "mode" },
		{ "--format xml", NULL, 2, "format" },
		{ "--count 0", NULL, 2, "--count: 1 to" },
		{ "--count 2000000 --out %/never", NULL, 2, "--count: 1 to 1000000" },
		{ "--max-bytes 10", NULL, 2, "no policy fits" },
		{ "--max-bytes 99999999", NULL, 2, "--max-bytes: at most" },
		{ "--out /dev/null/x", NULL, 3, "/dev/null" },
	};

	for (size_t i = 0; i < NP_ARRAY_SIZE(rows); i++) {
		struct result r;

		run(rows[i].line, rows[i].input, &r);
		ck_assert_msg(r.status == rows[i].status, "%s: %d %s", rows[i].line, r.status,
			      np_buf_text(&r.errout));
		ck_assert_msg(strstr(np_buf_text(&r.errout), rows[i].says), "%s: %s", rows[i].line,
			      np_buf_text(&r.errout));
		ck_assert_uint_eq(r.out.len, 0);
		release(&r);
	}
}
END_TEST

/* Each test runs in a process of its own, which makes the folder and removes it. */
int main(void)
{
	const TTest *const list[] = { builtin_documents, json_lines, files_and_folders,
				      single_faults_are_described, into_a_folder,
				      hostile_takes_anything, refused };
	Suite *suite = suite_create("mutate/command");
	TCase *tc = tcase_create("command");

	tcase_set_timeout(tc, 300);
	tcase_add_checked_fixture(tc, make_dir, remove_dir);
	for (size_t i = 0; i < NP_ARRAY_SIZE(list); i++)
		tcase_add_test(tc, list[i]);
	suite_add_tcase(suite, tc);
	return run_suite(suite);
}
