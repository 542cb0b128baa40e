/* write.c - compact JSON. */
#include "write.h"

#include "put.h"

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
		mput(b, text, 2);
		return;
	case '\n':
		mput(b, "\\n", 2);
		return;
	case '\t':
		mput(b, "\\t", 2);
		return;
	default:
		mput(b, text, sizeof(text));
	}
}

/* A JSON string with its quotes. */
static void put_string(struct np_buf *b, struct np_str s)
{
	size_t from = 0;

	mputc(b, '"');
	for (size_t i = 0; i < s.n; i++) {
		if (!needs_escape((unsigned char)s.p[i]))
			continue;
		mput(b, s.p + from, i - from);
		add_escape(b, (unsigned char)s.p[i]);
		from = i + 1;
	}
	mput(b, s.p + from, s.n - from);
	mputc(b, '"');
}

static void add_key(struct np_buf *b, const struct mnode *n)
{
	if (n->key_raw)
		mput(b, n->key.p, n->key.n);
	else
		put_string(b, n->key);
	mputc(b, ':');
}

/* Everything of @n but its children and what closes it. */
static void open_value(struct np_buf *b, const struct mnode *n)
{
	switch (n->kind) {
	case MK_MAP:
		mputc(b, '{');
		return;
	case MK_LIST:
		mputc(b, '[');
		return;
	case MK_STRING:
		put_string(b, n->text);
		return;
	case MK_NULL:
		mput(b, "null", 4);
		return;
	default:
		mput(b, n->text.p, n->text.n);
	}
}

static void close_value(struct np_buf *b, const struct mnode *n)
{
	if (n->kind == MK_MAP)
		mputc(b, '}');
	else if (n->kind == MK_LIST)
		mputc(b, ']');
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
			break;
		mputc(b, ',');
		n = n->next;
	}
	mput_end(b);
}
