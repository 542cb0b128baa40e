/* apply.c - a tree onto a typed struct, field by field, with everything strict readers object to. */
#include "apply.h"

#include <stdarg.h>

#include "gonum.h"
#include "gotime.h"
#include "np/parse/encode.h"
#include "np/parse/names.h"

void np_diags_release(struct np_diags *d)
{
	if (!d)
		return;
	np_arena_release(&d->arena);
	*d = (struct np_diags){ 0 };
}

static bool is_known(const struct np_diags *d, enum np_diag_kind kind, struct np_str path,
		     struct np_str msg)
{
	if (kind == NP_DIAG_SKIPPED || kind == NP_DIAG_CLUSTER_POLICY)
		return false;
	for (size_t i = 0; i < d->n; i++)
		if (d->items[i].kind == kind && np_str_eq(d->items[i].path, path) &&
		    np_str_eq(d->items[i].msg, msg))
			return true;
	return false;
}

void diag_add(struct np_diags *d, enum np_diag_kind kind, struct np_place place,
	      struct np_str path, const char *fmt, ...)
{
	char msg[NP_ERR_MSG_MAX];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(msg, sizeof(msg), fmt, ap);
	va_end(ap);
	if (!d || is_known(d, kind, path, np_str_from(msg)))
		return;
	if (d->n == NP_DIAGS_MAX) {
		d->n_dropped++;
		return;
	}
	if (!d->items)
		d->items = np_arena_array(&d->arena, NP_DIAGS_MAX, sizeof(*d->items));
	if (place.file)
		place.file = np_arena_str(&d->arena, np_str_from(place.file)).p;
	d->items[d->n++] = (struct np_diag){
		kind,
		place,
		np_arena_str(&d->arena, path),
		np_arena_str(&d->arena, np_str_from(msg)),
	};
}

/* Puts ".key" or "[i]" at the end of the path; the old length goes to path_cut(). */
static size_t path_key(struct apply *a, struct np_str key)
{
	size_t old = a->path.len;

	if (old)
		np_buf_addc(&a->path, '.');
	np_buf_addstr(&a->path, key);
	return old;
}

static size_t path_index(struct apply *a, size_t i)
{
	size_t old = a->path.len;
	char digits[GONUM_MAX];

	gonum_print_int(i, false, digits);
	np_buf_addc(&a->path, '[');
	np_buf_adds(&a->path, digits);
	np_buf_addc(&a->path, ']');
	return old;
}

static void path_cut(struct apply *a, size_t old)
{
	a->path.len = old;
	if (a->path.data)
		a->path.data[old] = '\0';
}

static int at_value(struct apply *a, const struct np_value *v)
{
	np_err_at(a->err, a->opts->file, v->line, v->column);
	return np_err_path(a->err, "%s", np_buf_text(&a->path));
}

/* The path as Go's decoder names it: without indices, and of a map's entry the map's. */
static void add_go_path(struct apply *a)
{
	size_t n = a->map_path ? a->map_path : a->path.len;

	for (const char *p = np_buf_text(&a->path), *end = p + n; p < end; p++) {
		if (*p == '[')
			p += strcspn(p, "]");
		else
			np_buf_addc(a->go, *p);
	}
}

/* json: cannot unmarshal VALUE into Go .. of type @prefix@go */
static void say_go(struct apply *a, const struct np_value *v, const char *prefix, const char *go,
		   bool with_number)
{
	static const char *const kinds[] = {
		[NP_VALUE_NULL] = "null",     [NP_VALUE_BOOL] = "bool",
		[NP_VALUE_INT] = "number",    [NP_VALUE_FLOAT] = "number",
		[NP_VALUE_STRING] = "string", [NP_VALUE_LIST] = "array",
		[NP_VALUE_MAP] = "object",
	};
	bool number = v->kind == NP_VALUE_INT || v->kind == NP_VALUE_FLOAT;

	if (!a->go)
		return;
	np_buf_printf(a->go, "json: cannot unmarshal %s", kinds[v->kind]);
	if (number && with_number)
		np_buf_printf(a->go, " " NP_STR_FMT, NP_STR_ARG(v->text));
	np_buf_adds(a->go, a->in ? " into Go struct field " : " into Go value");
	if (a->in) {
		np_buf_printf(a->go, "%s.", strchr(a->in->go, '.') + 1);
		add_go_path(a);
	}
	np_buf_printf(a->go, " of type %s%s", prefix, go);
}

