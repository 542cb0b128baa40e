/* enforced.c - does the cluster enforce NetworkPolicy at all, and ranges of ports? */
#include <string.h>

#include "control.h"
#include "fixture.h"
#include "np/base/clock.h"
#include "np/base/json.h"
#include "np/kube/resource.h"
#include "podspec.h"

#define STREAM_WAIT_MS 30000
#define ANSWER_WAIT_MS 20000
#define RANGE_WAIT_MS 10000 /* for the rest of a range, once its first port is open */

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

/* ---- ranges of ports (S32) ---- */

/*
 * Two ports that the trial pods serve, and none between them that they do. The range that is tried
 * ends one port after @second: one that loses its end is wrong, and not ignored.
 */
struct range {
	uint16_t first, second;
};

static bool find_range(const struct np_fixture *f, struct range *ret)
{
	unsigned best = 65536;

	for (size_t i = 0; i < f->n_ports; i++)
		for (size_t j = 0; j < f->n_ports; j++) {
			const struct np_expect_port *a = &f->ports[i], *b = &f->ports[j];

			if (a->proto != NP_TCP || b->proto != NP_TCP || b->first <= a->first ||
			    b->first == UINT16_MAX || (unsigned)(b->first - a->first) >= best)
				continue;
			best = (unsigned)(b->first - a->first);
			*ret = (struct range){ a->first, b->first };
		}
	return best < 65536;
}

enum range_seen {
	RANGE_WORKS, /* its second port is open */
	RANGE_FIRST_ONLY,
	RANGE_UNCLEAR
};

static int look_at_range(const struct np_fixture *f, const struct question *q,
			 const struct range *range, enum range_seen *ret, struct np_err *err)
{
	struct np_fleet_probe probes[2 * NP_FIXTURE_NODES * NP_FIXTURE_NODES];
	size_t n = 0, first_open = 0, second_open = 0, second_denied = 0;

	for (size_t i = 0; i < f->n_control; i++)
		for (size_t j = 0; j < f->n_control; j++)
			for (int second = 0; second < 2; second++) {
				struct np_probe_req req = { .kind = NP_PROBE_TCP,
							    .addr = f->trial[j].ips[0],
							    .port = second ? range->second
									   : range->first,
							    .expect = f->trial[j].identity };

				probes[n++] = (struct np_fleet_probe){
					.agent = q->control.control[i], .req = req
				};
			}
	if (np_fleet_probe(q->fleet, probes, n, f->timeout_ms, NP_PROBE_ATTEMPTS, err) < 0)
		return -1;
	for (size_t k = 0; k < n; k++) {
		enum np_outcome o = probes[k].res.outcome;

		if (k % 2 == 0)
			first_open += o == NP_OUT_ALLOWED;
		second_open += k % 2 && o == NP_OUT_ALLOWED;
		second_denied += k % 2 && (o == NP_OUT_DROPPED || o == NP_OUT_REJECTED);
	}
	*ret = second_open == n / 2 ? RANGE_WORKS
	       : first_open == n / 2 && second_denied == n / 2 ? RANGE_FIRST_ONLY
							      : RANGE_UNCLEAR;
	return 0;
}

/* Is only the first port of the range open, and does it stay so? */
static int watch_range(const struct np_fixture *f, const struct question *q,
		       const struct range *range, long long deadline_ms, bool *ret,
		       struct np_err *err)
{
	long long rest_ms = deadline_ms / 2 < RANGE_WAIT_MS ? deadline_ms / 2 : RANGE_WAIT_MS;
	int64_t since_us = 0;
	struct np_backoff wait;

	np_backoff_init(&wait, 2000, 200000, (deadline_ms + rest_ms) * 1000);
	do {
		enum range_seen seen;
		int64_t now_us = np_now_us();

		if (look_at_range(f, q, range, &seen, err) < 0)
			return -1;
		if (seen != RANGE_FIRST_ONLY)
			since_us = 0;
		else if (!since_us)
			since_us = now_us;
		*ret = since_us && now_us - since_us >= rest_ms * 1000;
		if (*ret || seen == RANGE_WORKS)
			return 0;
	} while (np_backoff_wait(&wait));
	return 0;
}

/*
 * The API server keeps the field, but an implementation that does not know it may apply `port`
 * alone (S32), and is asked no more then. The trial pods are isolated; a policy opens a range of
 * two of their ports. Exactly the first one open: the capability lacks. Anything else is for the
 * cases to judge.
 *
 * The sandbox is not asked: it has ranges, and when it is told to ignore endPort that is a fault,
 * which its cases must find.
 */
static int try_range(struct np_fixture *f, const struct question *q, long long deadline_ms,
		     struct np_err *err)
{
	struct range range;
	bool ignored = false;
	json_t *policy;
	char why[150];
	int rc;

	if (f->cluster->sandbox || !(f->needs & f->caps & NP_NEED_ENDPORT) ||
	    !find_range(f, &range))
		return 0;
	policy = np_json_pack("{s:s, s:s, s:{s:s}, s:{s:{}, s:[s], s:[{s:[{s:i, s:i}]}]}}",
			      "apiVersion", "networking.k8s.io/v1", "kind", "NetworkPolicy",
			      "metadata", "name", "range", "spec", "podSelector", "policyTypes",
			      "Ingress", "ingress", "ports", "port", range.first, "endPort",
			      range.second + 1);
	rc = np_kube_create(f->cluster->kube, &np_kube_types[NP_KUBE_NETPOL], f->trial_ns.p, policy,
			    NULL, NULL, err);
	json_decref(policy);
	if (rc == 0)
		rc = watch_range(f, q, &range, deadline_ms, &ignored, err);
	if (ignored) {
		snprintf(why, sizeof(why),
			 "the implementation ignores endPort: of a policy for ports %u to %u it "
			 "applies port %u alone (S32)",
			 range.first, range.second + 1, range.first);
		np_fixture_lack(f, NP_NEED_ENDPORT, why);
	}
	np_kube_delete(f->cluster->kube, &np_kube_types[NP_KUBE_NETPOL], f->trial_ns.p, "range",
		       NULL, NULL);
	return rc;
}

int np_fixture_enforced(struct np_fixture *f, long long deadline_ms, bool *ret, struct np_err *err)
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
	if (rc == 0 && *ret)
		rc = try_range(f, &q, deadline_ms, err);
	/* Whether this takes effect is for the cases to find out; the trial pods are not looked at
	 * again. */
	np_kube_delete(k, &np_kube_types[NP_KUBE_NETPOL], f->trial_ns.p, "deny-all", NULL, NULL);
out:
	np_fleet_free(q.fleet);
	json_decref(policy);
	return rc;
}
