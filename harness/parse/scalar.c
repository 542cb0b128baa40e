/* scalar.c - the resolution of YAML scalars, in the order in which go-yaml v2 tries things. */
#include "scalar.h"

#include <math.h>

#include "gotime.h"
#include "np/base/mem.h"

#define YAML_TAG "tag:yaml.org,2002:"

struct word {
	const char *text;
	enum np_value_kind kind;
	bool truth;
	double number;
};

/* What go-yaml looks up before it tries numbers. */
static const struct word words[] = {
	{ "y", NP_VALUE_BOOL, true, 0 },
	{ "Y", NP_VALUE_BOOL, true, 0 },
	{ "yes", NP_VALUE_BOOL, true, 0 },
	{ "Yes", NP_VALUE_BOOL, true, 0 },
	{ "YES", NP_VALUE_BOOL, true, 0 },
	{ "true", NP_VALUE_BOOL, true, 0 },
	{ "True", NP_VALUE_BOOL, true, 0 },
	{ "TRUE", NP_VALUE_BOOL, true, 0 },
	{ "on", NP_VALUE_BOOL, true, 0 },
	{ "On", NP_VALUE_BOOL, true, 0 },
	{ "ON", NP_VALUE_BOOL, true, 0 },
	{ "n", NP_VALUE_BOOL, false, 0 },
	{ "N", NP_VALUE_BOOL, false, 0 },
	{ "no", NP_VALUE_BOOL, false, 0 },
	{ "No", NP_VALUE_BOOL, false, 0 },
	{ "NO", NP_VALUE_BOOL, false, 0 },
	{ "false", NP_VALUE_BOOL, false, 0 },
	{ "False", NP_VALUE_BOOL, false, 0 },
	{ "FALSE", NP_VALUE_BOOL, false, 0 },
	{ "off", NP_VALUE_BOOL, false, 0 },
	{ "Off", NP_VALUE_BOOL, false, 0 },
	{ "OFF", NP_VALUE_BOOL, false, 0 },
	{ "", NP_VALUE_NULL, false, 0 },
	{ "~", NP_VALUE_NULL, false, 0 },
	{ "null", NP_VALUE_NULL, false, 0 },
	{ "Null", NP_VALUE_NULL, false, 0 },
	{ "NULL", NP_VALUE_NULL, false, 0 },
	{ ".nan", NP_VALUE_FLOAT, false, NAN },
	{ ".NaN", NP_VALUE_FLOAT, false, NAN },
	{ ".NAN", NP_VALUE_FLOAT, false, NAN },
	{ ".inf", NP_VALUE_FLOAT, false, INFINITY },
	{ ".Inf", NP_VALUE_FLOAT, false, INFINITY },
	{ ".INF", NP_VALUE_FLOAT, false, INFINITY },
	{ "+.inf", NP_VALUE_FLOAT, false, INFINITY },
	{ "+.Inf", NP_VALUE_FLOAT, false, INFINITY },
	{ "+.INF", NP_VALUE_FLOAT, false, INFINITY },
	{ "-.inf", NP_VALUE_FLOAT, false, -INFINITY },
	{ "-.Inf", NP_VALUE_FLOAT, false, -INFINITY },
	{ "-.INF", NP_VALUE_FLOAT, false, -INFINITY },
};

#define LONGEST_WORD 5

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

static void set_string(struct scalar *s, struct np_str text)
{
	s->kind = NP_VALUE_STRING;
	s->text = text;
}

static void set_float(struct scalar *s, double v)
{
	s->number = v;
	s->is_float = true;
	s->kind = NP_VALUE_FLOAT;
	s->not_json = isnan(v) || isinf(v);
	if (s->not_json)
		return;
	gonum_print_json(v, s->json);
	if (!s->json[strcspn(s->json, ".e")])
		s->kind = NP_VALUE_INT; /* 80.0 is printed as 80 */
}

static void set_int(struct scalar *s, uint64_t v, bool negative)
{
	s->kind = NP_VALUE_INT;
	s->big_key = !negative && v > INT64_MAX;
	gonum_print_int(v, negative, s->json);
	s->number = negative ? -(double)v : (double)v;
}

