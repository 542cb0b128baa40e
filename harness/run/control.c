/* control.c - positive controls. */
#include "control.h"

#include <stdlib.h>
#include <string.h>

#include "np/base/clock.h"
#include "np/base/json.h"
#include "np/base/mem.h"
#include "np/kube/resource.h"
#include "podspec.h"

/* Before the time-out is calibrated nothing is in a hurry. */
#define CONTROL_TIMEOUT_MS 2000
#define CONTROL_ROUNDS 3
#define CONTROL_MAX_TRIES 10
#define TIMEOUT_MIN_MS 80
#define TIMEOUT_MAX_MS 1000
#define CALM_TIMEOUT_MS 250 /* longer ones are measured again */
#define CALM_ROUNDS 6
#define CALM_PAUSE_MS 500

/* The probes of one round; each belongs to the need that it shows, 0 being the core. */
struct round {
	struct np_fleet_probe *probes;
	unsigned *needs;
	size_t n, cap_probes, cap_needs;
};

const struct np_addr *np_ip_of(const struct np_addr *ips, size_t n, int family)
{
	for (size_t i = 0; i < n; i++)
		if (ips[i].width == (family == 6 ? 16 : 4))
			return &ips[i];
	return NULL;
}

static void add(struct round *r, unsigned need, size_t agent, const struct np_probe_req *req)
{
	r->probes = np_grow(r->probes, &r->cap_probes, r->n, sizeof(*r->probes));
	r->needs = np_grow(r->needs, &r->cap_needs, r->n, sizeof(*r->needs));
	r->probes[r->n] = (struct np_fleet_probe){ .agent = agent, .req = *req };
	r->needs[r->n++] = need;
}

static const enum np_probe_kind kind_of[NP_N_PROTOS] = { NP_PROBE_TCP, NP_PROBE_UDP,
							 NP_PROBE_SCTP };

/* The pods whose ports are tried: the control pods, or those with raw sockets for SCTP alone. */
struct group {
	const struct np_fixture_pod *pods;
	const size_t *agents;
	bool sctp, others; /* protocols */
};

/* All ports of one destination in one family. */
static void add_ports(const struct np_fixture *f, const struct group *g, struct round *r,
		      unsigned need, size_t agent, const struct np_addr *dst,
		      struct np_str identity, const struct np_addr *src)
{
	for (size_t i = 0; dst && i < f->n_ports; i++) {
		struct np_probe_req req = { .kind = kind_of[f->ports[i].proto],
					    .addr = *dst,
					    .port = f->ports[i].first,
					    .expect = identity,
					    .src = src };

		if (!(f->ports[i].proto == NP_SCTP ? g->sctp : g->others))
			continue;
		add(r, f->ports[i].proto == NP_SCTP ? need | NP_NEED_SCTP : need, agent, &req);
	}
}

static unsigned family_need(const struct np_fixture *f, int family)
{
	if (family == f->family)
		return 0;
	return family == 6 ? NP_NEED_IPV6 : NP_NEED_IPV4;
}

static void add_external(const struct np_fixture *f, const struct group *g, struct round *r,
			 const struct np_control_agents *a, int family)
{
	for (size_t e = 0; a->ext != SIZE_MAX && e < f->cluster->n_externals; e++) {
		const struct np_addr *ext = np_external_ip(&f->cluster->externals[e], family);
		unsigned need = family_need(f, family) | (e ? NP_NEED_EXTERNALS : NP_NEED_EXTERNAL);

		if (!ext)
			continue;
		for (size_t i = 0; i < f->n_control; i++) {
			const struct np_fixture_pod *c = &g->pods[i];

			add_ports(f, g, r, need, g->agents[i], ext,
				  NP_STR(NP_SANDBOX_EXTERNAL_IDENTITY), NULL);
			add_ports(f, g, r, need, a->ext, np_ip_of(c->ips, c->n_ips, family),
				  c->identity, ext);
		}
	}
}

static void add_pairs(const struct np_fixture *f, const struct group *g, struct round *r,
		      const struct np_control_agents *a, int family)
{
	unsigned need = family_need(f, family);

	for (size_t i = 0; i < f->n_control; i++)
		for (size_t j = 0; j < f->n_control; j++) {
			const struct np_fixture_pod *dst = &g->pods[j];

			if (i != j || f->n_control == 1)
				add_ports(f, g, r, need, g->agents[i],
					  np_ip_of(dst->ips, dst->n_ips, family), dst->identity,
					  NULL);
		}
	for (size_t i = 0; i < f->n_host; i++)
		for (size_t j = 0; j < f->n_control; j++) {
			const struct np_fixture_pod *c = &g->pods[j], *h = &f->host[i];

			add_ports(f, g, r, need | NP_NEED_HOST_PODS, a->host[i],
				  np_ip_of(c->ips, c->n_ips, family), c->identity, NULL);
			add_ports(f, g, r, need | NP_NEED_HOST_PODS, g->agents[j],
				  np_ip_of(h->ips, h->n_ips, family), h->identity, NULL);
		}
}

