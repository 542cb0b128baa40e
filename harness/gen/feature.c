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
	{ "of two rules with the same peers one without ports hides the other",
	  { { F_RULES, V(RULES_TWO) }, { F_PORTS, V(PORTS_ABSENT) | V(PORTS_EMPTY) } } },
	{ "of two rules with the same peers one without ports hides the other",
	  { { F_RULES, V(RULES_TWO) }, { F_PORTS2, V(PORTS2_ABSENT) } } },
	{ "a rule that allows everything hides the one beside it",
	  { { F_RULES, V(RULES_CROSS) }, { F_PEERS, V(PEERS_ABSENT) | V(PEERS_EMPTY) },
	    { F_PORTS, V(PORTS_ABSENT) | V(PORTS_EMPTY) } } },
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
	{ "many pods in two families are too many probes",
	  { { F_WORLD, V(WORLD_MANY) }, { F_FAMILY, V(FAMILY_DUAL) } } },
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

static uint32_t all_values(const struct np_feature *f)
{
	return (uint32_t)((UINT64_C(1) << np_feature_n_values(f)) - 1);
}

/* What each feature may still be, as bits. */
struct domains {
	uint32_t of[NP_FEATURE_MAX];
};

static void domains_init(const struct np_feature_model *m, const uint8_t *row, struct domains *d)
{
	for (size_t f = 0; f < m->n_features; f++)
		d->of[f] = row[f] == NP_FEATURE_OPEN ? all_values(&m->features[f]) : 1U << row[f];
}

/* How many terms of @r do not hold for certain; the last of them in *@ret_open. -1: one cannot. */
static int terms_open(const struct np_feature_rule *r, const struct domains *d,
		      const struct np_feature_term **ret_open)
{
	int n = 0;

	for (size_t i = 0; i < NP_FEATURE_MAX_TERMS && r->terms[i].values; i++) {
		const struct np_feature_term *t = &r->terms[i];

		if (!(d->of[t->feature] & t->values))
			return -1;
		if (d->of[t->feature] & ~t->values) {
			*ret_open = t;
			n++;
		}
	}
	return n;
}

const struct np_feature_rule *np_feature_forbidden(const struct np_feature_model *m,
						   const uint8_t *row)
{
	const struct np_feature_term *open;
	struct domains d;

	domains_init(m, row, &d);
	for (size_t i = 0; i < m->n_rules; i++)
		if (m->rules[i].terms[0].values && terms_open(&m->rules[i], &d, &open) == 0)
			return &m->rules[i];
	return NULL;
}

/*
 * Takes away what rules with one open term forbid, until nothing changes; false when a rule holds.
 * *@ret_active: how many rules may still come to hold.
 */
static bool propagate(const struct np_feature_model *m, struct domains *d, size_t *ret_active)
{
	bool changed = true;

	while (changed) {
		changed = false;
		*ret_active = 0;
		for (size_t i = 0; i < m->n_rules; i++) {
			const struct np_feature_term *open = NULL;
			int n = terms_open(&m->rules[i], d, &open);

			if (n == 0 && m->rules[i].terms[0].values)
				return false;
			if (n == 1) {
				d->of[open->feature] &= ~open->values;
				changed = true;
			}
			*ret_active += n > 1;
		}
	}
	return true;
}

static bool is_one(uint32_t set)
{
	return (set & (set - 1)) == 0;
}

/* As deep as there are features; most often the first step ends it. */
static bool satisfiable(const struct np_feature_model *m, const struct domains *from)
{
	struct domains d = *from;
	size_t active = 0, f = 0;

	if (!propagate(m, &d, &active))
		return false;
	while (f < m->n_features && is_one(d.of[f]))
		f++;
	if (!active || f == m->n_features)
		return true;
	for (uint32_t left = d.of[f]; left; left &= left - 1) {
		struct domains next = d;

		next.of[f] = left & (~left + 1);
		if (satisfiable(m, &next))
			return true;
	}
	return false;
}

bool np_feature_possible(const struct np_feature_model *m, const uint8_t *row)
{
	struct domains d;

	domains_init(m, row, &d);
	return satisfiable(m, &d);
}

/* One of the values in @set by weight; those that weigh nothing only when there is no other. */
static uint8_t draw_value(const struct np_feature *f, struct np_rng *rng, uint32_t set)
{
	uint64_t sum = 0, at;
	uint8_t v = 0;

	for (uint8_t i = 0; i < NP_FEATURE_MAX_VALUES; i++)
		sum += set >> i & 1 ? f->values[i].weight : 0;
	at = np_rng_below(rng, sum);
	while (!(set >> v & 1) || (sum && at >= f->values[v].weight)) {
		at -= set >> v & 1 ? f->values[v].weight : 0;
		v++;
	}
	return v;
}

bool np_feature_draw(const struct np_feature_model *m, struct np_rng *rng, uint8_t *row)
{
	struct domains d;

	domains_init(m, row, &d);
	if (!satisfiable(m, &d))
		return false;
	for (size_t f = 0; f < m->n_features; f++)
		while (!is_one(d.of[f])) {
			struct domains next = d;
			uint8_t v = draw_value(&m->features[f], rng, d.of[f]);

			next.of[f] = 1U << v;
			if (satisfiable(m, &next))
				d = next;
			else
				d.of[f] &= ~(1U << v);
		}
	for (size_t f = 0; f < m->n_features; f++)
		for (row[f] = 0; !(d.of[f] >> row[f] & 1);)
			row[f]++;
	return true;
}
