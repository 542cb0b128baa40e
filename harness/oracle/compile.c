/* compile.c - policies and services of a world to sets of classes. */
#include "np/oracle/oracle.h"

#include <stdlib.h>

#include "np/base/mem.h"

#include "bits.h"
#include "classes.h"
#include "compile.h"
#include "intern.h"
#include "labels.h"
#include "lists.h"
#include "ports.h"
#include "rules.h"
#include "services.h"
#include "stages.h"

/* A name on the pods of a class, for finding out which names are divergent. */
struct named_class {
	uint32_t name, class;
	enum np_proto proto;
	uint16_t port;
};

/* A policy that selects a class. */
struct applies {
	uint32_t class, policy;
};

struct compiler {
	struct np_oracle *o;
	struct label_index classes, namespaces;
	uint64_t *one, *all, *ns_bits;	/* one peer; all peers of a rule; namespaces */
	uint64_t *used;			/* classes that have pods; NULL: all */
	size_t first_word, end_word;	/* of @all */
	struct named_class *named;
	size_t n_named, cap_named;
	struct applies *applies[NP_N_DIRS];
	size_t n_applies[NP_N_DIRS], cap_applies[NP_N_DIRS];
};

static void index_classes(struct compiler *c)
{
	const struct np_oracle *o = c->o;
	np_auto_free struct label_list *lists = np_xcalloc(o->n_classes + 1, sizeof(*lists));

	for (size_t i = 0; i < o->n_classes; i++)
		lists[i] = (struct label_list){ o->classes[i].labels, o->classes[i].n_labels };
	label_index_init(&c->classes, o->strings, lists, o->n_classes);
}

static void index_namespaces(struct compiler *c)
{
	const struct np_world *w = c->o->world;
	np_auto_free struct label_list *lists = np_xcalloc(w->n_namespaces + 1, sizeof(*lists));

	for (size_t i = 0; i < w->n_namespaces; i++) {
		const struct np_labels *labels = &w->namespaces[i].labels;
		struct label_id *ids = np_arena_array(&c->o->arena, labels->n, sizeof(*ids));

		for (size_t j = 0; j < labels->n; j++) {
			ids[j].key = strings_add(c->o->strings, labels->items[j].key);
			ids[j].value = strings_add(c->o->strings, labels->items[j].value);
		}
		lists[i] = (struct label_list){ ids, labels->n };
	}
	label_index_init(&c->namespaces, c->o->strings, lists, w->n_namespaces);
}

static int cmp_named(const void *a, const void *b)
{
	const struct named_class *x = a, *y = b;

	if (x->name != y->name)
		return x->name < y->name ? -1 : 1;
	return (x->proto > y->proto) - (x->proto < y->proto);
}

/* What every unfinished pod declares, whatever the readings say of it (S25). */
static void collect_named(struct compiler *c)
{
	const struct np_oracle *o = c->o;

	for (size_t i = 0; i < o->n_classes; i++) {
		const struct class *class = &o->classes[i];

		for (size_t j = 0; j < class->n_names && !class->finished; j++) {
			const struct name_port *np = &class->names[j];

			c->named = np_grow(c->named, &c->cap_named, c->n_named, sizeof(*c->named));
			c->named[c->n_named++] =
				(struct named_class){ np->name, (uint32_t)i, np->proto, np->port };
		}
	}
	if (c->n_named)
		qsort(c->named, c->n_named, sizeof(*c->named), cmp_named);
}

static uint64_t *used_classes(const struct np_oracle *o)
{
	uint64_t *bits = np_xcalloc(bits_words(o->n_classes) + 1, sizeof(*bits));

	for (size_t i = 0; i < o->n_classes; i++)
		if (o->classes[i].n_pods)
			bits_set(bits, i);
	return bits;
}

static void compiler_init(struct compiler *c, struct np_oracle *o)
{
	*c = (struct compiler){ .o = o };
	index_classes(c);
	index_namespaces(c);
	collect_named(c);
	c->one = np_xcalloc(bits_words(o->n_classes) + 1, sizeof(*c->one));
	c->all = np_xcalloc(bits_words(o->n_classes) + 1, sizeof(*c->all));
	c->ns_bits = np_xcalloc(bits_words(o->world->n_namespaces) + 1, sizeof(*c->ns_bits));
	c->used = o->spare ? used_classes(o) : NULL;
}

static void compiler_release(struct compiler *c)
{
	label_index_release(&c->classes);
	label_index_release(&c->namespaces);
	free(c->one);
	free(c->all);
	free(c->ns_bits);
	free(c->used);
	free(c->named);
	for (int dir = 0; dir < NP_N_DIRS; dir++)
		free(c->applies[dir]);
}

static void clear_words(uint64_t *words, size_t first_bit, size_t end_bit)
{
	for (size_t w = first_bit / 64; w < bits_words(end_bit); w++)
		words[w] = 0;
}

