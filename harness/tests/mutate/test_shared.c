/*
 * test_shared.c - libnpmutate.so as the engines see it: loaded with dlopen(), called by the
 * documented prototypes and in their order. It lies two folders above the program.
 */
#include <dlfcn.h>
#include <unistd.h>

#include "mutate_test.h"

static struct {
	void *(*init)(void *afl, unsigned int seed);
	void (*deinit)(void *data);
	uint32_t (*fuzz_count)(void *data, const uint8_t *buf, size_t size);
	size_t (*fuzz)(void *data, uint8_t *buf, size_t size, uint8_t **out, uint8_t *add,
		       size_t add_size, size_t max_size);
	const char *(*describe)(void *data, size_t max_len);
	size_t (*havoc)(void *data, uint8_t *buf, size_t size, uint8_t **out, size_t max_size);
	uint8_t (*havoc_probability)(void *data);
	int32_t (*init_trim)(void *data, uint8_t *buf, size_t size);
	size_t (*trim)(void *data, uint8_t **out);
	int32_t (*post_trim)(void *data, uint8_t success);
	size_t (*custom)(uint8_t *data, size_t size, size_t max_size, unsigned int seed);
	size_t (*cross)(const uint8_t *a, size_t na, const uint8_t *b, size_t nb, uint8_t *out,
			size_t max, unsigned int seed);
} so;

static void load(void)
{
	const struct {
		const char *name;
		void *at;
	} symbols[] = {
		{ "afl_custom_init", &so.init },
		{ "afl_custom_deinit", &so.deinit },
		{ "afl_custom_fuzz_count", &so.fuzz_count },
		{ "afl_custom_fuzz", &so.fuzz },
		{ "afl_custom_describe", &so.describe },
		{ "afl_custom_havoc_mutation", &so.havoc },
		{ "afl_custom_havoc_mutation_probability", &so.havoc_probability },
		{ "afl_custom_init_trim", &so.init_trim },
		{ "afl_custom_trim", &so.trim },
		{ "afl_custom_post_trim", &so.post_trim },
		{ "LLVMFuzzerCustomMutator", &so.custom },
		{ "LLVMFuzzerCustomCrossOver", &so.cross },
	};
	char path[4096] = "";
	void *handle;

	ck_assert_int_gt(readlink("/proc/self/exe", path, sizeof(path) - 1), 0);
	for (int i = 0; i < 3; i++)
		*strrchr(path, '/') = '\0';
	ck_assert_uint_lt(strlen(path), sizeof(path) - 32);
	memcpy(path + strlen(path), "/libnpmutate.so", sizeof("/libnpmutate.so"));
	handle = dlopen(path, RTLD_NOW | RTLD_LOCAL);
	ck_assert_msg(handle, "%s", handle ? "" : dlerror());
	for (size_t i = 0; i < NP_ARRAY_SIZE(symbols); i++) {
		void *symbol = dlsym(handle, symbols[i].name);

		ck_assert_msg(symbol, "%s", symbols[i].name);
		memcpy(symbols[i].at, &symbol, sizeof(symbol));
	}
	/* AFL++ gives up on a library that has one of these and misbehaves in 4.04c. */
	ck_assert_ptr_null(dlsym(handle, "afl_custom_post_process"));
	ck_assert_ptr_null(dlsym(handle, "afl_custom_fuzz_send"));
}

static const char yaml[] =
	"apiVersion: networking.k8s.io/v1\nkind: NetworkPolicy\nmetadata: {name: a}\n"
	"spec:\n  podSelector: {}\n  ingress:\n  - from: [{podSelector: {}}]\n"
	"    ports:\n    - port: 80\n      endPort: 90\n";

