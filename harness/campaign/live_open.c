/* live_open.c - before a campaign: whose cluster, may we, who enforces there, what is usual. After
 * it: nothing is left. */
#include <string.h>
#include <sys/random.h>

#include "live_parts.h"
#include "np/base/clock.h"
#include "np/base/json.h"
#include "np/base/mem.h"
#include "np/kube/resource.h"
#include "np/run/clean.h"

#define PATIENCE_MS 30000
#define QUIET_MS 5000
#define API_WAIT_MS 60000
#define CLEAN_TIMEOUT_MS 300000
#define CANARIES 5 /* of the quiet time */
#define SETTLE_MIN_MS 300
#define REVIEWS "/apis/authorization.k8s.io/v1/selfsubjectaccessreviews"

static const struct {
	const char *verb, *group, *resource, *subresource;
} rights[] = {
	{ "create", "", "namespaces", NULL },
	{ "delete", "", "namespaces", NULL },
	{ "create", "", "pods", NULL },
	{ "create", "", "pods", "exec" },
	{ "list", "", "pods", NULL },
	{ "get", "", "pods", "log" },
	{ "create", "networking.k8s.io", "networkpolicies", NULL },
	{ "delete", "networking.k8s.io", "networkpolicies", NULL },
	{ "deletecollection", "networking.k8s.io", "networkpolicies", NULL },
};

/* A server that cannot be asked is believed; the first refusal will tell. */
static int check_rights(struct live *l, struct np_err *err)
{
	for (size_t i = 0; i < NP_ARRAY_SIZE(rights); i++) {
		json_t *at = np_json_pack("{s:s, s:s, s:s}", "verb", rights[i].verb, "group",
					  rights[i].group, "resource", rights[i].resource);
		json_t *review;
		struct np_kube_reply reply = { .http = 0 };
		struct np_kube_req req = { .method = "POST", .path = REVIEWS };
		bool refused;

		if (rights[i].subresource)
			json_object_set_new(at, "subresource", json_string(rights[i].subresource));
		review = np_json_pack("{s:s, s:s, s:{s:o}}", "apiVersion",
				      "authorization.k8s.io/v1", "kind", "SelfSubjectAccessReview",
				      "spec", "resourceAttributes", at);
		req.json = review;
		refused = np_kube_request(l->cluster.kube, &req, &reply, NULL) == 0 &&
			  !np_json_bool(reply.body, "status/allowed", 1);
		json_decref(review);
		np_kube_reply_release(&reply);
		if (refused)
			return np_err_set(err, NP_EDENIED, "this user may not %s %s%s%s",
					  rights[i].verb, rights[i].resource,
					  rights[i].subresource ? "/" : "",
					  rights[i].subresource ? rights[i].subresource : "");
	}
	return 0;
}

/* The cluster is whose name was written out. */
static int check_owned(struct live *l, struct np_err *err)
{
	const char *context = l->cluster.config.context.p;

	if (!l->o->owned)
		return np_err_set(
			err, NP_EUSAGE,
			"a campaign may take every network agent of the cluster down: say "
			"--i-own-this-cluster %s if it is yours",
			context ? context : "CONTEXT");
	if (!context || strcmp(context, l->o->owned) != 0)
		return np_err_set(err, NP_EUSAGE,
				  "the context is '%s', not '%s' (--i-own-this-cluster)",
				  context ? context : "", l->o->owned);
	return 0;
}

static int check_options(const struct np_live_options *o, struct np_err *err)
{
	if (!o->kubeconfig && !o->context)
		return np_err_set(err, NP_EUSAGE, "which cluster? --kubeconfig FILE");
	if (!o->selector && !o->n_pid_files)
		return np_err_set(err, NP_EUSAGE,
				  "which agents? --agent-selector LABELS, or --agent-pid-file FILE "
				  "with --agent-log FILE");
	if (o->n_logs != o->n_pid_files)
		return np_err_set(err, NP_EUSAGE,
				  "as many --agent-log as --agent-pid-file, in the same order");
	if (o->n_pid_files > NP_LIVE_MAX_AGENTS)
		return np_err_set(err, NP_EUSAGE, "at most %d agents by pid file",
				  NP_LIVE_MAX_AGENTS);
	if (o->max_live > NP_LIVE_MAX_POLICIES)
		return np_err_set(err, NP_EUSAGE, "at most %d policies in force",
				  NP_LIVE_MAX_POLICIES);
	return 0;
}

