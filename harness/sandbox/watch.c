/* Watches. */
#include "watch.h"

#include "np/base/clock.h"
#include "np/base/json.h"
#include "np/base/mem.h"
#include "status.h"

#define BATCH 64
#define BOOKMARK_EVERY_MS 30000
#define DEFAULT_TIMEOUT_S 3600

struct np_watch {
	struct np_api_env env;
	enum np_kind_id kind;
	char *ns;
	struct np_select select;
	enum np_accept_as as;
	enum np_table_include include;
	bool bookmarks, ended, table_head_sent;
	bool announce_initial; /* a bookmark with an annotation follows the initial objects */
	json_t *initial;		/* objects still to send as ADDED, or NULL */
	size_t next_initial;
	uint64_t rev;
	int64_t deadline_ms, bookmark_ms;
	struct np_buf out;
};

void np_watch_free(struct np_watch *w)
{
	if (!w)
		return;
	np_select_release(&w->select);
	json_decref(w->initial);
	np_buf_release(&w->out);
	free(w->ns);
	free(w);
}

static enum np_table_include include_of(const struct np_request *req)
{
	const char *v = np_request_query(req, "includeObject");

	if (v && strcmp(v, "Object") == 0)
		return NP_TABLE_OBJECT;
	return v && strcmp(v, "None") == 0 ? NP_TABLE_NONE : NP_TABLE_METADATA;
}

static void put_line(struct np_watch *w, const char *type, json_t *object_take)
{
	json_t *line = np_json_pack("{s:s, s:o}", "type", type, "object", object_take);

	np_json_dump(line, 0, &w->out);
	np_buf_addc(&w->out, '\n');
	json_decref(line);
}

/* The object in the representation that was asked for; new. */
static json_t *represent(struct np_watch *w, json_t *object)
{
	json_t *items, *table;

	if (w->as == NP_AS_PARTIAL)
		return np_partial_new(object);
	if (w->as != NP_AS_TABLE)
		return json_incref(object);
	items = np_json_pack("[O]", object);
	table = np_table_new(w->kind, items, NULL, w->include, !w->table_head_sent);
	json_object_set_new(json_object_get(table, "metadata"), "resourceVersion",
			    json_incref(np_json_at(object, "metadata/resourceVersion")));
	w->table_head_sent = true;
	json_decref(items);
	return table;
}

static void put_expired(struct np_watch *w, int code, const char *reason, const char *message)
{
	put_line(w, "ERROR", np_status_new(false, code, reason, message, NULL));
	w->ended = true;
}

static void put_bookmark(struct np_watch *w, bool initial_end)
{
	char rev[24];
	json_t *o;

	snprintf(rev, sizeof(rev), "%llu", (unsigned long long)w->rev);
	o = np_json_pack("{s:s, s:s, s:{s:s, s:n}}", "kind", np_kinds[w->kind].kind, "apiVersion",
			 w->kind == NP_KIND_NETWORKPOLICY ? "networking.k8s.io/v1" : "v1",
			 "metadata", "resourceVersion", rev, "creationTimestamp");
	if (initial_end)
		json_object_set_new(json_object_get(o, "metadata"), "annotations",
				    np_json_pack("{s:s}", "k8s.io/initial-events-end", "true"));
	put_line(w, "BOOKMARK",
		 w->as == NP_AS_PARTIAL || w->as == NP_AS_TABLE ? represent(w, o) : json_incref(o));
	json_decref(o);
	w->bookmark_ms = np_now_ms() + BOOKMARK_EVERY_MS;
}

static bool concerns(const struct np_watch *w, const json_t *object)
{
	if (!object ||
	    (*w->ns && strcmp(np_json_str(object, "metadata/namespace", ""), w->ns) != 0))
		return false;
	return np_select_match(&w->select, object);
}

/* What was selected and is no more looks deleted, and the other way round. */
static void put_event(struct np_watch *w, const struct np_event *e)
{
	bool now = e->type != NP_EVENT_DELETED && concerns(w, e->object),
	     before = concerns(w, e->old);
	json_t *gone;

	if (e->kind != w->kind || (!now && !before))
		return;
	if (now) {
		put_line(w, before ? "MODIFIED" : "ADDED", represent(w, e->object));
		return;
	}
	/* The last selected state, with the revision of its end. */
	gone = json_copy(e->old);
	json_object_set_new(gone, "metadata", json_copy(json_object_get(e->old, "metadata")));
	json_object_set(json_object_get(gone, "metadata"), "resourceVersion",
			np_json_at(e->object, "metadata/resourceVersion"));
	put_line(w, "DELETED", represent(w, gone));
	json_decref(gone);
}

static void put_initial(struct np_watch *w)
{
	for (int n = 0; n < BATCH && w->next_initial < json_array_size(w->initial); n++) {
		json_t *o = json_array_get(w->initial, w->next_initial++);

		if (np_select_match(&w->select, o))
			put_line(w, "ADDED", represent(w, o));
	}
	if (w->next_initial < json_array_size(w->initial))
		return;
	json_decref(w->initial);
	w->initial = NULL;
	if (w->announce_initial)
		put_bookmark(w, true);
}

