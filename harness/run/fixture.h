/*
 * fixture.h - what all workers of a run share in the cluster: a namespace with control pods on two
 * nodes and hostNetwork agents, the DNS pod, and what the target was found to be able to do.
 * Constant once np_fixture_enforced() has returned.
 */
#ifndef NP_RUN_FIXTURE_H
#define NP_RUN_FIXTURE_H

#include <jansson.h>

#include "np/base/arena.h"
#include "np/model/case.h"
#include "np/target/cluster.h"
#include "np/target/fleet.h"
#include "inject.h"
#include "meter.h"
#include "preflight.h"
#include "record.h"

#define NP_FIXTURE_NODES 2

/* An agent of the fixture: each worker opens a stream of its own to it. */
struct np_fixture_pod {
	struct np_str name; /* in tables: node/a; control pods: control/a */
	struct np_str pod;  /* object name */
	struct np_str identity;
	struct np_addr ips[NP_WORLD_MAX_IPS];
	size_t n_ips;
};

struct np_fixture {
	struct np_cluster *cluster;
	struct np_record *record;
	struct np_meter *meter; /* of the run */
	struct np_inject *inject; /* NULL: the image has the agent */
	struct np_arena arena;
	char run_id[16];
	struct np_str ns; /* real name of the fixture's namespace */
	struct np_str
		nodes[NP_FIXTURE_NODES]; /* names; the second is empty in a cluster of one node */
	size_t n_nodes;
	struct np_fixture_pod control[NP_FIXTURE_NODES], host[NP_FIXTURE_NODES];
	struct np_fixture_pod
		trial[NP_FIXTURE_NODES]; /* one for each control pod, in a namespace of their own */
	size_t n_control, n_host;
	struct np_str trial_ns;
	/* SCTP needs raw sockets here: cases with SCTP run in pods that have them, of which there
	 * is one for each control pod. */
	bool raw;
	struct np_str raw_ns;
	struct np_fixture_pod raw_pods[NP_FIXTURE_NODES];
	struct np_expect_port *ports; /* every port of every world of the plan: what the fixture's
					 agents listen on */
	size_t n_ports;
	json_t *static_objects; /* array: nodes, kube-system namespace, DNS pods and Service,
				   fixture pods, as the API gave them */
	struct np_str dns_ns, dns_service;
	struct np_addr dns_ips[NP_WORLD_MAX_IPS]; /* of one DNS pod */
	size_t n_dns_ips;
	struct np_str dns_pod; /* object name of that pod; empty: none found */
	unsigned needs;	       /* enum np_need: what the cases of the run ask for */
	unsigned caps;	       /* enum np_need: what is there */
	char lacking[16]
		    [160]; /* reason for each bit of caps that is not set; same order as the bits */
	unsigned timeout_ms; /* of a probe, calibrated */
	long long rtt_p50_us, rtt_p99_us, rtt_max_us;
	size_t control_probes, control_failed;
	int family; /* the cluster's first family, 4 or 6 */
};

#define NP_PROBE_ATTEMPTS 3
/* Any answer will do, a name that is not there too. */
#define NP_DNS_QUESTION "kubernetes.default.svc.cluster.local"

/*
 * Deploys, probes the positive controls, calibrates the time-out, finds out capabilities. NP_EENV
 * when the core positive control fails. @ports is copied; of @preflight the nodes and what was
 * found of the DNS pods are used.
 */
int np_fixture_start(struct np_cluster *cluster, struct np_record *record, struct np_meter *meter,
		     const char *run_id, const struct np_expect_port *ports, size_t n_ports,
		     unsigned needs, const struct np_preflight *preflight, struct np_fixture *ret,
		     struct np_err *err);
/* Frees; the objects in the cluster go with np_clean_run(). */
void np_fixture_release(struct np_fixture *f);
/* Why need @bit is not met; "" when it is. */
const char *np_fixture_lacks(const struct np_fixture *f, unsigned need);

/*
 * Is NetworkPolicy enforced at all? Applies a policy that denies everything into and out of the
 * trial pods and looks until @deadline_ms; true as soon as half of the probes are denied. Then, in a
 * real cluster and where a case asks for it, whether endPort counts: when the first port of a range
 * opens alone, the capability is taken away.
 */
int np_fixture_enforced(struct np_fixture *f, long long deadline_ms, bool *ret,
			struct np_err *err);

/* Marks a need as not met, with the first reason given. */
void np_fixture_lack(struct np_fixture *f, unsigned need, const char *why);
/* A Namespace of the run, with a Pod Security level. New reference. */
json_t *np_namespace_object(const char *real, const char *run_id, const char *level);
/* status.podIPs of a pod object into @ret[NP_WORLD_MAX_IPS]. Returns their number. */
size_t np_pod_addresses(const json_t *pod, struct np_addr *ret);

#endif
