/*
 * test_watch.c - list and watch: pages, chunks, bookmarks, 410, broken streams, refusals,
 * cancellation.
 */
#include "fake.h"

#include "np/base/json.h"
#include "np/kube/watch.h"

#define EVENT(type, name, rv)                                                                      \
	"{\"type\":\"" type "\",\"object\":{\"kind\":\"Pod\",\"metadata\":{\"name\":\"" name       \
	"\",\"resourceVersion\":\"" rv "\"}}}\n"
#define LIST(rv, items)                                                                            \
	{                                                                                          \
		.code = 200,                                                                       \
		.body = "{\"kind\":\"PodList\",\"metadata\":{\"resourceVersion\":\"" rv            \
			"\"},\"items\":[" items "]}"                                               \
	}
#define ITEM(name) "{\"metadata\":{\"name\":\"" name "\"}}"
#define GONE                                                                                       \
	"{\"type\":\"ERROR\",\"object\":{\"kind\":\"Status\",\"code\":410,\"reason\":\"Expired\"}" \
	"}\n"

struct rig {
	struct fake f;
	struct np_kube *k;
	struct np_kube_watch *w;
};

static void rig_start(struct rig *r, const struct fake_step *steps, size_t n)
{
	fake_start(&r->f, steps, n, NULL);
	r->k = fake_client(&r->f);
	r->w = np_kube_watch_new(r->k, &np_kube_types[NP_KUBE_POD], "a ns", "app in (x,y)", NULL);
}

#define RIG_START(r, steps) rig_start(r, steps, sizeof(steps) / sizeof((steps)[0]))

static void rig_stop(struct rig *r)
{
	np_kube_watch_free(r->w);
	np_kube_free(r->k);
	fake_stop(&r->f);
}

/* The next event as text: "R a,b", "A a", "M a", "D a", "B rv", "-" for none in @ms, "! code". */
static char *next(struct rig *r, int ms)
{
	static char text[256];
	struct np_kube_event ev = { .object = NULL };
	struct np_err err;
	int rc = np_kube_watch_next(r->w, ms, &ev, &err);
	size_t i, n = 2;
	json_t *v;

	if (rc <= 0) {
		snprintf(text, sizeof(text), rc ? "! %d" : "-", rc ? (int)err.code : 0);
		return text;
	}
	ck_assert_int_gt(ev.received_us, 0);
	snprintf(text, sizeof(text), "%c ", "RAMDB"[ev.type]);
	if (ev.type == NP_KUBE_RELISTED) {
		json_array_foreach(ev.object, i, v)
			n += (size_t)snprintf(text + n, sizeof(text) - n, "%s%s", i ? "," : "",
					      np_json_str(v, "metadata/name", "?"));
	} else {
		snprintf(text + 2, sizeof(text) - 2, "%s",
			 np_json_str(ev.object,
				     ev.type == NP_KUBE_BOOKMARK ? "metadata/resourceVersion"
								 : "metadata/name",
				     "?"));
	}
	json_decref(ev.object);
	return text;
}

static void has(struct rig *r, size_t i, const char *piece)
{
	ck_assert_uint_lt(i, fake_n_requests(&r->f));
	ck_assert_msg(strstr(r->f.requests[i], piece) != NULL, "'%s' is not in request %zu: %s",
		      piece, i, r->f.requests[i]);
}

START_TEST(pages_chunks_bookmarks_and_410)
{
	static const struct fake_step steps[] = {
		{ .code = 200,
		  .body = "{\"metadata\":{\"resourceVersion\":\"10\",\"continue\":\"a/"
			  "b=\"},\"items\":[" ITEM("a") "]}" },
		LIST("10", ITEM("b")),
		/*
		 * a line in three pieces, two lines in one, an empty line, a line without its end
		 * at the end
		 */
		{ .code = 200,
		  .pieces = { "{\"type\":\"ADD",
			      "ED\",\"object\":{\"metadata\":{\"name\":\"c\",\"resource",
			      "Version\":\"11\"}}}\n",
			      EVENT("MODIFIED", "c", "12") EVENT("DELETED", "a", "13"), "\n",
			      EVENT("BOOKMARK", "", "20"), GONE } },
		LIST("30", ""),
		{ .code = 200, .pieces = { EVENT("ADDED", "d", "31") }, .hang = true },
	};
	struct rig r;

	RIG_START(&r, steps);
	ck_assert_str_eq(next(&r, 5000), "R a,b");
	ck_assert_str_eq(next(&r, 5000), "A c");
	ck_assert_str_eq(next(&r, 5000), "M c");
	ck_assert_str_eq(next(&r, 5000), "D a");
	ck_assert_str_eq(next(&r, 5000), "B 20");
	ck_assert_str_eq(next(&r, 5000), "R ");
	ck_assert_str_eq(next(&r, 5000), "A d");
	ck_assert_str_eq(next(&r, 50), "-");
	ck_assert_uint_eq(np_kube_watch_trouble(r.w, NULL), 1);
	has(&r, 0,
	    "GET /api/v1/namespaces/a%20ns/pods?limit=500&labelSelector=app%20in%20%28x%2Cy%29 "
	    "HTTP");
	has(&r, 1, "&continue=a%2Fb%3D&");
	has(&r, 2, "watch=true");
	has(&r, 2, "&resourceVersion=10&");
	has(&r, 3, "?limit=500&labelSelector");
	has(&r, 4, "&resourceVersion=30&");
	rig_stop(&r);
}
END_TEST

