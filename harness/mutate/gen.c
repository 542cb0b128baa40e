/* gen.c - values and subtrees made of a type. */
#include "state.h"

#include "np/base/mem.h"
#include "read.h"
#include "repair.h"

/* ---- scalars ---- */

static struct mnode *scalar_of(struct mstate *s, unsigned type, const char *text)
{
	struct mnode *n = mnode_string(&s->arena, np_str_from(text), type);

	if (text[0] == '#' && (type == MT_PORT_VALUE || type == MT_END_PORT)) {
		n->kind = MK_NUMBER;
		n->text = np_str_from(text + 1);
	}
	return n;
}

/* Half of the picks are among the first few of a list, so that documents agree in some values. */
#define USUAL 4

static const char *pick_value(struct mstate *s, const struct mvalues *list)
{
	size_t n = list->n > USUAL && mone_in(s, 2) ? USUAL : list->n;

	return list->items[mbelow(s, n)];
}

static struct mnode *gen_cidr(struct mstate *s, unsigned type)
{
	struct np_str text = mone_in(s, 3) ? mcidr_random(s) : NP_STR_NONE, odd;
	struct np_cidr c;

	if (!text.p)
		text = np_str_from(pick_value(s, &mschema[type].valid));
	if (s->legacy_cidrs && mone_in(s, 3) && mcidr_good(s, text, &c)) {
		odd = mcidr_spelling(s, &c);
		text = odd.p ? odd : text;
	}
	return mnode_string(&s->arena, text, type);
}

struct mnode *mgen_scalar(struct mstate *s, unsigned type, bool valid)
{
	const struct mvalues *list = valid ? &mschema[type].valid : &mschema[type].invalid;

	if (!valid)
		return scalar_of(s, type, list->items[mbelow(s, list->n)]);
	if (type == MT_CIDR || type == MT_EXCEPT)
		return gen_cidr(s, type);
	if ((type == MT_PORT_VALUE || type == MT_END_PORT) && mone_in(s, 4))
		return mnode_number(&s->arena, 1 + (long long)mbelow(s, 65535), type);
	return scalar_of(s, type, pick_value(s, list));
}

struct np_str mgen_key(struct mstate *s, unsigned key_type, bool valid)
{
	return mgen_scalar(s, key_type, valid)->text;
}

/* ---- maps and lists ---- */

struct mnode *mparse(struct mstate *s, const char *json, unsigned type)
{
	struct mnode *n = mread_json(&s->arena, np_str_from(json));

	mschema_assign_as(n, type);
	return n;
}

static void add_text(struct mstate *s, struct mnode *map, const char *key, const char *text,
		     unsigned type)
{
	mnode_set(map, key, mnode_string(&s->arena, np_str_from(text), type));
}

static struct mnode *gen_list(struct mstate *s, unsigned type, size_t n)
{
	struct mnode *list = mnode_new(&s->arena, MK_LIST, type);

	while (n--)
		mnode_append(list, mgen(s, mschema[type].item));
	return list;
}

static struct mnode *gen_any_map(struct mstate *s, unsigned type)
{
	struct mnode *map = mnode_new(&s->arena, MK_MAP, type);

	for (size_t n = mfew(s); n; n--) {
		struct mnode *value = mgen_scalar(s, mschema[type].item, true);

		value->key = mgen_key(s, mschema[type].key_type, true);
		mnode_append(map, value);
	}
	mrepair_repeated(s, map);
	return map;
}

static struct mnode *gen_expr(struct mstate *s)
{
	struct mnode *e = mnode_new(&s->arena, MK_MAP, MT_EXPR);
	size_t op = mbelow(s, 4);

