/* enforced.c - does the cluster enforce NetworkPolicy at all? */
#include <string.h>

#include "control.h"
#include "fixture.h"
#include "np/base/clock.h"
#include "np/base/json.h"
#include "np/kube/resource.h"

#define POLICY "deny-all"

/* Streams of this question: the control pods, and the trial pods that the policy is for. */
struct question {
	struct np_fleet *fleet;
	struct np_control_agents control;
	size_t trial[NP_FIXTURE_NODES];
};

static int open_streams(const struct np_fixture *f, struct question *q, int timeout_ms, struct np_err *err)
{
	if (np_control_open(f, q->fleet, &q->control, err) < 0)
		return -1;
	for (size_t i = 0; i < f->n_control; i++) {
		struct np_fleet_place p = { .name = f->trial[i].name.p, .ns = f->trial_ns.p, .pod = f->trial[i].pod.p };

		if (np_fleet_add(q->fleet, &p, &q->trial[i], err) < 0)
			return -1;
	}
	return np_fleet_ready(q->fleet, timeout_ms, err);
}

/* Into and out of every trial pod. */
static size_t make_probes(const struct np_fixture *f, const struct question *q, struct np_fleet_probe *probes)
{
	size_t n = 0;

	for (size_t i = 0; i < f->n_control; i++)
		for (size_t j = 0; j < f->n_control; j++) {
			const struct np_fixture_pod *in = &f->trial[j], *out = &f->control[i];
			struct np_probe_req to = { .kind = NP_PROBE_TCP, .addr = in->ips[0], .port = f->ports[0].first,
						   .expect = in->identity };
			struct np_probe_req from = { .kind = NP_PROBE_TCP, .addr = out->ips[0], .port = f->ports[0].first,
						     .expect = out->identity };

			probes[n++] = (struct np_fleet_probe){ .agent = q->control.control[i], .req = to };
			probes[n++] = (struct np_fleet_probe){ .agent = q->trial[j], .req = from };
		}
	return n;
}

static size_t count_denied(const struct np_fleet_probe *probes, size_t n)
{
	size_t denied = 0;

	for (size_t i = 0; i < n; i++)
		denied += probes[i].res.outcome == NP_OUT_DROPPED || probes[i].res.outcome == NP_OUT_REJECTED;
	return denied;
}

int np_fixture_enforced(const struct np_fixture *f, long long deadline_ms, bool *ret, struct np_err *err)
{
	struct np_fleet_probe probes[2 * NP_FIXTURE_NODES * NP_FIXTURE_NODES];
	struct np_kube *k = f->cluster->kube;
	struct question q = { .fleet = np_fleet_new(k, f->cluster->cancel) };
	json_t *policy = np_json_pack("{s:s, s:s, s:{s:s}, s:{s:{}, s:[s, s]}}", "apiVersion", "networking.k8s.io/v1", "kind",
				      "NetworkPolicy", "metadata", "name", "deny-all", "spec", "podSelector", "policyTypes", "Ingress",
				      "Egress");
	struct np_backoff wait;
	bool denied = false;
	int rc = -1;

	if (open_streams(f, &q, 30000, err) < 0 ||
	    np_kube_create(k, &np_kube_types[NP_KUBE_NETPOL], f->trial_ns.p, policy, NULL, NULL, err) < 0)
		goto out;
	np_backoff_init(&wait, 2000, 200000, deadline_ms * 1000);
	do {
		size_t n = make_probes(f, &q, probes);

		if (np_fleet_probe(q.fleet, probes, n, f->timeout_ms, NP_PROBE_ATTEMPTS, err) < 0)
			goto out;
		denied = count_denied(probes, n) > 0;
	} while (!denied && np_backoff_wait(&wait));
	*ret = denied;
	rc = 0;
out:
	np_fleet_free(q.fleet);
	json_decref(policy);
	return rc;
}
