/* The first process of the sandbox. The contract is in init.h. */
#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <unistd.h>

#include "api.h"
#include "cell.h"
#include "dns.h"
#include "enforcer.h"
#include "external.h"
#include "fabric.h"
#include "init.h"
#include "kubeconfig.h"
#include "nodes.h"
#include "np/base/clock.h"
#include "np/base/json.h"
#include "np/base/log.h"
#include "np/base/mem.h"
#include "pods.h"
#include "reaper.h"
#include "services.h"

#define READY_TIMEOUT_US (15LL * 1000 * 1000)
#define DNS_NAMESPACE "kube-system"
#define DNS_NAME "kube-dns"

/* Everything of a running sandbox. Nothing is freed: it ends with the process. */
struct sandbox {
	const struct np_init_options *opt;
	struct np_reaper *reaper;
	struct np_fabric fabric;
	struct np_store *store;
	struct np_services *services;
	struct np_enforcer *enforcer;
	struct np_pods *pods;
	struct np_dns_server *dns;
	struct np_api *api;
};

void np_outside_remove(const struct np_outside *o)
{
	if (o->kubeconfig)
		unlink(o->kubeconfig);
	if (!o->folder)
		return;
	unlink(o->api_socket);
	unlink(o->external_socket);
	rmdir(o->folder);
}

/* The parent never writes: the end of its pipe is its end. */
static void *watch_parent(void *arg)
{
	const struct np_init_options *o = arg;
	char byte;

	while (read(o->parent_fd, &byte, 1) < 0 && errno == EINTR)
		;
	np_outside_remove(o->outside);
	_exit(0);
}

static int start_services(struct sandbox *s, struct np_err *err)
{
	struct np_services_node nodes[NP_N_NODES];

	for (size_t i = 0; i < NP_N_NODES; i++) {
		const struct np_host *host = &s->fabric.hosts[i];

		nodes[i] = (struct np_services_node){ host->netns_fd, host->ip[0], host->ip[1] };
	}
	s->services = np_services_new(s->store, nodes, NP_N_NODES, err);
	return s->services ? 0 : -1;
}

static int start_enforcer(struct sandbox *s, struct np_err *err)
{
	static const char *names[NP_N_NODES];
	static int netns_fds[NP_N_NODES];

	for (size_t i = 0; i < NP_N_NODES; i++) {
		names[i] = s->fabric.hosts[i].name;
		netns_fds[i] = s->fabric.hosts[i].netns_fd;
	}
	s->enforcer = np_enforcer_new(s->store, names, netns_fds, NP_N_NODES, s->opt->fault);
	return s->enforcer ? 0 : np_err_set(err, NP_EENV, "the enforcer cannot start");
}

static bool enforced(void *ctx, uint64_t revision, int timeout_ms)
{
	struct np_enforcer *enforcer = ctx;
	char text[NP_ERR_TEXT_MAX];
	struct np_err err;

	if (np_enforcer_wait(enforcer, revision, timeout_ms, &err) == 0)
		return true;
	np_log_warn("%s", np_err_text(&err, text, sizeof(text)));
	return false;
}

static int start_pods(struct sandbox *s, struct np_err *err)
{
	const struct np_pods_options options = {
		.store = s->store,
		.fabric = &s->fabric,
		.reaper = s->reaper,
		.agent_path = s->opt->agent_path,
		.enforced = enforced,
		.ctx = s->enforcer,
	};

	s->pods = np_pods_new(&options);
	return s->pods ? 0 : np_err_set(err, NP_EENV, "the node agent cannot start");
}

static int create(struct np_store *store, enum np_kind_id kind, json_t *object, struct np_err *err)
{
	int rc = np_store_create(store, kind, object, NULL, err);

	json_decref(object);
	return rc;
}

static int create_dns(struct sandbox *s, struct np_err *err)
{
	json_t *pod =
		np_json_pack("{s:s,s:s,s:{s:s,s:s,s:{s:s}},s:{s:s,s:s,s:[{s:s,s:s,s:[{s:s,s:s,s:i},"
			     "{s:s,s:s,s:i}]}]},s:{s:s}}",
			     "apiVersion", "v1", "kind", "Pod", "metadata", "name", DNS_NAME,
			     "namespace", DNS_NAMESPACE, "labels", "k8s-app", "kube-dns", "spec",
			     "nodeName", "n1", "restartPolicy", "Always", "containers", "name",
			     "dns", "image", "netpolcheck-sandbox-dns", "ports", "name", "dns",
			     "protocol", "UDP", "containerPort", 53, "name", "dns-tcp", "protocol",
			     "TCP", "containerPort", 53, "status", "phase", "Pending");
	json_t *service = np_json_pack(
		"{s:s,s:s,s:{s:s,s:s,s:{s:s}},s:{s:s,s:{s:s},s:[{s:s,s:s,s:i,s:i},{s:s,s:s,s:i,s:i}"
		"]},s:{s:{}}}",
		"apiVersion", "v1", "kind", "Service", "metadata", "name", DNS_NAME, "namespace",
		DNS_NAMESPACE, "labels", "k8s-app", "kube-dns", "spec", "clusterIP", "10.96.0.10",
		"selector", "k8s-app", "kube-dns", "ports", "name", "dns", "protocol", "UDP",
		"port", 53, "targetPort", 53, "name", "dns-tcp", "protocol", "TCP", "port", 53,
		"targetPort", 53, "status", "loadBalancer");

	if (s->fabric.n_families == 2)
		json_object_set_new(json_object_get(service, "spec"), "clusterIPs",
				    np_json_pack("[s,s]", "10.96.0.10", "fd00:10:96::a"));
	if (np_services_allocate(s->services, service, err) < 0) {
		json_decref(service);
		json_decref(pod);
		return -1;
	}
	if (create(s->store, NP_KIND_SERVICE, service, err) < 0) {
		json_decref(pod);
		return -1;
	}
	return create(s->store, NP_KIND_POD, pod, err);
}

