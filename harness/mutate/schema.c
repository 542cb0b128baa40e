/* schema.c - fields and types. The boundary values are in values.c. */
#include "schema.h"

#include "np/base/mem.h"
#include "values.h"

#define F(name_, type_, weight_)                                                                   \
	{                                                                                          \
		name_, sizeof(name_) - 1, type_, weight_                                           \
	}

static const struct mfield policy_fields[] = {
	F("apiVersion", MT_API_VERSION, 1),
	F("kind", MT_KIND, 1),
	F("metadata", MT_META, 1),
	F("spec", MT_SPEC, 6),
};
static const struct mfield meta_fields[] = {
	F("name", MT_NAME, 2),
	F("namespace", MT_NAMESPACE, 0),
	F("labels", MT_LABELS, 4),
	F("annotations", MT_ANNOTATIONS, 3),
	F("generateName", MT_GENERATE_NAME, 1),
	F("finalizers", MT_FINALIZERS, 1),
	F("ownerReferences", MT_SERVER, 0),
	F("uid", MT_SERVER, 0),
	F("resourceVersion", MT_SERVER, 0),
	F("generation", MT_SERVER, 0),
	F("creationTimestamp", MT_SERVER, 0),
	F("deletionTimestamp", MT_SERVER, 0),
	F("deletionGracePeriodSeconds", MT_SERVER, 0),
	F("selfLink", MT_SERVER, 0),
	F("managedFields", MT_SERVER, 0),
};
static const struct mfield spec_fields[] = {
	F("podSelector", MT_SELECTOR, 2),
	F("ingress", MT_IN_RULES, 4),
	F("egress", MT_EG_RULES, 4),
	F("policyTypes", MT_TYPES, 3),
};
static const struct mfield in_rule_fields[] = { F("from", MT_PEERS, 1), F("ports", MT_PORTS, 1) };
static const struct mfield eg_rule_fields[] = { F("to", MT_PEERS, 1), F("ports", MT_PORTS, 1) };
static const struct mfield peer_fields[] = {
	F("podSelector", MT_SELECTOR, 2),
	F("namespaceSelector", MT_SELECTOR, 2),
	F("ipBlock", MT_BLOCK, 1),
};
static const struct mfield block_fields[] = { F("cidr", MT_CIDR, 1), F("except", MT_EXCEPTS, 4) };
static const struct mfield selector_fields[] = {
	F("matchLabels", MT_MATCH_LABELS, 1),
	F("matchExpressions", MT_EXPRS, 1),
};
static const struct mfield expr_fields[] = {
	F("key", MT_LABEL_KEY, 1),
	F("operator", MT_OPERATOR, 1),
	F("values", MT_VALUES, 1),
};
static const struct mfield port_fields[] = {
	F("protocol", MT_PROTOCOL, 2),
	F("port", MT_PORT_VALUE, 3),
	F("endPort", MT_END_PORT, 2),
};
static const struct mfield list_fields[] = {
	F("apiVersion", MT_ANY, 0),
	F("kind", MT_ANY, 0),
	F("metadata", MT_ANY, 0),
	F("items", MT_ITEMS, 0),
};
static const struct mfield event_fields[] = { F("type", MT_ANY, 0), F("object", MT_POLICY, 0) };

#define MAP(name_, fields_)                                                                        \
	{                                                                                          \
		.name = name_, .kind = MK_MAP, .fields = fields_,                                  \
		.n_fields = NP_ARRAY_SIZE(fields_)                                                 \
	}
#define ANY_MAP(name_, item_, key_)                                                                \
	{                                                                                          \
		.name = name_, .kind = MK_MAP, .item = item_, .key_type = key_                     \
	}
#define LIST(name_, item_)                                                                         \
	{                                                                                          \
		.name = name_, .kind = MK_LIST, .item = item_                                      \
	}
