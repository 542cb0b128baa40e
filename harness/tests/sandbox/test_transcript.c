/*
 * Replays transcript.json. By default on the sandbox's API; on a real API server when
 * NP_TRANSCRIPT_URL names one (with NP_TRANSCRIPT_CA, _CERT, _KEY files, or NP_TRANSCRIPT_TOKEN, or
 * NP_TRANSCRIPT_SOCKET, a unix socket): the same answers are expected. NP_TRANSCRIPT is another
 * file of requests.
 */
#include "api_fixture.h"
#include "api_test.h"
#include "http_client.h"
#include "np/base/file.h"

#define UNTIL_MS 60000

struct replay {
	struct http_server server;
	json_t *vars; /* name: text */
	int n_failed;
};

static const char *transcript_path(void)
{
	const char *path = getenv("NP_TRANSCRIPT");

	return path ? path : "harness/tests/sandbox/transcript.json";
}

/* $NAME replaced everywhere; heap. The longest name that fits counts. */
static char *fill(const struct replay *r, const char *text)
{
	struct np_buf b = { 0 };

	np_buf_adds(&b, "");
	while (*text) {
		size_t n = strspn(text + 1, "ABCDEFGHIJKLMNOPQRSTUVWXYZ");
		json_t *v = *text == '$' ? json_object_getn(r->vars, text + 1, n) : NULL;

		if (v) {
			np_buf_adds(&b, json_string_value(v));
			text += n + 1;
		} else {
			np_buf_addc(&b, *text++);
		}
	}
	return np_buf_steal(&b);
}

/* Dotted path with list indices; "\." stands for a dot inside a key. Borrowed or NULL. */
static json_t *at(json_t *v, const char *path)
{
	while (v && *path) {
		struct np_buf key = { 0 };

		np_buf_adds(&key, "");
		for (; *path && *path != '.'; path++) {
			if (*path == '\\')
				path++;
			np_buf_addc(&key, *path);
		}
		path += *path == '.';
		if (json_is_array(v))
			v = json_array_get(v, (size_t)strtoul(np_buf_text(&key), NULL, 10));
		else
			v = json_object_get(v, np_buf_text(&key));
		np_buf_release(&key);
	}
	return v;
}

static void complain(struct replay *r, const char *name, const char *what, const char *where,
		     const struct http_answer *a)
{
	fprintf(stderr, "'%s': %s %s\n  answer: %ld %.600s\n", name, what, where, a->code,
		np_buf_text(&a->body));
	r->n_failed++;
}

static void check_values(struct replay *r, const char *name, const json_t *wants,
			 const struct http_answer *a, bool contain)
{
	const char *path;
	json_t *want;

	json_object_foreach((json_t *)wants, path, want) {
		json_t *have = at(a->json, path);
		char *text = json_is_string(want) ? fill(r, json_string_value(want)) : NULL;
		bool ok;

		if (text)
			ok = json_is_string(have) &&
			     (contain ? strstr(json_string_value(have), text) != NULL
				      : strcmp(json_string_value(have), text) == 0);
		else
			ok = have && json_equal(have, want);
		if (!ok)
			complain(r, name,
				 contain ? "does not contain what it should at" : "differs at",
				 path, a);
		free(text);
	}
}

static void check_paths(struct replay *r, const char *name, const json_t *paths,
			const struct http_answer *a, bool there)
{
	json_t *p;
	size_t i;

	json_array_foreach(paths, i, p) {
		if ((at(a->json, json_string_value(p)) != NULL) != there)
			complain(r, name, there ? "lacks" : "should not have", json_string_value(p),
				 a);
	}
}

static void save_values(struct replay *r, const char *name, const json_t *save,
			const struct http_answer *a)
{
	const char *var;
	json_t *path;

	json_object_foreach((json_t *)save, var, path) {
		json_t *v = at(a->json, json_string_value(path));

		if (json_is_string(v))
			json_object_set(r->vars, var, v);
		else
			complain(r, name, "has no text to save at", json_string_value(path), a);
	}
}