static void add_dns(const struct np_fixture *f, struct round *r, const struct np_control_agents *a)
{
	const struct np_addr *dns = np_ip_of(f->dns_ips, f->n_dns_ips, f->family);
	struct np_probe_req req = { .kind = NP_PROBE_DNS_UDP,
				    .port = 53,
				    .expect = NP_STR("-"),
				    .query = NP_STR(NP_DNS_QUESTION) };

	if (!dns || !f->dns_service.p)
		return;
	req.addr = *dns;
	add(r, NP_NEED_DNS, a->control[0], &req);
	req.kind = NP_PROBE_DNS_TCP;
	add(r, NP_NEED_DNS, a->control[0], &req);
}

/* A Service in front of the first control pod, dialled from the last. */
static void add_service(const struct np_fixture *f, struct round *r,
			const struct np_control_agents *a)
{
	int port = 0;
	json_t *svc, *stored = NULL;
	struct np_probe_req req = { .kind = NP_PROBE_TCP, .expect = f->control[0].identity };
	struct np_err err = { 0 };

	for (size_t i = 0; i < f->n_ports && !port; i++)
		if (f->ports[i].proto == NP_TCP)
			port = f->ports[i].first;
	svc = np_json_pack("{s:s, s:s, s:{s:s}, s:{s:{s:s}, s:[{s:i, s:i}]}}", "apiVersion", "v1",
			   "kind", "Service", "metadata", "name", "control", "spec", "selector",
			   "app", f->control[0].pod.p, "ports", "port", port, "targetPort", port);
	req.port = (uint16_t)port;
	if (np_kube_create(f->cluster->kube, &np_kube_types[NP_KUBE_SERVICE], f->ns.p, svc, NULL,
			   &stored, &err) == 0 &&
	    np_addr_parse(np_str_from(np_json_str(stored, "spec/clusterIP", "")), &req.addr))
		add(r, NP_NEED_SERVICES, a->control[f->n_control - 1], &req);
	json_decref(stored);
	json_decref(svc);
}

static int open_pods(const struct np_fixture *f, struct np_fleet *fleet, struct np_str ns,
		     const struct np_fixture_pod *pods, size_t *ret, struct np_err *err)
{
	for (size_t i = 0; i < f->n_control; i++) {
		struct np_fleet_place p = { .name = pods[i].name.p,
					    .ns = ns.p,
					    .pod = pods[i].pod.p,
					    .container = NP_POD_CONTAINER,
					    .agent = np_inject_agent(f->inject) };

		if (np_fleet_add(fleet, &p, &ret[i], err) < 0)
			return -1;
	}
	return 0;
}

int np_control_open(const struct np_fixture *f, struct np_fleet *fleet,
		    struct np_control_agents *ret, struct np_err *err)
{
	char ns[64];

	snprintf(ns, sizeof(ns), "np-%s-host", f->run_id);
	ret->ext = SIZE_MAX;
	if (open_pods(f, fleet, f->ns, f->control, ret->control, err) < 0)
		return -1;
	for (size_t i = 0; i < f->n_host; i++) {
		struct np_fleet_place p = { .name = f->host[i].name.p,
					    .ns = ns,
					    .pod = f->host[i].pod.p,
					    .container = NP_POD_CONTAINER,
					    .agent = np_inject_agent(f->inject) };

		if (np_fleet_add(fleet, &p, &ret->host[i], err) < 0)
			return -1;
	}
	if (f->cluster->n_externals) {
		struct np_fleet_place p = { .name = "ext",
					    .socket = f->cluster->external_socket,
					    .host = f->cluster->external_host };

		return np_fleet_add(fleet, &p, &ret->ext, err);
	}
	return 0;
}

int np_control_has_sctp(const struct np_fixture *f, int timeout_ms, bool *ret, struct np_err *err)
{
	struct np_fleet *fleet = np_fleet_new(f->cluster->kube, f->cluster->cancel);
	size_t agents[NP_FIXTURE_NODES];
	bool has = true;
	int rc = open_pods(f, fleet, f->ns, f->control, agents, err);

	if (rc == 0)
		rc = np_fleet_ready(fleet, timeout_ms, err);
	for (size_t i = 0; rc == 0 && i < f->n_control; i++) {
		struct np_str caps = np_str_from(np_fleet_caps(fleet, agents[i]));

		has &= np_agent_has_cap(caps, "sctp-kernel") || np_agent_has_cap(caps, "sctp-raw");
	}
	np_fleet_free(fleet);
	if (rc == 0)
		*ret = has;
	return rc;
}

