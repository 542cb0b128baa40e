/*
 * test_choice.c - greedy choices on small set covers whose answers are known by hand, costs of
 * cases, and tiers out of a score that is made up.
 */
#include "np/run/choice.h"
#include "../suite.h"

enum { MAX_ITEMS = 8, MAX_MUTANTS = 70 };

/* ---- set cover ---- */

/* Items as "cost:world:bits", one word each; bits are letters of the mutants. A capital G before
 * them: generated. */
struct cover {
	struct np_choice s;
	struct np_select_items {
		struct np_choice_item items[MAX_ITEMS];
		uint64_t kills[MAX_ITEMS];
		unsigned weights[MAX_MUTANTS];
	} *own;
};

static void cover_init(struct cover *c, const char *const *items, unsigned world_ms)
{
	*c = (struct cover){ .own = np_xcalloc(1, sizeof(*c->own)) };
	for (; c->s.n_items < MAX_ITEMS && items[c->s.n_items]; c->s.n_items++) {
		struct np_choice_item *it = &c->own->items[c->s.n_items];
		const char *text = items[c->s.n_items];
		int used = 0;

		it->generated = *text == 'G';
		ck_assert_int_eq(sscanf(text + it->generated, "%u:%zu:%n", &it->cost_ms, &it->world,
					&used), 2);
		it->kills = &c->own->kills[c->s.n_items];
		for (const char *at = text + it->generated + used; *at; at++)
			c->own->kills[c->s.n_items] |= UINT64_C(1) << (*at - 'a');
	}
	for (size_t i = 0; i < 26; i++)
		c->own->weights[i] = 1;
	c->s.items = c->own->items;
	c->s.weights = c->own->weights;
	c->s.n_mutants = 26;
	c->s.n_worlds = 4;
	c->s.world_ms = world_ms;
	np_choice_init(&c->s);
}

static void cover_release(struct cover *c)
{
	np_choice_release(&c->s);
	free(c->own);
}

/* The order in which items are taken, as digits. */
static const char *order(struct cover *c, unsigned depth, int which, char *buf)
{
	size_t n = 0, item;

	while ((item = np_choice_next(&c->s, depth, which)) != SIZE_MAX) {
		np_choice_take(&c->s, item);
		buf[n++] = (char)('0' + item);
	}
	buf[n] = '\0';
	return buf;
}

static const struct {
	const char *items[MAX_ITEMS];
	unsigned world_ms, depth;
	int which;
	const char *wanted;
} covers[] = {
	/* The largest first; what adds nothing is not taken. */
	{ { "1:0:ab", "1:0:abc", "1:0:d", "1:0:b" }, 0, 1, NP_CHOICE_ANY, "12" },
	/* Of equals the first. */
	{ { "1:0:ab", "1:0:ba", "1:0:cd" }, 0, 1, NP_CHOICE_ANY, "02" },
	/* Gain per cost: three for six milliseconds are less than one for one. */
	{ { "6:0:abc", "1:0:a", "1:0:b", "9:0:c" }, 0, 1, NP_CHOICE_ANY, "120" },
	/* The textbook's trap, in which greed takes three where two would do. */
	{ { "1:0:abcd", "1:0:aceg", "1:0:bdfh", "1:0:ef" }, 0, 1, NP_CHOICE_ANY, "012" },
	{ { "1:0:aceg", "1:0:bdfh", "1:0:abcdef" }, 0, 1, NP_CHOICE_ANY, "201" },
	/* A world costs once: its second case is cheap. */
	{ { "2:0:ab", "1:1:c", "1:1:d", "1:0:e" }, 10, 1, NP_CHOICE_ANY, "0312" },
	{ { "2:0:ab", "1:1:c", "1:1:d", "1:0:e" }, 0, 1, NP_CHOICE_ANY, "0123" },
	/* A second time counts half. */
	{ { "1:0:abc", "1:0:ab", "1:0:cd", "1:0:a" }, 0, 2, NP_CHOICE_ANY, "021" },
	{ { "1:0:a", "1:0:a", "1:0:a" }, 0, 2, NP_CHOICE_ANY, "01" },
	{ { "1:0:a", "1:0:a", "1:0:a" }, 0, NP_CHOICE_MAX_DEPTH, NP_CHOICE_ANY, "012" },
	/* Only those of a kind. */
	{ { "1:0:abc", "G1:0:ab", "G1:0:bc", "G1:0:a" }, 0, 1, NP_CHOICE_GENERATED, "12" },
	{ { "1:0:abc", "G1:0:abcd" }, 0, 1, NP_CHOICE_HAND, "0" },
	/* Free of charge is no division by nothing. */
	{ { "0:0:a", "0:0:bc" }, 0, 1, NP_CHOICE_ANY, "10" },
	{ { "1:0:" }, 0, 1, NP_CHOICE_ANY, "" },
	{ { NULL }, 0, 1, NP_CHOICE_ANY, "" },
};