static int wrong_type(struct apply *a, const struct np_value *v, const char *want)
{
	const char *kind = np_value_kind_name((enum np_value_kind)v->kind);

	if (v->kind == NP_VALUE_BOOL)
		np_err_set(a->err, NP_EPARSE, "must be %s, not the boolean %s", want,
			   v->truth ? "true" : "false");
	else if (v->kind == NP_VALUE_INT || v->kind == NP_VALUE_FLOAT)
		np_err_set(a->err, NP_EPARSE, "must be %s, not the number %.40s", want, v->text.p);
	else
		np_err_set(a->err, NP_EPARSE, "must be %s, not %s", want, kind);
	return at_value(a, v);
}

/* The note on an unknown field says which are known. */
static void note_allowed(struct apply *a, const struct api_type *type, struct np_place place,
			 struct np_str path)
{
	char names[256];
	size_t n = 0;

	for (size_t i = 0; i < type->n_fields && n < sizeof(names); i++)
		n += (size_t)snprintf(names + n, sizeof(names) - n, "%s%s", i ? ", " : "",
				      type->fields[i].name);
	diag_add(a->diags, NP_DIAG_UNKNOWN, place, path, "known here: %s", names);
}

/* Unknown and repeated fields: remembered as an error, warned of, or nothing. */
static void note_field(struct apply *a, const struct api_type *type, enum np_diag_kind kind,
		       const struct np_pair *pair)
{
	const struct np_place place = { a->opts->file, pair->line, pair->column };
	size_t old = path_key(a, pair->key);
	const struct np_str path = { np_buf_text(&a->path), a->path.len }; /* a key may hold NUL */
	const char *what = kind == NP_DIAG_UNKNOWN ? "unknown" : "duplicate";

	if (a->go && kind == NP_DIAG_UNKNOWN)
		note_allowed(a, type, place, path);
	else
		diag_add(a->diags, kind, place, path, "%s field", what);
	if (a->opts->fields == NP_FIELDS_STRICT && !a->refused) {
		a->refused = true;
		np_err_set(&a->strict, NP_EPARSE, "%s field '%s'", what, path.p);
		np_err_at(&a->strict, place.file, place.line, place.column);
		np_err_path(&a->strict, "%s", path.p);
	}
	path_cut(a, old);
}

/* Whether a pair is applied at all: of repeated ones only JSON bodies apply each. */
static bool is_live(struct apply *a, const struct np_pair *pair)
{
	/* The server's own list of what YAML repeats is made elsewhere. */
	bool noted = a->opts->mode == NP_DECODE_API_JSON ||
		     (a->opts->mode == NP_DECODE_API_YAML && !a->go);

	if (pair->duplicate && noted && a->opts->fields != NP_FIELDS_IGNORE)
		note_field(a, NULL, NP_DIAG_DUPLICATE, pair);
	return a->opts->mode == NP_DECODE_API_JSON || !pair->overridden;
}

static void set_cell(struct cell *cell, const struct np_value *v)
{
	*cell = (struct cell){ v->line, v->column, true };
}

static int apply_string(struct apply *a, const char *go, const struct np_value *v,
			struct api_str *cell)
{
	if (v->kind != NP_VALUE_STRING) {
		say_go(a, v, "", go ? go : "string", false);
		return wrong_type(a, v,
				  v->kind == NP_VALUE_LIST || v->kind == NP_VALUE_MAP
					  ? "a string"
					  : "a string (quote it)");
	}
	set_cell(&cell->at, v);
	cell->s = v->text;
	return 0;
}