/* How a stream may end, and from where it then goes on. */
static const struct broken {
	const char *name;
	struct fake_step end;
	const char *rv; /* of the next stream; NULL: a list comes first */
} broken[] = {
	{ "cut inside a line",
	  { .code = 200, .pieces = { EVENT("ADDED", "b", "11"), "{\"type\":" }, .close = true },
	  "11" },
	{ "ends well", { .code = 200, .pieces = { EVENT("ADDED", "b", "11") } }, "11" },
	{ "ends well after a bookmark",
	  { .code = 200, .pieces = { EVENT("ADDED", "b", "11"), EVENT("BOOKMARK", "", "19") } },
	  "19" },
	{ "rubbish",
	  { .code = 200, .pieces = { EVENT("ADDED", "b", "11"), "rubbish\n" }, .hang = true },
	  NULL },
	{ "unknown type",
	  { .code = 200,
	    .pieces = { EVENT("ADDED", "b", "11"), "{\"type\":\"NEW\",\"object\":{}}\n" },
	    .hang = true },
	  NULL },
	{ "error",
	  { .code = 200,
	    .pieces = { EVENT("ADDED", "b", "11"),
			"{\"type\":\"ERROR\",\"object\":{\"code\":500}}\n" } },
	  NULL },
};

START_TEST(broken_streams)
{
	const struct broken *b = &broken[_i];
	const struct fake_step resumed[] = {
		LIST("10", ITEM("a")),
		b->end,
		{ .code = 200, .pieces = { EVENT("ADDED", "c", "20") }, .hang = true },
	};
	const struct fake_step relisted[] = {
		LIST("10", ITEM("a")),
		b->end,
		LIST("19", ITEM("b")),
		{ .code = 200, .pieces = { EVENT("ADDED", "c", "20") }, .hang = true },
	};
	char want[64];
	struct rig r;

	rig_start(&r, b->rv ? resumed : relisted, b->rv ? 3 : 4);
	ck_assert_str_eq(next(&r, 5000), "R a");
	ck_assert_str_eq(next(&r, 5000), "A b");
	if (b->rv && !strcmp(b->rv, "19"))
		ck_assert_str_eq(next(&r, 5000), "B 19");
	if (!b->rv)
		ck_assert_str_eq(next(&r, 5000), "R b");
	ck_assert_str_eq(next(&r, 5000), "A c");
	ck_assert_uint_eq(np_kube_watch_trouble(r.w, NULL), 1);
	if (b->rv) {
		snprintf(want, sizeof(want), "&resourceVersion=%s&", b->rv);
		has(&r, 2, want);
	}
	rig_stop(&r);
}
END_TEST

/* HTTP errors at each place; the server's 200s in between. */
START_TEST(errors_that_heal)
{
	static const struct fake_step steps[] = {
		{ .code = 503, .close = true },
		{ .silent = true },
		{ .code = 200, .body = "{\"metadata\":{}", .cut = 80 },
		{ .code = 200,
		  .body = "{\"metadata\":{\"continue\":\"x\"},\"items\":[" ITEM("old") "]}" },
		{ .code = 410 }, /* the continue token expired: from the start */
		LIST("5", ITEM("new")),
		{ .code = 429, .headers = "Retry-After: 1\r\n" },
		{ .code = 410 }, /* as an HTTP code this time */
		LIST("6", ITEM("newer")),
		{ .code = 200, .pieces = { EVENT("ADDED", "z", "7") }, .hang = true },
	};
	struct np_kube_stats st;
	struct np_err last;
	struct rig r;

	RIG_START(&r, steps);
	ck_assert_str_eq(next(&r, 20000), "R new");
	ck_assert_str_eq(next(&r, 20000), "R newer");
	ck_assert_str_eq(next(&r, 20000), "A z");
	ck_assert_uint_eq(np_kube_watch_trouble(r.w, &last), 6);
	ck_assert_int_eq(last.code, NP_ECONFLICT);
	np_kube_get_stats(r.k, &st);
	ck_assert_uint_eq(st.requests, 10);
	ck_assert_uint_eq(st.retries, 6);
	ck_assert_uint_eq(st.throttled, 1);
	ck_assert_uint_eq(st.lost, 2);
	rig_stop(&r);
}
END_TEST

