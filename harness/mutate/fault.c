/*
 * fault.c - one mistake in a valid tree, at a place that the API server will name (semantics 3.3 to
 * 3.9, 4.2). Every row sees to it that nothing else is wrong: a port that is refused loses its
 * endPort, a block its excepts.
 */
#include "ops.h"

#include "np/base/mem.h"

/* ---- saying where ---- */

static void say(struct mstate *s, enum np_fault_stage stage, const struct mnode *at,
		const char *suffix)
{
	const struct mnode *top = at;

	while (top->parent && top->type != MT_POLICY)
		top = top->parent;
	np_buf_clear(&s->field);
	mnode_path(at, top, &s->field);
	if (*suffix && !s->field.len && *suffix == '.')
		suffix++;
	np_buf_adds(&s->field, suffix);
	s->stage = stage;
}

static bool refused(struct mstate *s, const struct mnode *at, const char *suffix)
{
	say(s, NP_FAULT_VALIDATION, at, suffix);
	return true;
}

static void drop_field(struct mnode *map, const char *name)
{
	struct mnode *n = mnode_get(map, name);

	if (n)
		mnode_remove(n);
}

static void put_field(struct mnode *map, const char *name, struct mnode *n)
{
	drop_field(map, name);
	mnode_set(map, name, n);
}

static void put_text(struct mstate *s, struct mnode *map, const char *name, const char *text,
		     unsigned type)
{
	put_field(map, name, mnode_string(&s->arena, np_str_from(text), type));
}

static void make_bad(struct mstate *s, struct mnode *n)
{
	mnode_replace(n, mgen_scalar(s, n->type, false));
}

/* ---- metadata ---- */

static bool name_missing(struct mstate *s, struct mnode *meta)
{
	drop_field(meta, "name");
	drop_field(meta, "generateName");
	return refused(s, meta, ".name");
}

static bool name_bad(struct mstate *s, struct mnode *meta)
{
	drop_field(meta, "generateName");
	make_bad(s, mneed_field(s, meta, "name"));
	return refused(s, meta, ".name");
}

static bool prefix_bad(struct mstate *s, struct mnode *meta)
{
	make_bad(s, mneed_field(s, meta, "generateName"));
	return refused(s, meta, ".generateName");
}

static bool annotation_key(struct mstate *s, struct mnode *map)
{
	static const char *const keys[] = { "", "a b", "/", "a/", "/a", "a/b/c", "-a", "a_", "a*" };

	mnode_set(map, keys[mbelow(s, NP_ARRAY_SIZE(keys))], mgen(s, MT_ANNOTATION));
	return refused(s, map, "");
}

static bool finalizer_bare(struct mstate *s, struct mnode *list)
{
	struct mnode *n = mnode_string(&s->arena, NP_STR("bare"), MT_FINALIZER);

	mput_anywhere(s, list, n);
	return refused(s, n, "");
}

/* ---- labels and selectors ---- */

static bool label_key(struct mstate *s, struct mnode *map)
{
	struct mnode *n = mgen(s, MT_LABEL_VALUE);

	n->key = mgen_key(s, MT_LABEL_KEY, false);
	mput_anywhere(s, map, n);
	return refused(s, map, "");
}

static bool label_value(struct mstate *s, struct mnode *map)
{
	struct mnode *n = mgen_scalar(s, MT_LABEL_VALUE, false);

	for (size_t tries = 0; tries < 8; tries++) {
		char key[160];
		struct np_str text = mgen_key(s, MT_LABEL_KEY, true);

		if (text.n >= sizeof(key))
			continue;
		memcpy(key, text.p, text.n);
		key[text.n] = '\0';
		drop_field(map, key);
		n->key = text;
		mput_anywhere(s, map, n);
		return refused(s, map, "");
	}
	return false;
}

static void with_operator(struct mstate *s, struct mnode *e, size_t first)
{
	put_text(s, e, "operator", mschema[MT_OPERATOR].valid.items[first + mbelow(s, 2)],
		 MT_OPERATOR);
}

static bool operator_bad(struct mstate *s, struct mnode *e)
{
	make_bad(s, mnode_get(e, "operator"));
	return refused(s, e, ".operator");
}

