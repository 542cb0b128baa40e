/*
 * afl.c - the mutator as a custom mutator of AFL++, by the documented prototypes of 4.04c (no
 *header of AFL++ is needed; post_process and fuzz_send are not used).
 *
 *	AFL_CUSTOM_MUTATOR_LIBRARY=$PWD/build/libnpmutate.so afl-fuzz -i seeds -o out -- ./target
 *
 * The path must be absolute. AFL_CUSTOM_MUTATOR_ONLY=1 leaves out AFL++'s own stages.
 */
#include "face.h"

#include "np/base/mem.h"

/* Mutants of one entry of the queue at a time: many of a document, few of bytes. */
#define COUNT_OF_DOCUMENT 256
#define COUNT_OF_BYTES 32
#define HAVOC_PERCENT 15

struct afl {
	struct face face;
	struct np_buf described;
	struct np_trim *trim;
	struct face_piece piece; /* what is trimmed; the rest of its stream is in @entry */
	struct np_buf entry, candidate;
	size_t kept; /* bytes of what was last kept */
};

void *afl_custom_init(void *afl_state, unsigned int seed);
void afl_custom_deinit(void *data);
uint32_t afl_custom_fuzz_count(void *data, const uint8_t *buf, size_t size);
size_t afl_custom_fuzz(void *data, uint8_t *buf, size_t size, uint8_t **out, uint8_t *add,
		       size_t add_size, size_t max_size);
const char *afl_custom_describe(void *data, size_t max_len);
size_t afl_custom_havoc_mutation(void *data, uint8_t *buf, size_t size, uint8_t **out,
				 size_t max_size);
uint8_t afl_custom_havoc_mutation_probability(void *data);
int32_t afl_custom_init_trim(void *data, uint8_t *buf, size_t size);
size_t afl_custom_trim(void *data, uint8_t **out);
int32_t afl_custom_post_trim(void *data, uint8_t success);

NP_FACE void *afl_custom_init(void *afl_state, unsigned int seed)
{
	struct afl *a = np_xcalloc(1, sizeof(*a));

	(void)afl_state;
	face_init(&a->face, seed, NULL);
	return a;
}

NP_FACE void afl_custom_deinit(void *data)
{
	struct afl *a = data;

	np_trim_free(a->trim);
	np_buf_release(&a->described);
	np_buf_release(&a->entry);
	np_buf_release(&a->candidate);
	face_release(&a->face);
	free(a);
}

NP_FACE uint32_t afl_custom_fuzz_count(void *data, const uint8_t *buf, size_t size)
{
	struct afl *a = data;

	return np_mutate_reads(a->face.mutator, (struct np_str){ (const char *)buf, size })
		       ? COUNT_OF_DOCUMENT
		       : COUNT_OF_BYTES;
}

/* The text stays the mutator's until its next call, which is what AFL++ asks for. */
static size_t mutate(struct afl *a, struct np_str input, struct np_str other, uint8_t **out,
		     size_t max_size)
{
	struct np_mutation m;

	face_mutate(&a->face, input, other, false, np_rng_next(&a->face.rng), max_size, &m);
	np_buf_clear(&a->described);
	np_buf_addstr(&a->described, m.operators);
	*out = (uint8_t *)(uintptr_t)m.text.p;
	return m.text.n;
}

NP_FACE size_t afl_custom_fuzz(void *data, uint8_t *buf, size_t size, uint8_t **out, uint8_t *add,
			       size_t add_size, size_t max_size)
{
	return mutate(data, (struct np_str){ (const char *)buf, size },
		      (struct np_str){ (const char *)add, add ? add_size : 0 }, out, max_size);
}

NP_FACE size_t afl_custom_havoc_mutation(void *data, uint8_t *buf, size_t size, uint8_t **out,
					 size_t max_size)
{
	return mutate(data, (struct np_str){ (const char *)buf, size }, NP_STR_NONE, out, max_size);
}

NP_FACE uint8_t afl_custom_havoc_mutation_probability(void *data)
{
	(void)data;
	return HAVOC_PERCENT;
}

/* Becomes a part of file names. */
NP_FACE const char *afl_custom_describe(void *data, size_t max_len)
{
	struct afl *a = data;

	if (!a->described.len)
		np_buf_adds(&a->described, "npmutate");
	if (a->described.len > max_len) {
		a->described.len = max_len;
		a->described.data[max_len] = '\0';
	}
	return np_buf_text(&a->described);
}

/* ---- trimming ---- */

/*
 * The next candidate is fetched ahead, so that there is one whenever AFL++ asks. None is as long as
 * what was kept, for which AFL++ gives up.
 */
static int32_t fetch(struct afl *a)
{
	struct np_str doc;

	while (np_trim_next(a->trim, &doc)) {
		np_buf_clear(&a->candidate);
		face_join(&a->piece, doc, &a->candidate);
		if (doc.n && a->candidate.len < a->kept)
			return (int32_t)np_trim_step(a->trim) - 1;
	}
	return (int32_t)np_trim_steps(a->trim);
}

/* One document of a stream, or all of it, of which the first is then left. */
static void choose_trimmed(struct afl *a)
{
	struct face_piece pieces[FACE_PIECES_MAX];
	struct np_str text = { np_buf_text(&a->entry), a->entry.len };
	size_t n = face_split(text, pieces);
	size_t at = n > 1 ? np_rng_below(&a->face.rng, n + 1) : 0;

	a->piece = at < n ? pieces[at] : (struct face_piece){ NP_STR_NONE, text, NP_STR_NONE };
}

NP_FACE int32_t afl_custom_init_trim(void *data, uint8_t *buf, size_t size)
{
	struct afl *a = data;
	int32_t steps;

	np_buf_clear(&a->entry);
	np_buf_add(&a->entry, buf, size);
	a->kept = size;
	choose_trimmed(a);
	np_trim_free(a->trim);
	a->trim = np_trim_new(&a->face.opts, a->piece.doc);
	steps = (int32_t)np_trim_steps(a->trim);
	return fetch(a) < steps ? steps : 0;
}

NP_FACE size_t afl_custom_trim(void *data, uint8_t **out)
{
	struct afl *a = data;

	*out = (uint8_t *)(uintptr_t)np_buf_text(&a->candidate);
	return a->candidate.len;
}

NP_FACE int32_t afl_custom_post_trim(void *data, uint8_t success)
{
	struct afl *a = data;

	if (success)
		a->kept = a->candidate.len;
	np_trim_judge(a->trim, success);
	return fetch(a);
}
