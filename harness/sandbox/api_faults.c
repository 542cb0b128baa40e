/* Deliberate faults of the API server. The contract is in api_faults.h. */
#include "api_faults.h"

#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <string.h>

#include "api_route.h"
#include "np/base/clock.h"
#include "np/base/json.h"
#include "np/base/log.h"
#include "np/base/mem.h"

#define CALM_REQUESTS 40
#define TICK_MS 50
/* One storm or outage in each period. */
#define PERIOD_MS 8000
#define STORM_MS 2500
#define OUTAGE_MS 4000
#define CUT_EVERY_MS 1500
#define TAKE_EVERY_MS 5000

enum fault { STORM429, STORM5XX, LOST_ANSWERS, REFUSE, CUT_EXEC, TAKE_PODS, GONE, N_FAULTS };

static const struct np_api_fault table[] = {
	[STORM429] = { "storm429", "every few seconds all requests are answered 429 for a while" },
	[STORM5XX] = { "storm5xx", "every third request is answered 500, 502, 503 or 504, and half of "
				   "those are carried out nevertheless" },
	[LOST_ANSWERS] = { "lost-answers", "every fifth request is carried out and not answered" },
	[REFUSE] = { "refuse", "every few seconds it is gone for a while, with all streams" },
	[CUT_EXEC] = { "cut-exec", "all exec streams are cut every one and a half seconds" },
	[TAKE_PODS] = { "take-pods", "every few seconds a pod of a netpolcheck world is deleted" },
	[GONE] = { "gone", "after a while it is gone for good" },
	[N_FAULTS] = { NULL, NULL },
};

struct np_api_faults {
	enum fault fault;
	struct np_execs *execs;
	const struct np_api_env *env;
	atomic_ullong n_requests;
	atomic_llong begun_ms; /* 0: still calm */
	atomic_bool shut, stopping;
	int64_t next_ms; /* of what comes in turns */
	size_t n_taken;
	pthread_t thread;
};

const struct np_api_fault *np_api_faults_table(void)
{
	return table;
}

static bool find(const char *name, enum fault *ret)
{
	for (enum fault i = 0; i < N_FAULTS; i++)
		if (strcmp(table[i].name, name) == 0) {
			*ret = i;
			return true;
		}
	return false;
}

/* Milliseconds into the present period, -1 before the first. */
static int64_t phase_ms(struct np_api_faults *f)
{
	int64_t begun = atomic_load(&f->begun_ms);

	return begun ? (np_now_ms() - begun) % PERIOD_MS : -1;
}

static bool outage_now(struct np_api_faults *f)
{
	int64_t phase = phase_ms(f);

	if (phase < 0)
		return false;
	if (f->fault == GONE)
		return np_now_ms() - atomic_load(&f->begun_ms) >= PERIOD_MS / 4;
	return f->fault == REFUSE && phase >= PERIOD_MS - OUTAGE_MS;
}

/* np-<run>-<worker>-<namespace>: not the pods that all workers share, not the sentinels. */
static bool in_a_world(const char *ns)
{
	const char *dash = strncmp(ns, "np-", 3) == 0 ? strchr(ns + 3, '-') : NULL;

	return dash && dash[1] >= '0' && dash[1] <= '9' && !strstr(ns, "sentinel");
}

static void delete_pod(struct np_api_faults *f, const json_t *pod)
{
	np_auto_free char *path = np_xasprintf("/api/v1/namespaces/%s/pods/%s",
					       np_json_str(pod, "metadata/namespace", ""),
					       np_json_str(pod, "metadata/name", ""));
	struct np_request req = { .env = *f->env, .method = "DELETE", .path = path,
				  .content_type = "", .accept = "", .user_agent = "",
				  .ws_key = "", .ws_version = "", .ws_protocols = "" };
	struct np_reply rep = { 0 };

	np_api_answer(&req, &rep);
	np_log_info("take-pods: %s: %d", path, rep.code);
	np_reply_release(&rep);
	np_arena_release(&req.arena);
}

