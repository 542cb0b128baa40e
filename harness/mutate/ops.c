/* ops.c - operators that work on every type: add, drop, duplicate, move, swap, graft, boundaries.
 */
#include "ops.h"

#include "np/base/mem.h"

/* ---- add and drop ---- */

static bool add_field(struct mstate *s, struct mnode *map)
{
	const struct mschema *m = &mschema[map->type];
	unsigned total = 0, at;

	for (unsigned i = 0; i < m->n_fields; i++)
		if (!mnode_get(map, m->fields[i].name))
			total += m->fields[i].weight;
	if (!total)
		return false;
	at = (unsigned)mbelow(s, total);
	for (unsigned i = 0; i < m->n_fields; i++) {
		const struct mfield *f = &m->fields[i];
		struct mnode *n;

		if (mnode_get(map, f->name))
			continue;
		if (at >= f->weight) {
			at -= f->weight;
			continue;
		}
		n = mgen(s, f->type);
		mnode_set(map, f->name, n);
		mlog(s, "add", mschema[f->type].name);
		return true;
	}
	return false;
}

static bool op_add(struct mstate *s)
{
	struct mnode *at = mpick(s, s->root, M_MAPS | (M_LISTS & ~MASK(MT_FINALIZERS))), *n;
	const struct mschema *m;

	if (!at)
		return false;
	m = &mschema[at->type];
	if (at->kind == MK_NULL)
		mnode_become(at, (enum mkind)m->kind, NP_STR_NONE);
	if (at->kind != m->kind)
		return false;
	if (at->kind == MK_MAP && m->fields)
		return add_field(s, at);
	n = mgen(s, m->item);
	if (at->kind == MK_MAP)
		n->key = mgen_key(s, MT_LABEL_KEY, true);
	mput_anywhere(s, at, n);
	mlog(s, "add", m->name);
	return true;
}

/* What a document cannot do without is repaired at once, so dropping it would change nothing. */
#define M_NEEDED                                                                                   \
	(MASK(MT_API_VERSION) | MASK(MT_KIND) | MASK(MT_META) | MASK(MT_NAME) | MASK(MT_CIDR) |    \
	 MASK(MT_LABEL_KEY) | MASK(MT_OPERATOR) | MASK(MT_POLICY) | MASK(MT_LIST) |                \
	 MASK(MT_ITEMS) | MASK(MT_EVENT) | MASK(MT_NAMESPACE))

/* Of what is not in the schema only a hostile mutant has use. */
static uint64_t movable(const struct mstate *s)
{
	return s->hostile ? ~M_NEEDED : ~(M_NEEDED | MASK(MT_ANY) | MASK(MT_SERVER));
}

static bool op_drop(struct mstate *s)
{
	struct mnode *n = mpick(s, s->root, movable(s));

	if (!n || !n->parent)
		return false;
	mlog(s, "drop", mschema[n->type].name);
	mnode_remove(n);
	return true;
}

/* ---- elements of lists ---- */

static struct mnode *pick_element(struct mstate *s)
{
	struct mnode *n = mpick(s, s->root, M_ELEMENTS);

	return n && n->parent && n->parent->kind == MK_LIST ? n : NULL;
}

static bool op_duplicate(struct mstate *s)
{
	struct mnode *n = pick_element(s);

	if (!n)
		return false;
	mput_anywhere(s, n->parent, mnode_copy(&s->arena, n));
	mlog(s, "dup", mschema[n->type].name);
	return true;
}

#define MANY_MAX 150
#define MANY_NODES 4000

static size_t count_nodes(const struct mnode *top)
{
	size_t count = 0;

	for (const struct mnode *n = top; n; n = mnode_next(n, top))
		count++;
	return count;
}

static bool op_many(struct mstate *s)
{
	struct mnode *n = pick_element(s);
	size_t count;

	if (!n)
		return false;
	count = 8 + mbelow(s, mone_in(s, 8) ? MANY_MAX : 8);
	if (count * count_nodes(n) > MANY_NODES)
		return false;
	mlog(s, "many", mschema[n->type].name);
	for (bool same = mone_in(s, 2); count; count--)
		mnode_append(n->parent, same ? mnode_copy(&s->arena, n) : mgen(s, n->type));
	return true;
}

