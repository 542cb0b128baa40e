/* fixture.c - what all workers of a run share. */
#include "fixture.h"

#include <stdlib.h>
#include <string.h>

#include "np/base/clock.h"
#include "np/base/json.h"
#include "np/base/mem.h"
#include "np/kube/resource.h"
#include "control.h"
#include "podspec.h"
#include "podwait.h"
#include "scope.h"

#define HOST_WAIT_MS 30000
#define FLEET_WAIT_MS 30000

static const char *const letters[NP_FIXTURE_NODES] = { "a", "b" };

/* Adds a list of objects as the API gave them to what every world of the run contains; a new
 * reference is taken. */
static void add_list(struct np_fixture *f, const char *kind, json_t *items)
{
	json_array_append_new(f->static_objects, np_json_pack("{s:s, s:s, s:O}", "apiVersion", "v1",
							      "kind", kind, "items", items));
}

static void take_nodes(struct np_fixture *f, const struct np_nodes *nodes)
{
	for (; f->n_nodes < nodes->n; f->n_nodes++)
		f->nodes[f->n_nodes] =
			np_arena_str(&f->arena, np_str_from(nodes->names[f->n_nodes]));
	add_list(f, "NodeList", nodes->list);
}

json_t *np_namespace_object(const char *real, const char *run_id, const char *level)
{
	return np_json_pack("{s:s, s:s, s:{s:s, s:{s:s, s:s, s:s}}}", "apiVersion", "v1", "kind",
			    "Namespace", "metadata", "name", real, "labels", NP_LABEL_MANAGED,
			    NP_MANAGER, NP_LABEL_RUN, run_id, NP_LABEL_POD_SECURITY, level);
}

static int make_namespace(struct np_fixture *f, const char *real, const char *level,
			  struct np_err *err)
{
	json_t *ns = np_namespace_object(real, f->run_id, level), *stored = NULL, *list;
	int rc = np_kube_create(f->cluster->kube, &np_kube_types[NP_KUBE_NAMESPACE], NULL, ns, NULL,
				&stored, err);

	json_decref(ns);
	if (rc < 0) {
		np_preflight_explain(err);
		return np_err_prefix(err, "cannot create namespace '%s'", real);
	}
	list = json_array();
	json_array_append_new(list, stored);
	add_list(f, "NamespaceList", list);
	json_decref(list);
	return 0;
}

/* The same in all runs: the agents of those that are there at once have the node's ports together,
 * and whoever answers is the node. */
static struct np_str host_identity(struct np_fixture *f, size_t i)
{
	size_t n = f->nodes[i].n, most = NP_AGENT_IDENTITY_MAX - strlen("node/");

	return np_arena_printf(&f->arena, "node/%s", f->nodes[i].p + (n > most ? n - most : 0));
}

static int make_pod(struct np_fixture *f, const char *ns, const char *kind, size_t i, bool host,
		    struct np_fixture_pod *ret, struct np_err *err)
{
	struct np_podspec spec = { .image = f->cluster->image,
				   .inject = f->inject != NULL,
				   .raw = f->raw,
				   .node = f->nodes[i].p,
				   .ports = f->ports,
				   .n_ports = f->n_ports };
	json_t *pod, *stored = NULL;
	int rc;

	ret->name = np_arena_printf(&f->arena, "%s/%s", kind, letters[i]);
	ret->pod = np_arena_printf(&f->arena, "%s-%s", kind, letters[i]);
	ret->identity = host ? host_identity(f, i)
			     : np_arena_printf(&f->arena, "%s/%s", ns, ret->pod.p);
	spec.identity = ret->identity.p;
	pod = np_podspec_new(ns, ret->pod.p, host ? "host" : ret->pod.p, host, &spec);
	rc = np_kube_create(f->cluster->kube, &np_kube_types[NP_KUBE_POD], ns, pod, NULL, &stored,
			    err);
	if (rc == 0 && ret == &f->control[0])
		np_preflight_sidecars(f->record, pod, stored);
	json_decref(stored);
	json_decref(pod);
	if (rc == 0)
		return 0;
	np_preflight_explain(err);
	return np_err_prefix(err, "cannot create pod '%s/%s'", ns, ret->pod.p);
}

