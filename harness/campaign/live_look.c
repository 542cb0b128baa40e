/* live_look.c - what is wrong after an epoch. */
#include <string.h>

#include "live_parts.h"
#include "np/base/clock.h"
#include "np/base/json.h"
#include "np/base/mem.h"

#define POLL_PROCESS_MS 50
#define POLL_PODS_MS 1000
#define DOWN_GRACE_MS 3000 /* an agent that is on its way back is no hang */

int live_signals(struct live *l, long long wait_ms, json_t *ret_bugs, struct np_err *err)
{
	int64_t deadline = np_now_ms() + wait_ms;
	int poll_ms = l->a.selector ? POLL_PODS_MS : POLL_PROCESS_MS;

	for (;;) {
		if (agents_look(&l->a, ret_bugs, err) < 0)
			return -1;
		if (json_array_size(ret_bugs) || np_now_ms() >= deadline)
			return 0;
		if (live_interrupted(l))
			return np_err_set(err, NP_EINTR, "interrupted");
		np_sleep_ms(deadline - np_now_ms() < poll_ms ? deadline - np_now_ms() : poll_ms);
	}
}

static const char *component_of(const struct live *l)
{
	for (size_t i = 1; i < l->a.n; i++)
		if (strcmp(l->a.items[i].component, l->a.items[0].component) != 0)
			return "agents";
	return l->a.n ? l->a.items[0].component : "agents";
}

static int check_canary(struct live *l, json_t *ret_bugs, struct np_err *err)
{
	enum field_canary canary;
	long long ms;
	json_t *bug;

	if (field_canary(&l->f, l->patience_ms, &canary, &ms, err) < 0)
		return -1;
	if (canary == CANARY_FINE)
		return 0;
	/* Perhaps it is dead by now, and that is the news. */
	if (live_signals(l, 0, ret_bugs, err) < 0)
		return -1;
	if (json_array_size(ret_bugs) || agents_down(&l->a))
		return 0;
	bug = np_bug_new_of(NP_CRASH_HANG, component_of(l),
			    canary == CANARY_NOT_DENIED ? "new-policy-not-enforced"
							: "deleted-policy-enforced",
			    "",
			    canary == CANARY_NOT_DENIED
				    ? "a policy that denies had no effect on some node"
				    : "a policy that denies had an effect after it was deleted");
	json_object_set_new(bug, "canary", json_true());
	json_array_append_new(ret_bugs, bug);
	return 0;
}

static int check_table(struct live *l, json_t *ret_bugs, struct np_err *err)
{
	struct field_wrong wrong[FIELD_WRONG_MAX];
	size_t n = 0;
	np_auto_free char *message = NULL;
	json_t *bug;

	if (field_table(&l->f, l->patience_ms, wrong, &n, err) < 0)
		return -1;
	if (!n)
		return 0;
	if (live_signals(l, 0, ret_bugs, err) < 0)
		return -1;
	if (json_array_size(ret_bugs) || agents_down(&l->a))
		return 0;
	message = np_xasprintf("%zu connections go the wrong way; %s to %s %s:%u is %s", n,
			       wrong[0].from, wrong[0].to, wrong[0].protocol, wrong[0].port,
			       wrong[0].allowed ? "allowed" : "denied");
	bug = np_bug_new_of(NP_CRASH_ENFORCEMENT, component_of(l),
			    wrong[0].allowed ? "over-allow" : "over-deny", "", message);
	json_object_set_new(bug, "cell",
			    np_json_pack("{s:s, s:s, s:s, s:i, s:s}", "from", wrong[0].from, "to",
					 wrong[0].to, "protocol", wrong[0].protocol, "port",
					 (int)wrong[0].port, "expected",
					 wrong[0].allowed ? "deny" : "allow"));
	json_array_append_new(ret_bugs, bug);
	return 0;
}

int live_check(struct live *l, json_t *ret_bugs, struct np_err *err)
{
	if (live_signals(l, l->settle_ms, ret_bugs, err) < 0)
		return -1;
	if (json_array_size(ret_bugs))
		return 0;
	if (agents_down(
		    &l->a)) /* down since before, and nothing new: whoever restarts it is slow */
		return live_signals(l, DOWN_GRACE_MS, ret_bugs, err);
	if (check_canary(l, ret_bugs, err) < 0)
		return -1;
	return json_array_size(ret_bugs) ? 0 : check_table(l, ret_bugs, err);
}

/* ---- features ---- */

static void collect(const json_t *v, const char *path, json_t *set)
{
	const char *key;
	json_t *item;
	size_t i;

	json_object_foreach((json_t *)v, key, item) {
		np_auto_free char *below = np_xasprintf("%s%s%s", path, *path ? "." : "", key);

		if (strcmp(key, "matchLabels") == 0)
			json_object_set_new(set, below, json_true());
		else
			collect(item, below, set);
	}
	json_array_foreach(v, i, item)
		collect(item, path, set);
	if (!json_object_size(v) && !json_array_size(v))
		json_object_set_new(set, path, json_true());
}

void live_features(const json_t *operations, struct np_buf *ret)
{
	json_t *set = json_object(), *op;
	size_t i;
	char *text;

	json_array_foreach(operations, i, op) {
		const char *what = np_json_str(op, "op", "");

		if (strcmp(what, "apply") == 0)
			collect(np_json_at(op, "object/spec"), "", set);
		else
			json_object_set_new(set, what, json_true());
	}
	text = json_dumps(set, JSON_SORT_KEYS | JSON_COMPACT);
	for (const char *p = text; p && *p; p++)
		if (!strchr("{}\"", *p) && strncmp(p, ":true", 5) != 0)
			np_buf_addc(ret, *p);
		else if (*p == ':')
			p += 4;
	free(text);
	json_decref(set);
}