/*
 * The pod runs like any other; what makes it the DNS server is a thread of ours with sockets in its
 * namespace.
 */
static int serve_dns(struct sandbox *s, struct np_err *err)
{
	struct np_backoff wait;
	int netns_fd;

	np_backoff_init(&wait, 500, 5000, READY_TIMEOUT_US);
	while ((netns_fd = np_pods_netns(s->pods, DNS_NAMESPACE, DNS_NAME)) < 0) {
		if (!np_backoff_wait(&wait))
			return np_err_set(err, NP_ETIMEOUT, "pod '%s' does not get ready",
					  DNS_NAME);
	}
	s->dns = np_dns_server_new(netns_fd, s->store, err);
	close(netns_fd);
	if (!s->dns)
		return -1;
	if (!np_services_wait(s->services, np_store_revision(s->store),
			      (int)(READY_TIMEOUT_US / 1000)))
		return np_err_set(err, NP_ETIMEOUT, "service '%s' does not get ready", DNS_NAME);
	return 0;
}

static int start_external(struct sandbox *s, struct np_err *err)
{
	return np_external_start(s->reaper, s->fabric.hosts[NP_HOST_EXT].netns_fd,
				 s->opt->agent_path, s->opt->outside->external_socket, err);
}

static int start_api(struct sandbox *s, struct np_err *err)
{
	const struct np_api_options options = {
		.unix_listen_fd = s->opt->unix_listen_fd,
		.tcp_listen_fd = s->opt->tcp_listen_fd,
		.server_cert_pem = s->opt->tls->server_cert,
		.server_key_pem = s->opt->tls->server_key,
		.client_ca_pem = s->opt->tls->ca_cert,
		.fault = s->opt->api_fault,
	};

	s->api = np_api_start(s->store, s->pods, s->services, &options, err);
	return s->api ? 0 : -1;
}

static int write_kubeconfig(struct sandbox *s, struct np_err *err)
{
	const struct np_init_options *o = s->opt;

	return o->outside->kubeconfig
		       ? np_kubeconfig_write(o->outside->kubeconfig, o->tcp_port, o->tls, err)
		       : 0;
}

static int start_network(struct sandbox *s, struct np_err *err)
{
	s->store = np_store_new();
	if (np_fabric_init(&s->fabric, np_fabric_families(), err) < 0)
		return -1;
	return np_nodes_create(s->store, &s->fabric, err);
}

/* In this order; what a later one needs an earlier one has made. */
static const struct {
	const char *name;
	int (*start)(struct sandbox *s, struct np_err *err);
} parts[] = {
	{ "network", start_network },
	{ "services", start_services },
	{ "enforcer", start_enforcer },
	{ "node agent", start_pods },
	{ "dns objects", create_dns },
	{ "external host", start_external },
	{ "dns", serve_dns },
	{ "api", start_api },
	{ "kubeconfig", write_kubeconfig },
};

static void *bring_up(void *arg)
{
	struct sandbox *s = arg;
	struct np_err err;

	for (size_t i = 0; i < NP_ARRAY_SIZE(parts); i++) {
		int64_t start_us = np_now_us();

		if (parts[i].start(s, &err) < 0) {
			np_cell_report(s->opt->report_fd, &err);
			np_outside_remove(s->opt->outside);
			_exit(0);
		}
		np_log_info("%s started in %lld us", parts[i].name,
			    (long long)(np_now_us() - start_us));
	}
	np_cell_report(s->opt->report_fd, NULL);
	return NULL;
}

static int start_thread(void *(*run)(void *), void *arg, struct np_err *err)
{
	pthread_t thread;
	int e = pthread_create(&thread, NULL, run, arg);

	if (e)
		return np_err_errno(err, NP_EENV, e, "cannot start a thread");
	pthread_detach(thread);
	return 0;
}

void np_init_run(const struct np_init_options *o)
{
	struct sandbox *s = np_xcalloc(1, sizeof(*s));
	struct np_err err;

	s->opt = o;
	json_object_seed(0);	/* it is no safe thing to leave to two threads' first objects */
	s->reaper = np_reaper_new(&err);
	if (!s->reaper || start_thread(watch_parent, (void *)o, &err) < 0 ||
	    start_thread(bring_up, s, &err) < 0) {
		np_cell_report(o->report_fd, &err);
		return;
	}
	np_reaper_run(s->reaper);
}
