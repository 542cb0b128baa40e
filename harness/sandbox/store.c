/* Objects on sorted shelves, and a ring of events. */
#include "store.h"

#include <errno.h>
#include <pthread.h>
#include <sys/random.h>

#include "np/base/json.h"
#include "np/base/mem.h"

const struct np_kind np_kinds[NP_N_KINDS] = {
	[NP_KIND_NAMESPACE] = { "", "v1", "Namespace", "namespaces", "namespace",
				(const char *const[]){ "ns", NULL }, false },
	[NP_KIND_NODE] = { "", "v1", "Node", "nodes", "node", (const char *const[]){ "no", NULL },
			   false },
	[NP_KIND_POD] = { "", "v1", "Pod", "pods", "pod", (const char *const[]){ "po", NULL },
			  true },
	[NP_KIND_SERVICE] = { "", "v1", "Service", "services", "service",
			      (const char *const[]){ "svc", NULL }, true },
	[NP_KIND_NETWORKPOLICY] = { "networking.k8s.io", "v1", "NetworkPolicy", "networkpolicies",
				    "networkpolicy", (const char *const[]){ "netpol", NULL },
				    true },
	[NP_KIND_EVENT] = { "", "v1", "Event", "events", "event",
			    (const char *const[]){ "ev", NULL }, true },
};

/* One kind: objects sorted by namespace, then name. */
struct shelf {
	json_t **objects;
	size_t n, cap;
};

/* Revision r is log[r % NP_STORE_LOG_MAX] while rev - NP_STORE_LOG_MAX < r <= rev. */
struct np_store {
	pthread_mutex_t lock;
	pthread_cond_t changed;
	uint64_t rev;
	uint64_t first_logged;	/* revision of the oldest event that the log holds */
	uint64_t wakes;
	struct shelf shelves[NP_N_KINDS];
	struct np_event log[NP_STORE_LOG_MAX];
};

struct np_store *np_store_new(void)
{
	struct np_store *s = np_xcalloc(1, sizeof(*s));
	pthread_condattr_t attr;

	pthread_mutex_init(&s->lock, NULL);
	pthread_condattr_init(&attr);
	pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
	pthread_cond_init(&s->changed, &attr);
	pthread_condattr_destroy(&attr);
	s->rev = 1;
	s->first_logged = 2;
	return s;
}

void np_event_release(struct np_event *e)
{
	json_decref(e->object);
	json_decref(e->old);
	e->object = e->old = NULL;
}

void np_store_free(struct np_store *s)
{
	if (!s)
		return;
	for (size_t k = 0; k < NP_N_KINDS; k++) {
		for (size_t i = 0; i < s->shelves[k].n; i++)
			json_decref(s->shelves[k].objects[i]);
		free(s->shelves[k].objects);
	}
	for (size_t i = 0; i < NP_STORE_LOG_MAX; i++)
		np_event_release(&s->log[i]);
	pthread_cond_destroy(&s->changed);
	pthread_mutex_destroy(&s->lock);
	free(s);
}

static const char *ns_of(const json_t *o)
{
	return np_json_str(o, "metadata/namespace", "");
}

static const char *name_of(const json_t *o)
{
	return np_json_str(o, "metadata/name", "");
}

static int key_cmp(const json_t *o, const char *ns, const char *name)
{
	int c = strcmp(ns_of(o), ns);

	return c ? c : strcmp(name_of(o), name);
}

/* Index of the first object not below (ns, name). */
static size_t shelf_lower(const struct shelf *sh, const char *ns, const char *name)
{
	size_t lo = 0, hi = sh->n;

	while (lo < hi) {
		size_t mid = lo + (hi - lo) / 2;

		if (key_cmp(sh->objects[mid], ns, name) < 0)
			lo = mid + 1;
		else
			hi = mid;
	}
	return lo;
}

static bool shelf_find(const struct shelf *sh, const char *ns, const char *name, size_t *ret)
{
	size_t i = shelf_lower(sh, ns, name);

	*ret = i;
	return i < sh->n && key_cmp(sh->objects[i], ns, name) == 0;
}

