/* inject.c - the agent copied into pods of a stock image. */
#include "inject.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "np/agent/wire.h"
#include "np/base/clock.h"
#include "np/base/file.h"
#include "np/base/json.h"
#include "np/base/mem.h"
#include "np/kube/exec.h"
#include "podspec.h"

#define AGENT_NAME "netpolcheck-agent"
#define FIRST_PAUSE_MS 200
#define SAID_MAX 200

/*
 * $1 bytes of standard input become the agent: under a name of this shell's own until they are
 * complete and have run once, so that two tries do not meet. Then the container takes over; its
 * socket is there when it serves. Both loops are bounded: nobody may be left to end this.
 */
static const char script[] =
	"p=" NP_INJECT_DIR "/.part.$$\n"
	"head -c \"$1\" >\"$p\" || exit 3\n"
	"n=$(($(wc -c <\"$p\")))\n"
	"if [ \"$n\" -ne \"$1\" ]; then\n"
	"  echo \"$n of $1 bytes arrived\" >&2; rm -f \"$p\"; exit 4\n"
	"fi\n"
	"chmod 755 \"$p\" && \"$p\" version && mv -f \"$p\" " NP_INJECT_AGENT " || {\n"
	"  rm -f \"$p\"; exit 5\n"
	"}\n"
	"i=0\n"
	"until [ -S " NP_INJECT_READY " ]; do\n"
	"  i=$((i + 1))\n"
	"  if [ $i -gt 100 ]; then echo 'the container does not start it' >&2; exit 6; fi\n"
	"  sleep 0.1 || sleep 1\n"
	"done\n";

struct np_inject {
	np_inject_exec_fn *exec;
	void *ctx;
	struct np_buf agent;
	pthread_mutex_t lock; /* guards what follows */
	char **uids;	      /* of pods that have the agent */
	size_t n_uids, cap_uids;
};

/* One pod; the strings are the pod object's. */
struct job {
	const char *ns, *pod, *container, *uid;
	struct np_err err;
	bool done;
};

struct batch {
	struct np_inject *in;
	struct job *jobs;
	size_t n;
	atomic_size_t next;
};

/* ---- the agent's bytes ---- */

/* Beside the program, or where `make install` puts it; a path that is not there when neither is. */
static char *find_agent(void)
{
	const char *env = getenv("NETPOLCHECK_AGENT");
	char self[4096];
	ssize_t n = readlink("/proc/self/exe", self, sizeof(self) - 1);
	char *slash, *beside;

	if (env && *env)
		return np_xstrdup(env);
	self[n > 0 ? n : 0] = '\0';
	slash = strrchr(self, '/');
	if (slash)
		*slash = '\0';
	beside = np_xasprintf("%s/" AGENT_NAME, self);
	if (access(beside, R_OK) == 0)
		return beside;
	free(beside);
	return np_xasprintf("%s/../libexec/netpolcheck/" AGENT_NAME, self);
}

static int exec_in_pod(void *ctx, const char *ns, const char *pod, const char *container,
		       const char *const *argv, const struct np_buf *input, int timeout_ms,
		       struct np_buf *ret_out, struct np_buf *ret_errout, struct np_err *err)
{
	return np_kube_exec_run(ctx, ns, pod, container, argv, input, timeout_ms, ret_out,
				ret_errout, err);
}

struct np_inject *np_inject_made(const void *agent, size_t n, np_inject_exec_fn *exec, void *ctx)
{
	struct np_inject *in = np_xcalloc(1, sizeof(*in));

	in->exec = exec;
	in->ctx = ctx;
	np_buf_add(&in->agent, agent, n);
	pthread_mutex_init(&in->lock, NULL);
	return in;
}

int np_inject_new(struct np_kube *k, struct np_inject **ret, struct np_err *err)
{
	np_auto_free char *path = find_agent();
	struct np_buf agent = { 0 };
	struct np_err why = { 0 };

	if (np_file_read(path, NP_INJECT_MAX_BYTES, &agent, &why) < 0)
		return np_err_set(err, NP_EENV,
				  "--inject needs the agent '%s': %s; 'make agent' builds it, "
				  "NETPOLCHECK_AGENT names another",
				  path, why.msg);
	*ret = np_inject_made(agent.data, agent.len, exec_in_pod, k);
	np_buf_release(&agent);
	return 0;
}

void np_inject_free(struct np_inject *in)
{
	if (!in)
		return;
	for (size_t i = 0; i < in->n_uids; i++)
		free(in->uids[i]);
	free(in->uids);
	np_buf_release(&in->agent);
	pthread_mutex_destroy(&in->lock);
	free(in);
}

const char *np_inject_agent(const struct np_inject *in)
{
	return in ? NP_INJECT_AGENT : "/" AGENT_NAME;
}

/* ---- one pod ---- */

static int refused(const struct job *j, int status, const struct np_buf *said, struct np_err *err)
{
	char text[SAID_MAX + 1];

	snprintf(text, sizeof(text), "%s", np_buf_text(said));
	text[strcspn(text, "\r\n")] = '\0';
	for (char *p = text; *p; p++) /* a shell may have read a program as a script */
		if (*p < ' ' || *p > '~')
			*p = '?';
	return np_err_set(err, NP_EENV,
			  "pod '%s/%s' does not take the agent (status %d: %s); --inject needs an "
			  "image with sh, head, wc, chmod, mv and sleep on nodes of the agent's "
			  "architecture",
			  j->ns, j->pod, status, text);
}

