/* yscalar.c - plain, quoted and block scalars: where they end, and how their lines are folded. */
#include "yscan.h"

/* What a scalar's text is made of while it is read. */
struct fold {
	struct np_buf *text;		/* so far; used once the text is not one piece of the source */
	struct np_buf *breaks;		/* line breaks behind the first one */
	const unsigned char *piece;	/* start of the present run, in the source */
	const unsigned char *blanks;	/* blanks behind the run that may belong to it; NULL: none */
	size_t n_blanks;
	char first_break[4];		/* "" when no line has ended */
	bool copied;			/* the text is in @text */
};

/* A line break, as the scalar's text has it, behind @b. */
static void add_break(struct ytext *t, struct np_buf *b)
{
	if (*t->at == 0xE2)
		np_buf_add(b, t->at, 3);
	else if (y_is_break(t->at))
		np_buf_addc(b, '\n');
	ytext_skip_line(t);
}

static void first_break(struct ytext *t, char ret[4])
{
	if (*t->at == 0xE2)
		memcpy(ret, t->at, 3);
	else
		memcpy(ret, "\n\0", 3);
	ret[3] = '\0';
	ytext_skip_line(t);
}

static void put(struct fold *f, const void *bytes, size_t n)
{
	np_buf_add(f->text, bytes, n);
}

/* From here on the text is not what stands in the source between @start and @end. */
static void leave_source(struct fold *f, const unsigned char *start, const unsigned char *end)
{
	if (f->copied)
		return;
	np_buf_clear(f->text);
	put(f, start, (size_t)(end - start));
	f->copied = true;
}

/* One break becomes a blank, more become all but the first. */
static void put_breaks(struct fold *f)
{
	if (f->first_break[0] != '\n')
		put(f, f->first_break, strlen(f->first_break));
	else if (!f->breaks->len)
		put(f, " ", 1);
	put(f, np_buf_text(f->breaks), f->breaks->len);
	np_buf_clear(f->breaks);
	f->first_break[0] = '\0';
}

static struct np_str finish(struct yscan *s, const struct fold *f, const unsigned char *start,
			    const unsigned char *end)
{
	if (f->copied)
		return np_arena_str(s->arena,
				    (struct np_str){ np_buf_text(f->text), f->text->len });
	return (struct np_str){ (const char *)start, (size_t)(end - start) };
}

static struct fold fold_new(struct yscan *s)
{
	np_buf_clear(&s->breaks);
	return (struct fold){ .text = &s->scratch, .breaks = &s->breaks };
}

static bool at_document_indicator(const struct ytext *t)
{
	const unsigned char *p = t->at;

	return !t->column && (*p == '-' || *p == '.') && p[1] == *p && p[2] == *p &&
	       y_is_blankz(p + 3);
}

/* ---- plain ---- */

static bool ends_plain(const struct yscan *s, const unsigned char *p)
{
	if (*p == ':')
		return y_is_blankz(p + 1);
	return s->flow_level && *p && strchr(",?[]{}", *p);
}

/* Letters, digits, '-', '.', '/', '_': what no scalar and no run of one ends at. */
static bool is_word(unsigned char c)
{
	static const uint64_t words[4] = { UINT64_C(0x03FFE00000000000), UINT64_C(0x07FFFFFE87FFFFFE) };

	return words[c / 64] >> c % 64 & 1;
}

/* Passes such characters, as long as the next ones have been read anyway. */
static void skip_word(struct ytext *t)
{
	const unsigned char *p = t->at;
	size_t n;

	while (t->limit - p > 8 && is_word(*p))
		p++;
	n = (size_t)(p - t->at);
	t->at = p;
	t->index += n;
	t->column += (uint32_t)n;
}

/* A run without blanks; *@ret_moved when there is one. */
static bool plain_run(struct yscan *s, struct fold *f, const unsigned char *start,
		      const unsigned char **end, bool *ret_moved)
{
	struct ytext *t = &s->text;

	while (!y_is_blankz(t->at) && !ends_plain(s, t->at)) {
		if (f->first_break[0]) {
			leave_source(f, start, *end);
			put_breaks(f);
		} else if (f->copied && f->blanks) {
			put(f, f->blanks, f->n_blanks);
		}
		f->blanks = NULL;
		if (f->copied)
			put(f, t->at, ytext_width(*t->at));
		ytext_skip(t);
		if (!f->copied)
			skip_word(t);
		*end = t->at;
		*ret_moved = true;
		if (!yscan_have(s, 2))
			return false;
	}
	return true;
}