static void shelf_insert(struct shelf *sh, size_t i, json_t *o)
{
	sh->objects = np_grow(sh->objects, &sh->cap, sh->n, sizeof(json_t *));
	memmove(sh->objects + i + 1, sh->objects + i, (sh->n - i) * sizeof(json_t *));
	sh->objects[i] = o;
	sh->n++;
}

static void shelf_remove(struct shelf *sh, size_t i)
{
	sh->n--;
	memmove(sh->objects + i, sh->objects + i + 1, (sh->n - i) * sizeof(json_t *));
}

uint64_t np_store_revision(struct np_store *s)
{
	uint64_t rev;

	pthread_mutex_lock(&s->lock);
	rev = s->rev;
	pthread_mutex_unlock(&s->lock);
	return rev;
}

json_t *np_store_get(struct np_store *s, enum np_kind_id kind, const char *ns, const char *name)
{
	struct shelf *sh = &s->shelves[kind];
	json_t *o = NULL;
	size_t i;

	pthread_mutex_lock(&s->lock);
	if (shelf_find(sh, ns ? ns : "", name, &i))
		o = json_incref(sh->objects[i]);
	pthread_mutex_unlock(&s->lock);
	return o;
}

/* Call with the lock held. */
static json_t *list_now(struct np_store *s, enum np_kind_id kind, const char *ns)
{
	struct shelf *sh = &s->shelves[kind];
	bool all = !ns || !*ns;
	json_t *list = json_array();

	for (size_t i = all ? 0 : shelf_lower(sh, ns, ""); i < sh->n; i++) {
		if (!all && strcmp(ns_of(sh->objects[i]), ns) != 0)
			break;
		json_array_append(list, sh->objects[i]);
	}
	return list;
}

json_t *np_store_list(struct np_store *s, enum np_kind_id kind, const char *ns, uint64_t *ret_rev)
{
	json_t *list;

	pthread_mutex_lock(&s->lock);
	list = list_now(s, kind, ns);
	if (ret_rev)
		*ret_rev = s->rev;
	pthread_mutex_unlock(&s->lock);
	return list;
}

static size_t array_lower(const json_t *list, const json_t *o)
{
	size_t lo = 0, hi = json_array_size(list);

	while (lo < hi) {
		size_t mid = lo + (hi - lo) / 2;

		if (key_cmp(json_array_get(list, mid), ns_of(o), name_of(o)) < 0)
			lo = mid + 1;
		else
			hi = mid;
	}
	return lo;
}

/* Takes one event back from a sorted list. */
static void undo(json_t *list, const struct np_event *e)
{
	size_t i = array_lower(list, e->object);

	switch (e->type) {
	case NP_EVENT_ADDED:
		json_array_remove(list, i);
		break;
	case NP_EVENT_MODIFIED:
		json_array_set(list, i, e->old);
		break;
	case NP_EVENT_DELETED:
		json_array_insert(list, i, e->old);
		break;
	}
}

json_t *np_store_list_at(struct np_store *s, enum np_kind_id kind, const char *ns, uint64_t rev)
{
	bool all = !ns || !*ns;
	json_t *list = NULL;

	pthread_mutex_lock(&s->lock);
	if (rev <= s->rev && rev + 1 >= s->first_logged) {
		list = list_now(s, kind, ns);
		for (uint64_t r = s->rev; r > rev; r--) {
			const struct np_event *e = &s->log[r % NP_STORE_LOG_MAX];

			if (e->kind == kind && (all || strcmp(ns_of(e->object), ns) == 0))
				undo(list, e);
		}
	}
	pthread_mutex_unlock(&s->lock);
	return list;
}

static json_t *random_uid(void)
{
	unsigned char b[16];
	char text[40];

	if (getrandom(b, sizeof(b), 0) != (ssize_t)sizeof(b))
		memset(b, 0, sizeof(b));
	b[6] = (unsigned char)((b[6] & 0x0f) | 0x40);
	b[8] = (unsigned char)((b[8] & 0x3f) | 0x80);
	snprintf(text, sizeof(text),
		 "%02x%02x%02x%02x-%02x%02x-%02x%02x-%02x%02x-%02x%02x%02x%02x%02x%02x", b[0], b[1],
		 b[2], b[3], b[4], b[5], b[6], b[7], b[8], b[9], b[10], b[11], b[12], b[13], b[14],
		 b[15]);
	return json_string(text);
}

