/* json.c - the JSON reader: RFC 8259 exactly, iterative, every place known. */
#include "np/parse/read.h"

#include "build.h"
#include "split.h"
#include "np/base/buf.h"
#include "np/base/mem.h"
#include "np/base/utf8.h"

#define REPLACEMENT "\xEF\xBF\xBD" /* U+FFFD */

struct json {
	const char *p, *end;
	const char *counted; /* line and column are those of this byte */
	uint32_t line, column;
	unsigned max_depth;
	const char *file;
	struct build build;
	struct np_buf text; /* scratch for strings with escapes */
	struct np_err *err;
};

/*
 * Brings line and column up to @at, which only moves forward, so all places together cost one pass.
 * /
 */
static void count_to(struct json *j, const char *at)
{
	for (; j->counted < at; j->counted++) {
		if (*j->counted == '\n') {
			j->line++;
			j->column = 1;
		} else if (((unsigned char)*j->counted & 0xC0) != 0x80) {
			j->column++;
		}
	}
}

__attribute__((format(printf, 3, 4)))
static int fail_at(struct json *j, const char *at, const char *fmt, ...)
{
	char msg[NP_ERR_MSG_MAX];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(msg, sizeof(msg), fmt, ap);
	va_end(ap);
	count_to(j, at);
	np_err_set(j->err, NP_EPARSE, "%s", msg);
	return np_err_at(j->err, j->file, j->line, j->column);
}

static int unexpected(struct json *j, const char *want)
{
	unsigned char c;

	if (j->p == j->end)
		return fail_at(j, j->p, "the text ends where %s is needed", want);
	c = (unsigned char)*j->p;
	if (c > 0x20 && c < 0x7F)
		return fail_at(j, j->p, "'%c' stands where %s is needed", c, want);
	if (c == 0xEF && j->end - j->p >= 3 && memcmp(j->p, "\xEF\xBB\xBF", 3) == 0)
		return fail_at(j, j->p, "a byte order mark stands where %s is needed", want);
	return fail_at(j, j->p, "byte 0x%02x stands where %s is needed", c, want);
}

static void skip_blanks(struct json *j)
{
	while (j->p < j->end && (*j->p == ' ' || *j->p == '\n' || *j->p == '\t' || *j->p == '\r'))
		j->p++;
}

/* Four hex digits at @p, or -1. */
static long hex4(const char *p, const char *end)
{
	long v = 0;

	if (end - p < 4)
		return -1;
	for (int i = 0; i < 4; i++) {
		char c = p[i];
		int d = c >= '0' && c <= '9'   ? c - '0'
			: c >= 'a' && c <= 'f' ? c - 'a' + 10
			: c >= 'A' && c <= 'F' ? c - 'A' + 10
					       : -1;

		if (d < 0)
			return -1;
		v = v * 16 + d;
	}
	return v;
}

static void add_code_point(struct np_buf *b, long cp)
{
	if (cp < 0x80) {
		np_buf_addc(b, (char)cp);
	} else if (cp < 0x800) {
		np_buf_addc(b, (char)(0xC0 | cp >> 6));
		np_buf_addc(b, (char)(0x80 | (cp & 0x3F)));
	} else if (cp < 0x10000) {
		np_buf_addc(b, (char)(0xE0 | cp >> 12));
		np_buf_addc(b, (char)(0x80 | (cp >> 6 & 0x3F)));
		np_buf_addc(b, (char)(0x80 | (cp & 0x3F)));
	} else {
		np_buf_addc(b, (char)(0xF0 | cp >> 18));
		np_buf_addc(b, (char)(0x80 | (cp >> 12 & 0x3F)));
		np_buf_addc(b, (char)(0x80 | (cp >> 6 & 0x3F)));
		np_buf_addc(b, (char)(0x80 | (cp & 0x3F)));
	}
}

/*
 * \uXXXX at @p, a pair of surrogates taken together, a lone one replaced. Returns what was used, 0
 * when malformed.
 */
static size_t read_u_escape(struct json *j, const char *p)
{
	long cp = hex4(p + 2, j->end), low;

	if (cp < 0)
		return 0;
	if (cp >= 0xD800 && cp <= 0xDFFF) {
		low = cp <= 0xDBFF && j->end - p >= 12 && p[6] == '\\' && p[7] == 'u'
			      ? hex4(p + 8, j->end)
			      : -1;
		if (low >= 0xDC00 && low <= 0xDFFF) {
			add_code_point(&j->text, 0x10000 + ((cp - 0xD800) << 10) + (low - 0xDC00));
			return 12;
		}
		cp = 0xFFFD;
	}
	add_code_point(&j->text, cp);
	return 6;
}

