/* build.c - the stack of unfinished lists and maps, and the marking of repeated keys. */
#include "build.h"

#include "np/base/mem.h"

/* Up to here comparing all pairs is faster than sorting. */
#define SMALL_MAP 12

int build_begin(struct np_docs *docs, struct np_str text, const struct np_read_opts *opts,
		struct np_err *err)
{
	size_t max_bytes = opts->max_bytes ? opts->max_bytes : NP_READ_MAX_BYTES;

	if (text.n > max_bytes) {
		np_err_set(err, NP_ELIMIT, "text of %zu bytes is longer than %zu", text.n,
			   max_bytes);
		return np_err_at(err, opts->file, 0, 0);
	}
	if (opts->file)
		docs->file = np_arena_str(&docs->arena, np_str_from(opts->file)).p;
	return 0;
}

void build_init(struct build *b, struct np_arena *arena)
{
	*b = (struct build){ .arena = arena };
}

void build_release(struct build *b)
{
	free(b->stack);
	free(b->frames);
	free(b->order);
	build_init(b, NULL);
}

void build_restart(struct build *b)
{
	b->n = b->depth = 0;
	b->has_root = false;
	b->n_duplicates = 0;
	b->root = (struct np_value){ 0 };
}

void build_open(struct build *b, bool is_map, uint32_t line, uint32_t column)
{
	b->frames = np_grow(b->frames, &b->cap_frames, b->depth, sizeof(*b->frames));
	b->frames[b->depth++] = (struct build_frame){
		.base = b->n,
		.is_map = is_map,
		.line = line,
		.column = column,
	};
}

void build_key(struct build *b, struct np_str key, enum np_value_kind kind, uint32_t line,
	       uint32_t column)
{
	struct build_frame *f = build_top(b);

	f->key = (struct np_pair){
		.key = key,
		.key_kind = (uint8_t)kind,
		.line = line,
		.column = column,
	};
	f->has_key = true;
}

void build_pair(struct build *b, const struct np_pair *pair)
{
	struct build_frame *f = build_top(b);

	b->stack = np_grow(b->stack, &b->cap, b->n, sizeof(*b->stack));
	b->stack[b->n++] = *pair;
	if (pair->value.height > f->child_height)
		f->child_height = pair->value.height;
}

void build_value(struct build *b, struct np_value v)
{
	struct build_frame *f = build_top(b);

	if (!f) {
		b->root = v;
		b->has_root = true;
		return;
	}
	f->key.value = v;
	build_pair(b, &f->key);
	f->has_key = false;
}

static bool same_key(const struct np_pair *a, const struct np_pair *b)
{
	return a->key.n == b->key.n && np_str_eq(a->key, b->key);
}

/* @later has the key of @earlier. */
static void mark(struct np_pair *earlier, struct np_pair *later)
{
	earlier->overridden = true;
	if (earlier->key_kind == later->key_kind)
		later->duplicate = true;
}

static void mark_few(struct np_pair *pairs, size_t n)
{
	for (size_t i = 1; i < n; i++)
		for (size_t k = 0; k < i; k++)
			if (same_key(&pairs[k], &pairs[i]))
				mark(&pairs[k], &pairs[i]);
}

static int cmp_order(const void *a, const void *b, void *pairs)
{
	const struct np_pair *p = pairs;
	size_t x = *(const size_t *)a, y = *(const size_t *)b;
	int c = np_str_cmp(p[x].key, p[y].key);

	return c ? c : (x > y) - (x < y);
}

static void mark_many(struct build *b, struct np_pair *pairs, size_t n)
{
	unsigned kinds = 0; /* seen in the present run of equal keys */

	b->order = np_grow(b->order, &b->cap_order, n, sizeof(*b->order));
	for (size_t i = 0; i < n; i++)
		b->order[i] = i;
	qsort_r(b->order, n, sizeof(*b->order), cmp_order, pairs);
	for (size_t i = 0; i < n; i++) {
		struct np_pair *at = &pairs[b->order[i]];
		struct np_pair *before = i ? &pairs[b->order[i - 1]] : NULL;

		if (before && same_key(before, at)) {
			before->overridden = true;
			at->duplicate = kinds >> at->key_kind & 1;
		} else {
			kinds = 0;
		}
		kinds |= 1U << at->key_kind;
	}
}

static void note_duplicates(struct build *b, const struct np_value *map)
{
	for (uint32_t i = 0; i < map->n && b->n_duplicates < NP_DOC_MAX_DUPLICATES; i++)
		if (map->pairs[i].duplicate) {
			b->duplicates[b->n_duplicates] = map->pairs[i];
			b->duplicates[b->n_duplicates++].value = (struct np_value){ 0 };
		}
}

static void close_map(struct build *b, const struct build_frame *f, struct np_value *v)
{
	v->kind = NP_VALUE_MAP;
	v->pairs = np_arena_array(b->arena, v->n, sizeof(*v->pairs));
	memcpy(v->pairs, b->stack + f->base, v->n * sizeof(*v->pairs));
	if (v->n <= SMALL_MAP)
		mark_few(v->pairs, v->n);
	else
		mark_many(b, v->pairs, v->n);
	note_duplicates(b, v);
}

static void close_list(struct build *b, const struct build_frame *f, struct np_value *v)
{
	v->kind = NP_VALUE_LIST;
	v->items = np_arena_array(b->arena, v->n, sizeof(*v->items));
	for (size_t i = 0; i < v->n; i++)
		v->items[i] = b->stack[f->base + i].value;
}

struct np_value build_close(struct build *b)
{
	const struct build_frame *f = build_top(b);
	struct np_value v = { .line = f->line, .column = f->column };

	v.n = (uint32_t)(b->n - f->base);
	v.height = (uint16_t)(f->child_height + 1);
	if (v.n == 0)
		v.kind = f->is_map ? NP_VALUE_MAP : NP_VALUE_LIST;
	else if (f->is_map)
		close_map(b, f, &v);
	else
		close_list(b, f, &v);
	b->n = f->base;
	b->depth--;
	return v;
}

void build_finish(struct build *b, struct np_doc *doc)
{
	size_t bytes = b->n_duplicates * sizeof(*b->duplicates);

	doc->root = b->root;
	doc->n_duplicates = b->n_duplicates;
	if (bytes)
		doc->duplicates = memcpy(np_arena_alloc(b->arena, bytes), b->duplicates, bytes);
}
