/*
 * scenario_select.c - selectors that cut: of the labels that there are, some match and some do not.
 * What matches here is only a guide for choosing; the verdicts are the oracle's.
 */
#include "np/base/mem.h"
#include "scene.h"

enum { TRIES = 40, MAX_POPULATION = 64 };

#define NS_NAME_KEY "kubernetes.io/metadata.name"

static bool holds(const struct np_requirement *q, const struct np_labels *labels)
{
	const struct np_str *value = np_labels_get(labels, q->key);
	bool in = false;

	for (size_t i = 0; value && i < q->n_values; i++)
		in |= np_str_eq(*value, q->values[i]);
	switch (q->op) {
	case NP_OP_IN:
		return in;
	case NP_OP_NOT_IN:
		return !in;
	case NP_OP_EXISTS:
		return value;
	default:
		return !value;
	}
}

static bool matches(const struct np_selector *sel, const struct np_labels *labels)
{
	for (size_t i = 0; i < sel->match_labels.n; i++) {
		const struct np_str *v = np_labels_get(labels, sel->match_labels.items[i].key);

		if (!v || !np_str_eq(*v, sel->match_labels.items[i].value))
			return false;
	}
	for (size_t i = 0; i < sel->n_exprs; i++)
		if (!holds(&sel->exprs[i], labels))
			return false;
	return true;
}

struct population {
	const struct np_labels *of[MAX_POPULATION];
	size_t n;
};

/* A label of some member; a made-up one when there is none. */
static struct np_label some_label(struct scene *s, const struct population *p)
{
	for (unsigned i = 0; p->n && i < TRIES; i++) {
		const struct np_labels *l = p->of[scene_below(s, p->n)];

		if (l->n)
			return l->items[scene_below(s, l->n)];
	}
	return (struct np_label){ NP_STR("app"), NP_STR("web") };
}

/* Another value of the key, else one that nobody has. */
static struct np_str other_value(struct scene *s, const struct population *p,
				 const struct np_label *l)
{
	for (unsigned i = 0; p->n && i < TRIES; i++) {
		const struct np_str *v = np_labels_get(p->of[scene_below(s, p->n)], l->key);

		if (v && !np_str_eq(*v, l->value))
			return *v;
	}
	return NP_STR("no-such-value");
}

static void add_label(struct scene *s, struct np_label l, struct np_selector *ret)
{
	if (!ret->match_labels.items)
		ret->match_labels.items = np_arena_array(s->arena, 2, sizeof(struct np_label));
	ret->match_labels.items[ret->match_labels.n++] = l;
	np_labels_sort(&ret->match_labels);
}

/* @n_values of 2: the label's value stands behind another one, or before it. */
static void add_requirement(struct scene *s, const struct population *p, struct np_label l,
			    enum np_op op, size_t n_values, struct np_selector *ret)
{
	struct np_requirement *q;

	if (!ret->exprs)
		ret->exprs = np_arena_array(s->arena, 2, sizeof(*ret->exprs));
	q = &ret->exprs[ret->n_exprs++];
	*q = (struct np_requirement){ .key = l.key, .op = op, .n_values = n_values };
	q->values = np_arena_array(s->arena, 2, sizeof(*q->values));
	q->values[0] = l.value;
	if (n_values == 2)
		q->values[1] = other_value(s, p, &l);
	if (n_values == 2 && scene_below(s, 2)) {
		q->values[0] = q->values[1];
		q->values[1] = l.value;
	}
}

static void two_labels(struct scene *s, const struct population *p, struct np_selector *ret)
{
	struct np_label first = some_label(s, p), second = some_label(s, p);

	for (unsigned i = 0; i < TRIES; i++) {
		const struct np_labels *l = p->of[scene_below(s, p->n)];

		if (l->n < 2)
			continue;
		first = l->items[scene_below(s, l->n - 1)];
		second = l->items[l->n - 1];
		break;
	}
	add_label(s, first, ret);
	if (!np_str_eq(first.key, second.key))
		add_label(s, second, ret);
}

