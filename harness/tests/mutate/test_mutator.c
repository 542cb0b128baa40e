/* test_mutator.c - determinism, limits, inputs that are no documents, crossing, both syntaxes. */
#include "mutate_test.h"

#include "np/base/rng.h"

static const char yaml_policy[] = "# a comment\n"
				  "apiVersion: networking.k8s.io/v1\n"
				  "kind: NetworkPolicy\n"
				  "metadata: &m\n"
				  "  name: from-yaml\n"
				  "spec:\n"
				  "  podSelector: {}\n"
				  "  ingress:\n"
				  "  - from:\n"
				  "    - podSelector: {matchLabels: {app: 'web'}}\n"
				  "    ports: [{port: 80}]\n";

static const char *const inputs[] = {
	"",
	"{",
	"[]",
	"null",
	"1",
	"{}",
	"{\"a\":1}",
	"\xff\xfe\x00",
	"not a document at all",
	"{\"apiVersion\":\"v1\",\"kind\":\"Pod\",\"metadata\":{\"name\":\"p\"},\"spec\":{"
	"\"containers\":[]}}",
	"{\"kind\":\"NetworkPolicy\",\"spec\":[]}",
	"{\"spec\":{\"ingress\":{\"from\":1},\"egress\":[1,[],\"a\",null,{\"to\":{}}],"
	"\"policyTypes\":[1]}}",
	"{\"metadata\":{\"labels\":[1],\"annotations\":{\"a\":{}},\"finalizers\":{},\"name\":[]}}",
	"{\"apiVersion\":\"networking.k8s.io/"
	"v1\",\"kind\":\"NetworkPolicyList\",\"items\":[{\"metadata\":"
	"{\"name\":\"a\"}},{\"metadata\":{\"name\":\"b\"},\"spec\":{\"ingress\":[{}]}}]}",
	"{\"type\":\"ADDED\",\"object\":{\"apiVersion\":\"networking.k8s.io/"
	"v1\",\"kind\":\"NetworkPolicy\","
	"\"metadata\":{\"name\":\"a\",\"resourceVersion\":\"7\"},\"spec\":{\"podSelector\":{}}}}",
	"{\"items\":[]}",
	"{\"items\":1}",
	"{\"object\":{}}",
	"{\"spec\":{\"podSelector\":{\"matchLabels\":{\"a\":\"1\",\"a\":\"2\",\"\\u0000\":"
	"\"\\ud800\"}}}}",
	yaml_policy,
	"a: &a [*a]\n",
	"- a\n- b\n",
	"a: b: c",
};

static struct np_mutator *make(enum np_mutate_mode mode, enum np_mutate_format format, size_t max)
{
	const struct np_mutate_opts opts = {
		.mode = mode, .format = format, .max_bytes = max, .yaml_to_json = np_yaml_to_json
	};

	return np_mutator_new(&opts);
}

START_TEST(same_seed_same_mutant)
{
	for (int mode = 0; mode < NP_N_MUTATE_MODES; mode++) {
		struct np_mutator *a = make((enum np_mutate_mode)mode, NP_MUTATE_SAME, 0),
				  *b = make((enum np_mutate_mode)mode, NP_MUTATE_SAME, 0);
		struct np_mutation x, y;
		size_t n_same = 0;

		for (size_t i = 0; i < NP_ARRAY_SIZE(inputs); i++)
			for (uint64_t seed = 0; seed < 200; seed++) {
				struct np_str in = np_str_from(inputs[i]),
					      other = np_str_from(
						      inputs[seed % NP_ARRAY_SIZE(inputs)]);

				np_mutate(a, in, other, seed, &x);
				/* What was asked between does not matter. */
				np_mutate(b, other, in, seed + 1, &y);
				n_same += np_str_eq(x.text, y.text);
				np_mutate(b, in, other, seed, &y);
				ck_assert(np_str_eq(x.text, y.text));
				ck_assert(np_str_eq(x.operators, y.operators));
				ck_assert(np_str_eq(x.field, y.field));
			}
		ck_assert_uint_lt(n_same, NP_ARRAY_SIZE(inputs) * 100);
		np_mutator_free(a);
		np_mutator_free(b);
	}
}
END_TEST

static bool fits_a_file_name(struct np_str s)
{
	for (size_t i = 0; i < s.n; i++)
		if (!memchr("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ-,", s.p[i], 54))
			return false;
	return s.n && s.n <= 250;
}