	add_text(s, e, "key", "", MT_LABEL_KEY);
	e->first->text = mgen_key(s, MT_LABEL_KEY, true);
	add_text(s, e, "operator", mschema[MT_OPERATOR].valid.items[op], MT_OPERATOR);
	if (op < 2)
		mnode_set(e, "values", gen_list(s, MT_VALUES, 1 + mbelow(s, 3)));
	else if (mone_in(s, 4))
		mnode_set(e, "values", gen_list(s, MT_VALUES, 0));
	return e;
}

static struct mnode *gen_selector(struct mstate *s)
{
	struct mnode *sel = mnode_new(&s->arena, MK_MAP, MT_SELECTOR);
	size_t how = mbelow(s, 4);

	if (how & 1)
		mnode_set(sel, "matchLabels", gen_any_map(s, MT_MATCH_LABELS));
	if (how & 2)
		mnode_set(sel, "matchExpressions", gen_list(s, MT_EXPRS, mfew(s)));
	return sel;
}

static struct mnode *gen_block(struct mstate *s)
{
	struct mnode *b = mnode_new(&s->arena, MK_MAP, MT_BLOCK), *list;
	struct np_cidr cidr;
	size_t n = mone_in(s, 2) ? mfew(s) : 0;

	mnode_set(b, "cidr", mgen_scalar(s, MT_CIDR, true));
	if (!n || !mcidr_good(s, b->first->text, &cidr))
		return b;
	list = mnode_new(&s->arena, MK_LIST, MT_EXCEPTS);
	while (n--) {
		struct np_str text = mcidr_subset(s, &cidr);

		if (text.p)
			mnode_append(list, mnode_string(&s->arena, text, MT_EXCEPT));
	}
	mnode_set(b, "except", list);
	return b;
}

static struct mnode *gen_peer(struct mstate *s)
{
	struct mnode *p = mnode_new(&s->arena, MK_MAP, MT_PEER);
	size_t how = mbelow(s, 4);

	if (how == 0) {
		mnode_set(p, "ipBlock", gen_block(s));
		return p;
	}
	if (how & 1)
		mnode_set(p, "podSelector", gen_selector(s));
	if (how & 2)
		mnode_set(p, "namespaceSelector", gen_selector(s));
	return p;
}

static struct mnode *gen_port(struct mstate *s)
{
	struct mnode *p = mnode_new(&s->arena, MK_MAP, MT_PORT), *number;
	int32_t from;

	if (!mone_in(s, 3))
		mnode_set(p, "protocol", mgen_scalar(s, MT_PROTOCOL, true));
	if (mone_in(s, 5))
		return p;
	number = mgen_scalar(s, MT_PORT_VALUE, true);
	mnode_set(p, "port", number);
	if (number->kind != MK_NUMBER || !mone_in(s, 3) || !mtext_int32(number->text, &from))
		return p;
	mnode_set(p, "endPort",
		  mnode_number(&s->arena,
			       mone_in(s, 4) ? from
					     : from + (long long)mbelow(s, 65536 - (size_t)from),
			       MT_END_PORT));
	return p;
}

static struct mnode *gen_rule(struct mstate *s, unsigned type)
{
	struct mnode *r = mnode_new(&s->arena, MK_MAP, type);

	if (!mone_in(s, 4))
		mnode_set(r, mschema[type].fields[0].name, gen_list(s, MT_PEERS, mfew(s)));
	if (!mone_in(s, 4))
		mnode_set(r, "ports", gen_list(s, MT_PORTS, mfew(s)));
	return r;
}

static struct mnode *gen_types(struct mstate *s)
{
	static const char *const lists[] = {
		"[]",
		"[\"Ingress\"]",
		"[\"Egress\"]",
		"[\"Ingress\",\"Egress\"]",
		"[\"Egress\",\"Ingress\"]",
		"[\"Ingress\",\"Ingress\"]",
		"[\"Egress\",\"Egress\"]",
	};

	return mparse(s, lists[mbelow(s, NP_ARRAY_SIZE(lists))], MT_TYPES);
}