static void put_changes(struct np_watch *w, int wait_ms)
{
	int64_t left_ms = w->deadline_ms - np_now_ms();
	struct np_event events[BATCH];
	int n;

	if (left_ms <= 0 || atomic_load(w->env.stopping)) {
		w->ended = true;
		if (w->bookmarks)
			put_bookmark(w, false);
		return;
	}
	n = np_store_events(w->env.store, w->rev, events, BATCH,
			    left_ms < wait_ms ? (int)left_ms : wait_ms);
	if (n < 0) {
		char message[96];

		snprintf(message, sizeof(message), "too old resource version: %llu (%llu)",
			 (unsigned long long)w->rev,
			 (unsigned long long)np_store_revision(w->env.store));
		put_expired(w, 410, "Expired", message);
	}
	for (int i = 0; i < n; i++) {
		put_event(w, &events[i]);
		w->rev = events[i].rev;
		np_event_release(&events[i]);
	}
	if (w->bookmarks && !w->ended && np_now_ms() >= w->bookmark_ms)
		put_bookmark(w, false);
}

ssize_t np_watch_read(struct np_watch *w, char *buf, size_t max, int wait_ms)
{
	size_t n;

	if (!w->out.len && w->ended)
		return -1;
	if (!w->out.len && w->initial)
		put_initial(w);
	if (!w->out.len && !w->initial)
		put_changes(w, wait_ms);
	n = w->out.len < max ? w->out.len : max;
	if (n)
		memcpy(buf, w->out.data, n);
	np_buf_consume(&w->out, n);
	return n == 0 && w->ended ? -1 : (ssize_t)n;
}

/* 0, or -1 with a Status in the reply. @ret: the revision asked for, 0 when none. */
static int read_revision(const struct np_request *req, struct np_reply *rep, uint64_t *ret)
{
	const char *v = np_request_query(req, "resourceVersion");
	unsigned long long u = 0;

	if (v && *v && !np_str_u64(np_str_from(v), UINT64_MAX, &u))
		return np_fail_bad_request(rep,
					   "invalid resource version \"%.100s\": "
					   "strconv.ParseUint: parsing \"%.100s\": invalid syntax",
					   v, v);
	*ret = u;
	return 0;
}

static int check_options(const struct np_request *req, struct np_reply *rep)
{
	const char *match = np_request_query(req, "resourceVersionMatch");
	bool initial = np_request_query(req, "sendInitialEvents") != NULL;
	struct np_causes causes = { 0 };
	int rc = 0;

	if (initial && (!match || strcmp(match, "NotOlderThan") != 0))
		np_causes_add(
			&causes, NP_CAUSE_FORBIDDEN, "resourceVersionMatch", NULL,
			"sendInitialEvents requires setting resourceVersionMatch to NotOlderThan");
	if (!initial && match && *match)
		np_causes_add(&causes, NP_CAUSE_FORBIDDEN, "resourceVersionMatch", NULL,
			      "resourceVersionMatch is forbidden for watch unless "
			      "sendInitialEvents is provided");
	if (initial && np_request_query_bool(req, "sendInitialEvents") &&
	    !np_request_query_bool(req, "allowWatchBookmarks"))
		np_causes_add(&causes, NP_CAUSE_FORBIDDEN, "allowWatchBookmarks", NULL,
			      "sendInitialEvents requires allowWatchBookmarks to be set");
	if (np_causes_count(&causes))
		rc = np_fail_invalid_options(rep, "ListOptions", &causes);
	np_causes_release(&causes);
	return rc;
}

static void start_at(struct np_watch *w, const struct np_request *req, uint64_t rev)
{
	const char *initial = np_request_query(req, "sendInitialEvents");
	bool from_state = initial ? np_request_query_bool(req, "sendInitialEvents") : rev == 0;

	w->announce_initial = initial && from_state;
	w->rev = rev;
	if (from_state)
		w->initial = np_store_list(w->env.store, w->kind, w->ns, &w->rev);
	else if (rev == 0)
		w->rev = np_store_revision(w->env.store);
	if (rev > np_store_revision(w->env.store))
		put_expired(w, 504, "Timeout",
			    "Too large resource version: the server has not come that far");
}

struct np_watch *np_watch_new(const struct np_request *req, struct np_reply *rep,
			      enum np_accept_as as)
{
	struct np_err err = { 0 };
	long long timeout_s;
	struct np_watch *w;
	uint64_t rev = 0;

	if (check_options(req, rep) || read_revision(req, rep, &rev) ||
	    np_request_query_int(req, rep, "timeoutSeconds", DEFAULT_TIMEOUT_S, &timeout_s))
		return NULL;
	w = np_xcalloc(1, sizeof(*w));
	w->env = req->env;
	w->kind = req->kind;
	w->ns = np_xstrdup(req->ns);
	w->as = as;
	w->include = include_of(req);
	w->bookmarks = np_request_query_bool(req, "allowWatchBookmarks");
	w->bookmark_ms = np_now_ms() + BOOKMARK_EVERY_MS;
	w->deadline_ms =
		np_now_ms() +
		(timeout_s > 0 && timeout_s < 86400 ? timeout_s : DEFAULT_TIMEOUT_S) * 1000;
	if (np_select_parse(req->kind, np_request_query(req, "labelSelector"),
			    np_request_query(req, "fieldSelector"), &w->select, &err)) {
		np_fail_bad_request(rep, "%s", err.msg);
		np_watch_free(w);
		return NULL;
	}
	start_at(w, req, rev);
	return w;
}
