/* worldargs.c - worlds from manifests or a cluster, and ends by name. */
#include "worldargs.h"

#include "np/base/json.h"
#include "np/base/log.h"
#include "np/base/mem.h"
#include "np/kube/client.h"
#include "np/kube/config.h"
#include "np/kube/resource.h"
#include "np/parse/manifests.h"
#include "workloads.h"

const char *const profile_names[] = {
	"core", "extended", "upstream", "lifecycle", "behaviour", NULL
};
const char *const format_names[] = { "text", "json", NULL };

/* "kind Deployment of apps/v1 is not looked at" is not so here. */
static bool is_of_workload(const struct np_diag *d)
{
	static const char start[] = "kind ";
	struct np_str kind = d->msg;

	if (d->kind != NP_DIAG_SKIPPED || kind.n < strlen(start))
		return false;
	kind.p += strlen(start);
	kind.n = strcspn(kind.p, " ");
	return workloads_have_kind(kind);
}

static void log_diags(const struct np_diags *diags, bool workloads)
{
	for (size_t i = 0; i < diags->n; i++) {
		const struct np_diag *d = &diags->items[i];

		if (workloads && is_of_workload(d))
			continue;
		np_log_warn("%s:%u: " NP_STR_FMT, d->place.file ? d->place.file : "?",
			    d->place.line, NP_STR_ARG(d->msg));
	}
	if (diags->n_dropped)
		np_log_warn("and %zu more notes", diags->n_dropped);
}

/* An address that no block but the widest holds: class E, and the discard prefix. */
static size_t make_up_ips(size_t at, struct np_addr *ips)
{
	ips[0] = (struct np_addr){ .width = 4, .bytes = { 240 } };
	ips[1] = (struct np_addr){ .width = 16, .bytes = { 1 } };
	return np_addr_add(&ips[0], (int64_t)at + 1, &ips[0]) &&
			       np_addr_add(&ips[1], (int64_t)at + 1, &ips[1])
		       ? 2
		       : 0;
}

/* Manifests that were never applied have no addresses: without any there would be no connections to
 * ask about. */
static void make_up_addresses(struct np_world *w)
{
	size_t n = 0;

	for (size_t i = 0; i < w->n_pods; i++) {
		struct np_pod *pod = &w->pods[i];
		bool by_node = pod->host_network && pod->node_idx != SIZE_MAX &&
			       w->nodes[pod->node_idx].n_ips;

		if (pod->n_ips == 0 && !by_node)
			pod->n_ips = make_up_ips(n++, pod->ips);
	}
	for (size_t i = 0; i < w->n_services; i++)
		if (w->services[i].n_ips == 0)
			w->services[i].n_ips = make_up_ips(n++, w->services[i].ips);
	if (n)
		np_log_info("%zu pods and Services have no address: taken to be outside every "
			    "ipBlock but /0",
			    n);
}

static int load_manifests(const struct world_args *a, struct np_world *w, struct np_err *err)
{
	struct np_diags diags = { 0 };
	int rc = np_manifests_load_noted(a->worlds.items, a->worlds.n, NP_FIELDS_STRICT, w, &diags,
					 err);

	if (rc == 0)
		log_diags(&diags, !a->no_workloads);
	if (rc == 0 && !a->no_workloads)
		rc = workloads_add(w, a->worlds.items, a->worlds.n, err);
	if (rc == 0)
		make_up_addresses(w);
	/* A path on the command line that cannot be read is the user's mistake, not the
	 * environment's. */
	if (rc < 0 && err->code == NP_EIO)
		err->code = NP_EUSAGE;
	np_diags_release(&diags);
	return rc;
}

static int read_kind(struct np_kube *k, enum np_kube_kind kind, struct np_world *w,
		     struct np_err *err)
{
	const struct np_kube_type *type = &np_kube_types[kind];
	np_auto_free char *list_kind = np_xasprintf("%sList", type->kind);
	np_auto_free char *api =
		np_xasprintf("%s%s%s", type->group, *type->group ? "/" : "", type->version);
	struct np_buf text = { 0 };
	json_t *items = NULL, *list;
	int rc;

	if (np_kube_list(k, type, NULL, NULL, &items, NULL, err) < 0)
		return -1;
	list = np_json_pack("{s:s, s:s, s:o}", "apiVersion", api, "kind", list_kind, "items",
			    items);
	np_json_dump(list, 0, &text);
	rc = np_manifests_add_json(w, (struct np_str){ text.data, text.len }, list_kind, err);
	np_buf_release(&text);
	json_decref(list);
	return rc;
}

/* What a cluster holds has no line in a file. */
static void drop_places(struct np_world *w)
{
	for (size_t i = 0; i < w->n_policies; i++) {
		struct np_policy *p = &w->policies[i];

		p->place = (struct np_place){ .file = NULL };
		for (int dir = 0; dir < NP_N_DIRS; dir++)
			for (size_t r = 0; r < p->n_rules[dir]; r++)
				p->rules[dir][r].place = p->place;
	}
}

