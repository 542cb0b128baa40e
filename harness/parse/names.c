/* names.c - names, label keys, label values, port names. */
#include "np/parse/names.h"

#include <stdint.h>

#include "np/base/utf8.h"

#define LABEL_WORDS                                                                                \
	"a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', "   \
	"and must start and end with an alphanumeric "                                             \
	"character (e.g. 'my-name',  or '123-abc', regex used for validation is "                  \
	"'[a-z0-9]([-a-z0-9]*[a-z0-9])?')"
#define SUBDOMAIN_WORDS                                                                            \
	"a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' "  \
	"or '.', and must start and end with an "                                                  \
	"alphanumeric character (e.g. 'example.com', regex used for validation is "                \
	"'[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*')"
#define DNS_1035_WORDS                                                                             \
	"a DNS-1035 label must consist of lower case alphanumeric characters or '-', start with "  \
	"an alphabetic character, and end with an "                                                \
	"alphanumeric character (e.g. 'my-name',  or 'abc-123', regex used for validation is "     \
	"'[a-z]([-a-z0-9]*[a-z0-9])?')"
#define QUALIFIED_WORDS                                                                            \
	"must consist of alphanumeric characters, '-', '_' or '.', and must start and end with "   \
	"an alphanumeric character (e.g. 'MyName',  or "                                           \
	"'my.name',  or '123-abc', regex used for validation is "                                  \
	"'([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]')"
#define VALUE_WORDS                                                                                \
	"a valid label must be an empty string or consist of alphanumeric characters, '-', '_' "   \
	"or '.', and must start and end with an "                                                  \
	"alphanumeric character (e.g. 'MyValue',  or 'my_value',  or '12345', regex used for "     \
	"validation is "                                                                           \
	"'(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?')"

static bool lower(char c)
{
	return c >= 'a' && c <= 'z';
}

static bool digit(char c)
{
	return c >= '0' && c <= '9';
}

static bool alnum(char c)
{
	return lower(c) || digit(c) || (c >= 'A' && c <= 'Z');
}

/* [a-z0-9]([-a-z0-9]*[a-z0-9])? */
static bool label_shape(struct np_str s)
{
	for (size_t i = 0; i < s.n; i++) {
		bool edge = i == 0 || i == s.n - 1;

		if (!lower(s.p[i]) && !digit(s.p[i]) && (edge || s.p[i] != '-'))
			return false;
	}
	return s.n > 0;
}

static bool subdomain_shape(struct np_str s)
{
	size_t from = 0;

	for (size_t i = 0; i <= s.n; i++) {
		if (i < s.n && s.p[i] != '.')
			continue;
		if (!label_shape((struct np_str){ s.p + from, i - from }))
			return false;
		from = i + 1;
	}
	return true;
}

/* ([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9] */
static bool name_shape(struct np_str s)
{
	for (size_t i = 0; i < s.n; i++) {
		bool edge = i == 0 || i == s.n - 1;

		if (!alnum(s.p[i]) && (edge || !s.p[i] || !strchr("-_.", s.p[i])))
			return false;
	}
	return s.n > 0;
}

static size_t label_errors(struct np_str s, const char **ret)
{
	size_t n = 0;

	if (s.n > 63)
		ret[n++] = "must be no more than 63 bytes";
	if (!label_shape(s))
		ret[n++] = subdomain_shape(s) ? "must not contain dots" : LABEL_WORDS;
	return n;
}

static size_t subdomain_errors(struct np_str s, const char **ret)
{
	size_t n = 0;

	if (s.n > 253)
		ret[n++] = "must be no more than 253 bytes";
	if (!subdomain_shape(s))
		ret[n++] = SUBDOMAIN_WORDS;
	return n;
}

static size_t dns_1035_errors(struct np_str s, const char **ret)
{
	size_t n = 0;

	if (s.n > 63)
		ret[n++] = "must be no more than 63 bytes";
	if (!label_shape(s) || !lower(s.p[0]))
		ret[n++] = DNS_1035_WORDS;
	return n;
}

static size_t prefix_errors(struct np_str s, const char **ret)
{
	size_t n = 0;

	if (!s.n) {
		ret[n++] = "prefix part must be non-empty";
		return n;
	}
	if (s.n > 253)
		ret[n++] = "prefix part must be no more than 253 bytes";
	if (!subdomain_shape(s))
		ret[n++] = "prefix part " SUBDOMAIN_WORDS;
	return n;
}