static size_t read_escape(struct json *j, const char *p)
{
	static const char names[] = "\"\\/bfnrt", values[] = "\"\\/\b\f\n\r\t";
	const char *at;

	if (j->end - p < 2)
		return 0;
	if (p[1] == 'u')
		return read_u_escape(j, p);
	at = p[1] ? strchr(names, p[1]) : NULL;
	if (!at)
		return 0;
	np_buf_addc(&j->text, values[at - names]);
	return 2;
}

/* The end of the run of ASCII without quotes, escapes and controls. */
static const char *skip_simple(const char *p, const char *end)
{
	while (p < end && (unsigned char)*p >= 0x20 && (unsigned char)*p < 0x80 && *p != '"' &&
	       *p != '\\')
		p++;
	return p;
}

/*
 * The rest of a string from @p on, decoded into the scratch buffer, which holds what came before. /
 */
static int read_hard_string(struct json *j, const char *p)
{
	uint32_t cp;
	size_t n;

	for (;;) {
		const char *run = skip_simple(p, j->end);

		np_buf_add(&j->text, p, (size_t)(run - p));
		p = run;
		if (p == j->end)
			return fail_at(j, p, "the text ends inside a string");
		if (*p == '"')
			break;
		if ((unsigned char)*p < 0x20)
			return fail_at(
				j, p,
				"control character 0x%02x inside a string: it must be escaped",
				(unsigned)*p);
		if (*p == '\\') {
			n = read_escape(j, p);
			if (!n)
				return fail_at(
					j, p,
					"unknown escape in a string: \\\" \\\\ \\/ \\b \\f \\n "
					"\\r \\t and \\uXXXX are allowed");
		} else {
			n = np_utf8_decode(p, (size_t)(j->end - p), &cp);
			np_buf_add(&j->text, n ? p : REPLACEMENT, n ? n : 3);
			n = n ? n : 1;
		}
		p += n;
	}
	j->p = p + 1;
	return 0;
}

/* *@ret is in the arena. */
static int read_string(struct json *j, struct np_str *ret)
{
	const char *start = j->p + 1, *p = skip_simple(start, j->end);

	if (p < j->end && *p == '"') {
		*ret = np_arena_str(j->build.arena, (struct np_str){ start, (size_t)(p - start) });
		j->p = p + 1;
		return 0;
	}
	np_buf_clear(&j->text);
	np_buf_add(&j->text, start, (size_t)(p - start));
	if (read_hard_string(j, p))
		return -1;
	*ret = np_arena_str(j->build.arena, (struct np_str){ np_buf_text(&j->text), j->text.len });
	return 0;
}

static const char *skip_digits(const char *p, const char *end)
{
	while (p < end && *p >= '0' && *p <= '9')
		p++;
	return p;
}

/* -?(0|[1-9]d*)(.d+)?([eE][+-]?d+)? */
static int read_number(struct json *j, struct np_value *v)
{
	const char *start = j->p, *p = start + (*start == '-'), *part = p;

	v->kind = NP_VALUE_INT;
	p = skip_digits(p, j->end);
	if (p == part)
		return fail_at(j, start, "'-' needs digits behind it");
	if (*part == '0' && p - part > 1)
		return fail_at(j, start, "a number must not start with a zero");
	if (p < j->end && *p == '.') {
		part = ++p;
		p = skip_digits(p, j->end);
		v->kind = NP_VALUE_FLOAT;
		if (p == part)
			return fail_at(j, start, "a number must not end in '.'");
	}
	if (p < j->end && (*p == 'e' || *p == 'E')) {
		p++;
		p += p < j->end && (*p == '+' || *p == '-');
		part = p;
		p = skip_digits(p, j->end);
		v->kind = NP_VALUE_FLOAT;
		if (p == part)
			return fail_at(j, start, "an exponent needs digits");
	}
	v->text = np_arena_str(j->build.arena, (struct np_str){ start, (size_t)(p - start) });
	j->p = p;
	return 0;
}

static int read_word(struct json *j, struct np_value *v)
{
	static const struct {
		const char *text;
		enum np_value_kind kind;
		bool truth;
	} words[] = {
		{ "null", NP_VALUE_NULL, false },
		{ "true", NP_VALUE_BOOL, true },
		{ "false", NP_VALUE_BOOL, false },
	};

	for (size_t i = 0; i < NP_ARRAY_SIZE(words); i++) {
		size_t n = strlen(words[i].text);

		if ((size_t)(j->end - j->p) < n || memcmp(j->p, words[i].text, n) != 0)
			continue;
		v->kind = (uint8_t)words[i].kind;
		v->truth = words[i].truth;
		j->p += n;
		return 0;
	}
	return unexpected(j, "a value");
}

static int open_container(struct json *j)
{
	if (j->build.depth >= j->max_depth) {
		fail_at(j, j->p, "nesting is deeper than %u levels", j->max_depth);
		if (j->err)
			j->err->code = NP_ELIMIT;
		return -1;
	}
	build_open(&j->build, *j->p == '{', j->line, j->column);
	j->p++;
	return 0;
}

