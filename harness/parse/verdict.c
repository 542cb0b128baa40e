/* verdict.c - findings and warnings, in the API server's words. */
#include "verdict.h"

#include <stdarg.h>
#include <stdint.h>

#include "np/base/utf8.h"

const char *np_stage_name(enum np_stage stage)
{
	static const char *const names[] = {
		[NP_STAGE_ACCEPT] = "accept",	      [NP_STAGE_TRANSPORT] = "transport",
		[NP_STAGE_CLIENT] = "client",	      [NP_STAGE_DECODE] = "decode",
		[NP_STAGE_STRICT] = "strict",	      [NP_STAGE_REQUEST] = "request",
		[NP_STAGE_VALIDATION] = "validation", [NP_STAGE_CONFLICT] = "conflict",
		[NP_STAGE_STORAGE] = "storage",	      [NP_STAGE_SKIPPED] = "skipped",
	};

	return names[stage];
}

const char *np_finding_type_name(enum np_finding_type type)
{
	static const char *const names[] = {
		[NP_FINDING_REQUIRED] = "FieldValueRequired",
		[NP_FINDING_INVALID] = "FieldValueInvalid",
		[NP_FINDING_NOT_SUPPORTED] = "FieldValueNotSupported",
		[NP_FINDING_FORBIDDEN] = "FieldValueForbidden",
		[NP_FINDING_TOO_LONG] = "FieldValueTooLong",
		[NP_FINDING_UNKNOWN_FIELD] = "UnknownField",
		[NP_FINDING_DUPLICATE_FIELD] = "DuplicateField",
		[NP_FINDING_SYNTAX] = "Syntax",
		[NP_FINDING_TYPE] = "Type",
		[NP_FINDING_REQUEST] = "Request",
	};

	return names[type];
}

void np_validations_release(struct np_validations *v)
{
	if (!v)
		return;
	for (size_t i = 0; i < v->n_docs; i++)
		np_docs_release(&v->docs[i]);
	free(v->docs);
	np_arena_release(&v->arena);
	*v = (struct np_validations){ 0 };
}

void vpath_text(const struct vpath *path, struct np_buf *b)
{
	if (!path)
		return;
	vpath_text(path->up, b);
	if (path->name)
		np_buf_printf(b, "%s%s", path->up ? "." : "", path->name);
	if (path->index >= 0)
		np_buf_printf(b, "[%ld]", path->index);
}

static struct np_str keep(struct verdict *v, const struct np_buf *b)
{
	return np_arena_str(v->arena, (struct np_str){ np_buf_text(b), b->len });
}

static struct np_place place_of(const struct verdict *v, const struct cell *at)
{
	if (!at || !at->line)
		at = v->outer;
	return (struct np_place){ v->opts->file, at ? at->line : 0, at ? at->column : 0 };
}

void verdict_add(struct verdict *v, enum np_finding_type type, const struct cell *at,
		 const struct vpath *field, const char *advice)
{
	struct np_buf path = { 0 };
	struct np_finding f = { .type = type, .place = place_of(v, at) };

	if (v->n_findings < NP_VALIDATE_MAX_FINDINGS) {
		vpath_text(field, &path);
		f.field = keep(v, &path);
		f.msg = keep(v, &v->text);
		f.advice = np_str_from(advice ? advice : "");
		v->findings = np_grow(v->findings, &v->cap_findings, v->n_findings, sizeof(f));
		v->findings[v->n_findings++] = f;
		np_buf_release(&path);
	}
	np_buf_clear(&v->text);
}

static const char *const type_words[] = {
	[NP_FINDING_REQUIRED] = "Required value",
	[NP_FINDING_INVALID] = "Invalid value",
	[NP_FINDING_NOT_SUPPORTED] = "Unsupported value",
	[NP_FINDING_FORBIDDEN] = "Forbidden",
	[NP_FINDING_TOO_LONG] = "Too long",
};

/* ": " and the detail, unless that is empty. */
__attribute__((format(printf, 2, 0)))
static void add_detail(struct np_buf *b, const char *fmt, va_list ap)
{
	size_t before = b->len;

	np_buf_adds(b, ": ");
	np_buf_vprintf(b, fmt, ap);
	if (b->len == before + 2)
		b->len = before;
}

void verdict_field(struct verdict *v, enum np_finding_type type, const struct cell *at,
		   const struct vpath *field, const char *value, const char *fmt, ...)
{
	va_list ap;

	np_buf_clear(&v->text);
	np_buf_adds(&v->text, type_words[type]);
	if (value)
		np_buf_printf(&v->text, ": %s", value);
	va_start(ap, fmt);
	add_detail(&v->text, fmt, ap);
	va_end(ap);
	verdict_add(v, type, at, field, NULL);
}

/* The server would print it whole; nobody reads that, and aliases can make it stand very often. */
#define SHOWN_BYTES 1000

static void add_value(struct np_buf *b, struct np_str value)
{
	bool cut = value.n > SHOWN_BYTES;

	if (cut)
		value.n = SHOWN_BYTES;
	np_buf_go_quoted(b, value);
	if (cut)
		np_buf_adds(b, "..");
}

