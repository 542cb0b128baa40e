/* Trees to objects by the schema tables. */
#include "conform.h"

#include <stdarg.h>
#include <stdint.h>

#include "np/base/json.h"
#include "np/base/mem.h"
#include "np/parse/read.h"

struct ctx {
	bool json;
	struct np_notes *notes;
	struct np_buf path;	/* with indices and map keys, for notes */
	size_t map_path; /* inside a map: length of the path to it, which is what Go names; else 0
			  */
	struct np_err *err;
};

void np_notes_add(struct np_notes *notes, const char *fmt, ...)
{
	va_list ap;
	char *text;

	if (!notes || notes->n >= NP_CONFORM_MAX_NOTES)
		return;
	va_start(ap, fmt);
	text = np_xvasprintf(fmt, ap);
	va_end(ap);
	for (size_t i = 0; i < notes->n; i++) {
		if (strcmp(notes->items[i], text) == 0) {
			free(text);
			return;
		}
	}
	notes->items = np_grow(notes->items, &notes->cap, notes->n, sizeof(char *));
	notes->items[notes->n++] = text;
}

void np_notes_release(struct np_notes *notes)
{
	for (size_t i = 0; i < notes->n; i++)
		free(notes->items[i]);
	free(notes->items);
	*notes = (struct np_notes){ 0 };
}

static const char *json_kind(const struct np_value *v)
{
	static const char *const names[] = {
		[NP_VALUE_NULL] = "null",     [NP_VALUE_BOOL] = "bool",
		[NP_VALUE_INT] = "number",    [NP_VALUE_FLOAT] = "number",
		[NP_VALUE_STRING] = "string", [NP_VALUE_LIST] = "array",
		[NP_VALUE_MAP] = "object",
	};

	return names[v->kind];
}

/* "spec.ingress[0].ports" as Go's decoder names it: spec.ingress.ports */
static void path_without_indices(const char *path, size_t n, struct np_buf *b)
{
	for (const char *end = path + n; path < end; path++) {
		if (*path == '[')
			path += strcspn(path, "]");
		else
			np_buf_addc(b, *path);
	}
}

struct place {
	const struct np_type *owner;	/* the struct that the field is in; NULL at the root */
	const struct np_type *type;
	enum np_shape shape;
};

static json_t *wrong_type(struct ctx *c, const struct place *at, const struct np_value *v)
{
	const char *prefix = at->shape == NP_LIST ? "[]" : at->shape == NP_MAP ? "map[string]" : "";
	bool number = (v->kind == NP_VALUE_INT || v->kind == NP_VALUE_FLOAT) &&
		      at->type->base != NP_T_STRING;
	struct np_buf path = { 0 };

	path_without_indices(np_buf_text(&c->path), c->map_path ? c->map_path : c->path.len, &path);
	np_err_set(c->err, NP_EPARSE,
		   "json: cannot unmarshal %s%s%.*s into Go %s%s%s%s of type %s%s", json_kind(v),
		   number ? " " : "", number ? (int)v->text.n : 0, v->text.p ? v->text.p : "",
		   at->owner ? "struct field " : "value", at->owner ? at->owner->go + 3 : "",
		   at->owner ? "." : "", at->owner ? np_buf_text(&path) : "", prefix, at->type->go);
	np_err_path(c->err, "%s", np_buf_text(&c->path));
	np_buf_release(&path);
	return NULL;
}

/* "-?digits" within @bits; the literal decides, so 80.0 and 8e1 are refused in JSON. */
static bool int_literal(struct np_str s, int bits, json_int_t *ret)
{
	bool minus = s.n && s.p[0] == '-';
	unsigned long long limit = bits == 32 ? INT32_MAX : INT64_MAX, u;

	if (!np_str_u64((struct np_str){ s.p + minus, s.n - minus }, limit + minus, &u))
		return false;
	*ret = minus ? (json_int_t)(0 - u) : (json_int_t)u;
	return true;
}

static bool digits(const char *s, int n)
{
	for (int i = 0; i < n; i++) {
		if (s[i] < '0' || s[i] > '9')
			return false;
	}
	return true;
}

