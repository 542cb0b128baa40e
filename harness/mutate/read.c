/* read.c - a JSON reader that keeps the text of numbers, repeated keys and their order. */
#include "read.h"

#include "np/mutate/mutate.h"

struct reader {
	struct np_arena *arena;
	const char *p, *end;
	unsigned depth, n_nodes;
};

static void skip_blanks(struct reader *r)
{
	while (r->p < r->end && (*r->p == ' ' || *r->p == '\n' || *r->p == '\t' || *r->p == '\r'))
		r->p++;
}

static int hex4(const char *p)
{
	int v = 0;

	for (int i = 0; i < 4; i++) {
		char c = p[i];

		if (c >= '0' && c <= '9')
			v = v * 16 + (c - '0');
		else if ((c | 0x20) >= 'a' && (c | 0x20) <= 'f')
			v = v * 16 + ((c | 0x20) - 'a' + 10);
		else
			return -1;
	}
	return v;
}

static size_t put_utf8(char *p, uint32_t cp)
{
	if (cp < 0x80) {
		p[0] = (char)cp;
		return 1;
	}
	if (cp < 0x800) {
		p[0] = (char)(0xc0 | cp >> 6);
		p[1] = (char)(0x80 | (cp & 0x3f));
		return 2;
	}
	if (cp < 0x10000) {
		p[0] = (char)(0xe0 | cp >> 12);
		p[1] = (char)(0x80 | (cp >> 6 & 0x3f));
		p[2] = (char)(0x80 | (cp & 0x3f));
		return 3;
	}
	p[0] = (char)(0xf0 | cp >> 18);
	p[1] = (char)(0x80 | (cp >> 12 & 0x3f));
	p[2] = (char)(0x80 | (cp >> 6 & 0x3f));
	p[3] = (char)(0x80 | (cp & 0x3f));
	return 4;
}

/* The code point behind "\u" at @p; bytes used go to *@ret_n. -1: malformed. */
static long unicode_escape(const char *p, const char *end, size_t *ret_n)
{
	int high, low;

	if (end - p < 4 || (high = hex4(p)) < 0)
		return -1;
	*ret_n = 4;
	if (high < 0xd800 || high > 0xdfff)
		return high;
	if (high > 0xdbff || end - p < 10 || p[4] != '\\' || p[5] != 'u')
		return 0xfffd;
	low = hex4(p + 6);
	if (low < 0xdc00 || low > 0xdfff)
		return low < 0 ? -1 : 0xfffd;
	*ret_n = 10;
	return 0x10000 + ((high - 0xd800) << 10) + (low - 0xdc00);
}

/* One escape at @p behind the backslash into @to; bytes used, 0 when malformed. */
static size_t unescape(const char *p, const char *end, char *to, size_t *ret_len)
{
	static const char from[] = "\"\\/bfnrt", what[] = "\"\\/\b\f\n\r\t";
	const char *at = memchr(from, *p, sizeof(from) - 1);
	size_t n;
	long cp;

	if (at) {
		*to = what[at - from];
		*ret_len = 1;
		return 1;
	}
	if (*p != 'u' || (cp = unicode_escape(p + 1, end, &n)) < 0)
		return 0;
	*ret_len = put_utf8(to, (uint32_t)cp);
	return n + 1;
}

static bool decode(struct reader *r, const char *from, const char *end, struct np_str *ret)
{
	char *to = np_arena_alloc(r->arena, (size_t)(end - from) + 1);
	size_t n = 0;

	while (from < end) {
		size_t len, used;

		if (*from != '\\') {
			to[n++] = *from++;
			continue;
		}
		used = unescape(from + 1, end, to + n, &len);
		if (!used)
			return false;
		from += used + 1;
		n += len;
	}
	*ret = (struct np_str){ to, n };
	return true;
}

/* At the opening quote. */
static bool read_string(struct reader *r, struct np_str *ret)
{
	const char *from = ++r->p;
	bool escaped = false;

	for (; r->p < r->end && *r->p != '"'; r->p++) {
		if ((unsigned char)*r->p < 0x20)
			return false;
		if (*r->p != '\\')
			continue;
		escaped = true;
		if (++r->p == r->end)
			return false;
	}
	if (r->p == r->end)
		return false;
	r->p++;
	*ret = (struct np_str){ from, (size_t)(r->p - 1 - from) };
	return !escaped || decode(r, from, r->p - 1, ret);
}

