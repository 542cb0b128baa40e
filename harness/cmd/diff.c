/*
 * diff.c - netpolcheck diff: which connections a change of manifests opens and closes.
 *
 * Every port is asked about, not a list: numbers between two cuts of either world's policies are
 * alike, so one of each stretch is enough. The same goes for addresses outside.
 */
#include "diff.h"
#include "diff_parts.h"

#include <stdio.h>
#include <stdlib.h>

#include "np/base/log.h"
#include "np/base/mem.h"
#include "np/model/cuts.h"
#include "worldargs.h"

static const char *const family_choices[] = { "4", "6", NULL };

struct diff_args {
	struct world_args before;
	struct np_strings after, addresses;
	int family;
	bool outside, all;
};

/* ---- what is compared ---- */

static bool carries_traffic(const struct np_pod *pod)
{
	return pod->phase == NP_PHASE_RUNNING || pod->phase == NP_PHASE_UNKNOWN;
}

static void add_pair(struct diff *d, struct np_end before, struct np_end after)
{
	d->ends = np_grow(d->ends, &d->cap_ends, d->n_ends, sizeof(*d->ends));
	d->ends[d->n_ends++] = (struct pair){ .before = before, .after = after };
}

static void pair_pods(struct diff *d)
{
	size_t n_both = 0;

	for (size_t i = 0; i < d->before->n_pods; i++) {
		const struct np_pod *pod = &d->before->pods[i];
		size_t k = np_world_find_pod(d->after, pod->ns, pod->name);

		if (k == SIZE_MAX) {
			d->n_gone++;
			continue;
		}
		n_both++;
		if (carries_traffic(pod) && carries_traffic(&d->after->pods[k]))
			add_pair(d, (struct np_end){ .kind = NP_END_POD, .idx = i },
				 (struct np_end){ .kind = NP_END_POD, .idx = k });
	}
	d->n_new = d->after->n_pods - n_both;
}

static void pair_address(struct diff *d, const struct np_addr *a)
{
	struct np_end end = { .kind = NP_END_ADDR, .addr = *a };

	add_pair(d, end, end);
}

static bool has_ip(const struct np_addr *ips, size_t n, const struct np_addr *a)
{
	for (size_t i = 0; i < n; i++) {
		struct np_addr ip = np_addr_wire(&ips[i]);

		if (np_addr_eq(&ip, a))
			return true;
	}
	return false;
}

static bool is_of_cluster(const struct np_world *w, const struct np_addr *a)
{
	for (size_t i = 0; i < w->n_pods; i++)
		if (has_ip(w->pods[i].ips, w->pods[i].n_ips, a))
			return true;
	for (size_t i = 0; i < w->n_nodes; i++)
		if (has_ip(w->nodes[i].ips, w->nodes[i].n_ips, a))
			return true;
	return false;
}

#define MAX_OUTSIDE 400 /* stretches of addresses; the rest is left out, with a note */
#define MAX_TRIES 64

/* An address of the stretch that is no pod's and no node's stands for all of it. */
static void pair_stretch(struct diff *d, struct np_addr first, const struct np_addr *last)
{
	for (unsigned i = 0; i < MAX_TRIES && np_addr_cmp(&first, last) <= 0; i++) {
		if (!is_of_cluster(d->before, &first) && !is_of_cluster(d->after, &first)) {
			pair_address(d, &first);
			d->ends[d->n_ends - 1].last = *last;
			return;
		}
		if (!np_addr_add(&first, 1, &first))
			return;
	}
}

/* Lowest and highest unicast addresses that leave a host. */
static const char *const outermost[2][2] = {
	{ "1.0.0.0", "223.255.255.255" }, { "2000::", "fdff:ffff:ffff:ffff:ffff:ffff:ffff:ffff" }
};

