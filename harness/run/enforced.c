/* enforced.c - does the cluster enforce NetworkPolicy at all? */
#include <string.h>

#include "control.h"
#include "fixture.h"
#include "np/base/clock.h"
#include "np/base/json.h"
#include "np/kube/resource.h"
#include "podspec.h"

#define STREAM_WAIT_MS 30000
#define ANSWER_WAIT_MS 20000

/* Streams of this question: the control pods, and the trial pods that the policy is for. */
struct question {
	struct np_fleet *fleet;
	struct np_control_agents control;
	size_t trial[NP_FIXTURE_NODES];
};

static int open_streams(const struct np_fixture *f, struct question *q, int timeout_ms,
			struct np_err *err)
{
	if (np_control_open(f, q->fleet, &q->control, err) < 0)
		return -1;
	for (size_t i = 0; i < f->n_control; i++) {
		struct np_fleet_place p = { .name = f->trial[i].name.p,
					    .ns = f->trial_ns.p,
					    .pod = f->trial[i].pod.p,
					    .container = NP_POD_CONTAINER,
					    .agent = np_inject_agent(f->inject) };

		if (np_fleet_add(q->fleet, &p, &q->trial[i], err) < 0)
			return -1;
	}
	return np_fleet_ready(q->fleet, timeout_ms, err);
}

/* Into and out of every trial pod. */
static size_t make_probes(const struct np_fixture *f, const struct question *q,
			  struct np_fleet_probe *probes)
{
	size_t n = 0;

	for (size_t i = 0; i < f->n_control; i++)
		for (size_t j = 0; j < f->n_control; j++) {
			const struct np_fixture_pod *in = &f->trial[j], *out = &f->control[i];
			struct np_probe_req to = { .kind = NP_PROBE_TCP,
						   .addr = in->ips[0],
						   .port = f->ports[0].first,
						   .expect = in->identity };
			struct np_probe_req from = { .kind = NP_PROBE_TCP,
						     .addr = out->ips[0],
						     .port = f->ports[0].first,
						     .expect = out->identity };

			probes[n++] = (struct np_fleet_probe){ .agent = q->control.control[i],
							       .req = to };
			probes[n++] = (struct np_fleet_probe){ .agent = q->trial[j], .req = from };
		}
	return n;
}

/* Probes until enough of them are denied, or all are answered; *@ret tells whether that came before
 * the deadline. */
static int look_for(const struct np_fixture *f, const struct question *q, bool denied,
		    long long deadline_ms, bool *ret, struct np_err *err)
{
	struct np_fleet_probe probes[2 * NP_FIXTURE_NODES * NP_FIXTURE_NODES];
	struct np_backoff wait;

	np_backoff_init(&wait, 2000, 200000, deadline_ms * 1000);
	do {
		size_t n = make_probes(f, q, probes), n_denied = 0, n_allowed = 0;

		if (np_fleet_probe(q->fleet, probes, n, f->timeout_ms, NP_PROBE_ATTEMPTS, err) < 0)
			return -1;
		for (size_t i = 0; i < n; i++) {
			enum np_outcome o = probes[i].res.outcome;

			n_denied += o == NP_OUT_DROPPED || o == NP_OUT_REJECTED;
			n_allowed += o == NP_OUT_ALLOWED;
		}
		/* One direction alone, half of the probes, is enforcement too; the suite finds out
		 * what is wrong with the other. */
		*ret = denied ? 2 * n_denied >= n : n_allowed == n;
	} while (!*ret && np_backoff_wait(&wait));
	return 0;
}

int np_fixture_enforced(const struct np_fixture *f, long long deadline_ms, bool *ret,
			struct np_err *err)
{
	struct np_kube *k = f->cluster->kube;
	struct question q = { .fleet = np_fleet_new(k, f->cluster->cancel) };
	json_t *policy =
		np_json_pack("{s:s, s:s, s:{s:s}, s:{s:{}, s:[s, s]}}", "apiVersion",
			     "networking.k8s.io/v1", "kind", "NetworkPolicy", "metadata", "name",
			     "deny-all", "spec", "podSelector", "policyTypes", "Ingress", "Egress");
	bool up = false;
	int rc = -1;

	if (open_streams(f, &q, STREAM_WAIT_MS, err) < 0 ||
	    look_for(f, &q, false, ANSWER_WAIT_MS, &up, err) < 0)
		goto out;
	if (!up) {
		np_err_set(err, NP_EENV,
			   "the trial pods do not answer although no policy touches them");
		goto out;
	}
	if (np_kube_create(k, &np_kube_types[NP_KUBE_NETPOL], f->trial_ns.p, policy, NULL, NULL,
			   err) < 0)
		goto out;
	rc = look_for(f, &q, true, deadline_ms, ret, err);
	/* Whether this takes effect is for the cases to find out; the trial pods are not looked at
	 * again. */
	np_kube_delete(k, &np_kube_types[NP_KUBE_NETPOL], f->trial_ns.p, "deny-all", NULL, NULL);
out:
	np_fleet_free(q.fleet);
	json_decref(policy);
	return rc;
}