/* Blanks and line breaks behind a run of a plain or quoted scalar. */
static bool fold_blanks(struct yscan *s, struct fold *f, int tab_indent)
{
	struct ytext *t = &s->text;

	if (!f->first_break[0])
		f->blanks = t->at;
	while (y_is_blank(t->at) || y_is_break(t->at)) {
		if (y_is_blank(t->at)) {
			if (f->first_break[0] && (int)t->column < tab_indent && *t->at == '\t')
				return yscan_fail_here(
					s, "found a tab character that violates indentation");
			ytext_skip(t);
		} else {
			if (!yscan_have(s, 2))
				return false;
			if (!f->first_break[0]) {
				f->blanks = NULL;
				first_break(t, f->first_break);
			} else {
				add_break(t, f->breaks);
			}
		}
		if (!yscan_have(s, 1))
			return false;
	}
	if (f->blanks)
		f->n_blanks = (size_t)(t->at - f->blanks);
	return true;
}

bool yscan_plain(struct yscan *s, struct ytoken *ret)
{
	struct ytext *t = &s->text;
	struct fold f = fold_new(s);
	const unsigned char *start = t->at, *end = start;
	const struct ymark from = yscan_mark(s);
	struct ymark to = from;
	int indent = s->indent + 1;

	for (;;) {
		bool moved = false;

		if (!yscan_have(s, 4))
			return false;
		if (at_document_indicator(t) || *t->at == '#')
			break;
		if (!plain_run(s, &f, start, &end, &moved))
			return false;
		if (moved)
			to = yscan_mark(s);
		if (!y_is_blank(t->at) && !y_is_break(t->at))
			break;
		if (!fold_blanks(s, &f, indent))
			return false;
		if (!s->flow_level && (int)t->column < indent)
			break;
	}
	*ret = (struct ytoken){
		.type = YTOKEN_SCALAR,
		.plain = true,
		.start = from,
		.end = to,
		.value = finish(s, &f, start, end),
	};
	/* A key may stand where a line ended. */
	if (f.first_break[0])
		s->simple_key_allowed = true;
	return true;
}

/* ---- quoted ---- */