/* Moves @one, between two classes, into @all. */
static void merge_one(struct compiler *c, size_t first, size_t end)
{
	size_t first_word = first / 64, end_word = bits_words(end);

	if (c->first_word == c->end_word) {
		c->first_word = first_word;
		c->end_word = end_word;
	}
	if (first_word < c->first_word)
		c->first_word = first_word;
	if (end_word > c->end_word)
		c->end_word = end_word;
	bits_or(c->all + first_word, c->one + first_word, end_word - first_word);
	clear_words(c->one, first, end);
}

/* Classes of the namespaces that @sel matches, as bits of @one; false when there are none (S10, S12). */
static bool mark_namespaces(struct compiler *c, const struct np_selector *sel, size_t *ret_first,
			    size_t *ret_end)
{
	const struct np_oracle *o = c->o;
	size_t n = o->world->n_namespaces;

	*ret_first = *ret_end = 0;
	bits_set_range(c->ns_bits, 0, n);
	label_index_filter(&c->namespaces, sel, 0, n, c->ns_bits);
	for (size_t ns = 0; ns < n; ns++) {
		size_t first = o->ns_first[ns], end = o->ns_first[ns + 1];

		if (!bits_get(c->ns_bits, ns) || first == end)
			continue;
		if (*ret_end == 0)
			*ret_first = first;
		*ret_end = end;
		bits_set_range(c->one, first, end);
	}
	clear_words(c->ns_bits, 0, n);
	return *ret_end != 0;
}

/* Adds what a selector peer of a policy of namespace @ns matches to @all (S09..S12). */
static void add_selector_peer(struct compiler *c, const struct np_peer *peer, size_t ns)
{
	size_t first = c->o->ns_first[ns], end = c->o->ns_first[ns + 1];

	if (!peer->ns_selector)
		bits_set_range(c->one, first, end);
	else if (!mark_namespaces(c, peer->ns_selector, &first, &end))
		return;
	if (first == end)
		return;
	if (peer->pod_selector)
		label_index_filter(&c->classes, peer->pod_selector, first, end, c->one);
	merge_one(c, first, end);
}

static struct class_set take_all(struct compiler *c)
{
	struct class_set set = { 0 };
	size_t n = c->end_word - c->first_word;

	if (n) {
		uint64_t *words = np_arena_array(&c->o->arena, n, sizeof(*words));

		memcpy(words, c->all + c->first_word, n * sizeof(*words));
		if (c->used)
			bits_and(words, c->used + c->first_word, n);
		memset(c->all + c->first_word, 0, n * sizeof(*words));
		set = (struct class_set){ (uint32_t)c->first_word, (uint32_t)n, words };
	}
	c->first_word = c->end_word = 0;
	return set;
}

static void compile_peers(struct compiler *c, struct rule *rule, size_t ns)
{
	const struct np_rule *src = rule->src;

	rule_compile_blocks(c->o, &c->o->arena, rule);
	for (size_t i = 0; i < src->n_peers; i++)
		if (!src->peers[i].ip_block)
			add_selector_peer(c, &src->peers[i], ns);
	rule->classes = take_all(c);
}

/* The place of the first entry of a name with a protocol. */
static size_t find_named(const struct compiler *c, uint32_t name, enum np_proto proto)
{
	struct named_class key = { .name = name, .proto = proto };
	size_t lo = 0, hi = c->n_named;

	while (lo < hi) {
		size_t mid = lo + (hi - lo) / 2;

		if (cmp_named(&c->named[mid], &key) < 0)
			lo = mid + 1;
		else
			hi = mid;
	}
	return lo;
}

/* Whether a name has two numbers over the destinations of an egress rule (S25). */
static bool is_divergent(const struct compiler *c, const struct rule *rule, uint32_t name,
			 enum np_proto proto)
{
	const struct named_class key = { .name = name, .proto = proto }, *found = NULL;

	for (size_t i = find_named(c, name, proto); i < c->n_named && cmp_named(&c->named[i], &key) == 0; i++) {
		const struct named_class *p = &c->named[i];

		if (!rule->any_peer && !class_set_has(&rule->classes, p->class))
			continue;
		if (found && found->port != p->port)
			return true;
		found = p;
	}
	return false;
}

static void compile_items(struct compiler *c, struct rule *rule, enum np_dir dir)
{
	rule_compile_items(c->o, &c->o->arena, rule, dir);
	for (size_t i = 0; i < rule->n_items && dir == NP_EGRESS; i++) {
		struct port_item *item = &rule->items[i];

		if (item->kind == NP_PORT_NAME && is_divergent(c, rule, item->name, item->proto))
			item_set_divergent(c->o, item, true);
	}
}

