/* casefile.c - case files and world files; casefile.h defines the formats. */
#include "np/parse/casefile.h"

#include "casectx.h"
#include "caseparts.h"
#include "np/base/file.h"
#include "np/base/mem.h"
#include "np/parse/read.h"

static int take_steps(struct casectx *c, const struct np_docs *docs, struct np_case *ret)
{
	const struct np_value *last = &docs->items[docs->n - 1].root;

	if (docs->n - 1 > NP_CASE_MAX_STEPS)
		return case_refuse(c, last, "more than %d steps", NP_CASE_MAX_STEPS);
	ret->n_steps = docs->n - 1;
	ret->steps = np_arena_array(c->arena, ret->n_steps, sizeof(*ret->steps));
	for (size_t i = 0; i < ret->n_steps; i++)
		if (case_check_repeats(c, &docs->items[i + 1]) ||
		    case_take_step(c, &docs->items[i + 1].root, &ret->steps[i]))
			return -1;
	if (!ret->n_steps || ret->steps[ret->n_steps - 1].kind != NP_STEP_EXPECT)
		return case_refuse(c, last, "the last document must be an expectation (expect: |)");
	return 0;
}

static int read_own(struct casectx *c, const char *name, struct np_docs *ret)
{
	const struct np_read_opts opts = { .file = name };

	c->file = name ? np_arena_str(c->arena, np_str_from(name)).p : NULL;
	if (np_read_yaml(c->text, &opts, ret, c->err))
		return -1;
	if (ret->n)
		return 0;
	np_docs_release(ret);
	np_err_set(c->err, NP_EPARSE, "the file is empty: a header is missing");
	return np_err_at(c->err, c->file, 1, 1);
}

/* A table that is not written down is one that nobody looked at: generated cases only. */
static int check_oracle_lines(struct casectx *c, const struct np_case *ret)
{
	for (size_t i = 0; i < ret->n_steps; i++)
		for (size_t k = 0; k < ret->steps[i].expect.n_lines; k++) {
			const struct np_expect_line *l = &ret->steps[i].expect.lines[k];

			if (l->kind != NP_EXPECT_ORACLE || ret->seed)
				continue;
			np_err_set(c->err, NP_EVALID,
				   "'oracle' is for generated cases, which have a seed");
			return np_err_at(c->err, l->place.file, l->place.line, l->place.column);
		}
	return 0;
}

static int take_case(struct casectx *c, const struct np_docs *docs, bool check_id,
		     struct np_case *ret)
{
	const struct np_doc *header = &docs->items[0];

	if (case_check_repeats(c, header) || case_take_header(c, &header->root, ret))
		return -1;
	if (check_id && !case_path_matches(c->file ? c->file : "", ret->id))
		return case_refuse(c, np_value_get(&header->root, "case"),
				   "case '%s' must be the end of the file's path", ret->id.p);
	return take_steps(c, docs, ret) || check_oracle_lines(c, ret) ? -1 : 0;
}

int np_casefile_parse(struct np_str text, const char *name, bool check_id, struct np_case *ret,
		      struct np_err *err)
{
	struct np_case out = { 0 };
	struct casectx c = { .arena = &out.arena, .text = text, .err = err };
	struct np_docs docs;
	int failed;

	failed = read_own(&c, name, &docs);
	if (!failed) {
		failed = take_case(&c, &docs, check_id, &out);
		np_docs_release(&docs);
	}
	if (failed)
		np_case_release(&out);
	else
		*ret = out;
	return failed;
}

static int take_objects(struct casectx *c, const struct np_docs *docs, struct np_worldfile *ret)
{
	if (docs->n - 1 > NP_CASE_MAX_STEPS)
		return case_refuse(c, &docs->items[docs->n - 1].root, "more than %d objects",
				   NP_CASE_MAX_STEPS);
	ret->n_objects = docs->n - 1;
	ret->objects = np_arena_array(c->arena, ret->n_objects, sizeof(*ret->objects));
	for (size_t i = 0; i < ret->n_objects; i++) {
		const struct np_value *doc = &docs->items[i + 1].root;
		const struct np_value *kind = np_value_get(doc, "kind");
		struct np_str s = np_value_str(kind);

		if (case_check_repeats(c, &docs->items[i + 1]))
			return -1;
		if (!kind)
			return case_refuse(
				c, doc,
				"a document behind the header must be a manifest with apiVersion and kind");
		if (!np_str_is(s, "Namespace") && !np_str_is(s, "Pod") && !np_str_is(s, "Service"))
			return case_refuse(c, kind,
					   "a world holds Namespaces, Pods and Services only");
		if (case_apply_step(c, doc, &ret->objects[i]))
			return -1;
	}
	return 0;
}

static int take_worldfile(struct casectx *c, const struct np_docs *docs, bool check_name,
			  struct np_worldfile *ret)
{
	static const char *const allowed[] = { "world", "title", "ports", NULL };
	const struct np_value *doc = &docs->items[0].root, *name, *ports, *title;
	struct np_str ignored;

	if (case_check_repeats(c, &docs->items[0]) ||
	    case_check_keys(c, doc, allowed, "the header of a world") ||
	    case_need(c, doc, "world", &name) || case_name(c, name, "world", "", &ret->name) ||
	    case_need(c, doc, "ports", &ports) || case_ports(c, ports, &ret->ports, &ret->n_ports))
		return -1;
	title = np_value_get(doc, "title");
	if (title && case_str(c, title, "title", &ignored))
		return -1;
	if (check_name && !case_path_matches(c->file ? c->file : "", ret->name))
		return case_refuse(c, name, "world '%s' must be the file's name", ret->name.p);
	return take_objects(c, docs, ret);
}

int np_worldfile_parse(struct np_str text, const char *name, bool check_name,
		       struct np_worldfile *ret, struct np_err *err)
{
	struct np_worldfile out = { 0 };
	struct casectx c = { .arena = &out.arena, .text = text, .err = err };
	struct np_docs docs;
	int failed;

	failed = read_own(&c, name, &docs);
	if (!failed) {
		failed = take_worldfile(&c, &docs, check_name, &out);
		np_docs_release(&docs);
	}
	if (failed)
		np_worldfile_release(&out);
	else
		*ret = out;
	return failed;
}

int np_casefile_load(const char *path, struct np_case *ret, struct np_err *err)
{
	struct np_buf text = { 0 };
	int failed = np_file_read(path, NP_READ_MAX_BYTES, &text, err);

	if (!failed)
		failed = np_casefile_parse((struct np_str){ np_buf_text(&text), text.len }, path,
					   true, ret, err);
	np_buf_release(&text);
	return failed;
}

int np_worldfile_load(const char *path, struct np_worldfile *ret, struct np_err *err)
{
	struct np_buf text = { 0 };
	int failed = np_file_read(path, NP_READ_MAX_BYTES, &text, err);

	if (!failed)
		failed = np_worldfile_parse((struct np_str){ np_buf_text(&text), text.len }, path,
					    true, ret, err);
	np_buf_release(&text);
	return failed;
}
