/* sentinel.c - a change whose effect is known. */
#include "sentinel.h"

#include "np/base/clock.h"
#include "np/base/json.h"
#include "np/kube/resource.h"

#define POLICY "sentinel"

/* Denies everything into the pods that @selector names. */
static json_t *deny_policy(const struct np_session *s, json_t *selector)
{
	return np_json_pack("{s:s, s:s, s:{s:s, s:s}, s:{s:o, s:[s]}}", "apiVersion",
			    "networking.k8s.io/v1", "kind", "NetworkPolicy", "metadata", "name",
			    POLICY, "namespace", s->sentinel_ns.p, "spec", "podSelector", selector,
			    "policyTypes", "Ingress");
}

static int toggle_policy(struct np_session *s, bool deny, struct np_err *err)
{
	const struct np_kube_type *type = &np_kube_types[NP_KUBE_NETPOL];
	struct np_kube *k = s->fixture->cluster->kube;
	const struct np_kube_write w = { .missing_ok = true };
	json_t *policy;
	int rc;

	if (!deny)
		return np_kube_delete(k, type, s->sentinel_ns.p, POLICY, &w, err);
	policy = deny_policy(s, json_object());
	rc = np_kube_create(k, type, s->sentinel_ns.p, policy, NULL, NULL, err);
	json_decref(policy);
	return rc;
}

/* A policy for labelled pods stands from the first time on; then the label alone decides. */
static int toggle_label(struct np_session *s, bool deny, struct np_err *err)
{
	struct np_kube *k = s->fixture->cluster->kube;
	json_t *policy = deny_policy(s, np_json_pack("{s:{s:s}}", "matchLabels", "sentinel", "on"));
	json_t *patch = np_json_pack("{s:{s:{s:o}}}", "metadata", "labels", "sentinel",
				     deny ? json_string("on") : json_null());
	struct np_err exists = { 0 };
	int rc;

	json_object_set_new(json_object_get(policy, "metadata"), "name",
			    json_string(POLICY "-label"));
	rc = np_kube_create(k, &np_kube_types[NP_KUBE_NETPOL], s->sentinel_ns.p, policy, NULL, NULL,
			    &exists);
	if (rc < 0 && exists.code == NP_ECONFLICT)
		rc = 0;
	else if (rc < 0)
		*err = exists;
	for (size_t i = 0; i < s->n_sentinels && rc == 0; i++)
		rc = np_kube_patch(k, &np_kube_types[NP_KUBE_POD], s->sentinel_ns.p,
				   s->sentinels[i].pod.p, NP_KUBE_PATCH_MERGE, patch, NULL, NULL,
				   err);
	json_decref(policy);
	json_decref(patch);
	return rc;
}

static size_t sentinel_probes(struct np_session *s, struct np_fleet_probe *probes)
{
	const struct np_fixture *f = s->fixture;
	size_t n = 0;

	for (size_t i = 0; i < f->n_control; i++)
		for (size_t j = 0; j < s->n_sentinels; j++) {
			const struct np_addr *ip =
				np_ip_of(s->sentinels[j].ips, s->sentinels[j].n_ips, f->family);
			struct np_probe_req req = { .kind = NP_PROBE_TCP,
						    .port = s->worldfile->ports[0].first,
						    .expect = s->sentinels[j].identity };

			/* The pod's own node may always reach it, but the control pods are pods,
			 * not the node. */
			if (!ip)
				continue;
			req.addr = *ip;
			probes[n++] = (struct np_fleet_probe){ .agent = s->agents.control[i],
							       .req = req };
		}
	return n;
}

static bool shows(const struct np_fleet_probe *probes, size_t n, bool deny)
{
	for (size_t i = 0; i < n; i++) {
		enum np_outcome o = probes[i].res.outcome;

		if (deny ? (o != NP_OUT_DROPPED && o != NP_OUT_REJECTED) : o != NP_OUT_ALLOWED)
			return false;
	}
	return true;
}

int np_sentinel_toggle(struct np_session *s, enum np_sentinel_kind kind, long long deadline_ms,
		       bool *ret_seen, struct np_err *err)
{
	struct np_fleet_probe probes[NP_FIXTURE_NODES * NP_FIXTURE_NODES];
	bool *state = kind == NP_SENTINEL_POLICY ? &s->sentinel_policy : &s->sentinel_label;
	struct np_backoff wait;
	bool deny;
	size_t n;

	/* One of the two denies at a time, else its change would not show. */
	if (kind == NP_SENTINEL_POLICY && s->sentinel_label) {
		if (toggle_label(s, s->sentinel_label = false, err) < 0)
			return -1;
	} else if (kind == NP_SENTINEL_POD && s->sentinel_policy) {
		if (toggle_policy(s, s->sentinel_policy = false, err) < 0)
			return -1;
	}
	*state = !*state;
	deny = *state;
	if ((kind == NP_SENTINEL_POLICY ? toggle_policy(s, *state, err)
					: toggle_label(s, *state, err)) < 0)
		return np_err_prefix(err, "cannot change the sentinel");
	np_backoff_init(&wait, 2000, 100000, deadline_ms * 1000);
	*ret_seen = false;
	do {
		n = sentinel_probes(s, probes);
		if (np_fleet_probe(s->fleet, probes, n, s->fixture->timeout_ms, NP_PROBE_ATTEMPTS,
				   err) < 0)
			return -1;
		*ret_seen = shows(probes, n, deny);
	} while (!*ret_seen && np_backoff_wait(&wait));
	return 0;
}
