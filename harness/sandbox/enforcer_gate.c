/* The gate: what every forwarded packet passes first, and which chains it is sent to. */
#include "enforcer_compile.h"

enum weight { W_RULE = 400 };

static enum np_fault_id fault_of(const struct np_compiler *c)
{
	return c->in->match.fault;
}

static void gate_map(struct np_compiler *c, const char *gate, enum np_dir dir, int family)
{
	struct np_expr e = { .weight = W_RULE };

	np_expr_add(&e, 0, "{\"vmap\":{\"key\":" NP_NFT_PAYLOAD("%s", "%s") ",\"data\":\"@%s\"}}",
		    family == 4 ? "ip" : "ip6", dir == NP_EGRESS ? "saddr" : "daddr",
		    np_compiler_map(dir, family));
	np_ruleset_rule(c->rs, gate, np_buf_text(&e.text), e.weight);
	np_expr_release(&e);
}

/* For faults: accepts what comes from @from and, unless empty, goes to @to. */
static void gate_pass(struct np_compiler *c, int family, const struct np_ranges *from,
		      const struct np_ranges *to)
{
	struct np_expr e = { .weight = W_RULE };

	if (from->n == 0)
		return;
	np_expr_addr(c, &e, family, "saddr", from);
	if (to && to->n)
		np_expr_addr(c, &e, family, "daddr", to);
	np_expr_finish(c, &e, "gate~", NP_NFT_ACCEPT);
}

/* Addresses of the pods that @pick chooses. */
static void pods_where(const struct np_compiler *c,
		       bool (*pick)(const struct np_compiler *, const struct np_pod *), int family,
		       struct np_ranges *ret)
{
	const struct np_world *w = c->in->match.world;

	for (size_t i = 0; i < w->n_pods; i++)
		if (np_match_endpoint(&w->pods[i]) && pick(c, &w->pods[i]))
			np_match_addresses(&w->pods[i], family, ret);
}

static bool is_remote(const struct np_compiler *c, const struct np_pod *pod)
{
	return !np_compiler_is_local(c, pod);
}

static bool is_egress_isolated(const struct np_compiler *c, const struct np_pod *pod)
{
	const struct np_world *w = c->in->match.world;

	for (size_t i = 0; i < w->n_policies; i++)
		if (np_match_applies(&c->in->match, &w->policies[i], pod, NP_EGRESS))
			return true;
	return false;
}

/* What faults let pass before any policy is asked. */
static void gate_begin(struct np_compiler *c)
{
	if (fault_of(c) == NP_FAULT_UDP_UNFILTERED)
		np_expr_rule(c, "gate~", NP_NFT_L4("udp"), NP_NFT_ACCEPT);
	if (fault_of(c) == NP_FAULT_SCTP_UNFILTERED)
		np_expr_rule(c, "gate~", NP_NFT_L4("sctp"), NP_NFT_ACCEPT);
	if (fault_of(c) == NP_FAULT_SERVICE_UNFILTERED)
		np_expr_rule(c, "gate~", NP_NFT_IN("status", "\"dnat\""), NP_NFT_ACCEPT);
	for (int family = 4; fault_of(c) == NP_FAULT_SAME_NODE_UNFILTERED && family <= 6;
	     family += 2) {
		struct np_ranges local = { 0 };

		pods_where(c, np_compiler_is_local, family, &local);
		gate_pass(c, family, &local, &local);
		np_ranges_release(&local);
	}
}

/* What faults let pass after the egress policies. */
static void gate_between(struct np_compiler *c)
{
	bool one_end = fault_of(c) == NP_FAULT_ONE_END_ONLY;

	if (!one_end && fault_of(c) != NP_FAULT_REMOTE_INGRESS_OPEN)
		return;
	for (int family = 4; family <= 6; family += 2) {
		struct np_ranges from = { 0 };

		pods_where(c, one_end ? is_egress_isolated : is_remote, family, &from);
		gate_pass(c, family, &from, NULL);
		np_ranges_release(&from);
	}
}

/*
 * S36 first. Packets that conntrack calls invalid are not dropped as such: towards and from an
 * isolated pod they need a rule like a first packet, elsewhere they pass.
 */
static const char established[] = NP_NFT_IN("state", "[\"established\",\"related\"]");

/* For a fault: what the node itself sends is judged, too (S40 says it is not). */
static void compile_outgate(struct np_compiler *c, bool isolates[NP_N_DIRS][2])
{
	np_ruleset_chain(c->rs, "outgate~");
	np_expr_rule(c, "outgate~", established, NP_NFT_ACCEPT);
	for (int f = 0; f < 2; f++)
		if (isolates[NP_INGRESS][f])
			gate_map(c, "outgate~", NP_INGRESS, f ? 6 : 4);
}

void np_gate_compile(struct np_compiler *c, bool isolates[NP_N_DIRS][2])
{
	np_ruleset_chain(c->rs, "gate~");
	if (fault_of(c) != NP_FAULT_REPLIES_BLOCKED)
		np_expr_rule(c, "gate~", established, NP_NFT_ACCEPT);
	gate_begin(c);
	for (int f = 0; f < 2; f++)
		if (isolates[NP_EGRESS][f])
			gate_map(c, "gate~", NP_EGRESS, f ? 6 : 4);
	gate_between(c);
	for (int f = 0; f < 2; f++)
		if (isolates[NP_INGRESS][f])
			gate_map(c, "gate~", NP_INGRESS, f ? 6 : 4);
	if (fault_of(c) == NP_FAULT_HOST_BLOCKED)
		compile_outgate(c, isolates);
}
