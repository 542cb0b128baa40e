/* texts.c - texts that are made of what others wrote. */
#include "texts.h"

void fuzz_check_plain(const struct np_buf *b, const char *what)
{
	uint32_t cp;

	for (size_t i = 0, n; i < b->len; i += n) {
		n = np_utf8_decode(b->data + i, b->len - i, &cp);
		FUZZ_CHECK(n, "%s: no UTF-8 at %zu", what, i);
		FUZZ_CHECK(cp == '\n' || cp == '\t' || !np_utf8_is_control(cp),
			   "%s: control character %u at %zu", what, cp, i);
	}
}

/* Elements of HTML that have no end. */
static bool is_void(const char *tag)
{
	static const char *const names[] = { "meta", "br", "hr", "link", "img", "col" };
	size_t n = strspn(tag, "abcdefghijklmnopqrstuvwxyz");

	for (size_t i = 0; i < NP_ARRAY_SIZE(names); i++)
		if (strlen(names[i]) == n && memcmp(tag, names[i], n) == 0)
			return true;
	return false;
}

void fuzz_check_xml(const struct np_buf *b)
{
	const char *p = np_buf_text(b), *end = p + b->len;
	unsigned depth = 0;

	fuzz_check_plain(b, "XML");
	while (p < end) {
		const char *close;

		if (*p == '&')
			FUZZ_CHECK((close = memchr(p, ';', (size_t)(end - p))) && close - p <= 8, "'&' at %td",
				   p - b->data);
		if (*p++ != '<')
			continue;
		for (close = p; close < end && *close != '>'; close++)
			if (*close == '"') {
				close = memchr(close + 1, '"', (size_t)(end - close - 1));
				FUZZ_CHECK(close, "a quote that does not end");
			} else {
				FUZZ_CHECK(*close != '<', "'<' in a tag");
			}
		FUZZ_CHECK(close < end, "a tag that does not end");
		if (*p == '/') {
			FUZZ_CHECK(depth, "one end too many");
			depth--;
		} else if (*p != '?' && *p != '!' && close[-1] != '/' && !is_void(p)) {
			depth++;
		}
		p = close + 1;
	}
	FUZZ_CHECK(depth == 0, "%u elements do not end", depth);
}

void fuzz_check_json(const struct np_buf *b)
{
	json_t *v = json_loadb(np_buf_text(b), b->len, 0, NULL);

	FUZZ_CHECK(v, "no JSON");
	json_decref(v);
}