#define TEXT(name_, list_)                                                                         \
	{                                                                                          \
		.name = name_, .kind = MK_STRING,                                                  \
		.valid = { mvalues_##list_, NP_ARRAY_SIZE(mvalues_##list_) }, .invalid = {         \
			mvalues_bad_##list_,                                                       \
			NP_ARRAY_SIZE(mvalues_bad_##list_)                                         \
		}                                                                                  \
	}

const struct mschema mschema[N_MTYPES] = {
	[MT_ANY] = { .name = "any", .kind = MK_NULL },
	[MT_POLICY] = MAP("policy", policy_fields),
	[MT_API_VERSION] = TEXT("version", versions),
	[MT_KIND] = TEXT("kind", kinds),
	[MT_META] = MAP("meta", meta_fields),
	[MT_NAME] = TEXT("name", names),
	[MT_GENERATE_NAME] = TEXT("prefix", prefixes),
	[MT_NAMESPACE] = TEXT("namespace", namespaces),
	[MT_LABELS] = ANY_MAP("labels", MT_LABEL_VALUE, MT_LABEL_KEY),
	[MT_ANNOTATIONS] = ANY_MAP("annotations", MT_ANNOTATION, MT_LABEL_KEY),
	[MT_ANNOTATION] = TEXT("annotation", annotations),
	[MT_FINALIZERS] = LIST("finalizers", MT_FINALIZER),
	[MT_FINALIZER] = TEXT("finalizer", finalizers),
	[MT_SERVER] = { .name = "server", .kind = MK_NULL },
	[MT_SPEC] = MAP("spec", spec_fields),
	[MT_IN_RULES] = LIST("rules", MT_IN_RULE),
	[MT_EG_RULES] = LIST("rules", MT_EG_RULE),
	[MT_IN_RULE] = MAP("rule", in_rule_fields),
	[MT_EG_RULE] = MAP("rule", eg_rule_fields),
	[MT_TYPES] = LIST("types", MT_TYPE),
	[MT_TYPE] = TEXT("type", types),
	[MT_PEERS] = LIST("peers", MT_PEER),
	[MT_PEER] = MAP("peer", peer_fields),
	[MT_SELECTOR] = MAP("selector", selector_fields),
	[MT_BLOCK] = MAP("block", block_fields),
	[MT_CIDR] = TEXT("cidr", cidrs),
	[MT_EXCEPTS] = LIST("excepts", MT_EXCEPT),
	[MT_EXCEPT] = TEXT("except", cidrs),
	[MT_MATCH_LABELS] = ANY_MAP("matchlabels", MT_LABEL_VALUE, MT_LABEL_KEY),
	[MT_LABEL_VALUE] = TEXT("value", label_values),
	[MT_EXPRS] = LIST("exprs", MT_EXPR),
	[MT_EXPR] = MAP("expr", expr_fields),
	[MT_LABEL_KEY] = TEXT("key", label_keys),
	[MT_OPERATOR] = TEXT("operator", operators),
	[MT_VALUES] = LIST("values", MT_LABEL_VALUE),
	[MT_PORTS] = LIST("ports", MT_PORT),
	[MT_PORT] = MAP("port", port_fields),
	[MT_PORT_VALUE] = TEXT("number", ports),
	[MT_END_PORT] = TEXT("endport", end_ports),
	[MT_PROTOCOL] = TEXT("protocol", protocols),
	[MT_LIST] = MAP("list", list_fields),
	[MT_ITEMS] = LIST("items", MT_POLICY),
	[MT_EVENT] = MAP("event", event_fields),
};

unsigned mschema_field(unsigned type, struct np_str key, unsigned *ret_index)
{
	const struct mschema *s = &mschema[type];

	for (unsigned i = 0; i < s->n_fields; i++) {
		const struct mfield *f = &s->fields[i];

		if (f->len == key.n && memcmp(f->name, key.p, key.n) == 0) {
			if (ret_index)
				*ret_index = i;
			return f->type;
		}
	}
	return MT_ANY;
}

static unsigned child_type(const struct mnode *parent, const struct mnode *child)
{
	const struct mschema *s = &mschema[parent->type];

	if (s->kind != parent->kind)
		return MT_ANY;
	return s->item	   ? s->item
	       : s->fields ? mschema_field(parent->type, child->key, NULL)
			   : MT_ANY;
}

void mschema_assign_as(struct mnode *root, unsigned type)
{
	root->type = (uint8_t)type;
	for (struct mnode *n = root->first; n; n = mnode_next(n, root))
		n->type = (uint8_t)child_type(n->parent, n);
}

void mschema_assign(struct mnode *root)
{
	const struct mnode *kind = mnode_get(root, "kind"), *items = mnode_get(root, "items");
	const struct mnode *object = mnode_get(root, "object");
	unsigned type = MT_POLICY;

	if (items && items->kind == MK_LIST && !mnode_get(root, "spec"))
		type = MT_LIST;
	else if (object && object->kind == MK_MAP && !mnode_get(root, "spec"))
		type = MT_EVENT;
	else if (kind && kind->kind == MK_STRING && kind->text.n &&
		 !mnode_is(kind, "NetworkPolicy"))
		type = MT_ANY;
	mschema_assign_as(root, type);
}
