/*
 * feature.c - the table of features and the rules between them. Values that hide others (a policy
 * without rules, a selector that matches nothing) are kept apart by rules, so that a combination
 * counts as covered only where it can be seen.
 */
#include "np/gen/feature.h"

#include <string.h>

#include "features.h"
#include "np/base/mem.h"

#define SELECTORS                                                                                  \
	{ "{}", 12 }, { "label", 12 }, { "labels", 8 }, { "In", 8 }, { "In several", 8 },          \
	{ "NotIn", 10 }, { "NotIn several", 10 }, { "Exists", 8 }, { "DoesNotExist", 10 },         \
	{ "mixed", 8 }, { "nothing", 3 }

static const struct np_feature features[N_FEATS] = {
	[F_WORLD] = { "world", 'A', "names that collide, are cut or refused; many namespaces",
		{ { "plain", 40 }, { "joined names", 15 }, { "long names", 15 }, { "odd names", 15 },
		  { "many namespaces", 15 } } },
	[F_FAMILY] = { "family", 'A', "one address family only",
		{ { "ipv4", 50 }, { "ipv6", 20 }, { "dual", 30 } } },
	[F_GUEST] = { "guest", 'A', "pods without labels, with a replica's labels, of the host",
		{ { "none", 60 }, { "bare", 15 }, { "twin", 15 }, { "host", 10 } } },
	[F_DIR] = { "direction", 'B', "directions mixed up",
		{ { "ingress", 40 }, { "egress", 35 }, { "both", 25 } } },
	[F_TYPES] = { "types", 'B', "policyTypes inferred, ignored, of one policy for all",
		{ { "exact", 55 }, { "defaulted", 15 }, { "more than rules", 15 },
		  { "fewer than rules", 15 } } },
	[F_SUBJECT] = { "subject", 'B', "selectors by operator and arity, as subject", { SELECTORS } },
	[F_RULES] = { "rules", 'B', "no rule, an empty rule among others, rules mixed",
		{ { "none", 8 }, { "one", 50 }, { "two", 20 }, { "crossed", 16 },
		  { "with an empty one", 6 } } },
	[F_PEERS] = { "peers", 'B', "and for or, one kind lost beside another, empty lists",
		{ { "-", 0 }, { "absent", 8 }, { "[]", 4 }, { "pod", 12 }, { "namespace", 12 },
		  { "both", 14 }, { "block", 12 }, { "pod, namespace", 8 }, { "block, pod", 8 },
		  { "two blocks", 8 }, { "both, pod", 6 }, { "subject", 4 }, { "many", 4 } } },
	[F_PODSEL] = { "podSelector", 'B', "selectors by operator and arity, as peer",
		{ { "-", 0 }, SELECTORS } },
	[F_NSSEL] = { "namespaceSelector", 'B', "the same for namespaces",
		{ { "-", 0 }, { "{}", 12 }, { "label", 14 }, { "name", 12 }, { "In several", 10 },
		  { "NotIn several", 12 }, { "Exists", 10 }, { "DoesNotExist", 10 }, { "nothing", 3 } } },
	[F_ANCHOR] = { "block.around", 'B', "blocks over nodes and pods",
		{ { "-", 0 }, { "near", 50 }, { "far", 20 }, { "node", 15 }, { "pod", 15 } } },
	[F_WIDTH] = { "block.width", 'B', "/0, /32, ends of blocks",
		{ { "-", 0 }, { "all", 25 }, { "host", 25 }, { "pair", 15 }, { "few", 20 }, { "net", 20 } } },
	[F_RELATION] = { "block.second", 'B', "two blocks: equal, nested, apart",
		{ { "-", 0 }, { "equal", 25 }, { "inside", 25 }, { "around", 25 }, { "apart", 25 } } },
	[F_EXCEPT] = { "except", 'B', "except ignored, shared, as deny, inverted",
		{ { "-", 0 }, { "none", 30 }, { "host", 25 }, { "part", 20 }, { "two", 10 },
		  { "other's block", 8 }, { "selected pod", 8 } } },
	[F_PORTS] = { "ports", 'B', "empty lists, protocols, ranges, names, lists that are cut",
		{ { "-", 0 }, { "absent", 10 }, { "[]", 4 }, { "{}", 5 }, { "protocol", 8 },
		  { "number", 12 }, { "udp", 8 }, { "range", 10 }, { "range to end", 5 },
		  { "name", 14 }, { "name of nobody", 4 }, { "several", 8 }, { "number and all", 6 },
		  { "many", 4 }, { "sctp", 6 } } },
	[F_PORTS2] = { "ports.second", 'B', "ports of two rules or policies mixed",
		{ { "-", 0 }, { "absent", 20 }, { "number", 25 }, { "range", 20 }, { "name", 20 },
		  { "udp", 15 } } },
	[F_SECOND] = { "beside", 'B', "union, order, policies that disable others",
		{ { "none", 35 }, { "same subject", 18 }, { "other direction", 12 }, { "deny all", 10 },
		  { "allow all", 10 }, { "namesake", 8 }, { "odd", 10 } } },
	[F_FAR] = { "far end", 'B', "an accept by one end is final",
		{ { "open", 55 }, { "accepts", 20 }, { "denies", 25 } } },
	[F_NAME] = { "policy name", 'B', "names as keys: cut, joined, refused",
		{ { "plain", 60 }, { "long", 12 }, { "dots and digits", 14 }, { "joined", 14 } } },
	[F_CROWD] = { "crowd", 'B', "limits, one of many policies lost",
		{ { "none", 94 }, { "many policies", 6 } } },
	[F_SEQ] = { "sequence", 'C', "state that outlives its object, events in another order",
		{ { "static", 30 }, { "S1 completed", 7 }, { "S2 address reused", 7 },
		  { "S3 address changed", 5 }, { "S4 pod labels", 8 }, { "S5 namespace labels", 8 },
		  { "S6 creation order", 7 }, { "S7 policy updated", 8 }, { "S8 one deleted", 8 },
		  { "S9 same name", 7 }, { "S10 namespace deleted", 7 }, { "S16 repeated", 4 } } },
};