static struct mnode *gen_spec(struct mstate *s)
{
	struct mnode *spec = mnode_new(&s->arena, MK_MAP, MT_SPEC);

	mnode_set(spec, "podSelector", gen_selector(s));
	if (!mone_in(s, 3))
		mnode_set(spec, "ingress", gen_list(s, MT_IN_RULES, mfew(s)));
	if (!mone_in(s, 3))
		mnode_set(spec, "egress", gen_list(s, MT_EG_RULES, mfew(s)));
	if (mone_in(s, 2))
		mnode_set(spec, "policyTypes", gen_types(s));
	return spec;
}

static struct mnode *gen_policy(struct mstate *s)
{
	struct mnode *p = mnode_new(&s->arena, MK_MAP, MT_POLICY), *meta;

	add_text(s, p, "apiVersion", "networking.k8s.io/v1", MT_API_VERSION);
	add_text(s, p, "kind", "NetworkPolicy", MT_KIND);
	meta = mgen(s, MT_META);
	mnode_set(p, "metadata", meta);
	mnode_set(p, "spec", gen_spec(s));
	return p;
}

static struct mnode *gen_meta(struct mstate *s)
{
	struct mnode *meta = mnode_new(&s->arena, MK_MAP, MT_META);

	add_text(s, meta, "name", "a", MT_NAME);
	return meta;
}

struct mnode *mgen(struct mstate *s, unsigned type)
{
	const struct mschema *m = &mschema[type];

	switch (type) {
	case MT_POLICY:
		return gen_policy(s);
	case MT_META:
		return gen_meta(s);
	case MT_SPEC:
		return gen_spec(s);
	case MT_IN_RULE:
	case MT_EG_RULE:
		return gen_rule(s, type);
	case MT_PEER:
		return gen_peer(s);
	case MT_BLOCK:
		return gen_block(s);
	case MT_PORT:
		return gen_port(s);
	case MT_SELECTOR:
		return gen_selector(s);
	case MT_EXPR:
		return gen_expr(s);
	case MT_TYPES:
		return gen_types(s);
	case MT_EXCEPTS:    /* what may stand in it depends on the block */
	case MT_FINALIZERS: /* those of others keep an object from being deleted */
		return gen_list(s, type, 0);
	default:
		if (m->kind == MK_STRING)
			return mgen_scalar(s, type, true);
		if (m->kind == MK_LIST)
			return gen_list(s, type, mfew(s));
		return m->item ? gen_any_map(s, type) : mnode_new(&s->arena, m->kind, type);
	}
}

/* ---- what has to be there ---- */

struct mnode *mneed_field(struct mstate *s, struct mnode *map, const char *name)
{
	struct mnode *n = mnode_present(map, name);

	if (n)
		return n;
	n = mnode_get(map, name);
	if (n)
		mnode_remove(n);
	n = mgen(s, mschema_field(map->type, np_str_from(name), NULL));
	mnode_set(map, name, n);
	return n;
}

