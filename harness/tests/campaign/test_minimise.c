/*
 * test_minimise.c - operations made small: what is left shows the bug, nothing more can be taken
 * out, the neighbour does not show it, and time, tests and trouble end it properly.
 */
#include "../suite.h"
#include "np/base/clock.h"
#include "np/base/json.h"
#include "np/campaign/minimise.h"

static const char big[] =
	"[{\"op\":\"apply\",\"kind\":\"NetworkPolicy\",\"namespace\":\"a\",\"name\":\"one\","
	"\"object\":{\"kind\":\"NetworkPolicy\",\"spec\":"
	"{\"podSelector\":{\"matchLabels\":{\"app\":\"web\"}},\"policyTypes\":[\"Ingress\"]}}},"
	"{\"op\":\"apply\",\"kind\":\"NetworkPolicy\",\"namespace\":\"a\",\"name\":\"two\","
	"\"object\":{\"kind\":\"NetworkPolicy\",\"spec\":"
	"{\"podSelector\":{\"matchLabels\":{\"app\":\"web\",\"tier\":\"x\"}},\"ingress\":[{"
	"\"from\":[{\"podSelector\":{}}]},"
	"{\"from\":[{\"namespaceSelector\":{\"matchLabels\":{\"q\":\"r\"}}},{\"ipBlock\":{\"cidr\":"
	"\"10.0.0.0/8\"}}],\"ports\":[{\"port\":80},"
	"{\"port\":\"web\",\"protocol\":\"UDP\"},{\"port\":443}]}]}}},"
	"{\"op\":\"delete\",\"kind\":\"NetworkPolicy\",\"namespace\":\"a\",\"name\":\"one\"}]";

static json_t *parsed(const char *text)
{
	json_t *v = np_json_parse(text, strlen(text), NULL);

	ck_assert_ptr_nonnull(v);
	return v;
}

/* A rule with a named port and a namespaceSelector, in any operation. */
static int named_port(void *ctx, const json_t *ops, struct np_err *err)
{
	json_t *op, *rule, *item;
	size_t i, k, m;

	(void)err;
	if (ctx)
		++*(unsigned *)ctx;
	json_array_foreach(ops, i, op)
		json_array_foreach(np_json_at(op, "object/spec/ingress"), k, rule) {
			bool name = false, ns = false;

			json_array_foreach(json_object_get(rule, "ports"), m, item)
				name |= json_is_string(json_object_get(item, "port"));
			json_array_foreach(json_object_get(rule, "from"), m, item)
				ns |= json_object_get(item, "namespaceSelector") != NULL;
			if (name && ns)
				return 1;
		}
	return 0;
}

/* Two operations have to be there. */
static int apply_and_delete(void *ctx, const json_t *ops, struct np_err *err)
{
	bool apply = false;
	json_t *op;
	size_t i;

	(void)ctx;
	(void)err;
	json_array_foreach(ops, i, op) {
		if (strcmp(np_json_str(op, "op", ""), "delete") == 0 && apply)
			return 1;
		apply |= strcmp(np_json_str(op, "name", ""), "one") == 0;
	}
	return 0;
}

static int fails(void *ctx, const json_t *ops, struct np_err *err)
{
	(void)ops;
	return ++*(unsigned *)ctx > 3 ? np_err_set(err, NP_EENV, "the cluster is gone") : 0;
}

static bool only_small(const json_t *ops)
{
	return json_array_size(ops) < 3;
}

START_TEST(what_is_left_is_what_it_takes)
{
	json_t *ops = parsed(big), *small = NULL,
	       *want = parsed("[{\"op\":\"apply\",\"kind\":\"NetworkPolicy\",\"namespace\":\"a\","
			      "\"name\":\"two\",\"object\":{\"kind\":\"NetworkPolicy\","
			      "\"spec\":{\"ingress\":[{\"from\":[{\"namespaceSelector\":{}}],"
			      "\"ports\":[{\"port\":\"a\"}]}]}}}]");
	unsigned asked = 0;
	struct np_minimise m = { .judge = named_port, .ctx = &asked };

	ck_assert_int_eq(np_minimise(&m, ops, &small, NULL), 0);
	ck_assert_msg(json_equal(small, want), "%s", json_dumps(small, 0));
	ck_assert(m.complete);
	ck_assert_uint_eq(m.n_tests, asked);
	ck_assert_uint_lt(m.n_tests, 60);
	/* One deletion away, and it does not show. */
	ck_assert_ptr_nonnull(m.neighbour);
	ck_assert_int_eq(named_port(NULL, m.neighbour, NULL), 0);
	ck_assert_msg(strncmp(m.neighbour_says, "without [0].object.spec.ingress", 31) == 0, "%s",
		      m.neighbour_says);
	json_decref(m.neighbour);
	json_decref(ops);
	json_decref(small);
	json_decref(want);
}
END_TEST