/* One entry of the queue: trimmed, counted, then fuzzed with another as the second input. */
static size_t one_entry(void *data, const char *text, size_t n, const char *other, size_t max)
{
	uint8_t *in = (uint8_t *)np_xstrndup(text, n), *add = (uint8_t *)np_xstrdup(other),
		*out = NULL;
	uint32_t count;
	size_t all = 0;

	count = so.fuzz_count(data, in, n);
	ck_assert_uint_gt(count, 0);
	for (uint32_t i = 0; i < count; i++) {
		size_t len = so.fuzz(data, in, n, &out, add, strlen(other), max);

		ck_assert_ptr_nonnull(out);
		ck_assert_uint_le(len, max);
		ck_assert_uint_gt(strlen(so.describe(data, 40)), 0);
		ck_assert_uint_le(strlen(so.describe(data, 40)), 40);
		all += len;
		len = so.havoc(data, in, n, &out, max);
		ck_assert_ptr_nonnull(out);
		ck_assert_uint_le(len, max);
	}
	free(in);
	free(add);
	return all;
}

/* As trim_case_custom() does: @word is what the target reacts to. */
static size_t trim(void *data, const char *text, const char *word)
{
	size_t len = strlen(text), rounds = 0;
	uint8_t *buf = (uint8_t *)np_xstrdup(text);
	int32_t max = so.init_trim(data, buf, len), at = 0;

	while (at < max) {
		uint8_t *out = NULL;
		size_t n = so.trim(data, &out);
		bool keep;

		ck_assert_ptr_nonnull(out);
		ck_assert_uint_le(n, len);
		keep = n && memmem(out, n, word, strlen(word));
		if (keep) {
			memmove(buf, out, n);
			len = n;
		}
		at = so.post_trim(data, keep);
		ck_assert_int_ge(at, 0);
		ck_assert_uint_le(++rounds, (size_t)max);
	}
	ck_assert(memmem(buf, len, word, strlen(word)));
	free(buf);
	return len;
}

START_TEST(afl)
{
	size_t n;
	const struct np_str *seeds = np_mutate_seeds(&n);
	void *data;

	load();
	data = so.init(NULL, 17);
	ck_assert_ptr_nonnull(data);
	ck_assert_uint_gt(so.havoc_probability(data), 0);
	ck_assert_uint_le(so.havoc_probability(data), 100);
	ck_assert_uint_lt(trim(data, seeds[0].p, "endPort"), 80);
	ck_assert_uint_lt(trim(data, yaml, "endPort"), 70);
	ck_assert_uint_eq(trim(data, "no { document: at all: NEEDLE", "NEEDLE"), 6);
	for (size_t i = 0; i < n; i++)
		one_entry(data, seeds[i].p, seeds[i].n, seeds[(i + 1) % n].p, 1 << 20);
	one_entry(data, yaml, sizeof(yaml) - 1, seeds[0].p, 5000);
	one_entry(data, "\xff\xff\xff{", 4, "", 64);
	one_entry(data, "", 0, "", 1);
	so.deinit(data);
}
END_TEST

/* Documents get more mutants than bytes; two instances with one seed do the same. */
START_TEST(afl_is_deterministic)
{
	uint8_t in[sizeof(yaml)], *x, *y;
	void *a, *b;

	load();
	a = so.init(NULL, 3);
	b = so.init(NULL, 3);
	memcpy(in, yaml, sizeof(yaml));
	ck_assert_uint_gt(so.fuzz_count(a, in, sizeof(yaml) - 1), so.fuzz_count(a, in, 3));
	for (int i = 0; i < 500; i++) {
		size_t n = so.fuzz(a, in, sizeof(yaml) - 1, &x, NULL, 0, 9999),
		       m = so.fuzz(b, in, sizeof(yaml) - 1, &y, NULL, 0, 9999);

		ck_assert_uint_eq(n, m);
		ck_assert_int_eq(memcmp(x, y, n), 0);
		ck_assert_str_eq(so.describe(a, 200), so.describe(b, 200));
	}
	so.deinit(a);
	so.deinit(b);
}
END_TEST

static size_t share_of_accepted(const char *mode)
{
	size_t n, n_accepted = 0;
	const struct np_str *seeds = np_mutate_seeds(&n);
	void *data;

	ck_assert_int_eq(setenv("NPMUTATE_MODE", mode, 1), 0);
	data = so.init(NULL, 5);
	for (size_t i = 0; i < 400; i++) {
		struct np_validations v = { 0 };
		uint8_t in[2048], *out;
		size_t len;

		memcpy(in, seeds[i % n].p, seeds[i % n].n);
		len = so.fuzz(data, in, seeds[i % n].n, &out, NULL, 0, 9999);
		judge(&ways[2], (struct np_str){ (const char *)out, len }, &v);
		n_accepted += is_accepted(&v);
		np_validations_release(&v);
	}
	so.deinit(data);
	return n_accepted / 4;
}

