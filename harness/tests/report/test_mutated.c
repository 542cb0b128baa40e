/*
 * test_mutated.c - records with any of their values replaced: refused with a place, or every report
 * and script can be made of them.
 */
#include "../../report/report_private.h"
#include "../../report/reproduce.h"
#include "np/base/json.h"
#include "np/base/rng.h"
#include "report_test.h"

#define N_ROUNDS 400
#define N_SHARDS 60 /* each is two files on disk */
#define LINES_MAX 100

static const char *const replacements[] = {
	"null",
	"true",
	"0",
	"-1",
	"1e300",
	"9223372036854775807",
	"\"\"",
	"\"x/a\"",
	"\"node/a\"",
	"\"svc:x/web\"",
	"\"10.244.0.14/32\"",
	"\"0.0.0.0/0\"",
	"\"Pod x/a\"",
	"\"/\"",
	"\" / \"",
	"[]",
	"{}",
	"[null]",
	"[[],[]]",
	"[\"A.\"]",
	"{\"a\":{}}",
	"{\"name\":[]}",
	"\"recreate\"",
	"\"restore\"",
	"\"fail\"",
	"\"\\n'\\\"`$(\"",
};

static json_t *random_value(struct np_rng *rng)
{
	const char *text = replacements[np_rng_below(rng, NP_ARRAY_SIZE(replacements))];
	struct np_err err = { 0 };

	return np_json_parse(text, strlen(text), &err);
}

/* Goes down by chance and replaces, or takes away, what it ends at. */
static void mutate(struct np_rng *rng, json_t *v)
{
	size_t n = json_is_object(v) ? json_object_size(v) : json_array_size(v);
	size_t pick = n ? np_rng_below(rng, n) : 0, i = 0;
	const char *key = NULL;
	json_t *item = NULL;

	if (!n)
		return;
	if (json_is_array(v)) {
		item = json_array_get(v, pick);
		if ((json_is_object(item) || json_is_array(item)) && np_rng_below(rng, 5))
			mutate(rng, item);
		else
			json_array_set_new(v, pick, random_value(rng));
		return;
	}
	json_object_foreach(v, key, item)
		if (i++ == pick)
			break;
	if ((json_is_object(item) || json_is_array(item)) && np_rng_below(rng, 5))
		mutate(rng, item);
	else if (np_rng_below(rng, 4))
		json_object_set_new(v, key, random_value(rng));
	else
		json_object_del(v, key);
}

static size_t read_lines(json_t *lines[LINES_MAX])
{
	np_auto_free char *text = read_file(DATA, "failing.jsonl");
	size_t n = 0;
	char *save = NULL;

	for (char *line = strtok_r(text, "\n", &save); line && n < LINES_MAX;
	     line = strtok_r(NULL, "\n", &save)) {
		struct np_err err = { 0 };

		lines[n++] = np_json_parse(line, strlen(line), &err);
	}
	return n;
}

static void make_everything(const struct np_report *r)
{
	struct np_buf b = { 0 };
	struct np_err err = { 0 };
	const char *id;
	json_t *c;
	bool differs = true;
	size_t n = 0;

	for (int f = 0; f < NP_N_REPORT_FORMATS; f++)
		np_report_write(r, (enum np_report_format)f, NULL, &b);
	json_object_foreach(r->cases, id, c)
		np_report_reproduce(r, id, &b);
	np_report_diff(&r, 1, r, NP_REPORT_TEXT, &b, &differs);
	ck_assert(!differs);
	np_report_matrix(&r, 1, NP_REPORT_MARKDOWN, &b);
	np_report_matrix(&r, 1, NP_REPORT_JSON, &b);
	np_report_badge(r, &b);
	ck_assert(np_report_waive(r, &(struct np_report_waive){ .reason = "r" }, &b, &n, &err) ==
		  0);
	ck_assert_uint_gt(b.len, 0);
	np_buf_release(&b);
}

START_TEST(any_value_replaced)
{
	json_t *lines[LINES_MAX];
	size_t n = read_lines(lines), n_read = 0;

	for (unsigned round = 0; round < N_ROUNDS; round++) {
		struct np_rng rng;
		struct np_buf text = { 0 };
		struct np_err err = { 0 };
		struct np_report *r;

		np_rng_seed(&rng, round);
		for (size_t i = 0; i < n; i++) {
			json_t *copy = json_deep_copy(lines[i]);

			for (uint64_t k = np_rng_below(&rng, 3) ? 0 : 6; k; k--)
				mutate(&rng, copy);
			np_json_dump(copy, 0, &text);
			np_buf_addc(&text, '\n');
			json_decref(copy);
		}
		r = load_text(np_buf_text(&text), &err);
		if (r)
			make_everything(r);
		else
			ck_assert_msg(err.line > 0, "no place: %s", err.msg);
		n_read += r != NULL;
		np_report_free(r);
		np_buf_release(&text);
	}
	for (size_t i = 0; i < n; i++)
		json_decref(lines[i]);
	ck_assert_uint_gt(n_read, N_ROUNDS / 4);
}
END_TEST

/* A shard whose lines are anything: refused in a sentence, or merged into a record that can be
 * read. */
START_TEST(any_shard)
{
	json_t *lines[LINES_MAX];
	size_t n = read_lines(lines), n_merged = 0;
	char *dir = scratch_dir();
	np_auto_free char *path = np_xasprintf("%s/run.jsonl", dir),
			  *out = np_xasprintf("%s/merged", dir);

	json_object_set_new(lines[0], "shard",
			    np_json_pack("{s:i, s:i, s:s, s:i}", "number", 1, "of", 1, "plan", "x",
					 "planned", 7));
	for (unsigned round = 0; round < N_SHARDS; round++) {
		struct np_rng rng;
		struct np_buf text = { 0 };
		struct np_err err = { 0 };
		const char *const paths[] = { path };

		np_rng_seed(&rng, round);
		for (size_t i = 0; i < n; i++) {
			json_t *copy = json_deep_copy(lines[i]);

			for (uint64_t k = np_rng_below(&rng, 3) ? 0 : 4; k; k--)
				mutate(&rng, copy);
			np_json_dump(copy, 0, &text);
			np_buf_addc(&text, '\n');
			json_decref(copy);
		}
		write_file(dir, "run.jsonl", np_buf_text(&text));
		np_buf_release(&text);
		if (np_report_merge(paths, 1, out, &err) == 0) {
			struct np_report *r = NULL;

			ck_assert_msg(np_report_load(out, &r, &err) == 0, "%u: %s", round, err.msg);
			np_report_free(r);
			n_merged++;
		} else {
			ck_assert(err.msg[0]);
		}
	}
	for (size_t i = 0; i < n; i++)
		json_decref(lines[i]);
	scratch_remove(dir);
	ck_assert_uint_gt(n_merged, N_SHARDS / 8);
}
END_TEST

RUN_TESTS("mutated", any_value_replaced, any_shard)