START_TEST(several_operations_stay_where_it_takes_several)
{
	json_t *ops = parsed(big), *small = NULL;
	struct np_minimise m = { .judge = apply_and_delete };

	ck_assert_int_eq(np_minimise(&m, ops, &small, NULL), 0);
	ck_assert_uint_eq(json_array_size(small), 2);
	ck_assert_str_eq(np_json_str(json_array_get(small, 1), "op", ""), "delete");
	json_decref(m.neighbour);
	json_decref(ops);
	json_decref(small);
}
END_TEST

START_TEST(bounds_hold_and_what_there_is_still_shows)
{
	json_t *ops = parsed(big), *small = NULL;
	struct np_minimise few = { .judge = named_port, .max_tests = 3 },
			   late = { .judge = named_port, .deadline_us = np_now_us() - 1 };

	ck_assert_int_eq(np_minimise(&few, ops, &small, NULL), 0);
	ck_assert_uint_eq(few.n_tests, 3);
	ck_assert(!few.complete);
	ck_assert_int_eq(named_port(NULL, small, NULL), 1);
	json_decref(small);
	json_decref(few.neighbour);
	ck_assert_int_eq(np_minimise(&late, ops, &small, NULL), 0);
	ck_assert_uint_eq(late.n_tests, 0);
	ck_assert(json_equal(small, ops));
	json_decref(small);
	json_decref(ops);
}
END_TEST

START_TEST(what_a_server_would_refuse_is_not_tried)
{
	json_t *ops = parsed(big), *small = NULL;
	unsigned asked = 0;
	struct np_minimise m = { .judge = named_port, .valid = only_small, .ctx = &asked };

	ck_assert_int_eq(np_minimise(&m, ops, &small, NULL), 0);
	ck_assert_uint_gt(m.n_tests + m.n_invalid, m.n_tests - 1);
	ck_assert_uint_eq(m.n_tests, asked);
	json_decref(m.neighbour);
	json_decref(small);
	json_decref(ops);
}
END_TEST

/* Something that went wrong on the way and was mended. */
static int mended(void *ctx, const json_t *ops, struct np_err *err)
{
	np_err_set(err, NP_ECONFLICT, "it was there already");
	return named_port(ctx, ops, err);
}

START_TEST(only_the_judge_says_that_it_is_over)
{
	json_t *ops = parsed(big), *small = NULL;
	struct np_minimise m = { .judge = mended };
	struct np_err err = { 0 };

	ck_assert_int_eq(np_minimise(&m, ops, &small, &err), 0);
	ck_assert_uint_eq(json_array_size(small), 1);
	json_decref(m.neighbour);
	json_decref(small);
	json_decref(ops);
}
END_TEST

START_TEST(trouble_ends_it)
{
	json_t *ops = parsed(big), *small = NULL;
	unsigned asked = 0;
	struct np_minimise m = { .judge = fails, .ctx = &asked };
	struct np_err err = { 0 };

	ck_assert_int_lt(np_minimise(&m, ops, &small, &err), 0);
	ck_assert_ptr_null(small);
	ck_assert_str_eq(err.msg, "the cluster is gone");
	ck_assert_uint_eq(asked, 4);
	json_decref(m.neighbour);
	json_decref(ops);
}
END_TEST

RUN_TESTS("minimise", what_is_left_is_what_it_takes, several_operations_stay_where_it_takes_several,
	  bounds_hold_and_what_there_is_still_shows, what_a_server_would_refuse_is_not_tried,
	  only_the_judge_says_that_it_is_over, trouble_ends_it)