static int find_agents(struct live *l, struct np_err *err)
{
	json_t *bugs = json_array();
	int rc;

	l->a.kube = l->cluster.kube;
	l->a.cancel = l->o->cancel;
	l->a.selector = l->o->selector;
	l->a.ns = l->o->agent_ns ? l->o->agent_ns : "kube-system";
	for (size_t i = 0; i < l->o->n_pid_files; i++)
		agents_add_process(&l->a, l->o->pid_files[i], l->o->logs[i], l->o->component);
	rc = agents_look(&l->a, bugs, err);
	json_decref(bugs);
	if (rc == 0 && !l->a.n)
		rc = np_err_set(err, NP_EENV, "no pod of namespace '%s' has the labels '%s'",
				l->a.ns, l->o->selector);
	if (rc == 0 && agents_down(&l->a))
		rc = np_err_set(err, NP_EENV, "%zu of %zu agents are not running",
				agents_down(&l->a), l->a.n);
	return rc;
}

static int cmp_ms(const void *a, const void *b)
{
	long long x = *(const long long *)a, y = *(const long long *)b;

	return (x > y) - (x < y);
}

/* How long a change takes when nothing is wrong, sorted. */
static int learn_pace(struct live *l, long long *took, json_t *bugs, struct np_err *err)
{
	for (int i = 0; i < CANARIES; i++) {
		enum field_canary canary;

		if (field_canary(&l->f, l->patience_ms, &canary, &took[i], err) < 0)
			return -1;
		if (canary != CANARY_FINE)
			return np_err_set(
				err, NP_EENV, "before anything was sent, %s within %lld s",
				canary == CANARY_NOT_DENIED
					? "a policy that denies had no effect on some node"
					: "a policy that was deleted kept its effect",
				l->patience_ms / 1000);
		if (agents_look(&l->a, bugs, err) < 0)
			return -1;
	}
	qsort(took, CANARIES, sizeof(took[0]), cmp_ms);
	return 0;
}

/* What the logs say when nothing is wrong. */
static int learn_words(struct live *l, int64_t until_ms, json_t *bugs, struct np_err *err)
{
	while (np_now_ms() < until_ms && !live_interrupted(l)) {
		if (agents_look(&l->a, bugs, err) < 0)
			return -1;
		np_sleep_ms(100);
	}
	if (json_array_size(bugs))
		live_say(l, "in the quiet time %zu reports were seen already; they are left out",
			 json_array_size(bugs));
	return 0;
}

static void set_times(struct live *l, const long long *took)
{
	l->sum->canary_p50_ms = took[CANARIES / 2];
	l->canary_ms = l->sum->canary_p99_ms = took[CANARIES - 1];
	if (!l->o->patience_ms && l->patience_ms < 5 * l->canary_ms)
		l->patience_ms = 5 * l->canary_ms;
	l->settle_ms = 3 * l->canary_ms > SETTLE_MIN_MS ? 3 * l->canary_ms : SETTLE_MIN_MS;
	if (l->o->settle_ms)
		l->settle_ms = l->o->settle_ms;
}

static int learn(struct live *l, struct np_err *err)
{
	int64_t until_ms = np_now_ms() + (l->o->quiet_ms ? l->o->quiet_ms : QUIET_MS);
	long long took[CANARIES];
	json_t *bugs = json_array();
	int rc;

	l->a.quiet = true;
	rc = learn_pace(l, took, bugs, err);
	if (rc == 0)
		rc = learn_words(l, until_ms, bugs, err);
	l->a.quiet = false;
	if (rc == 0)
		set_times(l, took);
	json_decref(bugs);
	return rc;
}

static void make_id(struct live *l)
{
	static const char alphabet[] = "bcdfghjklmnpqrstvwxz2456789";
	uint64_t bits = 0;

	if (getrandom(&bits, sizeof(bits), 0) != sizeof(bits))
		bits = (uint64_t)np_now_us();
	for (int i = 0; i < FIELD_ID_LEN; i++) {
		l->sum->id[i] = alphabet[bits % (sizeof(alphabet) - 1)];
		bits /= sizeof(alphabet) - 1;
	}
	l->sum->seed = l->o->seed ? l->o->seed : bits % 1000000007 + 1;
}