static bool find_word(struct np_str text, struct scalar *ret)
{
	/* strchr() finds the empty text's NUL too. */
	if (text.n > LONGEST_WORD || !strchr("yYnNtTfFoO~.+-", text.n ? text.p[0] : '\0'))
		return false;
	for (size_t i = 0; i < NP_ARRAY_SIZE(words); i++) {
		if ((text.n && words[i].text[0] != text.p[0]) || !np_str_is(text, words[i].text))
			continue;
		ret->kind = words[i].kind;
		ret->truth = words[i].truth;
		if (ret->kind == NP_VALUE_FLOAT)
			set_float(ret, words[i].number);
		return true;
	}
	return false;
}

static const char *skip_digits(const char *p, const char *end)
{
	while (p < end && is_digit(*p))
		p++;
	return p;
}

/* [-+]?(\.d+|d+(\.d*)?)([eE][-+]?d+)? over the whole text */
static bool is_float_shape(struct np_str text)
{
	const char *p = text.p, *end = np_str_end(text), *start;
	bool has_digits;

	if (p < end && (*p == '-' || *p == '+'))
		p++;
	start = p;
	p = skip_digits(p, end);
	has_digits = p > start;
	if (p < end && *p == '.') {
		start = ++p;
		p = skip_digits(p, end);
		has_digits |= p > start;
	}
	if (!has_digits)
		return false;
	if (p < end && (*p | 0x20) == 'e') {
		p++;
		if (p < end && (*p == '-' || *p == '+'))
			p++;
		start = p;
		p = skip_digits(p, end);
		if (p == start)
			return false;
	}
	return p == end;
}

/* strconv.ParseFloat takes underscores between two digits only. */
static bool underscores_ok(struct np_str text)
{
	for (size_t i = 0; i < text.n; i++)
		if (text.p[i] == '_' && (i == 0 || i + 1 == text.n || !is_digit(text.p[i - 1]) ||
					 !is_digit(text.p[i + 1])))
			return false;
	return true;
}

/* An overflow is no number to go-yaml, so the text stays a string (1e400); an underflow is zero. */
static bool parse_float(struct np_str text, struct scalar *ret)
{
	char few[64];
	np_auto_free char *many = NULL;
	double v;

	if (!is_float_shape(text))
		return false;
	if (text.n < sizeof(few)) {
		memcpy(few, text.p, text.n);
		few[text.n] = '\0';
	} else {
		many = np_xstrndup(text.p, text.n);
	}
	v = strtod(many ? many : few, NULL);
	if (isinf(v))
		return false;
	set_float(ret, v);
	return true;
}

/* go-yaml's own binary notation takes a sign behind the prefix: 0b-1. */
static bool parse_odd_binary(struct np_str text, struct scalar *ret)
{
	bool negative;
	uint64_t v = 0;

	if (text.n < 4 || memcmp(text.p, "0b", 2) != 0 || (text.p[2] != '-' && text.p[2] != '+'))
		return false;
	negative = text.p[2] == '-';
	for (size_t i = 3; i < text.n; i++) {
		if ((text.p[i] != '0' && text.p[i] != '1') || v > (uint64_t)INT64_MAX / 2)
			return false;
		v = v * 2 + (uint64_t)(text.p[i] - '0');
	}
	set_int(ret, v, negative && v);
	return true;
}

static bool parse_number(struct np_str text, struct scalar *ret)
{
	bool negative;
	uint64_t v;

	if (gonum_int(text, &v, &negative)) {
		set_int(ret, v, negative);
		return true;
	}
	return parse_float(text, ret) || parse_odd_binary(text, ret);
}

/* A copy without underscores; the text itself when it has none. @scratch is cleared. */
static struct np_str without_underscores(struct np_str text, struct np_buf *scratch)
{
	if (!memchr(text.p, '_', text.n))
		return text;
	np_buf_clear(scratch);
	np_buf_adds(scratch, "");
	for (size_t i = 0; i < text.n; i++)
		if (text.p[i] != '_')
			np_buf_addc(scratch, text.p[i]);
	return (struct np_str){ np_buf_text(scratch), scratch->len };
}

/* encoding/base64 StdEncoding: CR and LF ignored, padding required. */
static bool decode_base64(struct np_str in, struct np_buf *out)
{
	static const char alphabet[] =
		"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
	uint32_t acc = 0;
	unsigned n = 0, pad = 0;

	np_buf_clear(out);
	np_buf_adds(out, "");
	for (size_t i = 0; i < in.n; i++) {
		char c = in.p[i];
		const char *at = c ? strchr(alphabet, c) : NULL;

		if (c == '\n' || c == '\r')
			continue;
		if (c == '=' && n % 4 >= 2) {
			acc <<= 6;
			pad++;
		} else if (at && !pad) {
			acc = acc << 6 | (uint32_t)(at - alphabet);
		} else {
			return false;
		}
		if (++n % 4 == 0)
			for (unsigned k = 0; k < 3 - pad; k++)
				np_buf_addc(out, (char)(acc >> (16 - 8 * k) & 0xFF));
	}
	return n % 4 == 0;
}

