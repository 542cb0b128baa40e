/* field_look.c - what traffic says: the canary, the guarded pod, truth tables. */
#include <string.h>

#include "field.h"
#include "np/base/clock.h"
#include "np/base/json.h"
#include "np/base/mem.h"
#include "np/kube/resource.h"
#include "np/oracle/oracle.h"
#include "np/parse/manifests.h"

#define ATTEMPTS 3
#define MEASURES 10
#define TIMEOUT_MIN_MS 150
#define TIMEOUT_MAX_MS 1500
#define POLL_MIN_US 10000
#define POLL_MAX_US 400000

static struct field_pod *pod_named(struct field *f, const char *ns, const char *name)
{
	for (size_t i = 0; i < f->n_pods; i++)
		if (strcmp(f->pods[i].pod->ns, ns) == 0 && strcmp(f->pods[i].pod->name, name) == 0)
			return &f->pods[i];
	return NULL;
}

static struct np_fleet_probe probe_of(const struct field_pod *from, const struct field_pod *to,
				      const struct np_bug_port *port)
{
	return (struct np_fleet_probe){ .agent = from->agent,
					.req = { .kind = port->udp ? NP_PROBE_UDP : NP_PROBE_TCP,
						 .addr = to->ip,
						 .port = (uint16_t)port->port,
						 .expect = np_str_from(to->identity) } };
}

static bool is_denied(enum np_outcome o)
{
	return o == NP_OUT_DROPPED || o == NP_OUT_REJECTED;
}

/* ---- time ---- */

int field_measure(struct field *f, struct np_err *err)
{
	const struct np_bug_port port = { "alt", NP_CANARY_PORT, false };
	struct field_pod *client = pod_named(f, NP_CANARY_NS, "client");
	long long slowest_us = 0;

	for (int i = 0; i < MEASURES; i++) {
		struct np_fleet_probe p = probe_of(
			client, pod_named(f, NP_CANARY_NS, i % 2 ? "server" : "server2"), &port);

		if (np_fleet_probe(f->fleet, &p, 1, TIMEOUT_MAX_MS, 1, err) < 0)
			return -1;
		if (p.res.outcome != NP_OUT_ALLOWED)
			return np_err_set(
				err, NP_EENV,
				"before any policy, pod 'client' does not reach pod '%s': %s",
				i % 2 ? "server" : "server2", np_outcome_name(p.res.outcome));
		if (p.res.rtt_us > slowest_us)
			slowest_us = p.res.rtt_us;
	}
	f->timeout_ms = (unsigned)(slowest_us * 50 / 1000);
	if (f->timeout_ms < TIMEOUT_MIN_MS)
		f->timeout_ms = TIMEOUT_MIN_MS;
	if (f->timeout_ms > TIMEOUT_MAX_MS)
		f->timeout_ms = TIMEOUT_MAX_MS;
	return 0;
}

/* ---- canary ---- */

/* Do both servers answer the client as @denied says? A probe that could not be made is no answer.
 */
static int look_at_canary(struct field *f, bool denied, bool *ret, struct np_err *err)
{
	static const char *const servers[] = { "server", "server2" };
	const struct np_bug_port port = { "alt", NP_CANARY_PORT, false };
	struct np_fleet_probe probes[2];
	struct field_pod *client = pod_named(f, NP_CANARY_NS, "client");

	for (size_t i = 0; i < 2; i++)
		probes[i] = probe_of(client, pod_named(f, NP_CANARY_NS, servers[i]), &port);
	if (np_fleet_probe(f->fleet, probes, 2, f->timeout_ms, ATTEMPTS, err) < 0)
		return -1;
	*ret = true;
	for (size_t i = 0; i < 2; i++)
		*ret &= denied ? is_denied(probes[i].res.outcome)
			       : probes[i].res.outcome == NP_OUT_ALLOWED;
	return 0;
}

static int wait_for_canary(struct field *f, bool denied, long long patience_ms, bool *ret,
			   struct np_err *err)
{
	struct np_backoff wait;

	np_backoff_init(&wait, POLL_MIN_US, POLL_MAX_US, patience_ms * 1000);
	do {
		if (look_at_canary(f, denied, ret, err) < 0)
			return -1;
	} while (!*ret && np_backoff_wait(&wait));
	return 0;
}

