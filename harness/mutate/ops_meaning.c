/* ops_meaning.c - operators that know what a policy means. */
#include "ops.h"

#include "np/base/mem.h"

/* ---- shapes ---- */

static const struct {
	uint8_t type;
	const char *json;
} shapes[] = {
	{ MT_PORTS, "[{}]" },
	{ MT_PORTS, "[null]" },
	{ MT_PORTS, "[{},{}]" },
	{ MT_PORTS, "[{\"protocol\":\"TCP\"},{\"protocol\":\"UDP\"},{\"protocol\":\"SCTP\"}]" },
	{ MT_PORTS, "[{\"port\":80},{\"port\":\"http\"}]" },
	{ MT_PORTS, "[{\"port\":53,\"protocol\":\"UDP\"},{\"port\":53,\"protocol\":\"TCP\"}]" },
	{ MT_PORTS, "[{\"port\":80,\"endPort\":90},{\"port\":80,\"endPort\":100}]" },
	{ MT_PORTS, "[{\"port\":80,\"endPort\":90},{\"port\":90,\"endPort\":100}]" },
	{ MT_PORTS, "[{\"port\":80,\"endPort\":89},{\"port\":90,\"endPort\":99}]" },
	{ MT_PORTS, "[{\"port\":80,\"endPort\":100},{\"port\":85,\"endPort\":90}]" },
	{ MT_PORTS, "[{\"port\":80},{\"port\":80,\"endPort\":80}]" },
	{ MT_PORTS, "[{\"port\":80},{\"port\":80}]" },
	{ MT_PORT, "{}" },
	{ MT_PORT, "null" },
	{ MT_PORT, "{\"protocol\":\"UDP\"}" },
	{ MT_PORT, "{\"protocol\":\"SCTP\"}" },
	{ MT_PORT, "{\"protocol\":null,\"port\":null,\"endPort\":null}" },
	{ MT_PORT, "{\"port\":\"http\"}" },
	{ MT_PORT, "{\"port\":\"missing\",\"protocol\":\"UDP\"}" },
	{ MT_PORT, "{\"port\":1,\"endPort\":65535}" },
	{ MT_PORT, "{\"port\":65535,\"endPort\":65535}" },
	{ MT_PORT, "{\"port\":1,\"endPort\":1}" },
	{ MT_PEERS, "[]" },
	{ MT_PEERS, "[{\"ipBlock\":{\"cidr\":\"0.0.0.0/0\"}}]" },
	{ MT_PEERS, "[{\"ipBlock\":{\"cidr\":\"::/0\"}}]" },
	{ MT_PEERS, "[{\"ipBlock\":{\"cidr\":\"0.0.0.0/0\"}},{\"ipBlock\":{\"cidr\":\"::/0\"}}]" },
	{ MT_PEERS,
	  "[{\"ipBlock\":{\"cidr\":\"10.0.0.0/9\"}},{\"ipBlock\":{\"cidr\":\"10.128.0.0/9\"}}]" },
	{ MT_PEERS,
	  "[{\"ipBlock\":{\"cidr\":\"10.0.0.0/8\"}},{\"ipBlock\":{\"cidr\":\"10.0.0.0/8\"}}]" },
	{ MT_PEERS, "[{\"podSelector\":{}},{\"namespaceSelector\":{}}]" },
	{ MT_PEERS, "[{\"podSelector\":{},\"namespaceSelector\":{}}]" },
	{ MT_PEER, "{\"podSelector\":{}}" },
	{ MT_PEER, "{\"namespaceSelector\":{}}" },
	{ MT_PEER, "{\"podSelector\":{},\"namespaceSelector\":null,\"ipBlock\":null}" },
	{ MT_PEER, "{\"podSelector\":{\"matchLabels\":{},\"matchExpressions\":[]}}" },
	{ MT_PEER, "{\"podSelector\":{\"matchLabels\":null,\"matchExpressions\":null}}" },
	{ MT_PEER,
	  "{\"ipBlock\":{\"cidr\":\"0.0.0.0/0\",\"except\":[\"0.0.0.0/1\",\"128.0.0.0/1\"]}}" },
	{ MT_PEER, "{\"ipBlock\":{\"cidr\":\"::/0\",\"except\":[\"::/1\",\"8000::/1\"]}}" },
	{ MT_PEER, "{\"ipBlock\":{\"cidr\":\"10.0.0.1/32\",\"except\":[]}}" },
	{ MT_PEER, "{\"ipBlock\":{\"cidr\":\"10.0.0.0/24\",\"except\":null}}" },
	{ MT_PEER, "{\"ipBlock\":{\"cidr\":\"10.0.0.0/8\",\"except\":[\"10.0.0.0/16\",\"10.0.0.0/"
		   "24\",\"10.0.0.0/32\"]}}" },
	{ MT_PEER, "{\"ipBlock\":{\"cidr\":\"10.0.0.0/8\",\"except\":[\"10.0.0.0/16\",\"10.1.0.0/"
		   "16\",\"10.0.0.0/16\"]}}" },
	{ MT_IN_RULES, "[]" },
	{ MT_IN_RULES, "[{}]" },
	{ MT_IN_RULES, "[null]" },
	{ MT_IN_RULES, "[{},{\"from\":[{\"podSelector\":{}}]}]" },
	{ MT_EG_RULES, "[]" },
	{ MT_EG_RULES, "[{}]" },
	{ MT_EG_RULES, "[null]" },
	{ MT_EG_RULES, "[{\"ports\":[{\"port\":53,\"protocol\":\"UDP\"}]}]" },
	{ MT_IN_RULE, "{}" },
	{ MT_IN_RULE, "{\"from\":[],\"ports\":[]}" },
	{ MT_IN_RULE, "{\"from\":null,\"ports\":null}" },
	{ MT_IN_RULE, "{\"ports\":[{}]}" },
	{ MT_IN_RULE, "{\"from\":[{\"namespaceSelector\":{}}],\"ports\":[{}]}" },
	{ MT_EG_RULE, "{}" },
	{ MT_EG_RULE, "{\"to\":[],\"ports\":[]}" },
	{ MT_EG_RULE, "{\"ports\":[{\"port\":\"http\"}]}" },
	{ MT_EG_RULE,
	  "{\"ports\":[{\"port\":443,\"endPort\":444},{\"port\":443,\"endPort\":445}]}" },
	{ MT_SELECTOR, "{}" },
	{ MT_SELECTOR, "{\"matchLabels\":{}}" },
	{ MT_SELECTOR, "{\"matchExpressions\":[]}" },
	{ MT_SELECTOR, "{\"matchLabels\":{\"a\":\"\"}}" },
	{ MT_SELECTOR, "{\"matchLabels\":{\"a\":null}}" },
	{ MT_SELECTOR, "{\"matchExpressions\":[{\"key\":\"a\",\"operator\":\"Exists\"},"
		       "{\"key\":\"a\",\"operator\":\"DoesNotExist\"}]}" },
	{ MT_SELECTOR, "{\"matchLabels\":{\"a\":\"b\"},\"matchExpressions\":[{\"key\":\"a\","
		       "\"operator\":\"NotIn\",\"values\":[\"b\"]}]}" },
	{ MT_EXPR, "{\"key\":\"a\",\"operator\":\"In\",\"values\":[\"\"]}" },
	{ MT_EXPR, "{\"key\":\"a\",\"operator\":\"NotIn\",\"values\":[\"b\",\"b\"]}" },
	{ MT_EXPR, "{\"key\":\"a\",\"operator\":\"Exists\",\"values\":[]}" },
	{ MT_EXPR, "{\"key\":\"a\",\"operator\":\"DoesNotExist\",\"values\":null}" },
	{ MT_EXPR, "{\"key\":\"a\",\"operator\":\"In\",\"values\":[null]}" },
	{ MT_SPEC, "{}" },
	{ MT_SPEC, "null" },
	{ MT_SPEC, "{\"podSelector\":{}}" },
	{ MT_SPEC, "{\"podSelector\":null,\"ingress\":null,\"egress\":null,\"policyTypes\":null}" },
	{ MT_SPEC, "{\"podSelector\":{},\"ingress\":[],\"egress\":[],\"policyTypes\":[]}" },
	{ MT_SPEC, "{\"podSelector\":{},\"egress\":[{}]}" },
	{ MT_SPEC, "{\"podSelector\":{},\"ingress\":[{}],\"policyTypes\":[\"Egress\"]}" },
	{ MT_SPEC, "{\"podSelector\":{},\"policyTypes\":[\"Ingress\",\"Ingress\"]}" },
};

