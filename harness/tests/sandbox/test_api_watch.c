/* Watches: without a socket for what they say, over it for how many there may be. */
#include "../../sandbox/status.h"
#include "../../sandbox/watch.h"
#include "api_fixture.h"
#include "api_test.h"

/* ---- a watch without HTTP ---- */

struct bench {
	struct np_store *store;
	atomic_bool stopping;
	struct np_request req;
	struct np_reply rep;
	struct np_watch *watch;
};

static void add_param(struct np_request *r, char *pair)
{
	char *eq = strchr(pair, '=');

	*eq = '\0';
	r->query[r->n_query].key = np_str_from(pair);
	r->query[r->n_query++].value = np_str_from(eq + 1);
}

/* @query: "a=b&c=d", not escaped. */
static bool open_watch(struct bench *b, enum np_kind_id kind, const char *ns, const char *query,
		       enum np_accept_as as)
{
	static char copy[512];
	static struct np_api_param params[16];
	char *save = NULL;

	b->req = (struct np_request){ .env = { .store = b->store, .stopping = &b->stopping },
				      .kind = kind,
				      .ns = ns,
				      .query = params };
	snprintf(copy, sizeof(copy), "%s", query);
	for (char *p = strtok_r(copy, "&", &save); p; p = strtok_r(NULL, "&", &save))
		add_param(&b->req, p);
	b->watch = np_watch_new(&b->req, &b->rep, as);
	return b->watch;
}

static void bench_start(struct bench *b)
{
	memset(b, 0, sizeof(*b));
	b->store = np_store_new();
}

static void bench_stop(struct bench *b)
{
	np_watch_free(b->watch);
	np_reply_release(&b->rep);
	np_store_free(b->store);
}

/* Everything there is to read now. "A:name@rev M:name@rev " and so on; "$" for the end. */
static char *events_now(struct bench *b)
{
	struct np_buf text = { 0 }, out = { 0 };
	char buf[256];
	ssize_t n;
	char *line, *save = NULL;

	np_buf_adds(&text, "");
	np_buf_adds(&out, "");
	while ((n = np_watch_read(b->watch, buf, sizeof(buf), 0)) > 0)
		np_buf_add(&text, buf, (size_t)n);
	for (line = strtok_r(text.data, "\n", &save); line; line = strtok_r(NULL, "\n", &save)) {
		json_t *e = np_json_parse(line, strlen(line), NULL),
		       *o = json_object_get(e, "object");

		ck_assert_msg(e != NULL, "%s", line);
		np_buf_printf(&out, "%c:%s@%s", *np_json_str(e, "type", "?"),
			      np_json_str(o, "metadata/name", np_json_str(o, "reason", "")),
			      np_json_str(o, "metadata/resourceVersion", ""));
		if (np_json_at(o, "metadata/annotations"))
			np_buf_adds(&out, "!");
		np_buf_adds(&out, " ");
		json_decref(e);
	}
	if (n < 0)
		np_buf_adds(&out, "$");
	np_buf_release(&text);
	return np_buf_steal(&out);
}

static void assert_events(struct bench *b, const char *want)
{
	char *have = events_now(b);

	ck_assert_str_eq(have, want);
	free(have);
}

static void put(struct bench *b, const char *ns, const char *name, const char *label)
{
	json_t *o = np_json_pack("{s:s, s:{s:s, s:s, s:{s:s}}}", "kind", "Pod", "metadata", "name",
				 name, "namespace", ns, "labels", "l", label);

	if (np_store_create(b->store, NP_KIND_POD, o, NULL, NULL))
		ck_assert_int_eq(np_store_update(b->store, NP_KIND_POD, o, NULL, NULL), 0);
	json_decref(o);
}

static void drop(struct bench *b, const char *ns, const char *name)
{
	ck_assert_int_eq(np_store_delete(b->store, NP_KIND_POD, ns, name, NULL, NULL), 0);
}

START_TEST(from_now_and_from_then)
{
	struct bench b;

	bench_start(&b);
	put(&b, "a", "p", "1");		/* 2 */
	put(&b, "a", "q", "1");		/* 3 */
	ck_assert(open_watch(&b, NP_KIND_POD, "", "watch=1", NP_AS_OBJECT));
	assert_events(&b, "A:p@2 A:q@3 ");
	put(&b, "a", "p", "2");		/* 4 */
	drop(&b, "a", "q");		/* 5 */
	assert_events(&b, "M:p@4 D:q@5 ");
	np_watch_free(b.watch);
	ck_assert(open_watch(&b, NP_KIND_POD, "", "watch=1&resourceVersion=3", NP_AS_OBJECT));
	assert_events(&b, "M:p@4 D:q@5 ");
	assert_events(&b, "");
	np_watch_free(b.watch);
	ck_assert(open_watch(&b, NP_KIND_POD, "b", "watch=1&resourceVersion=1", NP_AS_OBJECT));
	assert_events(&b, "");
	put(&b, "b", "r", "1");
	assert_events(&b, "A:r@6 ");
	np_watch_free(b.watch);
	ck_assert(open_watch(&b, NP_KIND_SERVICE, "", "watch=1&resourceVersion=1", NP_AS_OBJECT));
	assert_events(&b, "");
	bench_stop(&b);
}
END_TEST