static size_t qualified_errors(struct np_str s, const char **ret)
{
	const char *slash = s.n ? memchr(s.p, '/', s.n) : NULL;
	struct np_str name = s;
	size_t n = 0;

	if (slash) {
		struct np_str prefix = { s.p, (size_t)(slash - s.p) };

		name = (struct np_str){ slash + 1, s.n - prefix.n - 1 };
		if (memchr(name.p, '/', name.n)) {
			ret[0] = "a qualified name " QUALIFIED_WORDS
				 " with an optional DNS subdomain prefix and '/' (e.g. "
				 "'example.com/MyName')";
			return 1;
		}
		n = prefix_errors(prefix, ret);
	}
	if (!name.n)
		ret[n++] = "name part must be non-empty";
	if (name.n > 63)
		ret[n++] = "name part must be no more than 63 bytes";
	if (!name_shape(name))
		ret[n++] = "name part " QUALIFIED_WORDS;
	return n;
}

static size_t value_errors(struct np_str s, const char **ret)
{
	size_t n = 0;

	if (s.n > 63)
		ret[n++] = "must be no more than 63 bytes";
	if (s.n && !name_shape(s))
		ret[n++] = VALUE_WORDS;
	return n;
}

static size_t port_errors(struct np_str s, const char **ret)
{
	bool letter = false, strange = !s.n, doubled = false;
	size_t n = 0;

	for (size_t i = 0; i < s.n; i++) {
		letter |= lower(s.p[i]);
		strange |= !lower(s.p[i]) && !digit(s.p[i]) && s.p[i] != '-';
		doubled |= i && s.p[i] == '-' && s.p[i - 1] == '-';
	}
	if (s.n > 15)
		ret[n++] = "must be no more than 15 bytes";
	if (strange)
		ret[n++] = "must contain only alpha-numeric characters (a-z, 0-9), and hyphens (-)";
	if (!letter)
		ret[n++] = "must contain at least one letter (a-z)";
	if (doubled)
		ret[n++] = "must not contain consecutive hyphens";
	if (s.n && (s.p[0] == '-' || s.p[s.n - 1] == '-'))
		ret[n++] = "must not begin or end with a hyphen";
	return n;
}

size_t np_name_errors(enum np_name_rule rule, struct np_str s, const char **ret)
{
	static size_t (*const rules[])(struct np_str, const char **) = {
		[NP_NAME_DNS_LABEL] = label_errors,   [NP_NAME_DNS_SUBDOMAIN] = subdomain_errors,
		[NP_NAME_DNS_1035] = dns_1035_errors, [NP_NAME_QUALIFIED] = qualified_errors,
		[NP_NAME_LABEL_VALUE] = value_errors, [NP_NAME_PORT] = port_errors,
	};

	return rules[rule](s, ret);
}

/* What Go's strconv takes for unprintable, as far as it matters here. */
static bool is_printable(uint32_t c)
{
	if (c < 0x20 || (c >= 0x7F && c < 0xA1) || c == 0xAD)
		return false;
	return !((c >= 0x2000 && c <= 0x200F) || (c >= 0x2028 && c <= 0x202F) ||
		 (c >= 0x205F && c <= 0x206F) || c == 0x3000 || (c >= 0xE000 && c <= 0xF8FF) ||
		 c == 0xFEFF || (c >= 0xFFF0 && c <= 0xFFFB) || c >= 0xE0000 ||
		 (c & 0xFFFE) == 0xFFFE);
}

static void add_escaped(struct np_buf *b, uint32_t c)
{
	static const char names[] = "\a\b\f\n\r\t\v", letters[] = "abfnrtv";
	const char *at = c && c < 0x20 ? strchr(names, (int)c) : NULL;

	if (at)
		np_buf_printf(b, "\\%c", letters[at - names]);
	else if (c < 0x80)
		np_buf_printf(b, "\\x%02x", c);
	else
		np_buf_printf(b, c < 0x10000 ? "\\u%04x" : "\\U%08x", c);
}

void np_buf_go_quoted(struct np_buf *b, struct np_str s)
{
	np_buf_addc(b, '"');
	for (size_t i = 0, n; i < s.n; i += n) {
		uint32_t c = 0;

		n = np_utf8_decode(s.p + i, s.n - i, &c);
		if (!n) {
			np_buf_printf(b, "\\x%02x", (unsigned char)s.p[i]);
			n = 1;
		} else if (c == '"' || c == '\\') {
			np_buf_addc(b, '\\');
			np_buf_addc(b, (char)c);
		} else if (is_printable(c)) {
			np_buf_add(b, s.p + i, n);
		} else {
			add_escaped(b, c);
		}
	}
	np_buf_addc(b, '"');
}