/* RFC 3339: 2006-01-02T15:04:05[.999]Z or with +07:00 at the end. */
static bool is_time(struct np_str s)
{
	const char *p = s.p;
	size_t i = 19;

	if (s.n < 20 || !digits(p, 4) || p[4] != '-' || !digits(p + 5, 2) || p[7] != '-' ||
	    !digits(p + 8, 2) || p[10] != 'T' || !digits(p + 11, 2) || p[13] != ':' ||
	    !digits(p + 14, 2) || p[16] != ':' || !digits(p + 17, 2))
		return false;
	if (p[i] == '.') {
		for (i++; i < s.n && p[i] >= '0' && p[i] <= '9'; i++)
			;
	}
	if (i + 1 == s.n)
		return p[i] == 'Z';
	return i + 6 == s.n && (p[i] == '+' || p[i] == '-') && digits(p + i + 1, 2) &&
	       p[i + 3] == ':' && digits(p + i + 4, 2);
}

/* ^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$ */
static bool is_quantity(struct np_str s)
{
	size_t i = s.n && (s.p[0] == '+' || s.p[0] == '-') ? 1 : 0, first = i;

	while (i < s.n && ((s.p[i] >= '0' && s.p[i] <= '9') || s.p[i] == '.'))
		i++;
	if (i == first)
		return false;
	while (i < s.n && strchr("eEinumkKMGTP", s.p[i]))
		i++;
	if (i < s.n && (s.p[i] == '+' || s.p[i] == '-'))
		i++;
	while (i < s.n && s.p[i] >= '0' && s.p[i] <= '9')
		i++;
	return i == s.n;
}

static json_t *text_json(struct np_str s)
{
	json_t *v = json_stringn(s.p ? s.p : "", s.n);

	return v ? v : np_json_string(s);
}

static json_t *decode_time(struct ctx *c, const struct place *at, const struct np_value *v)
{
	if (v->kind != NP_VALUE_STRING)
		return wrong_type(c, at, v);
	if (!is_time(v->text)) {
		np_err_set(
			c->err, NP_EPARSE,
			"parsing time \"%.*s\" as \"2006-01-02T15:04:05Z07:00\": cannot parse it",
			NP_STR_ARG(v->text));
		np_err_path(c->err, "%s", np_buf_text(&c->path));
		return NULL;
	}
	return text_json(v->text);
}

static json_t *decode_quantity(struct ctx *c, const struct place *at, const struct np_value *v)
{
	if (v->kind != NP_VALUE_STRING && v->kind != NP_VALUE_INT && v->kind != NP_VALUE_FLOAT)
		return wrong_type(c, at, v);
	if (!is_quantity(v->text)) {
		np_err_set(c->err, NP_EPARSE, "quantities must match the regular expression "
			   "'^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$'");
		np_err_path(c->err, "%s", np_buf_text(&c->path));
		return NULL;
	}
	return text_json(v->text);
}

static json_t *decode_scalar(struct ctx *c, const struct place *at, const struct np_value *v)
{
	bool number = v->kind == NP_VALUE_INT || v->kind == NP_VALUE_FLOAT;
	json_int_t n;

	switch (at->type->base) {
	case NP_T_STRING:
		return v->kind == NP_VALUE_STRING ? text_json(v->text) : wrong_type(c, at, v);
	case NP_T_BOOL:
		return v->kind == NP_VALUE_BOOL ? json_boolean(v->truth) : wrong_type(c, at, v);
	case NP_T_INT32:
	case NP_T_INT64:
		if (!number || !int_literal(v->text, at->type->base == NP_T_INT32 ? 32 : 64, &n))
			return wrong_type(c, at, v);
		return json_integer(n);
	case NP_T_INT_OR_STRING:
		if (v->kind == NP_VALUE_STRING)
			return text_json(v->text);
		if (!number || !int_literal(v->text, 32, &n))
			return wrong_type(c, &(struct place){ NULL, &np_type_int32, NP_ONE }, v);
		return json_integer(n);
	case NP_T_TIME:
		return decode_time(c, at, v);
	case NP_T_QUANTITY:
		return decode_quantity(c, at, v);
	default:
		return wrong_type(c, at, v);
	}
}

static json_t *number_json(struct np_str s)
{
	json_int_t n;
	double d;

	if (int_literal(s, 64, &n))
		return json_integer(n);
	d = strtod(s.p, NULL);
	return json_real(d - d == 0 ? d : 0);	/* infinity has no JSON */
}

