/*
 * yaml.c - libyaml's events to trees: tags and plain scalars as go-yaml v2 reads them, merge keys,
 * aliases, all limits.
 */
#include <yaml.h>

#include "np/parse/read.h"

#include "alias.h"
#include "build.h"
#include "np/base/mem.h"
#include "scalar.h"

/* What goes with an open list or map beside the builder's frame. */
struct level {
	struct anchor *anchor;
	uint64_t steps_before;
	bool flow;
	bool merge; /* the value that comes next is a merge key's */
};

struct yaml {
	yaml_parser_t parser;
	struct np_str text;
	struct build build;
	struct aliases aliases;
	struct level *levels; /* [build.depth] */
	size_t cap_levels;
	unsigned max_depth, flow_depth;
	bool blank; /* the document's root is an empty plain scalar */
	uint64_t flow_work;
	struct np_buf scratch;
	struct np_arena *arena;
	const char *file;
	struct np_err *err;
};

static uint32_t mark_line(const yaml_mark_t *m)
{
	return (uint32_t)m->line + 1;
}

static uint32_t mark_column(const yaml_mark_t *m)
{
	return (uint32_t)m->column + 1;
}

__attribute__((format(printf, 4, 5)))
static int fail_at(struct yaml *y, enum np_errcode code, const yaml_mark_t *at, const char *fmt,
		   ...)
{
	char msg[NP_ERR_MSG_MAX];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(msg, sizeof(msg), fmt, ap);
	va_end(ap);
	np_err_set(y->err, code, "%s", msg);
	return np_err_at(y->err, y->file, mark_line(at), mark_column(at));
}

/* Reader errors have a byte offset only. Code units of UTF-16 are counted singly. */
static int fail_at_offset(struct yaml *y, size_t offset, const char *msg)
{
	bool wide = y->text.n >= 2 && (memcmp(y->text.p, "\xFF\xFE", 2) == 0 ||
				       memcmp(y->text.p, "\xFE\xFF", 2) == 0);
	size_t low = wide && y->text.p[0] == '\xFE', unit = wide ? 2 : 1;
	uint32_t line = 1, column = 1;

	for (size_t i = wide ? 2 : 0; i + unit <= offset && i + unit <= y->text.n; i += unit) {
		unsigned char c = (unsigned char)y->text.p[i + low];

		if (c == '\n' && (!wide || y->text.p[i + !low] == 0)) {
			line++;
			column = 1;
		} else if (wide || (c & 0xC0) != 0x80) {
			column++;
		}
	}
	np_err_set(y->err, NP_EPARSE, "%s", msg);
	return np_err_at(y->err, y->file, line, column);
}

static int fail_in_parser(struct yaml *y)
{
	const yaml_parser_t *p = &y->parser;
	const char *problem = p->problem ? p->problem : "the text is not YAML";

	if (p->error == YAML_READER_ERROR)
		return fail_at_offset(y, p->problem_offset, problem);
	return fail_at(y, NP_EPARSE, &p->problem_mark, "%s%s%s", problem, p->context ? " " : "",
		       p->context ? p->context : "");
}

static int wrong_merge(struct yaml *y, const struct np_value *v)
{
	np_err_set(y->err, NP_EPARSE, "a merge key (<<) needs a map or a list of maps");
	return np_err_at(y->err, y->file, v->line, v->column);
}

static int merge_map(struct yaml *y, const struct np_value *map)
{
	if (map->kind != NP_VALUE_MAP)
		return wrong_merge(y, map);
	for (uint32_t i = 0; i < map->n; i++) {
		struct np_pair pair = map->pairs[i];

		pair.merged = true;
		pair.duplicate = pair.overridden = false;
		build_pair(&y->build, &pair);
	}
	return 0;
}

/* Earlier maps of a list win, so they are merged last. */
static int merge_value(struct yaml *y, const struct np_value *v)
{
	if (v->kind != NP_VALUE_LIST)
		return merge_map(y, v);
	for (uint32_t i = v->n; i-- > 0;)
		if (merge_map(y, &v->items[i]))
			return -1;
	return 0;
}

static bool wants_key(const struct yaml *y)
{
	const struct build_frame *f = build_top((struct build *)&y->build);

	return f && f->is_map && !f->has_key && !y->levels[y->build.depth - 1].merge;
}