static bool key_bad(struct mstate *s, struct mnode *e)
{
	make_bad(s, mnode_get(e, "key"));
	return refused(s, e, ".key");
}

static bool values_missing(struct mstate *s, struct mnode *e)
{
	with_operator(s, e, 0);
	drop_field(e, "values");
	if (mone_in(s, 2))
		mnode_set(e, "values",
			  mnode_new(&s->arena, mone_in(s, 2) ? MK_LIST : MK_NULL, MT_VALUES));
	return refused(s, e, ".values");
}

static bool values_forbidden(struct mstate *s, struct mnode *e)
{
	with_operator(s, e, 2);
	put_field(e, "values", mparse(s, mone_in(s, 2) ? "[\"\"]" : "[\"a\",\"b\"]", MT_VALUES));
	return refused(s, e, ".values");
}

static bool value_bad(struct mstate *s, struct mnode *e)
{
	struct mnode *list = mparse(s, "[\"a\",\"b\"]", MT_VALUES), *n;

	with_operator(s, e, 0);
	put_field(e, "values", list);
	n = mgen_scalar(s, MT_LABEL_VALUE, false);
	mput_anywhere(s, list, n);
	return refused(s, n, "");
}

/* ---- ports ---- */

static bool protocol_bad(struct mstate *s, struct mnode *p)
{
	put_field(p, "protocol", mgen_scalar(s, MT_PROTOCOL, false));
	return refused(s, p, ".protocol");
}

static bool port_bad(struct mstate *s, struct mnode *p)
{
	drop_field(p, "endPort");
	put_field(p, "port", mgen_scalar(s, MT_PORT_VALUE, false));
	return refused(s, p, ".port");
}

static bool end_below(struct mstate *s, struct mnode *p)
{
	int32_t from = 2 + (int32_t)mbelow(s, 65534);

	put_field(p, "port", mnode_number(&s->arena, from, MT_PORT_VALUE));
	put_field(
		p, "endPort",
		mnode_number(&s->arena,
			     mone_in(s, 2) ? from - 1 : 1 + (long long)mbelow(s, (size_t)from - 1),
			     MT_END_PORT));
	return refused(s, p, ".endPort");
}

static bool end_bad(struct mstate *s, struct mnode *p)
{
	put_field(p, "port",
		  mnode_number(&s->arena, 1 + (long long)mbelow(s, 65535), MT_PORT_VALUE));
	put_field(p, "endPort", mgen_scalar(s, MT_END_PORT, false));
	return refused(s, p, ".endPort");
}

static bool end_of_name(struct mstate *s, struct mnode *p)
{
	put_text(s, p, "port", "http", MT_PORT_VALUE);
	put_field(p, "endPort", mgen_scalar(s, MT_END_PORT, true));
	return refused(s, p, ".endPort");
}

static bool end_alone(struct mstate *s, struct mnode *p)
{
	drop_field(p, "port");
	put_field(p, "endPort", mgen_scalar(s, MT_END_PORT, true));
	return refused(s, p, ".endPort");
}

/* ---- peers ---- */

static bool peer_empty(struct mstate *s, struct mnode *p)
{
	mnode_become(p, mone_in(s, 2) ? MK_MAP : MK_NULL, NP_STR_NONE);
	return refused(s, p, "");
}

static bool peer_both(struct mstate *s, struct mnode *p)
{
	mneed_field(s, p, "ipBlock");
	mneed_field(s, p, mone_in(s, 2) ? "podSelector" : "namespaceSelector");
	return refused(s, p, "");
}

/* Refused by the rules that are asked for: what is only misspelt passes the legacy ones. */
static struct mnode *bad_cidr(struct mstate *s, unsigned type)
{
	for (size_t tries = 0; tries < 32; tries++) {
		struct mnode *n = mgen_scalar(s, type, false);
		struct np_cidr c;

		if (!s->legacy_cidrs || !np_cidr_parse(n->text, &c))
			return n;
	}
	return mnode_string(&s->arena, NP_STR("10.0.0.0"), type);
}

static bool cidr_bad(struct mstate *s, struct mnode *b)
{
	drop_field(b, "except");
	put_field(b, "cidr", bad_cidr(s, MT_CIDR));
	return refused(s, b, ".cidr");
}