/* Where a type lives: a field of a map, or an element of a list (no name). */
static const struct home {
	uint8_t parent, other; /* either may do */
	const char *field;
} homes[N_MTYPES] = {
	[MT_META] = { MT_POLICY, MT_POLICY, "metadata" },
	[MT_NAME] = { MT_META, MT_META, "name" },
	[MT_GENERATE_NAME] = { MT_META, MT_META, "generateName" },
	[MT_LABELS] = { MT_META, MT_META, "labels" },
	[MT_ANNOTATIONS] = { MT_META, MT_META, "annotations" },
	[MT_FINALIZERS] = { MT_META, MT_META, "finalizers" },
	[MT_FINALIZER] = { MT_FINALIZERS, MT_FINALIZERS, NULL },
	[MT_SPEC] = { MT_POLICY, MT_POLICY, "spec" },
	[MT_IN_RULES] = { MT_SPEC, MT_SPEC, "ingress" },
	[MT_EG_RULES] = { MT_SPEC, MT_SPEC, "egress" },
	[MT_TYPES] = { MT_SPEC, MT_SPEC, "policyTypes" },
	[MT_TYPE] = { MT_TYPES, MT_TYPES, NULL },
	[MT_IN_RULE] = { MT_IN_RULES, MT_IN_RULES, NULL },
	[MT_EG_RULE] = { MT_EG_RULES, MT_EG_RULES, NULL },
	[MT_PEERS] = { MT_IN_RULE, MT_EG_RULE, "" },
	[MT_PEER] = { MT_PEERS, MT_PEERS, NULL },
	[MT_PORTS] = { MT_IN_RULE, MT_EG_RULE, "ports" },
	[MT_PORT] = { MT_PORTS, MT_PORTS, NULL },
	[MT_PORT_VALUE] = { MT_PORT, MT_PORT, "port" },
	[MT_END_PORT] = { MT_PORT, MT_PORT, "endPort" },
	[MT_PROTOCOL] = { MT_PORT, MT_PORT, "protocol" },
	[MT_BLOCK] = { MT_PEER, MT_PEER, "ipBlock" },
	[MT_CIDR] = { MT_BLOCK, MT_BLOCK, "cidr" },
	[MT_EXCEPTS] = { MT_BLOCK, MT_BLOCK, "except" },
	[MT_EXCEPT] = { MT_EXCEPTS, MT_EXCEPTS, NULL },
	[MT_SELECTOR] = { MT_SPEC, MT_SPEC, "podSelector" },
	[MT_MATCH_LABELS] = { MT_SELECTOR, MT_SELECTOR, "matchLabels" },
	[MT_EXPRS] = { MT_SELECTOR, MT_SELECTOR, "matchExpressions" },
	[MT_EXPR] = { MT_EXPRS, MT_EXPRS, NULL },
	[MT_OPERATOR] = { MT_EXPR, MT_EXPR, "operator" },
	[MT_LABEL_KEY] = { MT_EXPR, MT_EXPR, "key" },
	[MT_VALUES] = { MT_EXPR, MT_EXPR, "values" },
};

/* Of @type, and of the kind that it should be. */
static struct mnode *pick_present(struct mstate *s, unsigned type)
{
	size_t n = mfind(s, s->root, MASK(type)), kept = 0;

	for (size_t i = 0; i < n; i++)
		if (s->found[i]->kind == mschema[type].kind)
			s->found[kept++] = s->found[i];
	return kept ? s->found[mbelow(s, kept)] : NULL;
}

/* A block of its own, not in a peer that has selectors. */
static struct mnode *need_block(struct mstate *s)
{
	struct mnode *list = mneed(s, MT_PEERS), *peer = mnode_new(&s->arena, MK_MAP, MT_PEER);

	if (!list)
		return NULL;
	mnode_set(peer, "ipBlock", gen_block(s));
	mput_anywhere(s, list, peer);
	return peer->first;
}

/* In a hostile mutant what should hold it may be something else. */
static bool is_whole(const struct mnode *n)
{
	return n && n->kind == mschema[n->type].kind;
}

struct mnode *mneed(struct mstate *s, unsigned type)
{
	struct mnode *n = pick_present(s, type), *parent;
	const struct home *h = &homes[type];
	const char *field = h->field;

	if (n || !h->parent)
		return n;
	if (type == MT_BLOCK)
		return need_block(s);
	parent = mneed(s, mone_in(s, 2) ? h->parent : h->other);
	if (!is_whole(parent))
		return NULL;
	if (field) {
		n = mneed_field(s, parent, *field ? field : mschema[parent->type].fields[0].name);
		return is_whole(n) ? n : NULL;
	}
	/* A list that was made just now has some, perhaps. */
	n = pick_present(s, type);
	if (!n) {
		n = mgen(s, type);
		mput_anywhere(s, parent, n);
	}
	return n;
}
