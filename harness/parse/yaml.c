/*
 * yaml.c - YAML events to trees: tags and plain scalars as go-yaml v2 reads them, merge keys,
 * aliases, all limits.
 */
#include "np/parse/read.h"

#include "alias.h"
#include "build.h"
#include "np/base/mem.h"
#include "scalar.h"
#include "yparse.h"

/* What goes with an open list or map beside the builder's frame. */
struct level {
	struct anchor *anchor;
	uint64_t steps_before;
	bool merge; /* the value that comes next is a merge key's */
};

struct yaml {
	struct yparse parser;
	struct build build;
	struct aliases aliases;
	struct level *levels; /* [build.depth] */
	size_t cap_levels;
	unsigned max_depth;
	bool blank; /* the document's root is an empty plain scalar */
	bool not_json; /* something that JSON cannot hold stands somewhere */
	struct np_buf scratch;
	struct np_arena *arena;
	const char *file;
	struct np_err *err;
};

static uint32_t mark_line(const struct ymark *m)
{
	return m->line + 1;
}

static uint32_t mark_column(const struct ymark *m)
{
	return m->column + 1;
}

__attribute__((format(printf, 4, 5)))
static int fail_at(struct yaml *y, enum np_errcode code, const struct ymark *at, const char *fmt,
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

static bool is_merging(const struct yaml *y)
{
	return y->build.depth && y->levels[y->build.depth - 1].merge;
}

/* Hands a finished value on: to a merge, or to its list or map. */
static int take_value(struct yaml *y, struct np_value v)
{
	if (is_merging(y)) {
		y->levels[y->build.depth - 1].merge = false;
		return merge_value(y, &v);
	}
	build_value(&y->build, v);
	return 0;
}

/* What an alias of a scalar needs to know of it. */
static void define_scalar(struct yaml *y, struct np_str name, const struct scalar *s,
			  struct np_value v)
{
	struct anchor *a = aliases_define(&y->aliases, y->arena, name);
	char buf[GONUM_MAX];
	struct np_str key;

	a->open = false;
	a->value = v;
	a->steps = 1;
	a->no_key = !scalar_key(s, buf, &key, &a->key_kind);
	a->key = np_arena_str(y->arena, key);
}

static void take_key(struct yaml *y, struct np_str key, enum np_value_kind kind, bool bad,
		     const struct ymark *at)
{
	build_key(&y->build, key, kind, mark_line(at), mark_column(at));
	build_top(&y->build)->key.not_json = bad;
	y->not_json |= bad;
}

static struct np_value scalar_value(struct yaml *y, const struct scalar *s,
				    const struct scalar_in *in, const struct ymark *at)
{
	struct np_value v = {
		.kind = (uint8_t)s->kind,
		.truth = s->truth,
		.not_json = s->not_json,
		.line = mark_line(at),
		.column = mark_column(at),
	};

	if (s->kind == NP_VALUE_STRING) {
		v.quoted = !in->implicit || in->tag.n;
		v.text = np_arena_str(y->arena, s->text);
	} else if (s->kind == NP_VALUE_INT || s->kind == NP_VALUE_FLOAT) {
		v.text = np_arena_str(y->arena, np_str_from(s->json));
	}
	return v;
}

static int on_scalar(struct yaml *y, const struct yevent *e)
{
	const struct scalar_in in = { e->value, e->tag, e->implicit };
	const struct ymark *at = &e->start;
	bool is_key = wants_key(y), bad;
	enum np_value_kind kind;
	const char *want = "";
	char buf[GONUM_MAX];
	struct np_str key;
	struct scalar s;

	if (scalar_resolve(&in, &y->scratch, &s, &want))
		return fail_at(y, NP_EPARSE, at, "the text does not fit its tag !!%s", want);
	if (e->anchor.n)
		define_scalar(y, e->anchor, &s, scalar_value(y, &s, &in, at));
	if (is_key && scalar_is_merge(&in)) {
		y->levels[y->build.depth - 1].merge = true;
		return 0;
	}
	y->aliases.steps++;
	if (is_key) {
		bad = !scalar_key(&s, buf, &key, &kind);
		take_key(y, np_arena_str(y->arena, key), kind, bad, at);
		return 0;
	}
	y->not_json |= s.not_json;
	if (!y->build.depth)
		y->blank = in.text.n == 0 && s.kind == NP_VALUE_NULL && in.implicit;
	return take_value(y, scalar_value(y, &s, &in, at));
}

static int alias_as_key(struct yaml *y, const struct anchor *a, const struct ymark *at)
{
	enum np_value_kind kind = (enum np_value_kind)a->value.kind;

	if (kind == NP_VALUE_LIST || kind == NP_VALUE_MAP)
		return fail_at(y, NP_EPARSE, at, "%s cannot be a map key",
			       np_value_kind_name(kind));
	take_key(y, a->key, a->key_kind, a->no_key, at);
	return 0;
}

static int check_alias(struct yaml *y, const struct anchor *a, struct np_str name,
		       const struct ymark *at)
{
	if (!a)
		return fail_at(y, NP_EPARSE, at,
			       "no anchor '" NP_STR_FMT "' stands before this alias",
			       NP_STR_ARG(name));
	if (a->open)
		return fail_at(y, NP_EPARSE, at,
			       "the value of anchor '" NP_STR_FMT "' contains itself",
			       NP_STR_ARG(name));
	if (!aliases_count(&y->aliases, a))
		return fail_at(y, NP_ELIMIT, at,
			       "the document expands to too much through its aliases");
	if (y->build.depth + a->value.height > y->max_depth)
		return fail_at(y, NP_ELIMIT, at, "nesting through aliases is deeper than %u levels",
			       y->max_depth);
	return 0;
}

static int on_alias(struct yaml *y, const struct yevent *e)
{
	const struct anchor *a = aliases_find(&y->aliases, e->anchor);
	const struct ymark *at = &e->start;
	struct np_value v;

	if (check_alias(y, a, e->anchor, at))
		return -1;
	if (wants_key(y))
		return alias_as_key(y, a, at);
	v = a->value;
	v.line = mark_line(at);
	v.column = mark_column(at);
	y->not_json |= v.not_json;
	/* go-yaml merges a list that stands there, but not one that an alias stands for. */
	if (is_merging(y) && v.kind != NP_VALUE_MAP)
		return wrong_merge(y, &v);
	return take_value(y, v);
}

static int on_start(struct yaml *y, const struct yevent *e)
{
	bool is_map = e->type == YEVENT_MAPPING_START;
	struct level *l;

	if (y->build.depth >= y->max_depth)
		return fail_at(y, NP_ELIMIT, &e->start, "nesting is deeper than %u levels",
			       y->max_depth);
	if (wants_key(y))
		return fail_at(y, NP_EPARSE, &e->start, "%s cannot be a map key",
			       is_map ? "a map" : "a list");
	/* A list of maps to merge is not decoded itself. */
	y->aliases.steps += is_map || !is_merging(y);
	y->levels = np_grow(y->levels, &y->cap_levels, y->build.depth, sizeof(*y->levels));
	l = &y->levels[y->build.depth];
	*l = (struct level){ .steps_before = y->aliases.steps - 1 };
	if (e->anchor.n)
		l->anchor = aliases_define(&y->aliases, y->arena, e->anchor);
	build_open(&y->build, is_map, mark_line(&e->start), mark_column(&e->start));
	return 0;
}

static int on_end(struct yaml *y)
{
	struct np_value v = build_close(&y->build);
	const struct level *l = &y->levels[y->build.depth];

	/* An inner anchor of the same name may have taken the name over and closed it. */
	if (l->anchor && l->anchor->open) {
		l->anchor->value = v;
		l->anchor->steps = y->aliases.steps - l->steps_before;
		l->anchor->open = false;
	}
	return take_value(y, v);
}

static int on_event(struct yaml *y, const struct yevent *e)
{
	switch ((enum yevent_type)e->type) {
	case YEVENT_SCALAR:
		return on_scalar(y, e);
	case YEVENT_ALIAS:
		return on_alias(y, e);
	case YEVENT_SEQUENCE_START:
	case YEVENT_MAPPING_START:
		return on_start(y, e);
	default:
		return on_end(y);
	}
}

/* A list or map on the way, and which of its children comes next. */
struct walk {
	const struct np_value *v;
	uint32_t next;
};

static int refuse_not_json(struct yaml *y, uint32_t line, uint32_t column)
{
	np_err_set(y->err, NP_EPARSE, "an infinite number or .nan cannot stand in JSON");
	return np_err_at(y->err, y->file, line, column);
}

static int refuse_key(struct yaml *y, const struct np_pair *pair)
{
	np_err_set(y->err, NP_EPARSE, "%s cannot be a map key",
		   pair->key_kind == NP_VALUE_NULL ? "null"
						   : "a number above 9223372036854775807");
	return np_err_at(y->err, y->file, pair->line, pair->column);
}

/*
 * Looks for what JSON cannot hold in what is left of the document: a repeated key may have replaced
 * it. As long as decoding it, which the bound on aliases limits.
 */
static int check_json(struct yaml *y, const struct np_value *root)
{
	struct walk *stack = NULL;
	size_t n = 0, cap = 0;
	int rc = 0;

	if (root->not_json)
		return refuse_not_json(y, root->line, root->column);
	if (root->height) {
		stack = np_grow(stack, &cap, n, sizeof(*stack));
		stack[n++] = (struct walk){ root, 0 };
	}
	while (n && !rc) {
		struct walk *w = &stack[n - 1];
		const struct np_pair *pair = NULL;
		const struct np_value *v;

		if (w->next == w->v->n) {
			n--;
			continue;
		}
		if (w->v->kind == NP_VALUE_MAP)
			pair = &w->v->pairs[w->next];
		v = pair ? &pair->value : &w->v->items[w->next];
		w->next++;
		if (pair && pair->overridden)
			continue;
		if (pair && pair->not_json)
			rc = refuse_key(y, pair);
		else if (v->not_json)
			rc = refuse_not_json(y, v->line, v->column);
		if (v->height) {
			stack = np_grow(stack, &cap, n, sizeof(*stack));
			stack[n++] = (struct walk){ v, 0 };
		}
	}
	free(stack);
	return rc;
}

/* Events up to the end of the document whose start has been seen. */
static int read_document(struct yaml *y, const struct yevent *start, struct np_doc *ret)
{
	struct yevent e;

	build_restart(&y->build);
	aliases_release(&y->aliases);
	y->aliases.steps = 1; /* the document itself */
	y->blank = y->not_json = false;
	*ret = (struct np_doc){ .line = mark_line(&start->start) };
	for (;;) {
		if (!yparse_next(&y->parser, &e))
			return -1;
		if (e.type == YEVENT_DOCUMENT_END)
			break;
		if (on_event(y, &e))
			return -1;
	}
	build_finish(&y->build, ret);
	ret->empty = y->blank;
	return y->not_json ? check_json(y, &ret->root) : 0;
}

/* The next document: 1, or 0 at the end of the stream. */
static int next_document(struct yaml *y, struct np_doc *ret)
{
	struct yevent e;

	do {
		if (!yparse_next(&y->parser, &e))
			return -1;
	} while (e.type == YEVENT_STREAM_START);
	if (e.type != YEVENT_DOCUMENT_START)
		return 0;
	return read_document(y, &e, ret) ? -1 : 1;
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

int np_read_yaml(struct np_str text, const struct np_read_opts *opts, struct np_docs *ret,
		 struct np_err *err)
{
	struct np_docs docs = { 0 };
	struct yaml y = {
		.arena = &docs.arena,
		.file = opts->file,
		.err = err,
		.max_depth = opts->max_depth ? opts->max_depth : NP_YAML_OWN_DEPTH,
	};
	int failed;

	if (build_begin(&docs, text, opts, err))
		return -1;
	yparse_init(&y.parser, text, &docs.arena, opts->file, err);
	y.parser.scan.text.line = opts->first_line ? opts->first_line - 1 : 0;
	build_init(&y.build, &docs.arena);
	failed = read_documents(&y, opts->first_only, &docs);
	yparse_release(&y.parser);
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
