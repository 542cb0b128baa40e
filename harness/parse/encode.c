/* encode.c - JSON text of a tree, iterative and bounded. */
#include "np/parse/encode.h"

#include "np/base/mem.h"
#include "np/parse/read.h"

/* An open list or map: the children, in the order in which they are written. */
struct level {
	const struct np_value *value;
	const struct np_pair **pairs; /* of a map: without the overridden ones */
	uint32_t n, next;
};

struct encoder {
	struct np_buf *out;
	size_t start;
	unsigned flags;
	struct level *levels;
	size_t depth, cap;
	struct np_err *err;
};

static int cmp_pairs(const void *a, const void *b)
{
	const struct np_pair *x = *(const struct np_pair *const *)a,
			     *y = *(const struct np_pair *const *)b;

	return np_str_cmp(x->key, y->key);
}

/* The pairs that count: of equal keys the last. */
static const struct np_pair **live_pairs(const struct np_value *map, bool sort, uint32_t *ret_n)
{
	const struct np_pair **pairs = np_xcalloc((size_t)map->n + 1, sizeof(*pairs));
	uint32_t n = 0;

	for (uint32_t i = 0; i < map->n; i++)
		if (!map->pairs[i].overridden)
			pairs[n++] = &map->pairs[i];
	if (sort)
		qsort(pairs, n, sizeof(*pairs), cmp_pairs);
	*ret_n = n;
	return pairs;
}

static void new_line(struct encoder *e)
{
	if (!(e->flags & NP_ENCODE_INDENT))
		return;
	np_buf_addc(e->out, '\n');
	for (size_t i = 0; i < e->depth; i++)
		np_buf_add(e->out, "  ", 2);
}

static int add_number(struct encoder *e, struct np_str text)
{
	char buf[64];

	if (!(e->flags & NP_ENCODE_GO_NUMBERS)) {
		np_buf_addstr(e->out, text);
		return 0;
	}
	if (!np_number_go_text(text, buf, sizeof(buf)))
		return np_err_set(e->err, NP_EPARSE, "number '" NP_STR_FMT "' is too large",
				  NP_STR_ARG(text));
	np_buf_adds(e->out, buf);
	return 0;
}

static void open_level(struct encoder *e, const struct np_value *v)
{
	struct level l = { .value = v, .n = v->n };

	if (v->kind == NP_VALUE_MAP)
		l.pairs = live_pairs(v, e->flags & NP_ENCODE_SORT, &l.n);
	e->levels = np_grow(e->levels, &e->cap, e->depth, sizeof(*e->levels));
	e->levels[e->depth++] = l;
	np_buf_addc(e->out, v->kind == NP_VALUE_MAP ? '{' : '[');
}

static int add_value(struct encoder *e, const struct np_value *v)
{
	switch ((enum np_value_kind)v->kind) {
	case NP_VALUE_NULL:
		np_buf_adds(e->out, "null");
		break;
	case NP_VALUE_BOOL:
		np_buf_adds(e->out, v->truth ? "true" : "false");
		break;
	case NP_VALUE_INT:
	case NP_VALUE_FLOAT:
		return add_number(e, v->text);
	case NP_VALUE_STRING:
		np_buf_json(e->out, v->text);
		break;
	case NP_VALUE_LIST:
	case NP_VALUE_MAP:
		open_level(e, v);
		break;
	}
	return 0;
}

static void close_level(struct encoder *e)
{
	struct level *l = &e->levels[--e->depth];

	if (l->n)
		new_line(e);
	np_buf_addc(e->out, l->value->kind == NP_VALUE_MAP ? '}' : ']');
	free(l->pairs);
}

static int add_child(struct encoder *e)
{
	struct level *l = &e->levels[e->depth - 1];
	const struct np_value *v;

	if (l->next)
		np_buf_addc(e->out, ',');
	new_line(e);
	if (l->pairs) {
		const struct np_pair *pair = l->pairs[l->next++];

		np_buf_json(e->out, pair->key);
		np_buf_adds(e->out, e->flags & NP_ENCODE_INDENT ? ": " : ":");
		v = &pair->value;
	} else {
		v = &l->value->items[l->next++];
	}
	return add_value(e, v);
}

static int encode(struct encoder *e, const struct np_value *root)
{
	if (add_value(e, root))
		return -1;
	while (e->depth) {
		const struct level *l = &e->levels[e->depth - 1];

		if (l->next == l->n)
			close_level(e);
		else if (add_child(e))
			return -1;
		if (e->out->len - e->start > NP_ENCODE_MAX_BYTES)
			return np_err_set(e->err, NP_ELIMIT,
					  "the JSON text is longer than %zu bytes",
					  NP_ENCODE_MAX_BYTES);
	}
	return 0;
}

int np_encode_json(const struct np_value *value, unsigned flags, struct np_buf *b,
		   struct np_err *err)
{
	struct encoder e = { .out = b, .start = b->len, .flags = flags, .err = err };
	int failed = encode(&e, value);

	while (e.depth)
		free(e.levels[--e.depth].pairs);
	free(e.levels);
	if (failed) {
		b->len = e.start;
		if (b->data)
			b->data[b->len] = '\0';
	}
	return failed;
}

int np_yaml_to_json(struct np_str yaml, unsigned max_depth, struct np_buf *json, struct np_err *err)
{
	const struct np_read_opts opts = { .max_depth = max_depth, .first_only = true };
	struct np_docs docs;
	int rc;

	if (np_read_yaml(yaml, &opts, &docs, err) < 0)
		return -1;
	if (docs.n && !docs.items[0].empty)
		rc = np_encode_json(&docs.items[0].root, 0, json, err);
	else
		rc = np_err_set(err, NP_EPARSE, "there is no document");
	np_docs_release(&docs);
	return rc;
}
