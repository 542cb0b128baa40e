/* test_merge.c - shards joined: what counts, what is refused, what their order changes. */
#include "../../report/report_private.h"
#include "np/base/json.h"
#include "report_test.h"

#define RUN(number, of, more)                                                                      \
	"{\"type\":\"run\",\"schema\":1,\"version\":\"1\",\"id\":\"id" #number                     \
	"\",\"started\":\"2026-01-0" #number                                                       \
	"T00:00:00.000Z\",\"seed\":7,\"workers\":2,\"target\":{\"kind\":\"sandbox\"},"             \
	"\"suites\":[],\"profiles\":[\"core\"],\"shard\":{\"number\":" #number ",\"of\":" #of      \
	",\"plan\":\"0123456789abcdef\",\"planned\":3}" more "}\n"
#define PREFLIGHT "{\"type\":\"preflight\",\"enforced\":true,\"capabilities\":{\"ipv6\":true}}\n"
#define WORLD(worker)                                                                              \
	"{\"type\":\"world\",\"worker\":" #worker                                                  \
	",\"world\":\"w\",\"objects\":{\"Namespace /x\":{\"n\":" #worker "}}}\n"
#define STEP(id, place)                                                                            \
	"{\"type\":\"step\",\"case\":\"" id                                                        \
	"\",\"world\":\"w\",\"result\":\"fail\",\"place\":\"" place "\"}\n"
#define CASE(id, result)                                                                           \
	"{\"type\":\"case\",\"case\":\"" id "\",\"result\":\"" result "\",\"worker\":0}\n"
#define END(exit, more)                                                                            \
	"{\"type\":\"end\",\"exit\":" #exit                                                        \
	",\"interrupted\":false,\"reason\":\"\",\"probes\":10,\"ms\":5,\"convergence_ms\":"        \
	"{\"ingress\":{\"p50\":4,\"p99\":9,\"n\":3}},\"trouble\":{\"requests_again\":{\"a\":1}"    \
	"}" more "}\n"

static const char one[] = RUN(1, 2, "") PREFLIGHT WORLD(0) WORLD(1) STEP("a/one", "f:1")
	CASE("a/one", "fail") CASE("a/two", "pass") END(1, ",\"unused_waivers\":[\"y\"]");
static const char two[] = RUN(2, 2, "") PREFLIGHT WORLD(0) CASE("b/three", "pass")
	END(0, ",\"unused_waivers\":[\"y\"]");
/* The same shard, killed in the middle of its case, resumed, and disturbed once more. */
static const char two_resumed[] =
	RUN(2, 2, "") PREFLIGHT WORLD(0) STEP("b/three", "f:9") RUN(2, 2, "") PREFLIGHT WORLD(0)
		STEP("b/three", "f:8") CASE("b/three", "error") RUN(2, 2, "") PREFLIGHT WORLD(0)
			CASE("b/three", "pass") END(0, ",\"unused_waivers\":[\"y\"]");

struct shards {
	char *dir;
	char *paths[4];
	size_t n;
};

static void shards_init(struct shards *s, const char *const *texts, size_t n)
{
	*s = (struct shards){ .dir = scratch_dir(), .n = n };
	for (size_t i = 0; i < n; i++) {
		np_auto_free char *name = np_xasprintf("%zu.jsonl", i);

		write_file(s->dir, name, texts[i]);
		s->paths[i] = np_xasprintf("%s/%s", s->dir, name);
	}
}

static void shards_release(struct shards *s)
{
	for (size_t i = 0; i < s->n; i++)
		free(s->paths[i]);
	scratch_remove(s->dir);
}

/* The merged record, or NULL with the error. */
static struct np_report *merged(const char *const *texts, size_t n, struct np_err *err)
{
	struct shards s;
	struct np_report *r = NULL;
	np_auto_free char *out = NULL;

	shards_init(&s, texts, n);
	out = np_xasprintf("%s/out", s.dir);
	if (np_report_merge((const char *const *)s.paths, n, out, err) == 0)
		ck_assert_msg(np_report_load(out, &r, err) == 0, "%s", err->msg);
	else
		ck_assert(!np_is_dir(out));
	shards_release(&s);
	return r;
}

