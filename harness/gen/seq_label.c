/* seq_label.c - S4 and S5: labels that come and go. */
#include "np/base/mem.h"
#include "seq.h"

#define MAX_HOLDERS 3 /* of a label that is taken from all that have it */

struct labels_found {
	struct np_label items[64];
	size_t n;
};

static void note_label(struct labels_found *f, struct np_str key, struct np_str value)
{
	if (f->n < NP_ARRAY_SIZE(f->items))
		f->items[f->n++] = (struct np_label){ key, value };
}

static void note_labels(struct labels_found *f, const struct np_selector *sel)
{
	for (size_t i = 0; sel && i < sel->match_labels.n; i++)
		note_label(f, sel->match_labels.items[i].key, sel->match_labels.items[i].value);
	for (size_t i = 0; sel && i < sel->n_exprs; i++)
		note_label(f, sel->exprs[i].key,
			   sel->exprs[i].n_values ? sel->exprs[i].values[0] : NP_STR("any"));
}

static void note_labels_of(struct labels_found *f, const struct np_policy *p, bool of_ns)
{
	if (!of_ns)
		note_labels(f, &p->pod_selector);
	for (int d = 0; d < NP_N_DIRS; d++)
		for (size_t r = 0; r < p->n_rules[d]; r++)
			for (size_t k = 0; k < p->rules[d][r].n_peers; k++)
				note_labels(f, of_ns ? p->rules[d][r].peers[k].ns_selector
						     : p->rules[d][r].peers[k].pod_selector);
}

/* A label that some selector of the policies asks about; the API server's own is not ours to set.
 */
static struct np_label telling_label(struct scene *s, bool of_ns)
{
	struct labels_found f = { .n = 0 };

	for (size_t i = 0; i < s->n_policies; i++)
		note_labels_of(&f, &s->policies[i].p, of_ns);
	for (unsigned i = 0; f.n && i < 16; i++) {
		struct np_label l = f.items[scene_below(s, f.n)];

		if (!np_str_starts(l.key, "kubernetes.io/"))
			return l;
	}
	return of_ns ? (struct np_label){ NP_STR("env"), NP_STR("prod") }
		     : (struct np_label){ NP_STR("app"), NP_STR("web") };
}

struct holder {
	const char *kind;
	struct np_str ns, name;
	const struct np_labels *labels;
};

static struct holder nth_holder(const struct scene *s, bool of_ns, size_t i)
{
	if (of_ns)
		return (struct holder){ "Namespace", NP_STR_NONE, s->w.namespaces[i].name,
					&s->w.namespaces[i].labels };
	return (struct holder){ "Pod", s->w.pods[i].ns, s->w.pods[i].name, &s->w.pods[i].labels };
}

static bool has(const struct holder *h, const struct np_label *l)
{
	const struct np_str *v = np_labels_get(h->labels, l->key);

	return v && np_str_eq(*v, l->value);
}

static void put_back(struct scene *s, const struct holder *h, struct np_str key)
{
	const struct np_str *old = np_labels_get(h->labels, key);

	seq_label(s, h->kind, h->ns, h->name, key, old ? *old : NP_STR_NONE);
}

/* S4, S5: a label comes to one that has it not, goes from all that have it, and comes back. */
static void run_labels(struct scene *s, bool of_ns)
{
	size_t n = of_ns ? s->w.n_namespaces : s->w.n_pods, at = scene_below(s, n), n_taken = 0;
	struct np_label l = telling_label(s, of_ns);
	struct holder comes = nth_holder(s, of_ns, at), taken[MAX_HOLDERS];

	for (size_t i = 0; i < n && has(&comes, &l); i++)
		comes = nth_holder(s, of_ns, (at + i) % n);
	seq_apply_policies(s, 0);
	seq_expect(s);
	seq_label(s, comes.kind, comes.ns, comes.name, l.key, l.value);
	seq_expect(s);
	put_back(s, &comes, l.key);
	for (size_t i = 0; i < n && n_taken < MAX_HOLDERS; i++) {
		struct holder h = nth_holder(s, of_ns, (at + i) % n);

		if (!has(&h, &l))
			continue;
		taken[n_taken++] = h;
		seq_label(s, h.kind, h.ns, h.name, l.key,
			  scene_below(s, 3) ? NP_STR_NONE : NP_STR("changed"));
	}
	seq_expect(s);
	if (!n_taken)
		return;
	put_back(s, &taken[0], l.key);
	seq_expect(s);
}

void seq_pod_labels(struct scene *s)
{
	run_labels(s, false);
}

void seq_ns_labels(struct scene *s)
{
	run_labels(s, true);
}