size_t np_pod_addresses(const json_t *pod, struct np_addr *ret)
{
	size_t n = 0, i;
	json_t *ip;

	json_array_foreach(np_json_at(pod, "status/podIPs"), i, ip)
		if (n < NP_WORLD_MAX_IPS &&
		    np_addr_parse(np_str_from(np_json_str(ip, "ip", "")), &ret[n]))
			n++;
	if (!n && np_addr_parse(np_str_from(np_json_str(pod, "status/podIP", "")), &ret[0]))
		n = 1;
	return n;
}

static void take_addresses(struct np_fixture_pod *pods, size_t n, const json_t *list)
{
	const json_t *pod;
	size_t i;

	json_array_foreach(list, i, pod)
		for (size_t j = 0; j < n; j++)
			if (np_str_is(pods[j].pod, np_json_str(pod, "metadata/name", "")))
				pods[j].n_ips = np_pod_addresses(pod, pods[j].ips);
}

static int wait_pods(struct np_fixture *f, const char *ns, struct np_fixture_pod *pods,
		     struct np_err *err)
{
	json_t *list = NULL;

	if (np_pods_wait(f->cluster->kube, f->inject, ns, f->n_nodes, NP_POD_WAIT_MS, &list, err) <
	    0)
		return -1;
	take_addresses(pods, f->n_nodes, list);
	add_list(f, "PodList", list);
	json_decref(list);
	return 0;
}

static int make_control(struct np_fixture *f, struct np_err *err)
{
	if (make_namespace(f, f->ns.p, "restricted", err) < 0 ||
	    make_namespace(f, f->trial_ns.p, "restricted", err) < 0)
		return -1;
	for (; f->n_control < f->n_nodes; f->n_control++)
		if (make_pod(f, f->ns.p, "control", f->n_control, false, &f->control[f->n_control],
			     err) < 0 ||
		    make_pod(f, f->trial_ns.p, "trial", f->n_control, false,
			     &f->trial[f->n_control], err) < 0)
			return -1;
	if (wait_pods(f, f->ns.p, f->control, err) < 0 ||
	    wait_pods(f, f->trial_ns.p, f->trial, err) < 0)
		return -1;
	f->family = f->control[0].n_ips && f->control[0].ips[0].width == 16 ? 6 : 4;
	return 0;
}

/*
 * SCTP where the nodes' kernels have no SCTP sockets: pods that may open raw ones, in a namespace
 * of their own that allows them. Not to be had: a capability that lacks.
 */
static void make_raw(struct np_fixture *f)
{
	struct np_err err = { 0 };
	size_t n = 0;

	f->raw = true;
	if (make_namespace(f, f->raw_ns.p, "privileged", &err) < 0)
		goto fail;
	for (; n < f->n_nodes; n++)
		if (make_pod(f, f->raw_ns.p, "raw", n, false, &f->raw_pods[n], &err) < 0)
			goto fail;
	if (wait_pods(f, f->raw_ns.p, f->raw_pods, &err) == 0)
		return;
fail:
	f->raw = false;
	np_fixture_lack(f, NP_NEED_SCTP, err.msg);
}

static int make_sctp(struct np_fixture *f, struct np_err *err)
{
	bool has = false;

	if (np_control_has_sctp(f, FLEET_WAIT_MS, &has, err) < 0)
		return -1;
	if (!has)
		make_raw(f);
	return 0;
}

/* hostNetwork agents may be refused (Pod Security, a taken port): then it is a capability that
 * lacks, not an error. */
static void make_hosts(struct np_fixture *f)
{
	struct np_str ns = np_arena_printf(&f->arena, "np-%s-host", f->run_id);
	struct np_err err = { 0 };
	json_t *pods = NULL;
	size_t n = 0;

	if (make_namespace(f, ns.p, "privileged", &err) < 0)
		goto fail;
	for (; n < f->n_nodes; n++)
		if (make_pod(f, ns.p, "node", n, true, &f->host[n], &err) < 0)
			goto fail;
	if (np_pods_wait(f->cluster->kube, f->inject, ns.p, n, HOST_WAIT_MS, &pods, &err) < 0)
		goto fail;
	take_addresses(f->host, n, pods);
	add_list(f, "PodList", pods);
	json_decref(pods);
	f->n_host = n;
	return;
fail:
	np_fixture_lack(f, NP_NEED_HOST_PODS, err.msg);
}