static const struct final_case {
	struct fake_step step;
	enum np_errcode code;
} finals[] = {
	{ { .code = 403 }, NP_EDENIED },
	{ { .code = 401 }, NP_EDENIED },
	{ { .code = 404 }, NP_ENOTFOUND },
	{ { .code = 400 }, NP_EVALID },
	{ { .code = 200, .body = "{}" }, NP_EPARSE },
	{ { .code = 200, .body = "[" }, NP_EPARSE },
};

START_TEST(errors_that_do_not)
{
	struct fake_step steps[] = { finals[_i].step, LIST("5", "") };
	char want[16];
	struct rig r;

	RIG_START(&r, steps);
	snprintf(want, sizeof(want), "! %d", finals[_i].code);
	ck_assert_str_eq(next(&r, 5000), want);
	rig_stop(&r);
}
END_TEST

START_TEST(nobody_there_is_no_error)
{
	struct np_kube_config c = { .server = NP_STR("http://127.0.0.1:1"),
				    .ns = NP_STR("default") };
	struct rig r = { .k = np_kube_new(&c, NULL) };
	struct np_err last;

	r.w = np_kube_watch_new(r.k, &np_kube_types[NP_KUBE_NODE], NULL, NULL, NULL);
	ck_assert_str_eq(next(&r, 300), "-");
	ck_assert_str_eq(next(&r, 0), "-");
	ck_assert_uint_ge(np_kube_watch_trouble(r.w, &last), 1);
	ck_assert_int_eq(last.code, NP_EENV);
	np_kube_watch_free(r.w);
	np_kube_free(r.k);
}
END_TEST

START_TEST(cancel)
{
	static const struct fake_step steps[] = {
		LIST("1", ""), { .code = 200, .pieces = { "\n" }, .hang = true }
	};
	atomic_int flag = 0;
	char want[16];
	pthread_t t;
	struct rig r;

	RIG_START(&r, steps);
	np_kube_set_cancel(r.k, &flag);
	ck_assert_str_eq(next(&r, 5000), "R ");
	pthread_create(&t, NULL, set_later, &flag);
	snprintf(want, sizeof(want), "! %d", NP_EINTR);
	ck_assert_str_eq(next(&r, 30000), want);
	pthread_join(t, NULL);
	rig_stop(&r);
}
END_TEST

/* Without waiting, by repeated looks: what arrived is taken. */
START_TEST(looks_only)
{
	static const struct fake_step steps[] = { LIST("1", ITEM("a")),
						  { .code = 200,
						    .pieces = { EVENT("ADDED", "b", "2")
									EVENT("ADDED", "c", "3") },
						    .hang = true } };
	static const char *const want[] = { "R a", "A b", "A c" };
	size_t n = 0;
	struct rig r;

	RIG_START(&r, steps);
	for (int i = 0; i < 5000 && n < NP_ARRAY_SIZE(want); i++) {
		char *got = next(&r, 0);

		if (strcmp(got, "-"))
			ck_assert_str_eq(got, want[n++]);
		else
			np_sleep_ms(1);
	}
	ck_assert_uint_eq(n, NP_ARRAY_SIZE(want));
	rig_stop(&r);
}
END_TEST

static void send_long_line(struct fake_conn *c, const char *request)
{
	static const char head[] = "HTTP/1.1 200 OK\r\n\r\n";
	np_auto_free char *mega = np_xmalloc(1024 * 1024);

	(void)request;
	memset(mega, 'x', 1024 * 1024);
	fake_write(c, head, sizeof(head) - 1);
	for (int i = 0; i < 24; i++)
		if (!fake_write(c, mega, 1024 * 1024))
			return;
}

START_TEST(endless_line)
{
	static const struct fake_step steps[] = { LIST("1", ""), { .handle = send_long_line } };
	char want[16];
	struct rig r;

	RIG_START(&r, steps);
	ck_assert_str_eq(next(&r, 5000), "R ");
	snprintf(want, sizeof(want), "! %d", NP_ELIMIT);
	ck_assert_str_eq(next(&r, 30000), want);
	rig_stop(&r);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("kube/watch");
	TCase *t = tcase_create("watch");

	tcase_set_timeout(t, 60);
	tcase_add_test(t, pages_chunks_bookmarks_and_410);
	tcase_add_loop_test(t, broken_streams, 0, NP_ARRAY_SIZE(broken));
	tcase_add_test(t, errors_that_heal);
	tcase_add_loop_test(t, errors_that_do_not, 0, NP_ARRAY_SIZE(finals));
	tcase_add_test(t, nobody_there_is_no_error);
	tcase_add_test(t, cancel);
	tcase_add_test(t, looks_only);
	tcase_add_test(t, endless_line);
	suite_add_tcase(s, t);
	return fake_run(s);
}