/* The words of the agent's mode `version`, as it ran in the pod. */
static bool says_version(const struct np_buf *out)
{
	char protocol[32];
	const char *text = np_buf_text(out);

	snprintf(protocol, sizeof(protocol), ", protocol %d\n", NP_AGENT_VERSION);
	return strncmp(text, AGENT_NAME " ", strlen(AGENT_NAME " ")) == 0 &&
	       strstr(text, protocol) != NULL;
}

/* 0, 1: may be tried again, -1. */
static int try_once(struct np_inject *in, const struct job *j, int timeout_ms, struct np_err *err)
{
	struct np_buf out = { 0 }, errout = { 0 };
	struct np_err lost = { 0 };
	char size[24];
	const char *const argv[] = { "sh", "-c", script, "inject", size, NULL };
	int status, rc = -1;

	snprintf(size, sizeof(size), "%zu", in->agent.len);
	status = in->exec(in->ctx, j->ns, j->pod, j->container, argv, &in->agent, timeout_ms, &out,
			  &errout, &lost);
	if (status == 0 && says_version(&out)) {
		rc = 0;
	} else if (status >= 0) {
		refused(j, status, status ? &errout : &out, err);
	} else {
		*err = lost;
		np_err_prefix(err, "cannot bring the agent into pod '%s/%s'", j->ns, j->pod);
		rc = lost.code == NP_EENV || lost.code == NP_ETIMEOUT ? 1 : -1;
	}
	np_buf_release(&out);
	np_buf_release(&errout);
	return rc;
}

static int inject_one(struct np_inject *in, struct job *j)
{
	int64_t deadline = np_now_ms() + NP_INJECT_TIMEOUT_MS;

	for (int try = 0;; try++) {
		int64_t left = deadline - np_now_ms();
		int rc;

		np_err_clear(&j->err);
		rc = try_once(in, j, left > 1 ? (int)left : 1, &j->err);
		if (rc <= 0)
			return rc;
		if (try + 1 == NP_INJECT_TRIES ||
		    np_now_ms() + (FIRST_PAUSE_MS << try) >= deadline)
			return -1;
		np_sleep_ms(FIRST_PAUSE_MS << try);
	}
}

/* ---- many pods ---- */

static bool has_agent(struct np_inject *in, const char *uid)
{
	bool has = false;

	pthread_mutex_lock(&in->lock);
	for (size_t i = 0; i < in->n_uids && !has; i++)
		has = strcmp(in->uids[i], uid) == 0;
	pthread_mutex_unlock(&in->lock);
	return has;
}

static void note_agent(struct np_inject *in, const char *uid)
{
	pthread_mutex_lock(&in->lock);
	in->uids = np_grow(in->uids, &in->cap_uids, in->n_uids, sizeof(*in->uids));
	in->uids[in->n_uids++] = np_xstrdup(uid);
	pthread_mutex_unlock(&in->lock);
}

static void *work(void *arg)
{
	struct batch *b = arg;
	size_t i;

	while ((i = atomic_fetch_add(&b->next, 1)) < b->n) {
		struct job *j = &b->jobs[i];

		j->done = inject_one(b->in, j) == 0;
		if (j->done)
			note_agent(b->in, j->uid);
	}
	return NULL;
}

/* The caller works too, so that it goes on where no thread can be had. */
static void run_batch(struct batch *b)
{
	pthread_t threads[NP_INJECT_MAX_THREADS - 1];
	size_t n = 0;

	while (n < NP_ARRAY_SIZE(threads) && n + 1 < b->n &&
	       pthread_create(&threads[n], NULL, work, b) == 0)
		n++;
	work(b);
	while (n)
		pthread_join(threads[--n], NULL);
}

/* The first container is the agent's; of several the API does not choose one. */
static struct job job_of(const json_t *pod)
{
	const json_t *ctr = json_array_get(np_json_at(pod, "spec/containers"), 0);

	return (struct job){ .ns = np_json_str(pod, "metadata/namespace", ""),
			     .pod = np_json_str(pod, "metadata/name", ""),
			     .container = np_json_str(ctr, "name", NULL),
			     .uid = np_json_str(pod, "metadata/uid", "") };
}

/* A pod of podspec.h whose container runs, with a shell that waits. */
static bool waits_for_agent(const json_t *pod)
{
	json_t *volume;
	size_t i;

	if (np_json_str(pod, "metadata/deletionTimestamp", NULL) ||
	    strcmp(np_json_str(pod, "status/phase", ""), "Running") != 0)
		return false;
	json_array_foreach(np_json_at(pod, "spec/volumes"), i, volume)
		if (strcmp(np_json_str(volume, "name", ""), NP_INJECT_VOLUME) == 0)
			return true;
	return false;
}

int np_inject_pods(struct np_inject *in, const json_t *pods, struct np_err *err)
{
	struct batch b = { .in = in };
	const json_t *pod;
	size_t i;
	int rc = 0;

	if (!in)
		return 0;
	b.jobs = np_xcalloc(json_array_size(pods) + 1, sizeof(*b.jobs));
	json_array_foreach(pods, i, pod)
		if (waits_for_agent(pod) && !has_agent(in, np_json_str(pod, "metadata/uid", "")))
			b.jobs[b.n++] = job_of(pod);
	run_batch(&b);
	for (i = 0; i < b.n && rc == 0; i++)
		if (!b.jobs[i].done) {
			*err = b.jobs[i].err;
			rc = -1;
		}
	free(b.jobs);
	return rc;
}