static bool is_dns_service(const json_t *svc)
{
	const json_t *labels = np_json_at(svc, "metadata/labels");

	return strcmp(np_json_str(svc, "metadata/name", ""), "kube-dns") == 0 ||
	       strcmp(np_json_str(labels, "k8s-app", ""), "kube-dns") == 0;
}

static void find_dns_service(struct np_fixture *f)
{
	json_t *all = NULL, *found = json_array(), *svc;
	struct np_err err = { 0 };
	size_t i;

	if (np_kube_list(f->cluster->kube, &np_kube_types[NP_KUBE_SERVICE], f->dns_ns.p, NULL, &all,
			 NULL, &err) == 0)
		json_array_foreach(all, i, svc)
			if (is_dns_service(svc))
				json_array_append(found, svc);
	if (json_array_size(found))
		f->dns_service = np_arena_str(
			&f->arena,
			np_str_from(np_json_str(json_array_get(found, 0), "metadata/name", "")));
	add_list(f, "ServiceList", found);
	json_decref(found);
	json_decref(all);
}

static void take_dns_pod(struct np_fixture *f, const json_t *pod)
{
	json_t *ns = NULL, *list = json_array();
	struct np_err err = { 0 };

	f->dns_pod = np_arena_str(&f->arena, np_str_from(np_json_str(pod, "metadata/name", "")));
	f->dns_ns =
		np_arena_str(&f->arena, np_str_from(np_json_str(pod, "metadata/namespace", "")));
	f->n_dns_ips = np_pod_addresses(pod, f->dns_ips);
	if (np_kube_get(f->cluster->kube, &np_kube_types[NP_KUBE_NAMESPACE], NULL, f->dns_ns.p, &ns,
			&err) == 0)
		json_array_append_new(list, ns);
	add_list(f, "NamespaceList", list);
	json_decref(list);
}

static void find_dns(struct np_fixture *f)
{
	const struct np_kube_query q = { .label_selector = "k8s-app=kube-dns" };
	struct np_err err = { 0 };
	json_t *pods = NULL, *pod;
	size_t i;

	if (np_kube_list(f->cluster->kube, &np_kube_types[NP_KUBE_POD], NULL, &q, &pods, NULL,
			 &err) < 0) {
		np_fixture_lack(f, NP_NEED_DNS, err.msg);
		return;
	}
	json_array_foreach(pods, i, pod)
		if (!f->dns_pod.p && strcmp(np_json_str(pod, "status/phase", ""), "Running") == 0 &&
		    !np_json_bool(pod, "spec/hostNetwork", 0))
			take_dns_pod(f, pod);
	if (f->dns_pod.p) {
		add_list(f, "PodList", pods);
		find_dns_service(f);
	} else {
		np_fixture_lack(f, NP_NEED_DNS,
				"no running pod with label k8s-app=kube-dns off the host network");
	}
	json_decref(pods);
}

void np_fixture_lack(struct np_fixture *f, unsigned need, const char *why)
{
	unsigned bit = (unsigned)__builtin_ctz(need);

	f->caps &= ~need;
	if (!f->lacking[bit][0])
		snprintf(f->lacking[bit], sizeof(f->lacking[bit]), "%.150s", why);
}

const char *np_fixture_lacks(const struct np_fixture *f, unsigned need)
{
	if ((f->caps & need) == need)
		return "";
	for (unsigned bit = 0; bit < 16; bit++)
		if ((need & ~f->caps) & (1U << bit))
			return f->lacking[bit];
	return "";
}

