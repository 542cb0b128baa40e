/* lists.c - the rules of the policies that select a class, side by side. */
#include "lists.h"

#include "bits.h"
#include "ports.h"

static size_t count_rules(const struct np_oracle *o, const struct class *class, enum np_dir dir)
{
	size_t n = 0;

	for (size_t i = 0; i < class->n_applies[dir]; i++)
		n += o->policies[class->applies[dir][i]].n_rules[dir];
	return n;
}

/* Copies, so that a verdict reads one piece of memory; none once the budget is spent. */
static void copy_rules(struct np_oracle *o, struct np_arena *arena, struct class *class, enum np_dir dir)
{
	size_t n = count_rules(o, class, dir), n_words = bits_words(n);
	struct rule *list;
	uint64_t *may;

	class->rules[dir] = (struct rule_list){ .n = 0 };
	if (n > LISTS_MAX_RULES - o->n_listed)
		return;
	o->n_listed += n;
	list = np_arena_array(arena, n, sizeof(*list));
	may = np_arena_array(arena, n_words * o->n_port_cuts, sizeof(*may));
	class->rules[dir] = (struct rule_list){ may, list, (uint32_t)n, (uint32_t)n_words };
	for (size_t i = 0; i < class->n_applies[dir]; i++) {
		const struct policy *policy = &o->policies[class->applies[dir][i]];

		for (size_t r = 0; r < policy->n_rules[dir]; r++)
			*list++ = policy->rules[dir][r];
	}
	for (size_t i = 0; i < n; i++) {
		uint64_t stretches = ports_may_match(o, &class->rules[dir].items[i]);

		for (size_t c = 0; c < o->n_port_cuts; c++)
			if (stretches >> c & 1)
				bits_set(may + c * n_words, i);
	}
}

#define MAX_LOOK_BACK 256

/* A class before @at, of its namespace, that the same policies select; NULL when there is none. */
static const struct class *find_twin(const struct np_oracle *o, size_t at, enum np_dir dir)
{
	const struct class *class = &o->classes[at];

	for (size_t i = at; i-- > o->ns_first[class->ns] && at - i <= MAX_LOOK_BACK;) {
		const struct class *c = &o->classes[i];

		if (c->n_applies[dir] == class->n_applies[dir] &&
		    (c->n_applies[dir] == 0 || memcmp(c->applies[dir], class->applies[dir],
						      c->n_applies[dir] * sizeof(*c->applies[dir])) == 0))
			return c;
	}
	return NULL;
}

void lists_compile(struct np_oracle *o, struct np_arena *arena, size_t first, size_t end, enum np_dir dir)
{
	for (size_t i = first; i < end; i++) {
		const struct class *twin = find_twin(o, i, dir);

		if (twin)
			o->classes[i].rules[dir] = twin->rules[dir];
		else
			copy_rules(o, arena, &o->classes[i], dir);
	}
}
