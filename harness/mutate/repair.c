/*
 * repair.c - makes a tree valid, whatever was done to it (semantics 3.2 to 3.9). What is valid is
 * not touched, so that a mutant of a mutant stays near it; the choices come from the seed.
 */
#include "repair.h"

#include "np/base/mem.h"

static void repair(struct mstate *s, struct mnode *n);

/* A new value of the node's own type in its place. */
static void renew(struct mstate *s, struct mnode *n)
{
	mnode_replace(n, mgen(s, n->type));
}

/* ---- any map and list ---- */

static int cmp_keys(const void *a, const void *b)
{
	const struct mnode *x = *(struct mnode *const *)a, *y = *(struct mnode *const *)b;

	return np_str_cmp(x->key, y->key);
}

#define FEW_KEYS 12

static void drop_repeated_few(struct mnode *map)
{
	for (struct mnode *k = map->first, *next; k; k = next) {
		next = k->next;
		for (struct mnode *other = k->next; other; other = other->next)
			if (np_str_eq(k->key, other->key)) {
				mnode_remove(k);
				break;
			}
	}
}

/* Of equal keys one stays. */
void mrepair_repeated(struct mstate *s, struct mnode *map)
{
	struct mnode **list;
	size_t n = 0;

	if (map->n <= FEW_KEYS) {
		drop_repeated_few(map);
		return;
	}
	list = np_arena_array(&s->arena, map->n, sizeof(struct mnode *));
	for (struct mnode *k = map->first; k; k = k->next)
		list[n++] = k;
	qsort(list, n, sizeof(struct mnode *), cmp_keys);
	for (size_t i = 1; i < n; i++)
		if (np_str_eq(list[i]->key, list[i - 1]->key))
			mnode_remove(list[i]);
}

static void drop_unknown(struct mnode *map)
{
	for (struct mnode *k = map->first, *next; k; k = next) {
		next = k->next;
		k->type = (uint8_t)mschema_field(map->type, k->key, NULL);
		if (k->type == MT_ANY || k->key_raw)
			mnode_remove(k);
	}
}

/* Children that are of a wrong kind go, or become something of their type where they must stay. */
static void fix_kinds(struct mstate *s, struct mnode *parent)
{
	for (struct mnode *k = parent->first, *next; k; k = next) {
		unsigned kind = mschema[k->type].kind;

		next = k->next;
		if (k->kind == kind || k->kind == MK_NULL || k->type == MT_SERVER)
			continue;
		if (k->type == MT_PORT_VALUE && k->kind == MK_NUMBER)
			continue;
		if (k->type == MT_END_PORT && k->kind == MK_NUMBER)
			continue;
		if (mone_in(s, 2))
			mnode_remove(k);
		else
			renew(s, k);
	}
}

static void fix_fields(struct mstate *s, struct mnode *map)
{
	drop_unknown(map);
	mrepair_repeated(s, map);
	fix_kinds(s, map);
	for (struct mnode *k = map->first, *next; k; k = next) {
		next = k->next;
		if (k->kind != MK_NULL)
			repair(s, k);
	}
}

static void fix_items(struct mstate *s, struct mnode *list)
{
	unsigned item = mschema[list->type].item;

	for (struct mnode *k = list->first; k; k = k->next)
		k->type = (uint8_t)item;
	fix_kinds(s, list);
	for (struct mnode *k = list->first, *next; k; k = next) {
		next = k->next;
		if (k->kind != MK_NULL)
			repair(s, k);
	}
}

/* ---- labels ---- */

static void fix_labels(struct mstate *s, struct mnode *map)
{
	unsigned item = mschema[map->type].item;

	for (struct mnode *k = map->first; k; k = k->next) {
		k->type = (uint8_t)item;
		if (k->key_raw || !mtext_label_key(k->key)) {
			k->key = mgen_key(s, MT_LABEL_KEY, true);
			k->key_raw = false;
		}
	}
	mrepair_repeated(s, map);
	fix_kinds(s, map);
	for (struct mnode *k = map->first; k; k = k->next)
		if (k->kind == MK_STRING && !mtext_label_value(k->text))
			renew(s, k);
}

static void fix_key_and_operator(struct mstate *s, struct mnode *e)
{
	struct mnode *n = mneed_field(s, e, "operator"), *key = mneed_field(s, e, "key");
	const struct mvalues *list = &mschema[MT_OPERATOR].valid;
	bool known = false;

	for (size_t i = 0; i < list->n; i++)
		known |= mnode_is(n, list->items[i]);
	if (!known)
		renew(s, n);
	if (!mtext_label_key(key->text))
		renew(s, key);
}

