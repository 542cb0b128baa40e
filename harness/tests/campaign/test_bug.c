/*
 * test_bug.c - folders of findings: what they hold and who may read them, what becomes of the same
 * bug found again, what an embargo hides in every format, and that a script made of hostile text
 * stays a script.
 */
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "../suite.h"
#include "np/base/json.h"
#include "np/campaign/bug.h"

static const char log_text[] =
	"panic: runtime error: index out of range [1] with length 1\n\ngoroutine 1 [running]:\n"
	"example.org/agent.(*T).port(0x1)\n\t/src/t.go:5 +0x1\n";

static json_t *policy(const char *name)
{
	return np_json_pack("{s:s, s:s, s:{s:s, s:s}, s:{s:{}, s:[{s:[{}]}]}}", "apiVersion",
			    "networking.k8s.io/v1", "kind", "NetworkPolicy", "metadata", "name",
			    name, "namespace", "a", "spec", "podSelector", "ingress", "ports");
}

static json_t *operation(const char *name)
{
	return np_json_pack("{s:s, s:s, s:s, s:s, s:o}", "op", "apply", "kind", "NetworkPolicy",
			    "namespace", "a", "name", name, "object", policy(name));
}

static json_t *made(void)
{
	struct np_crashes c = { 0 };
	json_t *bug;

	np_crash_scan(NP_STR(log_text), "agent", &c);
	ck_assert_uint_eq(c.n, 1);
	bug = np_bug_new(&c.items[0], NP_STR(log_text));
	np_crashes_release(&c);
	json_object_set_new(bug, "operations", np_json_pack("[o]", operation("secret-input")));
	json_object_set_new(bug, "neighbour", np_json_pack("[o]", operation("ok")));
	return bug;
}

static void write_bug(const char *root, json_t *bug, bool want_known)
{
	const struct np_bug_file files[] = { { "evidence/agent.log", NP_STR("x\n") } };
	struct np_err err = { 0 };
	bool known = !want_known;

	ck_assert_msg(np_bug_write(root, bug, files, 1, &known, &err) == 0, "%s", err.msg);
	ck_assert(known == want_known);
}

START_TEST(a_folder_holds_what_it_takes)
{
	static const char *const names[] = { "report.json",
					     "report.md",
					     "run.sh",
					     "repro/00-namespaces.yaml",
					     "repro/01-pods.yaml",
					     "repro/02-operation.yaml",
					     "repro/neighbour-ok.yaml",
					     "repro/canary.yaml",
					     "evidence/agent.log" };
	char *root = scratch_dir();
	json_t *bug = made();
	np_auto_free char *dir = np_xasprintf("%s/%s", root, np_json_str(bug, "key", ""));
	np_auto_free char *md = NULL;
	struct stat st;

	write_bug(root, bug, false);
	for (size_t i = 0; i < NP_ARRAY_SIZE(names); i++) {
		np_auto_free char *path = np_xasprintf("%s/%s", dir, names[i]);

		ck_assert_msg(stat(path, &st) == 0 && st.st_size > 0, "%s", names[i]);
		ck_assert_msg((st.st_mode & 077) == 0, "%s: %o", names[i], st.st_mode);
	}
	ck_assert(stat(dir, &st) == 0 && (st.st_mode & 0777) == 0700);
	md = read_file(dir, "report.md");
	/* The first screen: title, policy, panic, command. */
	ck_assert_int_eq(
		strncmp(md, "# agent crash: index-out-of-range in example.org/agent.(*T).port\n",
			60),
		0);
	ck_assert_ptr_nonnull(strstr(md, "ingress: [{ports: [{}]}]"));
	ck_assert(strstr(md, "goroutine 1") < strstr(md, "./run.sh"));
	ck_assert(strstr(md, "./run.sh") < strstr(md, "## What happened"));
	ck_assert_ptr_nonnull(strstr(md, "SECURITY.md"));
	json_decref(bug);
	scratch_remove(root);
}
END_TEST

START_TEST(the_same_bug_again_is_counted)
{
	char *root = scratch_dir();
	json_t *bug = made(), *again = made(), *small = made(), *stored = NULL, *all = NULL;
	struct np_err err = { 0 };

	json_array_append_new(json_object_get(bug, "operations"), operation("more"));
	json_object_set_new(bug, "first_seen", json_string("2026-01-01T00:00:00Z"));
	write_bug(root, bug, false);
	json_array_append_new(json_object_get(again, "operations"), operation("more"));
	json_array_append_new(json_object_get(again, "operations"), operation("and more"));
	write_bug(root, again, true);
	ck_assert_int_eq(np_bug_load(root, np_json_str(bug, "key", ""), &stored, &err), 0);
	ck_assert_int_eq(np_json_int(stored, "count", 0), 2);
	/* The larger input did not replace the smaller one. */
	ck_assert_uint_eq(json_array_size(json_object_get(stored, "operations")), 2);
	json_decref(stored);
	json_object_set_new(small, "minimised", json_true());
	write_bug(root, small, true);
	ck_assert_int_eq(np_bug_load(root, np_json_str(bug, "key", ""), &stored, &err), 0);
	ck_assert_int_eq(np_json_int(stored, "count", 0), 3);
	ck_assert_uint_eq(json_array_size(json_object_get(stored, "operations")), 1);
	ck_assert_str_eq(np_json_str(stored, "first_seen", ""), "2026-01-01T00:00:00Z");
	ck_assert_int_eq(np_bugs_load(root, &all, &err), 0);
	ck_assert_uint_eq(json_array_size(all), 1);
	json_decref(all);
	json_decref(stored);
	json_decref(bug);
	json_decref(again);
	json_decref(small);
	scratch_remove(root);
}
END_TEST

