/* write_yaml.c - YAML in several layouts that mean the same. */
#include "write.h"

#include "np/base/utf8.h"
#include "put.h"

/* Deeper than this everything is flow. */
#define BLOCK_LEVELS 64

struct writer {
	struct np_buf *b;
	unsigned style;
};

/* ---- scalars ---- */

static bool is_letter(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

/* Words that YAML 1.1 takes for a boolean or null, whatever their case. */
static bool is_word(struct np_str s)
{
	static const char *const words[] = { "y",   "n",    "yes",   "no",  "on",
					     "off", "true", "false", "null" };
	char low[6];

	if (s.n > 5)
		return false;
	for (size_t i = 0; i < s.n; i++)
		low[i] = (char)(s.p[i] | 0x20);
	low[s.n] = '\0';
	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
		if (strcmp(low, words[i]) == 0)
			return true;
	return false;
}

/* Starts with a letter and holds nothing that means something to YAML. */
static bool is_plain(struct np_str s)
{
	if (!s.n || !is_letter(s.p[0]) || is_word(s))
		return false;
	for (size_t i = 0; i < s.n; i++) {
		char c = s.p[i];

		if (!is_letter(c) && !(c >= '0' && c <= '9') && c != '.' && c != '-' && c != '_' &&
		    c != '/')
			return false;
	}
	return true;
}

/* Printable ASCII, so that it can stand between single quotes. */
static bool is_printable(struct np_str s)
{
	for (size_t i = 0; i < s.n; i++)
		if (s.p[i] < 0x20 || s.p[i] > 0x7e)
			return false;
	return true;
}

static void single_quoted(struct np_buf *b, struct np_str s)
{
	mputc(b, '\'');
	for (size_t i = 0; i < s.n; i++) {
		if (s.p[i] == '\'')
			mputc(b, '\'');
		mputc(b, s.p[i]);
	}
	mputc(b, '\'');
}

/* Code points that a YAML stream may hold as they are; not a BOM. */
static bool may_stand(uint32_t cp)
{
	return cp >= 0xa0 && cp != 0xfeff && cp != 0x2028 && cp != 0x2029 &&
	       (cp < 0xfffe || cp > 0xffff);
}

static void double_quoted(struct np_buf *b, struct np_str s)
{
	mputc(b, '"');
	for (size_t i = 0; i < s.n;) {
		unsigned char c = (unsigned char)s.p[i];
		uint32_t cp;
		size_t n = np_utf8_decode(s.p + i, s.n - i, &cp);

		if (n == 1 && c >= 0x20 && c < 0x7f && c != '"' && c != '\\')
			mputc(b, (char)c);
		else if (c == '"' || c == '\\')
			np_buf_printf(b, "\\%c", c);
		else if (n <= 1)
			np_buf_printf(b, c == '\n' ? "\\n" : "\\x%02x", c);
		else if (may_stand(cp))
			mput(b, s.p + i, n);
		else
			np_buf_printf(b, "\\U%08x", cp);
		i += n ? n : 1;
	}
	mputc(b, '"');
}

static void add_string(struct writer *w, struct np_str s)
{
	if (!(w->style & MSTYLE_QUOTE_ALL) && is_plain(s))
		mput(w->b, s.p, s.n);
	else if ((w->style & MSTYLE_SINGLE_QUOTES) && is_printable(s))
		single_quoted(w->b, s);
	else
		double_quoted(w->b, s);
}

static void add_scalar(struct writer *w, const struct mnode *n)
{
	if (n->kind == MK_STRING)
		add_string(w, n->text);
	else if (n->kind == MK_NULL)
		mput(w->b, "null", 4);
	else if (n->kind == MK_MAP)
		mput(w->b, "{}", 2);
	else if (n->kind == MK_LIST)
		mput(w->b, "[]", 2);
	else
		mput(w->b, n->text.p, n->text.n);
}

static void add_key(struct writer *w, const struct mnode *n)
{
	if (n->key_raw)
		mput(w->b, n->key.p, n->key.n);
	else
		add_string(w, n->key);
	mputc(w->b, ':');
}

/* ---- flow ---- */

static void open_flow(struct writer *w, const struct mnode *n)
{
	if (n->first)
		mputc(w->b, n->kind == MK_MAP ? '{' : '[');
	else
		add_scalar(w, n);
}

static void add_flow(struct writer *w, const struct mnode *root)
{
	const struct mnode *n = root;

	for (;;) {
		if (n != root && n->parent->kind == MK_MAP) {
			add_key(w, n);
			mputc(w->b, ' ');
		}
		open_flow(w, n);
		if (n->first) {
			n = n->first;
			continue;
		}
		while (n != root && !n->next) {
			n = n->parent;
			mputc(w->b, n->kind == MK_MAP ? '}' : ']');
		}
		if (n == root)
			return;
		mput(w->b, ", ", 2);
		n = n->next;
	}
}

/* ---- blocks ---- */

#define FLOW_CHILDREN 4

static bool is_small(const struct mnode *n)
{
	size_t bytes = 0;

	if (n->n > FLOW_CHILDREN)
		return false;
	for (const struct mnode *k = n->first; k; k = k->next) {
		if (k->first)
			return false;
		bytes += k->key.n + k->text.n;
	}
	return bytes < 60;
}

static bool is_flow(const struct writer *w, const struct mnode *n, unsigned level)
{
	return !n->first || (w->style & MSTYLE_FLOW) || level > BLOCK_LEVELS ||
	       ((w->style & MSTYLE_FLOW_LEAVES) && is_small(n));
}

static void add_indent(struct writer *w, unsigned columns)
{
	static const char blanks[] = "                                ";

	for (; columns > sizeof(blanks) - 1; columns -= sizeof(blanks) - 1)
		mput(w->b, blanks, sizeof(blanks) - 1);
	mput(w->b, blanks, columns);
}

static void add_block(struct writer *w, const struct mnode *n, unsigned indent, unsigned level);

/* The value behind a key or a dash. */
static void add_behind(struct writer *w, const struct mnode *k, unsigned indent, unsigned level)
{
	bool in_list = k->parent->kind == MK_LIST;
	unsigned inner = indent + 2;

	if (is_flow(w, k, level)) {
		mputc(w->b, ' ');
		add_flow(w, k);
		mputc(w->b, '\n');
		return;
	}
	if (in_list) {
		/* The first line of what it holds stands behind the dash. */
		mputc(w->b, ' ');
		add_block(w, k, inner, level);
		return;
	}
	mputc(w->b, '\n');
	if (k->kind == MK_LIST && !(w->style & MSTYLE_INDENTED_LISTS))
		inner = indent;
	add_indent(w, inner);
	add_block(w, k, inner, level);
}

/* Its first line is indented already. */
static void add_block(struct writer *w, const struct mnode *n, unsigned indent, unsigned level)
{
	for (const struct mnode *k = n->first; k; k = k->next) {
		if (k != n->first)
			add_indent(w, indent);
		if (n->kind == MK_MAP)
			add_key(w, k);
		else
			mputc(w->b, '-');
		add_behind(w, k, indent, level + 1);
	}
}

void mwrite_yaml(const struct mnode *root, unsigned style, struct np_buf *b)
{
	struct writer w = { b, style };

	if (style & MSTYLE_MARK)
		np_buf_adds(b, "---\n");
	if (is_flow(&w, root, 0)) {
		add_flow(&w, root);
		mputc(b, '\n');
	} else {
		add_block(&w, root, 0, 0);
	}
	mput_end(b);
}