/* The stretches that the blocks of both worlds cut. */
static void pair_outside(struct diff *d, const struct np_cuts *cuts)
{
	const char *const *bounds = outermost[d->family == 6];
	struct np_addr first, end, last;
	size_t n_before = d->n_ends;

	if (!np_addr_parse(np_str_from(bounds[0]), &first) ||
	    !np_addr_parse(np_str_from(bounds[1]), &end))
		return;
	for (size_t i = 0; i < cuts->n_addrs && d->n_ends - n_before < MAX_OUTSIDE; i++) {
		const struct np_addr *cut = &cuts->addrs[i];

		if (cut->width != first.width || np_addr_cmp(cut, &first) <= 0 ||
		    np_addr_cmp(cut, &end) > 0)
			continue;
		np_addr_add(cut, -1, &last);
		pair_stretch(d, first, &last);
		first = *cut;
	}
	if (d->n_ends - n_before == MAX_OUTSIDE)
		np_log_warn(
			"more than %d stretches of addresses outside: the highest are not compared",
			MAX_OUTSIDE);
	else
		pair_stretch(d, first, &end);
}

static void add_stretch(struct diff *d, enum np_proto proto, unsigned first, unsigned last)
{
	if (first > last)
		return;
	d->stretches =
		np_grow(d->stretches, &d->cap_stretches, d->n_stretches, sizeof(*d->stretches));
	d->stretches[d->n_stretches++] =
		(struct stretch){ proto, (uint16_t)first, (uint16_t)last, SIZE_MAX };
}

/* Each cut is alone: a container's named port or a Service's is not like the next number. */
static void add_stretches(struct diff *d, enum np_proto proto, const struct np_cuts *cuts)
{
	unsigned first = 1;

	for (size_t i = 0; i < cuts->n_ports; i++) {
		add_stretch(d, proto, first, cuts->ports[i] - 1U);
		add_stretch(d, proto, cuts->ports[i], cuts->ports[i]);
		first = cuts->ports[i] + 1U;
	}
	add_stretch(d, proto, first, 65535);
}

/* Cuts of both worlds together: a world of both worlds' policies, pods and Services in turn. */
static void join_cuts(const struct np_world *before, const struct np_world *after,
		      struct np_cuts *ret)
{
	struct np_cuts b;
	size_t i = 0, k = 0;

	np_cuts_of(before, ret);
	np_cuts_of(after, &b);
	ret->ports = np_xrealloc(ret->ports, ret->n_ports + b.n_ports + 1, sizeof(*ret->ports));
	ret->addrs = np_xrealloc(ret->addrs, ret->n_addrs + b.n_addrs + 1, sizeof(*ret->addrs));
	/* Both rise: insert what is missing. */
	for (; k < b.n_ports; k++) {
		while (i < ret->n_ports && ret->ports[i] < b.ports[k])
			i++;
		if (i < ret->n_ports && ret->ports[i] == b.ports[k])
			continue;
		memmove(&ret->ports[i + 1], &ret->ports[i],
			(ret->n_ports++ - i) * sizeof(*ret->ports));
		ret->ports[i] = b.ports[k];
	}
	for (i = k = 0; k < b.n_addrs; k++) {
		while (i < ret->n_addrs && np_addr_cmp(&ret->addrs[i], &b.addrs[k]) < 0)
			i++;
		if (i < ret->n_addrs && np_addr_eq(&ret->addrs[i], &b.addrs[k]))
			continue;
		memmove(&ret->addrs[i + 1], &ret->addrs[i],
			(ret->n_addrs++ - i) * sizeof(*ret->addrs));
		ret->addrs[i] = b.addrs[k];
	}
	np_cuts_release(&b);
}

static int find_family(const struct np_world *w)
{
	for (size_t i = 0; i < w->n_pods; i++)
		for (size_t k = 0; k < w->pods[i].n_ips; k++)
			if (np_addr_wire(&w->pods[i].ips[k]).width == 4)
				return 4;
	return w->n_pods && w->pods[0].n_ips ? 6 : 4;
}

static int collect(struct diff *d, const struct diff_args *a, struct np_err *err)
{
	struct np_cuts cuts;

	d->family = a->family < 0 ? find_family(d->before) : a->family ? 6 : 4;
	pair_pods(d);
	for (size_t i = 0; i < a->addresses.n; i++) {
		struct np_addr addr;

		if (!np_addr_parse(np_str_from(a->addresses.items[i]), &addr))
			return np_err_set(err, NP_EUSAGE, "--address '%s' is no IP address",
					  a->addresses.items[i]);
		pair_address(d, &addr);
	}
	join_cuts(d->before, d->after, &cuts);
	if (a->outside)
		pair_outside(d, &cuts);
	for (int p = 0; p < NP_N_PROTOS; p++)
		add_stretches(d, (enum np_proto)p, &cuts);
	np_cuts_release(&cuts);
	return 0;
}

