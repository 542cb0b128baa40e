/* lint.c - the policies of a folder together: directions, DNS, duplicates. */
#include "lint.h"

#include <stdarg.h>

#include "np/base/buf.h"
#include "np/base/mem.h"

const char *np_lint_rule_name(enum np_lint_rule rule)
{
	static const char *const names[] = {
		[NP_LINT_MISSPELT] = "misspelt",
		[NP_LINT_INEFFECTIVE] = "ineffective",
		[NP_LINT_DNS] = "dns",
		[NP_LINT_SELECTS_NOTHING] = "selects-nothing",
		[NP_LINT_EXCEPT_COVERS] = "except-covers",
		[NP_LINT_DUPLICATE] = "duplicate",
		[NP_LINT_SHADOWED] = "shadowed",
	};

	return names[rule];
}

struct np_lint *np_lint_new(const struct np_world *world)
{
	struct np_lint *l = np_xcalloc(1, sizeof(*l));

	l->world = world;
	return l;
}

void np_lint_free(struct np_lint *l)
{
	if (!l)
		return;
	np_arena_release(&l->arena);
	free(l->policies);
	free(l->notes);
	free(l);
}

void lint_note(struct np_lint *l, enum np_lint_rule rule, size_t document,
	       const struct np_place *place, const char *fmt, ...)
{
	struct np_buf b = { 0 };
	va_list ap;

	if (l->n_notes == NP_LINT_MAX_NOTES)
		return;
	va_start(ap, fmt);
	np_buf_vprintf(&b, fmt, ap);
	va_end(ap);
	l->notes = np_grow(l->notes, &l->cap_notes, l->n_notes, sizeof(*l->notes));
	l->notes[l->n_notes++] = (struct np_lint_note){
		.rule = rule,
		.document = document,
		.place = *place,
		.msg = np_arena_str(&l->arena, (struct np_str){ np_buf_text(&b), b.len }),
	};
	np_buf_release(&b);
}

void np_lint_add(struct np_lint *l, const struct np_validation *v, enum np_decode_mode mode,
		 const char *file)
{
	const struct np_decode_opts opts = {
		.file = file, .fields = NP_FIELDS_IGNORE, .mode = mode
	};
	struct lint_policy p = { .document = l->n_documents };

	if (v->object)
		lint_fields(l, v->object, file);
	l->n_documents++;
	if (v->stage != NP_STAGE_ACCEPT ||
	    np_decode_policy(v->object, &opts, &l->arena, &p.policy, NULL, NULL))
		return;
	p.spec = np_arena_str(&l->arena, v->spec);
	l->policies = np_grow(l->policies, &l->cap, l->n, sizeof(*l->policies));
	l->policies[l->n++] = p;
}

/* ---- directions ---- */

static void check_directions(struct np_lint *l, const struct lint_policy *p)
{
	static const char *const types[] = { [NP_INGRESS] = "Ingress", [NP_EGRESS] = "Egress" };

	for (int d = 0; d < NP_N_DIRS; d++)
		if (!p->policy.types[d] && p->policy.n_rules[d])
			lint_note(l, NP_LINT_INEFFECTIVE, p->document,
				  &p->policy.rules[d][0].place,
				  "the %s rules have no effect: policyTypes does not list %s",
				  np_dir_name((enum np_dir)d), types[d]);
}

/* ---- DNS ---- */

static bool port_allows_dns(const struct np_port *p)
{
	if (p->proto != NP_UDP)
		return false;
	switch (p->kind) {
	case NP_PORT_ANY:
		return true;
	case NP_PORT_NUMBER:
		return p->port == 53;
	case NP_PORT_RANGE:
		return p->port <= 53 && p->end_port >= 53;
	case NP_PORT_NAME:
		return memmem(p->name.p, p->name.n, "dns", 3);
	}
	return false;
}

static bool allows_dns(const struct np_policy *p)
{
	for (size_t i = 0; p->types[NP_EGRESS] && i < p->n_rules[NP_EGRESS]; i++) {
		const struct np_rule *r = &p->rules[NP_EGRESS][i];

		if (!r->n_ports)
			return true;
		for (size_t k = 0; k < r->n_ports; k++)
			if (port_allows_dns(&r->ports[k]))
				return true;
	}
	return false;
}

static bool same_labels(const struct np_labels *a, const struct np_labels *b)
{
	if (a->n != b->n)
		return false;
	for (size_t i = 0; i < a->n; i++)
		if (!np_str_eq(a->items[i].key, b->items[i].key) ||
		    !np_str_eq(a->items[i].value, b->items[i].value))
			return false;
	return true;
}

/* Whether @a surely selects what @b does: it selects all, or is made of the same labels. */
static bool selects_as_much(const struct np_selector *a, const struct np_selector *b)
{
	if (a->n_exprs)
		return false;
	return !a->match_labels.n ||
	       (!b->n_exprs && same_labels(&a->match_labels, &b->match_labels));
}

