/* The status of a pod object. The contract is in pod_status.h. */
#include <string.h>
#include <time.h>

#include "np/base/json.h"
#include "np/base/mem.h"
#include "pod_status.h"

static const char *const phases[] = {
	[NP_POD_PENDING] = "Pending",
	[NP_POD_RUNNING] = "Running",
	[NP_POD_SUCCEEDED] = "Succeeded",
	[NP_POD_FAILED] = "Failed",
};

const char *np_api_time(char *buf)
{
	time_t now = time(NULL);
	struct tm tm;

	gmtime_r(&now, &tm);
	strftime(buf, 32, "%Y-%m-%dT%H:%M:%SZ", &tm);
	return buf;
}

static bool finished(const struct np_pod_facts *f)
{
	return f->phase == NP_POD_SUCCEEDED || f->phase == NP_POD_FAILED;
}

static const json_t *old_condition(const json_t *pod, const char *type)
{
	size_t i;
	json_t *c;

	json_array_foreach(np_json_at(pod, "status/conditions"), i, c) {
		if (strcmp(np_json_str(c, "type", ""), type) == 0)
			return c;
	}
	return NULL;
}

static void set_text(json_t *o, const char *key, const char *value)
{
	if (value)
		json_object_set_new(o, key, np_json_string(np_str_from(value)));
}

static void add_condition(json_t *list, const json_t *pod, const char *type, bool yes,
			  const char *reason, const char *message)
{
	const json_t *old = old_condition(pod, type);
	const char *status = yes ? "True" : "False";
	char now[32];
	const char *since = np_api_time(now);
	json_t *c;

	if (old && strcmp(np_json_str(old, "status", ""), status) == 0)
		since = np_json_str(old, "lastTransitionTime", since);
	c = np_json_pack("{s:s,s:s,s:n,s:s}", "type", type, "status", status, "lastProbeTime",
			 "lastTransitionTime", since);
	if (!yes) {
		set_text(c, "reason", reason);
		set_text(c, "message", message);
	}
	json_array_append_new(list, c);
}

static json_t *conditions(const json_t *pod, const struct np_pod_facts *f)
{
	json_t *list = json_array();
	const char *not_ready = finished(f) ? "PodCompleted"
				: f->reason ? f->reason
					    : "ContainersNotReady";

	add_condition(list, pod, "PodScheduled", f->node != NULL, f->reason, f->message);
	if (!f->node)
		return list;
	add_condition(list, pod, "Initialized", true, NULL, NULL);
	add_condition(list, pod, "Ready", f->ready, not_ready, f->message);
	add_condition(list, pod, "ContainersReady", f->ready, not_ready, f->message);
	return list;
}

/* A time that an earlier status had at @path, or now. */
static const char *kept_time(const json_t *old, const char *path, char *buf)
{
	return np_json_str(old, path, np_api_time(buf));
}

static json_t *container_state(const struct np_pod_facts *f, const json_t *old, bool ended)
{
	char start[32], end[32];

	if (ended || (f->ended && !f->ready))
		return np_json_pack(
			"{s:{s:i,s:s,s:s,s:s}}", "terminated", "exitCode",
			ended ? f->exit_status : 0, "reason",
			ended && f->exit_status ? "Error" : "Completed", "startedAt",
			np_json_str(old, "state/running/startedAt",
				    kept_time(old, "state/terminated/startedAt", start)),
			"finishedAt", kept_time(old, "state/terminated/finishedAt", end));
	if (f->ready)
		return np_json_pack("{s:{s:s}}", "running", "startedAt",
				    kept_time(old, "state/running/startedAt", start));
	return np_json_pack("{s:{s:s}}", "waiting", "reason",
			    f->reason ? f->reason : "ContainerCreating");
}

static const json_t *old_container(const json_t *pod, const char *key, const char *name)
{
	size_t i;
	json_t *c;

	json_array_foreach(json_object_get(np_json_at(pod, "status"), key), i, c) {
		if (strcmp(np_json_str(c, "name", ""), name) == 0)
			return c;
	}
	return NULL;
}

/*
 * Init containers are taken as done, except those that stay (sidecars); the first regular one
 * stands for the agent.
 */
static json_t *containers(const json_t *pod, const struct np_pod_facts *f, const char *spec_key,
			  const char *status_key)
{
	bool init = strcmp(spec_key, "initContainers") == 0;
	json_t *list = json_array();
	size_t i;
	json_t *c;

	json_array_foreach(json_object_get(np_json_at(pod, "spec"), spec_key), i, c) {
		const char *name = np_json_str(c, "name", "");
		bool stays = !init || strcmp(np_json_str(c, "restartPolicy", ""), "Always") == 0;
		const json_t *old = old_container(pod, status_key, name);
		bool over = finished(f) || !stays;
		struct np_pod_facts mine = *f;
		json_t *s;

		if (!stays)
			mine.exit_status = 0;
		s = np_json_pack("{s:s,s:o,s:{},s:b,s:i,s:s,s:s,s:s,s:b}", "name", name, "state",
				 container_state(&mine, old, over), "lastState", "ready",
				 init ? !stays || f->ready : f->ready, "restartCount",
				 stays ? f->restarts : 0, "image", np_json_str(c, "image", ""),
				 "imageID", "", "containerID", "", "started", stays && f->ready);
		json_array_append_new(list, s);
	}
	return list;
}

static json_t *ip_list(const struct np_addr ip[2])
{
	char text[NP_ADDR_TEXT_MAX];
	json_t *list = json_array();

	for (unsigned i = 0; i < 2; i++) {
		if (ip[i].width)
			json_array_append_new(
				list, np_json_pack("{s:s}", "ip", np_addr_text(&ip[i], text)));
	}
	return list;
}

static void set_ips(json_t *status, const char *one, const char *all, const struct np_addr ip[2])
{
	json_t *list = ip_list(ip);

	if (json_array_size(list) > 0) {
		json_object_set(status, one, json_object_get(json_array_get(list, 0), "ip"));
		json_object_set(status, all, list);
	}
	json_decref(list);
}

static json_t *make_status(const json_t *pod, const struct np_pod_facts *f)
{
	json_t *status = np_json_pack("{s:s,s:o}", "phase", phases[f->phase], "conditions",
				      conditions(pod, f));
	char now[32];

	set_text(status, "reason", f->reason);
	set_text(status, "message", f->message);
	json_object_set_new(status, "qosClass", json_string("BestEffort"));
	if (!f->node)
		return status;
	set_ips(status, "hostIP", "hostIPs", f->host_ip);
	set_ips(status, "podIP", "podIPs", f->ip);
	json_object_set_new(status, "startTime",
			    json_string(kept_time(pod, "status/startTime", now)));
	if (np_json_at(pod, "spec/initContainers"))
		json_object_set_new(status, "initContainerStatuses",
				    containers(pod, f, "initContainers", "initContainerStatuses"));
	json_object_set_new(status, "containerStatuses",
			    containers(pod, f, "containers", "containerStatuses"));
	return status;
}

json_t *np_pod_status_apply(const json_t *pod, const struct np_pod_facts *facts)
{
	json_t *copy = json_deep_copy(pod);

	if (facts->node)
		json_object_set_new(json_object_get(copy, "spec"), "nodeName",
				    json_string(facts->node));
	json_object_set_new(copy, "status", make_status(pod, facts));
	return copy;
}
