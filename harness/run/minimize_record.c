/* minimize_record.c - what minimising found, as files: a record that reports can be made of, and the
 * case. */
#include "minimize_doc.h"

#include <string.h>

#include "np/base/clock.h"
#include "np/base/file.h"
#include "np/base/json.h"
#include "np/base/mem.h"
#include "np/gen/scenario.h"
#include "record.h"

/* ---- steps ---- */

static json_t *open_step(json_t *steps)
{
	size_t n = json_array_size(steps);
	json_t *last = n ? json_array_get(steps, n - 1) : NULL;

	if (last && !json_object_get(last, "done"))
		return last;
	json_array_append_new(steps, np_json_pack("{s:[], s:[]}", "operations", "manifests"));
	return json_array_get(steps, n);
}

void np_min_record_step(json_t *steps, const json_t *step, json_t *body)
{
	const char *verb = np_json_str(step, "do", "");
	json_t *open = open_step(steps), *m;
	char key[400];

	if (strcmp(verb, "expect") == 0) {
		json_object_set_new(open, "done", json_true());
		return;
	}
	if (strcmp(verb, "wait") == 0)
		return;
	np_min_doc_key(step, key, sizeof(key));
	m = np_json_pack("{s:s, s:s}", "op", verb, "of", key);
	if (body)
		json_object_set(m, "body", body);
	json_array_append_new(json_object_get(open, "manifests"), m);
	json_array_append_new(json_object_get(open, "operations"),
			      np_json_pack("s++", verb, " ", key));
}

/* ---- the record ---- */

struct writer {
	const struct np_min_result *r;
	const struct np_min_about *about;
	struct np_record record;
};

static void put_run(struct writer *w)
{
	const struct np_min_about *a = w->about;
	json_t *nodes = json_array();
	char now[64];

	for (size_t i = 0; i < a->n_nodes; i++)
		json_array_append_new(nodes, json_string(a->nodes[i]));
	np_record_put_take(
		&w->record,
		np_json_pack("{s:s, s:i, s:s, s:s, s:s, s:I, s:{s:s, s:s, s:s, s:s?, s:b}, s:[], "
			     "s:[], s:i, s:I, s:i, s:s?}",
			     "type", "run", "schema", NP_RECORD_SCHEMA, "version", NP_VERSION, "id",
			     a->id, "started", np_wall_text(now, sizeof(now)), "seed",
			     (json_int_t)w->r->c.seed, "target", "kind", a->kind, "server",
			     a->server, "image", a->image, "fault", a->fault, "inject", a->inject,
			     "suites", "profiles", "workers", 1, "deadline_ms",
			     (json_int_t)a->deadline_ms, "cases", 1, "command", a->command));
	np_record_put_take(&w->record, np_json_pack("{s:s, s:b, s:o}", "type", "preflight",
						    "enforced", 1, "nodes", nodes));
}

static void put_world(struct writer *w)
{
	static const char *const names[NP_N_PROTOS] = { "tcp", "udp", "sctp" };
	const struct np_worldfile *world = &w->r->world;
	json_t *objects = json_object(), *listens = json_object();

	for (size_t i = 0; i < world->n_objects; i++) {
		json_t *body = np_json_parse(world->objects[i].body.p, world->objects[i].body.n,
					     NULL);
		char key[400];

		json_object_set_new(objects, np_min_doc_key(body, key, sizeof(key)), body);
	}
	for (int proto = 0; proto < NP_N_PROTOS; proto++) {
		struct np_buf b = { 0 };

		for (size_t i = 0; i < world->n_ports; i++)
			if ((int)world->ports[i].proto == proto)
				np_buf_printf(&b, "%s%u", b.len ? "," : "", world->ports[i].first);
		json_object_set_new(listens, names[proto], json_string(np_buf_text(&b)));
		np_buf_release(&b);
	}
	np_record_put_take(&w->record,
			   np_json_pack("{s:s, s:i, s:o, s:b, s:o, s:o}", "type", "world", "worker",
					0, "world", np_json_string(world->name), "raw",
					w->about->raw && (w->r->c.needs & NP_NEED_SCTP), "objects",
					objects, "listens", listens));
}

static char seen_char(const char *outcome)
{
	return strcmp(outcome, "allowed") == 0	      ? 'A'
	       : strcmp(outcome, "rejected") == 0     ? 'r'
	       : strcmp(outcome, "misdelivered") == 0 ? 'm'
						      : '.';
}

/* One row, one column. */
static json_t *table_json(const json_t *failure)
{
	char expected[2] = { strcmp(np_json_str(failure, "expected", ""), "allow") == 0 ? 'A' : '.' };
	char observed[2] = { seen_char(np_json_str(failure, "outcome", "")) };
	np_auto_free char *port =
		np_xasprintf("%s:%lld", np_json_str(failure, "protocol", "TCP"),
			     np_json_int(failure, "port", 0));

	return np_json_pack("[{s:i, s:[s], s:[O], s:[O], s:[[s]], s:[[s]]}]", "family",
			    (int)np_json_int(failure, "family", 4), "ports", port, "sources",
			    json_object_get(failure, "src"), "dests",
			    json_object_get(failure, "dst"), "expected", expected, "observed",
			    observed);
}

