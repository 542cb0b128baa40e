/* test_addr.c - texts of addresses and blocks (semantics 3.7), arithmetic, masks. */
#include "np/model/addr.h"

#include "../suite.h"

START_TEST(addresses)
{
	static const struct {
		const char *text, *canonical;	/* NULL: refused */
	} rows[] = {
		{ "10.0.0.1", "10.0.0.1" },
		{ "0.0.0.0", "0.0.0.0" },
		{ "255.255.255.255", "255.255.255.255" },
		{ "010.000000001.2.3", "10.1.2.3" },
		{ "256.0.0.1", NULL },
		{ "99999999999999999999.0.0.1", NULL },
		{ "10.0.0", NULL },
		{ "10.0.0.1.", NULL },
		{ "10.0.0.1.2", NULL },
		{ "10..0.1", NULL },
		{ ".10.0.0.1", NULL },
		{ "10.0.0.x", NULL },
		{ "+1.0.0.0", NULL },
		{ "-1.0.0.0", NULL },
		{ " 10.0.0.1", NULL },
		{ "10.0.0.1 ", NULL },
		{ "10.0.0.1\n", NULL },
		{ "0x0a.0.0.1", NULL },
		{ "", NULL },
		{ "::", "::" },
		{ "::1", "::1" },
		{ "1::", "1::" },
		{ "0:0:0:0:0:0:0:0", "::" },
		{ "2001:DB8::1", "2001:db8::1" },
		{ "2001:db8:0:0:1:0:0:1", "2001:db8::1:0:0:1" },
		{ "2001:0:0:1:0:0:0:1", "2001:0:0:1::1" },
		{ "1:2:3:4:5:6:7:8", "1:2:3:4:5:6:7:8" },
		{ "1:0:3:4:5:6:7:8", "1:0:3:4:5:6:7:8" },
		{ "1:2:3:4:5:6:7::", "1:2:3:4:5:6:7:0" },
		{ "::2:3:4:5:6:7:8", "0:2:3:4:5:6:7:8" },
		{ "00001::", "1::" },
		{ "10000::", NULL },
		{ "0000000000fffe::", "fffe::" },
		{ "1:2:3:4:5:6:7:8:9", NULL },
		{ "1:2:3:4:5:6:7:8::", NULL },
		{ "::1:2:3:4:5:6:7:8", NULL },
		{ "1:2:3:4:5:6:7", NULL },
		{ "1::2::3", NULL },
		{ ":::", NULL },
		{ ":1", NULL },
		{ ":", NULL },
		{ "1:", NULL },
		{ "1:2:3:4:5:6:7:", NULL },
		{ "fe80::1%eth0", NULL },
		{ "[::1]", NULL },
		{ "g::", NULL },
		{ "::ffff:1.2.3.4", "::ffff:1.2.3.4" },
		{ "::FFFF:0102:0304", "::ffff:1.2.3.4" },
		{ "::1.2.3.4", "::102:304" },
		{ "64:ff9b::192.0.2.33", "64:ff9b::c000:221" },
		{ "1:2:3:4:5:6:1.2.3.4", "1:2:3:4:5:6:102:304" },
		{ "1:2:3:4:5:6:7:1.2.3.4", NULL },
		{ "1:2:3:4:5:1.2.3.4", NULL },
		{ "1:2:3:4:5:6:7::1.2.3.4", NULL },
		{ "::1.2.3.4:5", NULL },
		{ "::1.2.3", NULL },
		{ "::1.2.3.256", NULL },
		{ "1.2.3.4::", NULL },
	};

	for (size_t i = 0; i < NP_ARRAY_SIZE(rows); i++) {
		struct np_addr a = { 0 };
		char buf[NP_ADDR_TEXT_MAX];
		bool ok = np_addr_parse(np_str_from(rows[i].text), &a);

		ck_assert_msg(ok == (rows[i].canonical != NULL), "'%s': %d", rows[i].text, ok);
		if (ok)
			ck_assert_str_eq(np_addr_text(&a, buf), rows[i].canonical);
	}
}
END_TEST

