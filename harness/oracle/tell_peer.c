/* tell_peer.c - peers and selectors in words. */
#include "tell.h"

#include "matches.h"

#define METADATA_NAME "kubernetes.io/metadata.name"

static void tell_values(struct teller *t, const struct np_requirement *q)
{
	tell(t, " [");
	for (size_t i = 0; i < q->n_values; i++) {
		tell(t, "%s", i ? ", " : "");
		tell_str(t, q->values[i]);
	}
	tell(t, "]");
}

static void note_key(struct teller *t, struct np_str key)
{
	if (np_str_is(key, METADATA_NAME))
		tell_note(t, 15);
}

static void tell_requirement(struct teller *t, const struct np_requirement *q)
{
	tell_str(t, q->key);
	tell(t, " %s", np_op_name(q->op));
	if (q->n_values)
		tell_values(t, q);
	tell_note(t, 13);
	note_key(t, q->key);
}

static void tell_label(struct teller *t, const struct np_label *label)
{
	tell_str(t, label->key);
	tell(t, "=");
	tell_str(t, label->value);
	tell_note(t, 13);
	note_key(t, label->key);
}

static void tell_selector(struct teller *t, const struct np_selector *sel)
{
	if (sel->match_labels.n + sel->n_exprs == 0) {
		tell(t, "{}");
		tell_note(t, 12);
		return;
	}
	if (sel->match_labels.n + sel->n_exprs > 1)
		tell_note(t, 14);
	tell(t, "{");
	for (size_t i = 0; i < sel->match_labels.n; i++) {
		tell(t, "%s", i ? ", " : "");
		tell_label(t, &sel->match_labels.items[i]);
	}
	for (size_t i = 0; i < sel->n_exprs; i++) {
		tell(t, "%s", i || sel->match_labels.n ? ", " : "");
		tell_requirement(t, &sel->exprs[i]);
	}
	tell(t, "}");
}

static bool has_value(const struct np_requirement *q, const struct np_str *value)
{
	for (size_t i = 0; value && i < q->n_values; i++)
		if (np_str_eq(q->values[i], *value))
			return true;
	return false;
}

static bool requirement_holds(const struct np_requirement *q, const struct np_labels *labels)
{
	const struct np_str *value = np_labels_get(labels, q->key);

	switch (q->op) {
	case NP_OP_IN:
		return has_value(q, value);
	case NP_OP_NOT_IN:
		return !has_value(q, value);
	case NP_OP_EXISTS:
		return value != NULL;
	case NP_OP_NOT_EXISTS:
		return value == NULL;
	}
	return false;
}

static bool label_holds(const struct np_label *want, const struct np_labels *labels)
{
	const struct np_str *value = np_labels_get(labels, want->key);

	return value && np_str_eq(*value, want->value);
}

bool selector_matches(const struct np_selector *sel, const struct np_labels *labels)
{
	for (size_t i = 0; i < sel->match_labels.n; i++)
		if (!label_holds(&sel->match_labels.items[i], labels))
			return false;
	for (size_t i = 0; i < sel->n_exprs; i++)
		if (!requirement_holds(&sel->exprs[i], labels))
			return false;
	return true;
}

/* What the object has under a key. */
static void tell_has(struct teller *t, struct np_str key, const struct np_labels *labels)
{
	const struct np_str *value = np_labels_get(labels, key);

	if (value) {
		tell(t, ", it has ");
		tell_str(t, key);
		tell(t, "=");
		tell_str(t, *value);
	} else {
		tell(t, ", it has no such label");
	}
}

/* The first condition of @sel that @labels does not meet, in words; false when it meets all. */
static bool tell_selector_miss(struct teller *t, const struct np_selector *sel, const struct np_labels *labels)
{
	for (size_t i = 0; i < sel->match_labels.n; i++)
		if (!label_holds(&sel->match_labels.items[i], labels)) {
			tell_label(t, &sel->match_labels.items[i]);
			tell_has(t, sel->match_labels.items[i].key, labels);
			return true;
		}
	for (size_t i = 0; i < sel->n_exprs; i++)
		if (!requirement_holds(&sel->exprs[i], labels)) {
			tell_requirement(t, &sel->exprs[i]);
			tell_has(t, sel->exprs[i].key, labels);
			return true;
		}
	return false;
}