START_TEST(modes_of_the_environment)
{
	load();
	ck_assert_uint_ge(share_of_accepted("valid"), 99);
	ck_assert_uint_eq(share_of_accepted("single-fault"), 0);
	ck_assert_uint_le(share_of_accepted("hostile"), 60);
	ck_assert_uint_ge(share_of_accepted("valid:90,single-fault:10"), 80);
	ck_assert_uint_le(share_of_accepted("valid:90,single-fault:10"), 97);
	/* What cannot be read is the default. */
	ck_assert_uint_ge(share_of_accepted("nonsense,valid:x,:,"), 60);
}
END_TEST

/* A policy. */
#define DOCUMENT(n)                                                                               \
	"apiVersion: networking.k8s.io/v1\nkind: NetworkPolicy\nmetadata: {name: " n "}\n"        \
	"spec: {podSelector: {}, ingress: [{ports: [{port: 80, endPort: 90}]}]}\n"

/* Each document of a stream gets its turn, and the others are left in peace. */
START_TEST(streams)
{
	static const char stream[] = DOCUMENT("a") "---\n" DOCUMENT("b") "--- # c\n" DOCUMENT("c");
	static const char *const parts[] = { DOCUMENT("a"), DOCUMENT("b"), DOCUMENT("c") };
	uint8_t a[4096];
	size_t n_of[4] = { 0 };
	void *data;

	load();
	for (unsigned seed = 0; seed < 1200; seed++) {
		size_t max = seed % 4 ? sizeof(a) - 1 : sizeof(stream) + seed % 300, n;
		int same = 0, other = 3;

		memcpy(a, stream, sizeof(stream));
		n = so.custom(a, sizeof(stream) - 1, max, seed);
		ck_assert_uint_le(n, max);
		for (int i = 0; i < 3; i++)
			if (memmem(a, n, parts[i], strlen(parts[i])))
				same++;
			else
				other = i;
		n_of[same == 2 ? other : 3]++;
	}
	for (int i = 0; i < 3; i++)
		ck_assert_msg(n_of[i] > 100, "%zu of document %d", n_of[i], i);
	ck_assert_uint_lt(n_of[3], 600);
	data = so.init(NULL, 9);
	for (int i = 0; i < 20; i++)
		ck_assert_uint_lt(trim(data, stream, "name: "), sizeof(stream) - 1);
	ck_assert_uint_eq(trim(data, "---\n---\nno { document: NEEDLE", "NEEDLE"), 6);
	so.deinit(data);
}
END_TEST

START_TEST(libfuzzer)
{
	size_t n;
	const struct np_str *seeds = np_mutate_seeds(&n);
	uint8_t a[3000], b[3000], out[3000];

	load();
	for (unsigned seed = 0; seed < 2000; seed++) {
		struct np_str s = seeds[seed % n], o = seeds[seed / 3 % n];
		size_t max = seed % 5 ? 3000 : seed % 1000 + s.n, la, lb;

		memcpy(a, s.p, s.n);
		memcpy(b, s.p, s.n);
		la = so.custom(a, s.n, max, seed);
		so.custom(b, s.n, max, seed + 1);
		memcpy(b, s.p, s.n);
		lb = so.custom(b, s.n, max, seed);
		ck_assert_uint_le(la, max);
		ck_assert_uint_eq(la, lb);
		ck_assert_int_eq(memcmp(a, b, la), 0);
		la = so.cross((const uint8_t *)s.p, s.n, (const uint8_t *)o.p, o.n, out, max, seed);
		ck_assert_uint_le(la, max);
	}
	ck_assert_uint_eq(so.custom(a, 0, 0, 1), 0);
	ck_assert_uint_eq(so.custom(a, 1, 1, 1), 1);
	ck_assert_uint_eq(so.cross(a, 1, b, 1, out, 0, 1), 0);
}
END_TEST

RUN_TESTS("mutate/shared", afl, afl_is_deterministic, modes_of_the_environment, streams, libfuzzer)