START_TEST(counted_text)
{
	struct np_addr a;

	ck_assert(!np_addr_parse((struct np_str){ "10.0.0.1\0", 9 }, &a));
	ck_assert(np_addr_parse((struct np_str){ "10.0.0.1234", 8 }, &a));
	ck_assert(!np_addr_parse(NP_STR_NONE, &a));
}
END_TEST

#define ZEROS NP_CIDR_ZEROS
#define HOST NP_CIDR_HOST_BITS
#define MAPPED NP_CIDR_MAPPED
#define SPELLING NP_CIDR_SPELLING

START_TEST(cidrs)
{
	static const struct {
		const char *text, *canonical;
		unsigned flags;
	} rows[] = {
		{ "10.0.0.0/8", "10.0.0.0/8", 0 },
		{ "0.0.0.0/0", "0.0.0.0/0", 0 },
		{ "10.0.0.1/32", "10.0.0.1/32", 0 },
		{ "10.0.0.1/33", NULL, 0 },
		{ "10.0.0.1/8", "10.0.0.0/8", HOST },
		{ "10.0.0.255/25", "10.0.0.128/25", HOST },
		{ "010.0.0.0/8", "10.0.0.0/8", ZEROS },
		{ "10.0.0.0/08", "10.0.0.0/8", ZEROS },
		{ "10.0.0.0/00000000000000000008", "10.0.0.0/8", ZEROS },
		{ "10.00.0.1/8", "10.0.0.0/8", ZEROS | HOST },
		{ "10.0.0.0/00", "0.0.0.0/0", ZEROS | HOST },
		{ "10.0.0.0", NULL, 0 },
		{ "10.0.0.0/", NULL, 0 },
		{ "/8", NULL, 0 },
		{ "/", NULL, 0 },
		{ "", NULL, 0 },
		{ "10.0.0.0/8/8", NULL, 0 },
		{ "10.0.0.0/+8", NULL, 0 },
		{ "10.0.0.0/-8", NULL, 0 },
		{ "10.0.0.0/ 8", NULL, 0 },
		{ "10.0.0.0/8 ", NULL, 0 },
		{ "10.0.0.0 /8", NULL, 0 },
		{ "10.0.0.0/8\n", NULL, 0 },
		{ "10.0.0.0/0x8", NULL, 0 },
		{ "10.0.0.0/255.0.0.0", NULL, 0 },
		{ "10.0.0.0/99999999999999999999", NULL, 0 },
		{ "::/0", "::/0", 0 },
		{ "0::/0", "::/0", SPELLING },
		{ "FE80::/10", "fe80::/10", SPELLING },
		{ "2001:db8:0:0::/64", "2001:db8::/64", SPELLING },
		{ "2001:0db8::/32", "2001:db8::/32", SPELLING },
		{ "::1.2.3.4/128", "::102:304/128", SPELLING },
		{ "2001:db8::1/64", "2001:db8::/64", HOST },
		{ "00001::/16", "1::/16", ZEROS | SPELLING },
		{ "::1/128", "::1/128", 0 },
		{ "::/129", NULL, 0 },
		{ "::/128", "::/128", 0 },
		{ "::ffff:1.2.3.4/128", "::ffff:1.2.3.4/128", MAPPED },
		{ "::ffff:10.0.0.0/104", "::ffff:10.0.0.0/104", MAPPED },
		{ "::ffff:a00:0/104", "::ffff:10.0.0.0/104", MAPPED | SPELLING },
		{ "::ffff:01.2.3.4/128", "::ffff:1.2.3.4/128", MAPPED | ZEROS | SPELLING },
		{ "::ffff:1.2.3.4/8", "::/8", MAPPED | HOST },
		{ "::ffff:0:0/96", "::ffff:0.0.0.0/96", MAPPED | SPELLING },
		{ "::fffe:0:0/96", "::fffe:0:0/96", 0 },
		{ "::ffff:0.0.0.0/32", "::/32", MAPPED | HOST },
		{ "fe80::%1/64", NULL, 0 },
	};

	for (size_t i = 0; i < NP_ARRAY_SIZE(rows); i++) {
		char buf[NP_ADDR_TEXT_MAX];
		struct np_cidr c;
		bool ok = np_cidr_parse(np_str_from(rows[i].text), &c);

		ck_assert_msg(ok == (rows[i].canonical != NULL), "'%s': %d", rows[i].text, ok);
		if (!ok)
			continue;
		ck_assert_str_eq(np_cidr_text(&c, buf), rows[i].canonical);
		ck_assert_msg(c.flags == rows[i].flags, "'%s': flags %x", rows[i].text, c.flags);
	}
}
END_TEST