static int by_value(const void *a, const void *b)
{
	long long x = *(const long long *)a, y = *(const long long *)b;

	return (x > y) - (x < y);
}

static void measure_rtt(struct np_fixture *f, const struct round *r)
{
	long long *rtt = np_xcalloc(r->n + 1, sizeof(*rtt));
	size_t n = 0;

	for (size_t i = 0; i < r->n; i++)
		if (r->probes[i].res.outcome == NP_OUT_ALLOWED)
			rtt[n++] = r->probes[i].res.rtt_us;
	qsort(rtt, n, sizeof(*rtt), by_value);
	if (n) {
		f->rtt_p50_us = rtt[n / 2];
		f->rtt_p99_us = rtt[n * 99 / 100];
		f->rtt_max_us = rtt[n - 1];
	}
	free(rtt);
}

/* Four times the slowest answer under load: what comes later than that is as good as lost, and
 * three attempts were made. */
static unsigned calibrate(const struct np_fixture *f)
{
	long long ms = 4 * f->rtt_max_us / 1000;

	if (ms < TIMEOUT_MIN_MS)
		return TIMEOUT_MIN_MS;
	return ms > TIMEOUT_MAX_MS ? TIMEOUT_MAX_MS : (unsigned)ms;
}

/*
 * Where other pods still start, of other shards for example, answers take many times as long as they
 * will: then the quietest of some more rounds counts. A time-out too short is found out and mended
 * (settle.c); one too long is paid with every denial for the rest of the run.
 */
static int wait_for_calm(struct np_fixture *f, struct np_fleet *fleet, struct round *r,
			 struct np_err *err)
{
	for (int i = 0; i < CALM_ROUNDS && calibrate(f) > CALM_TIMEOUT_MS; i++) {
		long long was[] = { f->rtt_p50_us, f->rtt_p99_us, f->rtt_max_us };

		np_sleep_ms(CALM_PAUSE_MS);
		if (np_fleet_probe(fleet, r->probes, r->n, CONTROL_TIMEOUT_MS, NP_PROBE_ATTEMPTS,
				   err) < 0)
			return -1;
		measure_rtt(f, r);
		if (f->rtt_max_us <= was[2])
			continue;
		f->rtt_p50_us = was[0];
		f->rtt_p99_us = was[1];
		f->rtt_max_us = was[2];
	}
	return 0;
}

static size_t count_failed(const struct round *r, unsigned need,
			   const struct np_fleet_probe **ret_first)
{
	size_t failed = 0;

	for (size_t i = 0; i < r->n; i++)
		if ((need ? (r->needs[i] & need) != 0 : !r->needs[i]) &&
		    r->probes[i].res.outcome != NP_OUT_ALLOWED) {
			if (!failed)
				*ret_first = &r->probes[i];
			failed++;
		}
	return failed;
}

static bool has_probe(const struct round *r, unsigned need)
{
	for (size_t i = 0; i < r->n; i++)
		if (r->needs[i] & need)
			return true;
	return false;
}

/* Why there was no probe for a need. */
static const char *untried(const struct np_fixture *f, unsigned need)
{
	static const struct {
		unsigned need;
		const char *why;
	} reasons[] = {
		{ NP_NEED_IPV4, "pods have no IPv4 address" },
		{ NP_NEED_IPV6, "pods have no IPv6 address" },
		{ NP_NEED_SERVICES, "no Service could be made" },
		{ NP_NEED_SCTP, "no world of this run has SCTP ports" },
	};

	if (need == NP_NEED_DNS && !(f->needs & need))
		return "no case of this run asks for it";
	for (size_t i = 0; i < NP_ARRAY_SIZE(reasons); i++)
		if (reasons[i].need == need)
			return reasons[i].why;
	return "not there";
}

