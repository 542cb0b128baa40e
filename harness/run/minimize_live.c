/* minimize_live.c - candidates in a sandbox or cluster that stays: one fixture, a world a lane. */
#include <stdlib.h>
#include <string.h>

#include "demand.h"
#include "minimize_doc.h"
#include "minimize_lane.h"
#include "np/base/clock.h"
#include "np/base/file.h"
#include "np/base/json.h"
#include "np/base/mem.h"
#include "np/run/clean.h"
#include "run_parts.h"
#include "settle.h"

#define DEADLINE_SANDBOX_MS 3000
#define DEADLINE_CLUSTER_MS 30000
#define QUICK_SANDBOX_MS 400 /* the least that a change is given */
#define QUICK_CLUSTER_MS 3000
#define CLEAN_TIMEOUT_MS 300000

struct np_min_live {
	const struct np_run_options *o;
	struct np_cluster cluster;
	struct np_record record; /* of preflight and fixture; nobody reads it */
	char *scratch; /* folder of the record */
	struct np_meter meter;
	struct np_preflight preflight;
	struct np_watchdog watchdog;
	struct np_fixture fixture;
	bool cluster_open, fixture_up, meter_up;
	char id[NP_RUN_ID_LEN + 1];
	struct np_min_lanes lanes;
};

/* ---- opening ---- */

static int open_cluster(struct np_min_live *l, struct np_err *err)
{
	const struct np_run_options *o = l->o;
	const struct np_cluster_options co = { .kubeconfig = o->kubeconfig,
					       .context = o->context,
					       .in_cluster = o->in_cluster,
					       .fault = o->fault,
					       .image = o->image,
					       .inject = o->inject,
					       .external = o->external,
					       .cancel = o->cancel };
	struct np_cluster *c = &l->cluster;

	if (np_cluster_open(&co, c, err) < 0)
		return -1;
	l->cluster_open = true;
	np_kube_set_patience(c->kube, (int)(o->api_wait_ms ? o->api_wait_ms : NP_RUN_API_WAIT_MS));
	if (!c->sandbox)
		return 0;
	if (np_watchdog_start(&l->watchdog, np_sandbox_death_fd(c->sandbox), o->cancel, err) < 0)
		return -1;
	c->cancel = &l->watchdog.cancel;
	np_kube_set_cancel(c->kube, c->cancel);
	return 0;
}

static int open_record(struct np_min_live *l, struct np_err *err)
{
	if (np_dir_scratch("netpolcheck-minimize", &l->scratch, err) < 0)
		return -1;
	return np_record_open(&l->record, l->scratch, false, err);
}

/* The case as a plan of its own: what a run of it would ask for. */
static int start_fixture(struct np_min_live *l, const struct np_case *c,
			 const struct np_worldfile *world, struct np_err *err)
{
	const struct np_plan plan = { .cases = (struct np_case *)c,
				      .n_cases = 1,
				      .worlds = (struct np_worldfile *)world,
				      .n_worlds = 1 };
	struct np_preflight *p = &l->preflight;
	struct np_expect_port *ports;
	size_t n_ports;
	int rc;

	p->kube = l->cluster.kube;
	p->record = &l->record;
	p->server = l->cluster.server;
	p->dns = (c->needs & NP_NEED_DNS) != 0;
	p->room = np_demand_pods(&plan, l->lanes.n);
	if (np_preflight(p, err) < 0)
		return -1;
	if (p->nodes.workers < l->lanes.n)
		l->lanes.n = p->nodes.workers;
	ports = np_demand_ports(&plan, &n_ports);
	rc = np_fixture_start(&l->cluster, &l->record, &l->meter, l->id, ports, n_ports, c->needs,
			      p, &l->fixture, err);
	free(ports);
	l->fixture_up = rc == 0;
	return rc;
}

static int refuse_lack(const struct np_min_live *l, const struct np_case *c, struct np_err *err)
{
	unsigned needs = c->needs | (c->families & 1 ? NP_NEED_IPV4 : 0) |
			 (c->families & 2 ? NP_NEED_IPV6 : 0);
	const char *why = np_fixture_lacks(&l->fixture, needs);

	return *why ? np_err_set(err, NP_EENV, "the case cannot run here: %.300s", why) : 0;
}

