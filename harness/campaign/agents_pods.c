/* agents_pods.c - agents as pods: their containers' status and logs, through the API. */
#include <stdint.h>
#include <string.h>

#include "agents.h"
#include "logline.h"
#include "np/base/json.h"
#include "np/base/mem.h"
#include "np/kube/resource.h"

#define LOG_LINES 2000
#define FIRST_LIST_MS 60000

static struct agent *agent_of(struct agents *a, const json_t *pod, const json_t *status)
{
	const char *ns = np_json_str(pod, "metadata/namespace", ""),
		   *name = np_json_str(pod, "metadata/name", "");
	const char *container = np_json_str(status, "name", "");
	struct agent *g;

	for (size_t i = 0; i < a->n; i++) {
		g = &a->items[i];
		if (!g->pid_file && strcmp(g->ns, ns) == 0 && strcmp(g->pod, name) == 0 &&
		    strcmp(g->container, container) == 0)
			return g;
	}
	if (a->n == AGENTS_MAX)
		return NULL;
	a->items = np_grow(a->items, &a->cap, a->n, sizeof(*a->items));
	g = &a->items[a->n++];
	*g = (struct agent){ .restarts = -1 };
	snprintf(g->ns, sizeof(g->ns), "%s", ns);
	snprintf(g->pod, sizeof(g->pod), "%s", name);
	snprintf(g->container, sizeof(g->container), "%s", container);
	snprintf(g->name, sizeof(g->name), "%.200s-%.100s", name, container);
	str_copy(g->component, sizeof(g->component), np_str_from(container));
	snprintf(g->node, sizeof(g->node), "%s", np_json_str(pod, "spec/nodeName", ""));
	return g;
}

static void report_exit(struct agent *g, const json_t *pod, const json_t *ended, long long before,
			long long after, json_t *ret_bugs)
{
	int code = (int)np_json_int(ended, "exitCode", -1);
	const char *reason = np_json_str(ended, "reason", "");
	struct np_exit_meaning means = np_exit_meaning(code, reason, g->component);
	json_t *bug;

	if (means.benign)
		return;
	bug = np_bug_new_of(means.kind, g->component, means.type, "",
			    np_json_str(ended, "message", means.what));
	json_object_set_new(bug, "exit",
			    np_json_pack("{s:i, s:o, s:s}", "code", code, "reason",
					 np_json_string(np_str_from(reason)), "means", means.what));
	json_object_set_new(bug, "restarts",
			    np_json_pack("{s:I, s:I}", "before", (json_int_t)before, "after",
					 (json_int_t)after));
	json_object_set_new(bug, "node",
			    np_json_string(np_str_from(np_json_str(pod, "spec/nodeName", ""))));
	json_array_append_new(ret_bugs, bug);
}

/* Whether this end was told before; remembers it. An API without ids cannot say. */
static bool told_already(struct agent *g, const json_t *ended)
{
	const char *id = np_json_str(ended, "containerID", "");
	bool told = *id && strcmp(id, g->ended_id) == 0;

	snprintf(g->ended_id, sizeof(g->ended_id), "%s", id);
	return told;
}

bool agents_take_status(struct agent *g, const json_t *pod, const json_t *status, json_t *ret_bugs)
{
	long long restarts = np_json_int(status, "restartCount", 0), before = g->restarts;
	const json_t *ended_now = np_json_at(status, "state/terminated");
	const json_t *ended = ended_now ? ended_now : np_json_at(status, "lastState/terminated");
	bool again = before >= 0 && (restarts > before || (ended_now && !g->down));

	g->restarts = restarts;
	g->down = !np_json_at(status, "state/running");
	if (ended && told_already(g, ended))
		return false;
	if (again && ended)
		report_exit(g, pod, ended, before, restarts, ret_bugs);
	return again;
}

/* What was not there before: sinceTime counts whole seconds in some versions. */
static struct np_str unread(struct agent *g, struct np_str text)
{
	size_t known = g->log_since[0] ? str_find(text, g->log_since) : SIZE_MAX, next;
	const char *last;

	if (known != SIZE_MAX) {
		log_line_at(text, known, &next);
		text = str_from(text, next);
	}
	last = text.n > 1 ? memrchr(text.p, '\n', text.n - 1) : NULL;
	if (text.n)
		str_copy(g->log_since, sizeof(g->log_since),
			 str_until(last ? str_from(text, (size_t)(last - text.p) + 1) : text, ' '));
	return text;
}

static void log_query(const struct agent *g, bool previous, struct np_buf *ret)
{
	np_buf_printf(ret, "timestamps=true&tailLines=%d&container=", LOG_LINES);
	np_kube_escape(ret, g->container);
	if (previous)
		np_buf_adds(ret, "&previous=true");
	if (g->log_since[0]) {
		np_buf_adds(ret, "&sinceTime=");
		np_kube_escape(ret, g->log_since);
	}
}

