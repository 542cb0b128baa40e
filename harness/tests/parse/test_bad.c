/*
 * test_bad.c - every file of bad/ must be refused with exactly the message of the .err file beside it (place, path, sentence; the file's
 * own name stripped). The name's first word says who reads it.
 */
#include <unistd.h>

#include "np/base/file.h"
#include "np/parse/casefile.h"
#include "np/parse/manifests.h"
#include "parse_test.h"

/* Tests run from the top of the project. */
#define BAD "harness/tests/parse/bad"

static int read_case(struct np_str text, const char *name, struct np_err *err)
{
	struct np_case c;
	int failed = np_casefile_parse(text, name, false, &c, err);

	if (!failed)
		np_case_release(&c);
	return failed;
}

static int read_world(struct np_str text, const char *name, struct np_err *err)
{
	struct np_worldfile w;
	int failed = np_worldfile_parse(text, name, false, &w, err);

	if (!failed)
		np_worldfile_release(&w);
	return failed;
}

static int read_manifest(struct np_str text, const char *name, struct np_err *err)
{
	struct np_world w;
	int failed;

	np_world_init(&w);
	failed = np_manifests_add_text(&w, text, name, NP_FIELDS_STRICT, NULL, err) || np_world_link(&w, err);
	np_world_release(&w);
	return failed ? -1 : 0;
}

static int read_tree(bool json, struct np_str text, const char *name, struct np_err *err)
{
	const struct np_read_opts opts = { .file = name };
	struct np_docs docs;
	int failed = (json ? np_read_json : np_read_yaml)(text, &opts, &docs, err);

	if (!failed)
		np_docs_release(&docs);
	return failed;
}

static int read_yaml(struct np_str text, const char *name, struct np_err *err)
{
	return read_tree(false, text, name, err);
}

static int read_json(struct np_str text, const char *name, struct np_err *err)
{
	return read_tree(true, text, name, err);
}

static const struct {
	const char *prefix;
	int (*read)(struct np_str text, const char *name, struct np_err *err);
} readers[] = {
	{ BAD "/case-", read_case },	 { BAD "/world-", read_world }, { BAD "/manifest-", read_manifest },
	{ BAD "/yaml-", read_yaml }, { BAD "/json-", read_json },
};

static int read_bad(const char *path, struct np_str text, struct np_err *err)
{
	for (size_t i = 0; i < NP_ARRAY_SIZE(readers); i++)
		if (np_str_starts(np_str_from(path), readers[i].prefix))
			return readers[i].read(text, path, err);
	ck_abort_msg("%s: the name must start with case-, world-, manifest-, yaml- or json-", path);
	return 0;
}

static void check_file(const char *path)
{
	np_auto_free char *err_path = np_xasprintf("%.*s.err", (int)(strrchr(path, '.') - path), path);
	struct np_buf text = { 0 }, want = { 0 };
	struct np_err err = { 0 }, io = { 0 };
	int failed;

	ck_assert_msg(np_file_read(path, 1 << 20, &text, &io) == 0, "%s: %s", path, io.msg);
	ck_assert_msg(np_file_read(err_path, 1 << 20, &want, &io) == 0, "%s: %s", err_path, io.msg);
	failed = read_bad(path, (struct np_str){ np_buf_text(&text), text.len }, &err);
	ck_assert_msg(failed == -1, "%s was accepted", path);
	ck_assert_msg(err.code != NP_OK, "%s: no code", path);
	ck_assert_str_eq(err.file, path);
	while (want.len && want.data[want.len - 1] == '\n')
		want.data[--want.len] = '\0';
	ck_assert_msg(strcmp(outcome(failed, &err), np_buf_text(&want)) == 0, "%s:\n  says   %s\n  should %s", path,
		      outcome(failed, &err), np_buf_text(&want));
	np_buf_release(&text);
	np_buf_release(&want);
}

START_TEST(messages)
{
	static const char *const suffixes[] = { ".yaml", ".json", NULL };
	struct np_err err;
	char **files;
	size_t n;

	ck_assert_int_eq(np_files_list(BAD, suffixes, &files, &n, &err), 0);
	ck_assert_uint_ge(n, 60);
	for (size_t i = 0; i < n; i++)
		check_file(files[i]);
	np_files_free(files);
}
END_TEST

RUN_TESTS("bad", messages)
