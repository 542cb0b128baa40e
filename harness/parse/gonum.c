/* gonum.c - integers with base prefixes, and floats in Go's shortest forms. */
#include "gonum.h"

#include <math.h>

#include "np/base/mem.h"
#include "np/parse/encode.h"

static int digit_value(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	if (c >= 'A' && c <= 'F')
		return c - 'A' + 10;
	return 99;
}

/* Takes a base prefix off @s. As in Go a lone "0x" is no prefix but octal, and so an error. */
static unsigned take_base(struct np_str *s)
{
	static const struct {
		char letter;
		unsigned base;
	} prefixes[] = { { 'x', 16 }, { 'o', 8 }, { 'b', 2 } };

	if (s->n == 0 || s->p[0] != '0')
		return 10;
	for (size_t i = 0; i < sizeof(prefixes) / sizeof(prefixes[0]) && s->n >= 3; i++)
		if ((s->p[1] | 0x20) == prefixes[i].letter) {
			*s = (struct np_str){ s->p + 2, s->n - 2 };
			return prefixes[i].base;
		}
	if (s->n > 1)
		*s = (struct np_str){ s->p + 1, s->n - 1 };
	return 8;
}

bool gonum_int(struct np_str text, uint64_t *ret, bool *ret_negative)
{
	bool negative = text.n && text.p[0] == '-', sign = negative || (text.n && text.p[0] == '+');
	struct np_str s = sign ? (struct np_str){ text.p + 1, text.n - 1 } : text;
	uint64_t v = 0, max = (uint64_t)INT64_MAX + negative;
	unsigned base = take_base(&s);

	if (s.n == 0)
		return false;
	if (!sign)
		max = UINT64_MAX; /* ParseUint takes no sign */
	for (size_t i = 0; i < s.n; i++) {
		unsigned d = (unsigned)digit_value(s.p[i]);

		if (d >= base || v > (max - d) / base)
			return false;
		v = v * base + d;
	}
	*ret = v;
	*ret_negative = negative && v;
	return true;
}

void gonum_print_int(uint64_t magnitude, bool negative, char buf[GONUM_MAX])
{
	char digits[GONUM_MAX];
	size_t at = sizeof(digits);

	digits[--at] = '\0';
	do {
		digits[--at] = (char)('0' + magnitude % 10);
		magnitude /= 10;
	} while (magnitude);
	if (negative)
		digits[--at] = '-';
	memcpy(buf, digits + at, sizeof(digits) - at);
}

/* Shortest decimal that reads back as the same number: digits d.ddd, exponent of ten. */
struct decimal {
	bool negative;
	char digits[20]; /* without point, without trailing zeros */
	int n_digits;
	int exp10; /* value = 0.d1d2d3.. x 10^exp10 */
};

static bool reads_back(const char *text, double v, bool single)
{
	return single ? strtof(text, NULL) == (float)v : strtod(text, NULL) == v;
}

static struct decimal shortest(double v, bool single)
{
	struct decimal d = { .negative = signbit(v) };
	char text[48];
	const char *e;

	for (int precision = 0; precision < 18; precision++) {
		snprintf(text, sizeof(text), "%.*e", precision, fabs(v));
		if (reads_back(text, fabs(v), single))
			break;
	}
	e = strchr(text, 'e');
	for (const char *p = text; p < e; p++)
		if (*p != '.')
			d.digits[d.n_digits++] = *p;
	while (d.n_digits > 1 && d.digits[d.n_digits - 1] == '0')
		d.n_digits--;
	d.exp10 = v == 0 ? 1 : (int)strtol(e + 1, NULL, 10) + 1;
	return d;
}

/* -d.ddde+XX with at least @exp_digits digits in the exponent. */
static void print_e(const struct decimal *d, int exp_digits, char buf[GONUM_MAX])
{
	int e = d->exp10 - 1;

	snprintf(buf, GONUM_MAX, "%s%c%s%.*se%c%0*d", d->negative ? "-" : "", d->digits[0],
		 d->n_digits > 1 ? "." : "", d->n_digits - 1, d->digits + 1, e < 0 ? '-' : '+',
		 exp_digits, e < 0 ? -e : e);
}

static void print_f(const struct decimal *d, char buf[GONUM_MAX])
{
	size_t n = 0;

	if (d->negative)
		buf[n++] = '-';
	if (d->exp10 <= 0) {
		buf[n++] = '0';
		buf[n++] = '.';
		for (int i = d->exp10; i < 0; i++)
			buf[n++] = '0';
	}
	for (int i = 0; i < d->n_digits || i < d->exp10; i++) {
		if (i == d->exp10 && i)
			buf[n++] = '.';
		buf[n++] = i < d->n_digits ? d->digits[i] : '0';
	}
	buf[n] = '\0';
}

void gonum_print_json(double v, char buf[GONUM_MAX])
{
	struct decimal d = shortest(v, false);

	if (v != 0 && (fabs(v) < 1e-6 || fabs(v) >= 1e21))
		print_e(&d, 1, buf);
	else
		print_f(&d, buf);
}

void gonum_print_key(double v, char buf[GONUM_MAX])
{
	struct decimal d;

	/* FormatFloat rounds to 32 bits first: large values become infinite. */
	if (isnan(v) || isinf((float)v)) {
		snprintf(buf, GONUM_MAX, "%s", isnan(v) ? ".nan" : v > 0 ? ".inf" : "-.inf");
		return;
	}
	d = shortest((double)(float)v, true);
	if (v != 0 && (d.exp10 - 1 < -4 || d.exp10 - 1 >= 6))
		print_e(&d, 2, buf);
	else
		print_f(&d, buf);
}

bool np_number_go_text(struct np_str text, char *buf, size_t size)
{
	char out[GONUM_MAX];
	bool negative, plain = text.n > 0;
	uint64_t v;

	for (size_t i = 0; i < text.n; i++)
		plain &= (text.p[i] >= '0' && text.p[i] <= '9') || (i == 0 && text.p[i] == '-');
	if (plain && gonum_int(text, &v, &negative) && (negative || v <= INT64_MAX)) {
		gonum_print_int(v, negative, out);
	} else {
		np_auto_free char *copy = np_xstrndup(text.p ? text.p : "", text.n);
		double d = strtod(copy, NULL);

		if (isinf(d) || isnan(d))
			return false;
		gonum_print_json(d, out);
	}
	return (size_t)snprintf(buf, size, "%s", out) < size;
}