int field_canary(struct field *f, long long patience_ms, enum field_canary *ret, long long *ret_ms,
		 struct np_err *err)
{
	const struct np_kube_type *type = &np_kube_types[NP_KUBE_NETPOL];
	const struct np_kube_write w = { .missing_ok = true };
	const char *ns = field_real(f, NP_CANARY_NS);
	json_t *policy = np_bug_canary_policy(ns);
	int64_t begin = np_now_ms(), middle;
	bool seen = false;
	int rc = np_kube_create(f->kube, type, ns, policy, NULL, NULL, err);

	json_decref(policy);
	if (rc < 0 || wait_for_canary(f, true, patience_ms, &seen, err) < 0)
		return -1;
	*ret = seen ? CANARY_FINE : CANARY_NOT_DENIED;
	middle = np_now_ms();
	if (np_kube_delete(f->kube, type, ns, "canary", &w, err) < 0)
		return -1;
	if (*ret == CANARY_FINE) {
		if (wait_for_canary(f, false, patience_ms, &seen, err) < 0)
			return -1;
		*ret = seen ? CANARY_FINE : CANARY_NOT_ALLOWED;
	}
	*ret_ms = middle - begin > np_now_ms() - middle ? middle - begin : np_now_ms() - middle;
	return 0;
}

const char *field_guard(struct field *f)
{
	const struct np_bug_port port = { "alt", NP_CANARY_PORT, false };
	struct field_pod *client = pod_named(f, NP_CANARY_NS, "client");
	struct np_fleet_probe probes[2] = {
		probe_of(client, pod_named(f, NP_CANARY_NS, "guarded"), &port),
		probe_of(client, pod_named(f, NP_CANARY_NS, "server"), &port)
	};
	bool open, closed;

	if (np_fleet_probe(f->fleet, probes, 2, f->timeout_ms, ATTEMPTS, NULL) < 0 ||
	    probes[0].res.outcome == NP_OUT_ERROR || probes[1].res.outcome == NP_OUT_ERROR)
		return "unknown";
	open = !is_denied(probes[0].res.outcome);
	closed = is_denied(probes[1].res.outcome);
	return open && closed ? "mixed" : open ? "open" : closed ? "closed" : "kept";
}

/* ---- truth tables ---- */

static int add_list(struct field *f, struct np_world *w, enum np_kube_kind kind, const char *ns,
		    struct np_err *err)
{
	const struct np_kube_type *type = &np_kube_types[kind];
	json_t *items = NULL, *list;
	struct np_buf b = { 0 };
	np_auto_free char *list_kind = np_xasprintf("%sList", type->kind);
	np_auto_free char *version =
		np_xasprintf("%s%s%s", type->group, *type->group ? "/" : "", type->version);
	int rc;

	if (np_kube_list(f->kube, type, ns, NULL, &items, NULL, err) < 0)
		return -1;
	list = np_json_pack("{s:s, s:s, s:o}", "apiVersion", version, "kind", list_kind, "items",
			    items);
	np_json_dump(list, 0, &b);
	rc = np_manifests_add_json(w, (struct np_str){ b.data, b.len }, NULL, err);
	json_decref(list);
	np_buf_release(&b);
	return rc;
}

/* The campaign's namespaces, and all others by name and labels only: policies of operations can
 * mean them. */
static int read_world(struct field *f, struct np_world *w, struct np_err *err)
{
	int rc = add_list(f, w, NP_KUBE_NAMESPACE, NULL, err);

	if (rc == 0)
		rc = add_list(f, w, NP_KUBE_NODE, NULL, err);
	for (size_t i = 0; rc == 0 && i < NP_WORLD_NAMESPACES; i++) {
		rc = add_list(f, w, NP_KUBE_POD, f->real[i], err);
		if (rc == 0)
			rc = add_list(f, w, NP_KUBE_NETPOL, f->real[i], err);
	}
	return rc == 0 ? np_world_link(w, err) : -1;
}

struct cell {
	const struct field_pod *from, *to;
	const struct np_bug_port *port;
	enum np_verdict right;
};

static bool is_touched(const struct field_pod *p)
{
	return strcmp(p->pod->ns, NP_CANARY_NS) != 0 && p->has_ip;
}

