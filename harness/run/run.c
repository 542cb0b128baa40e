/* run.c - a whole run, from options to totals. */
#include "np/run/run.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "demand.h"
#include "np/base/clock.h"
#include "np/base/json.h"
#include "np/base/mem.h"
#include "np/run/clean.h"
#include "run_parts.h"
#include "settle.h"

#define DEADLINE_SANDBOX_MS 3000
#define DEADLINE_CLUSTER_MS 30000
#define CLEAN_TIMEOUT_MS 300000 /* a controller takes seconds for each of dozens of namespaces */
#define CLEAN_BROKEN_MS 10000 /* each request, when the API server was given up already */
/* In an environment that is gone namespaces may never end (pods of a dead node); that they are told to
 * must do. */
#define CLEAN_BROKEN_TIMEOUT_MS 30000
#define WORKERS_DEFAULT 4

static const char *const result_names[NP_N_RUN_RESULTS] = { "pass", "fail", "skip", "known",
							    "error" };

const char *np_run_result_name(enum np_run_result r)
{
	return result_names[r];
}

int np_run_exit(const struct np_run_summary *s)
{
	if (s->interrupted)
		return 130;
	if (s->not_enforced || s->by_result[NP_RUN_FAIL])
		return 1;
	if (s->by_result[NP_RUN_ERROR])
		return 3;
	return s->idle_waivers ? 1 : s->reason[0] ? 3 : 0;
}

static bool interrupted(const struct run *r)
{
	return r->o->cancel && atomic_load(r->o->cancel);
}

static void say_stage(struct run *r, const char *stage)
{
	r->shared.progress.stage = stage;
	r->shared.progress.id = NULL;
	r->shared.progress.elapsed_ms = np_record_now_ms(&r->record);
	if (r->o->progress)
		r->o->progress(r->o->progress_ctx, &r->shared.progress);
}

static int look_before(struct run *r, struct np_err *err)
{
	struct np_preflight *p = &r->preflight;

	p->kube = r->cluster.kube;
	p->record = &r->record;
	p->server = r->cluster.server;
	p->dns = (np_demand_needs(&r->plan) & NP_NEED_DNS) != 0;
	p->room = np_demand_pods(&r->plan, r->n_workers);
	if (np_preflight(p, err) < 0)
		return -1;
	r->n_workers = p->nodes.workers;
	return 0;
}

static int start_fixture(struct run *r, struct np_err *err)
{
	size_t n_ports;
	struct np_expect_port *ports = np_demand_ports(&r->plan, &n_ports);
	int rc = np_fixture_start(&r->cluster, &r->record, &r->meter, r->id, ports, n_ports,
				  np_demand_needs(&r->plan), &r->preflight, &r->fixture, err);

	free(ports);
	if (rc == 0)
		r->fixture_up = true;
	return rc;
}

/* Who wants the cluster without policies waits for the cases that run, and no new one begins. */
static void init_locks(struct np_shared *sh)
{
	pthread_rwlockattr_t attr;

	pthread_mutex_init(&sh->lock, NULL);
	pthread_rwlockattr_init(&attr);
	pthread_rwlockattr_setkind_np(&attr, PTHREAD_RWLOCK_PREFER_WRITER_NONRECURSIVE_NP);
	pthread_rwlock_init(&sh->in_force, &attr);
	pthread_rwlockattr_destroy(&attr);
}

int np_run_seed(const char *dir, uint64_t *ret, struct np_err *err)
{
	json_t *run = NULL, *done = NULL;

	if (np_record_done(dir, &run, &done, err) < 0)
		return -1;
	*ret = (uint64_t)np_json_int(run, "seed", 1);
	json_decref(run);
	json_decref(done);
	return 0;
}

/* Whoever goes on with a record names what it was made of; of other cases it would be the record of
 * two runs. */
static int check_resumed(const struct run *r, struct np_err *err)
{
	size_t n_done = json_object_size(r->resumed), n_ours = 0;

	for (size_t i = 0; n_done && i < r->plan.n_cases; i++)
		n_ours += json_object_get(r->resumed, r->plan.cases[i].id.p) != NULL;
	if (n_ours == n_done)
		return 0;
	return np_err_set(err, NP_EUSAGE,
			  "--resume '%s': %zu of the %zu cases there are not of this selection; name "
			  "the suites, --tier or --generated of that run as well",
			  r->o->resume_dir, n_done - n_ours, n_done);
}

