/*
 * scenario_block.c - ipBlocks whose regions all hold an address that can be probed. Outside the
 * cluster there are ext/a and ext/b side by side in a /31, ext/c in the same /24, and ext/d.
 */
#include "np/base/mem.h"
#include "scene.h"

/* A block by what is in its middle: "ext/a", 28. No name: the whole family. */
struct around {
	struct np_str name;
	unsigned bits;
};

static bool family_6(struct scene *s)
{
	unsigned family = s->row[F_FAMILY];

	return family == FAMILY_V6 || (family == FAMILY_DUAL && scene_below(s, 2));
}

/* The text of a block. Case files count prefixes as in IPv4. */
static struct np_str text_of(struct scene *s, const struct around *a, bool v6)
{
	if (a->name.n)
		s->externals |= np_str_starts(a->name, "ext/");
	if (a->name.n)
		return np_arena_printf(s->arena, "${%s:" NP_STR_FMT "/%u}", v6 ? "cidr6" : "cidr",
				       NP_STR_ARG(a->name), a->bits);
	if (s->row[F_FAMILY] == FAMILY_V4)
		return NP_STR("${family-any}");
	return v6 ? NP_STR("::/0") : NP_STR("0.0.0.0/0");
}

static struct np_str pod_name(struct scene *s, const struct np_pod *pod)
{
	return np_arena_printf(s->arena, NP_STR_FMT "/" NP_STR_FMT, NP_STR_ARG(pod->ns),
			       NP_STR_ARG(pod->name));
}

static struct around first_block(struct scene *s)
{
	static const unsigned bits[] = {
		[WIDTH_HOST] = 32, [WIDTH_PAIR] = 31, [WIDTH_FEW] = 28, [WIDTH_NET] = 24
	};
	struct around a = { NP_STR("ext/a"),
			    bits[s->row[F_WIDTH] == WIDTH_ALL ? WIDTH_NET : s->row[F_WIDTH]] };

	switch (s->row[F_ANCHOR]) {
	case ANCHOR_FAR:
		a.name = NP_STR("ext/d");
		break;
	case ANCHOR_NODE:
		a.name = scene_below(s, 2) ? NP_STR("node/a") : NP_STR("node/b");
		break;
	case ANCHOR_POD:
		a.name = pod_name(s, &s->w.pods[scene_below(s, s->n_lasting)]);
		break;
	default:
		if (a.bits == 32 && scene_below(s, 2))
			a.name = NP_STR("ext/b");
		break;
	}
	if (s->row[F_WIDTH] == WIDTH_ALL)
		a = (struct around){ .bits = 0 };
	return a;
}

/* Where another block is that has nothing in common with the first. */
static struct np_str elsewhere(const struct around *first)
{
	return np_str_is(first->name, "ext/d") || !np_str_starts(first->name, "ext/")
		       ? NP_STR("ext/a")
		       : NP_STR("ext/d");
}

static struct around second_block(struct scene *s, const struct around *first)
{
	struct around a = *first;

	switch (s->row[F_RELATION]) {
	case RELATION_INSIDE:
		a.bits = !first->name.n || first->bits == 24 ? 28 : 32;
		if (!first->name.n)
			a.name = NP_STR("ext/a");
		if (first->bits == 24 && np_str_is(first->name, "ext/d"))
			a.bits = 32;
		break;
	case RELATION_AROUND:
		a.bits = first->bits >= 31 && !np_str_is(first->name, "ext/d") ? 28
			 : first->bits == 28				       ? 24
									       : 16;
		break;
	case RELATION_APART:
		a = (struct around){ elsewhere(first), 32 };
		break;
	default:
		break;
	}
	return a;
}

static void add_except(struct scene *s, struct np_ipblock *b, struct np_str name, unsigned bits,
		       bool v6)
{
	const struct around a = { name, bits };

	if (!b->except_texts)
		b->except_texts = np_arena_array(s->arena, 2, sizeof(*b->except_texts));
	b->except_texts[b->n_excepts++] = text_of(s, &a, v6);
}

static void add_excepts(struct scene *s, const struct around *first, const struct around *second,
			const struct np_selector *sel, bool v6, struct np_ipblock *b)
{
	bool all = !first->name.n;
	const struct np_pod *pod;

	switch (s->row[F_EXCEPT]) {
	case EXCEPT_HOST:
		add_except(s, b,
			   first->bits < 28 && scene_below(s, 2) ? NP_STR("ext/a")
								 : NP_STR("ext/b"),
			   32, v6);
		break;
	case EXCEPT_PART:
		add_except(s, b, NP_STR("ext/a"), all ? 24 : 28, v6);
		break;
	case EXCEPT_TWO:
		add_except(s, b, NP_STR("ext/b"), 32, v6);
		add_except(s, b, all ? NP_STR("ext/d") : NP_STR("ext/c"), 32, v6);
		break;
	case EXCEPT_OTHERS:
		add_except(s, b, second->name, second->bits, v6);
		break;
	case EXCEPT_SELECTED:
		/* The address of a guest is not known yet. */
		pod = scene_selected(s, sel, scene_ns(s));
		if (!pod)
			pod = &s->w.pods[0];
		add_except(s, b, pod_name(s, pod), 32, v6);
		break;
	default:
		break;
	}
}

void scene_blocks(struct scene *s, const struct np_selector *sel, struct np_ipblock *ret, size_t n)
{
	struct around first = first_block(s), second = second_block(s, &first);
	bool v6 = family_6(s);

	ret[0] = (struct np_ipblock){ .cidr_text = text_of(s, &first, v6) };
	add_excepts(s, &first, &second, sel, v6, &ret[0]);
	if (n > 1)
		ret[1] = (struct np_ipblock){ .cidr_text = text_of(s, &second, v6) };
}

void scene_plain_block(struct scene *s, struct np_ipblock *ret)
{
	static const struct np_str names[] = { NP_STR("ext/a"), NP_STR("ext/c"), NP_STR("ext/d") };
	struct around a = { names[scene_below(s, NP_ARRAY_SIZE(names))],
			    scene_below(s, 2) ? 32 : 28 };

	*ret = (struct np_ipblock){ .cidr_text = text_of(s, &a, family_6(s)) };
}