#define V(value) (1U << (value))
#define NOT(mask) (0xFFFFFFFFU & ~(uint32_t)(mask))
#define USES_POD (V(PEERS_POD) | V(PEERS_BOTH) | V(PEERS_POD_NS) | V(PEERS_BLOCK_POD) | V(PEERS_BOTH_POD))
#define USES_NS (V(PEERS_NS) | V(PEERS_BOTH) | V(PEERS_POD_NS) | V(PEERS_BOTH_POD))
#define USES_BLOCK (V(PEERS_BLOCK) | V(PEERS_BLOCK_POD) | V(PEERS_BLOCKS))
#define NO_LIST (V(RULES_NONE) | V(RULES_EMPTY_TOO))
#define TWO_RULES (V(RULES_TWO) | V(RULES_CROSS))

/* "Only where the other is used", both ways. */
#define PAIRED(why, of, mask, feature)                                                             \
	{ why, { { of, mask }, { feature, V(0) } } },                                              \
	{ why, { { of, NOT(mask) }, { feature, NOT(V(0)) } } }

static const struct np_feature_rule rules[] = {
	PAIRED("peers are of rules that say something", F_RULES, NOT(NO_LIST), F_PEERS),
	PAIRED("ports are of rules that say something", F_RULES, NOT(NO_LIST), F_PORTS),
	PAIRED("only peers with a podSelector have one", F_PEERS, USES_POD, F_PODSEL),
	PAIRED("only peers with a namespaceSelector have one", F_PEERS, USES_NS, F_NSSEL),
	PAIRED("only peers with a block have one", F_PEERS, USES_BLOCK, F_ANCHOR),
	PAIRED("only peers with a block have one", F_PEERS, USES_BLOCK, F_WIDTH),
	PAIRED("only peers with a block have excepts", F_PEERS, USES_BLOCK, F_EXCEPT),
	PAIRED("a relation needs two blocks", F_PEERS, V(PEERS_BLOCKS), F_RELATION),
	PAIRED("second ports are of a second rule", F_RULES, TWO_RULES, F_PORTS2),
	{ "rules that cross need a list of peers",
	  { { F_RULES, V(RULES_CROSS) }, { F_PEERS, V(PEERS_ABSENT) | V(PEERS_EMPTY) } } },
	{ "a policy without subject shows nothing of its rules",
	  { { F_SUBJECT, V(SEL_NOTHING) }, { F_RULES, NOT(V(RULES_NONE)) } } },
	{ "a peer that nobody is shows nothing of its ports",
	  { { F_PODSEL, V(PODSEL_FIRST + SEL_NOTHING) },
	    { F_PORTS, NOT(V(PORTS_ABSENT) | V(PORTS_NUMBER) | V(PORTS_NAME)) } } },
	{ "a peer that nobody is shows nothing of its ports",
	  { { F_NSSEL, V(NSSEL_NOTHING) },
	    { F_PORTS, NOT(V(PORTS_ABSENT) | V(PORTS_NUMBER) | V(PORTS_NAME)) } } },
	{ "half of a combined peer shows nothing where the other is nobody",
	  { { F_PODSEL, V(PODSEL_FIRST + SEL_NOTHING) },
	    { F_NSSEL, NOT(V(NSSEL_UNUSED) | V(NSSEL_EMPTY) | V(NSSEL_LABEL)) } } },
	{ "half of a combined peer shows nothing where the other is nobody",
	  { { F_NSSEL, V(NSSEL_NOTHING) },
	    { F_PODSEL, NOT(V(PODSEL_UNUSED) | V(PODSEL_FIRST + SEL_EMPTY) | V(PODSEL_FIRST + SEL_LABEL)) } } },
	{ "a name of nobody shows nothing of the rule's peers",
	  { { F_PORTS, V(PORTS_NOWHERE) },
	    { F_PEERS, NOT(V(PEERS_ABSENT) | V(PEERS_POD) | V(PEERS_NS) | V(PEERS_BLOCK)) } } },
	{ "the whole family is one block, wherever its middle",
	  { { F_WIDTH, V(WIDTH_ALL) }, { F_ANCHOR, NOT(V(ANCHOR_UNUSED) | V(ANCHOR_NEAR)) } } },
	{ "addresses of nodes and pods are known one by one",
	  { { F_ANCHOR, V(ANCHOR_NODE) | V(ANCHOR_POD) }, { F_WIDTH, NOT(V(WIDTH_HOST)) } } },
	{ "beside the far address there is no other",
	  { { F_ANCHOR, V(ANCHOR_FAR) }, { F_WIDTH, V(WIDTH_PAIR) | V(WIDTH_FEW) } } },
	{ "a block around one address has no except that can be probed",
	  { { F_ANCHOR, NOT(V(ANCHOR_NEAR)) }, { F_EXCEPT, NOT(V(EXCEPT_UNUSED) | V(EXCEPT_NONE)) } } },
	{ "an except is smaller than its block",
	  { { F_WIDTH, V(WIDTH_HOST) }, { F_EXCEPT, NOT(V(EXCEPT_UNUSED) | V(EXCEPT_NONE)) } } },
	{ "of such a small block nothing would be left to probe",
	  { { F_WIDTH, V(WIDTH_PAIR) | V(WIDTH_FEW) },
	    { F_EXCEPT, V(EXCEPT_PART) | V(EXCEPT_TWO) | V(EXCEPT_OTHERS) | V(EXCEPT_SELECTED) } } },
	{ "an except is equal to another block where there are two",
	  { { F_EXCEPT, V(EXCEPT_OTHERS) }, { F_PEERS, NOT(V(PEERS_BLOCKS)) } } },
	{ "such an except is inside its block",
	  { { F_EXCEPT, V(EXCEPT_OTHERS) }, { F_RELATION, NOT(V(RELATION_INSIDE)) } } },
	{ "a pod in an except is selected by a peer beside the block",
	  { { F_EXCEPT, V(EXCEPT_SELECTED) }, { F_PEERS, NOT(V(PEERS_BLOCK_POD)) } } },
	{ "only the whole family holds pods and other addresses",
	  { { F_EXCEPT, V(EXCEPT_SELECTED) }, { F_WIDTH, NOT(V(WIDTH_ALL)) } } },
	{ "the pod in the except is not just any",
	  { { F_EXCEPT, V(EXCEPT_SELECTED) }, { F_PODSEL, V(PODSEL_FIRST + SEL_NOTHING) } } },
	{ "nothing is around the whole family, inside one address, or apart from everything",
	  { { F_WIDTH, V(WIDTH_ALL) }, { F_RELATION, V(RELATION_AROUND) | V(RELATION_APART) } } },
	{ "nothing is around the whole family, inside one address, or apart from everything",
	  { { F_WIDTH, V(WIDTH_HOST) }, { F_RELATION, V(RELATION_INSIDE) } } },
	{ "blocks around nodes and pods have their second one elsewhere",
	  { { F_ANCHOR, V(ANCHOR_NODE) | V(ANCHOR_POD) }, { F_RELATION, V(RELATION_INSIDE) | V(RELATION_AROUND) } } },
	{ "defaulted types name both directions as soon as there is egress",
	  { { F_TYPES, V(TYPES_DEFAULTED) }, { F_DIR, V(DIR_EGRESS) } } },
	{ "both directions are there already",
	  { { F_TYPES, V(TYPES_MORE) }, { F_DIR, V(DIR_BOTH) } } },
	{ "rules without effect are of a direction that is not listed",
	  { { F_TYPES, V(TYPES_FEWER) }, { F_DIR, V(DIR_BOTH) } } },
	{ "without rules there is none without effect",
	  { { F_TYPES, V(TYPES_FEWER) }, { F_RULES, V(RULES_NONE) } } },
	{ "a host's pod is there from the beginning",
	  { { F_GUEST, V(GUEST_HOST) }, { F_SEQ, V(SEQ_COMPLETED) | V(SEQ_REUSED) | V(SEQ_MOVED) } } },
	{ "what is deleted needs another beside it",
	  { { F_SEQ, V(SEQ_DELETE) }, { F_SECOND, V(SECOND_NONE) } } },
	{ "a crowd is slow to change",
	  { { F_CROWD, V(CROWD_MANY) }, { F_SEQ, V(SEQ_REPEAT) } } },
};

