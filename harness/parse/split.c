/* split.c - concatenated JSON, YAML cut at lines that begin with ---, and the way between. */
#include "split.h"

#include "np/base/buf.h"
#include "np/base/mem.h"
#include "np/base/utf8.h"
#include "np/parse/encode.h"

struct split {
	struct np_str rest;
	unsigned line;		/* of the rest */
	const char *file;
	split_fn *f;
	void *ctx;
	unsigned n_docs;
};

static void pass(struct split *s, size_t n)
{
	for (size_t i = 0; i < n; i++)
		s->line += s->rest.p[i] == '\n';
	s->rest = (struct np_str){ s->rest.p + n, s->rest.n - n };
}

/* unicode.IsSpace at the start of @s: its length, 0 when there is none. */
static size_t space_length(struct np_str s)
{
	uint32_t c = 0;
	size_t n = np_utf8_decode(s.p, s.n, &c);

	if ((c >= 9 && c <= 13) || c == ' ' || c == 0x85 || c == 0xA0 || c == 0x1680 ||
	    (c >= 0x2000 && c <= 0x200A) || c == 0x2028 || c == 0x2029 || c == 0x202F ||
	    c == 0x205F || c == 0x3000)
		return n;
	return 0;
}

static bool looks_like_json(struct np_str s)
{
	size_t n;

	if (s.n > 4096)
		s.n = 4096;
	while (s.n && (n = space_length(s)) > 0)
		s = (struct np_str){ s.p + n, s.n - n };
	return s.n && *s.p == '{';
}

static bool is_null(const struct np_docs *docs)
{
	return !docs->n || docs->items[0].root.kind == NP_VALUE_NULL;
}

static void hand_over(struct split *s, struct np_docs *docs)
{
	if (is_null(docs))
		np_docs_release(docs);
	else
		s->f(s->ctx, docs, NULL);
}

/*
 * What a walk meets first that a float64 cannot hold: Go reads JSON numbers into one. NULL when all
 * is well. Iterative.
 */
static const struct np_value *find_huge(const struct np_value *root)
{
	struct {
		const struct np_value *v;
		uint32_t next;
	} *stack = NULL;
	const struct np_value *v = root, *found = NULL;
	size_t n = 0, cap = 0;
	char buf[64];

	for (;;) {
		if (v->kind == NP_VALUE_FLOAT || v->kind == NP_VALUE_INT) {
			if (!np_number_go_text(v->text, buf, sizeof(buf))) {
				found = v;
				break;
			}
		} else if (v->height) {
			stack = np_grow(stack, &cap, n, sizeof(*stack));
			stack[n].v = v;
			stack[n++].next = 0;
		}
		while (n && stack[n - 1].next == stack[n - 1].v->n)
			n--;
		if (!n)
			break;
		v = stack[n - 1].v->kind == NP_VALUE_MAP
			    ? &stack[n - 1].v->pairs[stack[n - 1].next].value
			    : &stack[n - 1].v->items[stack[n - 1].next];
		stack[n - 1].next++;
	}
	free(stack);
	return found;
}

/* 1: all read or refused; 0: what is left may be YAML. */
static int split_json(struct split *s, struct np_err *err)
{
	const struct np_value *huge;
	struct np_docs docs;
	size_t used;

	for (;;) {
		const struct np_read_opts opts = {
			.file = s->file, .max_bytes = SIZE_MAX, .first_line = s->line
		};

		while (s->rest.n && strchr(" \t\r\n", *s->rest.p))
			pass(s, 1);
		if (!s->rest.n)
			return 1;
		if (json_read_first(s->rest, &opts, &used, &docs, err)) {
			/* One object may still be followed by YAML, two are JSON. */
			if (s->n_docs <= 1)
				return 0;
			s->f(s->ctx, NULL, err);
			return 1;
		}
		huge = find_huge(&docs.items[0].root);
		if (huge) {
			np_err_set(err, NP_EPARSE, "the number does not fit 64 bits");
			np_err_at(err, s->file, huge->line, huge->column);
			np_docs_release(&docs);
			s->f(s->ctx, NULL, err);
			return 1;
		}
		pass(s, used);
		s->n_docs++;
		hand_over(s, &docs);
	}
}

/* Length of the line at @p without its end; *@ret_whole with it. */
static size_t line_length(struct np_str s, size_t *ret_whole)
{
	const char *end = memchr(s.p, '\n', s.n);
	size_t n = end ? (size_t)(end - s.p) : s.n;

	*ret_whole = end ? n + 1 : n;
	return end && n && s.p[n - 1] == '\r' ? n - 1 : n;
}

/* What stands behind --- on its line, unless it is a comment. */
static struct np_str behind_separator(struct np_str line)
{
	struct np_str s = { line.p + 3, line.n - 3 };
	size_t n;

	while (s.n && (n = space_length(s)) > 0)
		s = (struct np_str){ s.p + n, s.n - n };
	return s.n && *s.p == '#' ? (struct np_str){ s.p, 0 } : s;
}

/* Reads the lines of a document; false when it has been refused. */
static bool yaml_document(struct split *s, const struct np_buf *lines, unsigned line,
			  const struct np_err *json_err)
{
	const struct np_read_opts opts = {
		.file = s->file,
		.max_bytes = SIZE_MAX,
		.max_depth = NP_YAML_POLICY_DEPTH,
		.first_only = true,
		.first_line = line,
	};
	struct np_err err = { 0 };
	struct np_docs docs;

	if (np_read_yaml((struct np_str){ np_buf_text(lines), lines->len }, &opts, &docs, &err)) {
		s->f(s->ctx, NULL, json_err->code ? json_err : &err);
		return false;
	}
	hand_over(s, &docs);
	return true;
}