void verdict_text(struct verdict *v, enum np_finding_type type, const struct cell *at,
		  const struct vpath *field, struct np_str value, const char *fmt, ...)
{
	va_list ap;

	np_buf_clear(&v->text);
	np_buf_printf(&v->text, "%s: ", type_words[type]);
	add_value(&v->text, value);
	va_start(ap, fmt);
	add_detail(&v->text, fmt, ap);
	va_end(ap);
	verdict_add(v, type, at, field, NULL);
}

struct verdict_slot *verdict_slot(struct verdict *v, struct np_str text, unsigned kind,
				  bool *ret_known)
{
	struct verdict_slot *s;

	if (!v->cache)
		v->cache = np_arena_alloc(v->arena, sizeof(*v->cache));
	s = &v->cache->slots[((uintptr_t)text.p / 64 + kind) % VERDICT_SLOTS];
	*ret_known = s->p == text.p && s->n == text.n && s->kind == kind;
	if (!*ret_known)
		*s = (struct verdict_slot){ .p = text.p, .n = text.n, .kind = kind };
	return s;
}

static size_t name_errors(struct verdict *v, enum np_name_rule rule, struct np_str s,
			  const char **ret)
{
	struct verdict_slot *slot;
	bool known;

	if (s.n < VERDICT_LONG)
		return np_name_errors(rule, s, ret);
	slot = verdict_slot(v, s, rule + 1, &known);
	if (!known)
		slot->n_errors = np_name_errors(rule, s, slot->errors);
	memcpy(ret, slot->errors, sizeof(slot->errors));
	return slot->n_errors;
}

void verdict_name(struct verdict *v, enum np_name_rule rule, const struct cell *at,
		  const struct vpath *field, struct np_str checked, struct np_str shown)
{
	const char *errors[NP_NAME_MAX_ERRORS];
	size_t n = name_errors(v, rule, checked, errors);

	for (size_t i = 0; i < n; i++)
		verdict_text(v, NP_FINDING_INVALID, at, field, shown, "%s", errors[i]);
}

void verdict_warn(struct verdict *v, const struct cell *at)
{
	if (v->n_warnings < NP_VALIDATE_MAX_FINDINGS) {
		v->warnings = np_grow(v->warnings, &v->cap_warnings, v->n_warnings,
				      sizeof(*v->warnings));
		v->warnings[v->n_warnings++] = (struct np_finding){
			.type = NP_FINDING_INVALID,
			.place = place_of(v, at),
			.msg = keep(v, &v->text),
		};
	}
	np_buf_clear(&v->text);
}

/* ---- warnings on their way to the client (the recorder of the API server) ---- */

#define MAX_SENT_CHARS 4096
#define MAX_CUT_CHARS 256

static size_t count_chars(struct np_str s)
{
	size_t n = 0;

	for (size_t i = 0; i < s.n; i++)
		n += ((unsigned char)s.p[i] & 0xC0) != 0x80;
	return n;
}

static struct np_str cut(struct np_str s)
{
	size_t chars = 0;

	for (size_t i = 0; i < s.n; i++) {
		chars += ((unsigned char)s.p[i] & 0xC0) != 0x80;
		if (chars > MAX_CUT_CHARS)
			return (struct np_str){ s.p, i };
	}
	return s;
}

static int cmp_warnings(const void *a, const void *b)
{
	const struct np_finding *x = *(const struct np_finding *const *)a,
				*y = *(const struct np_finding *const *)b;
	int c = np_str_cmp(x->msg, y->msg);

	return c ? c : (x > y) - (x < y);
}

/* Marks the first of each. */
static void find_unique(const struct np_validation *v, bool *ret)
{
	const struct np_finding **order =
		np_xcalloc(v->n_warnings + 1, sizeof(const struct np_finding *));

	for (size_t i = 0; i < v->n_warnings; i++)
		order[i] = &v->warnings[i];
	qsort(order, v->n_warnings, sizeof(*order), cmp_warnings);
	for (size_t i = 0; i < v->n_warnings; i++)
		ret[order[i] - v->warnings] =
			!i || !np_str_eq(order[i]->msg, order[i - 1]->msg);
	free(order);
}

size_t np_validation_sent_warnings(const struct np_validation *v, struct np_arena *arena,
				   struct np_str **ret)
{
	struct np_str *list = np_arena_array(arena, v->n_warnings, sizeof(*list));
	np_auto_free bool *unique = np_xcalloc(v->n_warnings + 1, sizeof(bool));
	size_t n = 0, chars = 0;
	bool cutting = false;

	find_unique(v, unique);
	for (size_t i = 0; i < v->n_warnings; i++) {
		struct np_str s = v->warnings[i].msg;

		if (!unique[i] || !s.n)
			continue;
		if (cutting && chars >= MAX_SENT_CHARS)
			break;
		list[n++] = cutting ? cut(s) : s;
		chars += count_chars(list[n - 1]);
		if (cutting || chars <= MAX_SENT_CHARS)
			continue;
		/* Too much: from the start, each cut. */
		cutting = true;
		chars = 0;
		for (size_t k = 0; k < n; k++) {
			list[k] = cut(list[k]);
			chars += count_chars(list[k]);
		}
	}
	*ret = list;
	return n;
}