START_TEST(all_of_it_is_there)
{
	struct np_err err = { 0 };
	struct np_report *r = merged((const char *const[]){ two, one }, 2, &err);
	struct np_report_totals t;

	ck_assert_msg(r != NULL, "%s", err.msg);
	t = np_report_count(r);
	ck_assert_uint_eq(t.passed, 2);
	ck_assert_uint_eq(t.failed, 1);
	ck_assert_int_eq(np_report_exit(r), 1);
	ck_assert_str_eq(np_json_str(r->run, "started", ""), "2026-01-01T00:00:00.000Z");
	ck_assert_int_eq(np_json_int(r->run, "cases", 0), 3);
	ck_assert_ptr_null(json_object_get(r->run, "shard"));
	ck_assert_int_eq(np_json_int(r->end, "probes", 0), 20);
	ck_assert_int_eq(np_json_int(r->end, "ms", 0), 5);
	ck_assert_int_eq(np_json_int(r->end, "convergence_ms/ingress/n", 0), 6);
	ck_assert_int_eq(np_json_int(r->end, "convergence_ms/ingress/p50", 0), 4);
	ck_assert_int_eq(np_json_int(r->end, "trouble/requests_again/a", 0), 2);
	ck_assert_int_eq(np_json_int(json_object_get(r->cases, "b/three"), "shard", 0), 2);
	ck_assert_str_eq(np_json_str(np_report_bad_step(r, "a/one"), "place", ""), "f:1");
	/* A waiver of no case is told by every shard. */
	ck_assert_uint_eq(json_array_size(json_object_get(r->end, "unused_waivers")), 1);
	ck_assert_str_eq(np_report_at(json_object_get(r->end, "unused_waivers"), 0), "y");
	/* Namespaces are named by the shards' own ids. */
	ck_assert_uint_eq(json_array_size(r->run_ids), 3);
	np_report_free(r);
}
END_TEST

static char *report_of(const char *const *texts)
{
	struct np_err err = { 0 };
	struct np_report *r = merged(texts, 2, &err);
	struct np_buf b = { 0 };

	ck_assert_msg(r != NULL, "%s", err.msg);
	/* The ids of its parts are the trace that a resumed shard leaves. */
	json_object_del(r->run, "merged");
	np_report_write(r, NP_REPORT_JSON, NULL, &b);
	np_report_free(r);
	return np_buf_steal(&b);
}

START_TEST(order_and_resuming_change_nothing)
{
	np_auto_free char *plain = report_of((const char *const[]){ one, two }),
			  *turned = report_of((const char *const[]){ two, one }),
			  *resumed = report_of((const char *const[]){ one, two_resumed });

	ck_assert_str_eq(plain, turned);
	ck_assert_str_eq(plain, resumed);
}
END_TEST

static const struct refused {
	const char *texts[3];
	size_t n;
	const char *msg;
} refused[] = {
	{ { one }, 1, "of 2 shards there is no 2" },
	{ { two }, 1, "of 2 shards there is no 1" },
	{ { one, two, two }, 3, "shard 2 is there twice" },
	{ { one, one }, 2, "shard 1 is there twice" },
	{ { one, RUN(2, 2, "") CASE("b/x", "pass") }, 2, "shard 2 has not ended" },
	{ { one, RUN(2, 2, "") END(0, "") RUN(2, 2, "") CASE("b/x", "pass") },
	  2,
	  "shard 2 has not ended" },
	{ { one, RUN(2, 2, "") CASE("a/two", "pass") END(0, "") },
	  2,
	  "case 'a/two' is in shard 1 and in shard 2" },
	{ { one, RUN(2, 3, "") END(0, "") }, 2, "another number of shards" },
	{ { one, RUN(2, 2, ",\"version\":\"2\"") END(0, "") }, 2, "another version" },
	{ { one, RUN(2, 2, ",\"build\":\"ff\"") END(0, "") }, 2, "another build" },
	{ { one, RUN(2, 2, ",\"seed\":8") END(0, "") }, 2, "another seed" },
	{ { one, RUN(2, 2, ",\"tier\":\"smoke\"") END(0, "") }, 2, "another tier" },
	{ { one, RUN(2, 2, ",\"shard\":{\"number\":2,\"of\":2,\"plan\":\"00\",\"planned\":3}")
			 END(0, "") },
	  2,
	  "another selection of cases" },
	{ { one, RUN(2, 2, ",\"target\":{\"kind\":\"cluster\"}") END(0, "") },
	  2,
	  "another target" },
	{ { one, RUN(2, 2, ",\"agent\":{\"name\":\"a\"}") END(0, "") }, 2, "another agent" },
	{ { "{\"type\":\"run\",\"schema\":1}\n" END(0, "") }, 1, "is no shard of a run" },
	{ { RUN(3, 2, "") END(0, "") }, 1, "is no shard of a run" },
	{ { one, "{\"type\":\"case\"}\n" }, 2, "a case line without an id" },
};