/* The scalar rules for text without a tag; *@ret is a string when nothing else fits. */
static void resolve_plain(struct np_str text, struct np_buf *scratch, struct scalar *ret)
{
	char first = text.n ? text.p[0] : '\0';

	set_string(ret, text);
	if (find_word(text, ret) || !text.n)
		return;
	if (first == '.' && underscores_ok(text))
		parse_float(without_underscores(text, scratch), ret);
	else if (is_digit(first) || first == '+' || first == '-')
		parse_number(without_underscores(text, scratch), ret);
}

static bool is_timestamp(struct np_str text)
{
	np_auto_free char *copy = np_xstrndup(text.p, text.n);

	return gotime_is_yaml((struct np_str){ copy, text.n });
}

static int resolve_tagged(const struct scalar_in *in, const char *type, struct np_buf *scratch,
			  struct scalar *ret, const char **ret_want)
{
	resolve_plain(in->text, scratch, ret);
	*ret_want = type;
	if (strcmp(type, "timestamp") == 0) {
		set_string(ret, in->text);
		return is_timestamp(in->text) ? 0 : -1;
	}
	if (strcmp(type, "bool") == 0)
		return ret->kind == NP_VALUE_BOOL ? 0 : -1;
	if (strcmp(type, "null") == 0)
		return ret->kind == NP_VALUE_NULL ? 0 : -1;
	if (ret->kind != NP_VALUE_INT && ret->kind != NP_VALUE_FLOAT)
		return -1;
	if (strcmp(type, "int") == 0)
		return ret->is_float ? -1 : 0;
	if (ret->big_key)
		return -1; /* go-yaml converts int64 only */
	if (!ret->is_float)
		set_float(ret, ret->number);
	return 0;
}

int scalar_resolve(const struct scalar_in *in, struct np_buf *scratch, struct scalar *ret,
		   const char **ret_want)
{
	static const char *const resolvable[] = { "bool", "int", "float", "null", "timestamp" };
	const size_t prefix = strlen(YAML_TAG);
	bool known = np_str_starts(in->tag, YAML_TAG);
	struct np_str type = known ? (struct np_str){ in->tag.p + prefix, in->tag.n - prefix }
				   : NP_STR_NONE;

	*ret = (struct scalar){ 0 };
	if (!in->tag.n && in->implicit) {
		resolve_plain(in->text, scratch, ret);
		return 0;
	}
	for (size_t i = 0; known && i < NP_ARRAY_SIZE(resolvable); i++)
		if (np_str_is(type, resolvable[i]))
			return resolve_tagged(in, resolvable[i], scratch, ret, ret_want);
	set_string(ret, in->text);
	if (known && np_str_is(type, "binary")) {
		*ret_want = "binary";
		if (!decode_base64(in->text, scratch))
			return -1;
		ret->text = (struct np_str){ np_buf_text(scratch), scratch->len };
	}
	return 0;
}

bool scalar_key(const struct scalar *s, char buf[GONUM_MAX], struct np_str *ret,
		enum np_value_kind *ret_kind)
{
	*ret_kind = s->is_float ? NP_VALUE_FLOAT : s->kind;
	*ret = s->text;
	if (s->kind == NP_VALUE_NULL)
		*ret = NP_STR("");
	else if (s->kind == NP_VALUE_BOOL)
		*ret = s->truth ? NP_STR("true") : NP_STR("false");
	else if (s->is_float)
		gonum_print_key(s->number, buf);
	else if (s->kind == NP_VALUE_INT)
		memcpy(buf, s->json, GONUM_MAX);
	if (s->kind == NP_VALUE_INT || s->kind == NP_VALUE_FLOAT)
		*ret = np_str_from(buf);
	return s->kind != NP_VALUE_NULL && !s->big_key;
}

bool scalar_is_merge(const struct scalar_in *in)
{
	return np_str_is(in->text, "<<") &&
	       (in->implicit || np_str_is(in->tag, YAML_TAG "merge"));
}
