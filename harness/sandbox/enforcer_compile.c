/* A node's chains and maps. */
#include "enforcer_compile.h"

#include <limits.h>

#include "enforcer.h"
#include "np/base/mem.h"

enum weight { W_RULE = 400, W_MAP_ELEMENT = 96 };

/* --- chains --- */

static enum np_fault_id fault_of(const struct np_compiler *c)
{
	return c->in->match.fault;
}

static void add_nodes(const struct np_world *w, int family, struct np_ranges *ret)
{
	for (size_t i = 0; i < w->n_nodes; i++)
		for (size_t k = 0; k < w->nodes[i].n_ips; k++) {
			int have;
			np_u128 x = np_addr_number(&w->nodes[i].ips[k], &have);

			if (have == family)
				np_ranges_add(ret, x, x);
		}
}

/* What faults put before the policies of a chain. */
static void begin_chain(const struct np_way *way)
{
	struct np_compiler *c = way->c;
	struct np_ranges nodes = { 0 };
	struct np_expr e = { .weight = W_RULE };

	if (fault_of(c) == NP_FAULT_DNS_EXEMPT && way->dir == NP_EGRESS) {
		np_expr_rule(c, way->chain, NP_NFT_MATCH(NP_NFT_PAYLOAD("udp", "dport"), "53"),
			     NP_NFT_RETURN);
		np_expr_rule(c, way->chain, NP_NFT_MATCH(NP_NFT_PAYLOAD("tcp", "dport"), "53"),
			     NP_NFT_RETURN);
	}
	if (fault_of(c) == NP_FAULT_EXCEPT_DENIES)
		for (size_t i = 0; i < way->group->n_policies; i++)
			np_rules_deny_excepts(way, way->group->policies[i]);
	if (fault_of(c) == NP_FAULT_ANY_NODE_ALLOWED && way->dir == NP_INGRESS)
		add_nodes(c->in->match.world, way->family, &nodes);
	if (nodes.n) {
		np_expr_addr(c, &e, way->family, "saddr", &nodes);
		np_expr_finish(c, &e, way->chain, NP_NFT_RETURN);
	}
	np_ranges_release(&nodes);
}

/* For a fault: a chain per policy, each of which must return. */
static void chain_of_all(struct np_way *way)
{
	const char *outer = way->chain;
	char inner[24], jump[64];

	for (size_t i = 0; i < way->group->n_policies; i++) {
		snprintf(inner, sizeof(inner), "c%u~", way->c->n_chains++);
		snprintf(jump, sizeof(jump), "{\"jump\":{\"target\":\"%s\"}}", inner);
		np_ruleset_chain(way->c->rs, inner);
		way->chain = inner;
		np_rules_allow(way, way->group->policies[i]);
		np_expr_rule(way->c, inner, NULL, NP_NFT_DROP);
		np_expr_rule(way->c, outer, NULL, jump);
	}
	way->chain = outer;
	np_expr_rule(way->c, outer, NULL, NP_NFT_RETURN);
}

/* S03: what one of the policies allows is allowed; S08: the rest is dropped. */
static void compile_chain(struct np_compiler *c, struct np_group *g, enum np_dir dir, int family)
{
	struct np_way way = { .c = c, .group = g, .dir = dir, .family = family, .chain = g->chain };

	snprintf(g->chain, sizeof(g->chain), "c%u~", c->n_chains++);
	np_ruleset_chain(c->rs, g->chain);
	if (!c->in->deny_only) {
		begin_chain(&way);
		if (fault_of(c) == NP_FAULT_POLICIES_ANDED && g->n_policies > 1) {
			chain_of_all(&way);
			return;
		}
		for (size_t i = 0; i < g->n_policies; i++)
			np_rules_allow(&way, g->policies[i]);
	}
	np_expr_rule(c, g->chain, NULL, NP_NFT_DROP);
}

/* --- groups --- */

struct groups {
	struct np_group *v;
	size_t n, cap;
};

static void groups_release(struct groups *gs)
{
	for (size_t i = 0; i < gs->n; i++) {
		free(gs->v[i].policies);
		free(gs->v[i].subjects);
	}
	free(gs->v);
}

