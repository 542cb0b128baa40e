/*
 * test_files.c - the files beside a record: summary.md, junit.xml, a folder for each failing case.
 */
#include <dirent.h>
#include <sys/stat.h>
#include <unistd.h>

#include "../../report/report_private.h"
#include "np/base/json.h"
#include "np/base/utf8.h"
#include "np/parse/read.h"
#include "report_test.h"

static const char *const names[] = { "README.md", "manifests.yaml", "reproduce.sh" };

/* The files of a record of the data folder, written into a new folder; scratch_remove() it. */
static char *written(const char *record)
{
	struct np_report *r = load(record);
	char *dir = scratch_dir();
	struct np_err err = { 0 };

	ck_assert_msg(np_report_files(r, dir, &err) == 0, "%s", err.msg);
	np_report_free(r);
	return dir;
}

static bool exists(const char *dir, const char *name)
{
	np_auto_free char *path = np_xasprintf("%s/%s", dir, name);

	return access(path, F_OK) == 0;
}

START_TEST(files_of_a_run)
{
	char *dir = written("failing");
	np_auto_free char *summary = read_file(dir, "summary.md"),
			  *junit = read_file(dir, "junit.xml"),
			  *md = shown("failing", NP_REPORT_MARKDOWN, NULL),
			  *xml = shown("failing", NP_REPORT_JUNIT, NULL);

	ck_assert_str_eq(summary, md);
	ck_assert_str_eq(junit, xml);
	/* Every link of the summary leads somewhere. */
	for (const char *p = strstr(summary, "](failures/"); p; p = strstr(p + 1, "](failures/")) {
		np_auto_free char *target = np_xstrndup(p + 2, strcspn(p + 2, ")"));

		ck_assert_msg(exists(dir, target), "%s", target);
	}
	ck_assert_uint_eq(count(summary, "](failures/"), 2);
	/* Known deviations have no folder: they are told from the waivers. */
	ck_assert(!exists(dir, "failures/peers-two-combined-peers"));
	scratch_remove(dir);
}
END_TEST

START_TEST(a_folder_of_a_case)
{
	char *dir = written("failing");
	np_auto_free char *readme = read_file(dir, "failures/peers-and-in-one-peer/README.md"),
			  *path = np_xasprintf("%s/failures/peers-and-in-one-peer/reproduce.sh",
					       dir);
	struct stat st;

	ck_has(readme, "# peers/and-in-one-peer\n\nnamespaceSelector and podSelector in one peer "
		       "must both match\n");
	ck_has(readme, "- clauses: S11\n"
		       "- expectation: suites/peers/and-in-one-peer.yaml:20\n"
		       "- changes before it: apply NetworkPolicy x/both\n");
	ck_has(readme, "    from \\ to x/a x/c | x/a x/c\n    x/b       .   .   | A*  A*\n");
	ck_assert_uint_eq(count(readme, ": expected deny, seen allowed, answered by x/"), 8);
	ck_has(readme, "its namespace lacks team=blue");
	ck_assert(stat(path, &st) == 0 && (st.st_mode & 0111));
	scratch_remove(dir);
}
END_TEST

static void read_manifests(const char *dir, const char *name, struct np_docs *ret)
{
	np_auto_free char *text = read_file(dir, name);
	const struct np_read_opts opts = { .file = name };
	struct np_err err = { 0 };

	ck_assert_msg(np_read_yaml(np_str_from(text), &opts, ret, &err) == 0, "%s:%u: %s", name,
		      err.line, err.msg);
}