/* Hands a finished value on: to a merge, or to its list or map. */
static int take_value(struct yaml *y, struct np_value v)
{
	if (y->build.depth && y->levels[y->build.depth - 1].merge) {
		y->levels[y->build.depth - 1].merge = false;
		return merge_value(y, &v);
	}
	build_value(&y->build, v);
	return 0;
}

/* What an alias of a scalar needs to know of it. */
static void define_scalar(struct yaml *y, const char *name, const struct scalar *s,
			  struct np_value v)
{
	struct anchor *a = aliases_define(&y->aliases, y->arena, name);
	char buf[GONUM_MAX];
	struct np_str key;

	a->open = false;
	a->value = v;
	a->steps = 1;
	a->not_json = s->not_json;
	a->no_key = !scalar_key(s, buf, &key, &a->key_kind);
	if (!a->no_key)
		a->key = np_arena_str(y->arena, key);
}

static int take_key(struct yaml *y, const struct scalar *s, const yaml_mark_t *at)
{
	char buf[GONUM_MAX];
	enum np_value_kind kind;
	struct np_str key;

	if (!scalar_key(s, buf, &key, &kind))
		return fail_at(y, NP_EPARSE, at, "%s cannot be a map key",
			       s->kind == NP_VALUE_NULL ? "null"
							: "a number above 9223372036854775807");
	build_key(&y->build, np_arena_str(y->arena, key), kind, mark_line(at), mark_column(at));
	return 0;
}

static struct np_value scalar_value(struct yaml *y, const struct scalar *s,
				    const struct scalar_in *in, const yaml_mark_t *at)
{
	struct np_value v = {
		.kind = (uint8_t)s->kind,
		.truth = s->truth,
		.line = mark_line(at),
		.column = mark_column(at),
	};

	if (s->kind == NP_VALUE_STRING) {
		v.quoted = !in->implicit || in->tag;
		v.text = np_arena_str(y->arena, s->text);
	} else if (s->kind == NP_VALUE_INT || s->kind == NP_VALUE_FLOAT) {
		v.text = np_arena_str(y->arena, np_str_from(s->json));
	}
	return v;
}

static int not_json(struct yaml *y, const yaml_mark_t *at)
{
	return fail_at(y, NP_EPARSE, at, "an infinite number or .nan cannot stand in JSON");
}

static int on_scalar(struct yaml *y, const yaml_event_t *e)
{
	const struct scalar_in in = {
		.text = { (const char *)e->data.scalar.value, e->data.scalar.length },
		.tag = (const char *)e->data.scalar.tag,
		.implicit = e->data.scalar.plain_implicit,
	};
	const char *anchor = (const char *)e->data.scalar.anchor, *want = "";
	const yaml_mark_t *at = &e->start_mark;
	bool is_key = wants_key(y);
	struct scalar s;

	if (scalar_resolve(&in, &y->scratch, &s, &want))
		return fail_at(y, NP_EPARSE, at, "the text does not fit its tag !!%s", want);
	if (anchor)
		define_scalar(y, anchor, &s, scalar_value(y, &s, &in, at));
	if (is_key && scalar_is_merge(&in)) {
		y->levels[y->build.depth - 1].merge = true;
		return 0;
	}
	y->aliases.steps++;
	if (is_key)
		return take_key(y, &s, at);
	if (s.not_json)
		return not_json(y, at);
	if (!y->build.depth)
		y->blank = in.text.n == 0 && in.implicit;
	return take_value(y, scalar_value(y, &s, &in, at));
}

static int alias_as_key(struct yaml *y, const struct anchor *a, const yaml_mark_t *at)
{
	enum np_value_kind kind = (enum np_value_kind)a->value.kind;

	if (a->no_key || kind == NP_VALUE_LIST || kind == NP_VALUE_MAP)
		return fail_at(y, NP_EPARSE, at, "%s cannot be a map key",
			       np_value_kind_name(kind));
	build_key(&y->build, a->key, a->key_kind, mark_line(at), mark_column(at));
	return 0;
}

static int check_alias(struct yaml *y, const struct anchor *a, const char *name,
		       const yaml_mark_t *at)
{
	if (!a)
		return fail_at(y, NP_EPARSE, at, "no anchor '%s' stands before this alias", name);
	if (a->open)
		return fail_at(y, NP_EPARSE, at, "the value of anchor '%s' contains itself", name);
	if (!aliases_count(&y->aliases, a))
		return fail_at(y, NP_ELIMIT, at,
			       "the document expands to too much through its aliases");
	if (y->build.depth + a->value.height > y->max_depth)
		return fail_at(y, NP_ELIMIT, at, "nesting through aliases is deeper than %u levels",
			       y->max_depth);
	return 0;
}