START_TEST(an_embargo_holds_in_every_format)
{
	json_t *bug = made(), *list = np_json_pack("[O]", bug);

	for (int f = NP_BUG_TEXT; f <= NP_BUG_SARIF; f++) {
		struct np_buf hidden = { 0 }, open = { 0 };

		np_bugs_print(list, "root", (enum np_bug_format)f, false, &hidden);
		np_bugs_print(list, "root", (enum np_bug_format)f, true, &open);
		ck_assert_ptr_nonnull(strstr(np_buf_text(&hidden), np_json_str(bug, "key", "?")));
		ck_assert_ptr_nonnull(strstr(np_buf_text(&hidden), "agent"));
		ck_assert_msg(!strstr(np_buf_text(&hidden), "secret-input"), "format %d", f);
		ck_assert_msg(!strstr(np_buf_text(&hidden), "index-out-of-range"), "format %d", f);
		ck_assert_msg(!strstr(np_buf_text(&hidden), "(*T).port"), "format %d", f);
		ck_assert_msg(strstr(np_buf_text(&open), "index-out-of-range"), "format %d", f);
		np_buf_release(&hidden);
		np_buf_release(&open);
	}
	json_decref(list);
	json_decref(bug);
}
END_TEST

START_TEST(documents_can_be_read_back)
{
	json_t *bug = made(), *list = np_json_pack("[O]", bug), *doc;
	struct np_buf b = { 0 };
	struct np_err err = { 0 };

	json_object_set_new(bug, "title", json_string("a <b> & \"c\" ]]> \x01 \xc3\xa9"));
	np_bugs_print(list, "root", NP_BUG_SARIF, true, &b);
	doc = np_json_parse(np_buf_text(&b), b.len, &err);
	ck_assert_ptr_nonnull(doc);
	ck_assert_str_eq(
		np_json_str(
			json_array_get(np_json_at(json_array_get(json_object_get(doc, "runs"), 0),
						  "results"),
				       0),
			"ruleId", ""),
		"NPF-CRASH");
	json_decref(doc);
	np_buf_clear(&b);
	np_bugs_print(list, "root", NP_BUG_JUNIT, true, &b);
	ck_assert_ptr_nonnull(
		strstr(np_buf_text(&b), "a &#60;b&#62; &#38; &#34;c&#34; ]]&#62;  \xc3\xa9"));
	np_buf_release(&b);
	json_decref(list);
	json_decref(bug);
}
END_TEST

/* A shell that only reads the script, and one that runs it with a kubectl that notes what it is
 * asked. */
START_TEST(scripts_stay_scripts)
{
	char *root = scratch_dir();
	json_t *bug = made();
	np_auto_free char *path = NULL, *command = NULL, *mark = np_xasprintf("%s/mark", root);
	struct stat st;

	json_object_set_new(
		bug, "title",
		np_json_string(np_str_from("x\n touch $(touch mark); `touch mark` '\"")));
	json_object_set_new(bug, "watch",
			    np_json_pack("{s:s, s:s, s:s}", "needle",
					 "'; touch mark; '$(touch mark)", "selector",
					 "a=b' $(touch mark)", "namespace", "kube-system"));
	write_bug(root, bug, false);
	path = np_xasprintf("%s/%s/run.sh", root, np_json_str(bug, "key", ""));
	command = np_xasprintf("cd %s && sh -n %s && KUBECTL=false sh %s >/dev/null 2>&1; test $? "
			       "-eq 3 && sh %s x 2>/dev/null; "
			       "test $? -eq 2",
			       root, path, path, path);
	ck_assert_int_eq(system(command), 0);
	ck_assert_int_lt(stat(mark, &st), 0);
	json_decref(bug);
	scratch_remove(root);
}
END_TEST

static const struct {
	const char *json, *yaml;
} yamls[] = {
	{ "{\"a\":{},\"b\":[]}", "a: {}\nb: []\n" },
	{ "{\"a\":\"true\",\"b\":\"1\",\"c\":\"x: y\",\"d\":\"\"}",
	  "a: \"true\"\nb: \"1\"\nc: \"x: y\"\nd: \"\"\n" },
	{ "{\"from\":[{\"ipBlock\":{\"cidr\":\"0.0.0.0/0\"}}]}",
	  "from: [{ipBlock: {cidr: \"0.0.0.0/0\"}}]\n" },
	{ "[1,null,true]", "- 1\n- null\n- true\n" },
};

START_TEST(yaml_is_what_a_person_would_write)
{
	for (size_t i = 0; i < NP_ARRAY_SIZE(yamls); i++) {
		json_t *v = np_json_parse(yamls[i].json, strlen(yamls[i].json), NULL);
		struct np_buf b = { 0 };

		np_yaml_text(v, &b);
		ck_assert_str_eq(np_buf_text(&b), yamls[i].yaml);
		np_buf_release(&b);
		json_decref(v);
	}
}
END_TEST

START_TEST(keys_from_outside_are_no_paths)
{
	struct np_err err = { 0 };
	json_t *bug = NULL;

	ck_assert_int_lt(np_bug_load("/", "../../../etc", &bug, &err), 0);
	ck_assert(err.code == NP_EUSAGE);
	ck_assert_int_lt(np_bug_load("/tmp", "0123456789ab", &bug, &err), 0);
	ck_assert(err.code == NP_ENOTFOUND);
}
END_TEST

RUN_TESTS("bug", a_folder_holds_what_it_takes, the_same_bug_again_is_counted,
	  an_embargo_holds_in_every_format, documents_can_be_read_back, scripts_stay_scripts,
	  yaml_is_what_a_person_would_write, keys_from_outside_are_no_paths)