bool mop_shape(struct mstate *s)
{
	size_t i = mbelow(s, NP_ARRAY_SIZE(shapes));
	unsigned type = shapes[i].type;
	struct mnode *at, *n = mparse(s, shapes[i].json, type);

	/* A whole spec in place of all that there was only now and then. */
	if (type == MT_SPEC && !mone_in(s, 3))
		return false;
	at = mpick(s, s->root, MASK(type));
	if (!at && mone_in(s, 2))
		at = mneed(s, type);
	if (!at)
		return false;
	if (at->parent && at->parent->kind == MK_LIST && !mone_in(s, 3))
		mput_anywhere(s, at->parent, n);
	else
		mnode_replace(at, n);
	mlog(s, "shape", mschema[type].name);
	return true;
}

/* ---- blocks ---- */

/* The list of the field, in place of what was there if that was none. */
static struct mnode *need_list(struct mstate *s, struct mnode *map, const char *key, uint8_t type)
{
	struct mnode *list = mnode_get(map, key);

	if (list && list->kind == MK_LIST)
		return list;
	if (list)
		mnode_remove(list);
	list = mnode_new(&s->arena, MK_LIST, type);
	mnode_set(map, key, list);
	return list;
}

static bool add_except(struct mstate *s, struct mnode *block, struct np_str text)
{
	if (!text.p)
		return false;
	mnode_append(need_list(s, block, "except", MT_EXCEPTS),
		     mnode_string(&s->arena, text, MT_EXCEPT));
	return true;
}