/* Policies of a namespace stand next to each other: [*@ret_from, returned). */
static size_t namespace_end(const struct np_lint *l, size_t from)
{
	size_t i = from;

	while (i < l->n && np_str_eq(l->policies[i].policy.ns, l->policies[from].policy.ns))
		i++;
	return i;
}

#define MAX_HELPERS 64	/* of policies that let DNS through, in one namespace */

static void check_dns(struct np_lint *l, size_t from, size_t to)
{
	const struct np_policy *helpers[MAX_HELPERS];
	size_t n = 0, k;

	for (size_t i = from; i < to && n < MAX_HELPERS; i++)
		if (allows_dns(&l->policies[i].policy))
			helpers[n++] = &l->policies[i].policy;
	for (size_t i = from; i < to && n < MAX_HELPERS; i++) {
		const struct np_policy *p = &l->policies[i].policy;

		if (!p->types[NP_EGRESS])
			continue;
		for (k = 0; k < n && !selects_as_much(&helpers[k]->pod_selector, &p->pod_selector) &&
			    helpers[k] != p;)
			k++;
		if (k == n)
			lint_note(l, NP_LINT_DNS, l->policies[i].document, &p->place,
				  "the pods cannot resolve names: egress is isolated and nothing here "
				  "lets UDP port 53 out of them");
	}
}

/* ---- duplicates ---- */

static int cmp_name(const void *a, const void *b)
{
	const struct lint_policy *x = a, *y = b;
	int c = np_str_cmp(x->policy.ns, y->policy.ns);

	if (!c)
		c = np_str_cmp(x->policy.name, y->policy.name);
	return c ? c : (x->document > y->document) - (x->document < y->document);
}

static int cmp_spec(const void *a, const void *b)
{
	const struct lint_policy *x = *(const struct lint_policy *const *)a,
				 *y = *(const struct lint_policy *const *)b;
	int c = np_str_cmp(x->policy.ns, y->policy.ns);

	if (!c)
		c = np_str_cmp(x->spec, y->spec);
	return c ? c : (x->document > y->document) - (x->document < y->document);
}

static void check_names(struct np_lint *l)
{
	for (size_t i = 1; i < l->n; i++) {
		const struct np_policy *a = &l->policies[i - 1].policy, *b = &l->policies[i].policy;

		if (np_str_eq(a->ns, b->ns) && np_str_eq(a->name, b->name))
			lint_note(l, NP_LINT_DUPLICATE, l->policies[i].document, &b->place,
				  "another policy '" NP_STR_FMT "/" NP_STR_FMT
				  "' is in %s, line %u: the last to be applied is what remains",
				  NP_STR_ARG(b->ns), NP_STR_ARG(b->name),
				  a->place.file ? a->place.file : "?", a->place.line);
	}
}

static void check_specs(struct np_lint *l)
{
	const struct lint_policy **order =
		np_arena_array(&l->arena, l->n, sizeof(const struct lint_policy *));

	for (size_t i = 0; i < l->n; i++)
		order[i] = &l->policies[i];
	qsort(order, l->n, sizeof(*order), cmp_spec);
	for (size_t i = 1; i < l->n; i++) {
		const struct np_policy *a = &order[i - 1]->policy, *b = &order[i]->policy;

		if (np_str_eq(a->ns, b->ns) && np_str_eq(order[i - 1]->spec, order[i]->spec) &&
		    !np_str_eq(a->name, b->name))
			lint_note(l, NP_LINT_DUPLICATE, order[i]->document, &b->place,
				  "says the same as policy '" NP_STR_FMT "'", NP_STR_ARG(a->name));
	}
}

static int cmp_notes(const void *a, const void *b)
{
	const struct np_lint_note *x = a, *y = b;

	if (x->document != y->document)
		return x->document < y->document ? -1 : 1;
	if (x->place.line != y->place.line)
		return x->place.line < y->place.line ? -1 : 1;
	return x->rule != y->rule ? (int)x->rule - (int)y->rule : np_str_cmp(x->msg, y->msg);
}

const struct np_lint_note *np_lint_notes(struct np_lint *l, size_t *ret_n)
{
	if (l->n)
		qsort(l->policies, l->n, sizeof(*l->policies), cmp_name);
	for (size_t i = 0; i < l->n; i++) {
		check_directions(l, &l->policies[i]);
		lint_rules(l, &l->policies[i]);
		if (l->world)
			lint_world(l, &l->policies[i]);
	}
	for (size_t from = 0, to; from < l->n; from = to) {
		to = namespace_end(l, from);
		check_dns(l, from, to);
	}
	check_names(l);
	check_specs(l);
	if (l->n_notes)
		qsort(l->notes, l->n_notes, sizeof(*l->notes), cmp_notes);
	*ret_n = l->n_notes;
	return l->notes;
}
