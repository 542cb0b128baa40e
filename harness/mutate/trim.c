/* trim.c - smaller inputs that are as interesting. */
#include "input.h"

#include "np/base/mem.h"
#include "schema.h"
#include "write.h"

#define MAX_NODES 1500 /* of a tree that are tried */
#define MAX_PIECES 1024

struct np_trim {
	struct np_mutate_opts opts;
	struct np_arena arena;
	struct minput input;
	struct np_buf best, text;
	size_t n_steps, step;
	bool open; /* a candidate is out */

	/* A tree: */
	struct mnode *root; /* NULL: bytes */
	bool yaml;
	struct mnode **nodes; /* level by level, so that large parts come first */
	size_t n_nodes;
	struct mnode *node; /* what was changed for the candidate, and how it was */
	struct mnode *parent, *next;
	struct np_str old;

	/* Bytes: */
	size_t piece, at;
};

/* ---- steps ---- */

/* Level by level below the root. */
static void list_nodes(struct np_trim *t)
{
	size_t done = 0;
	const struct mnode *up = t->root;

	t->nodes = np_arena_array(&t->arena, MAX_NODES, sizeof(struct mnode *));
	for (;;) {
		for (struct mnode *k = up->first; k && t->n_nodes < MAX_NODES; k = k->next)
			t->nodes[t->n_nodes++] = k;
		if (done == t->n_nodes)
			return;
		up = t->nodes[done++];
	}
}

/* A step that writes the tree anew, one for each node to drop it, one for each to shorten it. */
static size_t count_steps(const struct np_trim *t)
{
	size_t pieces = 0;

	if (t->root)
		return 1 + 2 * t->n_nodes;
	for (size_t piece = t->piece; piece; piece /= 2)
		pieces += (t->best.len + piece - 1) / piece;
	return pieces < MAX_PIECES ? pieces : MAX_PIECES;
}

struct np_trim *np_trim_new(const struct np_mutate_opts *opts, struct np_str input)
{
	struct np_trim *t = np_xcalloc(1, sizeof(*t));

	t->opts = *opts;
	np_buf_add(&t->best, input.p, input.n);
	/* The tree borrows the copy, which is not changed as long as the tree is there. */
	np_buf_add(&t->input.text, input.p, input.n);
	t->root = minput_read(&(struct minput){ 0 }, &(struct np_mutate_opts){ 0 }, &t->arena,
			      (struct np_str){ np_buf_text(&t->input.text), t->input.text.len });
	if (!t->root && opts->yaml_to_json && input.n <= NP_MUTATE_MAX_INPUT)
		t->root = minput_read(&t->input, &t->opts, &t->arena, input);
	t->yaml = opts->format == NP_MUTATE_YAML ||
		  (opts->format == NP_MUTATE_SAME && !minput_is_json(input));
	if (t->root)
		list_nodes(t);
	t->piece = input.n / 2;
	t->n_steps = count_steps(t);
	return t;
}

void np_trim_free(struct np_trim *t)
{
	if (!t)
		return;
	np_arena_release(&t->arena);
	minput_release(&t->input);
	np_buf_release(&t->best);
	np_buf_release(&t->text);
	free(t);
}

size_t np_trim_steps(const struct np_trim *t)
{
	return t->n_steps;
}

size_t np_trim_step(const struct np_trim *t)
{
	return t->step;
}

struct np_str np_trim_best(const struct np_trim *t)
{
	return (struct np_str){ np_buf_text(&t->best), t->best.len };
}

/* ---- trees ---- */

static void drop(struct np_trim *t, struct mnode *n)
{
	t->node = n;
	t->parent = n->parent;
	t->next = n->next;
	mnode_remove(n);
}

/* The shortest value that is as valid, by type. */
static struct np_str short_value(const struct mnode *n)
{
	switch (n->type) {
	case MT_CIDR:
	case MT_EXCEPT:
		return n->text.n && memchr(n->text.p, ':', n->text.n) ? NP_STR("::/0")
								      : NP_STR("0.0.0.0/0");
	case MT_API_VERSION:
	case MT_KIND:
	case MT_OPERATOR:
	case MT_PROTOCOL:
	case MT_TYPE:
		return n->text;
	default:
		return n->kind == MK_NUMBER ? NP_STR("1") : NP_STR("a");
	}
}

static bool shorten(struct np_trim *t, struct mnode *n)
{
	struct np_str s;

	if (n->kind != MK_STRING && n->kind != MK_NUMBER)
		return false;
	s = short_value(n);
	if (s.n >= n->text.n)
		return false;
	t->node = n;
	t->parent = NULL;
	t->old = n->text;
	n->text = s;
	return true;
}

static void undo(struct np_trim *t)
{
	if (!t->node)
		return;
	if (t->parent)
		mnode_insert(t->parent, t->next, t->node);
	else
		t->node->text = t->old;
	t->node = NULL;
}

/* Makes the change of a step; false when there is none to make. */
static bool change_tree(struct np_trim *t, size_t step)
{
	struct mnode *n;

	t->node = NULL;
	if (!step)
		return true;
	n = t->nodes[(step - 1) % t->n_nodes];
	if (!mnode_within(n, t->root))
		return false;
	if (step <= t->n_nodes) {
		drop(t, n);
		return true;
	}
	return shorten(t, n);
}

static bool try_tree(struct np_trim *t, size_t step)
{
	if (!change_tree(t, step))
		return false;
	np_buf_clear(&t->text);
	if (t->yaml)
		mwrite_yaml(t->root, MSTYLE_COMPACT, &t->text);
	else
		mwrite_json(t->root, &t->text);
	if (t->text.len < t->best.len)
		return true;
	/* The layout of the text that it was read from is shorter than ours. */
	undo(t);
	return false;
}

/* ---- bytes ---- */

static bool try_bytes(struct np_trim *t)
{
	size_t len;

	while (t->piece && t->at >= t->best.len) {
		t->piece /= 2;
		t->at = 0;
	}
	if (!t->piece || !t->best.len)
		return false;
	len = t->best.len - t->at < t->piece ? t->best.len - t->at : t->piece;
	np_buf_clear(&t->text);
	np_buf_add(&t->text, t->best.data, t->at);
	np_buf_add(&t->text, t->best.data + t->at + len, t->best.len - t->at - len);
	return true;
}

/* ---- the caller ---- */

bool np_trim_next(struct np_trim *t, struct np_str *ret)
{
	if (t->open)
		np_trim_judge(t, false);
	while (t->step < t->n_steps) {
		size_t step = t->step++;

		if (!(t->root ? try_tree(t, step) : try_bytes(t)))
			continue;
		t->open = true;
		*ret = (struct np_str){ np_buf_text(&t->text), t->text.len };
		return true;
	}
	return false;
}

void np_trim_judge(struct np_trim *t, bool keep)
{
	if (!t->open)
		return;
	t->open = false;
	if (keep) {
		struct np_buf swap = t->best;

		t->best = t->text;
		t->text = swap;
		t->node = NULL;
	} else if (t->root) {
		undo(t);
	}
	if (!t->root && !keep)
		t->at += t->piece;
}
