/*
 * test_apidiff.c - documents against the sandbox's API server, judged by a reading that is wrong on
 * purpose: the difference is noticed, is one class whatever the document, is made small, and has
 * the same key every time; a reading that is right has nothing to say, also of what was really
 * created; trouble ends it.
 */
#include "../suite.h"
#include "np/base/json.h"
#include "np/campaign/apidiff.h"
#include "np/campaign/bug.h"
#include "np/sandbox/sandbox.h"

static struct np_sandbox *sandbox;
static struct np_kube_config config;
static struct np_kube *kube;
static char *dir;

/* NP_AGENT, else that of the build folder, which NP_BUILD names. */
static char *agent_path(void)
{
	const char *agent = getenv("NP_AGENT"), *build = getenv("NP_BUILD");

	return agent ? np_xstrdup(agent)
		     : np_xasprintf("%s/netpolcheck-agent", build ? build : "build");
}

/* false, and said: this user and kernel have no sandbox. */
static bool start(void)
{
	np_auto_free char *agent = agent_path();
	const struct np_sandbox_options options = { .agent_path = agent };
	struct np_err err = { 0 };

	if (np_sandbox_start(&options, &sandbox, &err) < 0) {
		ck_assert_msg(err.code == NP_EENV, "%s", err.msg);
		printf("skip: documents against the sandbox: %s\n", err.msg);
		return false;
	}
	dir = scratch_dir();
	ck_assert_msg(np_kube_config_socket(np_sandbox_api_socket(sandbox), &config, &err) == 0,
		      "%s", err.msg);
	kube = np_kube_new(&config, &err);
	ck_assert_ptr_nonnull(kube);
	return true;
}

static void stop(void)
{
	np_kube_free(kube);
	np_kube_config_release(&config);
	np_sandbox_stop(sandbox);
	scratch_remove(dir);
}

/* The server's own word, but for documents with an except: those we would refuse. */
static int wrong_reading(void *ctx, struct np_kube *k, const char *ns, struct np_str text,
			 bool yaml, struct np_apidiff_answer *ret, struct np_err *err)
{
	np_auto_free char *copy = np_xstrndup(text.p, text.n);

	(void)ctx;
	(void)k;
	(void)ns;
	(void)yaml;
	(void)err;
	ret->asked = true;
	ret->http = 201;
	if (strstr(copy, "\"except\":[\""))
		np_buf_printf(&ret->differences, "  error only here: field %zu of '%.20s'\n",
			      text.n, copy);
	return 0;
}

static int right_reading(void *ctx, struct np_kube *k, const char *ns, struct np_str text,
			 bool yaml, struct np_apidiff_answer *ret, struct np_err *err)
{
	(void)k;
	(void)ns;
	(void)text;
	(void)yaml;
	if (ctx && ++*(unsigned *)ctx > 20)
		return np_err_set(err, NP_EENV, "the server is gone");
	ret->asked = ret->accepted = true;
	ret->spec = np_xstrdup("{\"podSelector\":{},\"policyTypes\":[\"Ingress\"]}");
	return 0;
}

static json_t *found(struct np_apidiff_options *o, struct np_apidiff_summary *sum)
{
	struct np_err err = { 0 };
	json_t *bugs = NULL;

	ck_assert_msg(np_apidiff(o, sum, &err) == 0, "%s", err.msg);
	json_decref(sum->keys);
	ck_assert_int_eq(np_bugs_load(o->bug_dir, &bugs, &err), 0);
	return bugs;
}

START_TEST(a_wrong_reading_is_one_class)
{
	struct np_apidiff_options o = {
		.server = "v1", .ask = wrong_reading, .count = 300, .seed = 5, .connections = 4
	};
	struct np_apidiff_summary sum;
	np_auto_free char *key = NULL;
	json_t *bugs, *spec;
	struct np_buf text = { 0 };

	if (!start())
		return;
	o.kube = kube;
	o.bug_dir = dir;
	bugs = found(&o, &sum);
	ck_assert_uint_eq(sum.sent, 300);
	ck_assert_uint_gt(sum.differing, 1);
	ck_assert_uint_lt(sum.differing, 300);
	ck_assert_uint_eq(sum.classes, 1);
	ck_assert_uint_eq(json_array_size(bugs), 1);
	ck_assert_str_eq(np_json_str(json_array_get(bugs, 0), "kind", ""), "validation-diff");
	ck_assert_int_eq(np_json_int(json_array_get(bugs, 0), "count", 0),
			 (long long)sum.differing);
	/* Nothing is left of it but the except. */
	spec = np_json_at(json_array_get(np_json_at(json_array_get(bugs, 0), "operations"), 0),
			  "object/spec");
	ck_assert_ptr_nonnull(spec);
	np_json_dump(spec, 1, &text);
	ck_assert_ptr_nonnull(strstr(np_buf_text(&text), "\"except\":[\""));
	ck_assert_ptr_null(strstr(np_buf_text(&text), "ports"));
	ck_assert_uint_lt(text.len, 80);
	key = np_xstrdup(np_json_str(json_array_get(bugs, 0), "key", ""));
	json_decref(bugs);
	/* Other documents, the same bug. */
	o.seed = 6;
	bugs = found(&o, &sum);
	ck_assert_uint_eq(json_array_size(bugs), 1);
	ck_assert_str_eq(np_json_str(json_array_get(bugs, 0), "key", ""), key);
	json_decref(bugs);
	np_buf_release(&text);
	stop();
}
END_TEST

START_TEST(what_is_created_is_what_was_meant)
{
	struct np_apidiff_options o = {
		.server = "v1", .ask = right_reading, .count = 40, .seed = 5, .create = true
	};
	struct np_apidiff_summary sum;
	json_t *bugs;

	if (!start())
		return;
	o.kube = kube;
	o.bug_dir = dir;
	bugs = found(&o, &sum);
	ck_assert_uint_eq(sum.created, 40);
	ck_assert_uint_eq(sum.classes, 0);
	ck_assert_uint_eq(json_array_size(bugs), 0);
	json_decref(bugs);
	stop();
}
END_TEST

START_TEST(a_server_that_goes_ends_it)
{
	unsigned asked = 0;
	struct np_apidiff_options o = { .server = "v1",
					.ask = right_reading,
					.ctx = &asked,
					.count = 400,
					.seed = 5,
					.connections = 1 };
	struct np_apidiff_summary sum;
	struct np_err err = { 0 };

	if (!start())
		return;
	o.kube = kube;
	o.bug_dir = dir;
	ck_assert_int_lt(np_apidiff(&o, &sum, &err), 0);
	ck_assert_str_eq(err.msg, "the server is gone");
	ck_assert_uint_eq(sum.sent, 20);
	json_decref(sum.keys);
	stop();
}
END_TEST

RUN_TESTS("apidiff", a_wrong_reading_is_one_class, what_is_created_is_what_was_meant,
	  a_server_that_goes_ends_it)