static void compile_rules(struct compiler *c, struct policy *policy, enum np_dir dir, size_t ns)
{
	const struct np_policy *src = policy->src;

	policy->n_rules[dir] = src->n_rules[dir];
	policy->rules[dir] = np_arena_array(&c->o->arena, src->n_rules[dir], sizeof(struct rule));
	for (size_t i = 0; i < src->n_rules[dir]; i++) {
		struct rule *rule = &policy->rules[dir][i];

		rule->src = &src->rules[dir][i];
		rule->id = (uint32_t)c->o->n_rules++;
		compile_peers(c, rule, ns);
		compile_items(c, rule, dir);
	}
}

/* Classes of its own namespace that the policy selects (S16). */
static void compile_subjects(struct compiler *c, uint32_t at, size_t ns)
{
	const struct np_policy *src = c->o->policies[at].src;
	size_t first = c->o->ns_first[ns], end = c->o->ns_first[ns + 1];

	bits_set_range(c->one, first, end);
	label_index_filter(&c->classes, &src->pod_selector, first, end, c->one);
	for (size_t class = first; class < end; class++) {
		if (!bits_get(c->one, class) || !c->o->classes[class].n_pods)
			continue;
		for (int dir = 0; dir < NP_N_DIRS; dir++) {
			struct applies **list = &c->applies[dir];

			if (!src->types[dir])
				continue;
			*list = np_grow(*list, &c->cap_applies[dir], c->n_applies[dir], sizeof(**list));
			(*list)[c->n_applies[dir]++] = (struct applies){ (uint32_t)class, at };
		}
	}
	clear_words(c->one, first, end);
}

static void compile_policy(struct compiler *c, uint32_t at)
{
	struct policy *policy = &c->o->policies[at];
	size_t ns;

	policy->src = &c->o->world->policies[at];
	ns = np_world_find_namespace(c->o->world, policy->src->ns);
	if (ns == SIZE_MAX)
		return;
	for (int dir = 0; dir < NP_N_DIRS; dir++)
		if (policy->src->types[dir])
			compile_rules(c, policy, (enum np_dir)dir, ns);
	compile_subjects(c, at, ns);
}

/* Hands each class its policies; pairs are in the order of policies. */
static void spread_applies(struct compiler *c, int dir)
{
	struct np_oracle *o = c->o;
	uint32_t *list = np_arena_array(&o->arena, c->n_applies[dir], sizeof(*list));
	np_auto_free uint32_t *next = np_xcalloc(o->n_classes + 1, sizeof(*next));

	for (size_t i = 0; i < c->n_applies[dir]; i++)
		o->classes[c->applies[dir][i].class].n_applies[dir]++;
	for (size_t i = 0, at = 0; i < o->n_classes; at += o->classes[i++].n_applies[dir]) {
		o->classes[i].applies[dir] = list + at;
		next[i] = (uint32_t)at;
	}
	for (size_t i = 0; i < c->n_applies[dir]; i++)
		list[next[c->applies[dir][i].class]++] = c->applies[dir][i].policy;
}

static void compile_services(struct np_oracle *o)
{
	const struct np_world *w = o->world;

	o->services = np_arena_array(&o->arena, w->n_services, sizeof(*o->services));
	for (size_t i = 0; i < w->n_services; i++)
		service_compile(o, &o->arena, i);
	node_ports_compile(o);
}

static void fix_readings(struct np_oracle *o, const struct np_readings *readings)
{
	for (int r = 0; r < NP_N_READINGS; r++) {
		if (readings->set[r] != NP_SET_OPEN)
			o->fixed |= READING_BIT(r);
		if (readings->set[r] == NP_SET_YES)
			o->fixed_yes |= READING_BIT(r);
	}
}

struct np_oracle *oracle_compile(const struct np_world *world, const struct np_readings *readings, bool spare)
{
	struct np_oracle *o = np_xcalloc(1, sizeof(*o));
	struct compiler c;

	o->world = world;
	o->spare = spare;
	o->strings = strings_new();
	o->port_names = strings_new();
	o->node_names = strings_new();
	fix_readings(o, readings);
	stages_init(o);
	classes_compile(o);
	compiler_init(&c, o);
	o->policies = np_arena_array(&o->arena, world->n_policies, sizeof(*o->policies));
	for (size_t i = 0; i < world->n_policies; i++)
		compile_policy(&c, (uint32_t)i);
	ports_compile(o);
	for (int dir = 0; dir < NP_N_DIRS; dir++) {
		spread_applies(&c, dir);
		if (!spare)
			lists_compile(o, &o->arena, 0, o->n_classes, (enum np_dir)dir);
	}
	compile_services(o);
	compiler_release(&c);
	return o;
}

struct np_oracle *np_oracle_new(const struct np_world *world, const struct np_readings *readings)
{
	return oracle_compile(world, readings, false);
}

void np_oracle_free(struct np_oracle *o)
{
	if (!o)
		return;
	strings_free(o->strings);
	strings_free(o->port_names);
	strings_free(o->node_names);
	np_arena_release(&o->arena);
	free(o);
}