static int apply_bool(struct apply *a, const struct np_value *v, struct api_bool *cell)
{
	if (v->kind != NP_VALUE_BOOL) {
		say_go(a, v, "", "bool", false);
		return wrong_type(a, v, "a boolean");
	}
	set_cell(&cell->at, v);
	cell->v = v->truth;
	return 0;
}

/* -?digits within the type, by checked accumulation. */
static bool read_int(struct np_str text, bool wide, int64_t *ret)
{
	bool negative = text.n && text.p[0] == '-';
	unsigned long long max = (wide ? (unsigned long long)INT64_MAX : INT32_MAX) + negative, v;

	if (!np_str_u64((struct np_str){ text.p + negative, text.n - negative }, max, &v))
		return false;
	*ret = negative ? (int64_t)(0 - v) : (int64_t)v;
	return true;
}

static int apply_int(struct apply *a, const struct np_value *v, bool wide, struct cell *cell,
		     int64_t *ret)
{
	const char *want = wide ? "an integer within 64 bits" : "an integer within 32 bits";
	struct np_str text = v->text;
	const char *go = wide ? "int64" : "int32";
	char buf[64];

	if (v->kind != NP_VALUE_INT && v->kind != NP_VALUE_FLOAT) {
		say_go(a, v, "", go, false);
		return wrong_type(a, v, "an integer");
	}
	if (a->opts->mode == NP_DECODE_KUBECTL && np_number_go_text(text, buf, sizeof(buf)))
		text = np_str_from(buf);
	if (!read_int(text, wide, ret)) {
		say_go(a, v, "", go, true);
		return wrong_type(a, v, want);
	}
	set_cell(cell, v);
	return 0;
}

static int apply_intstr(struct apply *a, const struct np_value *v, struct api_intstr *cell)
{
	if (v->kind == NP_VALUE_STRING) {
		set_cell(&cell->at, v);
		cell->is_str = true;
		cell->s = v->text;
		return 0;
	}
	if (v->kind != NP_VALUE_INT && v->kind != NP_VALUE_FLOAT) {
		say_go(a, v, "", "int32", false);
		return wrong_type(a, v, "an integer or a string");
	}
	cell->is_str = false;
	return apply_int(a, v, false, &cell->at, &cell->v);
}

static int apply_time(struct apply *a, const struct np_value *v, struct api_str *cell)
{
	if (apply_string(a, NULL, v, cell))
		return -1;
	if (gotime_is_rfc3339(cell->s))
		return 0;
	if (a->go) {
		np_buf_adds(a->go, "parsing time ");
		np_buf_go_quoted(a->go, cell->s);
		np_buf_adds(a->go, " as \"2006-01-02T15:04:05Z07:00\": cannot parse");
	}
	np_err_set(a->err, NP_EPARSE, "must be a time such as 2006-01-02T15:04:05Z");
	return at_value(a, v);
}

/* Scalars: null resets what is a pointer in Go, and changes nothing else. */
static int apply_scalar(struct apply *a, const struct api_field *f, const struct np_value *v,
			void *cell)
{
	struct api_int *i = cell;

	if (v->kind == NP_VALUE_NULL) {
		if (f->ptr)
			((struct cell *)cell)->set = false;
		return 0;
	}
	switch (f->kind) {
	case API_STRING:
		return apply_string(a, f->go, v, cell);
	case API_BOOL:
		return apply_bool(a, v, cell);
	case API_INTSTR:
		return apply_intstr(a, v, cell);
	case API_TIME:
		return apply_time(a, v, cell);
	default:
		return apply_int(a, v, f->kind == API_INT64, &i->at, &i->v);
	}
}

static int apply_entry(struct apply *a, const struct np_pair *pair, struct api_entry *e)
{
	size_t old = path_key(a, pair->key);

	a->map_path = old;
	*e = (struct api_entry){ .key_at = { pair->line, pair->column, true }, .key = pair->key };
	if (pair->value.kind == NP_VALUE_NULL) {
		set_cell(&e->value.at, &pair->value);
		e->value.s = NP_STR("");
	} else if (apply_string(a, NULL, &pair->value, &e->value)) {
		return -1;
	}
	a->map_path = 0;
	path_cut(a, old);
	return 0;
}

