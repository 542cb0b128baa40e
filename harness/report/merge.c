/* merge.c - the records of all shards of a run as one record. */
#include <stdlib.h>
#include <string.h>

#include "merge.h"
#include "np/base/file.h"
#include "np/base/json.h"
#include "np/base/mem.h"

/* What all shards have in common, and how it is called when one has not. */
static const struct {
	const char *path, *words;
} same[] = {
	{ "version", "version" },
	{ "build", "build" },
	{ "seed", "seed" },
	{ "profiles", "profiles" },
	{ "tier", "tier" },
	{ "shard/of", "number of shards" },
	{ "shard/planned", "number of cases" },
	{ "shard/plan", "selection of cases" },
	{ "target/kind", "target" },
	{ "target/server", "API server's version" },
	{ "target/fault", "seeded fault" },
	{ "agent", "agent" },
	{ "strict_waivers", "strictness with waivers" },
};

static bool equal(const json_t *a, const json_t *b)
{
	return a == b || (a && b && json_equal(a, b));
}

static int refuse_foreign(const struct np_shard_record *first, const struct np_shard_record *s,
			  struct np_err *err)
{
	for (size_t i = 0; i < NP_ARRAY_SIZE(same); i++)
		if (!equal(np_json_at(first->run, same[i].path), np_json_at(s->run, same[i].path)))
			return np_err_set(err, NP_EUSAGE,
					  "'%s' is of another run than '%s': another %s", s->path,
					  first->path, same[i].words);
	return 0;
}

static int by_number(const void *a, const void *b)
{
	const struct np_shard_record *x = a, *y = b;

	return (x->number > y->number) - (x->number < y->number);
}

static int refuse_missing(const struct np_shard_record *shards, size_t n, struct np_err *err)
{
	struct np_buf list = { 0 };
	size_t k = 0;

	for (unsigned i = 1; i <= shards[0].of; i++) {
		if (k < n && shards[k].number == i)
			k++;
		else
			np_buf_printf(&list, "%s%u", list.len ? ", " : "", i);
	}
	if (list.len)
		np_err_set(err, NP_EUSAGE, "of %u shards there is no %.200s", shards[0].of,
			   np_buf_text(&list));
	np_buf_release(&list);
	return k == shards[0].of ? 0 : -1;
}

static int refuse_doubles(const struct np_shard_record *shards, size_t n, struct np_err *err)
{
	json_t *seen = json_object(), *c;
	const char *id;
	int rc = 0;

	for (size_t i = 0; i < n && rc == 0; i++) {
		if (i && shards[i].number == shards[i - 1].number)
			rc = np_err_set(err, NP_EUSAGE, "shard %u is there twice: '%s' and '%s'",
					shards[i].number, shards[i - 1].path, shards[i].path);
		else if (!shards[i].end)
			rc = np_err_set(err, NP_EUSAGE,
					"shard %u has not ended; 'netpolcheck run --resume %s "
					"--shard %u/%u' goes on with it",
					shards[i].number, shards[i].path, shards[i].number,
					shards[i].of);
		json_object_foreach(shards[i].done, id, c) {
			if (rc == 0 && json_object_get(seen, id))
				rc = np_err_set(
					err, NP_EUSAGE,
					"case '%.200s' is in shard %lld and in shard %u", id,
					(long long)json_integer_value(json_object_get(seen, id)),
					shards[i].number);
			json_object_set_new(seen, id, json_integer(shards[i].number));
		}
	}
	json_decref(seen);
	return rc;
}

static int check(struct np_shard_record *shards, size_t n, struct np_err *err)
{
	for (size_t i = 1; i < n; i++)
		if (refuse_foreign(&shards[0], &shards[i], err) < 0)
			return -1;
	qsort(shards, n, sizeof(*shards), by_number);
	if (refuse_doubles(shards, n, err) < 0)
		return -1;
	return refuse_missing(shards, n, err);
}

static void put_line(struct np_buf *b, const json_t *line)
{
	np_json_dump(line, 0, b);
	np_buf_addc(b, '\n');
}

static json_t *merged_run(const struct np_shard_record *shards, size_t n)
{
	json_t *run = json_deep_copy(shards[0].run), *parts = json_array(), *id;
	const char *started = np_json_str(run, "started", "");
	long long workers = 0;
	size_t i;

	for (size_t s = 0; s < n; s++) {
		const char *at = np_json_str(shards[s].run, "started", "");

		started = strcmp(at, started) < 0 ? at : started;
		workers += np_json_int(shards[s].run, "workers", 0);
		json_array_foreach(shards[s].run_ids, i, id)
			json_array_append_new(parts, np_json_pack("{s:O, s:i}", "id", id, "shard",
								  (int)shards[s].number));
	}
	json_object_set_new(run, "started", np_json_string(np_str_from(started)));
	json_object_set_new(run, "workers", json_integer(workers));
	json_object_set_new(run, "cases", json_integer(shards[0].planned));
	json_object_set_new(run, "resumed", json_false());
	json_object_set_new(run, "merged", parts);
	json_object_del(run, "shard");
	return run;
}