START_TEST(any_input_and_every_size)
{
	static const size_t sizes[] = { 1, 2, 40, 100, NP_MUTATE_ROOM_BYTES, 300, 1000, 70000 };

	for (int mode = 0; mode < NP_N_MUTATE_MODES; mode++)
		for (size_t k = 0; k < NP_ARRAY_SIZE(sizes); k++) {
			struct np_mutator *m =
				make((enum np_mutate_mode)mode,
				     k % 2 ? NP_MUTATE_YAML : NP_MUTATE_SAME, sizes[k]);

			for (size_t i = 0; i < NP_ARRAY_SIZE(inputs) * 40; i++) {
				struct np_mutation x;

				np_mutate(m, np_str_from(inputs[i % NP_ARRAY_SIZE(inputs)]),
					  np_str_from(inputs[i / 7 % NP_ARRAY_SIZE(inputs)]), i,
					  &x);
				ck_assert_uint_le(x.text.n, sizes[k]);
				ck_assert(fits_a_file_name(x.operators));
				if (sizes[k] >= NP_MUTATE_ROOM_BYTES)
					ck_assert(x.kept_promise);
				ck_assert_int_eq(x.field.n > 0, mode == NP_MUTATE_SINGLE_FAULT);
			}
			np_mutator_free(m);
		}
}
END_TEST

/* Whatever comes in, valid is valid: lists and events hold policies that are. */
START_TEST(valid_from_any_input)
{
	struct np_mutator *m = make(NP_MUTATE_VALID, NP_MUTATE_JSON, 0);

	for (size_t i = 0; i < NP_ARRAY_SIZE(inputs) * 100; i++) {
		struct np_str in = np_str_from(inputs[i % NP_ARRAY_SIZE(inputs)]);
		struct np_validations v = { 0 };
		struct np_mutation x;

		if (memmem(in.p, in.n, "\"object\"", 8))
			continue; /* kubectl takes no events */
		np_mutate(m, in, NP_STR_NONE, i, &x);
		judge(&ways[0], x.text, &v);
		ck_assert_msg(is_accepted(&v), NP_STR_FMT, NP_STR_ARG(x.text));
		np_validations_release(&v);
	}
	np_mutator_free(m);
}
END_TEST

/* The mutants of bytes are other bytes, most of the time, and not always of the same length. */
START_TEST(bytes_are_mutated)
{
	struct np_mutator *m = make(NP_MUTATE_HOSTILE, NP_MUTATE_SAME, 0);
	const struct np_str in = NP_STR("{ this is not JSON, nor: YAML: [");
	size_t n_changed = 0, n_longer = 0, n_shorter = 0;

	for (uint64_t seed = 0; seed < 1000; seed++) {
		struct np_mutation x;

		np_mutate(m, in, NP_STR_NONE, seed, &x);
		ck_assert(!x.structured);
		n_changed += !np_str_eq(x.text, in);
		n_longer += x.text.n > in.n;
		n_shorter += x.text.n < in.n;
	}
	ck_assert_uint_gt(n_changed, 900);
	ck_assert_uint_gt(n_longer, 100);
	ck_assert_uint_gt(n_shorter, 100);
	np_mutator_free(m);
}
END_TEST

static size_t fake_mutate(uint8_t *bytes, size_t n, size_t max)
{
	(void)max;
	memset(bytes, 'Z', n);
	return n + 1000; /* more than there is room for: taken for as much as there is */
}

START_TEST(bytes_of_the_caller)
{
	const struct np_mutate_opts opts = { .mode = NP_MUTATE_HOSTILE,
					     .max_bytes = 100,
					     .mutate_bytes = fake_mutate };
	struct np_mutator *m = np_mutator_new(&opts);
	struct np_mutation x;

	np_mutate(m, NP_STR("nothing"), NP_STR_NONE, 1, &x);
	ck_assert_uint_eq(x.text.n, 100);
	ck_assert_int_eq(memcmp(x.text.p, "ZZZZZZZ", 7), 0);
	np_mutator_free(m);
}
END_TEST

/* A valid mutant means the same in both syntaxes and in every layout of YAML. */
START_TEST(yaml_means_the_same)
{
	struct np_mutator *json = make(NP_MUTATE_VALID, NP_MUTATE_JSON, 0),
			  *yaml = make(NP_MUTATE_VALID, NP_MUTATE_YAML, 0);
	size_t n;
	const struct np_str *seeds = np_mutate_seeds(&n);

	for (uint64_t seed = 0; seed < MANY / 20; seed++) {
		struct np_buf b = { 0 };
		struct np_mutation x, y;

		np_mutate(json, seeds[seed % n], NP_STR_NONE, seed, &x);
		np_mutate(yaml, seeds[seed % n], NP_STR_NONE, seed, &y);
		ck_assert_msg(np_yaml_to_json(y.text, NP_YAML_POLICY_DEPTH, &b, NULL) == 0, NP_STR_FMT, NP_STR_ARG(y.text));
		if (np_str_eq(x.operators, y.operators) && !memmem(x.text.p, x.text.n, "\\", 1))
			ck_assert_msg(np_str_eq(x.text, (struct np_str){ np_buf_text(&b), b.len }),
				      NP_STR_FMT "\n" NP_STR_FMT "\n%s", NP_STR_ARG(x.text),
				      NP_STR_ARG(y.text), np_buf_text(&b));
		np_buf_release(&b);
	}
	np_mutator_free(json);
	np_mutator_free(yaml);
}
END_TEST