const struct np_feature_model *np_feature_model(void)
{
	static const struct np_feature_model model = { features, N_FEATS, rules, NP_ARRAY_SIZE(rules) };

	return &model;
}

size_t np_feature_n_values(const struct np_feature *f)
{
	size_t n = 0;

	while (n < NP_FEATURE_MAX_VALUES && f->values[n].name)
		n++;
	return n;
}

static bool term_holds(const struct np_feature_term *t, const uint8_t *row)
{
	return row[t->feature] != NP_FEATURE_OPEN && t->values >> row[t->feature] & 1;
}

static bool rule_holds(const struct np_feature_rule *r, const uint8_t *row)
{
	bool any = false;

	for (size_t i = 0; i < NP_FEATURE_MAX_TERMS && r->terms[i].values; i++) {
		if (!term_holds(&r->terms[i], row))
			return false;
		any = true;
	}
	return any;
}

const struct np_feature_rule *np_feature_forbidden(const struct np_feature_model *m,
						   const uint8_t *row)
{
	for (size_t i = 0; i < m->n_rules; i++)
		if (rule_holds(&m->rules[i], row))
			return &m->rules[i];
	return NULL;
}

/* ---- deciding what is open ---- */

struct search {
	const struct np_feature_model *m;
	uint8_t row[NP_FEATURE_MAX];
	struct np_rng *rng;	/* NULL: values in their order */
	uint32_t ruled;		/* features that a rule speaks of */
};

