/* selector.c - labels and selectors out of a world's few words. */
#include "draw.h"

#include "np/base/mem.h"

static const struct np_str ns_name_key = NP_STR("kubernetes.io/metadata.name");

static struct np_str any_key(struct gen *g)
{
	return g->keys[gen_below(g, VOCAB_KEYS)];
}

static struct np_str any_value(struct gen *g)
{
	return g->values[gen_below(g, VOCAB_VALUES)];
}

void gen_labels(struct gen *g, unsigned level, const struct np_labels *other, struct np_labels *ret)
{
	static const struct np_label odd[] = {
		{ NP_STR("k8s-app"), NP_STR("kube-dns") },
		{ NP_STR("role"), NP_STR("1e3") },
		{ NP_STR("kubernetes.io/metadata.name"), NP_STR("a") },
	};
	size_t n = level == LABELS_NONE ? 0 : level == LABELS_ONE ? 1 : 2 + gen_below(g, 2);

	if (level == LABELS_SAME && other) {
		ret->items = np_arena_array(&g->w->arena, other->n, sizeof(*ret->items));
		ret->n = other->n;
		if (other->n)
			memcpy(ret->items, other->items, other->n * sizeof(*ret->items));
		return;
	}
	ret->items = np_arena_array(&g->w->arena, n + 1, sizeof(*ret->items));
	for (size_t i = 0; i < n; i++)
		ret->items[i] = (struct np_label){ any_key(g), any_value(g) };
	if (level == LABELS_ODD)
		ret->items[n++] = odd[gen_below(g, NP_ARRAY_SIZE(odd))];
	ret->n = n;
	np_labels_sort(ret);
}

/* Labels of some object of the kind; NULL when there is none with labels. */
static const struct np_labels *some_labels(struct gen *g, bool of_namespaces)
{
	size_t n = of_namespaces ? g->w->n_namespaces : g->w->n_pods;
	size_t at = gen_below(g, n);

	for (size_t i = 0; i < n; i++, at = (at + 1) % n) {
		const struct np_labels *labels = of_namespaces ? &g->w->namespaces[at].labels :
								 &g->w->pods[at].labels;

		if (labels->n)
			return labels;
	}
	return NULL;
}

/* A key, and a value that some object has with it. */
static struct np_label draw_label(struct gen *g, bool of_namespaces)
{
	const struct np_labels *labels = some_labels(g, of_namespaces);
	unsigned level = gen_draw(g, NP_DIM_REQ_KEY);
	struct np_label l = { any_key(g), any_value(g) };

	if (level == KEY_NS_NAME && !of_namespaces)
		level = KEY_DRAWN;
	if (level == KEY_OF_OBJECT && labels) {
		l = labels->items[gen_below(g, labels->n)];
	} else if (level == KEY_NOWHERE) {
		l.key = NP_STR("no-such-key");
	} else if (level == KEY_NS_NAME && g->w->n_namespaces) {
		l.key = ns_name_key;
		l.value = g->w->namespaces[gen_below(g, g->w->n_namespaces)].name;
	}
	return l;
}

static void draw_values(struct gen *g, struct np_str hit, struct np_requirement *q)
{
	static const struct np_str miss = NP_STR("no-such-value");
	unsigned level = gen_draw(g, NP_DIM_REQ_VALUES);

	q->values = np_arena_array(&g->w->arena, 6, sizeof(*q->values));
	switch (level) {
	case VALUES_HIT:
		q->values[q->n_values++] = hit;
		break;
	case VALUES_MISS:
		q->values[q->n_values++] = gen_chance(g, 50) ? miss : any_value(g);
		break;
	case VALUES_HIT_AND_MISS:
		q->values[q->n_values++] = miss;
		q->values[q->n_values++] = hit;
		break;
	default:
		for (unsigned n = 3 + gen_below(g, 3); q->n_values < n;)
			q->values[q->n_values++] = any_value(g);
		q->values[gen_below(g, q->n_values)] = hit;
		break;
	}
}

static void draw_requirement(struct gen *g, bool of_namespaces, struct np_requirement *q)
{
	static const enum np_op ops[] = { [OP_IN] = NP_OP_IN, [OP_NOT_IN] = NP_OP_NOT_IN,
					  [OP_EXISTS] = NP_OP_EXISTS,
					  [OP_NOT_EXISTS] = NP_OP_NOT_EXISTS };
	struct np_label l = draw_label(g, of_namespaces);

	*q = (struct np_requirement){ .key = l.key, .op = ops[gen_draw(g, NP_DIM_REQ_OP)] };
	if (q->op == NP_OP_IN || q->op == NP_OP_NOT_IN)
		draw_values(g, l.value, q);
}

static void draw_match_labels(struct gen *g, bool of_namespaces, size_t n, struct np_selector *s)
{
	s->match_labels.items = np_arena_array(&g->w->arena, n, sizeof(struct np_label));
	s->match_labels.n = n;
	for (size_t i = 0; i < n; i++)
		s->match_labels.items[i] = draw_label(g, of_namespaces);
	np_labels_sort(&s->match_labels);
}

void gen_selector(struct gen *g, bool of_namespaces, struct np_selector *ret)
{
	static const struct {
		uint8_t labels, exprs;
	} parts[] = {
		[SELECTOR_EMPTY] = { 0, 0 },  [SELECTOR_LABEL] = { 1, 0 },
		[SELECTOR_LABELS] = { 2, 0 }, [SELECTOR_EXPR] = { 0, 1 },
		[SELECTOR_EXPRS] = { 0, 2 },  [SELECTOR_MIXED] = { 1, 1 },
		[SELECTOR_NOTHING] = { 0, 1 },
	};
	unsigned level = gen_draw(g, NP_DIM_SELECTOR_FORM);

	*ret = (struct np_selector){ 0 };
	draw_match_labels(g, of_namespaces, parts[level].labels, ret);
	ret->n_exprs = parts[level].exprs;
	ret->exprs = np_arena_array(&g->w->arena, ret->n_exprs, sizeof(*ret->exprs));
	for (size_t i = 0; i < ret->n_exprs; i++)
		draw_requirement(g, of_namespaces, &ret->exprs[i]);
	if (level == SELECTOR_NOTHING)
		ret->exprs[0] = (struct np_requirement){ .key = NP_STR("no-such-key"),
							 .op = NP_OP_EXISTS };
}