static void mark_resumed(struct run *r)
{
	for (size_t i = 0; r->resumed && i < r->plan.n_cases; i++) {
		const char *result =
			json_string_value(json_object_get(r->resumed, r->plan.cases[i].id.p));

		/* What could not be judged is tried again. */
		if (!result || strcmp(result, "error") == 0)
			continue;
		r->shared.taken[i] = 1;
		r->shared.progress.n_done++;
		if (strcmp(result, "skip") != 0)
			np_waivers_judge(&r->shared.waivers, r->plan.cases[i].id,
					 strcmp(result, "known") == 0);
		for (int k = 0; k < NP_N_RUN_RESULTS; k++)
			if (strcmp(result, result_names[k]) == 0)
				r->shared.progress.by_result[k]++;
	}
}

static void run_workers(struct run *r)
{
	struct np_worker workers[NP_RUN_MAX_WORKERS];

	for (unsigned i = 0; i < r->n_workers; i++) {
		workers[i] = (struct np_worker){ .shared = &r->shared, .number = i };
		workers[i].started =
			pthread_create(&workers[i].thread, NULL, np_worker_main, &workers[i]) == 0;
	}
	for (unsigned i = 0; i < r->n_workers; i++)
		if (workers[i].started)
			pthread_join(workers[i].thread, NULL);
}

static void not_enforced(struct run *r)
{
	r->sum->not_enforced = true;
	snprintf(r->sum->reason, sizeof(r->sum->reason),
		 "the cluster does not enforce NetworkPolicy: a policy that denies everything had "
		 "no effect "
		 "on any pod within %lld s (S62)",
		 r->shared.deadline_ms / 1000);
}

static int judge_cases(struct run *r, struct np_err *err)
{
	bool enforced = false;

	say_stage(r, "control");
	if (look_before(r, err) < 0 || start_fixture(r, err) < 0)
		return -1;
	if (np_fixture_enforced(&r->fixture, r->shared.deadline_ms, &enforced, err) < 0)
		return -1;
	run_record_preflight(r, enforced);
	if (!enforced) {
		not_enforced(r);
		return 0;
	}
	say_stage(r, "cases");
	run_workers(r);
	memcpy(r->sum->by_result, r->shared.progress.by_result, sizeof(r->sum->by_result));
	if (r->shared.broken.code && r->shared.broken.code != NP_EINTR) {
		*err = r->shared.broken;
		return -1;
	}
	if (r->record.failed.code) {
		*err = r->record.failed;
		return -1;
	}
	return 0;
}

static int open_record(struct run *r, struct np_err *err)
{
	np_auto_free char *dir = NULL;
	json_t *run = NULL;

	if (r->o->resume_dir) {
		if (np_record_done(r->o->resume_dir, &run, &r->resumed, err) < 0)
			return -1;
		r->seed = (uint64_t)np_json_int(run, "seed", 1);
		json_decref(run);
		dir = np_xstrdup(r->o->resume_dir);
	} else {
		dir = r->o->out_dir ? np_xstrdup(r->o->out_dir)
				    : np_xasprintf("results/run-%s", r->id);
	}
	if (np_record_open(&r->record, dir, r->resumed != NULL, err) < 0)
		return -1;
	r->record.copy_fd = r->o->copy_fd;
	snprintf(r->sum->dir, sizeof(r->sum->dir), "%s", dir);
	return 0;
}

/* A record stays of one shard: it is the one that goes on. */
static int read_shard(struct run *r, char plan[32], struct np_err *err)
{
	json_t *run = NULL, *done = NULL;
	long long number, of;

	if (np_record_done(r->o->resume_dir, &run, &done, err) < 0)
		return -1;
	number = np_json_int(run, "shard/number", 0);
	of = np_json_int(run, "shard/of", 0);
	snprintf(plan, 32, "%s", np_json_str(run, "shard/plan", ""));
	json_decref(run);
	json_decref(done);
	if (number < 0 || number > of || of > NP_SHARDS_MAX ||
	    (r->o->n_shards && (r->o->shard != number || r->o->n_shards != of)))
		return np_err_set(err, NP_EUSAGE, "--resume '%s': that is not shard %u/%u",
				  r->o->resume_dir, r->o->shard, r->o->n_shards);
	r->shard.number = (unsigned)number;
	r->shard.of = (unsigned)of;
	return 0;
}