static uint32_t ruled_features(const struct np_feature_model *m)
{
	uint32_t set = 0;

	for (size_t i = 0; i < m->n_rules; i++)
		for (size_t k = 0; k < NP_FEATURE_MAX_TERMS && m->rules[i].terms[k].values; k++)
			set |= 1U << m->rules[i].terms[k].feature;
	return set;
}

/* Does the decision of feature @f break a rule? */
static bool breaks(const struct search *s, size_t f)
{
	for (size_t i = 0; i < s->m->n_rules; i++) {
		const struct np_feature_rule *r = &s->m->rules[i];
		bool mine = false;

		for (size_t k = 0; k < NP_FEATURE_MAX_TERMS && r->terms[k].values; k++)
			mine |= r->terms[k].feature == f;
		if (mine && rule_holds(r, s->row))
			return true;
	}
	return false;
}

/* The values of a feature in the order in which they are tried: as they stand, or drawn. */
static size_t order_values(struct search *s, size_t f, uint8_t *ret)
{
	const struct np_feature *feature = &s->m->features[f];
	size_t n = np_feature_n_values(feature), n_zero = 0, at = 0;
	unsigned long long sum = 0;
	bool used[NP_FEATURE_MAX_VALUES] = { false };

	for (size_t i = 0; i < n; i++) {
		sum += feature->values[i].weight;
		n_zero += !feature->values[i].weight;
		ret[i] = (uint8_t)i;
	}
	if (!s->rng)
		return n;
	for (; at < n - n_zero; at++) {
		uint64_t draw = np_rng_below(s->rng, sum);
		size_t v = 0;

		while (used[v] || draw >= feature->values[v].weight) {
			draw -= used[v] ? 0 : feature->values[v].weight;
			v++;
		}
		used[v] = true;
		sum -= feature->values[v].weight;
		ret[at] = (uint8_t)v;
	}
	for (size_t v = 0; v < n; v++)
		if (!feature->values[v].weight)
			ret[at++] = (uint8_t)v;
	return n;
}

