/* nodes.c - choosing nodes. */
#include "nodes.h"

#include <math.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "np/base/json.h"
#include "np/base/mem.h"
#include "np/kube/resource.h"

#define CANDIDATES_MAX 64 /* nodes whose pods are looked at */

double np_quantity(const char *text)
{
	static const struct {
		const char *suffix;
		double factor;
	} units[] = {
		{ "", 1 },	  { "n", 1e-9 },    { "u", 1e-6 },    { "m", 1e-3 },
		{ "k", 1e3 },	  { "M", 1e6 },	    { "G", 1e9 },     { "T", 1e12 },
		{ "P", 1e15 },	  { "E", 1e18 },    { "Ki", 0x1p10 }, { "Mi", 0x1p20 },
		{ "Gi", 0x1p30 }, { "Ti", 0x1p40 }, { "Pi", 0x1p50 }, { "Ei", 0x1p60 },
	};
	char *end;
	double v;

	/* strtod() knows more than decimal numbers. */
	if (!*text || strspn(text, "0123456789.+") == 0 || strpbrk(text, "xX"))
		return -1;
	v = strtod(text, &end);
	for (size_t i = 0; end > text && isfinite(v) && v >= 0 && i < NP_ARRAY_SIZE(units); i++)
		if (strcmp(end, units[i].suffix) == 0)
			return v * units[i].factor;
	return -1;
}

static bool is_ready(const json_t *node)
{
	json_t *cond;
	size_t i;

	json_array_foreach(np_json_at(node, "status/conditions"), i, cond)
		if (strcmp(np_json_str(cond, "type", ""), "Ready") == 0)
			return strcmp(np_json_str(cond, "status", ""), "True") == 0;
	return false;
}

/* Pods are bound to their node by name, so no scheduler would mind a taint; its owner does. */
static bool is_tainted(const json_t *node)
{
	json_t *taint;
	size_t i;

	json_array_foreach(np_json_at(node, "spec/taints"), i, taint) {
		const char *effect = np_json_str(taint, "effect", "");

		if (strcmp(effect, "NoSchedule") == 0 || strcmp(effect, "NoExecute") == 0)
			return true;
	}
	return false;
}

const char *np_node_unusable(const json_t *node)
{
	if (!is_ready(node))
		return "is not Ready";
	if (np_json_bool(node, "spec/unschedulable", 0))
		return "is cordoned";
	if (is_tainted(node))
		return "has a taint that keeps pods away";
	if (strcmp(np_json_str(node, "status/nodeInfo/operatingSystem", "linux"), "linux") != 0)
		return "does not run Linux";
	return NULL;
}

/* Sum over a pod's containers of what they request; @scale for a cpu in milli, a memory in MiB. */
static double requested(const json_t *pod, const char *what, double scale)
{
	double sum = 0;
	json_t *ctr;
	size_t i;

	json_array_foreach(np_json_at(pod, "spec/containers"), i, ctr) {
		const json_t *requests = np_json_at(ctr, "resources/requests");
		double v = np_quantity(np_json_str(requests, what, "0"));

		sum += v > 0 ? v * scale : 0;
	}
	return sum;
}

static size_t room_of(double allocatable, double used, double each)
{
	return allocatable > used ? (size_t)((allocatable - used) / each) : 0;
}

static size_t smaller(size_t a, size_t b)
{
	return a < b ? a : b;
}

static bool has_ended(const json_t *pod)
{
	const char *phase = np_json_str(pod, "status/phase", "");

	return strcmp(phase, "Succeeded") == 0 || strcmp(phase, "Failed") == 0;
}

size_t np_node_room(const json_t *node, const json_t *pods)
{
	const json_t *has = np_json_at(node, "status/allocatable");
	double cpu = np_quantity(np_json_str(has, "cpu", "")) * 1000,
	       memory = np_quantity(np_json_str(has, "memory", "")) / 0x1p20,
	       places = np_quantity(np_json_str(has, "pods", "")), used_cpu = 0, used_memory = 0;
	size_t n = 0, room = SIZE_MAX, i;
	json_t *pod;

	json_array_foreach(pods, i, pod) {
		if (has_ended(pod))
			continue;
		n++;
		used_cpu += requested(pod, "cpu", 1000);
		used_memory += requested(pod, "memory", 1 / 0x1p20);
	}
	/* What a node does not tell does not limit it. */
	if (places >= 0)
		room = smaller(room, room_of(places, (double)n, 1));
	if (cpu >= 0)
		room = smaller(room, room_of(cpu, used_cpu, NP_POD_CPU_MILLI));
	if (memory >= 0)
		room = smaller(room, room_of(memory, used_memory, NP_POD_MEMORY_MIB));
	return room;
}

/* Nodes that pods may go to, with their room. */
struct candidates {
	struct {
		const char *name;
		size_t room;
	} items[CANDIDATES_MAX];
	size_t n;
	const char *unusable, *why; /* the first node that is none */
};

/* Pods on each of @n nodes; worlds are not spread quite evenly. */
static size_t per_node(const struct np_nodes_ask *ask, unsigned workers, size_t n)
{
	size_t all = ask->fixed + workers * ask->per_worker;

	return (all + n - 1) / n + (n > 1 ? workers : 0);
}

static int add_candidate(struct np_kube *k, const json_t *node, struct candidates *c,
			 struct np_err *err)
{
	const char *name = np_json_str(node, "metadata/name", ""), *why = np_node_unusable(node);
	np_auto_free char *selector = np_xasprintf("spec.nodeName=%s", name);
	const struct np_kube_query q = { .field_selector = selector };
	json_t *pods = NULL;

