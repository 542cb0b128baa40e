/* utf8.c - the one strict UTF-8 decoder. */
#include "np/base/utf8.h"

/* First bytes of each length; the second byte's range excludes overlong forms, surrogates and > U+10FFFF. */
static const struct lead {
	unsigned char first, last;
	unsigned char second_min, second_max;
	unsigned char len;
} leads[] = {
	{ 0xc2, 0xdf, 0x80, 0xbf, 2 },
	{ 0xe0, 0xe0, 0xa0, 0xbf, 3 },
	{ 0xe1, 0xec, 0x80, 0xbf, 3 },
	{ 0xed, 0xed, 0x80, 0x9f, 3 },
	{ 0xee, 0xef, 0x80, 0xbf, 3 },
	{ 0xf0, 0xf0, 0x90, 0xbf, 4 },
	{ 0xf1, 0xf3, 0x80, 0xbf, 4 },
	{ 0xf4, 0xf4, 0x80, 0x8f, 4 },
};

static const struct lead *find_lead(unsigned char c)
{
	for (size_t i = 0; i < sizeof(leads) / sizeof(leads[0]); i++) {
		if (c >= leads[i].first && c <= leads[i].last)
			return &leads[i];
	}
	return NULL;
}

size_t np_utf8_decode(const char *p, size_t n, uint32_t *ret_cp)
{
	const unsigned char *u = (const unsigned char *)p;
	const struct lead *lead;
	uint32_t cp;

	if (n == 0)
		return 0;
	if (u[0] < 0x80) {
		*ret_cp = u[0];
		return 1;
	}
	lead = find_lead(u[0]);
	if (!lead || n < lead->len || u[1] < lead->second_min || u[1] > lead->second_max)
		return 0;
	cp = u[0] & (0x7fU >> lead->len);
	for (size_t i = 1; i < lead->len; i++) {
		if ((u[i] & 0xc0) != 0x80)
			return 0;
		cp = cp << 6 | (u[i] & 0x3fU);
	}
	*ret_cp = cp;
	return lead->len;
}

bool np_utf8_valid(struct np_str s)
{
	for (size_t i = 0; i < s.n;) {
		uint32_t cp;
		size_t len = np_utf8_decode(s.p + i, s.n - i, &cp);

		if (len == 0)
			return false;
		i += len;
	}
	return true;
}

bool np_utf8_is_control(uint32_t cp)
{
	return cp < 0x20 || (cp >= 0x7f && cp < 0xa0);
}