static size_t digits(struct reader *r)
{
	const char *from = r->p;

	while (r->p < r->end && *r->p >= '0' && *r->p <= '9')
		r->p++;
	return (size_t)(r->p - from);
}

static bool read_number(struct reader *r, struct np_str *ret)
{
	const char *from = r->p;

	if (*r->p == '-')
		r->p++;
	if (r->p < r->end && *r->p == '0')
		r->p++;
	else if (!digits(r))
		return false;
	if (r->p < r->end && *r->p == '.') {
		r->p++;
		if (!digits(r))
			return false;
	}
	if (r->p < r->end && (*r->p | 0x20) == 'e') {
		r->p++;
		if (r->p < r->end && (*r->p == '+' || *r->p == '-'))
			r->p++;
		if (!digits(r))
			return false;
	}
	*ret = (struct np_str){ from, (size_t)(r->p - from) };
	return true;
}

static bool read_word(struct reader *r, struct mnode *n)
{
	static const struct {
		const char *text;
		uint8_t len, kind;
	} words[] = { { "true", 4, MK_BOOL }, { "false", 5, MK_BOOL }, { "null", 4, MK_NULL } };

	for (size_t i = 0; i < 3; i++)
		if ((size_t)(r->end - r->p) >= words[i].len &&
		    memcmp(r->p, words[i].text, words[i].len) == 0) {
			n->kind = words[i].kind;
			n->text = (struct np_str){ words[i].text, words[i].len };
			r->p += words[i].len;
			return true;
		}
	return false;
}

static struct mnode *read_value(struct reader *r);

static bool read_children(struct reader *r, struct mnode *parent, char close)
{
	r->p++;
	skip_blanks(r);
	if (r->p < r->end && *r->p == close) {
		r->p++;
		return true;
	}
	for (;;) {
		struct np_str key = NP_STR_NONE;
		struct mnode *child;

		skip_blanks(r);
		if (close == '}') {
			if (r->p == r->end || *r->p != '"' || !read_string(r, &key))
				return false;
			skip_blanks(r);
			if (r->p == r->end || *r->p++ != ':')
				return false;
		}
		child = read_value(r);
		if (!child)
			return false;
		child->key = key;
		mnode_append(parent, child);
		skip_blanks(r);
		if (r->p == r->end || (*r->p != ',' && *r->p != close))
			return false;
		if (*r->p++ == close)
			return true;
	}
}

static bool read_container(struct reader *r, struct mnode *n)
{
	char close = *r->p == '{' ? '}' : ']';
	bool ok;

	n->kind = close == '}' ? MK_MAP : MK_LIST;
	if (++r->depth > NP_MUTATE_MAX_DEPTH)
		return false;
	ok = read_children(r, n, close);
	r->depth--;
	return ok;
}

static struct mnode *read_value(struct reader *r)
{
	struct mnode *n;
	bool ok;

	skip_blanks(r);
	if (r->p == r->end || ++r->n_nodes > NP_MUTATE_MAX_NODES)
		return NULL;
	n = mnode_new(r->arena, MK_NULL, 0);
	switch (*r->p) {
	case '{':
	case '[':
		ok = read_container(r, n);
		break;
	case '"':
		n->kind = MK_STRING;
		ok = read_string(r, &n->text);
		break;
	case '-':
	case '0' ... '9':
		n->kind = MK_NUMBER;
		ok = read_number(r, &n->text);
		break;
	default:
		ok = read_word(r, n);
	}
	return ok ? n : NULL;
}

struct mnode *mread_json(struct np_arena *a, struct np_str text)
{
	struct reader r = { .arena = a, .p = text.p, .end = np_str_end(text) };
	struct mnode *root;

	if (!text.n || text.n > NP_MUTATE_MAX_INPUT)
		return NULL;
	root = read_value(&r);
	skip_blanks(&r);
	return root && r.p == r.end ? root : NULL;
}
