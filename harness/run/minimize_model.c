/* minimize_model.c - candidates on the model CNI. */
#include <stdlib.h>
#include <string.h>

#include "minimize_doc.h"
#include "model_cells.h"
#include "model_ends.h"
#include "np/base/json.h"
#include "np/base/mem.h"
#include "np/oracle/oracle.h"
#include "np/target/caseobjects.h"

struct model_target {
	struct np_model *model;
	struct np_model_wrong wrong;
};

static struct np_play *play_of(const struct np_min_candidate *cand, struct np_err *err)
{
	return np_play_new(cand->c, cand->world, cand->world->ports, cand->world->n_ports, err);
}

static void copy_name(char *ret, size_t size, struct np_str s)
{
	snprintf(ret, size, NP_STR_FMT, NP_STR_ARG(s));
}

static struct np_min_cell *add_found(struct np_min_found *f)
{
	f->cells = np_grow(f->cells, &f->cap, f->n, sizeof(*f->cells));
	f->cells[f->n] = (struct np_min_cell){ .family = 4 };
	return &f->cells[f->n++];
}

static void note_cell(void *ctx, const struct np_play_cell *cell)
{
	struct np_min_cell *c = add_found(ctx);

	copy_name(c->src, sizeof(c->src), cell->src);
	copy_name(c->dst, sizeof(c->dst), cell->dst);
	c->proto = cell->proto;
	c->port = cell->port;
	c->family = cell->family;
	c->wrong = cell->allow ? NP_MIN_DENIED : NP_MIN_ALLOWED;
}

static int find(void *ctx, const struct np_min_candidate *cand, struct np_min_found *ret,
		struct np_err *err)
{
	struct model_target *t = ctx;
	struct np_play *p = play_of(cand, err);

	if (!p)
		return -1;
	if (np_play_look(p, t->model, &t->wrong, NULL, note_cell, ret, &ret->expect) ==
	    NP_PLAY_CRASHED)
		add_found(ret)->wrong = NP_MIN_CRASHED;
	np_play_free(p);
	return 0;
}

/* ---- evidence ---- */

/* The steps up to expectation @expect, as a run would have recorded them, and the world then. */
static json_t *replay(const struct np_min_candidate *cand, size_t expect, struct np_objects *o)
{
	const struct np_values values = { np_objects_lookup, o, 4 };
	json_t *steps = json_array(), *doc, *list;
	struct np_err err = { 0 };
	size_t seen = 0;

	doc = np_min_doc_new(cand->c, cand->world, &err);
	list = json_object_get(doc, "steps");
	for (size_t i = 0; i < cand->world->n_objects; i++)
		np_objects_step(o, &cand->world->objects[i], &err);
	for (size_t i = 0; i < cand->c->n_steps && seen < expect; i++) {
		const struct np_step *s = &cand->c->steps[i];
		struct np_buf text = { 0 };
		json_t *body = NULL;

		if (s->body.n && np_substitute(s->body, &values, &text, &err) == 0)
			body = np_json_parse(text.data, text.len, &err);
		np_min_record_step(steps, json_array_get(list, i), body);
		np_buf_release(&text);
		json_decref(body);
		seen += s->kind == NP_STEP_EXPECT;
		np_objects_step(o, s, &err);
	}
	json_decref(doc);
	return steps;
}

static const struct np_me_end *end_named(const struct np_me_ends *ends, const char *name)
{
	for (size_t i = 0; i < ends->n; i++)
		if (np_str_is(ends->items[i].name, name))
			return &ends->items[i];
	return NULL;
}