START_TEST(yaml_stays_yaml)
{
	struct np_mutator *m = make(NP_MUTATE_VALID, NP_MUTATE_SAME, 0);
	struct np_mutation x;
	bool grown = false;

	for (uint64_t seed = 0; seed < 100; seed++) {
		np_mutate(m, np_str_from(yaml_policy), NP_STR_NONE, seed, &x);
		ck_assert(x.structured);
		grown |= memmem(x.text.p, x.text.n, "from-yaml", 9) != NULL;
		ck_assert_msg(x.text.p[0] != '{', NP_STR_FMT, NP_STR_ARG(x.text));
	}
	ck_assert(grown);
	np_mutator_free(m);
}
END_TEST

static struct np_str policy_of(struct np_arena *a, const char *cidr)
{
	return np_arena_printf(
		a,
		"{\"apiVersion\":\"networking.k8s.io/v1\",\"kind\":\"NetworkPolicy\","
		"\"metadata\":{\"name\":\"a\"},\"spec\":{\"podSelector\":{},\"ingress\":[{"
		"\"from\":[{\"ipBlock\":{\"cidr\":\"%s\"}}]}]}}",
		cidr);
}

START_TEST(subtrees_come_from_the_other)
{
	struct np_mutator *m = make(NP_MUTATE_VALID, NP_MUTATE_JSON, 0);
	struct np_arena a = { 0 };
	struct np_str one = policy_of(&a, "198.51.100.0/25"),
		      two = policy_of(&a, "203.0.113.64/26");
	size_t n_crossed = 0, n_mutated = 0;

	for (uint64_t seed = 0; seed < 500; seed++) {
		struct np_mutation x;

		np_mutate_cross(m, one, two, seed, &x);
		ck_assert(x.structured && np_str_starts(x.operators, "graft"));
		n_crossed += memmem(x.text.p, x.text.n, "203.0.113.64/26", 15) != NULL;
		np_mutate(m, one, two, seed, &x);
		n_mutated += memmem(x.text.p, x.text.n, "203.0.113.64/26", 15) != NULL;
	}
	ck_assert_uint_gt(n_crossed, 200);
	ck_assert_uint_gt(n_mutated, 20);
	np_arena_release(&a);
	np_mutator_free(m);
}
END_TEST

START_TEST(crossing_of_bytes)
{
	struct np_mutator *m = make(NP_MUTATE_HOSTILE, NP_MUTATE_SAME, 20);
	struct np_mutation x;

	for (uint64_t seed = 0; seed < 200; seed++) {
		np_mutate_cross(m, NP_STR("aaaaaaaaaaaaaaaa"), NP_STR("bbbbbbbbbbbbbbbb"), seed,
				&x);
		ck_assert(!x.structured);
		ck_assert_uint_le(x.text.n, 20);
		for (size_t i = 1; i < x.text.n; i++)
			ck_assert(x.text.p[i - 1] <= x.text.p[i]);
	}
	np_mutator_free(m);
}
END_TEST

/* Every operator is used, and every shape of the public findings comes out of plain policies. */
START_TEST(shapes_are_made)
{
	static const char *const wanted[] = {
		"\"ports\":[{}]",
		"\"ports\":[null]",
		"\"from\":[]",
		"\"from\":null",
		"\"ingress\":[{}]",
		"\"ingress\":[null]",
		"\"egress\":null",
		"\"port\":\"http\"",
		"\"cidr\":\"0.0.0.0/0\"",
		"\"cidr\":\"::/0\"",
		"[\"Ingress\",\"Ingress\"]",
		"\"operator\":\"DoesNotExist\"",
		"\"kubernetes.io/metadata.name\",\"operator\":\"NotIn\"",
		"\"except\":[\"0.0.0.0/1\",\"128.0.0.0/1\"]",
		"\"endPort\":65535",
		"\"podSelector\":{},\"namespaceSelector\":{}",
		"\"protocol\":\"SCTP\"",
		"\"matchLabels\":{}",
		"\"spec\":null",
		"\"policyTypes\":[]",
		"/32\"",
		"/128\"",
		"\"values\":[null]",
		"\"values\":[]",
		"\"protocol\":null",
	};
	bool seen[NP_ARRAY_SIZE(wanted)] = { false };
	struct np_mutator *m = make(NP_MUTATE_VALID, NP_MUTATE_JSON, 0);
	size_t n;
	const struct np_str *seeds = np_mutate_seeds(&n);

	for (uint64_t seed = 0; seed < 20000; seed++) {
		struct np_mutation x;

		/* The first alone: what comes out is not there before. */
		np_mutate(m, seeds[0], NP_STR_NONE, seed, &x);
		for (size_t i = 0; i < NP_ARRAY_SIZE(wanted); i++)
			seen[i] |= memmem(x.text.p, x.text.n, wanted[i], strlen(wanted[i])) != NULL;
	}
	for (size_t i = 0; i < NP_ARRAY_SIZE(wanted); i++)
		ck_assert_msg(seen[i], "%s", wanted[i]);
	np_mutator_free(m);
}
END_TEST