static void send_once(struct replay *r, const json_t *q, struct http_answer *a)
{
	const json_t *body = json_object_get(q, "body"), *headers = json_object_get(q, "headers");
	char *path = fill(r, np_json_str(q, "path", "/")), *text = NULL, *lines[8] = { NULL };
	const char *raw = np_json_str(q, "text", NULL), *key;
	struct np_buf b = { 0 };
	json_t *v;
	int n = 0;

	if (body) {
		np_json_dump(body, 0, &b);
		text = fill(r, np_buf_text(&b));
	} else if (raw) {
		text = fill(r, raw);
	}
	json_object_foreach((json_t *)headers, key, v)
		lines[n++] = np_xasprintf("%s: %s", key, json_string_value(v));
	if (text && !json_object_get(headers, "Content-Type"))
		lines[n++] = np_xstrdup("Content-Type: application/json");
	http_call(&r->server, a, np_json_str(q, "method", "GET"), path, (const char *const *)lines,
		  text, text ? strlen(text) : 0);
	while (n > 0)
		free(lines[--n]);
	free(path);
	free(text);
	np_buf_release(&b);
}

static void run_request(struct replay *r, const json_t *q)
{
	const char *name = np_json_str(q, "name", "?"), *header = np_json_str(q, "header", NULL);
	long until = (long)np_json_int(q, "until", 0);
	struct np_backoff wait;
	struct http_answer a;

	np_backoff_init(&wait, 10000, 1000000, UNTIL_MS * 1000LL);
	send_once(r, q, &a);
	while (until && a.code != until && np_backoff_wait(&wait)) {
		http_drop(&a);
		send_once(r, q, &a);
	}
	if (a.code != np_json_int(q, "code", 200))
		complain(r, name, "has another code than", "expected", &a);
	check_values(r, name, json_object_get(q, "equal"), &a, false);
	check_values(r, name, json_object_get(q, "contain"), &a, true);
	check_paths(r, name, json_object_get(q, "exist"), &a, true);
	check_paths(r, name, json_object_get(q, "absent"), &a, false);
	save_values(r, name, json_object_get(q, "save"), &a);
	if (header && !strstr(np_buf_text(&a.head), header))
		complain(r, name, "lacks the header", header, &a);
	http_drop(&a);
}

static void replay_all(struct replay *r)
{
	struct np_buf text = { 0 };
	struct np_err err = { 0 };
	json_t *doc, *q;
	size_t i;

	ck_assert_msg(np_file_read(transcript_path(), 1 << 20, &text, &err) == 0, "%s", err.msg);
	doc = np_json_parse(text.data, text.len, &err);
	ck_assert_msg(doc != NULL, "line %u: %s", err.line, err.msg);
	r->vars = np_json_pack("{s:s}", "NS", "np-transcript");
	ck_assert_uint_gt(json_array_size(json_object_get(doc, "requests")), 50);
	json_array_foreach(json_object_get(doc, "requests"), i, q)
		run_request(r, q);
	json_decref(r->vars);
	json_decref(doc);
	np_buf_release(&text);
	ck_assert_msg(r->n_failed == 0, "%d expectations failed, see above", r->n_failed);
}

START_TEST(on_a_server)
{
	struct replay r = { .server = { .url = getenv("NP_TRANSCRIPT_URL"),
					.socket = getenv("NP_TRANSCRIPT_SOCKET"),
					.ca = getenv("NP_TRANSCRIPT_CA"),
					.cert = getenv("NP_TRANSCRIPT_CERT"),
					.key = getenv("NP_TRANSCRIPT_KEY"),
					.token = getenv("NP_TRANSCRIPT_TOKEN") } };

	if (!r.server.url) {
		printf("# skipped: NP_TRANSCRIPT_URL names no server\n");
		return;
	}
	replay_all(&r);
}
END_TEST

START_TEST(on_the_sandbox)
{
	struct replay r = { .server = { .url = "http://localhost" } };
	struct fixture f;

	fixture_start(&f, false, true);
	r.server.socket = f.socket;
	replay_all(&r);
	fixture_stop(&f);
}
END_TEST

RUN_TESTS("transcript", on_the_sandbox, on_a_server)
