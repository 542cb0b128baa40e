/* test_policy.c - names, label sets, clause sets. */
#include "np/model/policy.h"

#include "../suite.h"
#include "np/model/flow.h"

START_TEST(names)
{
	enum np_proto p;
	enum np_op op;

	for (int i = 0; i < NP_N_PROTOS; i++) {
		ck_assert(np_proto_parse(np_str_from(np_proto_name((enum np_proto)i)), &p));
		ck_assert_int_eq(p, i);
	}
	ck_assert(!np_proto_parse(NP_STR("tcp"), &p));
	ck_assert(!np_proto_parse(NP_STR("TCP "), &p));
	ck_assert(!np_proto_parse(NP_STR(""), &p));
	for (int i = NP_OP_IN; i <= NP_OP_NOT_EXISTS; i++) {
		ck_assert(np_op_parse(np_str_from(np_op_name((enum np_op)i)), &op));
		ck_assert_int_eq(op, i);
	}
	ck_assert(!np_op_parse(NP_STR("NotExists"), &op));
	ck_assert(!np_op_parse(NP_STR("in"), &op));
	ck_assert_str_eq(np_dir_name(NP_INGRESS), "ingress");
	ck_assert_str_eq(np_dir_name(NP_EGRESS), "egress");
	ck_assert_str_eq(np_verdict_name(NP_UNDEF), "undef");
	ck_assert_str_eq(np_verdict_name(NP_NO_FLOW), "none");
}
END_TEST

START_TEST(labels_last_wins)
{
	struct np_label items[] = {
		{ NP_STR("b"), NP_STR("1") }, { NP_STR("a"), NP_STR("") },  { NP_STR("b"), NP_STR("2") },
		{ NP_STR("aa"), NP_STR("3") }, { NP_STR("b"), NP_STR("4") }, { NP_STR(""), NP_STR("5") },
	};
	struct np_labels l = { items, NP_ARRAY_SIZE(items) };

	np_labels_sort(&l);
	ck_assert_uint_eq(l.n, 4);
	ck_assert(np_str_is(l.items[0].key, ""));
	ck_assert(np_str_is(l.items[1].key, "a"));
	ck_assert(np_str_is(l.items[2].key, "aa"));
	ck_assert(np_str_is(l.items[3].value, "4"));
	ck_assert(np_str_is(*np_labels_get(&l, NP_STR("a")), ""));
	ck_assert_ptr_null(np_labels_get(&l, NP_STR("c")));
	ck_assert_ptr_null(np_labels_get(&(struct np_labels){ 0 }, NP_STR("")));
	np_labels_sort(&(struct np_labels){ 0 });
}
END_TEST

START_TEST(many_labels_keep_the_last)
{
	enum { N = 5000, KEYS = 70 };
	static struct np_label items[N];
	static char text[N][16];
	struct np_labels l = { items, N };

	for (int i = 0; i < N; i++) {
		snprintf(text[i], sizeof(text[i]), "%02d%d", i * 37 % KEYS, i);
		items[i] = (struct np_label){ { text[i], 2 }, np_str_from(text[i] + 2) };
	}
	np_labels_sort(&l);
	ck_assert_uint_eq(l.n, KEYS);
	for (int i = N - KEYS; i < N; i++) {
		const struct np_str *v = np_labels_get(&l, (struct np_str){ text[i], 2 });

		ck_assert_ptr_nonnull(v);
		ck_assert_msg(v->p == text[i] + 2, "key %.2s has %s", text[i], v->p);
	}
}
END_TEST

START_TEST(clauses)
{
	char name[8], buf[512];
	np_clauses set = { 0 };
	unsigned c, n = 0;

	ck_assert(np_clauses_empty(&set));
	ck_assert_str_eq(np_clauses_text(&set, buf, sizeof(buf)), "");
	for (unsigned i = 0; i <= NP_CLAUSE_MAX; i++) {
		if (np_clause_parse(np_str_from(np_clause_name(i, name)), &c)) {
			ck_assert_uint_eq(c, i);
			n++;
		}
	}
	ck_assert_uint_eq(n, 67 - 3);	/* S01..S66 and S33b, without S50 S52 S63 */
	static const char *const bad[] = { "", "S", "S0", "S00", "S1", "S67", "S50", "S33a", "s01", "S001", "S01 " };

	for (size_t i = 0; i < NP_ARRAY_SIZE(bad); i++)
		ck_assert_msg(!np_clause_parse(np_str_from(bad[i]), &c), "%s", bad[i]);
	np_clauses_add(&set, 65);
	np_clauses_add(&set, NP_CLAUSE_33B);
	np_clauses_add(&set, 7);
	np_clauses_add(&set, 33);
	np_clauses_add(&set, 34);
	ck_assert_str_eq(np_clauses_text(&set, buf, sizeof(buf)), "S07 S33 S33b S34 S65");
	ck_assert(np_clauses_has(&set, 65) && !np_clauses_has(&set, 64) && !np_clauses_empty(&set));
	ck_assert_str_eq(np_clauses_text(&set, buf, 10), "S07 S33");
	memset(&set, 0xFF, sizeof(set));
	ck_assert_uint_lt(strlen(np_clauses_text(&set, buf, sizeof(buf))), sizeof(buf) - 1);
}
END_TEST

RUN_TESTS("policy", names, labels_last_wins, many_labels_keep_the_last, clauses)