static void fix_expr(struct mstate *s, struct mnode *e)
{
	struct mnode *op, *values;

	fix_fields(s, e);
	fix_key_and_operator(s, e);
	op = mnode_get(e, "operator");
	values = mnode_present(e, "values");
	if (mnode_is(op, "In") || mnode_is(op, "NotIn")) {
		values = mneed_field(s, e, "values");
		if (!values->n)
			mnode_append(values, mgen(s, MT_LABEL_VALUE));
	} else if (values && values->n) {
		mnode_remove(values);
	}
}

static void fix_value(struct mstate *s, struct mnode *n)
{
	if (!mtext_label_value(n->text))
		renew(s, n);
}

/* A null among expressions is no expression. */
static void drop_nulls(struct mnode *list)
{
	for (struct mnode *k = list->first, *next; k; k = next) {
		next = k->next;
		if (k->kind == MK_NULL)
			mnode_remove(k);
	}
}

static void fix_strict_items(struct mstate *s, struct mnode *list)
{
	drop_nulls(list);
	fix_items(s, list);
}

/* ---- ports ---- */

static bool is_port(const struct mnode *n, int32_t *ret)
{
	return n->kind == MK_NUMBER && mtext_int32(n->text, ret) && *ret >= 1 && *ret <= 65535;
}

static void fix_port_value(struct mstate *s, struct mnode *n)
{
	int32_t number;

	if (n->kind == MK_STRING ? !mtext_port_name(n->text) : !is_port(n, &number))
		renew(s, n);
}

static void fix_protocol(struct mstate *s, struct mnode *n)
{
	const struct mvalues *list = &mschema[MT_PROTOCOL].valid;

	for (size_t i = 0; i < list->n; i++)
		if (mnode_is(n, list->items[i]))
			return;
	renew(s, n);
}

static void fix_port(struct mstate *s, struct mnode *p)
{
	struct mnode *port, *end;
	int32_t from, to;

	fix_fields(s, p);
	port = mnode_present(p, "port");
	end = mnode_present(p, "endPort");
	if (!end)
		return;
	if (!port || !is_port(port, &from)) {
		mnode_remove(end);
		return;
	}
	if (is_port(end, &to) && to >= from)
		return;
	if (mone_in(s, 3)) {
		mnode_remove(end);
		return;
	}
	/* Boundaries: nothing but the port, up to the last one, or somewhere between. */
	to = mone_in(s, 3)   ? from
	     : mone_in(s, 2) ? 65535
			     : from + (int32_t)mbelow(s, (size_t)(65536 - from));
	mnode_replace(end, mnode_number(&s->arena, to, MT_END_PORT));
}

/* ---- peers ---- */

static void fix_except(struct mstate *s, struct mnode *n, const struct np_cidr *outer)
{
	struct np_cidr inner;
	struct np_str text;

	if (mcidr_good(s, n->text, &inner) && mcidr_inside(outer, &inner))
		return;
	text = mcidr_subset(s, outer);
	if (text.p)
		mnode_become(n, MK_STRING, text);
	else
		mnode_remove(n);
}

static void fix_block(struct mstate *s, struct mnode *b)
{
	struct mnode *cidr, *excepts;
	struct np_cidr outer;

	fix_fields(s, b);
	cidr = mneed_field(s, b, "cidr");
	if (!mcidr_good(s, cidr->text, &outer)) {
		renew(s, cidr);
		if (!mcidr_good(s, cidr->text, &outer))
			return;
	}
	excepts = mnode_present(b, "except");
	if (!excepts)
		return;
	drop_nulls(excepts);
	for (struct mnode *k = excepts->first, *next; k; k = next) {
		next = k->next;
		fix_except(s, k, &outer);
	}
}

static void fix_peer(struct mstate *s, struct mnode *p)
{
	struct mnode *pod, *ns, *block;

	fix_fields(s, p);
	pod = mnode_present(p, "podSelector");
	ns = mnode_present(p, "namespaceSelector");
	block = mnode_present(p, "ipBlock");
	if (block && (pod || ns)) {
		if (mone_in(s, 2)) {
			mnode_remove(block);
			return;
		}
		if (pod)
			mnode_remove(pod);
		if (ns)
			mnode_remove(ns);
	}
	if (!block && !pod && !ns) {
		static const char *const fields[] = { "podSelector", "namespaceSelector",
						      "ipBlock" };

		mneed_field(s, p, fields[mbelow(s, 3)]);
	}
}