bool np_compiler_is_local(const struct np_compiler *c, const struct np_pod *pod)
{
	return np_match_endpoint(pod) && np_str_eq(pod->node, c->in->node);
}

static int subject_cmp(const void *pa, const void *pb)
{
	const struct np_subject *a = pa, *b = pb;

	if (a->addr != b->addr)
		return a->addr < b->addr ? -1 : 1;
	return (a->pod > b->pod) - (a->pod < b->pod);
}

/* The addresses of the node's pods in one family, sorted. *@ret_n of them, heap. */
static struct np_subject *local_subjects(const struct np_compiler *c, int family, size_t *ret_n)
{
	const struct np_world *w = c->in->match.world;
	struct np_subject *v = NULL;
	size_t n = 0, cap = 0;

	for (size_t i = 0; i < w->n_pods; i++)
		for (size_t k = 0; np_compiler_is_local(c, &w->pods[i]) && k < w->pods[i].n_ips;
		     k++) {
			int have;
			np_u128 addr = np_addr_number(&w->pods[i].ips[k], &have);

			if (have != family)
				continue;
			v = np_grow(v, &cap, n, sizeof(*v));
			v[n++] = (struct np_subject){ addr, &w->pods[i] };
		}
	if (n)
		qsort(v, n, sizeof(*v), subject_cmp);
	*ret_n = n;
	return v;
}

static bool some_policy_there(const struct np_compiler *c, struct np_str ns, enum np_dir dir)
{
	const struct np_world *w = c->in->match.world;

	for (size_t i = 0; i < w->n_policies; i++)
		if (np_str_eq(w->policies[i].ns, ns) && w->policies[i].types[dir])
			return true;
	return false;
}

/*
 * The policies that apply to one address, into @g. Two pods may claim an address for a while (one
 * being deleted, one new): then those of both count. False: the address is not isolated.
 */
static bool policies_of(const struct np_compiler *c, const struct np_subject *subjects, size_t n,
			enum np_dir dir, struct np_group *g)
{
	const struct np_world *w = c->in->match.world;
	bool isolated = false;

	for (size_t p = 0; p < w->n_policies; p++)
		for (size_t i = 0; i < n; i++) {
			if (!np_match_applies(&c->in->match, &w->policies[p], subjects[i].pod, dir))
				continue;
			g->policies = np_grow(g->policies, &g->cap_policies, g->n_policies,
					      sizeof(*g->policies));
			g->policies[g->n_policies++] = &w->policies[p];
			break;
		}
	if (fault_of(c) == NP_FAULT_FIRST_POLICY_ONLY && g->n_policies > 1)
		g->n_policies = 1;
	if (fault_of(c) == NP_FAULT_LAST_POLICY_ONLY && g->n_policies > 1) {
		g->policies[0] = g->policies[g->n_policies - 1];
		g->n_policies = 1;
	}
	for (size_t i = 0; fault_of(c) == NP_FAULT_NAMESPACE_WIDE && i < n; i++)
		isolated |= some_policy_there(c, subjects[i].pod->ns, dir);
	return isolated || g->n_policies > 0;
}

/*
 * The group with the policies of @like, made when there is none; takes over or frees the policies
 * of @like.
 */
static struct np_group *group_take(struct groups *gs, struct np_group *like)
{
	struct np_group *g;

	for (size_t i = 0; i < gs->n; i++) {
		g = &gs->v[i];
		if (g->n_policies == like->n_policies &&
		    (g->n_policies == 0 ||
		     !memcmp(g->policies, like->policies, g->n_policies * sizeof(*g->policies)))) {
			free(like->policies);
			return g;
		}
	}
	gs->v = np_grow(gs->v, &gs->cap, gs->n, sizeof(*gs->v));
	g = &gs->v[gs->n++];
	*g = *like;
	return g;
}

static void group_add(struct np_group *g, const struct np_subject *subjects, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		g->subjects =
			np_grow(g->subjects, &g->cap_subjects, g->n_subjects, sizeof(*g->subjects));
		g->subjects[g->n_subjects++] = subjects[i];
	}
}