/* A need is met when every probe of it that depends on no other failing need was answered. */
static void judge_needs(struct np_fixture *f, const struct round *r)
{
	static const unsigned needs[] = { NP_NEED_IPV4,	    NP_NEED_IPV6,      NP_NEED_HOST_PODS,
					  NP_NEED_EXTERNAL, NP_NEED_EXTERNALS, NP_NEED_DNS,
					  NP_NEED_SERVICES, NP_NEED_SCTP };

	f->caps |= f->family == 4 ? NP_NEED_IPV4 : NP_NEED_IPV6;
	for (size_t k = 0; k < NP_ARRAY_SIZE(needs); k++) {
		const struct np_fleet_probe *first = NULL;
		struct round own = { 0 };
		char why[160], addr[NP_ADDR_TEXT_MAX];

		for (size_t i = 0; i < r->n; i++)
			if ((r->needs[i] & needs[k]) && !(r->needs[i] & ~needs[k] & ~f->caps)) {
				add(&own, needs[k], r->probes[i].agent, &r->probes[i].req);
				own.probes[own.n - 1].res = r->probes[i].res;
			}
		if (!has_probe(&own, needs[k])) {
			if (!(f->caps & needs[k]))
				np_fixture_lack(f, needs[k], untried(f, needs[k]));
		} else if (count_failed(&own, needs[k], &first)) {
			snprintf(why, sizeof(why), "control probe to %s port %u: %s %s",
				 np_addr_text(&first->req.addr, addr), first->req.port,
				 np_outcome_name(first->res.outcome), first->res.detail);
			np_fixture_lack(f, needs[k], why);
		} else {
			f->caps |= needs[k];
		}
		free(own.probes);
		free(own.needs);
	}
}

/* Agents listen a moment after their pod is Running, and a Service needs its translator: repeat
 * until all is well or tries end. */
static int settle_round(struct np_fleet *fleet, struct round *r, struct np_err *err)
{
	const struct np_fleet_probe *first = NULL;

	for (int try = 0; try < CONTROL_MAX_TRIES; try++) {
		size_t failed = 0;

		if (np_fleet_probe(fleet, r->probes, r->n, try ? CONTROL_TIMEOUT_MS : 300,
				   NP_PROBE_ATTEMPTS, err) < 0)
			return -1;
		for (size_t i = 0; i < r->n; i++)
			failed += r->probes[i].res.outcome != NP_OUT_ALLOWED;
		if (!failed)
			return 0;
		if (try >= 3 && !count_failed(r, 0, &first))
			return 0;
		np_sleep_ms(50L << (try < 4 ? try : 4));
	}
	return 0;
}

static int core_failed(struct np_fixture *f, const struct np_fleet_probe *p, size_t failed,
		       size_t n, struct np_err *err)
{
	char addr[NP_ADDR_TEXT_MAX];

	f->control_failed = failed;
	return np_err_set(
		err, NP_EENV,
		"the positive control failed: without any policy %zu of %zu probes between the "
		"control pods were not "
		"answered (the first: to %s port %u: %s %s); the pod network itself does not work",
		failed, n, np_addr_text(&p->req.addr, addr), p->req.port,
		np_outcome_name(p->res.outcome), p->res.detail);
}

int np_control_measure(struct np_fixture *f, int timeout_ms, struct np_err *err)
{
	struct np_fleet *fleet = np_fleet_new(f->cluster->kube, f->cluster->cancel);
	struct np_control_agents agents;
	size_t raw_agents[NP_FIXTURE_NODES];
	const struct group groups[] = { { f->control, agents.control, !f->raw, true },
					{ f->raw_pods, raw_agents, true, false } };
	const struct np_fleet_probe *first = NULL;
	struct round r = { 0 };
	size_t failed;
	int rc = -1;

	if (np_control_open(f, fleet, &agents, err) < 0 ||
	    (f->raw && open_pods(f, fleet, f->raw_ns, f->raw_pods, raw_agents, err) < 0) ||
	    np_fleet_ready(fleet, timeout_ms, err) < 0)
		goto out;
	for (int family = 4; family <= 6; family += 2)
		for (size_t g = 0; g < (f->raw ? 2 : 1); g++) {
			add_pairs(f, &groups[g], &r, &agents, family);
			add_external(f, &groups[g], &r, &agents, family);
		}
	add_dns(f, &r, &agents);
	add_service(f, &r, &agents);
	if (settle_round(fleet, &r, err) < 0)
		goto out;
	for (int i = 1; i < CONTROL_ROUNDS; i++) {
		measure_rtt(f, &r);
		if (np_fleet_probe(fleet, r.probes, r.n, CONTROL_TIMEOUT_MS, NP_PROBE_ATTEMPTS,
				   err) < 0)
			goto out;
	}
	measure_rtt(f, &r);
	f->control_probes = r.n;
	failed = count_failed(&r, 0, &first);
	if (failed) {
		core_failed(f, first, failed, r.n, err);
		goto out;
	}
	judge_needs(f, &r);
	if (wait_for_calm(f, fleet, &r, err) < 0)
		goto out;
	f->timeout_ms = calibrate(f);
	rc = 0;
out:
	np_fleet_free(fleet);
	free(r.probes);
	free(r.needs);
	return rc;
}