/* ---- spec ---- */

static void fix_types(struct mstate *s, struct mnode *list)
{
	drop_nulls(list);
	fix_items(s, list);
	while (list->n > 2)
		mnode_remove(mpick_child(s, list));
	for (struct mnode *k = list->first; k; k = k->next)
		if (!mnode_is(k, "Ingress") && !mnode_is(k, "Egress"))
			renew(s, k);
}

static void fix_policy(struct mstate *s, struct mnode *p)
{
	static const char *const words[][2] = { { "apiVersion", "networking.k8s.io/v1" },
						{ "kind", "NetworkPolicy" } };

	fix_fields(s, p);
	for (size_t i = 0; i < NP_ARRAY_SIZE(words); i++) {
		struct mnode *n = mneed_field(s, p, words[i][0]);

		if (!mnode_is(n, words[i][1]))
			mnode_become(n, MK_STRING, np_str_from(words[i][1]));
	}
	mneed_field(s, p, "metadata");
	mrepair_meta(s, mnode_get(p, "metadata"));
}

/* ---- all types ---- */

static void (*const fixers[N_MTYPES])(struct mstate *s, struct mnode *n) = {
	[MT_POLICY] = fix_policy,  [MT_META] = fix_fields, /* the rest by the policy */
	[MT_LABELS] = fix_labels,  [MT_MATCH_LABELS] = fix_labels,   [MT_SPEC] = fix_fields,
	[MT_IN_RULES] = fix_items, [MT_EG_RULES] = fix_items,	     [MT_IN_RULE] = fix_fields,
	[MT_EG_RULE] = fix_fields, [MT_TYPES] = fix_types,	     [MT_PEERS] = fix_strict_items,
	[MT_PEER] = fix_peer,	   [MT_SELECTOR] = fix_fields,	     [MT_BLOCK] = fix_block,
	[MT_EXCEPTS] = fix_items,  [MT_EXPRS] = fix_strict_items,    [MT_EXPR] = fix_expr,
	[MT_VALUES] = fix_items,   [MT_LABEL_VALUE] = fix_value,     [MT_PORTS] = fix_items,
	[MT_PORT] = fix_port,	   [MT_PORT_VALUE] = fix_port_value, [MT_PROTOCOL] = fix_protocol,
};

static void repair(struct mstate *s, struct mnode *n)
{
	if (fixers[n->type])
		fixers[n->type](s, n);
}

static void repair_event(struct mstate *s, struct mnode *root)
{
	struct mnode *object = mnode_get(root, "object");

	if (object->kind != MK_MAP)
		renew(s, object);
	repair(s, object);
}

static void set_text(struct mstate *s, struct mnode *map, const char *key, const char *text)
{
	struct mnode *n = mnode_get(map, key);

	if (n)
		mnode_become(n, MK_STRING, np_str_from(text));
	else
		mnode_set(map, key, mnode_string(&s->arena, np_str_from(text), MT_ANY));
}

/* A list has at least one policy, so that there is something to mutate. */
static void repair_list(struct mstate *s, struct mnode *root)
{
	const struct mnode *kind = mnode_get(root, "kind");
	struct mnode *items;

	if (!mnode_is(kind, "List") || !mnode_is(mnode_get(root, "apiVersion"), "v1")) {
		set_text(s, root, "kind", "NetworkPolicyList");
		set_text(s, root, "apiVersion", "networking.k8s.io/v1");
	}
	mrepair_repeated(s, root);
	items = mnode_get(root, "items");
	if (items->kind != MK_LIST)
		renew(s, items);
	drop_nulls(items);
	fix_items(s, items);
	if (!items->n) {
		mnode_append(items, mgen(s, MT_POLICY));
		repair(s, items->first);
	}
}

void mrepair(struct mstate *s)
{
	struct mnode *root = s->root;

	if (root->kind == MK_MAP && root->type == MT_LIST && mnode_get(root, "items")) {
		repair_list(s, root);
		return;
	}
	if (root->kind == MK_MAP && root->type == MT_EVENT && mnode_get(root, "object")) {
		repair_event(s, root);
		return;
	}
	root->type = MT_POLICY;
	if (root->kind != MK_MAP)
		renew(s, root);
	repair(s, root);
}