START_TEST(selected)
{
	struct bench b;

	bench_start(&b);
	put(&b, "a", "p", "in");	/* 2 */
	put(&b, "a", "q", "out");	/* 3 */
	ck_assert(open_watch(&b, NP_KIND_POD, "", "watch=1&labelSelector=l=in", NP_AS_OBJECT));
	assert_events(&b, "A:p@2 ");
	put(&b, "a", "q", "in");	/* 4: comes in sight */
	put(&b, "a", "p", "out");	/* 5: goes out of it */
	put(&b, "a", "p", "far");	/* 6: nobody sees */
	put(&b, "a", "q", "in");
	drop(&b, "a", "p");
	drop(&b, "a", "q");		/* 8 */
	assert_events(&b, "A:q@4 D:p@5 D:q@8 ");
	np_watch_free(b.watch);
	ck_assert(open_watch(&b, NP_KIND_POD, "", "watch=1&fieldSelector=metadata.name=z",
			     NP_AS_OBJECT));
	put(&b, "a", "z", "1");
	put(&b, "a", "y", "1");
	assert_events(&b, "A:z@9 ");
	bench_stop(&b);
}
END_TEST

START_TEST(initial_events)
{
	struct bench b;

	bench_start(&b);
	put(&b, "a", "p", "1");
	ck_assert(open_watch(&b, NP_KIND_POD, "",
			     "watch=1&sendInitialEvents=true&resourceVersionMatch=NotOlderThan&"
			     "allowWatchBookmarks=true",
			     NP_AS_OBJECT));
	assert_events(&b, "A:p@2 B:@2! ");
	put(&b, "a", "p", "2");
	assert_events(&b, "M:p@3 ");
	np_watch_free(b.watch);
	ck_assert(open_watch(&b, NP_KIND_POD, "",
			     "watch=1&sendInitialEvents=false&resourceVersionMatch=NotOlderThan&"
			     "allowWatchBookmarks=true",
			     NP_AS_OBJECT));
	assert_events(&b, "");
	np_watch_free(b.watch);
	ck_assert(!open_watch(&b, NP_KIND_POD, "", "watch=1&sendInitialEvents=true", NP_AS_OBJECT));
	ck_assert_int_eq(b.rep.code, 422);
	ck_assert(!open_watch(&b, NP_KIND_POD, "", "watch=1&resourceVersionMatch=Exact",
			      NP_AS_OBJECT));
	ck_assert_int_eq(b.rep.code, 422);
	bench_stop(&b);
}
END_TEST

START_TEST(too_old_and_too_new)
{
	struct bench b;

	bench_start(&b);
	put(&b, "a", "p", "0");
	for (int i = 0; i < NP_STORE_LOG_MAX + 5; i++)
		put(&b, "a", "p", i % 2 ? "x" : "y");
	ck_assert(open_watch(&b, NP_KIND_POD, "", "watch=1&resourceVersion=2", NP_AS_OBJECT));
	assert_events(&b, "E:Expired@ $");
	np_watch_free(b.watch);
	ck_assert(open_watch(&b, NP_KIND_POD, "", "watch=1&resourceVersion=999999", NP_AS_OBJECT));
	assert_events(&b, "E:Timeout@ $");
	bench_stop(&b);
}
END_TEST

/* A reader that sleeps while the log goes by is told, not served a gap. */
START_TEST(overtaken)
{
	struct bench b;

	bench_start(&b);
	put(&b, "a", "p", "0");
	ck_assert(open_watch(&b, NP_KIND_POD, "", "watch=1&resourceVersion=2", NP_AS_OBJECT));
	assert_events(&b, "");
	for (int i = 0; i < NP_STORE_LOG_MAX + 1; i++)
		put(&b, "a", "p", i % 2 ? "x" : "y");
	assert_events(&b, "E:Expired@ $");
	bench_stop(&b);
}
END_TEST