/* The world and then the changes, as a user could apply them. */
START_TEST(manifests_are_yaml)
{
	char *dir = written("failing");
	np_auto_free char *text = read_file(dir, "failures/peers-and-in-one-peer/manifests.yaml");
	struct np_docs docs = { 0 };
	size_t n_pods = 0, n_policies = 0;

	read_manifests(dir, "failures/peers-and-in-one-peer/manifests.yaml", &docs);
	for (size_t i = 0; i < docs.n; i++) {
		struct np_str kind = np_value_str(np_value_get(&docs.items[i].root, "kind"));

		n_pods += np_str_is(kind, "Pod");
		n_policies += np_str_is(kind, "NetworkPolicy");
	}
	ck_assert_uint_eq(n_pods, 11);
	ck_assert_uint_eq(n_policies, 1);
	ck_assert_str_eq(np_value_str(np_value_at(&docs.items[docs.n - 1].root,
						  "spec.ingress[0].from[0].podSelector.matchLabels"
						  ".app"))
				 .p,
			 "db");
	ck_assert(strncmp(text, "# The world: default\n---\n", 25) == 0);
	ck_has(text, "# apply NetworkPolicy x/both\n---\n");
	ck_has(text, "# Here it is wrong: suites/peers/and-in-one-peer.yaml:20\n");
	np_docs_release(&docs);
	scratch_remove(dir);
}
END_TEST

START_TEST(older_files_go)
{
	struct np_report *failing = load("failing"), *good = load("good");
	char *dir = scratch_dir();
	struct np_err err = { 0 };

	write_file(dir, "run.jsonl", "the record itself");
	ck_assert(np_report_files(failing, dir, &err) == 0);
	ck_assert(exists(dir, "failures/peers-and-in-one-peer/README.md"));
	ck_assert(np_report_files(failing, dir, &err) == 0);
	ck_assert(exists(dir, "failures/peers-and-in-one-peer/README.md"));
	ck_assert(np_report_files(good, dir, &err) == 0);
	ck_assert(!exists(dir, "failures"));
	ck_assert(exists(dir, "run.jsonl"));
	np_report_free(failing);
	np_report_free(good);
	scratch_remove(dir);
}
END_TEST

START_TEST(what_cannot_be_written_is_an_error)
{
	struct np_report *r = load("failing");
	char *dir = scratch_dir();
	np_auto_free char *path = np_xasprintf("%s/none/below", dir);
	struct np_err err = { 0 };

	ck_assert_int_eq(np_report_files(r, path, &err), -1);
	ck_assert_int_eq(err.code, NP_EIO);
	np_report_free(r);
	scratch_remove(dir);
}
END_TEST

/* Whatever ids hold: one folder each, in failures/ itself, with files that read. */
static void check_folders(const char *record, size_t n_failed)
{
	char *dir = written(record);
	np_auto_free char *failures = np_xasprintf("%s/failures", dir);
	DIR *d = opendir(failures);
	const struct dirent *e;
	size_t n = 0;

	ck_assert_ptr_nonnull(d);
	while ((e = readdir(d))) {
		if (e->d_name[0] == '.' && strlen(e->d_name) < 3)
			continue;
		n++;
		ck_assert(strspn(e->d_name, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
					    "0123456789._-") == strlen(e->d_name));
		ck_assert(e->d_name[0] != '.' && e->d_name[0] != '-' && strlen(e->d_name) <= 128);
		for (size_t i = 0; i < NP_ARRAY_SIZE(names); i++) {
			np_auto_free char *name = np_xasprintf("%s/%s", e->d_name, names[i]),
					  *text = read_file(failures, name);

			ck_assert(np_utf8_valid(np_str_from(text)));
			if (i == 0)
				ck_no_control(text);
			if (i == 1) {
				struct np_docs docs = { 0 };

				read_manifests(failures, name, &docs);
				np_docs_release(&docs);
			}
		}
	}
	closedir(d);
	ck_assert_uint_eq(n, n_failed);
	scratch_remove(dir);
}

START_TEST(hostile_and_odd_cases)
{
	check_folders("hostile", 10);
	check_folders("odd", 7);
	check_folders("resumed", 1);
}
END_TEST

RUN_TESTS("files", files_of_a_run, a_folder_of_a_case, manifests_are_yaml, older_files_go,
	  what_cannot_be_written_is_an_error, hostile_and_odd_cases)