static void tell_block(struct teller *t, const struct np_ipblock *b)
{
	tell(t, "ipBlock ");
	tell_str(t, b->cidr_text);
	for (size_t i = 0; i < b->n_excepts; i++) {
		tell(t, "%s", i ? ", " : " except ");
		tell_str(t, b->except_texts[i]);
	}
	tell_clause(t, 17);
	if (b->n_excepts)
		tell_note(t, 18);
	if (b->cidr.addr.width != 4)
		tell_note(t, 55);
}

void tell_peer(struct teller *t, enum np_dir dir, const struct np_peer *peer, struct np_str ns)
{
	(void)dir;
	if (peer->ip_block) {
		tell_block(t, peer->ip_block);
		return;
	}
	tell(t, "pods ");
	if (peer->pod_selector)
		tell_selector(t, peer->pod_selector);
	else
		tell(t, "(any)");
	if (peer->ns_selector) {
		tell(t, " of namespaces ");
		tell_selector(t, peer->ns_selector);
	} else {
		tell(t, " of namespace ");
		tell_str(t, ns);
	}
	tell_clause(t, !peer->ns_selector ? 9 : peer->pod_selector ? 11 : 10);
}

static const struct np_pod *other_pod(const struct np_eval *e, const struct np_side *side)
{
	return &e->o->world->pods[side->other_pod];
}

static const struct np_labels *other_ns_labels(const struct np_eval *e, const struct np_side *side)
{
	return &e->o->world->namespaces[other_pod(e, side)->ns_idx].labels;
}

bool peer_matches(struct np_eval *e, const struct peer_block *block, const struct np_peer *peer,
		  struct np_str ns, const struct np_side *side)
{
	if (block)
		return block_matches(e, block, side);
	if (side->other_pod == NONE)
		return false;
	if (peer->ns_selector ? !selector_matches(peer->ns_selector, other_ns_labels(e, side))
			      : !np_str_eq(other_pod(e, side)->ns, ns))
		return false;
	return !peer->pod_selector || selector_matches(peer->pod_selector, &other_pod(e, side)->labels);
}

static void tell_block_miss(struct teller *t, const struct peer_block *b, const struct np_side *side)
{
	const struct np_ipblock *src = b->src->ip_block;
	bool mapped = t->e.yes & READING_BIT(NP_READ_MAPPED), network = t->e.yes & READING_BIT(NP_READ_HOST_BITS);
	const struct net *net = block_net(&b->cidr, mapped, network);

	if (net->nothing || net->addr.width != side->other.width) {
		tell(t, "the address is of the other family");
		tell_clause(t, 55);
		return;
	}
	if (!net_holds(net, &side->other)) {
		tell(t, "the address is outside the block");
		tell_clause(t, 17);
		return;
	}
	for (size_t i = 0; i < b->n_excepts; i++)
		if (net_holds(block_net(&b->excepts[i], mapped, network), &side->other)) {
			tell(t, "the address is inside except ");
			tell_str(t, src->except_texts[i]);
			tell_clause(t, 18);
			return;
		}
	tell(t, side->other_pod != NONE ? "the address is a pod's" : "another address may be seen");
	tell_clause(t, side->other_pod != NONE ? 19 : 20);
}

void tell_peer_miss(struct teller *t, const struct peer_block *block, const struct np_peer *peer,
		    struct np_str ns, const struct np_side *side)
{
	unsigned clause = peer->pod_selector && peer->ns_selector ? 11 : peer->ns_selector ? 10 : 9;

	if (block) {
		tell_block_miss(t, block, side);
		return;
	}
	if (side->other_pod == NONE) {
		tell(t, "the other end is no pod");
		tell_clause(t, clause);
		return;
	}
	if (!peer->ns_selector && !np_str_eq(other_pod(&t->e, side)->ns, ns)) {
		tell(t, "the pod is of namespace ");
		tell_str(t, other_pod(&t->e, side)->ns);
		tell_clause(t, 9);
		return;
	}
	if (peer->ns_selector && !selector_matches(peer->ns_selector, other_ns_labels(&t->e, side))) {
		tell(t, "its namespace lacks ");
		tell_selector_miss(t, peer->ns_selector, other_ns_labels(&t->e, side));
		tell_clause(t, clause);
		return;
	}
	tell(t, "the pod lacks ");
	tell_selector_miss(t, peer->pod_selector, &other_pod(&t->e, side)->labels);
	tell_clause(t, clause);
}