/* Depth first over the open features; as deep as there are features. */
static bool decide(struct search *s, size_t f)
{
	uint8_t order[NP_FEATURE_MAX_VALUES];
	size_t n;

	while (f < s->m->n_features &&
	       (s->row[f] != NP_FEATURE_OPEN || (!s->rng && !(s->ruled >> f & 1))))
		f++;
	if (f == s->m->n_features)
		return true;
	n = order_values(s, f, order);
	for (size_t i = 0; i < n; i++) {
		s->row[f] = order[i];
		if (!breaks(s, f) && decide(s, f + 1))
			return true;
	}
	s->row[f] = NP_FEATURE_OPEN;
	return false;
}

bool np_feature_possible(const struct np_feature_model *m, const uint8_t *row)
{
	struct search s = { .m = m, .ruled = ruled_features(m) };

	memcpy(s.row, row, m->n_features);
	return !np_feature_forbidden(m, row) && decide(&s, 0);
}

bool np_feature_draw(const struct np_feature_model *m, struct np_rng *rng, uint8_t *row)
{
	struct search s = { .m = m, .rng = rng, .ruled = ruled_features(m) };

	memcpy(s.row, row, m->n_features);
	if (np_feature_forbidden(m, row) || !decide(&s, 0))
		return false;
	memcpy(row, s.row, m->n_features);
	return true;
}
