/*
 * schema.h - layer mutate: NetworkPolicy networking.k8s.io/v1 as tables: fields, element types, and
 * for every scalar its boundary values, valid ones and others.
 */
#ifndef NP_HARNESS_MUTATE_SCHEMA_H
#define NP_HARNESS_MUTATE_SCHEMA_H

#include "node.h"

enum mtype {
	MT_ANY,	/* not in the schema */
	MT_POLICY, MT_API_VERSION, MT_KIND,
	MT_META, MT_NAME, MT_GENERATE_NAME, MT_NAMESPACE, MT_LABELS, MT_ANNOTATIONS, MT_ANNOTATION,
	MT_FINALIZERS, MT_FINALIZER,
	MT_SERVER,	/* what the API server sets */
	MT_SPEC, MT_IN_RULES, MT_EG_RULES, MT_IN_RULE, MT_EG_RULE, MT_TYPES, MT_TYPE,
	MT_PEERS, MT_PEER, MT_SELECTOR, MT_BLOCK, MT_CIDR, MT_EXCEPTS, MT_EXCEPT,
	MT_MATCH_LABELS, MT_LABEL_VALUE, MT_EXPRS, MT_EXPR, MT_LABEL_KEY, MT_OPERATOR, MT_VALUES,
	MT_PORTS, MT_PORT, MT_PORT_VALUE, MT_END_PORT, MT_PROTOCOL,
	MT_LIST, MT_ITEMS,	/* a List of policies */
	MT_EVENT,		/* of a watch: its object is a policy */
	N_MTYPES
};

#define MASK(t) (1ULL << (t))
/* Sets of types. */
#define M_RULE_LISTS (MASK(MT_IN_RULES) | MASK(MT_EG_RULES))
#define M_RULES (MASK(MT_IN_RULE) | MASK(MT_EG_RULE))
#define M_LABEL_MAPS (MASK(MT_LABELS) | MASK(MT_MATCH_LABELS))
#define M_ELEMENTS                                                                                 \
	(M_RULES | MASK(MT_PEER) | MASK(MT_PORT) | MASK(MT_EXPR) | MASK(MT_EXCEPT) |               \
	 MASK(MT_LABEL_VALUE) | MASK(MT_TYPE) | MASK(MT_FINALIZER))
#define M_LISTS                                                                                    \
	(M_RULE_LISTS | MASK(MT_PEERS) | MASK(MT_PORTS) | MASK(MT_EXPRS) | MASK(MT_EXCEPTS) |      \
	 MASK(MT_VALUES) | MASK(MT_TYPES) | MASK(MT_FINALIZERS))
#define M_MAPS                                                                                     \
	(M_RULES | M_LABEL_MAPS | MASK(MT_PEER) | MASK(MT_PORT) | MASK(MT_EXPR) |                  \
	 MASK(MT_SELECTOR) | MASK(MT_BLOCK) | MASK(MT_SPEC) | MASK(MT_META) |                      \
	 MASK(MT_ANNOTATIONS) | MASK(MT_POLICY))
#define M_SCALARS                                                                                  \
	(MASK(MT_NAME) | MASK(MT_GENERATE_NAME) | MASK(MT_ANNOTATION) | MASK(MT_FINALIZER) |       \
	 MASK(MT_TYPE) | MASK(MT_CIDR) | MASK(MT_EXCEPT) | MASK(MT_LABEL_VALUE) |                  \
	 MASK(MT_LABEL_KEY) | MASK(MT_OPERATOR) | MASK(MT_PORT_VALUE) | MASK(MT_END_PORT) |        \
	 MASK(MT_PROTOCOL))

struct mfield {
	const char *name;
	uint8_t len, type;
	uint8_t weight;	/* how often it is added; 0: never */
};

struct mvalues {
	const char *const *items;
	uint8_t n;
};

struct mschema {
	const char *name;		/* in the list of operators */
	uint8_t kind;			/* enum mkind; of a port value too: MK_STRING */
	const struct mfield *fields;	/* of a map; NULL with @item: any key */
	uint8_t n_fields;
	uint8_t item;			/* type of elements, or of values of a map with any key */
	uint8_t key_type;		/* of a map with any key: what its keys are like */
	/* Of scalars. Of ports text that starts with '#' is a number. */
	struct mvalues valid, invalid;
};

extern const struct mschema mschema[N_MTYPES];

/* The type of a field of a map of type @type, MT_ANY when there is none. @ret_index may be NULL. */
unsigned mschema_field(unsigned type, struct np_str key, unsigned *ret_index);
/* Gives types to a whole document, whose root may be a policy, a List of them, or a watch event. */
void mschema_assign(struct mnode *root);
/* The same for a tree whose root's type is known. */
void mschema_assign_as(struct mnode *root, unsigned type);

/* Rules of text (semantics 3.2). */
bool mtext_label_key(struct np_str s);
bool mtext_label_value(struct np_str s);
bool mtext_subdomain(struct np_str s);
bool mtext_dns_label(struct np_str s);
bool mtext_port_name(struct np_str s);
/* A decimal int32 without a fraction; false for anything else. */
bool mtext_int32(struct np_str s, int32_t *ret);

#endif
