/* test_trim.c - trimming: it ends, only gets shorter, keeps what matters, and gets there. */
#include "mutate_test.h"

static const struct np_mutate_opts opts = { .yaml_to_json = np_yaml_to_json };

static bool has(struct np_str text, const char *word)
{
	return memmem(text.p, text.n, word, strlen(word)) != NULL;
}

/* All steps with @word as what matters; the best is copied to @ret. */
static size_t trim(struct np_str input, const char *word, struct np_buf *ret)
{
	struct np_trim *t = np_trim_new(&opts, input);
	struct np_str candidate;
	size_t tries = 0, len = input.n, steps = np_trim_steps(t);

	while (np_trim_next(t, &candidate)) {
		bool keep = has(candidate, word);

		ck_assert_uint_lt(candidate.n, len);
		ck_assert_uint_le(np_trim_step(t), steps);
		if (keep)
			len = candidate.n;
		np_trim_judge(t, keep);
		ck_assert_uint_eq(np_trim_best(t).n, len);
		ck_assert_uint_le(++tries, steps);
	}
	ck_assert_uint_eq(np_trim_step(t), steps);
	np_buf_clear(ret);
	np_buf_addstr(ret, np_trim_best(t));
	ck_assert(!np_trim_next(t, &candidate));
	np_trim_free(t);
	return tries;
}

START_TEST(to_what_matters)
{
	size_t n;
	const struct np_str *seeds = np_mutate_seeds(&n);
	struct np_buf b = { 0 };

	trim(seeds[0], "\"endPort\":32768", &b);
	ck_assert_str_eq(np_buf_text(&b),
			 "{\"spec\":{\"egress\":[{\"ports\":[{\"endPort\":32768}]}]}}");
	trim(seeds[0], "172.17.1.0/24", &b);
	ck_assert_str_eq(np_buf_text(&b), "{\"spec\":{\"ingress\":[{\"from\":[{\"ipBlock\":{"
					  "\"except\":[\"172.17.1.0/24\"]}}]}]}}");
	/* Values to shorter ones. */
	trim(NP_STR("{\"kind\":\"NetworkPolicy\",\"metadata\":{\"name\":\"long-name\"}}"),
	     "\"name\"", &b);
	ck_assert_str_eq(np_buf_text(&b), "{\"metadata\":{\"name\":\"a\"}}");
	trim(NP_STR("{\"spec\":{\"ingress\":[{\"from\":[{\"ipBlock\":{\"cidr\":\"10.20.30.0/"
		    "24\"}}]}]}}"),
	     "cidr", &b);
	ck_assert_str_eq(
		np_buf_text(&b),
		"{\"spec\":{\"ingress\":[{\"from\":[{\"ipBlock\":{\"cidr\":\"0.0.0.0/0\"}}]}]}}");
	np_buf_release(&b);
}
END_TEST

START_TEST(yaml)
{
	struct np_buf b = { 0 };

	trim(NP_STR("apiVersion: networking.k8s.io/v1\nkind: NetworkPolicy # x\nspec:\n  ingress:\n"
		    "  - ports:\n    - port: 80\n      endPort: 90\n"),
	     "endPort: 90", &b);
	ck_assert_str_eq(np_buf_text(&b), "spec:\n  ingress:\n  - ports:\n    - {endPort: 90}\n");
	np_buf_release(&b);
}
END_TEST

START_TEST(bytes)
{
	struct np_buf b = { 0 };

	trim(NP_STR("some bytes { that are no document, with a NEEDLE in them ]"), "NEEDLE", &b);
	ck_assert_str_eq(np_buf_text(&b), "NEEDLE");
	np_buf_release(&b);
}
END_TEST

/* Whatever is answered, or nothing, it ends. */
START_TEST(it_ends)
{
	size_t n;
	const struct np_str *seeds = np_mutate_seeds(&n);
	static const char *const others[] = {
		"", "x", "{}", "[]", "{", "a: b", "[[[[[[[[", "null"
	};

	for (int how = 0; how < 4; how++)
		for (size_t i = 0; i < n + NP_ARRAY_SIZE(others); i++) {
			struct np_str in = i < n ? seeds[i] : np_str_from(others[i - n]), c;
			struct np_trim *t = np_trim_new(&opts, in);
			size_t tries = 0, steps = np_trim_steps(t);

			while (np_trim_next(t, &c)) {
				ck_assert_uint_le(++tries, steps);
				if (how < 3)
					np_trim_judge(t, how == 0 || (how == 1 && tries % 2));
			}
			if (how == 0)
				ck_assert_uint_le(np_trim_best(t).n, in.n < 4 ? in.n : 4);
			if (how >= 2)
				ck_assert(np_str_eq(np_trim_best(t), in));
			np_trim_free(t);
		}
}
END_TEST

/* Of a large document the number of steps is bounded. */
START_TEST(large)
{
	struct np_buf b = { 0 }, best = { 0 };

	np_buf_addc(&b, '[');
	for (int i = 0; i < 20000; i++)
		np_buf_adds(&b, "\"abc\",");
	np_buf_adds(&b, "1]");
	ck_assert_uint_le(trim((struct np_str){ b.data, b.len }, "abc", &best), 4000);
	np_buf_clear(&b);
	for (int i = 0; i < 100000; i++)
		np_buf_addc(&b, '(');
	ck_assert_uint_le(trim((struct np_str){ b.data, b.len }, "(", &best), 4000);
	np_buf_release(&b);
	np_buf_release(&best);
}
END_TEST

RUN_TESTS("mutate/trim", to_what_matters, yaml, bytes, it_ends, large)