/* Input that is too deep, too large, or has too many values is bytes. */
START_TEST(limits)
{
	struct np_mutator *m = make(NP_MUTATE_HOSTILE, NP_MUTATE_JSON, 0);
	struct np_buf deep = { 0 }, wide = { 0 }, large = { 0 };
	struct np_mutation x;

	for (int i = 0; i < NP_MUTATE_MAX_DEPTH; i++)
		np_buf_addc(&deep, '[');
	for (int i = 0; i < NP_MUTATE_MAX_DEPTH; i++)
		np_buf_addc(&deep, ']');
	np_mutate(m, (struct np_str){ deep.data, deep.len }, NP_STR_NONE, 1, &x);
	ck_assert(x.structured);
	np_buf_clear(&deep);
	for (int i = 0; i < 100000; i++)
		np_buf_addc(&deep, '[');
	np_mutate(m, (struct np_str){ deep.data, deep.len }, NP_STR_NONE, 1, &x);
	ck_assert(!x.structured);
	np_buf_addc(&wide, '[');
	for (int i = 0; i < NP_MUTATE_MAX_NODES; i++)
		np_buf_adds(&wide, "1,");
	np_buf_adds(&wide, "1]");
	np_mutate(m, (struct np_str){ wide.data, wide.len }, NP_STR_NONE, 1, &x);
	ck_assert(!x.structured);
	np_buf_addc(&large, '"');
	while (large.len <= NP_MUTATE_MAX_INPUT)
		np_buf_adds(&large,
			    "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa");
	np_mutate(m, (struct np_str){ large.data, large.len }, NP_STR_NONE, 1, &x);
	ck_assert(!x.structured);
	ck_assert_uint_le(x.text.n, NP_MUTATE_MAX_BYTES);
	np_buf_release(&deep);
	np_buf_release(&wide);
	np_buf_release(&large);
	np_mutator_free(m);
}
END_TEST

/* A valid policy near the limit in size and number: mutants stay below max_bytes and valid. */
START_TEST(large_inputs_are_made_to_fit)
{
	struct np_mutator *m = make(NP_MUTATE_VALID, NP_MUTATE_SAME, 3000);
	struct np_buf b = { 0 };

	np_buf_adds(
		&b,
		"{\"apiVersion\":\"networking.k8s.io/v1\",\"kind\":\"NetworkPolicy\",\"metadata\":"
		"{\"name\":\"a\"},\"spec\":{\"podSelector\":{},\"ingress\":[");
	for (int i = 0; i < 2000; i++)
		np_buf_printf(&b, "%s{\"from\":[{\"ipBlock\":{\"cidr\":\"10.%d.%d.0/24\"}}]}",
			      i ? "," : "", i / 256, i % 256);
	np_buf_adds(&b, "]}}");
	for (int format = NP_MUTATE_JSON; format <= NP_MUTATE_YAML; format++) {
		struct np_mutator *f = make(NP_MUTATE_VALID, (enum np_mutate_format)format, 3000);

		for (uint64_t seed = 0; seed < 30; seed++) {
			struct np_validations v = { 0 };
			struct np_mutation x;

			np_mutate(f, (struct np_str){ b.data, b.len }, NP_STR_NONE, seed, &x);
			ck_assert_uint_le(x.text.n, 3000);
			/* Cut down to what fits, not to nothing. */
			ck_assert_uint_gt(x.text.n, 60);
			judge(&ways[format - 1], x.text, &v);
			ck_assert(is_accepted(&v));
			np_validations_release(&v);
		}
		np_mutator_free(f);
	}
	np_buf_release(&b);
	np_mutator_free(m);
}
END_TEST

RUN_TESTS("mutate/mutator", same_seed_same_mutant, any_input_and_every_size, valid_from_any_input,
	  bytes_are_mutated, bytes_of_the_caller, yaml_means_the_same, yaml_stays_yaml,
	  subtrees_come_from_the_other, crossing_of_bytes, shapes_are_made, limits,
	  large_inputs_are_made_to_fit)