#define READABLE_LINES 100

static int run_worlds(const struct diff_args *a, const struct np_world *before,
		      const struct np_world *after, struct np_err *err)
{
	struct np_readings rd = np_profile_readings((enum np_profile)a->before.profile);
	struct np_world mixed = *before;
	struct diff d = { .before = before, .after = after };
	int rc;

	/* Policies alone are meant for the pods that there are. */
	if (after->n_pods == 0) {
		mixed.policies = after->policies;
		mixed.n_policies = after->n_policies;
		d.after = &mixed;
	}
	rc = collect(&d, a, err);
	if (rc == 0)
		rc = diff_find_changes(&d, &rd, err);
	if (rc == 0) {
		diff_list(&d);
		if (a->before.format == FORMAT_JSON)
			diff_print_json(&d);
		else
			diff_print_text(&d, !a->all && d.n_lines > READABLE_LINES);
		rc = d.n_lines ? NP_EXIT_FOUND : NP_EXIT_OK;
	}
	diff_release(&d);
	return rc;
}

static int load_and_run(const struct diff_args *a, struct np_err *err)
{
	/* A cluster has the pods themselves. */
	struct world_args after_args = { .worlds = a->after,
					 .no_workloads = a->before.kubeconfig };
	struct np_world before, after;
	int rc;

	if (!a->after.n)
		return np_err_set(
			err, NP_EUSAGE,
			"two worlds are needed: BEFORE AFTER, or --world and --world-after");
	if (world_args_load(&a->before, &before, err) < 0)
		return -1;
	rc = world_args_load(&after_args, &after, err);
	if (rc == 0) {
		rc = run_worlds(a, &before, &after, err);
		np_world_release(&after);
	}
	np_world_release(&before);
	return rc;
}

/* BEFORE AFTER, or AFTER alone when the world before is a cluster. */
static int take_args(struct diff_args *a, const struct np_strings *args, struct np_err *err)
{
	size_t n_before = args->n > 1 ? 1 : 0;

	if (args->n > 2 || (args->n == 1 && !a->before.kubeconfig) ||
	    (args->n == 2 && a->before.kubeconfig))
		return np_err_set(
			err, NP_EUSAGE,
			"two worlds are compared: BEFORE AFTER, or --kubeconfig FILE AFTER");
	for (size_t i = 0; i < args->n; i++)
		np_strings_add(i < n_before ? &a->before.worlds : &a->after, args->items[i]);
	return 0;
}

static int run_diff(int argc, char **argv)
{
	struct diff_args a = { .family = -1, .outside = true };
	bool pods_only = false;
	const struct np_option options[] = {
		WORLD_OPTIONS(a.before),
		{ "world-after", NP_OPT_STRINGS, &a.after, "FILE|DIR",
		  "as AFTER, may be repeated (--world as BEFORE); without pods: policies for the "
		  "pods of before",
		  NULL },
		{ "address", NP_OPT_STRINGS, &a.addresses, "IP",
		  "an address outside; may be repeated", NULL },
		{ "pods-only", NP_OPT_FLAG, &pods_only, NULL, "no addresses but those", NULL },
		{ "all", NP_OPT_FLAG, &a.all, NULL, "every connection on a line, however many",
		  NULL },
		{ "family", NP_OPT_CHOICE, &a.family, "4|6",
		  "address family; default: IPv4 if some pod has it", family_choices },
		{ 0 },
	};
	struct np_err err = { 0 };
	struct np_strings args = { 0 };
	int status = np_command_begin(&np_cmd_diff, options, argc, argv, &args);

	a.outside = !pods_only;
	if (status < 0) {
		status = take_args(&a, &args, &err) < 0 ? -1 : load_and_run(&a, &err);
		if (status < 0)
			status = np_command_fail(&np_cmd_diff, &err);
	}
	np_strings_release(&args);
	np_strings_release(&a.before.worlds);
	np_strings_release(&a.after);
	np_strings_release(&a.addresses);
	return status;
}

const struct np_command np_cmd_diff = {
	.name = "diff",
	.summary = "which connections a change of manifests opens and closes",
	.usage = "BEFORE AFTER [options]",
	.exits = "0 none, 1 some, 2 usage or a world that cannot be read",
	.run = run_diff,
};
