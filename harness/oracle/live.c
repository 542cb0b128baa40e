/* live.c - making a live oracle, and looking cells up in it. */
#include "live_parts.h"

#include <stdlib.h>

#include "np/base/mem.h"

#include "bits.h"
#include "compile.h"
#include "intern.h"

/* ---- ends, which stay when the rest is made anew ---- */

static void ends_init(struct live_ends *e, const struct np_world *w, const struct np_end *src,
		      size_t n)
{
	*e = (struct live_ends){ .n = n };
	e->src = np_xcalloc(n + 1, sizeof(*e->src));
	e->ends = np_xcalloc(n + 1, sizeof(*e->ends));
	e->valid = np_xcalloc(n + 1, sizeof(*e->valid));
	e->first = np_xcalloc(w->n_pods + 1, sizeof(*e->first));
	e->next = np_xcalloc(n + 1, sizeof(*e->next));
	memset(e->first, 0xFF, w->n_pods * sizeof(*e->first));
	if (n)
		memcpy(e->src, src, n * sizeof(*src));
	for (size_t i = 0; i < n; i++) {
		if (src[i].kind != NP_END_POD)
			continue;
		e->next[i] = e->first[src[i].idx];
		e->first[src[i].idx] = (uint32_t)i;
	}
}

static void ends_release(struct live_ends *e)
{
	free(e->src);
	free(e->ends);
	free(e->valid);
	free(e->first);
	free(e->next);
}

static void ends_find(struct np_live *l)
{
	for (int dir = 0; dir < NP_N_DIRS; dir++) {
		struct live_ends *e = &l->ends[dir];

		for (size_t i = 0; i < e->n; i++)
			e->valid[i] =
				e->src[i].kind != NP_END_SERVICE &&
				end_find(l->o, &e->src[i], family_index(l->family), &e->ends[i]);
	}
}

/* ---- what is made of the world ---- */

static void number_namespaces(struct np_live *l)
{
	const struct np_world *w = l->world;

	l->policy_first = np_xcalloc(w->n_namespaces + 2, sizeof(*l->policy_first));
	l->service_first = np_xcalloc(w->n_namespaces + 2, sizeof(*l->service_first));
	for (size_t i = 0; i < w->n_policies; i++)
		l->policy_first[np_world_find_namespace(w, w->policies[i].ns) + 1]++;
	for (size_t i = 0; i < w->n_services; i++)
		l->service_first[np_world_find_namespace(w, w->services[i].ns) + 1]++;
	for (size_t i = 0; i < w->n_namespaces; i++) {
		l->policy_first[i + 1] += l->policy_first[i];
		l->service_first[i + 1] += l->service_first[i];
	}
}

static void number_labels(struct np_live *l)
{
	struct np_oracle *o = l->o;

	l->ns_labels = np_xcalloc(l->world->n_namespaces + 1, sizeof(*l->ns_labels));
	for (size_t i = 0; i < l->world->n_namespaces; i++) {
		const struct np_labels *labels = &l->world->namespaces[i].labels;
		struct label_id *ids = np_arena_array(&o->arena, labels->n, sizeof(*ids));

		for (size_t k = 0; k < labels->n; k++)
			ids[k] = (struct label_id){ strings_add(o->strings, labels->items[k].key),
						    strings_add(o->strings,
								labels->items[k].value) };
		l->ns_labels[i] = (struct label_list){ ids, labels->n };
	}
}

static void make_lists(struct np_live *l)
{
	const struct np_world *w = l->world;

	l->ids = np_xcalloc(w->n_policies + 1, sizeof(*l->ids));
	for (int dir = 0; dir < NP_N_DIRS; dir++)
		l->spans[dir] = np_xcalloc(w->n_policies + 1, sizeof(*l->spans[dir]));
	l->policy_arenas = np_xcalloc(w->n_policies + 1, sizeof(*l->policy_arenas));
	l->class_arenas = np_xcalloc(l->o->n_classes + 1, sizeof(*l->class_arenas));
	l->list_arenas = np_xcalloc(w->n_namespaces + 1, sizeof(*l->list_arenas));
	l->service_arenas = np_xcalloc(w->n_namespaces + 1, sizeof(*l->service_arenas));
	l->n_listed = np_xcalloc(w->n_namespaces + 1, sizeof(*l->n_listed));
	for (uint32_t p = 0; p < w->n_policies; p++) {
		id_policy_compile(l->o, &l->o->arena, &w->policies[p], &l->ids[p]);
		live_number_rules(l, p);
	}
	for (uint32_t ns = 0; ns < w->n_namespaces; ns++)
		live_relist(l, ns, NONE, NONE);
}

/* The readings that need a pass for each setting, as in table.c; one host pod anywhere is enough.
 */
