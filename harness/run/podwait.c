/* podwait.c - waiting for pods. */
#include "podwait.h"

#include <string.h>

#include "np/base/clock.h"
#include "np/base/json.h"
#include "np/kube/resource.h"

/* Reasons of a waiting container that time does not mend. */
static const char *const hopeless[] = { "ErrImageNeverPull",	      "InvalidImageName",
					"CreateContainerConfigError", "CreateContainerError",
					"ImagePullBackOff",	      "ErrImagePull" };

static const char *waiting_reason(const json_t *pod)
{
	json_t *status;
	size_t i;

	json_array_foreach(np_json_at(pod, "status/containerStatuses"), i, status) {
		const char *reason = np_json_str(status, "state/waiting/reason", NULL);

		if (reason)
			return reason;
	}
	return NULL;
}

static bool is_hopeless(const char *reason)
{
	for (size_t i = 0; reason && i < sizeof(hopeless) / sizeof(hopeless[0]); i++)
		if (strcmp(reason, hopeless[i]) == 0)
			return true;
	return false;
}

static bool pod_ready(const json_t *pod)
{
	json_t *status;
	size_t i;

	if (strcmp(np_json_str(pod, "status/phase", ""), "Running") != 0 ||
	    !np_json_str(pod, "status/podIP", NULL))
		return false;
	json_array_foreach(np_json_at(pod, "status/containerStatuses"), i, status)
		if (!np_json_bool(status, "ready", 0))
			return false;
	return true;
}

static int pod_failed(const json_t *pod, struct np_err *err)
{
	const char *phase = np_json_str(pod, "status/phase", "");
	const char *name = np_json_str(pod, "metadata/name", "?");
	const char *reason = waiting_reason(pod);

	if (is_hopeless(reason))
		return np_err_set(err, NP_EENV,
				  "pod '%s' cannot start: %s; --image names another image", name,
				  reason);
	if (strcmp(phase, "Failed") == 0 || strcmp(phase, "Succeeded") == 0)
		return np_err_set(err, NP_EENV, "pod '%s' ended: %s", name,
				  np_json_str(pod, "status/message", phase));
	return 0;
}

/* One look: how many are ready; the first that is not, for the message. */
static int count_ready(const json_t *pods, size_t *ret_ready, const json_t **ret_late,
		       struct np_err *err)
{
	size_t i, ready = 0;
	json_t *pod;

	*ret_late = NULL;
	json_array_foreach(pods, i, pod) {
		if (np_json_str(pod, "metadata/deletionTimestamp", NULL))
			continue;
		if (pod_failed(pod, err) < 0)
			return -1;
		if (pod_ready(pod))
			ready++;
		else if (!*ret_late)
			*ret_late = pod;
	}
	*ret_ready = ready;
	return 0;
}

int np_pods_wait(struct np_kube *k, struct np_inject *inject, const char *ns, size_t n,
		 int timeout_ms, json_t **ret, struct np_err *err)
{
	const struct np_kube_query q = { .limit = 500 };
	struct np_backoff wait;
	size_t ready = 0;

	np_backoff_init(&wait, 5000, 500000, (int64_t)timeout_ms * 1000);
	for (;;) {
		const json_t *late = NULL;
		json_t *pods = NULL;
		char name[128];
		int rc = np_kube_list(k, &np_kube_types[NP_KUBE_POD], ns, &q, &pods, NULL, err);

		if (rc < 0)
			return -1;
		rc = count_ready(pods, &ready, &late, err);
		if (rc == 0 && ready >= n) {
			rc = np_inject_pods(inject, pods, err);
			if (rc == 0 && ret)
				*ret = json_incref(pods);
			json_decref(pods);
			return rc;
		}
		snprintf(name, sizeof(name), "%s",
			 late ? np_json_str(late, "metadata/name", "?") : "?");
		json_decref(pods);
		if (rc < 0)
			return -1;
		if (!np_backoff_wait(&wait))
			return np_err_set(err, NP_ETIMEOUT,
					  "%zu of %zu pods of namespace '%s' are not ready after "
					  "%d s; the first is '%s'",
					  n - ready, n, ns, timeout_ms / 1000, name);
	}
}