/* To another list of the same type, or to another place of its own. */
static bool op_move(struct mstate *s)
{
	struct mnode *n = pick_element(s), *to;

	if (!n)
		return false;
	to = mpick(s, s->root, MASK(n->parent->type));
	if (to->kind != MK_LIST || mnode_within(to, n))
		return false;
	mnode_remove(n);
	mput_anywhere(s, to, n);
	mlog(s, "move", mschema[n->type].name);
	return true;
}

static bool op_swap(struct mstate *s)
{
	struct mnode *a = mpick(s, s->root, movable(s) | MASK(MT_CIDR) | MASK(MT_LABEL_KEY)), *b;

	if (!a || !a->parent)
		return false;
	b = mpick(s, s->root, MASK(a->type));
	if (a == b || mnode_within(a, b) || mnode_within(b, a))
		return false;
	mnode_swap(a, b);
	mlog(s, "swap", mschema[a->type].name);
	return true;
}

/* ---- from another document ---- */

#define M_DONORS                                                                                   \
	(M_MAPS | M_LISTS | M_ELEMENTS | MASK(MT_CIDR) | MASK(MT_PORT_VALUE) |                     \
	 MASK(MT_LABEL_KEY) | MASK(MT_PROTOCOL))

/* A map without a field of this type that could have one; *@ret_name: what it is called there. */
static struct mnode *find_owner(struct mstate *s, unsigned type, const char **ret_name)
{
	const struct mfield *field = NULL;
	uint64_t mask = 0;
	struct mnode *map;

	for (unsigned t = 0; t < N_MTYPES; t++)
		for (unsigned i = 0; i < mschema[t].n_fields; i++)
			if (mschema[t].fields[i].type == type)
				mask |= MASK(t);
	map = mpick(s, s->root, mask);
	if (!map || map->kind != MK_MAP)
		return NULL;
	for (unsigned i = 0; i < mschema[map->type].n_fields; i++)
		if (mschema[map->type].fields[i].type == type)
			field = &mschema[map->type].fields[i];
	*ret_name = field ? field->name : "";
	return !field || mnode_get(map, field->name) ? NULL : map;
}

struct mnode *mother(struct mstate *s)
{
	if (!s->other && s->read_other)
		s->other = s->read_other(s->ctx);
	if (!s->other)
		s->other = s->root;
	return s->other;
}

bool mop_graft(struct mstate *s)
{
	struct mnode *donor = mpick(s, mother(s), M_DONORS & ~MASK(MT_POLICY)), *at, *copy;
	const char *name = "";

	if (!donor)
		return false;
	copy = mnode_copy(&s->arena, donor);
	at = mpick(s, s->root, MASK(donor->type));
	if (!at) {
		at = find_owner(s, donor->type, &name);
		if (!at)
			return false;
		mnode_set(at, name, copy);
	} else if (at->parent && at->parent->kind == MK_LIST && mone_in(s, 2)) {
		mput_anywhere(s, at->parent, copy);
	} else if (at->kind == MK_LIST && copy->kind == MK_LIST && copy->n && mone_in(s, 2)) {
		struct mnode *item = mpick_child(s, copy);

		mnode_remove(item);
		mput_anywhere(s, at, item);
	} else {
		mnode_replace(at, copy);
	}
	mlog(s, "graft", mschema[donor->type].name);
	return true;
}

/* ---- values ---- */

static bool op_boundary(struct mstate *s)
{
	struct mnode *n = mpick(s, s->root, M_SCALARS);

	if (!n)
		return false;
	mnode_replace(n, mgen_scalar(s, n->type, true));
	mlog(s, "bound", mschema[n->type].name);
	return true;
}

static bool op_label_key(struct mstate *s)
{
	struct mnode *map = mpick(s, s->root, M_LABEL_MAPS | MASK(MT_ANNOTATIONS)), *n;

	if (!map || !map->n)
		return false;
	n = mpick_child(s, map);
	n->key = mgen_key(s, MT_LABEL_KEY, true);
	mlog(s, "bound", "labelkey");
	return true;
}