static uint32_t pass_readings(const struct np_live *l)
{
	uint32_t bits = 0;

	for (size_t i = 0; i < l->world->n_pods; i++)
		if (l->world->pods[i].host_network)
			bits |= READING_BIT(NP_READ_HOST_PODS);
	bits |= l->o->has_odd_blocks[0] ? READING_BIT(NP_READ_MAPPED) : 0;
	bits |= l->o->has_odd_blocks[1] ? READING_BIT(NP_READ_HOST_BITS) : 0;
	return bits & ~l->o->fixed;
}

static void make_side(struct np_live *l, struct live_pass *pass, enum np_dir dir)
{
	struct live_side *side = &pass->sides[dir];
	const struct live_ends *e = &l->ends[dir];

	rows_init(&side->rows, l->o, dir, pass->lo_bits, pass->hi_bits, e->ends, e->valid, e->n);
	for (size_t block = 0; block * LIVE_BLOCK < l->n_ports; block++)
		side->cells[block] =
			huge_alloc(e->n * l->o->n_classes + 1, sizeof(*side->cells[block]));
}

static void make_passes(struct np_live *l)
{
	const uint32_t reverse = READING_BIT(NP_READ_NAT), choice = READING_BIT(NP_READ_HOST_PODS) |
								    READING_BIT(NP_READ_MAPPED) |
								    READING_BIT(NP_READ_HOST_BITS);
	uint32_t open = ALL_READINGS & ~l->o->fixed, all = pass_readings(l), sub = all;

	memset(l->passes, 0, sizeof(l->passes));
	for (l->n_passes = 0;; sub = (sub - 1) & all) {
		struct live_pass *pass = &l->passes[l->n_passes++];

		pass->lo_bits = l->o->fixed_yes | sub | (open & reverse);
		pass->hi_bits = l->o->fixed_yes | sub | (open & ~choice & ~reverse);
		for (int dir = 0; dir < NP_N_DIRS; dir++)
			make_side(l, pass, (enum np_dir)dir);
		if (sub == 0)
			return;
	}
}

static void judge_all(struct np_live *l)
{
	struct live_list all = { 0 };

	for (uint32_t c = 0; c < l->o->n_classes; c++)
		if (l->o->classes[c].n_pods)
			live_list_add(&all, c);
	for (int dir = 0; dir < NP_N_DIRS; dir++)
		live_judge(l, (enum np_dir)dir, &all);
	free(all.items);
}

static void build(struct np_live *l)
{
	struct np_oracle *o = l->o = oracle_compile(l->world, &l->readings, true);
	size_t n_ends = l->ends[0].n > l->ends[1].n ? l->ends[0].n : l->ends[1].n;

	ends_find(l);
	number_namespaces(l);
	number_labels(l);
	l->class_words = np_xcalloc(bits_words(o->n_classes) + 1, sizeof(*l->class_words));
	l->class_pod = np_xcalloc(o->n_classes + 1, sizeof(*l->class_pod));
	for (uint32_t i = 0; i < l->world->n_pods; i++)
		l->class_pod[o->pods[i].class] = i;
	for (int hi = 0; hi < 2; hi++)
		l->masks[hi] = np_xcalloc(o->n_classes + 1, sizeof(*l->masks[hi]));
	l->rows =
		np_xcalloc(LIVE_CHUNK * 2 * LIVE_BLOCK * bits_words(n_ends) + 1, sizeof(*l->rows));
	make_lists(l);
	make_passes(l);
	judge_all(l);
}

static void release_arenas(struct np_arena *arenas, size_t n)
{
	for (size_t i = 0; i < n; i++)
		np_arena_release(&arenas[i]);
	free(arenas);
}

static void unbuild(struct np_live *l)
{
	const struct np_world *w = l->world;

	for (size_t k = 0; k < l->n_passes; k++)
		for (int dir = 0; dir < NP_N_DIRS; dir++) {
			rows_release(&l->passes[k].sides[dir].rows);
			for (size_t block = 0; block < LIVE_MAX_BLOCKS; block++)
				free(l->passes[k].sides[dir].cells[block]);
		}
	release_arenas(l->policy_arenas, w->n_policies);
	release_arenas(l->class_arenas, l->o->n_classes);
	release_arenas(l->list_arenas, w->n_namespaces);
	release_arenas(l->service_arenas, w->n_namespaces);
	free(l->ns_labels);
	free(l->ids);
	free(l->policy_first);
	free(l->service_first);
	free(l->n_listed);
	free(l->class_pod);
	free(l->class_words);
	for (int i = 0; i < 2; i++) {
		free(l->spans[i]);
		free(l->masks[i]);
	}
	free(l->rows);
	np_oracle_free(l->o);
}

void live_rebuild(struct np_live *l)
{
	unbuild(l);
	build(l);
}