static struct np_addr addr(const char *text)
{
	struct np_addr a;

	ck_assert_msg(np_addr_parse(np_str_from(text), &a), "%s", text);
	return a;
}

START_TEST(arithmetic)
{
	static const struct {
		const char *a;
		int64_t delta;
		const char *sum;	/* NULL: wraps */
	} rows[] = {
		{ "10.0.0.255", 1, "10.0.1.0" },
		{ "10.0.1.0", -1, "10.0.0.255" },
		{ "255.255.255.255", 1, NULL },
		{ "0.0.0.0", -1, NULL },
		{ "0.0.0.0", 0xFFFFFFFF, "255.255.255.255" },
		{ "0.0.0.0", 0x100000000, NULL },
		{ "1.2.3.4", -0x100000000, NULL },
		{ "::", INT64_MAX, "::7fff:ffff:ffff:ffff" },
		{ "::1:0:0:0:0", INT64_MIN, "::8000:0:0:0" },
		{ "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff", 1, NULL },
		{ "::", -1, NULL },
		{ "::ffff", 0, "::ffff" },
	};

	for (size_t i = 0; i < NP_ARRAY_SIZE(rows); i++) {
		struct np_addr a = addr(rows[i].a), sum;
		char buf[NP_ADDR_TEXT_MAX];
		bool ok = np_addr_add(&a, rows[i].delta, &sum);

		ck_assert_msg(ok == (rows[i].sum != NULL), "row %zu", i);
		if (ok)
			ck_assert_str_eq(np_addr_text(&sum, buf), rows[i].sum);
	}
}
END_TEST

START_TEST(masks_and_order)
{
	struct np_addr a = addr("255.255.255.255"), six = addr("::ffff:10.1.2.3"), w;
	char buf[NP_ADDR_TEXT_MAX];

	for (unsigned bits = 0; bits <= 32; bits++) {
		struct np_addr m = np_addr_mask(&a, bits);
		uint32_t v = (uint32_t)m.bytes[0] << 24 | (uint32_t)m.bytes[1] << 16 |
			     (uint32_t)m.bytes[2] << 8 | m.bytes[3];

		ck_assert_uint_eq(v, bits ? UINT32_MAX << (32 - bits) : 0);
	}
	w = np_addr_wire(&six);
	ck_assert_str_eq(np_addr_text(&w, buf), "10.1.2.3");
	six = addr("::fffe:10.1.2.3");
	w = np_addr_wire(&six);
	ck_assert(np_addr_eq(&w, &six));
	a = addr("10.0.0.2");
	six = addr("10.0.0.10");
	ck_assert_int_lt(np_addr_cmp(&a, &six), 0);
	six = addr("::");
	ck_assert_int_lt(np_addr_cmp(&a, &six), 0);
	ck_assert_int_gt(np_addr_cmp(&six, &a), 0);
}
END_TEST

RUN_TESTS("addr", addresses, counted_text, cidrs, arithmetic, masks_and_order)