static json_t *explained(const struct np_world *w, const struct np_me_ends *ends,
			 const struct np_case *c, const struct np_min_cell *cell)
{
	const struct np_me_end *src = end_named(ends, cell->src), *dst = end_named(ends, cell->dst);
	enum np_profile profile = NP_PROFILE_CORE;
	struct np_readings readings;
	struct np_oracle *o;
	struct np_buf why = { 0 };
	struct np_flow flow;
	np_clauses clauses;
	char text[400], names[512];
	json_t *f;

	if (!src || !dst)
		return json_null();
	np_profile_parse(c->profile, &profile);
	readings = np_profile_readings(profile);
	o = np_oracle_new(w, &readings);
	flow = (struct np_flow){ np_me_flow_end(src, cell->family),
				 np_me_flow_end(dst, cell->family), cell->family, cell->proto,
				 cell->port };
	clauses = np_oracle_clauses(o, &flow);
	np_oracle_explain(o, &flow, &why);
	f = np_json_pack("{s:s, s:s, s:s, s:s, s:s, s:s, s:o, s:s, s:s, s:s, s:i, s:i}", "cell",
			 np_min_cell_text(cell, text, sizeof(text)), "expected",
			 np_verdict_name(np_oracle_eval(o, &flow, NULL)), "outcome",
			 cell->wrong == NP_MIN_DENIED ? "dropped" : "allowed", "detail", "-", "who",
			 "-", "clauses", np_clauses_text(&clauses, names, sizeof(names)),
			 "explanation", np_json_string((struct np_str){ why.data, why.len }), "src",
			 cell->src, "dst", cell->dst, "protocol", np_proto_name(cell->proto), "port",
			 cell->port, "family", cell->family);
	np_buf_release(&why);
	np_oracle_free(o);
	return f;
}

static json_t *addresses(const struct np_objects *o, const struct np_me_ends *ends)
{
	json_t *all = json_object();

	for (size_t i = 0; i < ends->n; i++) {
		struct np_addr ips[NP_WORLD_MAX_IPS];
		size_t n = np_objects_lookup(o, ends->items[i].name, ips);
		np_auto_free char *name = np_xstrndup(ends->items[i].name.p, ends->items[i].name.n);
		json_t *list = json_array();

		for (size_t k = 0; k < n; k++) {
			char text[NP_ADDR_TEXT_MAX];

			json_array_append_new(list, json_string(np_addr_text(&ips[k], text)));
		}
		json_object_set_new(all, name, list);
	}
	return all;
}

static json_t *evidence(const struct np_min_candidate *cand, const struct np_min_cell *cell,
			size_t expect)
{
	struct np_objects *o = np_objects_new(4);
	struct np_me_ends ends = { .n = 0 };
	struct np_arena arena = { .head = NULL };
	struct np_world w;
	struct np_err err = { 0 };
	json_t *e = np_json_pack("{s:o}", "steps", replay(cand, expect, o));

	if (np_objects_world(o, &w, &err) == 0) {
		np_me_collect(cand->c, cand->world, cand->world->ports, cand->world->n_ports, &w,
			      &arena, &ends);
		if (cell->wrong != NP_MIN_CRASHED)
			json_object_set_new(e, "failure", explained(&w, &ends, cand->c, cell));
		json_object_set_new(e, "addresses", addresses(o, &ends));
		np_world_release(&w);
	}
	free(ends.items);
	np_arena_release(&arena);
	np_objects_free(o);
	return e;
}

/* ---- trying ---- */

static int try(void *ctx, unsigned lane, const struct np_min_candidate *cand,
	       const struct np_min_cell *cell, struct np_min_look *io, struct np_err *ignored)
{
	struct model_target *t = ctx;
	struct np_play_cell only = { .src = np_str_from(cell->src),
				     .dst = np_str_from(cell->dst),
				     .proto = cell->proto,
				     .port = cell->port,
				     .family = cell->family };
	struct np_err err = { 0 };
	struct np_play *p = play_of(cand, &err);
	enum np_play_result result;
	struct np_min_found found = { .n = 0 };
	bool crash = cell->wrong == NP_MIN_CRASHED;

	(void)lane;
	(void)ignored;
	if (!p) {
		io->unusable = true;
		np_err_text(&err, io->why, sizeof(io->why));
		return 0;
	}
	result = np_play_look(p, t->model, &t->wrong, crash ? NULL : &only, note_cell, &found,
			      &io->expect);
	if (crash)
		io->fails = result == NP_PLAY_CRASHED;
	else
		io->fails = found.n && found.cells[0].wrong == cell->wrong;
	if (io->fails && io->evidence)
		io->evidence_json = evidence(cand, cell, io->expect);
	free(found.cells);
	np_play_free(p);
	return 0;
}

void np_min_model_target(const struct np_model_wrong *wrong, struct np_min_target *ret)
{
	struct model_target *t = np_xcalloc(1, sizeof(*t));

	t->model = np_model_new();
	t->wrong = *wrong;
	*ret = (struct np_min_target){
		.ctx = t, .lanes = 1, .steady = true, .find = find, .try = try
	};
}

void np_min_model_free(struct np_min_target *t)
{
	struct model_target *m = t->ctx;

	if (m)
		np_model_free(m->model);
	free(m);
	t->ctx = NULL;
}