struct np_live *np_live_new(const struct np_world *world, const struct np_readings *readings,
			    const struct np_end *sources, size_t n_sources,
			    const struct np_end *dests, size_t n_dests,
			    const struct np_probe_port *ports, size_t n_ports, int family)
{
	struct np_live *l;

	if (n_ports > NP_LIVE_MAX_PORTS)
		return NULL;
	l = np_xcalloc(1, sizeof(*l));
	l->world = world;
	l->readings = *readings;
	l->n_ports = n_ports;
	l->family = family;
	for (size_t p = 0; p < n_ports; p++) {
		l->ports[p] = ports[p];
		l->proto_ports[ports[p].proto] |= UINT64_C(1) << p;
	}
	ends_init(&l->ends[NP_EGRESS], world, dests, n_dests);
	ends_init(&l->ends[NP_INGRESS], world, sources, n_sources);
	build(l);
	return l;
}

void np_live_free(struct np_live *l)
{
	if (!l)
		return;
	unbuild(l);
	for (int dir = 0; dir < NP_N_DIRS; dir++)
		ends_release(&l->ends[dir]);
	free(l->rule_ports);
	free(l->takes);
	free(l->member);
	free(l);
}

const struct np_oracle *np_live_oracle(const struct np_live *l)
{
	return l->o;
}

/* ---- cells ---- */

static bool side_bit(const struct np_live *l, const struct live_pass *pass, enum np_dir dir,
		     bool hi, size_t port, const struct end *subject, size_t other)
{
	const uint32_t *cells = pass->sides[dir].cells[port / LIVE_BLOCK];

	return cells[other * l->o->n_classes + l->o->pods[subject->pod].class] >>
		       (port % LIVE_BLOCK + (hi ? LIVE_BLOCK : 0)) &
	       1;
}

/* S40, S41, S42, S43: table.c says the same row by row. */
static bool cell(const struct np_live *l, const struct live_pass *pass, bool hi, size_t port,
		 size_t source, size_t dest)
{
	const struct end *src = &l->ends[NP_INGRESS].ends[source],
			 * dst = &l->ends[NP_EGRESS].ends[dest];
	uint32_t readings = hi ? pass->hi_bits : pass->lo_bits;

	if (rows_is_pod(&pass->sides[NP_EGRESS].rows, dst)) {
		bool exempt = src->node != NONE && (l->o->pods[dst->pod].node == src->node ||
						    readings & READING_BIT(NP_READ_OTHER_NODE));

		if (!exempt && !side_bit(l, pass, NP_INGRESS, hi, port, dst, source))
			return false;
	}
	if (rows_is_pod(&pass->sides[NP_EGRESS].rows, src)) {
		bool exempt = dst->node != NONE && l->o->pods[src->pod].node == dst->node &&
			      readings & READING_BIT(NP_READ_OWN_NODE);

		return exempt || side_bit(l, pass, NP_EGRESS, hi, port, src, dest);
	}
	return true;
}

/* Services and nodePorts: several ways lead there. */
static bool is_special(const struct np_live *l, size_t port, size_t dest)
{
	const struct live_ends *dests = &l->ends[NP_EGRESS];
	struct path path = { .dst = dests->ends[dest],
			     .proto = l->ports[port].proto,
			     .port = l->ports[port].port };

	if (dests->src[dest].kind == NP_END_SERVICE)
		return true;
	return dests->src[dest].kind == NP_END_ADDR && dests->valid[dest] &&
	       path_find_node_port(l->o, &path);
}

static enum np_verdict eval_cell(const struct np_live *l, size_t port, size_t source, size_t dest)
{
	struct np_flow f = { l->ends[NP_INGRESS].src[source], l->ends[NP_EGRESS].src[dest],
			     l->family, l->ports[port].proto, l->ports[port].port };
	enum np_verdict v = np_oracle_eval(l->o, &f, NULL);

	return v == NP_NO_FLOW ? NP_DENY : v;
}

enum np_verdict np_live_at(const struct np_live *l, size_t port, size_t source, size_t dest)
{
	const struct live_ends *sources = &l->ends[NP_INGRESS], *dests = &l->ends[NP_EGRESS];
	bool lo = true, hi = false;

	if (is_special(l, port, dest))
		return eval_cell(l, port, source, dest);
	if (!sources->valid[source] || !dests->valid[dest])
		return NP_DENY;
	if (sources->ends[source].pod != NONE && sources->ends[source].pod == dests->ends[dest].pod)
		return NP_ALLOW; /* S38 */
	for (size_t k = 0; k < l->n_passes; k++) {
		lo &= cell(l, &l->passes[k], false, port, source, dest);
		hi |= cell(l, &l->passes[k], true, port, source, dest);
	}
	return lo ? NP_ALLOW : hi ? NP_UNDEF : NP_DENY;
}
