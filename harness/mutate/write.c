/* write.c - compact JSON. */
#include "write.h"

#include "json_text.h"

/* Bytes that cannot stand in a JSON string: controls, the quote, the backslash. */
static bool needs_escape(unsigned char c)
{
	return c < 0x20 || c == '"' || c == '\\';
}

static void add_escape(struct np_buf *b, unsigned char c)
{
	static const char hex[] = "0123456789abcdef";
	char text[6] = { '\\', 'u', '0', '0', hex[c >> 4], hex[c & 15] };

	switch (c) {
	case '"':
	case '\\':
		text[1] = (char)c;
		np_buf_add(b, text, 2);
		return;
	case '\n':
		np_buf_add(b, "\\n", 2);
		return;
	case '\t':
		np_buf_add(b, "\\t", 2);
		return;
	default:
		np_buf_add(b, text, sizeof(text));
	}
}

void mjson_string(struct np_buf *b, struct np_str s)
{
	size_t from = 0;

	np_buf_add(b, "\"", 1);
	for (size_t i = 0; i < s.n; i++) {
		if (!needs_escape((unsigned char)s.p[i]))
			continue;
		np_buf_add(b, s.p + from, i - from);
		add_escape(b, (unsigned char)s.p[i]);
		from = i + 1;
	}
	np_buf_add(b, s.p + from, s.n - from);
	np_buf_add(b, "\"", 1);
}

static void add_key(struct np_buf *b, const struct mnode *n)
{
	if (n->key_raw)
		np_buf_addstr(b, n->key);
	else
		mjson_string(b, n->key);
	np_buf_add(b, ":", 1);
}

/* Everything of @n but its children and what closes it. */
static void open_value(struct np_buf *b, const struct mnode *n)
{
	switch (n->kind) {
	case MK_MAP:
		np_buf_add(b, "{", 1);
		return;
	case MK_LIST:
		np_buf_add(b, "[", 1);
		return;
	case MK_STRING:
		mjson_string(b, n->text);
		return;
	case MK_NULL:
		np_buf_add(b, "null", 4);
		return;
	default:
		np_buf_addstr(b, n->text);
	}
}

static void close_value(struct np_buf *b, const struct mnode *n)
{
	if (n->kind == MK_MAP)
		np_buf_add(b, "}", 1);
	else if (n->kind == MK_LIST)
		np_buf_add(b, "]", 1);
}

void mwrite_json(const struct mnode *root, struct np_buf *b)
{
	const struct mnode *n = root;

	for (;;) {
		if (n != root && n->parent->kind == MK_MAP)
			add_key(b, n);
		open_value(b, n);
		if (n->first) {
			n = n->first;
			continue;
		}
		close_value(b, n);
		while (n != root && !n->next) {
			n = n->parent;
			close_value(b, n);
		}
		if (n == root)
			return;
		np_buf_add(b, ",", 1);
		n = n->next;
	}
}