static void refuse_separator(struct split *s, struct np_str what)
{
	struct np_err err = { 0 };

	np_err_set(&err, NP_EPARSE,
		   "invalid Yaml document separator: '%.60s': only blanks or a comment may follow "
		   "the line's '---'",
		   what.n ? what.p : "");
	np_err_at(&err, s->file, s->line, 1);
	s->f(s->ctx, NULL, &err);
}

static void split_yaml(struct split *s, const struct np_err *json_err)
{
	struct np_buf lines = { 0 };
	unsigned start = s->line;
	bool ok = true;

	while (ok && s->rest.n) {
		size_t whole, n = line_length(s->rest, &whole);
		struct np_str line = { s->rest.p, n };

		if (n >= 3 && memcmp(line.p, "---", 3) == 0) {
			struct np_str odd = behind_separator(line);

			if (odd.n) {
				np_auto_free char *copy = np_xstrndup(odd.p, odd.n);

				refuse_separator(s, np_str_from(copy));
				ok = false;
				break;
			}
			if (lines.len) {
				ok = yaml_document(s, &lines, start, json_err);
				np_buf_clear(&lines);
				pass(s, whole);
				continue;
			}
		}
		if (!lines.len)
			start = s->line;
		np_buf_addstr(&lines, line);
		np_buf_addc(&lines, '\n');
		pass(s, whole);
	}
	if (ok && lines.len)
		yaml_document(s, &lines, start, json_err);
	np_buf_release(&lines);
}

#define REPLACEMENT "\xEF\xBF\xBD" /* U+FFFD */

static uint32_t unit16(const unsigned char *p, bool big_endian)
{
	return big_endian ? (uint32_t)p[0] << 8 | p[1] : (uint32_t)p[1] << 8 | p[0];
}

static void add_code_point(struct np_buf *b, uint32_t c)
{
	char text[4] = { (char)c };
	size_t n = c < 0x80 ? 1 : c < 0x800 ? 2 : c < 0x10000 ? 3 : 4;

	for (size_t i = n; n > 1 && i-- > 1; c >>= 6)
		text[i] = (char)(0x80 | (c & 0x3F));
	if (n > 1)
		text[0] = (char)((0xF00U >> n) | c);
	np_buf_add(b, text, n);
}

static void from_utf16(struct np_str s, bool big_endian, struct np_buf *b)
{
	const unsigned char *p = (const unsigned char *)s.p;

	for (size_t i = 0; i < s.n; i += 2) {
		uint32_t c = i + 1 < s.n ? unit16(p + i, big_endian) : 0xFFFD, low = 0;

		if ((c & 0xFC00) == 0xD800 && i + 3 < s.n)
			low = unit16(p + i + 2, big_endian);
		if ((low & 0xFC00) == 0xDC00) {
			c = 0x10000 + ((c & 0x3FF) << 10) + (low & 0x3FF);
			i += 2;
		} else if ((c & 0xF800) == 0xD800) {
			c = 0xFFFD;
		}
		add_code_point(b, c);
	}
}

static void from_utf8(struct np_str s, struct np_buf *b)
{
	uint32_t c;

	for (size_t i = 0, n; i < s.n; i += n ? n : 1) {
		n = np_utf8_decode(s.p + i, s.n - i, &c);
		np_buf_add(b, n ? s.p + i : REPLACEMENT, n ? n : 3);
	}
}

/*
 * kubectl reads a file as UTF-8, or as a byte order mark says, which it takes off; what is wrong
 * becomes U+FFFD. *@b backs the result if it differs from @s.
 */
static struct np_str as_kubectl_reads(struct np_str s, struct np_buf *b)
{
	bool little = s.n >= 2 && memcmp(s.p, "\xFF\xFE", 2) == 0,
	     big = s.n >= 2 && memcmp(s.p, "\xFE\xFF", 2) == 0;

	if (s.n >= 3 && memcmp(s.p, "\xEF\xBB\xBF", 3) == 0)
		s = (struct np_str){ s.p + 3, s.n - 3 };
	if (!little && !big && np_utf8_valid(s))
		return s;
	if (little || big)
		from_utf16((struct np_str){ s.p + 2, s.n - 2 }, big, b);
	else
		from_utf8(s, b);
	return (struct np_str){ np_buf_text(b), b->len };
}

static void split_text(struct split *s)
{
	struct np_err err = { 0 };
	size_t n;

	if (looks_like_json(s->rest)) {
		if (split_json(s, &err))
			return;
		/* Blanks up to the end of the line go with the JSON. */
		while (s->rest.n && (n = space_length(s->rest)) > 0) {
			bool end = *s->rest.p == '\n';

			pass(s, n);
			if (end)
				break;
		}
	}
	split_yaml(s, &err);
}

void split_kubectl(struct np_str text, const char *file, split_fn *f, void *ctx)
{
	struct np_buf b = { 0 };
	struct split s = { .line = 1, .file = file, .f = f, .ctx = ctx };

	s.rest = as_kubectl_reads(text, &b);
	split_text(&s);
	np_buf_release(&b);
}