static void make_groups(const struct np_compiler *c, enum np_dir dir, int family, struct groups *gs)
{
	size_t n;
	struct np_subject *subjects = local_subjects(c, family, &n);

	for (size_t i = 0, end; i < n; i = end) {
		struct np_group g = { 0 };

		for (end = i + 1; end < n && subjects[end].addr == subjects[i].addr; end++)
			;
		if (policies_of(c, subjects + i, end - i, dir, &g))
			group_add(group_take(gs, &g), subjects + i, end - i);
		else
			free(g.policies);
	}
	free(subjects);
}

/* --- maps --- */

const char *np_compiler_map(enum np_dir dir, int family)
{
	if (dir == NP_EGRESS)
		return family == 4 ? "o4~" : "o6~";
	return family == 4 ? "i4~" : "i6~";
}

static void compile_map(struct np_compiler *c, const struct groups *gs, enum np_dir dir, int family)
{
	const char *name = np_compiler_map(dir, family);
	char **texts = NULL, addr[NP_ADDR_TEXT_MAX];
	size_t n = 0, cap = 0;

	np_ruleset_keyed(c->rs, name, family == 4 ? "\"ipv4_addr\"" : "\"ipv6_addr\"", true);
	for (size_t i = 0; i < gs->n; i++)
		for (size_t k = 0; k < gs->v[i].n_subjects; k++) {
			const struct np_subject *s = &gs->v[i].subjects[k];

			if (k > 0 && s->addr == s[-1].addr)
				continue;
			texts = np_grow(texts, &cap, n, sizeof(*texts));
			texts[n++] =
				np_xasprintf("[\"%s\",{\"jump\":{\"target\":\"%s\"}}]",
					     np_number_text(s->addr, family, addr), gs->v[i].chain);
		}
	np_ruleset_elements(c->rs, name, (const char *const *)texts, n, W_MAP_ELEMENT);
	for (size_t i = 0; i < n; i++)
		free(texts[i]);
	free(texts);
}

/* Chains and map of one direction and family; true when some pod is isolated. */
static bool compile_way(struct np_compiler *c, enum np_dir dir, int family)
{
	struct groups gs = { 0 };
	bool isolates;

	if (family == 6 && fault_of(c) == NP_FAULT_IPV6_IGNORED)
		return false;
	make_groups(c, dir, family, &gs);
	for (size_t i = 0; i < gs.n; i++)
		compile_chain(c, &gs.v[i], dir, family);
	isolates = gs.n > 0;
	if (isolates)
		compile_map(c, &gs, dir, family);
	groups_release(&gs);
	return isolates;
}

void np_compile(const struct np_compile_input *in, struct np_ruleset *ret)
{
	struct np_compiler c = { .in = in, .rs = ret };
	bool isolates[NP_N_DIRS][2];

	for (int dir = 0; dir < NP_N_DIRS; dir++)
		for (int f = 0; f < 2; f++)
			isolates[dir][f] = compile_way(&c, (enum np_dir)dir, f ? 6 : 4);
	np_gate_compile(&c, isolates);
	ret->hooks_output = in->match.fault == NP_FAULT_HOST_BLOCKED;
	for (size_t i = 0; i < c.n_known; i++)
		np_ranges_release(&c.sets[i].ranges);
	free(c.sets);
}

static int keep_document(void *arg, const struct np_buf *document, struct np_err *err)
{
	(void)err;
	np_buf_add(arg, document->data, document->len);
	return 0;
}

void np_enforcer_compile(const struct np_world *world, struct np_str node, const char *fault,
			 struct np_buf *ret)
{
	struct np_compile_input in = { .match = { .world = world, .fault = np_fault_find(fault) },
				       .node = node };
	struct np_ruleset rs = { 0 };
	struct np_ruleset_state next = { .rs = &rs }, none = { 0 };
	bool switched;

	np_compile(&in, &rs);
	np_ruleset_install(&next, &none, UINT_MAX, keep_document, ret, &switched, NULL);
	np_ruleset_release(&rs);
}
