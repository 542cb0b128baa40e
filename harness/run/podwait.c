/* podwait.c - waiting for pods. */
#include "podwait.h"

#include <string.h>

#include "np/base/clock.h"
#include "np/base/json.h"
#include "np/kube/resource.h"
#include "podwhy.h"
#include "trouble.h"

#define WHY_MAX 200

bool np_pod_told_to_end(const json_t *pod)
{
	return json_object_get(np_json_at(pod, "metadata/annotations"), NP_ANNOTATION_FORCE_PHASE);
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

/* In one sentence: which image, why, and the three ways out. */
static int cannot_start(const json_t *pod, const char *name, const char *why, struct np_err *err)
{
	const json_t *first = json_array_get(np_json_at(pod, "spec/containers"), 0);

	return np_err_set(err, NP_EENV,
			  "pod '%s' cannot start from the image '%.120s': %s; name one that the "
			  "nodes can pull (--image), load the archive of 'make image' into them, or "
			  "let the agent be copied into a stock image (--inject)",
			  name, np_json_str(first, "image", "?"), why);
}

static int pod_failed(const json_t *pod, struct np_err *err)
{
	const char *phase = np_json_str(pod, "status/phase", "");
	const char *name = np_json_str(pod, "metadata/name", "?");
	char why[WHY_MAX];

	if (np_pod_why(pod, why, sizeof(why)))
		return cannot_start(pod, name, why, err);
	if (strcmp(phase, "Failed") == 0 || strcmp(phase, "Succeeded") == 0)
		return np_trouble_pod(pod, name, NULL, err);
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
		if (np_json_str(pod, "metadata/deletionTimestamp", NULL) || np_pod_told_to_end(pod))
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

/* The first pod that is late, and why as far as its node or its container says. */
static int too_late(struct np_kube *k, const char *ns, const json_t *late, size_t lacking, size_t n,
		    int timeout_ms, struct np_err *err)
{
	const char *node = np_json_str(late, "spec/nodeName", NULL);
	char why[WHY_MAX];

	if (node && np_trouble_node(k, node, err))
		return np_err_prefix(err, "pod '%s' is not ready",
				     np_json_str(late, "metadata/name", "?"));
	np_pod_why(late, why, sizeof(why));
	return np_err_set(err, NP_ETIMEOUT,
			  "%zu of %zu pods of namespace '%s' are not ready after %d s; the first is "
			  "'%s'%s%s", lacking, n, ns, timeout_ms / 1000,
			  np_json_str(late, "metadata/name", "?"), *why ? ": " : "", why);
}

/* One list. 1: enough are ready; 0: wait; -1. *@ret_late is a new reference or NULL. */
static int look_once(struct np_kube *k, const char *ns, size_t n, np_pods_look *look, void *ctx,
		     json_t **ret_pods, size_t *ret_ready, json_t **ret_late, struct np_err *err)
{
	const struct np_kube_query q = { .limit = 500 };
	const json_t *late = NULL;
	json_t *pods = NULL;
	int rc;

	if (np_kube_list(k, &np_kube_types[NP_KUBE_POD], ns, &q, &pods, NULL, err) < 0)
		return -1;
	rc = look ? look(ctx, pods, err) : 0;
	if (rc == 0)
		rc = count_ready(pods, ret_ready, &late, err);
	if (rc == 0 && *ret_ready >= n) {
		*ret_pods = pods;
		return 1;
	}
	*ret_late = json_incref((json_t *)late);
	json_decref(pods);
	return rc;
}

int np_pods_wait_looking(struct np_kube *k, struct np_inject *inject, const char *ns, size_t n,
			 int timeout_ms, np_pods_look *look, void *ctx, json_t **ret,
			 struct np_err *err)
{
	long long outage_ms = np_kube_outage_ms(k);
	int64_t begin_us = np_now_us();
	struct np_backoff wait;

	np_backoff_init(&wait, 5000, 500000, INT64_MAX / 2);
	for (;;) {
		json_t *pods = NULL, *late = NULL;
		size_t ready = 0;
		int rc = look_once(k, ns, n, look, ctx, &pods, &ready, &late, err);
		int64_t waited_ms = (np_now_us() - begin_us) / 1000 -
				    (np_kube_outage_ms(k) - outage_ms);

		if (rc == 1) {
			rc = np_inject_pods(inject, pods, err);
			if (rc == 0 && ret)
				*ret = json_incref(pods);
			json_decref(pods);
			return rc;
		}
		if (rc == 0 && waited_ms > timeout_ms)
			rc = too_late(k, ns, late, n - ready, n, timeout_ms, err);
		json_decref(late);
		if (rc < 0)
			return -1;
		np_backoff_wait(&wait);
	}
}

int np_pods_wait(struct np_kube *k, struct np_inject *inject, const char *ns, size_t n,
		 int timeout_ms, json_t **ret, struct np_err *err)
{
	return np_pods_wait_looking(k, inject, ns, n, timeout_ms, NULL, NULL, ret, err);
}
