/* enforced.c - does the cluster enforce NetworkPolicy at all? */
#include <string.h>

#include "control.h"
#include "fixture.h"
#include "np/base/clock.h"
#include "np/base/json.h"
#include "np/kube/resource.h"

#define POLICY "deny-all"

static size_t pair_probes(const struct np_fixture *f, const struct np_control_agents *agents, struct np_fleet_probe *probes)
{
	size_t n = 0;

	for (size_t i = 0; i < f->n_control; i++)
		for (size_t j = 0; j < f->n_control; j++) {
			const struct np_fixture_pod *dst = &f->control[j];
			struct np_probe_req req = { .kind = NP_PROBE_TCP, .addr = dst->ips[0], .port = f->ports[0].first,
						    .expect = dst->identity };

			if (i != j || f->n_control == 1)
				probes[n++] = (struct np_fleet_probe){ .agent = agents->control[i], .req = req };
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

/* Looks until some probe is denied (@want) or all are answered again, or the deadline passes. */
static int look_until(const struct np_fixture *f, struct np_fleet *fleet, const struct np_control_agents *agents, bool want,
		      long long deadline_ms, bool *ret, struct np_err *err)
{
	struct np_fleet_probe probes[NP_FIXTURE_NODES * NP_FIXTURE_NODES];
	size_t n = pair_probes(f, agents, probes);
	struct np_backoff wait;

	np_backoff_init(&wait, 2000, 200000, deadline_ms * 1000);
	do {
		if (np_fleet_probe(fleet, probes, n, f->timeout_ms, NP_PROBE_ATTEMPTS, err) < 0)
			return -1;
		*ret = want ? count_denied(probes, n) > 0 : count_denied(probes, n) == 0;
	} while (!*ret && np_backoff_wait(&wait));
	return 0;
}

int np_fixture_enforced(const struct np_fixture *f, long long deadline_ms, bool *ret, struct np_err *err)
{
	const struct np_kube_type *type = &np_kube_types[NP_KUBE_NETPOL];
	struct np_kube *k = f->cluster->kube;
	const struct np_kube_write w = { .missing_ok = true };
	struct np_fleet *fleet = np_fleet_new(k, f->cluster->cancel);
	json_t *policy = np_json_pack("{s:s, s:s, s:{s:s}, s:{s:{}, s:[s, s]}}", "apiVersion", "networking.k8s.io/v1", "kind",
				      "NetworkPolicy", "metadata", "name", POLICY, "spec", "podSelector", "policyTypes", "Ingress",
				      "Egress");
	struct np_control_agents agents;
	bool back = false;
	int rc = -1;

	if (np_control_open(f, fleet, &agents, err) < 0 || np_fleet_ready(fleet, (int)deadline_ms + 30000, err) < 0 ||
	    np_kube_create(k, type, f->ns.p, policy, NULL, NULL, err) < 0)
		goto out;
	rc = look_until(f, fleet, &agents, true, deadline_ms, ret, err);
	if (np_kube_delete(k, type, f->ns.p, POLICY, &w, rc < 0 ? NULL : err) < 0)
		rc = -1;
	if (rc == 0)
		rc = look_until(f, fleet, &agents, false, deadline_ms, &back, err);
	if (rc == 0 && *ret && !back) {
		rc = np_err_set(err, NP_EENV, "the control pods stay cut off %lld ms after the trial policy was deleted", deadline_ms);
	}
out:
	np_fleet_free(fleet);
	json_decref(policy);
	return rc;
}