START_TEST(covers_are_known)
{
	struct cover c;
	char buf[MAX_ITEMS + 1], again[MAX_ITEMS + 1];

	for (int i = 0; i < 2; i++) {
		cover_init(&c, covers[_i].items, covers[_i].world_ms);
		order(&c, covers[_i].depth, covers[_i].which, i ? again : buf);
		cover_release(&c);
	}
	ck_assert_str_eq(buf, covers[_i].wanted);
	ck_assert_str_eq(again, buf);
}
END_TEST

START_TEST(weights_count)
{
	static const char *const items[] = { "1:0:abc", "1:0:d", NULL };
	struct cover c;
	char buf[MAX_ITEMS + 1];

	cover_init(&c, items, 0);
	c.own->weights['d' - 'a'] = 4;
	ck_assert_str_eq(order(&c, 1, NP_CHOICE_ANY, buf), "10");
	cover_release(&c);
	cover_init(&c, items, 0);
	c.own->weights['d' - 'a'] = 0;
	ck_assert_str_eq(order(&c, 1, NP_CHOICE_ANY, buf), "0");
	cover_release(&c);
}
END_TEST

/* ---- costs ---- */

START_TEST(costs_of_cases)
{
	struct np_step steps[] = {
		{ .kind = NP_STEP_APPLY, .object_kind = NP_STR("NetworkPolicy") },
		{ .kind = NP_STEP_EXPECT },
		{ .kind = NP_STEP_APPLY, .object_kind = NP_STR("Pod") },
		{ .kind = NP_STEP_EXPECT },
		{ .kind = NP_STEP_LABEL, .object_kind = NP_STR("Namespace") },
		{ .kind = NP_STEP_WAIT, .wait_ms = 500 },
	};
	struct np_case c = { .steps = steps, .n_steps = 1 };
	unsigned plain, looked, pod;

	plain = np_choice_case_ms(&c, 0);
	c.n_steps = 2;
	looked = np_choice_case_ms(&c, 800);
	c.n_steps = 4;
	pod = np_choice_case_ms(&c, 800);
	ck_assert_uint_eq(plain, 0);
	ck_assert_uint_gt(looked, 100);
	ck_assert_uint_gt(pod, 2 * looked);
	c.n_steps = 5;
	ck_assert_uint_eq(np_choice_case_ms(&c, 800), pod);
	c.n_steps = 6;
	ck_assert_uint_eq(np_choice_case_ms(&c, 800), pod + 500);
}
END_TEST

/* ---- tiers ---- */

static struct np_worldfile worlds[] = { { .name = NP_STR("w") } };
static struct np_step look = { .kind = NP_STEP_EXPECT };
#define CASE(name, seed_) { .id = NP_STR(name), .world = NP_STR("w"), .seed = seed_, .steps = &look, \
			    .n_steps = 1 }
static struct np_case cases[] = {
	CASE("hand/idle", 0), CASE("hand/one", 0), CASE("hand/two", 0), CASE("generated/many", 1),
	CASE("generated/none", 1), CASE("generated/only", 1), CASE("generated/second", 1),
};
static const struct np_plan plan = { .cases = cases,
				     .worlds = worlds,
				     .n_cases = NP_ARRAY_SIZE(cases),
				     .n_worlds = 1 };

static size_t by_many[] = { 1, 3 }, by_hand[] = { 1 }, by_two[] = { 2, 3 }, by_only[] = { 5 },
	      by_both[] = { 2, 6 }, by_none[] = { 4 };