static json_t *any(const struct np_value *v, unsigned depth, struct np_err *err)
{
	json_t *ret = v->kind == NP_VALUE_LIST ? json_array() : json_object(), *child;

	for (uint32_t i = 0; i < v->n; i++) {
		const struct np_value *item =
			v->kind == NP_VALUE_LIST ? &v->items[i] : &v->pairs[i].value;

		if (item->kind != NP_VALUE_LIST && item->kind != NP_VALUE_MAP)
			child = item->kind == NP_VALUE_NULL	? json_null()
				: item->kind == NP_VALUE_BOOL	? json_boolean(item->truth)
				: item->kind == NP_VALUE_STRING ? text_json(item->text)
								: number_json(item->text);
		else
			child = depth ? any(item, depth - 1, err) : NULL;
		if (!child) {
			json_decref(ret);
			if (!depth)
				np_err_set(err, NP_ELIMIT, "nested deeper than %d levels",
					   NP_CONFORM_MAX_DEPTH);
			return NULL;
		}
		if (v->kind == NP_VALUE_LIST)
			json_array_append_new(ret, child);
		else
			json_object_setn_new(ret, v->pairs[i].key.p ? v->pairs[i].key.p : "",
					     v->pairs[i].key.n, child);
	}
	return ret;
}

int np_conform_any(const struct np_value *v, json_t **ret, struct np_err *err)
{
	struct np_value list = { .kind = NP_VALUE_LIST, .n = 1, .items = (struct np_value *)v };
	json_t *wrapped = any(&list, NP_CONFORM_MAX_DEPTH, err);

	if (!wrapped)
		return -1;
	*ret = json_incref(json_array_get(wrapped, 0));
	json_decref(wrapped);
	return 0;
}

static json_t *zero(const struct np_type *type)
{
	switch (type->base) {
	case NP_T_STRUCT:
		return json_object();
	case NP_T_STRING:
	case NP_T_QUANTITY:
		return json_string("");
	case NP_T_INT32:
	case NP_T_INT64:
	case NP_T_INT_OR_STRING:
		return json_integer(0);
	case NP_T_BOOL:
		return json_false();
	default:
		return json_null();
	}
}

static json_t *decode(struct ctx *c, const struct place *at, unsigned flags,
		      const struct np_value *v, json_t *old);

static void path_cut(struct ctx *c, size_t len)
{
	c->path.len = len;
	c->path.data[len] = '\0';
}

static json_t *decode_list(struct ctx *c, const struct place *at, const struct np_value *v,
			   json_t *old)
{
	struct place item = { at->owner, at->type, NP_ONE };
	json_t *ret = json_array();

	for (uint32_t i = 0; i < v->n; i++) {
		size_t len = c->path.len;
		json_t *one;

		np_buf_printf(&c->path, "[%u]", i);
		one = decode(c, &item, 0, &v->items[i], json_array_get(old, i));
		path_cut(c, len);
		if (!one) {
			json_decref(ret);
			return NULL;
		}
		if (json_is_null(one))
			one = zero(at->type);
		json_array_append_new(ret, one);
	}
	return ret;
}

static void note_duplicate(struct ctx *c, const struct np_pair *p)
{
	if (!p->duplicate)
		return;
	if (c->json)
		np_notes_add(c->notes, "duplicate field \"%s\"", np_buf_text(&c->path));
	else
		np_notes_add(c->notes, "line %u: key \"%.*s\" already set in map", p->line,
			     NP_STR_ARG(p->key));
}

static void path_add(struct ctx *c, struct np_str key)
{
	if (c->path.len)
		np_buf_addc(&c->path, '.');
	np_buf_addstr(&c->path, key);
}

static json_t *decode_map(struct ctx *c, const struct place *at, const struct np_value *v,
			  json_t *old)
{
	struct place item = { at->owner, at->type, NP_ONE };
	json_t *ret = old ? json_copy(old) : json_object();

	for (uint32_t i = 0; i < v->n; i++) {
		const struct np_pair *p = &v->pairs[i];
		size_t len = c->path.len;
		json_t *one;

		path_add(c, p->key);
		note_duplicate(c, p);
		c->map_path = len;
		one = decode(c, &item, 0, &p->value, NULL);
		c->map_path = 0;
		path_cut(c, len);
		if (!one) {
			json_decref(ret);
			return NULL;
		}
		if (json_is_null(one))
			one = zero(at->type);
		json_object_setn_new(ret, p->key.p ? p->key.p : "", p->key.n, one);
	}
	return ret;
}

