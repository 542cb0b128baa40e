/* merge_load.c - a shard's record, and which of its lines count. */
#include <stdlib.h>
#include <string.h>

#include "merge.h"
#include "np/base/file.h"
#include "np/base/json.h"
#include "np/base/mem.h"

#define RECORD_MAX_BYTES ((size_t)1 << 30)

/* Lines of cases that have no result yet, and of those that have one: {id: [index of a line, ..]}.
 */
struct taking {
	struct np_shard_record *s;
	json_t *open, *counted;
};

static void replace(json_t **slot, json_t *fresh)
{
	json_decref(*slot);
	*slot = fresh ? json_incref(fresh) : NULL;
}

static void add_index(json_t *lists, const char *id, size_t index)
{
	json_t *list = json_object_get(lists, id);

	if (!list) {
		list = json_array();
		json_object_set_new(lists, id, list);
	}
	json_array_append_new(list, json_integer((json_int_t)index));
}

static void keep_all(struct np_shard_record *s, const json_t *indexes, bool keep)
{
	for (size_t i = 0; i < json_array_size(indexes); i++)
		s->lines[json_integer_value(json_array_get(indexes, i))].keep = keep;
}

static size_t add_line(struct np_shard_record *s, const char *p, size_t n, bool keep)
{
	s->lines = np_grow(s->lines, &s->cap_lines, s->n_lines, sizeof(*s->lines));
	s->lines[s->n_lines] = (struct np_shard_line){ p, n, keep };
	return s->n_lines++;
}

/* What a part that was killed left without a result does not count. */
static void take_run(struct taking *t, json_t *v)
{
	struct np_shard_record *s = t->s;

	if (!s->run)
		s->run = json_incref(v);
	json_array_append_new(s->run_ids, np_json_string(np_str_from(np_json_str(v, "id", ""))));
	replace(&s->preflight, NULL);
	replace(&s->end, NULL);
	json_array_clear(s->findings);
	json_object_clear(t->open);
}

static void take_case(struct taking *t, json_t *v, const char *p, size_t n)
{
	struct np_shard_record *s = t->s;
	const char *id = np_json_str(v, "case", "");
	json_t *list;

	keep_all(s, json_object_get(t->counted, id), false);
	add_index(t->open, id, add_line(s, p, n, true));
	list = json_object_get(t->open, id);
	keep_all(s, list, true);
	json_object_set(t->counted, id, list);
	json_object_del(t->open, id);
	json_object_set(s->done, id, v);
}

static void take_line(struct taking *t, json_t *v, const char *p, size_t n)
{
	struct np_shard_record *s = t->s;
	const char *type = np_json_str(v, "type", "");
	long long worker = np_json_int(v, "worker", 0);

	if (worker > s->max_worker && worker < 1 << 20)
		s->max_worker = worker;
	if (strcmp(type, "run") == 0)
		take_run(t, v);
	else if (strcmp(type, "preflight") == 0)
		replace(&s->preflight, v);
	else if (strcmp(type, "end") == 0)
		replace(&s->end, v);
	else if (strcmp(type, "finding") == 0)
		json_array_append(s->findings, v);
	else if (strcmp(type, "note") == 0)
		json_array_append(s->notes, v);
	else if (strcmp(type, "world") == 0)
		add_line(s, p, n, true);
	else if (strcmp(type, "step") == 0)
		add_index(t->open, np_json_str(v, "case", ""), add_line(s, p, n, false));
	else if (strcmp(type, "case") == 0)
		take_case(t, v, p, n);
}

static int take_text(struct taking *t, const char *path, struct np_err *err)
{
	const struct np_buf *text = &t->s->text;
	unsigned line = 0;

	for (size_t at = 0; at < text->len;) {
		const char *p = text->data + at, *nl = memchr(p, '\n', text->len - at);
		size_t n = nl ? (size_t)(nl - p) : 0;
		json_t *v;

		line++;
		if (!nl)
			break;
		v = np_json_parse(p, n, err);
		if (!v)
			return np_err_at(err, path, line, 0);
		take_line(t, v, p, n);
		json_decref(v);
		at += n + 1;
	}
	return 0;
}

static int check_shard(struct np_shard_record *s, struct np_err *err)
{
	const json_t *shard = np_json_at(s->run, "shard");
	long long number = np_json_int(shard, "number", 0), of = np_json_int(shard, "of", 0);

	if (!shard || number < 1 || of < number || of > NP_REPORT_SHARDS_MAX)
		return np_err_set(err, NP_EUSAGE, "'%s' is no shard of a run (run --shard I/N)",
				  s->path);
	s->number = (unsigned)number;
	s->of = (unsigned)of;
	s->planned = np_json_int(shard, "planned", 0);
	return 0;
}

int np_shard_record_load(const char *path, struct np_shard_record *ret, struct np_err *err)
{
	np_auto_free char *file =
		np_is_dir(path) ? np_xasprintf("%s/run.jsonl", path) : np_xstrdup(path);
	struct taking t = { ret, json_object(), json_object() };
	struct np_report *checked = NULL;
	/* Whatever a report refuses is refused here. */
	int rc = np_report_load(path, &checked, err);

	np_report_free(checked);
	*ret = (struct np_shard_record){ .path = path,
					 .run_ids = json_array(),
					 .findings = json_array(),
					 .notes = json_array(),
					 .done = json_object() };
	if (rc == 0)
		rc = np_file_read(file, RECORD_MAX_BYTES, &ret->text, err);
	if (rc == 0)
		rc = take_text(&t, file, err);
	if (rc == 0)
		rc = check_shard(ret, err);
	json_decref(t.open);
	json_decref(t.counted);
	return rc;
}

void np_shard_record_release(struct np_shard_record *s)
{
	json_decref(s->run);
	json_decref(s->run_ids);
	json_decref(s->preflight);
	json_decref(s->findings);
	json_decref(s->notes);
	json_decref(s->end);
	json_decref(s->done);
	free(s->lines);
	np_buf_release(&s->text);
	*s = (struct np_shard_record){ 0 };
}