/* The log since the last line that was read; of a container that ended, the previous one. */
static void read_pod_log(struct agents *a, struct agent *g, bool previous, json_t *ret_bugs)
{
	struct np_buf path = { 0 }, query = { 0 };
	struct np_kube_reply reply = { .http = 0 };
	struct np_kube_req req = { .method = "GET",
				   .flags = NP_KUBE_NO_JSON | NP_KUBE_ONCE,
				   .timeout_ms = 10000,
				   .accept = "*/*" };

	np_kube_path(&path, &np_kube_types[NP_KUBE_POD], g->ns, g->pod, "log");
	log_query(g, previous, &query);
	req.path = np_buf_text(&path);
	req.query = np_buf_text(&query);
	if (np_kube_request(a->kube, &req, &reply, NULL) == 0 && reply.text.len)
		agents_read_piece(a, g,
				  unread(g, (struct np_str){ reply.text.data, reply.text.len }),
				  ret_bugs);
	np_kube_reply_release(&reply);
	np_buf_release(&path);
	np_buf_release(&query);
}

/* The exit code says that it died; where the log says why, that is the better report. */
static void prefer_log(json_t *bugs, size_t from, size_t exits_to)
{
	json_t *exit_bug, *log_bug;

	if (exits_to == from || json_array_size(bugs) == exits_to)
		return;
	exit_bug = json_array_get(bugs, from);
	log_bug = json_array_get(bugs, exits_to);
	json_object_set(log_bug, "exit", json_object_get(exit_bug, "exit"));
	json_object_set(log_bug, "restarts", json_object_get(exit_bug, "restarts"));
	json_array_remove(bugs, from);
}

static void take_container(struct agents *a, const json_t *pod, const json_t *status,
			   json_t *ret_bugs)
{
	struct agent *g = agent_of(a, pod, status);
	size_t from = json_array_size(ret_bugs), exits_to;

	if (!g || !agents_take_status(g, pod, status, ret_bugs))
		return;
	a->restarts++;
	exits_to = json_array_size(ret_bugs);
	read_pod_log(a, g, np_json_at(status, "state/running") != NULL, ret_bugs);
	prefer_log(ret_bugs, from, exits_to);
}

static void take_pod(struct agents *a, const json_t *pod, json_t *ret_bugs)
{
	json_t *status;
	size_t i;

	json_array_foreach(np_json_at(pod, "status/containerStatuses"), i, status)
		take_container(a, pod, status, ret_bugs);
}

static bool is_of(const struct agent *g, const json_t *pod)
{
	return !g->pid_file && strcmp(g->ns, np_json_str(pod, "metadata/namespace", "")) == 0 &&
	       strcmp(g->pod, np_json_str(pod, "metadata/name", "")) == 0;
}

/* Those of @pod, or of every pod that is not in @pods: it was deleted, a rollout is no crash. */
static void forget(struct agents *a, const json_t *pod, const json_t *pods)
{
	for (size_t i = 0; i < a->n; i++) {
		struct agent *g = &a->items[i];
		bool gone = pod ? is_of(g, pod) : !g->pid_file;
		json_t *other;
		size_t k;

		json_array_foreach(pods, k, other)
			gone = gone && !is_of(g, other);
		if (!gone)
			continue;
		np_buf_release(&g->tail);
		*g = a->items[--a->n];
		i--;
	}
}

static void take_event(struct agents *a, const struct np_kube_event *e, json_t *ret_bugs)
{
	json_t *pod;
	size_t i;

	switch (e->type) {
	case NP_KUBE_RELISTED:
		forget(a, NULL, e->object);
		json_array_foreach(e->object, i, pod)
			take_pod(a, pod, ret_bugs);
		break;
	case NP_KUBE_ADDED:
	case NP_KUBE_MODIFIED:
		take_pod(a, e->object, ret_bugs);
		break;
	case NP_KUBE_DELETED:
		forget(a, e->object, NULL);
		break;
	case NP_KUBE_BOOKMARK:
		break;
	}
}

/* Everything that the watch has; the first time it waits for the list. */
static int follow(struct agents *a, json_t *ret_bugs, struct np_err *err)
{
	struct np_kube_event e;
	int rc;

	if (!a->watch)
		a->watch = np_kube_watch_new(a->kube, &np_kube_types[NP_KUBE_POD], a->ns,
					     a->selector, NULL);
	while ((rc = np_kube_watch_next(a->watch, a->listed ? 0 : FIRST_LIST_MS, &e, err)) == 1) {
		take_event(a, &e, ret_bugs);
		a->listed = true;
		json_decref(e.object);
	}
	if (rc == 0 && !a->listed) {
		np_kube_watch_trouble(a->watch, err);
		return np_err_set(err, NP_EENV, "the agents' pods cannot be listed within %d s",
				  FIRST_LIST_MS / 1000);
	}
	return rc;
}

int agents_look_at_pods(struct agents *a, json_t *ret_bugs, struct np_err *err)
{
	json_t *unused = json_array();
	/* The first look only takes note: what was said before we came is not our doing. */
	json_t *bugs = a->listed ? ret_bugs : unused;
	int rc = follow(a, bugs, err);

	for (size_t i = 0; rc == 0 && i < a->n; i++)
		if (!a->items[i].pid_file && !a->items[i].down)
			read_pod_log(a, &a->items[i], false, bugs);
	json_decref(unused);
	return rc;
}

unsigned agents_watch_trouble(const struct agents *a, char *ret, size_t size)
{
	struct np_err last = { .code = NP_OK };
	unsigned n = a->watch ? np_kube_watch_trouble(a->watch, &last) : 0;

	str_copy(ret, size, np_str_from(n ? last.msg : ""));
	return n;
}
