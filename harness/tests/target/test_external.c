/*
 * test_external.c - --external: where the agent outside is, which addresses it has, what four
 * addresses must be to each other.
 */
#include <stdlib.h>

#include "../../target/external.h"
#include "../suite.h"
#include "np/base/mem.h"

#define V4 "203.0.113.10,203.0.113.11,203.0.113.70,198.51.100.9"

/* The whole of it as text: "host H socket S | ext/a 203.0.113.10 2001:db8::1 | ext/b .." */
static void check_parse(const char *option, const char *wanted)
{
	struct np_outside o;
	struct np_err err = { 0 };
	struct np_buf b = { 0 };
	char text[NP_ADDR_TEXT_MAX];

	ck_assert_msg(np_outside_parse(option, &o, &err) == 0, "%s: %s", option, err.msg);
	np_buf_printf(&b, "%s", o.host ? o.host : o.socket);
	for (size_t i = 0; i < o.n; i++) {
		np_buf_printf(&b, " | " NP_STR_FMT, NP_STR_ARG(o.list[i].name));
		for (size_t k = 0; k < o.list[i].n_ips; k++)
			np_buf_printf(&b, " %s", np_addr_text(&o.list[i].ips[k], text));
	}
	ck_assert_str_eq(np_buf_text(&b), wanted);
	ck_assert((o.host == NULL) != (o.socket == NULL));
	np_buf_release(&b);
	np_outside_release(&o);
}

START_TEST(what_is_taken)
{
	static const struct {
		const char *option, *wanted;
	} cases[] = {
		{ "192.0.2.7", "192.0.2.7:7777 | ext/a 192.0.2.7" },
		{ "192.0.2.7:900", "192.0.2.7:900 | ext/a 192.0.2.7" },
		{ "2001:db8::7", "[2001:db8::7]:7777 | ext/a 2001:db8::7" },
		{ "[2001:db8::7]", "[2001:db8::7]:7777 | ext/a 2001:db8::7" },
		{ "[2001:db8::7]:900", "[2001:db8::7]:900 | ext/a 2001:db8::7" },
		{ "127.0.0.1:1=192.0.2.7", "127.0.0.1:1 | ext/a 192.0.2.7" },
		{ "outside.example=192.0.2.7", "outside.example:7777 | ext/a 192.0.2.7" },
		{ "[::1]:8=192.0.2.7/2001:db8::7", "[::1]:8 | ext/a 192.0.2.7 2001:db8::7" },
		{ "h:1=2001:db8::7/192.0.2.7", "h:1 | ext/a 2001:db8::7 192.0.2.7" },
		{ "unix:/run/a=b/sock=192.0.2.7", "/run/a=b/sock | ext/a 192.0.2.7" },
		{ "127.0.0.1:7777=" V4, "127.0.0.1:7777 | ext/a 203.0.113.10 | ext/b 203.0.113.11 "
					"| ext/c 203.0.113.70 | ext/d 198.51.100.9" },
		{ "h=2001:db8::a,2001:db8::b,2001:db8::46,2001:db8:1::9",
		  "h:7777 | ext/a 2001:db8::a | ext/b 2001:db8::b | ext/c 2001:db8::46 | ext/d "
		  "2001:db8:1::9" },
		{ "h=203.0.113.10/fd00::a,203.0.113.11/fd00::b,203.0.113.70/fd00::46,"
		  "198.51.100.9/fd01::9",
		  "h:7777 | ext/a 203.0.113.10 fd00::a | ext/b 203.0.113.11 fd00::b | ext/c "
		  "203.0.113.70 fd00::46 | ext/d 198.51.100.9 fd01::9" },
	};

	for (size_t i = 0; i < NP_ARRAY_SIZE(cases); i++)
		check_parse(cases[i].option, cases[i].wanted);
}
END_TEST