/* Workers of different shards are different ones. */
static int put_case_lines(const struct np_shard_record *s, long long first_worker, struct np_buf *b,
			  struct np_err *err)
{
	for (size_t i = 0; i < s->n_lines; i++) {
		json_t *v;

		if (!s->lines[i].keep)
			continue;
		v = np_json_parse(s->lines[i].p, s->lines[i].n, err);
		if (!v)
			return -1;
		if (json_object_get(v, "worker"))
			json_object_set_new(
				v, "worker",
				json_integer(first_worker + np_json_int(v, "worker", 0)));
		if (strcmp(np_json_str(v, "type", ""), "case") == 0)
			json_object_set_new(v, "shard", json_integer(s->number));
		put_line(b, v);
		json_decref(v);
	}
	return 0;
}

static void put_note(struct np_buf *b, const char *level, unsigned shard, const char *text)
{
	np_auto_free char *words = np_xasprintf("shard %u: %s", shard, text);
	json_t *v = np_json_pack("{s:s, s:s, s:o, s:i}", "type", "note", "level", level, "text",
				 np_json_string(np_str_from(words)), "t_ms", 0);

	put_line(b, v);
	json_decref(v);
}

static void put_notes(const struct np_shard_record *s, struct np_buf *b)
{
	json_t *note;
	size_t i;

	json_array_foreach(s->notes, i, note)
		put_note(b, strcmp(np_json_str(note, "level", ""), "warn") == 0 ? "warn" : "info",
			 s->number, np_json_str(note, "text", "?"));
}

/* A shard that ran where something is missing has skipped what others judge: that is told. */
static void compare_capabilities(const struct np_shard_record *first,
				 const struct np_shard_record *s, struct np_buf *b)
{
	json_t *mine = json_object_get(first->preflight, "capabilities"),
	       *other = json_object_get(s->preflight, "capabilities"), *v;
	const char *name;

	json_object_foreach(mine, name, v) {
		np_auto_free char *text = np_xasprintf(
			"'%s' is %s there and %s in shard %u", name,
			json_is_true(json_object_get(other, name)) ? "present" : "not present",
			json_is_true(v) ? "present" : "not present", first->number);

		if (s->preflight && json_is_true(v) != json_is_true(json_object_get(other, name)))
			put_note(b, "warn", s->number, text);
	}
}

static void put_findings(const struct np_shard_record *shards, size_t n, struct np_buf *b)
{
	json_t *seen = json_array(), *f, *old;
	size_t i, k;

	for (size_t s = 0; s < n; s++)
		json_array_foreach(shards[s].findings, i, f) {
			bool doubled = false;

			json_object_set_new(f, "t_ms", json_integer(0));
			json_array_foreach(seen, k, old)
				doubled |= json_equal(old, f);
			if (!doubled)
				put_line(b, f);
			json_array_append(seen, f);
		}
	json_decref(seen);
}

static int write_merged(const struct np_shard_record *shards, size_t n, const char *dir,
			struct np_err *err)
{
	np_auto_free char *path = np_xasprintf("%s/run.jsonl", dir);
	json_t *run = merged_run(shards, n), *end = np_merge_end(shards, n, run);
	struct np_buf b = { 0 };
	long long first_worker = 0;
	int rc = 0;

	put_line(&b, run);
	put_findings(shards, n, &b);
	if (shards[0].preflight)
		put_line(&b, shards[0].preflight);
	for (size_t i = 0; i < n && rc == 0; i++) {
		if (i)
			compare_capabilities(&shards[0], &shards[i], &b);
		put_notes(&shards[i], &b);
		rc = put_case_lines(&shards[i], first_worker, &b, err);
		first_worker += shards[i].max_worker + 1;
	}
	put_line(&b, end);
	if (rc == 0)
		rc = np_dir_make(dir, 0777, err);
	if (rc == 0)
		rc = np_file_write(path, b.data, b.len, 0666, err);
	np_buf_release(&b);
	json_decref(run);
	json_decref(end);
	return rc;
}

int np_report_merge(const char *const *paths, size_t n, const char *dir, struct np_err *err)
{
	struct np_shard_record *shards;
	int rc = 0;

	if (!n || n > NP_REPORT_SHARDS_MAX)
		return np_err_set(err, NP_EUSAGE, "from 1 to %d shards can be merged",
				  NP_REPORT_SHARDS_MAX);
	shards = np_xcalloc(n, sizeof(*shards));
	for (size_t i = 0; i < n && rc == 0; i++)
		rc = np_shard_record_load(paths[i], &shards[i], err);
	if (rc == 0)
		rc = check(shards, n, err);
	if (rc == 0)
		rc = write_merged(shards, n, dir, err);
	for (size_t i = 0; i < n; i++)
		np_shard_record_release(&shards[i]);
	free(shards);
	return rc;
}