/* A server that does not know a field drops it: what it would store says whether ranges exist. */
static void try_endport(struct np_fixture *f)
{
	const struct np_kube_write w = { .dry_run = true };
	json_t *policy = np_json_pack("{s:s, s:s, s:{s:s}, s:{s:{}, s:[{s:[{s:i, s:i}]}]}}",
				      "apiVersion", "networking.k8s.io/v1", "kind", "NetworkPolicy",
				      "metadata", "name", "endport", "spec", "podSelector",
				      "ingress", "ports", "port", 1, "endPort", 2);
	json_t *stored = NULL;
	struct np_err err = { 0 };

	if (np_kube_create(f->cluster->kube, &np_kube_types[NP_KUBE_NETPOL], f->ns.p, policy, &w,
			   &stored, &err) < 0) {
		np_fixture_lack(f, NP_NEED_ENDPORT, err.msg);
	} else {
		const json_t *rule = json_array_get(np_json_at(stored, "spec/ingress"), 0);
		const json_t *port = json_array_get(json_object_get(rule, "ports"), 0);

		if (np_json_int(port, "endPort", 0) == 2)
			f->caps |= NP_NEED_ENDPORT;
		else
			np_fixture_lack(f, NP_NEED_ENDPORT, "the API server does not keep endPort");
	}
	json_decref(stored);
	json_decref(policy);
}

static void presume_caps(struct np_fixture *f, const struct np_preflight *preflight)
{
	if (f->n_nodes > 1)
		f->caps |= NP_NEED_TWO_NODES;
	else
		np_fixture_lack(f, NP_NEED_TWO_NODES, preflight->nodes.left_out);
	if (f->cluster->sandbox)
		f->caps |= NP_NEED_PINNED_IP;
	else
		np_fixture_lack(f, NP_NEED_PINNED_IP, "a cluster's address pool cannot be pinned");
	if (!f->cluster->n_externals)
		np_fixture_lack(f, NP_NEED_EXTERNAL,
				"no agent outside the cluster; --external names one");
	if (f->cluster->n_externals < NP_CLUSTER_MAX_EXTERNALS)
		np_fixture_lack(f, NP_NEED_EXTERNALS,
				"the agent outside the cluster has one address");
}

int np_fixture_start(struct np_cluster *cluster, struct np_record *record, struct np_meter *meter,
		     const char *run_id, const struct np_expect_port *ports, size_t n_ports,
		     unsigned needs, const struct np_preflight *preflight, struct np_fixture *ret,
		     struct np_err *err)
{
	struct np_fixture *f = ret;

	*f = (struct np_fixture){
		.cluster = cluster, .record = record, .meter = meter, .static_objects = json_array()
	};
	snprintf(f->run_id, sizeof(f->run_id), "%s", run_id);
	f->ns = np_arena_printf(&f->arena, "np-%s-control", run_id);
	f->trial_ns = np_arena_printf(&f->arena, "np-%s-trial", run_id);
	f->raw_ns = np_arena_printf(&f->arena, "np-%s-raw", run_id);
	f->ports = np_arena_array(&f->arena, n_ports, sizeof(*ports));
	memcpy(f->ports, ports, n_ports * sizeof(*ports));
	f->n_ports = n_ports;
	f->needs = needs;
	take_nodes(f, &preflight->nodes);
	if ((cluster->inject && np_inject_new(cluster->kube, &f->inject, err) < 0) ||
	    make_control(f, err) < 0 ||
	    ((needs & NP_NEED_SCTP) && make_sctp(f, err) < 0)) {
		np_fixture_release(f);
		return -1;
	}
	make_hosts(f);
	if (preflight->dns_isolated)
		np_fixture_lack(f, NP_NEED_DNS,
				"policies of the cluster itself isolate its DNS pods");
	else if (needs & NP_NEED_DNS)
		find_dns(f);
	presume_caps(f, preflight);
	try_endport(f);
	if (np_control_measure(f, FLEET_WAIT_MS, err) < 0) {
		np_fixture_release(f);
		return -1;
	}
	return 0;
}

void np_fixture_release(struct np_fixture *f)
{
	np_inject_free(f->inject);
	json_decref(f->static_objects);
	np_arena_release(&f->arena);
	*f = (struct np_fixture){ 0 };
}