/* Types whose values mean the same thing, so that they can collide. */
static const uint64_t kin[] = {
	MASK(MT_CIDR) | MASK(MT_EXCEPT),
	MASK(MT_PORT_VALUE) | MASK(MT_END_PORT),
	MASK(MT_LABEL_VALUE),
	MASK(MT_LABEL_KEY),
	MASK(MT_PROTOCOL),
	M_RULES,
	MASK(MT_SELECTOR),
	MASK(MT_NAME) | MASK(MT_LABEL_VALUE) | MASK(MT_NAMESPACE),
};

/* Another place of the kind gets the very same value. */
static bool op_collide(struct mstate *s)
{
	uint64_t mask = kin[mbelow(s, NP_ARRAY_SIZE(kin))];
	struct mnode *a = mpick(s, s->root, mask), *b;
	unsigned type;

	if (!a || s->n_found < 2)
		return false;
	b = s->found[mbelow(s, s->n_found)];
	if (a == b || mnode_within(a, b) || mnode_within(b, a) || b->type == MT_NAMESPACE)
		return false;
	type = b->type;
	mnode_replace(b, mnode_copy(&s->arena, a));
	mschema_assign_as(b, type);
	mlog(s, "collide", mschema[type].name);
	return true;
}

/* The key of one label becomes that of another. */
static bool op_collide_keys(struct mstate *s)
{
	struct mnode *a = mpick(s, s->root, MASK(MT_LABEL_KEY) | MASK(MT_LABEL_VALUE)), *b;
	struct np_str key;

	if (!a)
		return false;
	b = s->found[mbelow(s, s->n_found)];
	key = a->type == MT_LABEL_KEY ? a->text : a->key;
	if (a == b || !key.p)
		return false;
	if (b->type == MT_LABEL_KEY)
		b->text = key;
	else if (b->key.p)
		b->key = key;
	else
		return false;
	mlog(s, "collide", "labelkey");
	return true;
}

/* ---- nothing in several ways ---- */

static bool op_empty(struct mstate *s)
{
	struct mnode *n =
		mpick(s, s->root,
		      (M_MAPS | M_LISTS | MASK(MT_PORT_VALUE) | MASK(MT_END_PORT) |
		       MASK(MT_PROTOCOL) | MASK(MT_LABEL_VALUE)) &
			      ~(MASK(MT_POLICY) | MASK(MT_META) | MASK(MT_BLOCK) | MASK(MT_EXPR)));
	unsigned kind;

	if (!n)
		return false;
	kind = mschema[n->type].kind;
	if (mone_in(s, 2) || kind == MK_STRING) {
		mnode_become(n, MK_NULL, NP_STR_NONE);
		mlog(s, "null", mschema[n->type].name);
		return true;
	}
	mnode_become(n, (enum mkind)kind, NP_STR_NONE);
	mlog(s, "empty", mschema[n->type].name);
	return true;
}

/* ---- the choice ---- */

static const struct {
	bool (*run)(struct mstate *s);
	uint8_t weight;
} ops[] = {
	{ op_add, 12 },	     { op_drop, 8 },	 { op_duplicate, 4 },	 { op_many, 1 },
	{ op_move, 3 },	     { op_swap, 4 },	 { mop_graft, 10 },	 { op_boundary, 12 },
	{ op_label_key, 2 }, { op_collide, 5 },	 { op_collide_keys, 2 }, { op_empty, 6 },
	{ mop_shape, 10 },   { mop_cidr, 6 },	 { mop_range, 4 },	 { mop_mirror, 2 },
	{ mop_types, 4 },    { mop_relabel, 2 }, { mop_reserved, 3 },
};

static unsigned total_weight(void)
{
	unsigned n = 0;

	for (size_t i = 0; i < NP_ARRAY_SIZE(ops); i++)
		n += ops[i].weight;
	return n;
}

bool mop_any(struct mstate *s)
{
	unsigned at = (unsigned)mbelow(s, total_weight());
	size_t i = 0;

	while (at >= ops[i].weight)
		at -= ops[i++].weight;
	return ops[i].run(s);
}
