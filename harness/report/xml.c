/* xml.c - text from records made safe for XML and HTML. */
#include <string.h>

#include "np/base/utf8.h"
#include "report_private.h"

/* DEL and C1 are allowed, but discouraged, and no terminal that shows the file needs them. */
static bool xml_allows(uint32_t c)
{
	return c == 0x9 || c == 0xa || c == 0xd || (c >= 0x20 && c < 0x7f) ||
	       (c > 0x9f && c <= 0xd7ff) || (c >= 0xe000 && c <= 0xfffd) ||
	       (c >= 0x10000 && c <= 0x10ffff);
}

static void put_char(struct np_buf *b, const char *p, size_t n, bool attribute)
{
	switch (*p) {
	case '<':
		np_buf_adds(b, "&lt;");
		break;
	case '>':
		np_buf_adds(b, "&gt;");
		break;
	case '&':
		np_buf_adds(b, "&amp;");
		break;
	case '"':
		np_buf_adds(b, "&quot;");
		break;
	case '\n':
	case '\t':
	case '\r':
		/* A parser would fold them in an attribute. */
		if (attribute || *p == '\r')
			np_buf_printf(b, "&#%d;", *p);
		else
			np_buf_addc(b, *p);
		break;
	default:
		np_buf_add(b, p, n);
	}
}

void np_report_xml(struct np_buf *b, const char *text, bool attribute)
{
	size_t left = strlen(text);

	while (left) {
		uint32_t c = 0;
		size_t n = np_utf8_decode(text, left, &c);

		if (!n || !xml_allows(c)) {
			np_buf_adds(b, "\xef\xbf\xbd");
			n = n ? n : 1;
		} else {
			put_char(b, text, n, attribute);
		}
		text += n;
		left -= n;
	}
}

void np_report_html(struct np_buf *b, const char *text)
{
	struct np_buf plain = { 0 };

	np_report_plain(&plain, np_str_from(text));
	np_report_xml(b, np_buf_text(&plain), true);
	np_buf_release(&plain);
}