/* The whole block, more than the block, the one beside it, or of the other family. */
static struct np_str outside(struct mstate *s, const struct mnode *cidr)
{
	struct np_str text = NP_STR_NONE;
	struct np_cidr c;

	if (!mcidr_good(s, cidr->text, &c))
		return cidr->text;
	switch (mbelow(s, 4)) {
	case 0:
		text = mcidr_parent(s, &c);
		break;
	case 1:
		text = mcidr_sibling(s, &c);
		break;
	case 2:
		text = c.addr.width == 4 ? NP_STR("2001:db8::/64") : NP_STR("10.0.0.0/24");
	}
	return text.p ? text : cidr->text;
}

static bool except_outside(struct mstate *s, struct mnode *b)
{
	struct mnode *list = mneed_field(s, b, "except"),
		     *n = mnode_string(&s->arena, outside(s, mnode_get(b, "cidr")), MT_EXCEPT);

	mput_anywhere(s, list, n);
	return refused(s, n, "");
}

static bool except_bad(struct mstate *s, struct mnode *b)
{
	struct mnode *list = mneed_field(s, b, "except"), *n = bad_cidr(s, MT_EXCEPT);

	mput_anywhere(s, list, n);
	return refused(s, n, "");
}

/* ---- spec ---- */

static bool type_bad(struct mstate *s, struct mnode *n)
{
	make_bad(s, n);
	return refused(s, n, "");
}

static bool types_many(struct mstate *s, struct mnode *list)
{
	while (list->n < 3)
		mnode_append(list, mgen(s, MT_TYPE));
	return refused(s, list, "");
}

/* ---- before validation ---- */

static bool unknown_field(struct mstate *s, struct mnode *map)
{
	static const char *const names[] = {
		"podselector", "podSelectors", "port",	 "ports",     "from",	"To",
		"endport",     "matchlabels",  "labels", "ingres",    "Egress", "cidrs",
		"excepts",     "clusterName",  "x",	 "policyType"
	};
	const char *name = names[mbelow(s, NP_ARRAY_SIZE(names))];
	char suffix[32];

	if (map->kind != MK_MAP || mschema_field(map->type, np_str_from(name), NULL) != MT_ANY)
		return false;
	mnode_set(map, name, mgen(s, mone_in(s, 2) ? MT_NAME : MT_SELECTOR));
	snprintf(suffix, sizeof(suffix), ".%s", name);
	say(s, NP_FAULT_STRICT, map, suffix);
	return true;
}

/* JSON of another kind than the field has; a raw token, so that no reader makes a string of it. */
static const char *wrong_kind(struct mstate *s, unsigned kind, bool port)
{
	static const char *const no_map[] = { "\"x\"", "1", "true", "[]", "[{}]" },
				 *const no_list[] = { "\"x\"", "1", "true", "{}", "{\"a\":1}" },
				 *const no_text[] = { "1", "true", "false", "{}", "[]", "1.5" },
				 *const no_number[] = { "\"80\"",     "true", "{}",
							"[80]",	      "80.5", "2147483648",
							"-2147483649" };

	if (port)
		return no_number[1 + mbelow(s, NP_ARRAY_SIZE(no_number) - 1)];
	switch (kind) {
	case MK_MAP:
		return no_map[mbelow(s, NP_ARRAY_SIZE(no_map))];
	case MK_LIST:
		return no_list[mbelow(s, NP_ARRAY_SIZE(no_list))];
	default:
		return no_text[mbelow(s, NP_ARRAY_SIZE(no_text))];
	}
}

static bool wrong_type(struct mstate *s, struct mnode *n)
{
	/* In a map with any key the server's name for the place is not a path. */
	if (!n->parent || mschema[n->parent->type].key_type)
		return false;
	mnode_become(n, MK_RAW,
		     np_str_from(wrong_kind(s, mschema[n->type].kind, n->type == MT_PORT_VALUE)));
	say(s, NP_FAULT_DECODE, n, "");
	return true;
}

