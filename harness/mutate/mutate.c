/* mutate.c - one mutant after the other. */
#include "np/mutate/mutate.h"

#include "input.h"
#include "np/base/mem.h"
#include "read.h"
#include "state.h"
#include "write.h"

struct np_mutator {
	struct np_mutate_opts opts;
	struct mstate s;
	struct minput input, other;
	struct np_str other_text; /* of the mutant in the making */
	struct np_buf text;
	unsigned style;
};

const char *np_mutate_mode_name(enum np_mutate_mode mode)
{
	static const char *const names[] = { "valid", "single-fault", "hostile" };

	return names[mode];
}

const char *np_fault_stage_name(enum np_fault_stage stage)
{
	static const char *const names[] = { "none", "decode", "strict", "validation" };

	return names[stage];
}

struct np_mutator *np_mutator_new(const struct np_mutate_opts *opts)
{
	struct np_mutator *m = np_xcalloc(1, sizeof(*m));

	m->opts = *opts;
	np_mutator_set_max_bytes(m, opts->max_bytes);
	m->s.mutate_bytes = opts->mutate_bytes;
	return m;
}

void np_mutator_free(struct np_mutator *m)
{
	if (!m)
		return;
	np_arena_release(&m->s.arena);
	np_buf_release(&m->s.operators);
	np_buf_release(&m->s.field);
	np_buf_release(&m->text);
	minput_release(&m->input);
	minput_release(&m->other);
	free(m->s.found);
	free(m);
}

void np_mutator_set_mode(struct np_mutator *m, enum np_mutate_mode mode)
{
	m->opts.mode = mode;
}

void np_mutator_set_max_bytes(struct np_mutator *m, size_t max_bytes)
{
	m->opts.max_bytes = max_bytes ? max_bytes : NP_MUTATE_MAX_BYTES;
}

bool np_mutate_reads(struct np_mutator *m, struct np_str input)
{
	np_arena_release(&m->s.arena);
	return minput_read(&m->input, &m->opts, &m->s.arena, input);
}

/* ---- beginning ---- */

static struct mnode *read_other(void *ctx)
{
	struct np_mutator *m = ctx;

	return minput_read(&m->other, &m->opts, &m->s.arena, m->other_text);
}

static void choose_layout(struct np_mutator *m, struct np_str input)
{
	struct mstate *s = &m->s;

	s->yaml = m->opts.format == NP_MUTATE_YAML ||
		  (m->opts.format == NP_MUTATE_SAME && !minput_is_json(input));
	m->style = (unsigned)np_rng_next(&s->rng) & (MSTYLE_FLOW_LEAVES | MSTYLE_INDENTED_LISTS);
	if (mone_in(s, 4))
		m->style |= (unsigned)mbelow(s, 1U << MSTYLE_BITS);
	/* What starts with '{' would be taken for JSON the next time. */
	if (m->style & MSTYLE_FLOW)
		m->style |= MSTYLE_MARK;
}

static void begin(struct np_mutator *m, struct np_str input, struct np_str other, uint64_t seed)
{
	struct mstate *s = &m->s;

	np_arena_release(&s->arena);
	np_rng_seed(&s->rng, seed);
	np_buf_clear(&s->operators);
	np_buf_clear(&s->field);
	np_buf_clear(&m->text);
	s->stage = NP_FAULT_NONE;
	s->root = s->other = NULL;
	s->legacy_cidrs = m->opts.legacy_cidrs;
	s->hostile = m->opts.mode == NP_MUTATE_HOSTILE;
	m->other_text = other;
	s->read_other = other.n && other.p != input.p ? read_other : NULL;
	s->ctx = m;
	choose_layout(m, input);
}

static struct mnode *built_in(struct np_mutator *m)
{
	size_t n;
	const struct np_str *seeds = np_mutate_seeds(&n);
	struct mnode *root = mread_json(&m->s.arena, seeds[mbelow(&m->s, n)]);

