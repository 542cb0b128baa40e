/* live_replay.c - does a finding still happen, and how does one of code alone look in a cluster? */
#include <string.h>

#include "live_parts.h"
#include "np/base/clock.h"
#include "np/base/file.h"
#include "np/base/json.h"
#include "np/base/mem.h"

#define REPLAY_TRIES 3

static bool kind_is(const json_t *bug, const char *kind)
{
	return strcmp(np_json_str(bug, "kind", ""), kind) == 0;
}

/* Found in an agent's code alone: nobody knows yet how it looks in a cluster. */
static bool is_of_code(const json_t *bug)
{
	return !np_json_str(bug, "sign", NULL) && !*np_json_str(bug, "watch/pid_file", "") &&
	       !*np_json_str(bug, "watch/selector", "");
}

/*
 * What a finding of code may be in a cluster: the same panic, which somebody catches there; of one
 * that takes all memory or time, an end or standing still.
 */
static bool may_be(const json_t *bug, const json_t *seen)
{
	if (kind_is(bug, "oom") || kind_is(bug, "hang"))
		return kind_is(seen, "oom") || kind_is(seen, "hang") || kind_is(seen, "crash");
	return strcmp(np_json_str(bug, "type", "?"), np_json_str(seen, "type", "")) == 0;
}

/* From now on the finding is known by how it looks in a cluster. */
static void take_sign(json_t *bug, const json_t *seen)
{
	static const char *const parts[] = { "kind", "type", "message", "stack", "canary" };
	json_t *as = json_object();

	for (size_t i = 0; i < NP_ARRAY_SIZE(parts); i++)
		if (json_object_get(seen, parts[i]))
			json_object_set(as, parts[i], json_object_get(seen, parts[i]));
	json_object_set_new(as, "needle",
			    np_json_string(np_str_from(np_json_str(seen, "watch/needle", ""))));
	json_object_set_new(bug, "seen_as", as);
	json_object_set(bug, "sign", json_object_get(seen, "key"));
}

static int replay_once(struct live *l, json_t *bug, struct np_err *err)
{
	json_t *bugs = json_array(), *seen;
	int rc = live_try(l, json_object_get(bug, "operations"), bug, bugs, err);
	size_t i;

	if (rc == 0 && is_of_code(bug))
		json_array_foreach(bugs, i, seen)
			if (is_of_code(bug) && may_be(bug, seen))
				take_sign(bug, seen);
	if (rc == 0)
		rc = live_among(bugs, bug);
	json_decref(bugs);
	return rc;
}

/* 1 when it showed in one try at least. */
static int replay_tries(struct live *l, json_t *bug, struct np_err *err)
{
	char now[64];
	int ok = 0, total = 0;

	for (; total < REPLAY_TRIES; total++) {
		int rc = replay_once(l, bug, err);

		if (rc < 0)
			return -1;
		ok += rc;
	}
	np_wall_text(now, sizeof(now));
	json_object_set_new(bug, "reliability", np_json_pack("{s:i, s:i}", "ok", ok, "total", total));
	json_object_set_new(bug, "replayed",
			    np_json_pack("{s:s, s:b, s:s}", "when", now, "shows", ok > 0, "kubelet",
					 np_json_str(json_array_get(l->nodes, 0),
						     "status/nodeInfo/kubeletVersion", "?")));
	return ok > 0;
}

int np_live_replay(const struct np_live_options *options, json_t *bug, struct np_err *err)
{
	struct np_live_summary sum = { 0 };
	struct np_live_options o = *options;
	const char *pid_file = np_json_str(bug, "watch/pid_file", ""),
		   *log = np_json_str(bug, "watch/log", "");
	struct np_err close_err = { 0 };
	struct live l = { .o = &o,
			  .sum = &sum,
			  .live = json_array(),
			  .patterns = json_array(),
			  .counts = json_object(),
			  .j = { .fd = -1 } };
	np_auto_free char *dir =
		np_xasprintf("/tmp/netpolcheck-replay-%lld", (long long)np_now_us());
	int rc;

	if (!o.selector && !o.n_pid_files && *pid_file) {
		o.pid_files = &pid_file;
		o.logs = &log;
		o.n_pid_files = o.n_logs = 1;
	}
	if (!o.selector && !o.n_pid_files && *np_json_str(bug, "watch/selector", "")) {
		o.selector = np_json_str(bug, "watch/selector", "");
		o.agent_ns = np_json_str(bug, "watch/namespace", "kube-system");
	}
	if (o.n_pid_files && !o.component)
		o.component = np_json_str(bug, "component", NULL);
	o.out_dir = dir;
	rc = live_open(&l, err);
	rc = rc < 0 ? rc : replay_tries(&l, bug, err);
	if (rc >= 0 && live_recover(&l, false, NULL, err) < 0)
		rc = -1;
	if (live_close(&l, &close_err) < 0 && rc >= 0) {
		*err = close_err;
		rc = -1;
	}
	np_dir_remove(dir, NULL);
	return rc;
}