START_TEST(ends)
{
	struct bench b;

	bench_start(&b);
	ck_assert(open_watch(&b, NP_KIND_POD, "", "watch=1", NP_AS_OBJECT));
	assert_events(&b, "");
	atomic_store(&b.stopping, true);
	assert_events(&b, "$");
	np_watch_free(b.watch);
	atomic_store(&b.stopping, false);
	ck_assert(open_watch(&b, NP_KIND_POD, "",
			     "watch=1&timeoutSeconds=1&allowWatchBookmarks=true", NP_AS_OBJECT));
	for (;;) {
		char buf[256];
		ssize_t n = np_watch_read(b.watch, buf, sizeof(buf), 10000);

		if (n < 0)
			break;
		ck_assert_msg(n == 0 || strstr(buf, "BOOKMARK"), "%.*s", (int)n, buf);
	}
	np_watch_free(b.watch);
	b.watch = NULL;
	bench_stop(&b);
}
END_TEST

START_TEST(as_tables)
{
	struct bench b;
	char buf[65536];
	ssize_t n;
	json_t *e;
	char *second;

	bench_start(&b);
	put(&b, "a", "p", "1");
	put(&b, "a", "q", "1");
	ck_assert(open_watch(&b, NP_KIND_POD, "", "watch=1", NP_AS_TABLE));
	n = np_watch_read(b.watch, buf, sizeof(buf) - 1, 0);
	ck_assert_int_gt(n, 0);
	buf[n] = '\0';
	second = strchr(buf, '\n');
	*second++ = '\0';
	e = np_json_parse(buf, strlen(buf), NULL);
	ck_assert_str_eq(np_json_str(e, "object/kind", ""), "Table");
	ck_assert_uint_gt(json_array_size(np_json_at(e, "object/columnDefinitions")), 4);
	json_decref(e);
	e = np_json_parse(second, strlen(second), NULL);
	/* Only the first event has them. */
	ck_assert(json_is_null(np_json_at(e, "object/columnDefinitions")));
	json_decref(e);
	bench_stop(&b);
}
END_TEST

/* ---- over the socket ---- */

#define N_WATCHES 200

static int connect_to(const struct fixture *f)
{
	struct sockaddr_un a = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	struct timeval tv = { .tv_sec = 100 };

	snprintf(a.sun_path, sizeof(a.sun_path), "%s", f->socket);
	setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &tv, sizeof(tv));
	ck_assert_int_eq(connect(fd, (struct sockaddr *)&a, sizeof(a)), 0);
	return fd;
}

/* Reads until @text appeared @times; what was read is added to @b. */
static void read_until(int fd, struct np_buf *b, const char *text)
{
	char buf[4096];

	while (!strstr(np_buf_text(b), text)) {
		ssize_t n = recv(fd, buf, sizeof(buf), 0);

		ck_assert_msg(n > 0, "no '%s' came", text);
		np_buf_add(b, buf, (size_t)n);
	}
}

START_TEST(two_hundred_at_once)
{
	static const char ask[] =
		"GET /api/v1/nodes?watch=1&resourceVersion=3 HTTP/1.1\r\nHost: x\r\n\r\n";
	static int fds[N_WATCHES];
	static struct np_buf in[N_WATCHES];
	struct fixture f;
	json_t *node, *copy;

	fixture_start(&f, false, false);
	for (int i = 0; i < N_WATCHES; i++) {
		fds[i] = connect_to(&f);
		ck_assert_int_eq(send(fds[i], ask, sizeof(ask) - 1, MSG_NOSIGNAL), sizeof(ask) - 1);
	}
	for (int i = 0; i < N_WATCHES; i++)
		read_until(fds[i], &in[i], "\r\n\r\n");
	node = np_store_get(f.store, NP_KIND_NODE, "", "node-1");
	copy = json_deep_copy(node);
	json_object_set_new(json_object_get(copy, "spec"), "podCIDR", json_string("here-it-is"));
	ck_assert_int_eq(np_store_update(f.store, NP_KIND_NODE, copy, NULL, NULL), 0);
	for (int i = 0; i < N_WATCHES; i++)
		read_until(fds[i], &in[i], "here-it-is");
	/* Half of them leave; the server ends with the others open. */
	for (int i = 0; i < N_WATCHES; i += 2)
		close(fds[i]);
	fixture_stop(&f);
	for (int i = 0; i < N_WATCHES; i++) {
		np_buf_release(&in[i]);
		if (i % 2)
			close(fds[i]);
	}
	json_decref(copy);
	json_decref(node);
}
END_TEST

RUN_TESTS("watch", from_now_and_from_then, selected, initial_events, too_old_and_too_new, overtaken,
	  ends, as_tables, two_hundred_at_once)