START_TEST(what_does_not_fit_is_refused)
{
	const struct refused *c = &refused[_i];
	struct np_err err = { 0 };

	ck_assert_ptr_null(merged(c->texts, c->n, &err));
	ck_assert_msg(strstr(err.msg, c->msg) != NULL, "'%s' is not in '%s'", c->msg, err.msg);
	ck_assert(err.code == NP_EUSAGE || err.code == NP_EVALID);
}
END_TEST

START_TEST(verdicts_of_the_whole)
{
	static const struct {
		const char *second;
		int exit;
		const char *words;
	} all[] = {
		{ RUN(2, 2, "") PREFLIGHT CASE("b/x", "error") END(3, ""), 3, NULL },
		{ RUN(2, 2, "") END(3, ",\"reason\":\"no room\""), 3, "shard 2: no room" },
		{ RUN(2, 2, "") PREFLIGHT CASE("b/x", "fail") END(1, ""), 1, NULL },
		{ RUN(2, 2, "") "{\"type\":\"preflight\",\"enforced\":false}\n" END(
			  1, ",\"reason\":\"does not enforce\""),
		  1, "shard 2: does not enforce" },
		{ RUN(2, 2, "") END(130, ",\"interrupted\":true"), 130, "interrupted" },
		{ RUN(2, 2, "") PREFLIGHT CASE("b/x", "pass") END(0, ""), 0, NULL },
	};
	static const char first[] = RUN(1, 2, "") PREFLIGHT CASE("a/one", "pass") END(0, "");

	for (size_t i = 0; i < NP_ARRAY_SIZE(all); i++) {
		struct np_err err = { 0 };
		struct np_report *r =
			merged((const char *const[]){ first, all[i].second }, 2, &err);
		struct np_buf b = { 0 };

		ck_assert_msg(r != NULL, "%zu: %s", i, err.msg);
		ck_assert_int_eq(np_report_exit(r), all[i].exit);
		np_report_problem(r, &b);
		if (all[i].words)
			ck_has(np_buf_text(&b), all[i].words);
		np_buf_release(&b);
		np_report_free(r);
	}
}
END_TEST

/* Red where the shards were asked to be strict, and one waiver was used by none of them. */
START_TEST(strict_waivers)
{
#define STRICT ",\"strict_waivers\":true"
	static const char first[] = RUN(1, 2, STRICT) PREFLIGHT CASE("a/one", "pass")
		END(0, ",\"unused_waivers\":[],\"other_waivers\":[\"x\"]");
	static const struct {
		const char *second;
		int exit;
	} all[] = {
		{ RUN(2, 2, STRICT) PREFLIGHT END(1, ",\"unused_waivers\":[\"z\"]"), 1 },
		{ RUN(2, 2, STRICT) PREFLIGHT END(0, ",\"other_waivers\":[\"z\"]"), 0 },
		{ RUN(2, 2, STRICT) PREFLIGHT END(1, ",\"expired_waivers\":[\"z\"]"), 1 },
	};

	for (size_t i = 0; i < NP_ARRAY_SIZE(all); i++) {
		struct np_err err = { 0 };
		struct np_report *r =
			merged((const char *const[]){ first, all[i].second }, 2, &err);

		ck_assert_msg(r != NULL, "%s", err.msg);
		ck_assert_int_eq(np_report_exit(r), all[i].exit);
		np_report_free(r);
	}
}
END_TEST

START_TEST(another_environment_is_told)
{
	struct np_err err = { 0 };
	struct np_report *r = merged(
		(const char *const[]){
			one, RUN(2, 2, "") "{\"type\":\"preflight\",\"enforced\":true,"
					   "\"capabilities\":{\"ipv6\":false}}\n" END(0, "") },
		2, &err);

	ck_assert_msg(r != NULL, "%s", err.msg);
	ck_assert_str_eq(np_report_at(r->warnings, 0),
			 "shard 2: 'ipv6' is not present there and present in shard 1");
	np_report_free(r);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("merge");
	TCase *tc = tcase_create("merge");

	tcase_set_timeout(tc, 300);
	tcase_add_test(tc, all_of_it_is_there);
	tcase_add_test(tc, order_and_resuming_change_nothing);
	tcase_add_loop_test(tc, what_does_not_fit_is_refused, 0, NP_ARRAY_SIZE(refused));
	tcase_add_test(tc, verdicts_of_the_whole);
	tcase_add_test(tc, strict_waivers);
	tcase_add_test(tc, another_environment_is_told);
	suite_add_tcase(suite, tc);
	return run_suite(suite);
}