/* Both halves: nothing is left. Or one of them. */
static bool cidr_halves(struct mstate *s, struct mnode *block, const struct np_cidr *c)
{
	bool upper = mone_in(s, 2);

	if (!add_except(s, block, mcidr_half(s, c, upper)))
		return false;
	if (mone_in(s, 2))
		add_except(s, block, mcidr_half(s, c, !upper));
	return true;
}

static bool cidr_subset(struct mstate *s, struct mnode *block, const struct np_cidr *c)
{
	return add_except(s, block, mcidr_subset(s, c));
}

/* Beside, inside or around an except that is there, or the very same. */
static bool cidr_near_except(struct mstate *s, struct mnode *block, const struct np_cidr *c)
{
	struct mnode *list = mnode_get(block, "except"), *near;
	struct np_cidr e;

	(void)c;
	if (!list || !list->n)
		return false;
	near = mpick_child(s, list);
	if (near->kind != MK_STRING || !mcidr_good(s, near->text, &e))
		return false;
	switch (mbelow(s, 4)) {
	case 0:
		return add_except(s, block, mcidr_sibling(s, &e));
	case 1:
		return add_except(s, block, mcidr_subset(s, &e));
	case 2:
		return add_except(s, block, mcidr_parent(s, &e));
	default:
		return add_except(s, block, near->text);
	}
}

/* The block itself becomes wider, narrower or the one beside it. */
static bool cidr_change(struct mstate *s, struct mnode *block, const struct np_cidr *c)
{
	size_t how = mbelow(s, 3);
	struct np_str text = how == 0	? mcidr_parent(s, c)
			     : how == 1 ? mcidr_subset(s, c)
					: mcidr_sibling(s, c);

	if (!text.p)
		return false;
	mnode_become(mnode_get(block, "cidr"), MK_STRING, text);
	return true;
}

/* Another peer whose block touches, holds or lies in this one, or is it. */
static bool cidr_peer(struct mstate *s, struct mnode *block, const struct np_cidr *c)
{
	struct mnode *peer = block->parent, *copy;
	size_t how = mbelow(s, 4);
	struct np_str text = how == 0	? mcidr_parent(s, c)
			     : how == 1 ? mcidr_subset(s, c)
			     : how == 2 ? mcidr_sibling(s, c)
					: mnode_get(block, "cidr")->text;

	if (!text.p || !peer || !peer->parent || peer->parent->kind != MK_LIST)
		return false;
	copy = mnode_new(&s->arena, MK_MAP, MT_PEER);
	mnode_set(copy, "ipBlock", mnode_new(&s->arena, MK_MAP, MT_BLOCK));
	mnode_set(copy->first, "cidr", mnode_string(&s->arena, text, MT_CIDR));
	mput_anywhere(s, peer->parent, copy);
	return true;
}

/* Everything, or one address. */
static bool cidr_extreme(struct mstate *s, struct mnode *block, const struct np_cidr *c)
{
	struct np_cidr x = *c;
	struct np_str text;

	x.prefix_bits = mone_in(s, 2) ? 0 : (uint8_t)(c->addr.width * 8);
	x.addr = np_addr_mask(&c->addr, x.prefix_bits);
	text = mcidr_text(s, &x);
	if (text.p)
		mnode_become(mnode_get(block, "cidr"), MK_STRING, text);
	return text.p;
}