/* Not always the first one. */
static void take_a_pod(struct np_api_faults *f)
{
	uint64_t rev;
	json_t *pods = np_store_list(f->env->store, NP_KIND_POD, "", &rev), *pod;
	size_t i, n = 0, wanted;

	json_array_foreach(pods, i, pod)
		n += in_a_world(np_json_str(pod, "metadata/namespace", ""));
	wanted = n ? f->n_taken++ * 7 % n : 0;
	json_array_foreach(pods, i, pod)
		if (in_a_world(np_json_str(pod, "metadata/namespace", "")) && wanted-- == 0) {
			delete_pod(f, pod);
			break;
		}
	json_decref(pods);
}

/* True once in @every_ms while the fault is in force. */
static bool due(struct np_api_faults *f, int64_t every_ms)
{
	if (phase_ms(f) < 0 || np_now_ms() < f->next_ms)
		return false;
	f->next_ms = np_now_ms() + every_ms;
	return true;
}

static void *fault_main(void *arg)
{
	struct np_api_faults *f = arg;

	while (!atomic_load(&f->stopping)) {
		bool shut = outage_now(f);

		atomic_store(&f->shut, shut);
		if (shut || (f->fault == CUT_EXEC && due(f, CUT_EVERY_MS)))
			np_execs_cut(f->execs);
		if (f->fault == TAKE_PODS && due(f, TAKE_EVERY_MS))
			take_a_pod(f);
		np_sleep_ms(TICK_MS);
	}
	return NULL;
}

struct np_api_faults *np_api_faults_start(const char *name, struct np_execs *execs,
					  const struct np_api_env *env, struct np_err *err)
{
	struct np_api_faults *f;
	sigset_t every, before;
	enum fault fault;
	int rc;

	if (!find(name, &fault)) {
		np_err_set(err, NP_EUSAGE, "no fault of the API server is called '%.60s'", name);
		return NULL;
	}
	f = np_xcalloc(1, sizeof(*f));
	f->fault = fault;
	f->execs = execs;
	f->env = env;
	sigfillset(&every);
	pthread_sigmask(SIG_SETMASK, &every, &before);
	rc = pthread_create(&f->thread, NULL, fault_main, f);
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	if (rc) {
		np_err_errno(err, NP_EENV, rc, "a thread of the API server does not start");
		free(f);
		return NULL;
	}
	return f;
}

void np_api_faults_stop(struct np_api_faults *f)
{
	if (!f)
		return;
	atomic_store(&f->stopping, true);
	pthread_join(f->thread, NULL);
	free(f);
}

bool np_api_faults_shut(struct np_api_faults *f)
{
	return f && atomic_load(&f->shut);
}

/* The n-th bad one; an exec that fails was not begun. */
static struct np_api_deed server_error(unsigned long long n, bool is_exec)
{
	static const int codes[] = { 500, 502, 503, 504 };

	return (struct np_api_deed){ .done = n % 2 && !is_exec,
				     .code = codes[n % NP_ARRAY_SIZE(codes)],
				     .retry_after_s = -1 };
}

struct np_api_deed np_api_faults_deed(struct np_api_faults *f, bool is_exec)
{
	const struct np_api_deed right = { .done = true, .retry_after_s = -1 };
	unsigned long long n;

	if (!f)
		return right;
	n = atomic_fetch_add(&f->n_requests, 1);
	if (n < CALM_REQUESTS)
		return right;
	if (n == CALM_REQUESTS)
		atomic_store(&f->begun_ms, np_now_ms());
	if (np_api_faults_shut(f))
		return (struct np_api_deed){ .silent = true };
	if (f->fault == STORM429 && phase_ms(f) >= PERIOD_MS - STORM_MS)
		return (struct np_api_deed){ .code = 429, .retry_after_s = 1 };
	if (f->fault == STORM5XX && n % 3 == 0)
		return server_error(n / 3, is_exec);
	if (f->fault == LOST_ANSWERS && n % 5 == 0)
		return (struct np_api_deed){ .done = !is_exec, .silent = true };
	return right;
}