static void put_step(struct writer *w, const json_t *step, size_t number, bool last)
{
	const struct np_min_result *r = w->r;
	json_t *failure = json_object_get(r->evidence, "failure");
	np_auto_free char *place = np_xasprintf("minimized/" NP_STR_FMT ".yaml",
						NP_STR_ARG(r->world.name));
	json_t *line = np_json_pack(
		"{s:s, s:o, s:o, s:i, s:s, s:s, s:O, s:O, s:s, s:s, s:i}", "type", "step", "case",
		np_json_string(r->c.id), "world", np_json_string(r->world.name), "step",
		(int)number, "what", "expect", "place", place, "operations",
		json_object_get(step, "operations"), "manifests", json_object_get(step, "manifests"),
		"result", last ? "fail" : "pass", "sentinel", "none", "wrong", last ? 1 : 0);

	if (last && json_is_object(failure)) {
		json_object_set_new(line, "tables", table_json(failure));
		json_object_set_new(line, "failures", np_json_pack("[O]", failure));
		json_object_set(line, "addresses", json_object_get(r->evidence, "addresses"));
		json_object_set_new(line, "worlds_beside", json_integer(0));
	}
	np_record_put_take(&w->record, line);
}

static void put_case(struct writer *w)
{
	const struct np_min_result *r = w->r;
	char cell[400], reason[480];

	if (r->cell.wrong == NP_MIN_CRASHED)
		snprintf(reason, sizeof(reason), "the agent has died");
	else
		snprintf(reason, sizeof(reason), "%s is %s",
			 np_min_cell_text(&r->cell, cell, sizeof(cell)),
			 np_min_wrong_name(r->cell.wrong));
	np_record_put_take(&w->record,
			   np_json_pack("{s:s, s:o, s:o, s:s, s:o, s:o, s:o, s:s, s:i, s:i, s:s}",
					"type", "case", "case", np_json_string(r->c.id), "title",
					np_json_string(r->c.title), "area", "minimized", "profile",
					np_json_string(r->c.profile), "covers",
					np_record_clauses(&r->c.covers), "clauses",
					np_record_clauses(&r->c.covers), "result", "fail", "worker", 0,
					"wrong", 1, "reason", reason));
	np_record_put_take(&w->record,
			   np_json_pack("{s:s, s:i, s:i, s:i, s:i, s:i, s:i, s:[], s:i, s:b, s:I, "
					"s:I, s:s}",
					"type", "end", "passed", 0, "failed", 1, "skipped", 0,
					"known", 0, "errors", 0, "fixed", 0, "unused_waivers",
					"exit", 1, "interrupted", 0, "ms",
					(json_int_t)r->elapsed_ms, "probes", (json_int_t)r->tries,
					"reason", ""));
}

static int write_record(struct writer *w, const char *dir, struct np_err *err)
{
	json_t *steps = json_object_get(w->r->evidence, "steps"), *step;
	size_t i;

	if (np_record_open(&w->record, dir, false, err) < 0)
		return -1;
	put_run(w);
	put_world(w);
	json_array_foreach(steps, i, step)
		put_step(w, step, i + 1, i + 1 == json_array_size(steps));
	put_case(w);
	if (w->record.failed.code)
		*err = w->record.failed;
	i = w->record.failed.code;
	np_record_close(&w->record);
	return i ? -1 : 0;
}

/* ---- case and world ---- */

static int write_yaml(const char *dir, const char *folder, struct np_str name, struct np_buf *text,
		      struct np_err *err)
{
	np_auto_free char *where = np_xasprintf("%s/%s", dir, folder);
	np_auto_free char *path = np_xasprintf("%s/" NP_STR_FMT ".yaml", where, NP_STR_ARG(name));
	int rc = np_dir_make(where, 0777, err);

	if (rc == 0)
		rc = np_file_write(path, np_buf_text(text), text->len, 0666, err);
	np_buf_release(text);
	return rc;
}

int np_min_write(const struct np_min_result *r, const struct np_min_about *about, const char *dir,
		 struct np_err *err)
{
	struct writer w = { .r = r, .about = about };
	struct np_buf text = { 0 };

	if (write_record(&w, dir, err) < 0)
		return -1;
	np_case_text(&r->file_c, &text);
	if (write_yaml(dir, "minimized", r->file_world.name, &text, err) < 0)
		return -1;
	np_worldfile_text(&r->file_world, &text);
	return write_yaml(dir, "worlds", r->file_world.name, &text, err);
}