	mschema_assign(root);
	mlog(&m->s, "seed", NULL);
	return root;
}

/* ---- text ---- */

static void write_tree(struct np_mutator *m)
{
	np_buf_clear(&m->text);
	if (m->s.yaml)
		mwrite_yaml(m->s.root, m->style, &m->text);
	else
		mwrite_json(m->s.root, &m->text);
}

static void take(struct np_mutator *m, bool structured, bool kept, struct np_mutation *ret)
{
	struct mstate *s = &m->s;

	*ret = (struct np_mutation){
		.text = { np_buf_text(&m->text), m->text.len },
		.operators = { np_buf_text(&s->operators), s->operators.len },
		.field = { np_buf_text(&s->field), s->field.len },
		.stage = s->stage,
		.structured = structured,
		.kept_promise = kept,
	};
}

#define SHRINK_ROUNDS 8

/* A valid tree of at most @max bytes as text; false when dropping parts did not do it. */
static bool make_fit(struct np_mutator *m, size_t max)
{
	for (unsigned i = 0; i < SHRINK_ROUNDS; i++) {
		write_tree(m);
		if (m->text.len <= max)
			return true;
		if (!i)
			mlog(&m->s, "shrink", NULL);
		if (!mshrink(&m->s, m->text.len, max))
			return false;
		mrepair(&m->s);
	}
	write_tree(m);
	return m->text.len <= max;
}

#define SMALLEST                                                                                   \
	"{\"apiVersion\":\"networking.k8s.io/v1\",\"kind\":\"NetworkPolicy\",\"metadata\":{"
#define SMALLEST_VALID SMALLEST "\"name\":\"a\"}}"
#define SMALLEST_FAULT SMALLEST "}}"

/* The end of the way: a document of no more than is needed, cut off if even that is too long. */
static void take_smallest(struct np_mutator *m, struct np_mutation *ret)
{
	struct mstate *s = &m->s;
	bool fault = m->opts.mode == NP_MUTATE_SINGLE_FAULT, fits;

	np_buf_clear(&m->text);
	np_buf_clear(&s->field);
	np_buf_adds(&m->text, fault ? SMALLEST_FAULT : SMALLEST_VALID);
	if (fault) {
		np_buf_adds(&s->field, "metadata.name");
		s->stage = NP_FAULT_VALIDATION;
	}
	mlog(s, "smallest", NULL);
	fits = m->text.len <= m->opts.max_bytes;
	if (!fits)
		m->text.len = m->opts.max_bytes;
	take(m, fits, fits, ret);
}

/* ---- modes ---- */

#define TRIES 8
#define MORE_TRIES 64

static bool apply_one(struct mstate *s, bool (*op)(struct mstate *), unsigned tries)
{
	while (tries--)
		if (op(s))
			return true;
	return false;
}

static void apply(struct mstate *s, bool (*op)(struct mstate *), size_t n)
{
	size_t done = 0;

	for (size_t i = 0; i < n; i++)
		done += apply_one(s, op, TRIES);
	if (!n || done)
		return;
	/* Too little there: perhaps there is more when it has been made whole. */
	if (!s->hostile)
		mrepair(s);
	if (!apply_one(s, op, MORE_TRIES))
		mlog(s, "none", NULL);
}

static size_t how_many(struct mstate *s)
{
	static const uint8_t counts[] = { 1, 1, 1, 1, 2, 2, 2, 3, 3, 4, 5, 7 };

	return counts[mbelow(s, NP_ARRAY_SIZE(counts))];
}

static void finish_valid(struct np_mutator *m, struct np_mutation *ret)
{
	mrepair(&m->s);
	if (make_fit(m, m->opts.max_bytes))
		take(m, true, true, ret);
	else
		take_smallest(m, ret);
}

/* Room for the mistake, and for the parts that have to be made to hold it. */
#define FAULT_ROOM_BYTES 1024