/* The block, or one of its excepts, means the same as before. */
static bool cidr_spelling(struct mstate *s, struct mnode *block, const struct np_cidr *c)
{
	struct mnode *list = mnode_get(block, "except"), *at = mnode_get(block, "cidr");
	struct np_cidr which = *c;
	struct np_str text;

	if (list && list->n && mone_in(s, 2)) {
		at = mpick_child(s, list);
		if (at->kind != MK_STRING || !mcidr_good(s, at->text, &which))
			return false;
	}
	text = mcidr_spelling(s, &which);
	if (!text.p || np_str_eq(text, at->text))
		return false;
	mnode_become(at, MK_STRING, text);
	return true;
}

bool mop_cidr(struct mstate *s)
{
	static const struct {
		const char *name;
		bool (*run)(struct mstate *s, struct mnode *block, const struct np_cidr *c);
	} ways[] = {
		{ "halves", cidr_halves },     { "subset", cidr_subset },
		{ "near", cidr_near_except },  { "change", cidr_change },
		{ "peer", cidr_peer },	       { "extreme", cidr_extreme },
		{ "spelling", cidr_spelling },
	};
	struct mnode *block = mpick(s, s->root, MASK(MT_BLOCK)), *text;
	size_t i = mbelow(s, NP_ARRAY_SIZE(ways));
	struct np_cidr c;

	text = mnode_get(block, "cidr");
	if (!text || text->kind != MK_STRING || !mcidr_good(s, text->text, &c) ||
	    !ways[i].run(s, block, &c))
		return false;
	mlog(s, "cidr", ways[i].name);
	return true;
}

/* ---- ports ---- */

#define PORT_LAST 65535

/* Is the field a number from @least to the last port? */
static bool port_number(struct mnode *field, int32_t least, int32_t *ret)
{
	return field && field->kind == MK_NUMBER && mtext_int32(field->text, ret) &&
	       *ret >= least && *ret <= PORT_LAST;
}

/* From @from on, fewer than @most further. */
static int32_t port_behind(struct mstate *s, int32_t from, int32_t most)
{
	int32_t left = PORT_LAST + 1 - from;

	return from + (int32_t)mbelow(s, (size_t)(left < most ? left : most));
}

/* The end of the range that begins at @from; where it has none that is right, a new one. */
static int32_t need_end_port(struct mstate *s, struct mnode *p, int32_t from)
{
	struct mnode *end = mnode_get(p, "endPort");
	int32_t to;

	if (port_number(end, from, &to))
		return to;
	to = port_behind(s, from, 100);
	if (end)
		mnode_remove(end);
	mnode_set(p, "endPort", mnode_number(&s->arena, to, MT_END_PORT));
	return to;
}

/* Where the first range does, where it ends, right behind it, or within. */
static int32_t second_start(struct mstate *s, int32_t from, int32_t to)
{
	switch (mbelow(s, 4)) {
	case 0:
		return from;
	case 1:
		return to;
	case 2:
		return to < PORT_LAST ? to + 1 : to;
	default:
		return from + (to - from) / 2;
	}
}

/* A range, and a second one that meets it. */
bool mop_range(struct mstate *s)
{
	struct mnode *p = mpick(s, s->root, MASK(MT_PORT)), *copy;
	int32_t from, to;

	if (!port_number(mnode_get(p, "port"), 1, &from) || !p->parent ||
	    p->parent->kind != MK_LIST)
		return false;
	to = need_end_port(s, p, from);
	copy = mnode_copy(&s->arena, p);
	mput_anywhere(s, p->parent, copy);
	from = second_start(s, from, to);
	mnode_replace(mnode_get(copy, "port"), mnode_number(&s->arena, from, MT_PORT_VALUE));
	to = port_behind(s, from, 50);
	mnode_replace(mnode_get(copy, "endPort"), mnode_number(&s->arena, to, MT_END_PORT));
	mlog(s, "range", "overlap");
	return true;
}

/* ---- rules ---- */

struct direction {
	const char *rules, *peers;
	uint8_t rules_type, rule_type;
};

static const struct direction ingress = { "ingress", "from", MT_IN_RULES, MT_IN_RULE };
static const struct direction egress = { "egress", "to", MT_EG_RULES, MT_EG_RULE };

/* A rule in the other direction too, or instead. */
bool mop_mirror(struct mstate *s)
{
	struct mnode *r = mpick(s, s->root, M_RULES), *spec, *list, *peers, *copy;
	const struct direction *from, *to;

	if (!r || !r->parent || !r->parent->parent || r->parent->parent->type != MT_SPEC)
		return false;
	spec = r->parent->parent;
	from = r->type == MT_IN_RULE ? &ingress : &egress;
	to = from == &ingress ? &egress : &ingress;
	list = need_list(s, spec, to->rules, to->rules_type);
	copy = mnode_copy(&s->arena, r);
	copy->type = to->rule_type;
	peers = mnode_get(copy, from->peers);
	if (peers)
		peers->key = np_str_from(to->peers);
	mput_anywhere(s, list, copy);
	if (mone_in(s, 2))
		mnode_remove(r);
	mlog(s, "mirror", "rule");
	return true;
}