	if (why) {
		c->unusable = c->unusable ? c->unusable : name;
		c->why = c->why ? c->why : why;
		return 0;
	}
	if (np_kube_list(k, &np_kube_types[NP_KUBE_POD], NULL, &q, &pods, NULL, err) < 0)
		return np_err_prefix(err, "cannot list the pods of node '%s'", name);
	c->items[c->n].name = name;
	c->items[c->n++].room = np_node_room(node, pods);
	json_decref(pods);
	return 0;
}

/* Indices of the first @n candidates with room for @need into @ret; their number. */
static size_t pick(const struct candidates *c, size_t n, size_t need, size_t *ret)
{
	size_t found = 0;

	for (size_t i = 0; i < c->n && found < n; i++)
		if (c->items[i].room >= need)
			ret[found++] = i;
	return found;
}

/* No more of them than it takes: a cluster may have thousands of nodes. */
static int gather(struct np_kube *k, const json_t *list, size_t need, struct candidates *c,
		  struct np_err *err)
{
	size_t picked[NP_NODES_MAX], i;
	json_t *node;

	json_array_foreach(list, i, node) {
		if (c->n == CANDIDATES_MAX || pick(c, NP_NODES_MAX, need, picked) == NP_NODES_MAX)
			break;
		if (add_candidate(k, node, c, err) < 0)
			return -1;
	}
	return 0;
}

static size_t roomiest(const struct candidates *c, size_t but)
{
	size_t best = SIZE_MAX;

	for (size_t i = 0; i < c->n; i++)
		if (i != but && (best == SIZE_MAX || c->items[i].room > c->items[best].room))
			best = i;
	return best;
}

/* What kept a second node out when @taken alone is used. */
static void explain_one(const struct candidates *c, size_t taken, size_t n_listed,
			struct np_nodes *ret)
{
	size_t near = roomiest(c, taken);

	if (n_listed < 2)
		snprintf(ret->left_out, sizeof(ret->left_out), "the cluster has one node");
	else if (near != SIZE_MAX)
		snprintf(ret->left_out, sizeof(ret->left_out),
			 "node '%.100s' has room for %zu more pods only", c->items[near].name,
			 c->items[near].room);
	else
		snprintf(ret->left_out, sizeof(ret->left_out), "node '%.100s' %s",
			 c->unusable ? c->unusable : "?", c->why ? c->why : "cannot be used");
}

static void take(const struct candidates *c, const size_t *picked, size_t n,
		 const struct np_nodes_ask *ask, struct np_nodes *ret)
{
	size_t room = SIZE_MAX;

	for (ret->n = 0; ret->n < n; ret->n++) {
		snprintf(ret->names[ret->n], sizeof(ret->names[0]), "%s",
			 c->items[picked[ret->n]].name);
		room = smaller(room, c->items[picked[ret->n]].room);
	}
	ret->workers = ask->workers;
	while (ret->workers > 1 && per_node(ask, ret->workers, n) > room)
		ret->workers--;
}

static int no_node(const struct candidates *c, size_t need, struct np_err *err)
{
	size_t near = roomiest(c, SIZE_MAX);

	if (near != SIZE_MAX)
		return np_err_set(err, NP_EENV,
				  "no node has room for %zu probe pods with %d m of cpu and %d MiB "
				  "each; the roomiest, '%.100s', has it for %zu",
				  need, NP_POD_CPU_MILLI, NP_POD_MEMORY_MIB, c->items[near].name,
				  c->items[near].room);
	if (c->unusable)
		return np_err_set(err, NP_EENV,
				  "the cluster has no node that is Ready and takes pods: node "
				  "'%.100s' %s",
				  c->unusable, c->why);
	return np_err_set(err, NP_EENV, "the cluster has no nodes");
}

/* Two nodes with room for everything, else two for fewer workers, else one. */
static int choose(struct np_kube *k, const struct np_nodes_ask *ask, struct np_nodes *ret,
		  struct np_err *err)
{
	const struct {
		size_t n;
		unsigned workers;
	} ways[] = { { 2, ask->workers }, { 2, 1 }, { 1, ask->workers }, { 1, 1 } };
	struct candidates c = { .n = 0 };
	size_t picked[NP_NODES_MAX];

	if (gather(k, ret->list, per_node(ask, ask->workers, 2), &c, err) < 0)
		return -1;
	for (size_t i = 0; i < NP_ARRAY_SIZE(ways); i++) {
		size_t need = per_node(ask, ways[i].workers, ways[i].n);

		if (pick(&c, ways[i].n, need, picked) < ways[i].n)
			continue;
		take(&c, picked, ways[i].n, ask, ret);
		if (ret->n == 1)
			explain_one(&c, picked[0], json_array_size(ret->list), ret);
		return 0;
	}
	return no_node(&c, per_node(ask, 1, 1), err);
}

int np_nodes_choose(struct np_kube *k, const struct np_nodes_ask *ask, struct np_nodes *ret,
		    struct np_err *err)
{
	struct np_nodes n = { 0 };

	if (np_kube_list(k, &np_kube_types[NP_KUBE_NODE], NULL, NULL, &n.list, NULL, err) < 0)
		return np_err_prefix(err, "cannot list nodes");
	if (choose(k, ask, &n, err) < 0) {
		np_nodes_release(&n);
		return -1;
	}
	*ret = n;
	return 0;
}

void np_nodes_release(struct np_nodes *n)
{
	json_decref(n->list);
	*n = (struct np_nodes){ 0 };
}