static json_t *wall_seconds(void)
{
	time_t now = time(NULL);
	char text[32];
	struct tm tm;

	gmtime_r(&now, &tm);
	strftime(text, sizeof(text), "%Y-%m-%dT%H:%M:%SZ", &tm);
	return json_string(text);
}

static void set_revision(json_t *meta, uint64_t rev)
{
	char text[24];

	snprintf(text, sizeof(text), "%llu", (unsigned long long)rev);
	json_object_set_new(meta, "resourceVersion", json_string(text));
}

/*
 * Raises the revision, logs, wakes the readers. Call with the lock held; @object and @old:
 * references are added.
 */
static void log_event(struct np_store *s, enum np_event_type type, enum np_kind_id kind,
		      json_t *object, json_t *old)
{
	struct np_event *e = &s->log[++s->rev % NP_STORE_LOG_MAX];

	if (e->object)
		s->first_logged = e->rev + 1;
	np_event_release(e);
	*e = (struct np_event){ type, kind, s->rev, json_incref(object), json_incref(old) };
	pthread_cond_broadcast(&s->changed);
}

static int check_key(enum np_kind_id kind, const json_t *o, struct np_err *err)
{
	const json_t *meta = json_object_get(o, "metadata");

	if (!json_is_object(meta) || !*name_of(o))
		return np_err_set(err, NP_EVALID, "an object of kind '%s' has no metadata.name",
				  np_kinds[kind].kind);
	if (!*ns_of(o) == np_kinds[kind].namespaced)
		return np_err_set(err, NP_EVALID, "%s '%s' %s a namespace", np_kinds[kind].kind,
				  name_of(o),
				  np_kinds[kind].namespaced ? "lacks" : "must not have");
	return 0;
}

static void hand_out(json_t **ret, json_t *o)
{
	if (ret)
		*ret = json_incref(o);
}

int np_store_create(struct np_store *s, enum np_kind_id kind, const json_t *object, json_t **ret,
		    struct np_err *err)
{
	struct shelf *sh = &s->shelves[kind];
	json_t *copy, *meta;
	size_t i;
	int rc = 0;

	if (check_key(kind, object, err))
		return -1;
	copy = json_deep_copy(object);
	meta = json_object_get(copy, "metadata");
	json_object_set_new(meta, "uid", random_uid());
	json_object_set_new(meta, "creationTimestamp", wall_seconds());
	pthread_mutex_lock(&s->lock);
	if (shelf_find(sh, ns_of(copy), name_of(copy), &i)) {
		rc = np_err_set(err, NP_ECONFLICT, "%s \"%s\" already exists",
				np_kinds[kind].plural, name_of(copy));
	} else {
		set_revision(meta, s->rev + 1);
		shelf_insert(sh, i, json_incref(copy));
		log_event(s, NP_EVENT_ADDED, kind, copy, NULL);
		hand_out(ret, copy);
	}
	pthread_mutex_unlock(&s->lock);
	json_decref(copy);
	return rc;
}

/* Makes what the store owns in @copy's metadata as it is in @old. */
static void keep_identity(json_t *copy, const json_t *old)
{
	static const char *const kept[] = { "uid", "creationTimestamp", "resourceVersion" };
	json_t *meta = json_object_get(copy, "metadata"),
	       *old_meta = json_object_get(old, "metadata");

	for (size_t i = 0; i < NP_ARRAY_SIZE(kept); i++)
		json_object_set(meta, kept[i], json_object_get(old_meta, kept[i]));
}

/* Call with the lock held. */
static int replace_locked(struct np_store *s, enum np_kind_id kind, json_t *copy, json_t **ret,
			  struct np_err *err)
{
	const char *based_on = np_json_str(copy, "metadata/resourceVersion", "");
	struct shelf *sh = &s->shelves[kind];
	json_t *old;
	size_t i;