bool mop_types(struct mstate *s)
{
	struct mnode *spec = mpick(s, s->root, MASK(MT_SPEC)), *types;

	if (!spec || spec->kind != MK_MAP)
		return false;
	types = mnode_get(spec, "policyTypes");
	if (types)
		mnode_remove(types);
	if (!mone_in(s, 5))
		mnode_set(spec, "policyTypes", mgen(s, MT_TYPES));
	mlog(s, "types", NULL);
	return true;
}

/* ---- selectors ---- */

static bool label_to_expr(struct mstate *s, struct mnode *sel)
{
	struct mnode *labels = mnode_get(sel, "matchLabels"), *label, *exprs, *e, *values;

	if (!labels || labels->kind != MK_MAP || !labels->n)
		return false;
	label = mpick_child(s, labels);
	exprs = mneed_field(s, sel, "matchExpressions");
	if (exprs->kind != MK_LIST)
		return false;
	mnode_remove(label);
	e = mnode_new(&s->arena, MK_MAP, MT_EXPR);
	mnode_set(e, "key", mnode_string(&s->arena, label->key, MT_LABEL_KEY));
	mnode_set(e, "operator",
		  mnode_string(&s->arena, mone_in(s, 3) ? NP_STR("NotIn") : NP_STR("In"),
			       MT_OPERATOR));
	values = mnode_new(&s->arena, MK_LIST, MT_VALUES);
	label->key = NP_STR_NONE;
	mnode_append(values, label);
	mnode_set(e, "values", values);
	mnode_append(exprs, e);
	return true;
}

static bool expr_to_label(struct mstate *s, struct mnode *sel)
{
	struct mnode *exprs = mnode_get(sel, "matchExpressions"), *e, *key, *values, *labels,
		     *value;

	if (!exprs || exprs->kind != MK_LIST || !exprs->n)
		return false;
	e = mpick_child(s, exprs);
	key = mnode_get(e, "key");
	values = mnode_get(e, "values");
	labels = mneed_field(s, sel, "matchLabels");
	if (!key || key->kind != MK_STRING || !values || !values->n || labels->kind != MK_MAP)
		return false;
	value = mpick_child(s, values);
	mnode_remove(value);
	mnode_remove(e);
	value->key = key->text;
	mnode_append(labels, value);
	return true;
}

bool mop_relabel(struct mstate *s)
{
	struct mnode *sel = mpick(s, s->root, MASK(MT_SELECTOR));

	if (!sel || sel->kind != MK_MAP ||
	    !(mone_in(s, 2) ? label_to_expr(s, sel) : expr_to_label(s, sel)))
		return false;
	mlog(s, "relabel", NULL);
	return true;
}

bool mop_reserved(struct mstate *s)
{
	static const char *const keys[] = {
		"kubernetes.io/metadata.name",
		"io.kubernetes.pod.namespace",
		"io.cilium.k8s.policy.cluster",
		"io.cilium.k8s.namespace.labels.kubernetes.io",
		"k8s.io.cilium.k8s.policy.serviceaccount",
		"projectcalico.org/name",
		"projectcalico.org/namespace",
		"projectcalico.org/orchestrator",
		"reserved.host",
		"pod-template-hash",
		"k8s-app",
	};
	static const char *const ops[] = { "DoesNotExist", "NotIn", "Exists", "In" };
	struct mnode *sel = mpick(s, s->root, MASK(MT_SELECTOR)), *list, *e;
	size_t op = mbelow(s, NP_ARRAY_SIZE(ops));

	if (!sel || sel->kind != MK_MAP)
		return false;
	list = mneed_field(s, sel, "matchExpressions");
	if (list->kind != MK_LIST)
		return false;
	e = mnode_new(&s->arena, MK_MAP, MT_EXPR);
	mnode_set(e, "key",
		  mnode_string(&s->arena, np_str_from(keys[mbelow(s, NP_ARRAY_SIZE(keys))]),
			       MT_LABEL_KEY));
	mnode_set(e, "operator", mnode_string(&s->arena, np_str_from(ops[op]), MT_OPERATOR));
	if (op & 1)
		mneed_field(s, e, "values");
	mput_anywhere(s, list, e);
	mlog(s, "reserved", ops[op]);
	return true;
}