/* How long a change may take: what the user or a run says; and what it took here, many times over. */
static int measure_deadlines(struct np_min_live *l, struct np_err *err)
{
	bool sandbox = l->cluster.sandbox != NULL, ignored;
	int64_t begin_us = np_now_us();
	struct np_min_lanes *lanes = &l->lanes;

	lanes->deadline_ms = l->o->deadline_ms ? l->o->deadline_ms
			     : sandbox	       ? DEADLINE_SANDBOX_MS
					       : DEADLINE_CLUSTER_MS;
	lanes->stability_ms = sandbox ? NP_STABILITY_SANDBOX_MS : NP_STABILITY_CLUSTER_MS;
	if (np_fixture_enforced(&l->fixture, lanes->deadline_ms, &ignored, err) < 0)
		return -1;
	lanes->quick_ms = sandbox ? QUICK_SANDBOX_MS
				  : QUICK_CLUSTER_MS + (np_now_us() - begin_us) / 1000;
	if (lanes->quick_ms > lanes->deadline_ms)
		lanes->quick_ms = lanes->deadline_ms;
	return 0;
}

static int find(void *ctx, const struct np_min_candidate *cand, struct np_min_found *ret,
		struct np_err *err)
{
	struct np_min_live *l = ctx;

	return np_min_lane_find(&l->lanes, cand, ret, err);
}

static int try(void *ctx, unsigned lane, const struct np_min_candidate *cand,
	       const struct np_min_cell *cell, struct np_min_look *io, struct np_err *err)
{
	struct np_min_live *l = ctx;

	return np_min_lane_try(&l->lanes, lane, cand, cell, io, err);
}

static int open_all(struct np_min_live *l, const struct np_case *c,
		    const struct np_worldfile *world, struct np_err *err)
{
	if (open_record(l, err) < 0 || open_cluster(l, err) < 0 ||
	    start_fixture(l, c, world, err) < 0)
		return -1;
	l->lanes.fixture = &l->fixture;
	if (measure_deadlines(l, err) < 0)
		return -1;
	return refuse_lack(l, c, err);
}

int np_min_live_open(const struct np_run_options *options, const struct np_case *c,
		     const struct np_worldfile *world, struct np_min_live **ret,
		     struct np_min_target *ret_target, struct np_err *err)
{
	struct np_min_live *l = np_xcalloc(1, sizeof(*l));
	struct np_err ignored = { 0 };

	l->o = options;
	l->record.fd = -1;
	l->lanes.n = options->workers ? options->workers : 1;
	if (l->lanes.n > NP_MIN_MAX_LANES)
		l->lanes.n = NP_MIN_MAX_LANES;
	run_make_id(l->id);
	np_meter_init(&l->meter);
	np_min_lanes_init(&l->lanes);
	if (open_all(l, c, world, err) < 0) {
		np_min_live_close(l, &ignored);
		return -1;
	}
	*ret_target = (struct np_min_target){
		.ctx = l, .lanes = l->lanes.n, .find = find, .try = try
	};
	*ret = l;
	return 0;
}

/* A sandbox goes as a whole; in a cluster everything with the label goes, also after Ctrl-C. */
int np_min_live_close(struct np_min_live *l, struct np_err *err)
{
	struct np_err ignored = { 0 };
	int rc = 0;

	np_watchdog_stop(&l->watchdog);
	if (l->cluster_open)
		np_min_lanes_release(&l->lanes, false);
	if (l->cluster_open && !l->cluster.sandbox) {
		np_kube_set_cancel(l->cluster.kube, NULL);
		rc = np_clean(l->cluster.kube, l->id, CLEAN_TIMEOUT_MS, NULL, err);
	}
	if (l->fixture_up)
		np_fixture_release(&l->fixture);
	np_nodes_release(&l->preflight.nodes);
	if (l->cluster_open)
		np_cluster_close(&l->cluster);
	np_record_close(&l->record);
	if (l->scratch)
		np_dir_remove(l->scratch, &ignored);
	free(l->scratch);
	np_meter_release(&l->meter);
	free(l);
	return rc;
}

void np_min_live_about(const struct np_min_live *l, struct np_min_about *ret)
{
	*ret = (struct np_min_about){ .id = l->id,
				      .kind = l->cluster.sandbox ? "sandbox" : "cluster",
				      .server = l->cluster.server,
				      .image = l->cluster.image,
				      .fault = l->o->fault,
				      .inject = l->cluster.inject,
				      .raw = l->fixture.raw,
				      .deadline_ms = l->lanes.deadline_ms,
				      .command = l->o->argv_text,
				      .n_nodes = l->fixture.n_nodes };
	for (size_t i = 0; i < l->fixture.n_nodes; i++)
		ret->nodes[i] = l->fixture.nodes[i].p;
}