#define ROW(list) .killed_by = list, .n_killed_by = NP_ARRAY_SIZE(list)
static struct np_score_row rows[] = {
	{ .wrong = { .mutant = NP_MUTANT_EXCEPT_IGNORED }, ROW(by_many) },
	{ .wrong = { .mutant = NP_MUTANT_CIDR_LOST }, ROW(by_hand) },
	{ .wrong = { .mutant = NP_MUTANT_FIRST_EXCEPT_ONLY }, ROW(by_two) },
	{ .wrong = { .mutant = NP_MUTANT_EXCEPT_DENIES }, ROW(by_only) },
	{ .wrong = { .site = NP_SITE_IN_CIDR, .op = NP_MX_NEGATE }, ROW(by_both) },
	{ .wrong = { .mutant = NP_MUTANT_BLOCK_NOT_PODS }, ROW(by_none) }, /* open */
	{ .wrong = { .mutant = NP_MUTANT_NAME_CUT } },			   /* nobody's */
};
static size_t cells[NP_ARRAY_SIZE(cases)];
static const struct np_score score = { .rows = rows,
				       .n_rows = NP_ARRAY_SIZE(rows),
				       .n_cases = NP_ARRAY_SIZE(cases),
				       .cells_of = cells };

static const char *tiers(const struct np_tier_wish *wish)
{
	static struct np_buf text;
	struct np_tier_line *lines;
	size_t n;

	np_buf_clear(&text);
	np_tiers_choose(&plan, &score, wish, &lines, &n);
	np_tiers_text(lines, n, "", &text);
	free(lines);
	return np_buf_text(&text);
}

static const struct {
	struct np_tier_wish wish;
	const char *wanted;
} wishes[] = {
	/* No time for smoke; every case by hand, and the generated one that alone kills something. */
	{ { .smoke_ms = 0, .depth = 1, .max_kept = 9 },
	  "1\thand/one\tdefault\t2\t0\n2\thand/two\tdefault\t1\t1\n"
	  "3\tgenerated/only\tdefault\t1\t0\n4\thand/idle\tdefault\t0\t0\n" },
	/* What only one notices is to be noticed twice. */
	{ { .smoke_ms = 0, .depth = 2, .max_kept = 9 },
	  "1\thand/one\tdefault\t2\t0\n2\thand/two\tdefault\t1\t1\n"
	  "3\tgenerated/only\tdefault\t1\t0\n4\tgenerated/many\tdefault\t0\t0\n"
	  "5\tgenerated/second\tdefault\t0\t0\n6\thand/idle\tdefault\t0\t0\n" },
	{ { .smoke_ms = 0, .depth = 2, .max_kept = 0 },
	  "1\thand/one\tdefault\t2\t0\n2\thand/two\tdefault\t1\t1\n3\thand/idle\tdefault\t0\t0\n" },
	/* Time for two: the world and both of them. */
	{ { .smoke_ms = 1900, .depth = 1, .max_kept = 9 },
	  "1\thand/one\tsmoke\t2\t0\n2\thand/two\tsmoke\t1\t1\n"
	  "3\tgenerated/only\tdefault\t1\t0\n4\thand/idle\tdefault\t0\t0\n" },
	/* Time enough: smoke ends where nothing new is noticed. */
	{ { .smoke_ms = 99999, .depth = 1, .max_kept = 9 },
	  "1\thand/one\tsmoke\t2\t0\n2\thand/two\tsmoke\t1\t1\n"
	  "3\tgenerated/only\tsmoke\t1\t0\n4\thand/idle\tdefault\t0\t0\n" },
};

START_TEST(tiers_out_of_a_score)
{
	np_auto_free char *once = np_xstrdup(tiers(&wishes[_i].wish));

	ck_assert_str_eq(once, wishes[_i].wanted);
	ck_assert_str_eq(tiers(&wishes[_i].wish), once);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("choice");
	TCase *t = tcase_create("choice");

	tcase_add_loop_test(t, covers_are_known, 0, NP_ARRAY_SIZE(covers));
	tcase_add_test(t, weights_count);
	tcase_add_test(t, costs_of_cases);
	tcase_add_loop_test(t, tiers_out_of_a_score, 0, NP_ARRAY_SIZE(wishes));
	suite_add_tcase(suite, t);
	return run_suite(suite);
}