static void finish_fault(struct np_mutator *m, struct np_mutation *ret)
{
	size_t max = m->opts.max_bytes;

	mrepair(&m->s);
	if (make_fit(m, max > 2 * FAULT_ROOM_BYTES ? max - FAULT_ROOM_BYTES : max / 2)) {
		mfault(&m->s);
		write_tree(m);
		if (m->text.len <= max) {
			take(m, true, true, ret);
			return;
		}
	}
	take_smallest(m, ret);
}

/* Bytes of the text itself. */
static void break_text(struct np_mutator *m)
{
	size_t n = m->text.len, max = m->opts.max_bytes;

	if (n > max)
		n = max;
	if (n + 256 < max)
		max = n + 256;
	np_buf_reserve(&m->text, max - n + 1);
	m->text.len = mbytes(&m->s, (uint8_t *)m->text.data, n, max);
	m->text.data[m->text.len] = '\0';
	mlog(&m->s, "break", NULL);
}

static void finish_hostile(struct np_mutator *m, struct np_mutation *ret)
{
	write_tree(m);
	if (mone_in(&m->s, 6))
		break_text(m);
	if (m->text.len > m->opts.max_bytes) {
		mlog(&m->s, "cut", NULL);
		m->text.len = m->opts.max_bytes;
	}
	take(m, true, true, ret);
}

static void mutate_text(struct np_mutator *m, struct np_str input, struct np_mutation *ret)
{
	np_buf_addstr(&m->text, input);
	break_text(m);
	take(m, false, true, ret);
}

static void finish(struct np_mutator *m, struct np_mutation *ret)
{
	switch (m->opts.mode) {
	case NP_MUTATE_VALID:
		finish_valid(m, ret);
		return;
	case NP_MUTATE_SINGLE_FAULT:
		finish_fault(m, ret);
		return;
	case NP_MUTATE_HOSTILE:
		finish_hostile(m, ret);
		return;
	}
}

void np_mutate(struct np_mutator *m, struct np_str input, struct np_str other, uint64_t seed,
	       struct np_mutation *ret)
{
	struct mstate *s = &m->s;
	size_t n;

	begin(m, input, other, seed);
	s->root = minput_read(&m->input, &m->opts, &s->arena, input);
	if (!s->root && s->hostile && input.n) {
		mutate_text(m, input, ret);
		return;
	}
	if (!s->root)
		s->root = built_in(m);
	n = how_many(s);
	if (m->opts.mode == NP_MUTATE_SINGLE_FAULT)
		n = n > 2 ? n - 2 : 0;
	apply(s, s->hostile ? mop_hostile : mop_any, n);
	finish(m, ret);
}

/* ---- crossing ---- */

/* The beginning of one and the end of the other. */
static void cross_text(struct np_mutator *m, struct np_str a, struct np_str b,
		       struct np_mutation *ret)
{
	size_t n = mbelow(&m->s, a.n + 1), from = mbelow(&m->s, b.n + 1);

	np_buf_add(&m->text, a.p, n);
	np_buf_add(&m->text, b.p + from, b.n - from);
	if (m->text.len > m->opts.max_bytes)
		m->text.len = m->opts.max_bytes;
	mlog(&m->s, "join", NULL);
	take(m, false, m->opts.mode == NP_MUTATE_HOSTILE, ret);
}

void np_mutate_cross(struct np_mutator *m, struct np_str a, struct np_str b, uint64_t seed,
		     struct np_mutation *ret)
{
	struct mstate *s = &m->s;

	begin(m, a, b, seed);
	s->root = minput_read(&m->input, &m->opts, &s->arena, a);
	if (!s->root && s->hostile && a.n && b.n) {
		cross_text(m, a, b, ret);
		return;
	}
	if (!s->root)
		s->root = built_in(m);
	apply(s, mop_graft, 1 + mbelow(s, 3));
	finish(m, ret);
}
