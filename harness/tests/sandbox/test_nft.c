/*
 * Transactions for nftables, through the library and by starting nft. Needs user and network
 * namespaces and nft; without them it is skipped (77) with the reason.
 */
#include "../../sandbox/nft.h"
#include "../suite.h"
#include "enforcer_net.h"

#define TABLE "{\"add\":{\"table\":{\"family\":\"inet\",\"name\":\"%s\"}}}"
#define CHAIN "{\"add\":{\"chain\":{\"family\":\"inet\",\"table\":\"%s\",\"name\":\"c\"}}}"
#define N_MANY 400
#define GROWTH_MAX_KB 8192

static struct np_nft *make(int by_library)
{
	struct np_nft *n = np_nft_new();

	if (!by_library)
		np_nft_forgo_library(n);
	ck_assert(np_nft_has_library(n) == (by_library != 0));
	return n;
}

static int put(struct np_nft *n, const char *commands, struct np_err *err)
{
	struct np_buf doc = { 0 };
	int rc;

	np_buf_printf(&doc, "{\"nftables\":[%s]}\n", commands);
	rc = np_nft_run(n, &doc, err);
	np_buf_release(&doc);
	return rc;
}

static int put_table(struct np_nft *n, const char *name, struct np_err *err)
{
	char text[256];

	snprintf(text, sizeof(text), TABLE "," CHAIN, name, name);
	return put(n, text, err);
}

static bool is_there(const char *table)
{
	const char *const argv[] = { "nft", "list", "table", "inet", table, NULL };
	struct np_err err;

	return np_proc_run(argv, NULL, 60000, NULL, NULL, &err) == 0;
}

/* 1: through the library, 0: by the program; both do the same. */
START_TEST(all_or_nothing)
{
	struct np_nft *n = make(_i);
	struct np_err err;

	ck_assert_msg(put_table(n, "one", &err) == 0, "%s", err.msg);
	ck_assert(is_there("one"));
	/* the table of the second command is not there: neither is that of the first, then */
	ck_assert_int_eq(put(n,
			     "{\"add\":{\"table\":{\"family\":\"inet\",\"name\":\"two\"}}},"
			     "{\"add\":{\"chain\":{\"family\":\"inet\",\"table\":\"none\","
			     "\"name\":\"c\"}}}",
			     &err),
			 -1);
	ck_assert_int_eq(err.code, NP_EENV);
	ck_assert_msg(strstr(err.msg, "No such file or directory"), "%s", err.msg);
	ck_assert(!strchr(err.msg, '\n') && !is_there("two"));
	ck_assert_int_eq(put(n, "what is this", &err), -1);
	ck_assert(err.msg[0]);
	/* what was refused does not stand in the way of the next */
	ck_assert_msg(put_table(n, "three", &err) == 0, "%s", err.msg);
	ck_assert(is_there("three"));
	ck_assert_msg(put(n, "{\"delete\":{\"table\":{\"family\":\"inet\",\"name\":\"one\"}}}",
			  &err) == 0, "%s", err.msg);
	ck_assert(!is_there("one"));
	np_nft_free(n);
}
END_TEST

/* A handle keeps to the namespace of its first transaction. */
START_TEST(a_namespace_each)
{
	struct np_nft *a = make(1), *b = make(1);
	struct np_err err;
	int home, other;

	ck_assert_int_eq(np_netns_new(NP_NETNS_ROUTER, &home, &err), 0);
	ck_assert_int_eq(put_table(a, "of_a", &err), 0);
	ck_assert_int_eq(np_netns_new(NP_NETNS_ROUTER, &other, &err), 0);
	ck_assert_int_eq(put_table(b, "of_b", &err), 0);
	ck_assert(is_there("of_b") && !is_there("of_a"));
	ck_assert_int_eq(put_table(a, "of_a_too", &err), 0);
	ck_assert(!is_there("of_a_too"));
	ck_assert_int_eq(np_netns_enter(home, &err), 0);
	ck_assert(is_there("of_a_too") && is_there("of_a") && !is_there("of_b"));
	np_nft_free(a);
	np_nft_free(b);
	close(home);
	close(other);
}
END_TEST

static long resident_kb(void)
{
	struct np_buf text = { 0 };
	struct np_err err;
	const char *line;
	long kb;

	ck_assert_int_eq(np_file_read("/proc/self/status", 1 << 16, &text, &err), 0);
	line = strstr(np_buf_text(&text), "VmRSS:");
	ck_assert_ptr_nonnull(line);
	kb = strtol(line + strlen("VmRSS:"), NULL, 10);
	np_buf_release(&text);
	return kb;
}

/* A run makes tens of thousands of transactions in one process. */
START_TEST(many)
{
	struct np_nft *n = make(1);
	struct np_err err;
	long before_kb = 0;

	for (int i = 0; i < N_MANY; i++) {
		if (i == N_MANY / 2)
			before_kb = resident_kb();
		ck_assert_msg(put_table(n, "many", &err) == 0, "%s", err.msg);
		ck_assert_msg(put(n,
				  "{\"delete\":{\"table\":{\"family\":\"inet\",\"name\":\"many\"}}}",
				  &err) == 0, "%s", err.msg);
	}
	ck_assert_int_lt(resident_kb() - before_kb, GROWTH_MAX_KB);
	np_nft_free(n);
}
END_TEST

static int prepare(struct np_err *err)
{
	static const char *const argv[] = { "nft", "list", "tables", NULL };
	int home;

	if (net_unshare(err) < 0 || np_netns_new(NP_NETNS_ROUTER, &home, err) < 0)
		return -1;
	close(home);
	return np_proc_run(argv, NULL, 60000, NULL, NULL, err) == 0
		       ? 0
		       : np_err_set(err, NP_EENV, "nft does not work here");
}

int main(void)
{
	struct np_nft *n = np_nft_new();
	bool has_library = np_nft_has_library(n);
	Suite *suite;
	TCase *tc;
	struct np_err err;

	np_nft_free(n);
	if (prepare(&err) < 0) {
		char text[NP_ERR_TEXT_MAX];

		printf("skipped: %s\n", np_err_text(&err, text, sizeof(text)));
		return 77;
	}
	if (!has_library)
		printf("left out: what needs libnftables, which is not there\n");
	suite = suite_create("nft");
	tc = tcase_create("nft");
	tcase_set_timeout(tc, 300);
	tcase_add_loop_test(tc, all_or_nothing, 0, has_library ? 2 : 1);
	if (has_library) {
		tcase_add_test(tc, a_namespace_each);
		tcase_add_test(tc, many);
	}
	suite_add_tcase(suite, tc);
	return run_suite(suite);
}