static bool wrong_end_port(struct mstate *s, struct mnode *p)
{
	static const char *const tokens[] = {
		"\"90\"", "true", "{}", "[90]", "90.5", "2147483648"
	};
	struct mnode *n = mnode_new(&s->arena, MK_RAW, MT_END_PORT);

	n->text = np_str_from(tokens[mbelow(s, NP_ARRAY_SIZE(tokens))]);
	put_field(p, "endPort", n);
	say(s, NP_FAULT_DECODE, n, "");
	return true;
}

/* ---- the choice ---- */

#define M_TYPED                                                                                    \
	((M_LISTS | M_ELEMENTS | M_LABEL_MAPS | MASK(MT_SPEC) | MASK(MT_SELECTOR) |                \
	  MASK(MT_BLOCK) | MASK(MT_CIDR) | MASK(MT_OPERATOR) | MASK(MT_LABEL_KEY) |                \
	  MASK(MT_PORT_VALUE) | MASK(MT_PROTOCOL) | MASK(MT_NAME)) &                               \
	 ~MASK(MT_FINALIZERS) & ~MASK(MT_FINALIZER))
#define M_OBJECTS                                                                                  \
	(M_RULES | MASK(MT_PEER) | MASK(MT_PORT) | MASK(MT_EXPR) | MASK(MT_SELECTOR) |             \
	 MASK(MT_BLOCK) | MASK(MT_SPEC) | MASK(MT_POLICY))

static const struct {
	const char *name;
	uint8_t type; /* of the site, made when there is none; MT_ANY: one of @mask */
	bool (*make)(struct mstate *s, struct mnode *at);
	uint64_t mask;
} faults[] = {
	{ "name-missing", MT_META, name_missing, 0 },
	{ "name", MT_META, name_bad, 0 },
	{ "prefix", MT_META, prefix_bad, 0 },
	{ "annotation-key", MT_ANNOTATIONS, annotation_key, 0 },
	{ "finalizer", MT_FINALIZERS, finalizer_bare, 0 },
	{ "meta-label-key", MT_LABELS, label_key, 0 },
	{ "meta-label-value", MT_LABELS, label_value, 0 },
	{ "label-key", MT_MATCH_LABELS, label_key, 0 },
	{ "label-value", MT_MATCH_LABELS, label_value, 0 },
	{ "operator", MT_EXPR, operator_bad, 0 },
	{ "key", MT_EXPR, key_bad, 0 },
	{ "values-missing", MT_EXPR, values_missing, 0 },
	{ "values-forbidden", MT_EXPR, values_forbidden, 0 },
	{ "value", MT_EXPR, value_bad, 0 },
	{ "protocol", MT_PORT, protocol_bad, 0 },
	{ "port", MT_PORT, port_bad, 0 },
	{ "end-below", MT_PORT, end_below, 0 },
	{ "end", MT_PORT, end_bad, 0 },
	{ "end-of-name", MT_PORT, end_of_name, 0 },
	{ "end-alone", MT_PORT, end_alone, 0 },
	{ "peer-empty", MT_PEER, peer_empty, 0 },
	{ "peer-both", MT_PEER, peer_both, 0 },
	{ "cidr", MT_BLOCK, cidr_bad, 0 },
	{ "except-outside", MT_BLOCK, except_outside, 0 },
	{ "except", MT_BLOCK, except_bad, 0 },
	{ "type", MT_TYPE, type_bad, 0 },
	{ "types-many", MT_TYPES, types_many, 0 },
	{ "unknown-field", MT_ANY, unknown_field, M_OBJECTS },
	{ "unknown-field", MT_ANY, unknown_field, M_OBJECTS },
	{ "wrong-type", MT_ANY, wrong_type, M_TYPED },
	{ "wrong-type", MT_ANY, wrong_type, M_TYPED },
	{ "wrong-end", MT_PORT, wrong_end_port, 0 },
};

#define TRIES 16

void mfault(struct mstate *s)
{
	for (size_t tries = 0; tries < TRIES; tries++) {
		size_t i = mbelow(s, NP_ARRAY_SIZE(faults));
		struct mnode *at = faults[i].type ? mneed(s, faults[i].type)
						  : mpick(s, s->root, faults[i].mask);

		if (at && faults[i].make(s, at)) {
			mlog(s, "fault", faults[i].name);
			return;
		}
	}
	name_missing(s, mneed(s, MT_META));
	mlog(s, "fault", faults[0].name);
}