/* What Go would not print: empty lists and maps, empty text that is not a pointer. */
static bool leave_out(const struct np_field *f, const json_t *v)
{
	if (json_is_null(v))
		return true;
	if (f->shape != NP_ONE)
		return json_array_size(v) == 0 && json_object_size(v) == 0;
	return json_is_string(v) && !json_string_length(v) &&
	       !(f->flags & (NP_F_PTR | NP_F_REQUIRED));
}

static const struct np_field *field_of(const struct np_type *type, struct np_str key)
{
	const struct np_field *f =
		key.p && !memchr(key.p, 0, key.n) ? np_schema_field(type, key.p) : NULL;

	return f && strlen(f->name) == key.n ? f : NULL;
}

static int decode_field(struct ctx *c, const struct np_type *owner, const struct np_pair *p,
			json_t *into)
{
	const struct np_field *f = field_of(owner, p->key);
	struct place at;
	json_t *one;

	if (!f) {
		np_notes_add(c->notes, "unknown field \"%s\"", np_buf_text(&c->path));
		return 0;
	}
	note_duplicate(c, p);
	at = (struct place){ owner, f->type, f->shape };
	/* Besides a repeated field, what is there already may come from a repeated parent. */
	one = decode(c, &at, f->flags, &p->value, c->json ? json_object_get(into, f->name) : NULL);
	if (!one)
		return -1;
	if (leave_out(f, one)) {
		json_object_del(into, f->name);
		json_decref(one);
	} else {
		json_object_set_new(into, f->name, one);
	}
	return 0;
}

static json_t *decode_struct(struct ctx *c, const struct place *at, const struct np_value *v,
			     json_t *old)
{
	json_t *ret = old ? json_copy(old) : json_object();

	for (uint32_t i = 0; i < v->n; i++) {
		const struct np_pair *p = &v->pairs[i];
		size_t len = c->path.len;
		int rc = 0;

		path_add(c, p->key);
		if (c->json || np_value_pair(v, p->key) == p)
			rc = decode_field(c, at->type, p, ret);
		else
			note_duplicate(c, np_value_pair(v, p->key));
		path_cut(c, len);
		if (rc) {
			json_decref(ret);
			return NULL;
		}
	}
	return ret;
}

/*
 * New reference; null where the field becomes absent; NULL with the context's error. @old: what an
 * earlier field of the same name left, or NULL.
 */
static json_t *decode(struct ctx *c, const struct place *at, unsigned flags,
		      const struct np_value *v, json_t *old)
{
	json_t *ret;

	if (v->kind == NP_VALUE_NULL) {
		bool embedded =
			at->shape == NP_ONE && at->type->base == NP_T_STRUCT && !(flags & NP_F_PTR);

		return embedded && old ? json_incref(old) : json_null();
	}
	if (at->shape == NP_LIST && at->type->base != NP_T_ANY)
		return v->kind == NP_VALUE_LIST ? decode_list(c, at, v, old) : wrong_type(c, at, v);
	if (at->shape == NP_MAP)
		return v->kind == NP_VALUE_MAP ? decode_map(c, at, v, old) : wrong_type(c, at, v);
	if (at->type->base == NP_T_ANY)
		return np_conform_any(v, &ret, c->err) ? NULL : ret;
	if (at->type->base == NP_T_STRUCT)
		return v->kind == NP_VALUE_MAP ? decode_struct(c, at, v, old)
					       : wrong_type(c, at, v);
	return decode_scalar(c, at, v);
}

int np_conform(const struct np_type *type, const struct np_value *v, bool json,
	       struct np_notes *notes, json_t **ret, struct np_err *err)
{
	struct ctx c = { .json = json, .notes = notes, .err = err };
	struct place root = { NULL, type, NP_ONE };
	json_t *object;

	np_buf_adds(&c.path, "");
	object = decode(&c, &root, 0, v, NULL);
	np_buf_release(&c.path);
	if (!object)
		return -1;
	*ret = json_is_null(object) ? json_object() : object;
	return 0;
}

int np_conform_json(const struct np_type *type, const json_t *object, struct np_notes *notes,
		    json_t **ret, struct np_err *err)
{
	struct np_buf text = { 0 };
	struct np_docs docs = { 0 };
	int rc = -1;

	np_json_dump(object, 0, &text);
	if (np_read_json((struct np_str){ np_buf_text(&text), text.len },
			 &(struct np_read_opts){ .max_bytes = (size_t)64 << 20 }, &docs, err) == 0)
		rc = np_conform(type, &docs.items[0].root, true, notes, ret, err);
	np_docs_release(&docs);
	np_buf_release(&text);
	return rc;
}
