/* draw.c - draws by weight, and the words of a world. */
#include "draw.h"

#include "np/base/mem.h"

unsigned gen_below(struct gen *g, size_t n)
{
	return (unsigned)np_rng_below(&g->rng, n);
}

bool gen_chance(struct gen *g, unsigned percent)
{
	return gen_below(g, 100) < percent;
}

unsigned gen_draw(struct gen *g, enum np_gen_dim dim)
{
	const struct np_gen_dim_row *row = np_gen_dim_row(dim);
	size_t n = np_gen_n_levels(dim);
	unsigned sum = 0, at, level = 0;
	bool first = !g->drawn[dim];

	for (size_t i = 0; i < n; i++)
		sum += row->levels[i].weight;
	at = gen_below(g, sum);	/* drawn even when pinned: later draws stay what they were */
	g->drawn[dim] = true;
	if (first && g->pins && g->pins->set[dim])
		return g->pins->level[dim];
	while (at >= row->levels[level].weight)
		at -= row->levels[level++].weight;
	return level;
}

size_t gen_count(struct gen *g, enum np_gen_dim dim)
{
	static const struct {
		uint8_t first, last;
	} ranges[] = { { 0, 0 }, { 1, 1 }, { 2, 2 }, { 3, 4 }, { 5, 8 } };
	/* Where "many" is a number of its own. */
	static const struct {
		enum np_gen_dim dim;
		unsigned level;
		uint8_t first, last;
	} own[] = {
		{ NP_DIM_NAMESPACES, COUNT_SOME, 4, 6 },  { NP_DIM_NAMESPACES, COUNT_MANY, 9, 12 },
		{ NP_DIM_NAMESPACES, COUNT_FEW, 3, 3 },	  { NP_DIM_NODES, COUNT_FEW, 3, 3 },
		{ NP_DIM_PODS, COUNT_MANY, 9, 16 },	  { NP_DIM_POLICIES, COUNT_MANY, 9, 20 },
		{ NP_DIM_RULE_PEERS, COUNT_MANY, 25, 40 }, { NP_DIM_RULE_PORTS, COUNT_MANY, 41, 60 },
	};
	unsigned level = gen_draw(g, dim);
	uint8_t first, last;

	first = last = 0;
	if (level < NP_ARRAY_SIZE(ranges)) {
		first = ranges[level].first;
		last = ranges[level].last;
	}
	for (size_t i = 0; i < NP_ARRAY_SIZE(own); i++)
		if (own[i].dim == dim && own[i].level == level) {
			first = own[i].first;
			last = own[i].last;
		}
	return first + gen_below(g, (size_t)(last - first) + 1);
}

enum np_proto gen_proto(struct gen *g, enum np_gen_dim dim)
{
	static const enum np_proto protos[] = { [PROTO_TCP] = NP_TCP, [PROTO_UDP] = NP_UDP,
						[PROTO_SCTP] = NP_SCTP };

	return protos[gen_draw(g, dim)];
}

/* @n different ones out of @words. */
static void pick_words(struct gen *g, const char *const *words, size_t n_words, struct np_str *ret,
		       size_t n)
{
	size_t at = gen_below(g, n_words);

	for (size_t i = 0; i < n; i++)
		ret[i] = np_str_from(words[(at + i) % n_words]);
}

void gen_init(struct gen *g, uint64_t seed, const struct np_gen_pins *pins, struct np_world *w)
{
	static const char *const keys[] = { "app", "tier", "a", "example.com/role", "host", "world",
					    "ns", "x.y/z" };
	static const char *const values[] = { "a", "b", "", "true", "00000", "c", "ab", "b.c_d-e" };
	static const char *const names[] = { "web", "dns", "app", "a", "x-1", "metrics" };
	static const uint16_t numbers[] = { 80, 8080, 53, 443, 81, 65535, 1, 9090 };
	size_t at;

	*g = (struct gen){ .w = w, .pins = pins };
	np_rng_seed(&g->rng, seed);
	pick_words(g, keys, NP_ARRAY_SIZE(keys), g->keys, VOCAB_KEYS);
	pick_words(g, values, NP_ARRAY_SIZE(values), g->values, VOCAB_VALUES);
	pick_words(g, names, NP_ARRAY_SIZE(names), g->port_names, VOCAB_NAMES);
	at = gen_below(g, NP_ARRAY_SIZE(numbers));
	for (size_t i = 0; i < VOCAB_NUMBERS; i++)
		g->numbers[i] = numbers[(at + i) % NP_ARRAY_SIZE(numbers)];
}