	if (!shelf_find(sh, ns_of(copy), name_of(copy), &i))
		return np_err_set(err, NP_ENOTFOUND, "%s \"%s\" not found", np_kinds[kind].plural,
				  name_of(copy));
	old = sh->objects[i];
	if (*based_on && strcmp(based_on, np_json_str(old, "metadata/resourceVersion", "")) != 0)
		return np_err_set(err, NP_ECONFLICT, "%s \"%s\" was changed since it was read",
				  np_kinds[kind].plural, name_of(copy));
	keep_identity(copy, old);
	if (json_equal(copy, old)) {
		hand_out(ret, old);
		return 0;
	}
	set_revision(json_object_get(copy, "metadata"), s->rev + 1);
	sh->objects[i] = json_incref(copy);
	log_event(s, NP_EVENT_MODIFIED, kind, copy, old);
	json_decref(old);
	hand_out(ret, copy);
	return 0;
}

int np_store_update(struct np_store *s, enum np_kind_id kind, const json_t *object, json_t **ret,
		    struct np_err *err)
{
	json_t *copy;
	int rc;

	if (check_key(kind, object, err))
		return -1;
	copy = json_deep_copy(object);
	pthread_mutex_lock(&s->lock);
	rc = replace_locked(s, kind, copy, ret, err);
	pthread_mutex_unlock(&s->lock);
	json_decref(copy);
	return rc;
}

/* @o with another revision; its content is shared, which is safe as nothing stored ever changes. */
static json_t *with_revision(const json_t *o, uint64_t rev)
{
	json_t *copy = json_copy((json_t *)o);
	json_t *meta = json_copy(json_object_get(o, "metadata"));

	set_revision(meta, rev);
	json_object_set_new(copy, "metadata", meta);
	return copy;
}

int np_store_delete(struct np_store *s, enum np_kind_id kind, const char *ns, const char *name,
		    json_t **ret, struct np_err *err)
{
	struct shelf *sh = &s->shelves[kind];
	int rc = 0;
	size_t i;

	pthread_mutex_lock(&s->lock);
	if (!shelf_find(sh, ns ? ns : "", name, &i)) {
		rc = np_err_set(err, NP_ENOTFOUND, "%s \"%s\" not found", np_kinds[kind].plural,
				name);
	} else {
		json_t *old = sh->objects[i], *last = with_revision(old, s->rev + 1);

		shelf_remove(sh, i);
		log_event(s, NP_EVENT_DELETED, kind, last, old);
		hand_out(ret, last);
		json_decref(last);
		json_decref(old);
	}
	pthread_mutex_unlock(&s->lock);
	return rc;
}

static struct timespec deadline(int timeout_ms)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	ts.tv_sec += timeout_ms / 1000;
	ts.tv_nsec += timeout_ms % 1000 * 1000000L;
	if (ts.tv_nsec >= 1000000000L) {
		ts.tv_sec++;
		ts.tv_nsec -= 1000000000L;
	}
	return ts;
}

/* Call with the lock held. */
static int copy_events(struct np_store *s, uint64_t after, struct np_event *ret, int max)
{
	int n = 0;

	if (after + 1 < s->first_logged)
		return -1;
	for (uint64_t r = after + 1; r <= s->rev && n < max; r++, n++) {
		ret[n] = s->log[r % NP_STORE_LOG_MAX];
		json_incref(ret[n].object);
		json_incref(ret[n].old);
	}
	return n;
}

int np_store_events(struct np_store *s, uint64_t after, struct np_event *ret, int max,
		    int timeout_ms)
{
	struct timespec until = deadline(timeout_ms > 0 ? timeout_ms : 0);
	uint64_t wakes;
	int n;

	pthread_mutex_lock(&s->lock);
	wakes = s->wakes;
	while (s->rev <= after && s->wakes == wakes && timeout_ms > 0) {
		if (pthread_cond_timedwait(&s->changed, &s->lock, &until) == ETIMEDOUT)
			break;
	}
	n = copy_events(s, after, ret, max);
	pthread_mutex_unlock(&s->lock);
	return n;
}

void np_store_wake(struct np_store *s)
{
	pthread_mutex_lock(&s->lock);
	s->wakes++;
	pthread_cond_broadcast(&s->changed);
	pthread_mutex_unlock(&s->lock);
}