/* Room for @more entries behind the ones there. */
static void grow_map(struct apply *a, struct api_map *map, size_t more)
{
	struct api_entry *old = map->items;

	if (map->n + more <= map->cap)
		return;
	map->cap = map->n + more > 2 * map->cap ? map->n + more : 2 * map->cap;
	map->items = np_arena_array(a->scratch, map->cap, sizeof(*map->items));
	if (map->n)
		memcpy(map->items, old, map->n * sizeof(*map->items));
}

static int cmp_pairs(const void *a, const void *b)
{
	const struct np_pair *x = *(const struct np_pair *const *)a,
			     *y = *(const struct np_pair *const *)b;
	int c = np_str_cmp(x->key, y->key);

	return c ? c : (x > y) - (x < y);
}

/*
 * The pairs of a map by key, as Go prints what it read from YAML: the last of equal ones only.
 * NULL: as they stand.
 */
static const struct np_pair **ordered_pairs(struct apply *a, const struct np_value *map,
					    uint32_t *ret_n)
{
	const struct np_pair **pairs;
	uint32_t n = 0;

	*ret_n = map->n;
	if (!a->go || a->opts->mode == NP_DECODE_API_JSON || map->n < 2)
		return NULL;
	for (uint32_t i = 0; i < map->n; i++)
		n += !map->pairs[i].overridden;
	pairs = np_arena_array(a->scratch, n, sizeof(*pairs));
	*ret_n = n;
	n = 0;
	for (uint32_t i = 0; i < map->n; i++)
		if (!map->pairs[i].overridden)
			pairs[n++] = &map->pairs[i];
	qsort(pairs, n, sizeof(*pairs), cmp_pairs);
	return pairs;
}

static int apply_map(struct apply *a, const struct np_value *v, struct api_map *map)
{
	const struct np_pair **pairs;
	uint32_t n;

	if (v->kind == NP_VALUE_NULL) {
		*map = (struct api_map){ 0 };
		return 0;
	}
	if (v->kind != NP_VALUE_MAP) {
		say_go(a, v, "map[string]", "string", false);
		return wrong_type(a, v, "a map of strings");
	}
	set_cell(&map->at, v);
	pairs = ordered_pairs(a, v, &n);
	grow_map(a, map, n);
	for (uint32_t i = 0; i < n; i++) {
		const struct np_pair *pair = pairs ? pairs[i] : &v->pairs[i];

		if (!is_live(a, pair))
			continue;
		if (apply_entry(a, pair, &map->items[map->n]))
			return -1;
		map->n++;
	}
	return 0;
}

static int apply_field(struct apply *a, const struct api_field *f, const struct np_value *v,
		       void *cell);

/* Room for @n elements; what older elements left is kept. */
static void grow_list(struct apply *a, struct api_list *list, size_t n, size_t bytes)
{
	void *items;

	if (n <= list->cap)
		return;
	items = np_arena_array(a->scratch, n, bytes);
	if (list->cap)
		memcpy(items, list->items, list->cap * bytes);
	list->items = items;
	list->cap = n;
}

static int apply_list(struct apply *a, const struct api_field *f, const struct np_value *v,
		      struct api_list *list)
{
	const struct api_field elem = {
		.kind = f->sub ? API_OBJECT : API_STRING, .sub = f->sub, .go = f->go
	};
	size_t bytes = f->sub ? f->sub->bytes : sizeof(struct api_str);

	if (v->kind != NP_VALUE_NULL && v->kind != NP_VALUE_LIST) {
		say_go(a, v, "[]", f->sub ? f->sub->go : f->go ? f->go : "string", false);
		return wrong_type(a, v, "a list");
	}
	if (v->n == 0 || v->kind == NP_VALUE_NULL) {
		*list = (struct api_list){ 0 };
		list->at = (struct cell){ v->line, v->column, v->kind == NP_VALUE_LIST };
		return 0;
	}
	set_cell(&list->at, v);
	grow_list(a, list, v->n, bytes);
	list->n = v->n;
	for (size_t i = 0; i < v->n; i++) {
		struct cell *cell = (struct cell *)((char *)list->items + i * bytes);
		size_t old = path_index(a, i);

		if (apply_field(a, &elem, &v->items[i], cell))
			return -1;
		/* A null element is there all the same. */
		set_cell(cell, &v->items[i]);
		path_cut(a, old);
	}
	return 0;
}