/* Of @r's plan the shard's part; without --seed all shards have the same one. */
static int take_shard(struct run *r, struct np_err *err)
{
	char was[32] = "", is[32];

	r->shard.number = r->o->shard;
	r->shard.of = r->o->n_shards;
	if (r->o->resume_dir && read_shard(r, was, err) < 0)
		return -1;
	if (!r->shard.of)
		return 0;
	if (np_shard_take(&r->plan, r->o->suites_dir, &r->shard, err) < 0)
		return -1;
	snprintf(is, sizeof(is), "%016llx", r->shard.digest);
	if (*was && strcmp(was, is) != 0)
		return np_err_set(err, NP_EUSAGE,
				  "--resume '%s': the cases are not those of that run any more, or "
				  "not the same are selected",
				  r->o->resume_dir);
	if (!r->o->seed)
		r->seed = np_shard_seed(&r->shard);
	return 0;
}

static int prepare(struct run *r, struct np_err *err)
{
	const struct np_plan_options po = { .suites_dir = r->o->suites_dir,
					    .suites = r->o->suites,
					    .n_suites = r->o->n_suites,
					    .profiles = r->o->profiles,
					    .case_globs = r->o->case_globs,
					    .n_case_globs = r->o->n_case_globs,
					    .tag = r->o->tag,
					    .tier = r->o->tier };

	r->seed = run_make_id(r->id);
	if (r->o->seed)
		r->seed = r->o->seed;
	r->record.fd = -1;
	if (np_plan_load(&po, &r->plan, err) < 0 || take_shard(r, err) < 0 ||
	    np_waivers_of_run(r->o, &r->plan, &r->shared.waivers, err) < 0) {
		/* A file that the user named and that cannot be read is not the environment's
		 * failure. */
		if (err->code == NP_EIO)
			err->code = NP_EUSAGE;
		return -1;
	}
	r->shared.taken = np_xcalloc(r->plan.n_cases + 1, 1);
	if (open_record(r, err) < 0 || check_resumed(r, err) < 0)
		return -1;
	r->sum->n_cases = r->plan.n_cases;
	r->shared.progress.n_cases = r->plan.n_cases;
	mark_resumed(r);
	return 0;
}

/* From here on a sandbox that dies ends every wait at once, as the user does. */
static int watch_sandbox(struct run *r, struct np_err *err)
{
	struct np_cluster *c = &r->cluster;

	if (!c->sandbox)
		return 0;
	if (np_watchdog_start(&r->watchdog, np_sandbox_death_fd(c->sandbox), r->o->cancel, err) < 0)
		return -1;
	c->cancel = &r->watchdog.cancel;
	np_kube_set_cancel(c->kube, c->cancel);
	return 0;
}

/* Whatever the run came to: with a dead sandbox that is the reason. */
static int judge_sandbox(struct run *r, int rc, struct np_err *err)
{
	np_watchdog_stop(&r->watchdog);
	if (!atomic_load(&r->watchdog.dead))
		return rc;
	np_err_clear(err);
	return np_err_set(err, NP_EENV,
			  "the sandbox died in the middle of the run; 'netpolcheck run --resume "
			  "%s' goes on from there", r->sum->dir);
}

static int open_target(struct run *r, struct np_err *err)
{
	const struct np_cluster_options co = { .kubeconfig = r->o->kubeconfig,
					       .context = r->o->context,
					       .in_cluster = r->o->in_cluster,
					       .fault = r->o->fault,
					       .image = r->o->image,
					       .inject = r->o->inject,
					       .external = r->o->external,
					       .cancel = r->o->cancel };
	unsigned max = r->plan.n_cases < NP_RUN_MAX_WORKERS ? (unsigned)r->plan.n_cases
							    : NP_RUN_MAX_WORKERS;
	bool sandbox;

	say_stage(r, "starting");
	if (np_cluster_open(&co, &r->cluster, err) < 0)
		return -1;
	r->cluster_open = true;
	np_kube_set_patience(r->cluster.kube, (int)(r->o->api_wait_ms ? r->o->api_wait_ms
								     : NP_RUN_API_WAIT_MS));
	if (watch_sandbox(r, err) < 0)
		return -1;
	sandbox = r->cluster.sandbox != NULL;
	r->n_workers = r->o->workers ? r->o->workers : WORKERS_DEFAULT;
	if (r->n_workers > max)
		r->n_workers = max;
	r->shared.deadline_ms = r->o->deadline_ms ? r->o->deadline_ms
				: sandbox	  ? DEADLINE_SANDBOX_MS
						  : DEADLINE_CLUSTER_MS;
	r->shared.deadline_adapts = !r->o->deadline_ms && !sandbox;
	r->shared.stability_ms = sandbox ? NP_STABILITY_SANDBOX_MS : NP_STABILITY_CLUSTER_MS;
	run_record_begin(r);
	return 0;
}

