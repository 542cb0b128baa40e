/* verdict_yaml.c - the keys that a YAML document sets twice, as go-yaml's strict decoder lists them. */
#include "verdict.h"

#include <search.h>

/* More than a server's warnings can hold; the rest is not looked for. */
#define MAX_DISTINCT 1000

struct walk {
	const struct np_value *v;
	uint32_t next;
};

static void note(struct verdict *v, const struct np_pair *pair)
{
	const struct cell at = { pair->line, pair->column, true };

	np_buf_clear(&v->text);
	np_buf_printf(&v->text, "line %u: key ", pair->value.line);
	if (pair->key_kind == NP_VALUE_STRING)
		np_buf_go_quoted(&v->text, pair->key);
	else
		np_buf_addstr(&v->text, pair->key);
	np_buf_adds(&v->text, " already set in map");
	for (size_t i = 0; i < v->n_findings; i++)
		if (v->findings[i].type == NP_FINDING_DUPLICATE_FIELD &&
		    np_str_eq(v->findings[i].msg,
			      (struct np_str){ np_buf_text(&v->text), v->text.len }))
			return;
	verdict_add(v, NP_FINDING_DUPLICATE_FIELD, &at, NULL, NULL);
}

static int cmp_pointers(const void *a, const void *b)
{
	return (a > b) - (a < b);
}

static void keep(void *children)
{
	(void)children;
}

/* Whether a list or map is met for the first time: aliases stand for the same one again. */
static bool is_new(void **seen, const struct np_value *v)
{
	if (tfind(v->items, seen, cmp_pointers))
		return false;
	if (!tsearch(v->items, seen, cmp_pointers))
		abort(); /* no memory; np_x*() would have ended the program */
	return true;
}

/* In document order, what is inside a value before its key. */
void verdict_yaml_duplicates(struct verdict *v, const struct np_value *root)
{
	struct walk *stack = NULL;
	size_t n = 0, cap = 0;
	void *seen = NULL;

	if (!root->height)
		return;
	stack = np_grow(stack, &cap, n, sizeof(*stack));
	stack[n++] = (struct walk){ root, 0 };
	while (n && v->n_findings < MAX_DISTINCT) {
		struct walk *w = &stack[n - 1];
		const struct np_value *child;

		/* The child before is complete. */
		if (w->next && w->v->kind == NP_VALUE_MAP && w->v->pairs[w->next - 1].duplicate)
			note(v, &w->v->pairs[w->next - 1]);
		if (w->next == w->v->n) {
			n--;
			continue;
		}
		child = w->v->kind == NP_VALUE_MAP ? &w->v->pairs[w->next].value
						   : &w->v->items[w->next];
		w->next++;
		if (child->height && child->n && is_new(&seen, child)) {
			stack = np_grow(stack, &cap, n, sizeof(*stack));
			stack[n++] = (struct walk){ child, 0 };
		}
	}
	free(stack);
	tdestroy(seen, keep);
}