static int on_alias(struct yaml *y, const yaml_event_t *e)
{
	const char *name = (const char *)e->data.alias.anchor;
	const struct anchor *a = aliases_find(&y->aliases, name);
	const yaml_mark_t *at = &e->start_mark;
	struct np_value v;

	if (check_alias(y, a, name, at))
		return -1;
	if (wants_key(y))
		return alias_as_key(y, a, at);
	if (a->not_json)
		return not_json(y, at);
	v = a->value;
	v.line = mark_line(at);
	v.column = mark_column(at);
	/* go-yaml merges a list that stands there, but not one that an alias stands for. */
	if (y->build.depth && y->levels[y->build.depth - 1].merge && v.kind != NP_VALUE_MAP)
		return wrong_merge(y, &v);
	return take_value(y, v);
}

static int on_start(struct yaml *y, const yaml_event_t *e, bool is_map, bool flow,
		    const char *anchor)
{
	struct level *l;

	if (y->build.depth >= y->max_depth)
		return fail_at(y, NP_ELIMIT, &e->start_mark, "nesting is deeper than %u levels",
			       y->max_depth);
	if (wants_key(y))
		return fail_at(y, NP_EPARSE, &e->start_mark, "%s cannot be a map key",
			       is_map ? "a map" : "a list");
	y->levels = np_grow(y->levels, &y->cap_levels, y->build.depth, sizeof(*y->levels));
	l = &y->levels[y->build.depth];
	*l = (struct level){ .steps_before = y->aliases.steps++, .flow = flow };
	if (anchor)
		l->anchor = aliases_define(&y->aliases, y->arena, anchor);
	y->flow_depth += flow;
	build_open(&y->build, is_map, mark_line(&e->start_mark), mark_column(&e->start_mark));
	return 0;
}

static int on_end(struct yaml *y)
{
	struct np_value v = build_close(&y->build);
	const struct level *l = &y->levels[y->build.depth];

	y->flow_depth -= l->flow;
	/* An inner anchor of the same name may have taken the name over and closed it. */
	if (l->anchor && l->anchor->open) {
		l->anchor->value = v;
		l->anchor->steps = y->aliases.steps - l->steps_before;
		l->anchor->open = false;
	}
	return take_value(y, v);
}

static int on_event(struct yaml *y, const yaml_event_t *e)
{
	y->flow_work += y->flow_depth;
	if (y->flow_work > NP_YAML_MAX_FLOW_WORK)
		return fail_at(y, NP_ELIMIT, &e->start_mark,
			       "too much inside deeply nested brackets");
	switch (e->type) {
	case YAML_SCALAR_EVENT:
		return on_scalar(y, e);
	case YAML_ALIAS_EVENT:
		return on_alias(y, e);
	case YAML_SEQUENCE_START_EVENT:
		return on_start(y, e, false,
				e->data.sequence_start.style == YAML_FLOW_SEQUENCE_STYLE,
				(const char *)e->data.sequence_start.anchor);
	case YAML_MAPPING_START_EVENT:
		return on_start(y, e, true, e->data.mapping_start.style == YAML_FLOW_MAPPING_STYLE,
				(const char *)e->data.mapping_start.anchor);
	default:
		return on_end(y);
	}
}

static int on_document_start(struct yaml *y, const yaml_event_t *e, struct np_doc *ret)
{
	const yaml_version_directive_t *v = e->data.document_start.version_directive;

	if (v && (v->major != 1 || v->minor != 1))
		return fail_at(y, NP_EPARSE, &e->start_mark, "%%YAML %d.%d: only 1.1 is known",
			       v->major, v->minor);
	build_restart(&y->build);
	aliases_release(&y->aliases);
	y->aliases.steps = 1; /* the document itself */
	y->flow_work = 0;
	y->blank = false;
	*ret = (struct np_doc){ .line = mark_line(&e->start_mark) };
	return 0;
}

