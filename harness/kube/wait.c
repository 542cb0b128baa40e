/* wait.c - layer kube: waiting until an object is gone, and saying what keeps it. */
#include "np/base/clock.h"
#include "np/base/json.h"
#include "np/base/mem.h"
#include "np/kube/resource.h"
#include "transport.h"

#define FIRST_PAUSE_MS 50
#define MAX_PAUSE_MS 1000

static const char *text_of(const json_t *v)
{
	return json_is_string(v) ? json_string_value(v) : "?";
}

/* "finalizers a, b" and, of a namespace, the conditions that are true. */
static void add_reasons(struct np_buf *b, const json_t *obj)
{
	json_t *v;
	size_t i;

	json_array_foreach(np_json_at(obj, "metadata/finalizers"), i, v)
		np_buf_printf(b, "%s%s", i ? ", " : "; finalizers ", text_of(v));
	json_array_foreach(np_json_at(obj, "spec/finalizers"), i, v)
		np_buf_printf(b, "%s%s", i ? ", " : "; finalizers ", text_of(v));
	json_array_foreach(np_json_at(obj, "status/conditions"), i, v)
		if (!strcmp(np_json_str(v, "status", ""), "True") &&
		    strstr(np_json_str(v, "type", ""), "Remaining"))
			np_buf_printf(b, "; %s", np_json_str(v, "message", ""));
	if (!np_json_at(obj, "metadata/deletionTimestamp"))
		np_buf_adds(b, "; nobody has deleted it");
}

static int still_there(const struct np_kube_type *t, const char *name, const json_t *obj,
		       int timeout_ms, struct np_err *err)
{
	struct np_buf b = { NULL, 0, 0 };

	add_reasons(&b, obj);
	np_err_set(err, NP_ETIMEOUT, "%s '%s' is still there after %d ms%s", t->kind, name,
		   timeout_ms, np_buf_text(&b));
	np_buf_release(&b);
	return -1;
}

/* 1: gone; 0: *@ret_obj is there; -1. */
static int look(struct np_kube *k, const struct np_kube_type *t, const char *ns, const char *name,
		const char *uid, int timeout_ms, json_t **ret_obj, struct np_err *err)
{
	struct np_kube_reply r = { .http = 0 };
	struct np_buf path = { NULL, 0, 0 };
	struct np_kube_req req = { .method = "GET", .timeout_ms = timeout_ms };
	int rc;

	np_kube_path(&path, t, ns, name, NULL);
	req.path = np_buf_text(&path);
	rc = np_kube_request(k, &req, &r, err);
	if (rc && r.http == 404)
		rc = 1;
	else if (!rc && uid && strcmp(np_json_str(r.body, "metadata/uid", ""), uid))
		rc = 1;
	else if (!rc)
		*ret_obj = json_incref(r.body);
	np_buf_release(&path);
	np_kube_reply_release(&r);
	return rc;
}

int np_kube_wait_gone(struct np_kube *k, const struct np_kube_type *t, const char *ns,
		      const char *name, const char *uid, int timeout_ms, struct np_err *err)
{
	int64_t deadline = np_now_ms() + timeout_ms - np_kube_outage_ms(k);
	int64_t pause = FIRST_PAUSE_MS;

	if (!*name || (t->namespaced && (!ns || !*ns)))
		return np_err_set(err, NP_EUSAGE, "a name and a namespace are needed here");
	for (;;) {
		int64_t left = deadline + np_kube_outage_ms(k) - np_now_ms();
		json_t *obj = NULL;
		int rc = look(k, t, ns, name, uid, left > 1000 ? (int)left : 1000, &obj, err);

		if (rc)
			return rc > 0 ? 0 : -1;
		left = deadline + np_kube_outage_ms(k) - np_now_ms();
		if (left <= 0) {
			still_there(t, name, obj, timeout_ms, err);
			json_decref(obj);
			return -1;
		}
		json_decref(obj);
		if (np_kube_pause(k, pause < left ? pause : left, err))
			return -1;
		pause = pause * 2 < MAX_PAUSE_MS ? pause * 2 : MAX_PAUSE_MS;
	}
}