START_TEST(what_is_refused)
{
	static const struct {
		const char *option, *why;
	} cases[] = {
		{ "", "is not HOST" },
		{ ":80", "is not HOST" },
		{ "h:", "is not HOST" },
		{ "h:0", "is not HOST" },
		{ "h:65536", "is not HOST" },
		{ "h:80x=192.0.2.7", "'h:80x' is not HOST" },
		{ "[::1", "is not HOST" },
		{ "[::1]7", "is not HOST" },
		{ "[]:7", "is not HOST" },
		{ "unix:=192.0.2.7", "needs a path" },
		{ "unix:/run/s", "needs a path, and the addresses" },
		{ "127.0.0.1:7777", "no address that a pod can reach; add one after a '='" },
		{ "::1", "no address that a pod can reach" },
		{ "h=", "'' is not an address" },
		{ "h=192.0.2.7,", "'' is not an address" },
		{ "h=192.0.2.7:80", "'192.0.2.7:80' is not an address" },
		{ "h=127.0.0.2", "not an address that a pod can reach" },
		{ "h=0.0.0.0", "not an address that a pod can reach" },
		{ "h=224.0.0.1", "not an address that a pod can reach" },
		{ "h=::", "not an address that a pod can reach" },
		{ "h=ff02::1", "not an address that a pod can reach" },
		{ "h=192.0.2.7/192.0.2.8", "'192.0.2.8' is the second address of its family" },
		{ "h=192.0.2.7/fd00::1/fd00::2", "'fd00::1/fd00::2' is not an address" },
		{ "h=192.0.2.7,192.0.2.8", "neither one address nor four" },
		{ "h=" V4 ",192.0.2.1", "more than four" },
		/* the four to each other */
		{ "h=203.0.113.10,203.0.113.16,203.0.113.70,198.51.100.9",
		  "'203.0.113.16' ext/a and ext/b must share a /28" },
		{ "h=203.0.113.10,203.0.113.10,203.0.113.70,198.51.100.9", "two addresses" },
		{ "h=203.0.113.10,203.0.113.11,203.0.114.70,198.51.100.9",
		  "'203.0.114.70' ext/a and ext/c must share a /24" },
		{ "h=203.0.113.10,203.0.113.11,203.0.113.12,198.51.100.9",
		  "'203.0.113.12' ext/c must not be in the /28" },
		{ "h=203.0.113.10,203.0.113.11,203.0.113.70,203.0.113.90",
		  "'203.0.113.90' ext/d must not be in the /24" },
		{ "h=fd00::a,fd00::1b,fd00::46,fd01::9", "'fd00::1b' ext/a and ext/b must share" },
		{ "h=203.0.113.10/fd00::a,203.0.113.11/fd00::b,203.0.113.70/fd00::46,"
		  "198.51.100.9/fd00::99",
		  "'fd00::99' ext/d must not be in" },
		{ "h=203.0.113.10/fd00::a,203.0.113.11,203.0.113.70,198.51.100.9",
		  "'203.0.113.11' has not the same families" },
		{ "h=203.0.113.10,fd00::1,203.0.113.70,198.51.100.9",
		  "'fd00::1' has not the same families" },
	};

	for (size_t i = 0; i < NP_ARRAY_SIZE(cases); i++) {
		struct np_outside o = { .n = 77 };
		struct np_err err = { 0 };

		ck_assert_msg(np_outside_parse(cases[i].option, &o, &err) < 0, "%s: taken",
			      cases[i].option);
		ck_assert_msg(err.code == NP_EUSAGE, "%s: %s", cases[i].option, err.msg);
		ck_assert_msg(strstr(err.msg, cases[i].why) != NULL, "%s: %s, wanted %s",
			      cases[i].option, err.msg, cases[i].why);
		ck_assert_uint_eq(o.n, 77);
	}
}
END_TEST

/* The reserved name is nowhere (RFC 6761). */
START_TEST(a_host_that_is_nowhere)
{
	struct np_outside o;
	struct np_err err = { 0 };

	ck_assert_int_lt(np_outside_parse("outside.invalid", &o, &err), 0);
	ck_assert_int_eq(err.code, NP_EENV);
	ck_assert_ptr_nonnull(strstr(err.msg, "cannot find host 'outside.invalid'"));
}
END_TEST

/* The sandbox has its own outside and no images: said before anything is started. */
START_TEST(not_for_the_sandbox)
{
	static const struct np_cluster_options options[] = { { .inject = true },
							     { .external = "192.0.2.7" } };
	static const char *const why[] = { "--inject is for a cluster",
					   "--external is for a cluster" };

	for (size_t i = 0; i < NP_ARRAY_SIZE(options); i++) {
		struct np_cluster c;
		struct np_err err = { 0 };

		ck_assert_int_lt(np_cluster_open(&options[i], &c, &err), 0);
		ck_assert_int_eq(err.code, NP_EUSAGE);
		ck_assert_ptr_nonnull(strstr(err.msg, why[i]));
	}
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("external");
	TCase *tc = tcase_create("external");

	tcase_add_test(tc, what_is_taken);
	tcase_add_test(tc, what_is_refused);
	tcase_add_test(tc, a_host_that_is_nowhere);
	tcase_add_test(tc, not_for_the_sandbox);
	suite_add_tcase(suite, tc);
	return run_suite(suite);
}