/* Cells with a verdict that does not hang on an open reading. */
static size_t fill_cells(struct field *f, const struct np_world *w, const struct np_oracle *oracle,
			 struct cell *cells)
{
	size_t n = 0;

	for (size_t i = 0; i < f->n_pods; i++)
		for (size_t j = 0; j < f->n_pods; j++)
			for (size_t k = 0; k < np_bug_n_ports; k++) {
				struct cell c = { &f->pods[i], &f->pods[j], &np_bug_ports[k],
						  NP_UNDEF };
				struct np_flow flow = { .family = c.to->ip.width == 4 ? 4 : 6,
							.proto = c.port->udp ? NP_UDP : NP_TCP,
							.port = (uint16_t)c.port->port };

				if (i == j || !is_touched(c.from) || !is_touched(c.to))
					continue;
				flow.src = (struct np_end){
					.kind = NP_END_POD,
					.idx = np_world_find_pod(
						w, np_str_from(field_real(f, c.from->pod->ns)),
						np_str_from(c.from->pod->name))
				};
				flow.dst = (struct np_end){
					.kind = NP_END_POD,
					.idx = np_world_find_pod(
						w, np_str_from(field_real(f, c.to->pod->ns)),
						np_str_from(c.to->pod->name))
				};
				if (flow.src.idx == SIZE_MAX || flow.dst.idx == SIZE_MAX)
					continue;
				c.right = np_oracle_eval(oracle, &flow, NULL);
				if (c.right == NP_ALLOW || c.right == NP_DENY)
					cells[n++] = c;
			}
	return n;
}

static bool cell_wrong(const struct cell *c, enum np_outcome seen)
{
	if (seen == NP_OUT_ERROR)
		return false;
	return c->right == NP_ALLOW ? seen != NP_OUT_ALLOWED : !is_denied(seen);
}

static int look(struct field *f, const struct cell *cells, size_t n, struct field_wrong *ret,
		size_t *ret_n, struct np_err *err)
{
	struct np_fleet_probe *probes = np_xcalloc(n + 1, sizeof(*probes));
	int rc;

	for (size_t i = 0; i < n; i++)
		probes[i] = probe_of(cells[i].from, cells[i].to, cells[i].port);
	rc = np_fleet_probe(f->fleet, probes, n, f->timeout_ms, ATTEMPTS, err);
	*ret_n = 0;
	for (size_t i = 0; rc == 0 && i < n; i++) {
		struct field_wrong *w = &ret[*ret_n];

		if (*ret_n == FIELD_WRONG_MAX || !cell_wrong(&cells[i], probes[i].res.outcome))
			continue;
		snprintf(w->from, sizeof(w->from), "%s/%s", cells[i].from->pod->ns,
			 cells[i].from->pod->name);
		snprintf(w->to, sizeof(w->to), "%s/%s", cells[i].to->pod->ns,
			 cells[i].to->pod->name);
		w->protocol = cells[i].port->udp ? "udp" : "tcp";
		w->port = cells[i].port->port;
		w->allowed = cells[i].right == NP_DENY;
		(*ret_n)++;
	}
	free(probes);
	return rc;
}

int field_table(struct field *f, long long patience_ms, struct field_wrong *ret, size_t *ret_n,
		struct np_err *err)
{
	const struct np_readings readings = np_profile_readings(NP_PROFILE_CORE);
	struct cell cells[FIELD_PODS_MAX * FIELD_PODS_MAX * 4];
	struct np_world w;
	struct np_oracle *oracle;
	struct np_backoff wait;
	size_t n;
	int rc;

	np_world_init(&w);
	if (read_world(f, &w, err) < 0) {
		np_world_release(&w);
		return -1;
	}
	oracle = np_oracle_new(&w, &readings);
	n = fill_cells(f, &w, oracle, cells);
	np_backoff_init(&wait, POLL_MIN_US, POLL_MAX_US, patience_ms * 1000);
	do
		rc = look(f, cells, n, ret, ret_n, err);
	while (rc == 0 && *ret_n && np_backoff_wait(&wait));
	np_oracle_free(oracle);
	np_world_release(&w);
	return rc;
}
