/* ytag.c - anchors, aliases, tags and directives. */
#include "yscan.h"

static bool is_word(unsigned char c)
{
	return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') ||
	       c == '_' || c == '-';
}

static bool read_word(struct yscan *s, struct np_str *ret)
{
	const unsigned char *start = s->text.at;

	while (is_word(*s->text.at)) {
		ytext_skip(&s->text);
		if (!yscan_have(s, 1))
			return false;
	}
	*ret = (struct np_str){ (const char *)start, (size_t)(s->text.at - start) };
	return true;
}

bool yscan_anchor(struct yscan *s, enum ytoken_type type, struct ytoken *ret)
{
	const struct ymark from = yscan_mark(s);
	const unsigned char *p;
	struct np_str name;

	ytext_skip(&s->text);
	if (!yscan_have(s, 1) || !read_word(s, &name))
		return false;
	p = s->text.at;
	if (!name.n || !(y_is_blankz(p) || strchr("?:,]}%@`", *p)))
		return yscan_fail_here(s, "did not find expected alphabetic or numeric character");
	*ret = (struct ytoken){
		.type = (uint8_t)type, .start = from, .end = yscan_mark(s), .value = name
	};
	return true;
}

/* ---- tags ---- */

static int hex_value(unsigned char c)
{
	return c >= '0' && c <= '9' ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10
	       : c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

/* %XX of one character of UTF-8. */
static bool read_uri_escapes(struct yscan *s, struct np_buf *b)
{
	unsigned left = 0;

	do {
		const unsigned char *p;
		unsigned c;

		if (!yscan_have(s, 3))
			return false;
		p = s->text.at;
		if (*p != '%' || hex_value(p[1]) < 0 || hex_value(p[2]) < 0)
			return yscan_fail_here(s, "did not find URI escaped octet");
		c = (unsigned)(hex_value(p[1]) << 4 | hex_value(p[2]));
		if (left && (c & 0xC0) != 0x80)
			return yscan_fail_here(s, "found an incorrect trailing UTF-8 octet");
		if (!left)
			left = c < 0x80 ? 1 : c < 0xC0 ? 0 : c < 0xE0 ? 2 : c < 0xF0 ? 3
			       : c < 0xF8 ? 4 : 0;
		if (!left)
			return yscan_fail_here(s, "found an incorrect leading UTF-8 octet");
		np_buf_addc(b, (char)c);
		for (int i = 0; i < 3; i++)
			ytext_skip(&s->text);
	} while (--left);
	return true;
}

/* @head: what has been read of it already. */
static bool read_uri(struct yscan *s, struct np_str head, bool may_be_empty, struct np_str *ret)
{
	struct np_buf *b = &s->scratch;
	bool any = may_be_empty;

	np_buf_clear(b);
	np_buf_addstr(b, head);
	if (!yscan_have(s, 1))
		return false;
	while (is_word(*s->text.at) ||
	       (*s->text.at && strchr(";/?:@&=+$,.!~*'()[]%", *s->text.at))) {
		if (*s->text.at == '%') {
			if (!read_uri_escapes(s, b))
				return false;
		} else {
			np_buf_addc(b, (char)*s->text.at);
			ytext_skip(&s->text);
		}
		if (!yscan_have(s, 1))
			return false;
		any = true;
	}
	if (!any)
		return yscan_fail_here(s, "did not find expected tag URI");
	*ret = np_arena_str(s->arena, (struct np_str){ np_buf_text(b), b->len });
	return true;
}

/* "!", "!word" or "!word!" */
static bool read_handle(struct yscan *s, bool directive, struct np_str *ret)
{
	const char *start = (const char *)s->text.at;
	struct np_str word;

	if (!yscan_have(s, 1))
		return false;
	if (*s->text.at != '!')
		return yscan_fail_here(s, "did not find expected '!'");
	ytext_skip(&s->text);
	if (!yscan_have(s, 1) || !read_word(s, &word))
		return false;
	if (*s->text.at == '!')
		ytext_skip(&s->text);
	else if (directive && word.n)
		return yscan_fail_here(s, "did not find expected '!'");
	*ret = (struct np_str){ start, (size_t)((const char *)s->text.at - start) };
	return true;
}

static bool read_verbatim(struct yscan *s, struct ytoken *ret)
{
	ytext_skip(&s->text);
	ytext_skip(&s->text);
	if (!read_uri(s, NP_STR(""), false, &ret->suffix))
		return false;
	if (*s->text.at != '>')
		return yscan_fail_here(s, "did not find the expected '>'");
	ytext_skip(&s->text);
	return true;
}

static bool read_shorthand(struct yscan *s, struct ytoken *ret)
{
	struct np_str handle;

	if (!read_handle(s, false, &handle))
		return false;
	if (handle.n > 1 && handle.p[handle.n - 1] == '!') {
		ret->value = handle;
		return read_uri(s, NP_STR(""), false, &ret->suffix);
	}
	/* It was no handle but the start of a tag; "!" alone is a tag of its own. */
	if (!read_uri(s, (struct np_str){ handle.p + 1, handle.n - 1 }, true, &ret->suffix))
		return false;
	if (ret->suffix.n)
		ret->value = NP_STR("!");
	else
		ret->suffix = NP_STR("!");
	return true;
}

bool yscan_tag(struct yscan *s, struct ytoken *ret)
{
	const struct ymark from = yscan_mark(s);

	*ret = (struct ytoken){ .type = YTOKEN_TAG, .start = from };
	if (!yscan_have(s, 2))
		return false;
	if (!(s->text.at[1] == '<' ? read_verbatim : read_shorthand)(s, ret) ||
	    !yscan_have(s, 1))
		return false;
	if (!y_is_blankz(s->text.at))
		return yscan_fail_here(s, "did not find expected whitespace or line break");
	ret->end = yscan_mark(s);
	return true;
}

/* ---- directives ---- */

static bool read_version_number(struct yscan *s, uint8_t *ret)
{
	unsigned value = 0, n = 0;

	if (!yscan_have(s, 1))
		return false;
	for (; *s->text.at >= '0' && *s->text.at <= '9'; n++) {
		if (n == 2)
			return yscan_fail_here(s, "found extremely long version number");
		value = value * 10 + (*s->text.at - '0');
		ytext_skip(&s->text);
		if (!yscan_have(s, 1))
			return false;
	}
	if (!n)
		return yscan_fail_here(s, "did not find expected version number");
	*ret = (uint8_t)value;
	return true;
}

static bool read_version(struct yscan *s, struct ytoken *ret)
{
	ret->type = YTOKEN_VERSION_DIRECTIVE;
	if (!yscan_have(s, 1) || !yscan_skip_blanks(s) ||
	    !read_version_number(s, &ret->major))
		return false;
	if (*s->text.at != '.')
		return yscan_fail_here(s, "did not find expected digit or '.' character");
	ytext_skip(&s->text);
	return read_version_number(s, &ret->minor);
}

static bool read_tag_directive(struct yscan *s, struct ytoken *ret)
{
	ret->type = YTOKEN_TAG_DIRECTIVE;
	if (!yscan_have(s, 1) || !yscan_skip_blanks(s) ||
	    !read_handle(s, true, &ret->value) || !yscan_have(s, 1))
		return false;
	if (!y_is_blank(s->text.at))
		return yscan_fail_here(s, "did not find expected whitespace");
	if (!yscan_skip_blanks(s) || !read_uri(s, NP_STR(""), false, &ret->suffix) ||
	    !yscan_have(s, 1))
		return false;
	if (!y_is_blankz(s->text.at))
		return yscan_fail_here(s, "did not find expected whitespace or line break");
	return true;
}

static bool read_directive_name(struct yscan *s, struct np_str *ret)
{
	if (!yscan_have(s, 1) || !read_word(s, ret))
		return false;
	if (!ret->n)
		return yscan_fail_here(s, "could not find expected directive name");
	if (!y_is_blankz(s->text.at))
		return yscan_fail_here(s, "found unexpected non-alphabetical character");
	return true;
}

bool yscan_directive(struct yscan *s, struct ytoken *ret)
{
	const struct ymark from = yscan_mark(s);
	struct np_str name;
	bool ok;

	*ret = (struct ytoken){ .start = from };
	ytext_skip(&s->text);
	if (!read_directive_name(s, &name))
		return false;
	if (np_str_is(name, "YAML"))
		ok = read_version(s, ret);
	else if (np_str_is(name, "TAG"))
		ok = read_tag_directive(s, ret);
	else
		ok = yscan_fail_here(s, "found unknown directive name");
	if (!ok)
		return false;
	ret->end = yscan_mark(s);
	if (!yscan_have(s, 1) || !yscan_skip_blanks(s) || !yscan_skip_comment(s))
		return false;
	if (!y_is_breakz(s->text.at))
		return yscan_fail_here(s, "did not find expected comment or line break");
	if (!y_is_break(s->text.at))
		return true;
	if (!yscan_have(s, 2))
		return false;
	ytext_skip_line(&s->text);
	return true;
}