static void draw_form(struct scene *s, unsigned form, const struct population *p,
		      struct np_selector *ret)
{
	static const struct {
		enum np_op op;
		uint8_t n_values;
	} forms[N_SELS] = {
		[SEL_IN1] = { NP_OP_IN, 1 },	    [SEL_INN] = { NP_OP_IN, 2 },
		[SEL_NOTIN1] = { NP_OP_NOT_IN, 1 }, [SEL_NOTINN] = { NP_OP_NOT_IN, 2 },
		[SEL_EXISTS] = { NP_OP_EXISTS, 0 }, [SEL_ABSENT] = { NP_OP_NOT_EXISTS, 0 },
	};
	struct np_label l = some_label(s, p);

	*ret = (struct np_selector){ 0 };
	switch (form) {
	case SEL_EMPTY:
		break;
	case SEL_LABEL:
		add_label(s, l, ret);
		break;
	case SEL_LABELS:
		two_labels(s, p, ret);
		break;
	case SEL_MIXED:
		add_label(s, l, ret);
		add_requirement(s, p, some_label(s, p),
				scene_below(s, 2) ? NP_OP_NOT_IN : NP_OP_NOT_EXISTS, 0, ret);
		if (ret->exprs[0].op == NP_OP_NOT_IN)
			ret->exprs[0].n_values = 1;
		break;
	case SEL_NOTHING:
		add_label(s, (struct np_label){ l.key, NP_STR("no-such-value") }, ret);
		break;
	default:
		add_requirement(s, p, l, forms[form].op, forms[form].n_values, ret);
		break;
	}
}

static bool cuts(const struct np_selector *sel, const struct population *p)
{
	size_t in = 0;

	for (size_t i = 0; i < p->n; i++)
		in += matches(sel, p->of[i]);
	return in && in < p->n;
}

/* Over @n sets of labels. */
static void draw_selector(struct scene *s, unsigned form, const struct np_labels *const *of, size_t n,
			  struct np_selector *ret)
{
	struct population p = { .n = n < MAX_POPULATION ? n : MAX_POPULATION };

	if (p.n)
		memcpy(p.of, of, p.n * sizeof(*of));
	for (unsigned i = 0; i < TRIES; i++) {
		draw_form(s, form, &p, ret);
		if (form == SEL_EMPTY || form == SEL_NOTHING || cuts(ret, &p))
			return;
	}
}

void scene_pod_selector(struct scene *s, unsigned form, struct np_str ns, struct np_selector *ret)
{
	const struct np_labels *of[MAX_POPULATION];
	size_t n = 0;

	for (size_t i = 0; i < s->w.n_pods && n < MAX_POPULATION; i++)
		if (!s->w.pods[i].host_network && (!ns.n || np_str_eq(s->w.pods[i].ns, ns)))
			of[n++] = &s->w.pods[i].labels;
	draw_selector(s, form, of, n, ret);
}

void scene_ns_selector(struct scene *s, unsigned form, struct np_selector *ret)
{
	static const uint8_t sels[] = {
		[NSSEL_EMPTY] = SEL_EMPTY,   [NSSEL_LABEL] = SEL_LABEL,
		[NSSEL_NAME] = SEL_LABEL,    [NSSEL_INN] = SEL_INN,
		[NSSEL_NOTINN] = SEL_NOTINN, [NSSEL_EXISTS] = SEL_EXISTS,
		[NSSEL_ABSENT] = SEL_ABSENT, [NSSEL_NOTHING] = SEL_NOTHING
	};
	const struct np_labels *of[MAX_POPULATION];
	size_t n = 0;

	for (size_t i = 0; i < s->w.n_namespaces && n < MAX_POPULATION; i++)
		of[n++] = &s->w.namespaces[i].labels;
	draw_selector(s, sels[form], of, n, ret);
	if (form == NSSEL_NAME) {
		*ret = (struct np_selector){ 0 };
		add_label(s,
			  (struct np_label){ NP_STR(NS_NAME_KEY),
					     s->w.namespaces[scene_below(s, n)].name },
			  ret);
	}
}

const struct np_pod *scene_selected(struct scene *s, const struct np_selector *sel,
				    struct np_str ns)
{
	size_t at = s->n_lasting ? scene_below(s, s->n_lasting) : 0;

	for (size_t i = 0; i < s->n_lasting; i++) {
		const struct np_pod *pod = &s->w.pods[(at + i) % s->n_lasting];

		if (!pod->host_network && (!ns.n || np_str_eq(pod->ns, ns)) &&
		    matches(sel, &pod->labels))
			return pod;
	}
	return NULL;
}