/* A sandbox goes as a whole; in a cluster everything with the run's label is deleted, also after an
 * interruption. */
static int clean_up(struct run *r, struct np_err *err)
{
	int timeout_ms = CLEAN_TIMEOUT_MS, rc = 0;

	if (r->cluster_open && !r->cluster.sandbox) {
		say_stage(r, "cleaning");
		np_kube_set_cancel(r->cluster.kube, NULL);
		/* It was waited for already. */
		if (r->shared.broken.code) {
			np_kube_set_patience(r->cluster.kube, 0);
			np_kube_set_timeout(r->cluster.kube, CLEAN_BROKEN_MS);
			timeout_ms = CLEAN_BROKEN_TIMEOUT_MS;
		}
		rc = np_clean(r->cluster.kube, r->id, timeout_ms, NULL, err);
		if (rc < 0)
			np_err_prefix(err,
				      "cannot remove what the run made ('netpolcheck clean' does)");
	}
	return rc;
}

static void release(struct run *r)
{
	if (r->fixture_up)
		np_fixture_release(&r->fixture);
	np_nodes_release(&r->preflight.nodes);
	if (r->cluster_open)
		np_cluster_close(&r->cluster);
	np_record_close(&r->record);
	np_plan_release(&r->plan);
	if (r->shared.waivers.list)
		np_waivers_release(&r->shared.waivers);
	for (int d = 0; d < NP_N_DIRS; d++)
		np_latency_release(&r->shared.latency[d]);
	free(r->shared.taken);
	json_decref(r->resumed);
	pthread_mutex_destroy(&r->shared.lock);
	pthread_rwlock_destroy(&r->shared.in_force);
	np_meter_release(&r->meter);
}

/* Reports show what disturbed the run. */
static void note_trouble(struct run *r)
{
	char text[400];

	if (*np_trouble_text(r->cluster.kube, &r->shared.trouble, text, sizeof(text)))
		np_record_note(&r->record, "warn", "disturbed, and went on: %s", text);
}

/* Fills the totals and writes the end line, whatever the run came to. */
static void finish(struct run *r, int rc, const struct np_err *why)
{
	struct np_run_summary *s = r->sum;

	s->interrupted = interrupted(r);
	s->probes = r->shared.probes;
	s->elapsed_ms = np_record_now_ms(&r->record);
	if (rc < 0 && !s->interrupted)
		snprintf(s->reason, sizeof(s->reason), "%s", why->msg);
	if (r->cluster_open)
		note_trouble(r);
	if (rc == 0)
		run_judge_waivers(r->o, &r->shared.waivers, s);
	run_record_end(r);
}

int np_run(const struct np_run_options *options, struct np_run_summary *ret, struct np_err *err)
{
	struct run r = { .o = options, .sum = ret };
	struct np_err clean_err = { 0 };
	int rc;

	*ret = (struct np_run_summary){ 0 };
	init_locks(&r.shared);
	np_meter_init(&r.meter);
	r.shared.options = options;
	r.shared.fixture = &r.fixture;
	r.shared.plan = &r.plan;
	r.shared.record = &r.record;
	rc = prepare(&r, err);
	if (rc == 0) {
		rc = open_target(&r, err);
		if (rc == 0)
			rc = judge_cases(&r, err);
		rc = judge_sandbox(&r, rc, err);
		if (clean_up(&r, &clean_err) < 0) {
			np_record_note(&r.record, "warn", "%s", clean_err.msg);
			/* What is still on its way out takes nothing from the verdicts. */
			if (rc == 0 && clean_err.code != NP_ETIMEOUT) {
				*err = clean_err;
				rc = -1;
			}
		}
		finish(&r, rc, err);
		if (ret->interrupted)
			rc = 0;
	}
	release(&r);
	return rc;
}