/* A scalar, or the start of a list or map. */
static int read_value(struct json *j)
{
	struct np_value v = { 0 };
	int ret;

	if (j->p == j->end)
		return unexpected(j, "a value");
	count_to(j, j->p);
	if (*j->p == '{' || *j->p == '[')
		return open_container(j);
	v.line = j->line;
	v.column = j->column;
	if (*j->p == '"') {
		v.kind = NP_VALUE_STRING;
		v.quoted = true;
		ret = read_string(j, &v.text);
	} else if (*j->p == '-' || (*j->p >= '0' && *j->p <= '9')) {
		ret = read_number(j, &v);
	} else {
		ret = read_word(j, &v);
	}
	if (!ret)
		build_value(&j->build, v);
	return ret;
}

static int read_key(struct json *j)
{
	struct np_str key;
	uint32_t line, column;

	if (j->p == j->end || *j->p != '"')
		return unexpected(j, "a key in double quotes");
	count_to(j, j->p);
	line = j->line;
	column = j->column;
	if (read_string(j, &key))
		return -1;
	skip_blanks(j);
	if (j->p == j->end || *j->p != ':')
		return unexpected(j, "':'");
	j->p++;
	skip_blanks(j);
	build_key(&j->build, key, NP_VALUE_STRING, line, column);
	return read_value(j);
}

/* What comes next inside the open list or map: an end, a comma, a key, a value. */
static int step(struct json *j, bool first)
{
	bool is_map = build_top(&j->build)->is_map;
	char end = is_map ? '}' : ']';

	if (j->p < j->end && *j->p == end) {
		j->p++;
		build_value(&j->build, build_close(&j->build));
		return 0;
	}
	if (!first) {
		if (j->p == j->end || *j->p != ',')
			return unexpected(j, is_map ? "',' or '}'" : "',' or ']'");
		j->p++;
		skip_blanks(j);
	}
	return is_map ? read_key(j) : read_value(j);
}

static int read_document(struct json *j, struct np_doc *ret)
{
	build_restart(&j->build);
	count_to(j, j->p);
	*ret = (struct np_doc){ .line = j->line };
	if (read_value(j))
		return -1;
	while (j->build.depth) {
		const struct build_frame *f = build_top(&j->build);
		bool first = j->build.n == f->base;

		skip_blanks(j);
		if (step(j, first))
			return -1;
	}
	build_finish(&j->build, ret);
	return 0;
}

/* @used: only the first value is read, and this tells where it ends. */
static int read_documents(struct json *j, bool many, const char **used, struct np_docs *docs)
{
	size_t cap = 0;
	np_auto_free struct np_doc *items = NULL;
	struct np_doc doc;

	for (;;) {
		skip_blanks(j);
		if (j->p == j->end && (many || docs->n))
			break;
		if (docs->n && !many)
			return unexpected(j, "the end of the text");
		if (docs->n == NP_READ_MAX_DOCS) {
			np_err_set(j->err, NP_ELIMIT, "more than %d values in one text",
				   NP_READ_MAX_DOCS);
			return np_err_at(j->err, j->file, j->line, j->column);
		}
		if (read_document(j, &doc))
			return -1;
		items = np_grow(items, &cap, docs->n, sizeof(*items));
		items[docs->n++] = doc;
		if (used) {
			*used = j->p;
			break;
		}
	}
	docs->items = np_arena_array(&docs->arena, docs->n, sizeof(*items));
	if (docs->n)
		memcpy(docs->items, items, docs->n * sizeof(*items));
	return 0;
}

static int read_json(struct np_str text, const struct np_read_opts *opts, const char **used,
		     struct np_docs *ret, struct np_err *err)
{
	struct np_docs docs = { .json = true };
	struct json j = {
		.p = text.p,
		.end = np_str_end(text),
		.counted = text.p,
		.line = opts->first_line ? opts->first_line : 1,
		.column = 1,
		.err = err,
		.max_depth = opts->max_depth ? opts->max_depth : NP_JSON_MAX_DEPTH,
		.file = opts->file,
	};
	int failed;

	if (build_begin(&docs, text, opts, err))
		return -1;
	build_init(&j.build, &docs.arena);
	failed = read_documents(&j, opts->many, used, &docs);
	build_release(&j.build);
	np_buf_release(&j.text);
	if (failed) {
		np_docs_release(&docs);
		return -1;
	}
	*ret = docs;
	return 0;
}

int np_read_json(struct np_str text, const struct np_read_opts *opts, struct np_docs *ret,
		 struct np_err *err)
{
	return read_json(text, opts, NULL, ret, err);
}

int json_read_first(struct np_str text, const struct np_read_opts *opts, size_t *ret_used,
		    struct np_docs *ret, struct np_err *err)
{
	const char *used;

	if (read_json(text, opts, &used, ret, err))
		return -1;
	*ret_used = (size_t)(used - text.p);
	return 0;
}