/* What an earlier part found is known, and left alone. */
static void know_again(struct live *l)
{
	json_t *key, *bug;
	size_t i;

	json_array_foreach(l->resumed.keys, i, key) {
		if (np_bug_load(l->bug_dir, json_string_value(key), &bug, NULL) < 0)
			continue;
		json_object_set_new(l->counts,
				    np_json_str(bug, "sign", np_json_str(bug, "key", "?")),
				    json_integer(1));
		live_remember(l, bug);
		json_decref(bug);
	}
}

/* The journal of an earlier part: its name, its seed; what it left in the cluster goes first. */
static int take_up(struct live *l, struct np_err *err)
{
	if (!l->o->resume_dir) {
		make_id(l);
		if (l->o->out_dir)
			snprintf(l->dir, sizeof(l->dir), "%s", l->o->out_dir);
		else
			snprintf(l->dir, sizeof(l->dir), "results/fuzz-%s", l->sum->id);
		return 0;
	}
	snprintf(l->dir, sizeof(l->dir), "%s", l->o->resume_dir);
	if (journal_read(l->dir, &l->resumed, err) < 0)
		return -1;
	if (strcmp(l->resumed.context, l->o->owned ? l->o->owned : "") != 0)
		return np_err_set(err, NP_EUSAGE, "that campaign was in the context '%s'",
				  l->resumed.context);
	snprintf(l->sum->id, sizeof(l->sum->id), "%.15s", l->resumed.id);
	l->sum->seed = l->resumed.seed;
	l->epoch = l->resumed.next_epoch - 1;
	know_again(l);
	return np_clean(l->cluster.kube, l->sum->id, CLEAN_TIMEOUT_MS, NULL, err);
}

static int begin_journal(struct live *l, struct np_err *err)
{
	snprintf(l->sum->dir, sizeof(l->sum->dir), "%s", l->dir);
	if (journal_open(&l->j, l->dir, err) < 0)
		return -1;
	if (l->o->resume_dir)
		return 0;
	return journal_put_take(&l->j,
				np_json_pack("{s:s, s:i, s:s, s:I, s:s}", "type", "campaign",
					     "schema", 1, "id", l->sum->id, "seed",
					     (json_int_t)l->sum->seed, "context", l->o->owned),
				err);
}

int live_open(struct live *l, struct np_err *err)
{
	const struct np_cluster_options co = { .kubeconfig = l->o->kubeconfig,
					       .context = l->o->context,
					       .image = l->o->image,
					       .cancel = l->o->cancel };

	l->patience_ms = l->o->patience_ms ? l->o->patience_ms : PATIENCE_MS;
	l->bug_dir = l->o->bug_dir ? l->o->bug_dir : NP_BUG_DIR;
	if (check_options(l->o, err) < 0 || np_cluster_open(&co, &l->cluster, err) < 0)
		return -1;
	l->cluster_open = true;
	np_kube_set_patience(l->cluster.kube, API_WAIT_MS);
	if (check_owned(l, err) < 0 || check_rights(l, err) < 0 || find_agents(l, err) < 0 ||
	    take_up(l, err) < 0 || begin_journal(l, err) < 0)
		return -1;
	if (np_kube_list(l->cluster.kube, &np_kube_types[NP_KUBE_NODE], NULL, NULL, &l->nodes, NULL,
			 err) < 0)
		return -1;
	l->f = (struct field){ .kube = l->cluster.kube,
			       .cancel = l->o->cancel,
			       .image = l->cluster.image };
	snprintf(l->f.id, sizeof(l->f.id), "%.*s", FIELD_ID_LEN, l->sum->id);
	if (field_start(&l->f, err) < 0)
		return np_err_prefix(err, "cannot deploy");
	return learn(l, err);
}

int live_close(struct live *l, struct np_err *err)
{
	int rc = 0;

	field_stop(&l->f);
	if (l->cluster_open && l->f.kube) {
		np_kube_set_cancel(l->cluster.kube, NULL);
		rc = np_clean(l->cluster.kube, l->sum->id, CLEAN_TIMEOUT_MS, NULL, err);
		if (rc < 0)
			np_err_prefix(
				err,
				"cannot remove what the campaign made ('netpolcheck clean' does)");
	}
	journal_close(&l->j);
	agents_release(&l->a);
	journal_state_release(&l->resumed);
	if (l->cluster_open)
		np_cluster_close(&l->cluster);
	json_decref(l->live);
	json_decref(l->patterns);
	json_decref(l->counts);
	json_decref(l->nodes);
	return rc;
}
