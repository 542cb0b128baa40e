/* test_record.c - the record survives being killed: whole lines count, half a line is dropped. */
#include <fcntl.h>
#include <unistd.h>

#include "../../run/record.h"
#include "np/base/json.h"
#include "../suite.h"

static char *dir;

static void setup(void)
{
	dir = scratch_dir();
}

static void teardown(void)
{
	scratch_remove(dir);
}

static void put_case(struct np_record *r, const char *id, const char *result)
{
	np_record_put_take(
		r, np_json_pack("{s:s, s:s, s:s}", "type", "case", "case", id, "result", result));
}

static void write_some(void)
{
	struct np_record r;
	struct np_err err = { 0 };

	ck_assert(np_record_open(&r, dir, false, &err) == 0);
	np_record_put_take(&r, np_json_pack("{s:s, s:i}", "type", "run", "seed", 42));
	put_case(&r, "a/one", "pass");
	put_case(&r, "a/two", "fail");
	np_record_close(&r);
}

START_TEST(what_was_written_is_read)
{
	json_t *run = NULL, *done = NULL;
	struct np_err err = { 0 };

	write_some();
	ck_assert_msg(np_record_done(dir, &run, &done, &err) == 0, "%s", err.msg);
	ck_assert_int_eq(np_json_int(run, "seed", 0), 42);
	ck_assert_uint_eq(json_object_size(done), 2);
	ck_assert_str_eq(json_string_value(json_object_get(done, "a/two")), "fail");
	json_decref(run);
	json_decref(done);
}
END_TEST

/* A copy that cannot be written is a failure of the record, whose file is whole all the same. */
START_TEST(lines_go_to_a_copy_as_well)
{
	np_auto_free char *path = np_xasprintf("%s/run.jsonl", dir);
	struct np_buf text = { 0 };
	char copy[4096];
	struct np_err err = { 0 };
	struct np_record r;
	ssize_t n;
	int ends[2];

	ck_assert_int_eq(pipe(ends), 0);
	ck_assert(np_record_open(&r, dir, false, &err) == 0);
	r.copy_fd = ends[1];
	put_case(&r, "a/one", "pass");
	put_case(&r, "a/two", "fail");
	ck_assert_int_eq(r.failed.code, NP_OK);
	n = read(ends[0], copy, sizeof(copy));
	ck_assert(np_file_read(path, sizeof(copy), &text, &err) == 0);
	ck_assert_uint_eq((size_t)n, text.len);
	ck_assert_mem_eq(copy, text.data, text.len);
	np_buf_release(&text);

	close(ends[0]);
	close(ends[1]);
	r.copy_fd = open("/dev/full", O_WRONLY);
	put_case(&r, "a/three", "pass");
	ck_assert_int_eq(r.failed.code, NP_EIO);
	ck_assert_ptr_nonnull(strstr(r.failed.msg, "the record's copy"));
	close(r.copy_fd);
	np_record_close(&r);
}
END_TEST

START_TEST(a_record_is_never_overwritten)
{
	struct np_record r;
	struct np_err err = { 0 };

	write_some();
	ck_assert(np_record_open(&r, dir, false, &err) < 0);
	ck_assert_int_eq(err.code, NP_EUSAGE);
	ck_assert_ptr_nonnull(strstr(err.msg, "--resume"));
}
END_TEST

START_TEST(half_a_line_is_cut_off)
{
	np_auto_free char *path = np_xasprintf("%s/run.jsonl", dir);
	struct np_err err = { 0 };
	struct np_record r;
	json_t *run = NULL, *done = NULL;
	int fd;

	write_some();
	fd = open(path, O_WRONLY | O_APPEND);
	ck_assert(np_write_all(fd, "{\"type\":\"case\",\"ca", 18) == 0);
	close(fd);
	ck_assert_msg(np_record_done(dir, &run, &done, &err) == 0, "%s", err.msg);
	ck_assert_uint_eq(json_object_size(done), 2);
	json_decref(run);
	json_decref(done);
	/* What is appended now starts on a line of its own. */
	ck_assert(np_record_open(&r, dir, true, &err) == 0);
	put_case(&r, "a/three", "skip");
	np_record_close(&r);
	ck_assert_msg(np_record_done(dir, &run, &done, &err) == 0, "%s", err.msg);
	ck_assert_str_eq(json_string_value(json_object_get(done, "a/three")), "skip");
	json_decref(run);
	json_decref(done);
}
END_TEST

START_TEST(damage_in_the_middle_is_an_error_with_its_line)
{
	np_auto_free char *path = np_xasprintf("%s/run.jsonl", dir);
	json_t *run = NULL, *done = NULL;
	struct np_err err = { 0 };

	write_file(dir, "run.jsonl",
		   "{\"type\":\"run\",\"seed\":1}\n{\"type\": oops\n{\"type\":\"note\"}\n");
	ck_assert(np_record_done(dir, &run, &done, &err) < 0);
	ck_assert_uint_eq(err.line, 2);
	ck_assert_str_eq(err.file, path);
}
END_TEST

START_TEST(a_folder_without_a_run_is_refused)
{
	json_t *run = NULL, *done = NULL;
	struct np_err err = { 0 };

	ck_assert(np_record_done(dir, &run, &done, &err) < 0);
	write_file(dir, "run.jsonl", "");
	ck_assert(np_record_done(dir, &run, &done, &err) < 0);
	ck_assert_int_eq(err.code, NP_EUSAGE);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("record");
	TCase *tc = tcase_create("record");

	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_test(tc, what_was_written_is_read);
	tcase_add_test(tc, lines_go_to_a_copy_as_well);
	tcase_add_test(tc, a_record_is_never_overwritten);
	tcase_add_test(tc, half_a_line_is_cut_off);
	tcase_add_test(tc, damage_in_the_middle_is_an_error_with_its_line);
	tcase_add_test(tc, a_folder_without_a_run_is_refused);
	suite_add_tcase(suite, tc);
	return run_suite(suite);
}