static int apply_object(struct apply *a, const struct api_type *type, const struct np_value *v,
			void *object);

static int apply_pointer(struct apply *a, const struct api_field *f, const struct np_value *v,
			 void **slot)
{
	if (v->kind == NP_VALUE_NULL) {
		*slot = NULL;
		return 0;
	}
	if (!*slot)
		*slot = np_arena_alloc(a->scratch, f->sub->bytes);
	return apply_object(a, f->sub, v, *slot);
}

static int apply_field(struct apply *a, const struct api_field *f, const struct np_value *v,
		       void *cell)
{
	switch (f->kind) {
	case API_STRMAP:
		return apply_map(a, v, cell);
	case API_LIST:
		return apply_list(a, f, v, cell);
	case API_OBJECT:
		return apply_object(a, f->sub, v, cell);
	case API_OBJECT_PTR:
		return apply_pointer(a, f, v, cell);
	case API_ANY:
		set_cell(cell, v);
		return 0;
	default:
		return apply_scalar(a, f, v, cell);
	}
}

static const struct api_field *find_field(const struct api_type *type, struct np_str name)
{
	for (size_t i = 0; i < type->n_fields; i++)
		if (np_str_is(name, type->fields[i].name))
			return &type->fields[i];
	return NULL;
}

static int apply_pair(struct apply *a, const struct api_type *type, const struct np_pair *pair,
		      void *object)
{
	const struct api_field *f = find_field(type, pair->key);
	const struct api_type *outer = a->in;
	size_t old;
	int ret;

	if (!f) {
		if (!type->open && a->opts->fields != NP_FIELDS_IGNORE)
			note_field(a, type, NP_DIAG_UNKNOWN, pair);
		return 0;
	}
	if (!is_live(a, pair))
		return 0;
	old = path_key(a, pair->key);
	a->in = type;
	ret = apply_field(a, f, &pair->value, (char *)object + f->at);
	if (!ret) {
		path_cut(a, old);
		a->in = outer;
	}
	return ret;
}

/* Recursion is as deep as the tables, never as deep as the document. */
static int apply_object(struct apply *a, const struct api_type *type, const struct np_value *v,
			void *object)
{
	const struct np_pair **pairs;
	uint32_t n;

	if (v->kind == NP_VALUE_NULL)
		return 0;
	if (v->kind != NP_VALUE_MAP) {
		say_go(a, v, "", type->go ? type->go : "", false);
		return wrong_type(a, v, "a map");
	}
	set_cell(object, v);
	pairs = ordered_pairs(a, v, &n);
	for (uint32_t i = 0; i < n; i++)
		if (apply_pair(a, type, pairs ? pairs[i] : &v->pairs[i], object))
			return -1;
	return 0;
}

int apply_for_server(struct np_arena *scratch, const struct np_decode_opts *opts,
		     const struct api_type *type, const struct np_value *v, void *object,
		     struct np_diags *diags, struct np_buf *go, struct np_err *err)
{
	struct apply a = {
		.scratch = scratch, .opts = opts, .diags = diags, .go = go, .err = err
	};
	int ret = apply_object(&a, type, v, object);

	np_buf_release(&a.path);
	return ret;
}

int apply_root(struct np_arena *scratch, const struct np_decode_opts *opts,
	       const struct api_type *type, const struct np_value *v, void *object,
	       struct np_diags *diags, struct np_err *err)
{
	struct np_err own;
	struct apply a = {
		.scratch = scratch, .opts = opts, .diags = diags, .err = err ? err : &own
	};
	int ret;

	ret = apply_object(&a, type, v, object);
	np_buf_release(&a.path);
	if (!ret && a.refused) {
		*a.err = a.strict;
		ret = -1;
	}
	return ret;
}
