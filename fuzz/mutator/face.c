/* face.c - what the faces of the mutator share. */
#include "face.h"

#include "np/base/mem.h"
#include "np/parse/encode.h"
#include "np/parse/read.h"

static int yaml_to_json(struct np_str yaml, struct np_buf *json)
{
	const struct np_read_opts opts = { .max_depth = NP_MUTATE_MAX_DEPTH, .first_only = true };
	struct np_docs docs;
	int rc = -1;

	if (np_read_yaml(yaml, &opts, &docs, NULL) < 0)
		return -1;
	if (docs.n && !docs.items[0].empty)
		rc = np_encode_json(&docs.items[0].root, 0, json, NULL);
	np_docs_release(&docs);
	return rc;
}

static enum np_mutate_format format_of(const char *text)
{
	return !text			   ? NP_MUTATE_SAME
	       : strcmp(text, "json") == 0 ? NP_MUTATE_JSON
	       : strcmp(text, "yaml") == 0 ? NP_MUTATE_YAML
					   : NP_MUTATE_SAME;
}

/* One word, such as valid or valid:70. */
static void take_share(struct face *f, struct np_str word)
{
	const char *colon = memchr(word.p, ':', word.n);
	struct np_str name = { word.p, colon ? (size_t)(colon - word.p) : word.n }, number;
	unsigned long long share = 1;

	number = (struct np_str){ name.p + name.n + 1, colon ? word.n - name.n - 1 : 0 };
	if (colon && !np_str_u64(number, 1000000, &share))
		return;
	for (int i = 0; i < NP_N_MUTATE_MODES; i++)
		if (np_str_is(name, np_mutate_mode_name((enum np_mutate_mode)i)))
			f->shares[i] = (unsigned)share;
}

static bool read_shares(struct face *f, const char *text)
{
	while (*text) {
		size_t n = strcspn(text, ",");

		take_share(f, (struct np_str){ text, n });
		text += n + (text[n] == ',');
	}
	return f->shares[0] || f->shares[1] || f->shares[2];
}

void face_init(struct face *f, uint64_t seed, size_t (*mutate_bytes)(uint8_t *, size_t, size_t))
{
	static const unsigned usual[] = { 70, 15, 15 };
	const char *mode = getenv("NPMUTATE_MODE"), *cidr = getenv("NPMUTATE_CIDR");

	*f = (struct face){ .opts = { .format = format_of(getenv("NPMUTATE_FORMAT")),
				      .legacy_cidrs = cidr && strcmp(cidr, "legacy") == 0,
				      .yaml_to_json = yaml_to_json,
				      .mutate_bytes = mutate_bytes } };
	if (!mode || !read_shares(f, mode))
		memcpy(f->shares, usual, sizeof(usual));
	np_rng_seed(&f->rng, seed);
	f->mutator = np_mutator_new(&f->opts);
}

void face_release(struct face *f)
{
	np_mutator_free(f->mutator);
}

static enum np_mutate_mode choose_mode(const struct face *f, uint64_t seed)
{
	struct np_rng rng;
	unsigned at;
	int mode = 0;

	np_rng_seed(&rng, ~seed);
	at = (unsigned)np_rng_below(&rng, (uint64_t)f->shares[0] + f->shares[1] + f->shares[2]);
	while (at >= f->shares[mode])
		at -= f->shares[mode++];
	return (enum np_mutate_mode)mode;
}

void face_mutate(struct face *f, struct np_str a, struct np_str b, bool cross, uint64_t seed,
		 size_t max, struct np_mutation *ret)
{
	np_mutator_set_mode(f->mutator, choose_mode(f, seed));
	np_mutator_set_max_bytes(f->mutator, max);
	if (cross)
		np_mutate_cross(f->mutator, a, b, seed, ret);
	else
		np_mutate(f->mutator, a, b, seed, ret);
}