static int hex_value(unsigned char c)
{
	return c >= '0' && c <= '9' ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10
	       : c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

static void put_code_point(struct fold *f, uint32_t c)
{
	unsigned char b[4] = { (unsigned char)c };
	size_t n = c < 0x80 ? 1 : c < 0x800 ? 2 : c < 0x10000 ? 3 : 4;

	for (size_t i = n; n > 1 && i-- > 1; c >>= 6)
		b[i] = (unsigned char)(0x80 | (c & 0x3F));
	if (n > 1)
		b[0] = (unsigned char)((0xF00U >> n) | c);
	put(f, b, n);
}

/* \xXX \uXXXX \UXXXXXXXX, whose letter has been passed. */
static bool put_numeric_escape(struct yscan *s, struct fold *f, unsigned n_digits)
{
	struct ytext *t = &s->text;
	uint32_t value = 0;

	if (!yscan_have(s, n_digits))
		return false;
	for (unsigned i = 0; i < n_digits; i++) {
		int d = hex_value(t->at[i]);

		if (d < 0)
			return yscan_fail_here(s, "did not find expected hexdecimal number");
		value = value << 4 | (uint32_t)d;
	}
	if ((value >= 0xD800 && value <= 0xDFFF) || value > 0x10FFFF)
		return yscan_fail_here(s, "found invalid Unicode character escape code");
	put_code_point(f, value);
	while (n_digits--)
		ytext_skip(t);
	return true;
}

static bool put_escape(struct yscan *s, struct fold *f)
{
	static const struct {
		unsigned char name;
		const char *text;
		unsigned char n;
	} escapes[] = {
		{ '0', "\0", 1 },	   { 'a', "\a", 1 },	      { 'b', "\b", 1 },
		{ 't', "\t", 1 },	   { '\t', "\t", 1 },	      { 'n', "\n", 1 },
		{ 'v', "\v", 1 },	   { 'f', "\f", 1 },	      { 'r', "\r", 1 },
		{ 'e', "\x1B", 1 },	   { ' ', " ", 1 },	      { '"', "\"", 1 },
		{ '\'', "'", 1 },	   { '\\', "\\", 1 },	      { 'N', "\xC2\x85", 2 },
		{ '_', "\xC2\xA0", 2 },	   { 'L', "\xE2\x80\xA8", 3 }, { 'P', "\xE2\x80\xA9", 3 },
	};
	unsigned char name = s->text.at[1];
	size_t i = 0, n = sizeof(escapes) / sizeof(escapes[0]);

	while (i < n && escapes[i].name != name)
		i++;
	if (i == n && name != 'x' && name != 'u' && name != 'U')
		return yscan_fail_here(s, "found unknown escape character");
	ytext_skip(&s->text);
	ytext_skip(&s->text);
	if (i == n)
		return put_numeric_escape(s, f, name == 'x' ? 2 : name == 'u' ? 4 : 8);
	put(f, escapes[i].text, escapes[i].n);
	return true;
}

/* A run without blanks, up to the closing quote or an escaped line break. */
static bool quoted_run(struct yscan *s, struct fold *f, bool single, const unsigned char *start)
{
	struct ytext *t = &s->text;

	while (!y_is_blankz(t->at)) {
		if (single && *t->at == '\'') {
			if (t->at[1] != '\'')
				return true;
			leave_source(f, start, t->at);
			put(f, "'", 1);
			ytext_skip(t);
			ytext_skip(t);
		} else if (!single && *t->at == '"') {
			return true;
		} else if (!single && *t->at == '\\') {
			leave_source(f, start, t->at);
			if (y_is_break(t->at + 1)) {
				if (!yscan_have(s, 3))
					return false;
				ytext_skip(t);
				ytext_skip_line(t);
				/* Joins the lines: a break that leaves nothing. */
				memcpy(f->first_break, "\x01", 2);
				return true;
			}
			if (!put_escape(s, f))
				return false;
		} else {
			if (f->copied)
				put(f, t->at, ytext_width(*t->at));
			ytext_skip(t);
		}
		if (!yscan_have(s, 2))
			return false;
	}
	return true;
}

/* What stood between two runs of a quoted scalar. */
static void join_quoted(struct fold *f, const unsigned char *start, const unsigned char *end)
{
	if (f->first_break[0] == '\x01') {
		put(f, np_buf_text(f->breaks), f->breaks->len);
		np_buf_clear(f->breaks);
		f->first_break[0] = '\0';
	} else if (f->first_break[0]) {
		leave_source(f, start, end);
		put_breaks(f);
	} else if (f->copied && f->blanks) {
		put(f, f->blanks, f->n_blanks);
	}
	f->blanks = NULL;
}

bool yscan_quoted(struct yscan *s, bool single, struct ytoken *ret)
{
	struct ytext *t = &s->text;
	struct fold f = fold_new(s);
	const struct ymark from = yscan_mark(s);
	const unsigned char *start, *end;

	ytext_skip(t);
	for (start = t->at;;) {
		if (!yscan_have(s, 4))
			return false;
		if (at_document_indicator(t))
			return yscan_fail(s, &from, "found unexpected document indicator");
		if (!*t->at)
			return yscan_fail(s, &from, "found unexpected end of stream while scanning "
						    "a quoted scalar");
		if (!quoted_run(s, &f, single, start) || !yscan_have(s, 1))
			return false;
		end = t->at;
		if (*t->at == (single ? '\'' : '"'))
			break;
		if (!fold_blanks(s, &f, 0))
			return false;
		join_quoted(&f, start, end);
	}
	*ret = (struct ytoken){ .type = YTOKEN_SCALAR,
				.start = from,
				.value = finish(s, &f, start, end) };
	ytext_skip(t);
	ret->end = yscan_mark(s);
	return true;
}

/* ---- block ---- */

/* [+-] and [1-9] in either order. */
static bool block_header(struct yscan *s, int *ret_chomp, int *ret_increment)
{
	struct ytext *t = &s->text;

	for (int i = 0; i < 2; i++) {
		if (!yscan_have(s, 1))
			return false;
		if ((*t->at == '+' || *t->at == '-') && !*ret_chomp) {
			*ret_chomp = *t->at == '+' ? 1 : -1;
		} else if (*t->at >= '0' && *t->at <= '9' && !*ret_increment) {
			if (*t->at == '0')
				return yscan_fail_here(s, "found an indentation indicator equal to 0");
			*ret_increment = *t->at - '0';
		} else {
			break;
		}
		ytext_skip(t);
	}
	if (!yscan_have(s, 1) || !yscan_skip_blanks(s) || !yscan_skip_comment(s))
		return false;
	if (!y_is_breakz(t->at))
		return yscan_fail_here(s, "did not find expected comment or line break");
	if (!y_is_break(t->at))
		return true;
	if (!yscan_have(s, 2))
		return false;
	ytext_skip_line(t);
	return true;
}

/* Empty lines and the indentation before a line; finds out the indentation when *@indent is 0. */
static bool block_breaks(struct yscan *s, int *indent)
{
	struct ytext *t = &s->text;
	int max_indent = 0;

	for (;;) {
		if (!yscan_have(s, 1))
			return false;
		while ((!*indent || (int)t->column < *indent) && *t->at == ' ') {
			ytext_skip(t);
			if (!yscan_have(s, 1))
				return false;
		}
		if ((int)t->column > max_indent)
			max_indent = (int)t->column;
		if ((!*indent || (int)t->column < *indent) && *t->at == '\t')
			return yscan_fail_here(s, "found a tab character where an indentation "
						  "space is expected");
		if (!y_is_break(t->at))
			break;
		if (!yscan_have(s, 2))
			return false;
		add_break(t, &s->breaks);
	}
	if (!*indent) {
		*indent = max_indent > s->indent + 1 ? max_indent : s->indent + 1;
		if (*indent < 1)
			*indent = 1;
	}
	return true;
}

/* One line of text, with what joins it to the one before. */
static bool block_line(struct yscan *s, struct fold *f, bool literal, bool *leading_blank)
{
	struct ytext *t = &s->text;
	const unsigned char *start;
	bool blank = y_is_blank(t->at);

	if (!literal && !*leading_blank && !blank && f->first_break[0] == '\n') {
		if (!f->breaks->len)
			put(f, " ", 1);
	} else {
		put(f, f->first_break, strlen(f->first_break));
	}
	put(f, np_buf_text(f->breaks), f->breaks->len);
	np_buf_clear(f->breaks);
	f->first_break[0] = '\0';
	*leading_blank = blank;
	for (start = t->at; !y_is_breakz(t->at);) {
		ytext_skip(t);
		if (!yscan_have(s, 1))
			return false;
	}
	put(f, start, (size_t)(t->at - start));
	if (!yscan_have(s, 2))
		return false;
	if (y_is_break(t->at))
		first_break(t, f->first_break);
	return true;
}

bool yscan_block(struct yscan *s, bool literal, struct ytoken *ret)
{
	struct fold f = fold_new(s);
	const struct ymark from = yscan_mark(s);
	int chomp = 0, increment = 0, indent = 0;
	bool leading_blank = false;

	ytext_skip(&s->text);
	if (!block_header(s, &chomp, &increment))
		return false;
	if (increment)
		indent = (s->indent >= 0 ? s->indent : 0) + increment;
	np_buf_clear(&s->scratch);
	f.copied = true;
	if (!block_breaks(s, &indent) || !yscan_have(s, 1))
		return false;
	while ((int)s->text.column == indent && *s->text.at)
		if (!block_line(s, &f, literal, &leading_blank) ||
		    !block_breaks(s, &indent))
			return false;
	if (chomp != -1)
		put(&f, f.first_break, strlen(f.first_break));
	if (chomp == 1)
		put(&f, np_buf_text(f.breaks), f.breaks->len);
	*ret = (struct ytoken){ .type = YTOKEN_SCALAR,
				.start = from,
				.end = yscan_mark(s),
				.value = finish(s, &f, NULL, NULL) };
	return true;
}
