/* coverage.c - counting pairs by their kind. */
#include "coverage.h"

#include "np/base/json.h"

static const char *const names[NP_N_PAIRS] = {
	[NP_PAIR_SAME_NODE] = "same-node", [NP_PAIR_CROSS_NODE] = "cross-node",
	[NP_PAIR_HOST_POD] = "host-pod",   [NP_PAIR_EXTERNAL_POD] = "external-pod",
	[NP_PAIR_SERVICE] = "service",	   [NP_PAIR_DNS] = "dns",
};

const char *np_pair_name(enum np_pair p)
{
	return names[p];
}

enum np_pair np_pair_of(const struct np_rt_end *src, const struct np_rt_end *dst)
{
	if (dst->name.is_service)
		return NP_PAIR_SERVICE;
	if (dst->dns)
		return NP_PAIR_DNS;
	if (src->name.is_ext || dst->name.is_ext)
		return NP_PAIR_EXTERNAL_POD;
	if (src->name.is_host || dst->name.is_host)
		return NP_PAIR_HOST_POD;
	return np_str_eq(src->name.node, dst->name.node) ? NP_PAIR_SAME_NODE : NP_PAIR_CROSS_NODE;
}

void np_coverage_add(struct np_coverage *c, const struct np_rt *t)
{
	for (size_t i = 0; i < t->n_cells; i++) {
		struct np_rt_cell at = np_rt_cell(t, i);

		if (t->looked[i] && (t->expected[i] == NP_ALLOW || t->expected[i] == NP_DENY))
			c->n[np_pair_of(&t->ends[at.src], &t->ends[at.dst])]
			    [t->families[at.family] == 6]++;
	}
}

json_t *np_coverage_json(const struct np_coverage *c)
{
	json_t *all = json_object();

	for (int p = 0; p < NP_N_PAIRS; p++)
		if (c->n[p][0] || c->n[p][1])
			json_object_set_new(all, names[p],
					    np_json_pack("{s:I, s:I}", "4", (json_int_t)c->n[p][0],
							 "6", (json_int_t)c->n[p][1]));
	return all;
}