/* Events up to the end of the document whose start has been seen. */
static int read_document(struct yaml *y, struct np_doc *ret)
{
	yaml_event_t e;
	int failed;

	for (;;) {
		if (!yaml_parser_parse(&y->parser, &e))
			return fail_in_parser(y);
		if (e.type == YAML_DOCUMENT_END_EVENT)
			break;
		failed = on_event(y, &e);
		yaml_event_delete(&e);
		if (failed)
			return -1;
	}
	yaml_event_delete(&e);
	build_finish(&y->build, ret);
	ret->empty = y->blank;
	return 0;
}

/* The next document: 1, or 0 at the end of the stream. */
static int next_document(struct yaml *y, struct np_doc *ret)
{
	yaml_event_t e;
	int more = 1, failed = 0;

	if (!yaml_parser_parse(&y->parser, &e))
		return fail_in_parser(y);
	if (e.type == YAML_STREAM_START_EVENT) {
		yaml_event_delete(&e);
		if (!yaml_parser_parse(&y->parser, &e))
			return fail_in_parser(y);
	}
	if (e.type == YAML_DOCUMENT_START_EVENT)
		failed = on_document_start(y, &e, ret);
	else
		more = 0;
	yaml_event_delete(&e);
	if (failed || (more && read_document(y, ret)))
		return -1;
	return more;
}

static int read_documents(struct yaml *y, bool first_only, struct np_docs *docs)
{
	np_auto_free struct np_doc *items = NULL;
	struct np_doc doc;
	size_t cap = 0;
	int more;

	while ((more = next_document(y, &doc)) == 1) {
		if (docs->n == NP_READ_MAX_DOCS) {
			np_err_set(y->err, NP_ELIMIT, "more than %d documents in one stream",
				   NP_READ_MAX_DOCS);
			return np_err_at(y->err, y->file, doc.line, 1);
		}
		items = np_grow(items, &cap, docs->n, sizeof(*items));
		items[docs->n++] = doc;
		if (first_only)
			break;
	}
	if (more < 0)
		return -1;
	docs->items = np_arena_array(&docs->arena, docs->n, sizeof(*items));
	if (docs->n)
		memcpy(docs->items, items, docs->n * sizeof(*items));
	return 0;
}

/* libyaml compares every %TAG with all before it. NUL bytes are skipped: the text may be UTF-16. */
static bool too_many_percent_lines(struct np_str text)
{
	bool line_start = true;
	size_t n = 0;

	for (size_t i = 0; i < text.n; i++) {
		if (text.p[i] == '\0')
			continue;
		if (line_start && text.p[i] == '%' && ++n > NP_YAML_MAX_PERCENT_LINES)
			return true;
		line_start = text.p[i] == '\n' || text.p[i] == '\r';
	}
	return false;
}

static int check_text(struct np_str text, const struct np_read_opts *opts, struct np_err *err)
{
	size_t max_bytes = opts->max_bytes ? opts->max_bytes : NP_READ_MAX_BYTES;

	if (text.n > max_bytes)
		np_err_set(err, NP_ELIMIT, "text of %zu bytes is longer than %zu", text.n,
			   max_bytes);
	else if (too_many_percent_lines(text))
		np_err_set(err, NP_ELIMIT, "more than %d lines start with %%",
			   NP_YAML_MAX_PERCENT_LINES);
	else
		return 0;
	return np_err_at(err, opts->file, 0, 0);
}

int np_read_yaml(struct np_str text, const struct np_read_opts *opts, struct np_docs *ret,
		 struct np_err *err)
{
	struct np_docs docs = { 0 };
	struct yaml y = {
		.text = text,
		.arena = &docs.arena,
		.file = opts->file,
		.err = err,
		.max_depth = opts->max_depth ? opts->max_depth : NP_YAML_OWN_DEPTH,
	};
	int failed;

	if (check_text(text, opts, err))
		return -1;
	if (!yaml_parser_initialize(&y.parser))
		return np_err_set(err, NP_EINTERNAL, "no memory for the YAML parser");
	yaml_parser_set_input_string(&y.parser, (const unsigned char *)(text.p ? text.p : ""),
				     text.n);
	if (opts->file)
		docs.file = np_arena_str(&docs.arena, np_str_from(opts->file)).p;
	build_init(&y.build, &docs.arena);
	failed = read_documents(&y, opts->first_only, &docs);
	yaml_parser_delete(&y.parser);
	build_release(&y.build);
	aliases_release(&y.aliases);
	np_buf_release(&y.scratch);
	free(y.levels);
	if (failed) {
		np_docs_release(&docs);
		return -1;
	}
	*ret = docs;
	return 0;
}