static int load_cluster(const struct world_args *a, struct np_world *w, struct np_err *err)
{
	static const enum np_kube_kind kinds[] = { NP_KUBE_NAMESPACE, NP_KUBE_NODE, NP_KUBE_POD,
						   NP_KUBE_SERVICE, NP_KUBE_NETPOL };
	const struct np_kube_load load = { .path = a->kubeconfig, .context = a->context };
	struct np_kube_config config;
	struct np_kube *k;
	int rc = -1;

	if (np_kube_config_load(&load, &config, err) < 0)
		return -1;
	k = np_kube_new(&config, err);
	if (k)
		rc = 0;
	for (size_t i = 0; i < NP_ARRAY_SIZE(kinds) && rc == 0; i++)
		rc = read_kind(k, kinds[i], w, err);
	np_kube_free(k);
	np_kube_config_release(&config);
	drop_places(w);
	return rc == 0 ? np_world_link(w, err) : -1;
}

int world_args_load(const struct world_args *a, struct np_world *ret, struct np_err *err)
{
	struct np_world w;
	int rc;

	if (!a->worlds.n == !a->kubeconfig)
		return np_err_set(err, NP_EUSAGE, "give --world or --kubeconfig, and not both");
	np_world_init(&w);
	rc = a->kubeconfig ? load_cluster(a, &w, err) : load_manifests(a, &w, err);
	if (rc < 0)
		np_world_release(&w);
	else
		*ret = w;
	return rc;
}

static bool has_ip(const struct np_addr *ips, size_t n, const struct np_addr *addr)
{
	for (size_t i = 0; i < n; i++) {
		struct np_addr ip = np_addr_wire(&ips[i]);

		if (np_addr_eq(&ip, addr))
			return true;
	}
	return false;
}

/* Finished pods may have left their address to another. */
static bool carries_traffic(const struct np_pod *pod)
{
	return pod->phase == NP_PHASE_RUNNING || pod->phase == NP_PHASE_UNKNOWN;
}

static struct np_end end_of_address(const struct np_world *w, const struct np_addr *written)
{
	struct np_addr addr = np_addr_wire(written);

	for (size_t i = 0; i < w->n_pods; i++)
		if (!w->pods[i].host_network && carries_traffic(&w->pods[i]) &&
		    has_ip(w->pods[i].ips, w->pods[i].n_ips, &addr))
			return (struct np_end){ .kind = NP_END_POD, .idx = i };
	for (size_t i = 0; i < w->n_services; i++)
		if (has_ip(w->services[i].ips, w->services[i].n_ips, &addr))
			return (struct np_end){ .kind = NP_END_SERVICE, .idx = i };
	return (struct np_end){ .kind = NP_END_ADDR, .addr = addr };
}

int world_args_end(const struct np_world *w, const char *text, struct np_end *ret,
		   struct np_err *err)
{
	bool service = strncmp(text, "svc:", 4) == 0;
	struct np_str name = np_str_from(service ? text + 4 : text), ns = NP_STR("default");
	const char *slash = strchr(name.p, '/');
	struct np_addr addr;
	size_t idx;

	if (!service && np_addr_parse(name, &addr)) {
		*ret = end_of_address(w, &addr);
		return 0;
	}
	if (slash) {
		ns = (struct np_str){ name.p, (size_t)(slash - name.p) };
		name = np_str_from(slash + 1);
	}
	idx = service ? np_world_find_service(w, ns, name) : np_world_find_pod(w, ns, name);
	if (idx == SIZE_MAX)
		return np_err_set(err, NP_EUSAGE,
				  "no %s '" NP_STR_FMT "/" NP_STR_FMT "' in this world",
				  service ? "Service" : "Pod", NP_STR_ARG(ns), NP_STR_ARG(name));
	*ret = (struct np_end){ .kind = service ? NP_END_SERVICE : NP_END_POD, .idx = idx };
	return 0;
}

void world_args_end_name(const struct np_world *w, const struct np_end *end, struct np_buf *ret)
{
	char text[NP_ADDR_TEXT_MAX];

	switch (end->kind) {
	case NP_END_POD:
		np_buf_addstr(ret, w->pods[end->idx].ns);
		np_buf_addc(ret, '/');
		np_buf_addstr(ret, w->pods[end->idx].name);
		break;
	case NP_END_SERVICE:
		np_buf_adds(ret, "svc:");
		np_buf_addstr(ret, w->services[end->idx].ns);
		np_buf_addc(ret, '/');
		np_buf_addstr(ret, w->services[end->idx].name);
		break;
	case NP_END_ADDR:
		np_buf_adds(ret, np_addr_text(&end->addr, text));
		break;
	}
}
