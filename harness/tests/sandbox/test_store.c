/* The object store: keys, revisions, lists of the past, events, many threads. */
#include <pthread.h>

#include "../../sandbox/store.h"
#include "api_test.h"
#include "np/base/clock.h"

static json_t *object(const char *ns, const char *name, const char *label)
{
	json_t *o =
		np_json_pack("{s:{s:s, s:{s:s}}}", "metadata", "name", name, "labels", "l", label);

	if (*ns)
		json_object_set_new(json_object_get(o, "metadata"), "namespace", json_string(ns));
	return o;
}

static int put(struct np_store *s, const char *ns, const char *name, const char *label,
	       struct np_err *err)
{
	json_t *o = object(ns, name, label);
	int rc = np_store_create(s, NP_KIND_POD, o, NULL, err);

	json_decref(o);
	return rc;
}

static int change(struct np_store *s, const char *ns, const char *name, const char *label,
		  const char *rev, json_t **ret, struct np_err *err)
{
	json_t *o = object(ns, name, label);
	int rc;

	if (rev)
		json_object_set_new(json_object_get(o, "metadata"), "resourceVersion",
				    json_string(rev));
	rc = np_store_update(s, NP_KIND_POD, o, ret, err);
	json_decref(o);
	return rc;
}

/* "ns/name=label ns/name=label " */
static char *names(const json_t *list)
{
	struct np_buf b = { 0 };
	json_t *o;
	size_t i;

	np_buf_adds(&b, "");
	json_array_foreach(list, i, o)
		np_buf_printf(&b, "%s/%s=%s ", np_json_str(o, "metadata/namespace", ""),
			      np_json_str(o, "metadata/name", "?"),
			      np_json_str(o, "metadata/labels/l", "?"));
	return np_buf_steal(&b);
}

static void assert_list(json_t *list_take, const char *want)
{
	char *have = names(list_take);

	ck_assert_str_eq(have, want);
	free(have);
	json_decref(list_take);
}

START_TEST(kinds)
{
	for (size_t k = 0; k < NP_N_KINDS; k++) {
		ck_assert_ptr_nonnull(np_kinds[k].plural);
		ck_assert_ptr_nonnull(np_kinds[k].short_names[0]);
		ck_assert_str_eq(np_kinds[k].version, "v1");
	}
	ck_assert_str_eq(np_kinds[NP_KIND_NETWORKPOLICY].group, "networking.k8s.io");
	ck_assert(!np_kinds[NP_KIND_NODE].namespaced && np_kinds[NP_KIND_EVENT].namespaced);
}
END_TEST

START_TEST(create_fills_and_copies)
{
	struct np_store *s = np_store_new();
	struct np_err err = { 0 };
	json_t *o = object("a", "p", "1"), *stored, *again;

	ck_assert_uint_eq(np_store_revision(s), 1);
	ck_assert_int_eq(np_store_create(s, NP_KIND_POD, o, &stored, &err), 0);
	ck_assert_uint_eq(np_store_revision(s), 2);
	ck_assert_str_eq(np_json_str(stored, "metadata/resourceVersion", ""), "2");
	ck_assert_uint_eq(strlen(np_json_str(stored, "metadata/uid", "")), 36);
	ck_assert_uint_eq(strlen(np_json_str(stored, "metadata/creationTimestamp", "")), 20);
	/* The caller's object is the caller's. */
	ck_assert_ptr_null(np_json_at(o, "metadata/uid"));
	json_object_set_new(json_object_get(o, "metadata"), "name", json_string("other"));
	again = np_store_get(s, NP_KIND_POD, "a", "p");
	ck_assert_ptr_eq(again, stored);
	json_decref(again);
	ck_assert_ptr_null(np_store_get(s, NP_KIND_POD, "a", "other"));
	ck_assert_ptr_null(np_store_get(s, NP_KIND_SERVICE, "a", "p"));
	ck_assert_ptr_null(np_store_get(s, NP_KIND_POD, "", "p"));
	ck_assert_int_eq(put(s, "a", "p", "2", &err), -1);
	ck_assert_int_eq(err.code, NP_ECONFLICT);
	ck_assert_uint_eq(np_store_revision(s), 2);
	json_decref(stored);
	json_decref(o);
	np_store_free(s);
}
END_TEST

START_TEST(keys_are_checked)
{
	static const struct {
		enum np_kind_id kind;
		const char *object;
	} bad[] = {
		{ NP_KIND_POD, "{}" },
		{ NP_KIND_POD, "{'metadata': {}}" },
		{ NP_KIND_POD, "{'metadata': {'name': 'x'}}" },
		{ NP_KIND_POD, "{'metadata': {'name': '', 'namespace': 'a'}}" },
		{ NP_KIND_POD, "{'metadata': []}" },
		{ NP_KIND_NODE, "{'metadata': {'name': 'x', 'namespace': 'a'}}" },
		{ NP_KIND_NODE, "[]" },
	};
	struct np_store *s = np_store_new();

	for (size_t i = 0; i < NP_ARRAY_SIZE(bad); i++) {
		json_t *o = J(bad[i].object);
		struct np_err err = { 0 };

		ck_assert_int_eq(np_store_create(s, bad[i].kind, o, NULL, &err), -1);
		ck_assert_int_eq(err.code, NP_EVALID);
		err.code = NP_OK;
		ck_assert_int_eq(np_store_update(s, bad[i].kind, o, NULL, &err), -1);
		ck_assert_int_eq(err.code, NP_EVALID);
		json_decref(o);
	}
	ck_assert_uint_eq(np_store_revision(s), 1);
	np_store_free(s);
}
END_TEST

START_TEST(update)
{
	struct np_store *s = np_store_new();
	struct np_err err = { 0 };
	json_t *before, *after;

	ck_assert_int_eq(change(s, "a", "p", "1", NULL, NULL, &err), -1);
	ck_assert_int_eq(err.code, NP_ENOTFOUND);
	put(s, "a", "p", "1", NULL);
	before = np_store_get(s, NP_KIND_POD, "a", "p");
	ck_assert_int_eq(change(s, "a", "p", "2", "1", NULL, &err), -1);
	ck_assert_int_eq(err.code, NP_ECONFLICT);
	ck_assert_int_eq(change(s, "a", "p", "2", "2", &after, &err), 0);
	ck_assert_str_eq(np_json_str(after, "metadata/resourceVersion", ""), "3");
	ck_assert_str_eq(np_json_str(after, "metadata/uid", "x"),
			 np_json_str(before, "metadata/uid", "y"));
	/* What was handed out does not change. */
	ck_assert_str_eq(np_json_str(before, "metadata/labels/l", ""), "1");
	ck_assert_str_eq(np_json_str(before, "metadata/resourceVersion", ""), "2");
	json_decref(before);
	json_decref(after);
	/* No change, no event. */
	ck_assert_int_eq(change(s, "a", "p", "2", NULL, &after, &err), 0);
	ck_assert_str_eq(np_json_str(after, "metadata/resourceVersion", ""), "3");
	ck_assert_uint_eq(np_store_revision(s), 3);
	json_decref(after);
	np_store_free(s);
}
END_TEST

START_TEST(lists_are_sorted)
{
	struct np_store *s = np_store_new();
	uint64_t rev = 0;

	put(s, "b", "x", "1", NULL);
	put(s, "a-b", "y", "2", NULL);
	put(s, "a", "z", "3", NULL);
	put(s, "a", "a", "4", NULL);
	assert_list(np_store_list(s, NP_KIND_POD, NULL, &rev), "a/a=4 a/z=3 a-b/y=2 b/x=1 ");
	ck_assert_uint_eq(rev, 5);
	assert_list(np_store_list(s, NP_KIND_POD, "", NULL), "a/a=4 a/z=3 a-b/y=2 b/x=1 ");
	assert_list(np_store_list(s, NP_KIND_POD, "a", NULL), "a/a=4 a/z=3 ");
	assert_list(np_store_list(s, NP_KIND_POD, "c", NULL), "");
	assert_list(np_store_list(s, NP_KIND_SERVICE, NULL, NULL), "");
	np_store_free(s);
}
END_TEST

START_TEST(lists_of_the_past)
{
	struct np_store *s = np_store_new();

	put(s, "a", "p", "1", NULL);			       /* 2 */
	put(s, "a", "q", "1", NULL);			       /* 3 */
	change(s, "a", "p", "2", NULL, NULL, NULL);	       /* 4 */
	np_store_delete(s, NP_KIND_POD, "a", "q", NULL, NULL); /* 5 */
	put(s, "b", "r", "1", NULL);			       /* 6 */
	put(s, "a", "q", "9", NULL);			       /* 7 */
	assert_list(np_store_list_at(s, NP_KIND_POD, NULL, 1), "");
	assert_list(np_store_list_at(s, NP_KIND_POD, NULL, 2), "a/p=1 ");
	assert_list(np_store_list_at(s, NP_KIND_POD, NULL, 3), "a/p=1 a/q=1 ");
	assert_list(np_store_list_at(s, NP_KIND_POD, NULL, 4), "a/p=2 a/q=1 ");
	assert_list(np_store_list_at(s, NP_KIND_POD, NULL, 5), "a/p=2 ");
	assert_list(np_store_list_at(s, NP_KIND_POD, NULL, 6), "a/p=2 b/r=1 ");
	assert_list(np_store_list_at(s, NP_KIND_POD, "a", 6), "a/p=2 ");
	assert_list(np_store_list_at(s, NP_KIND_POD, NULL, 7), "a/p=2 a/q=9 b/r=1 ");
	ck_assert_ptr_null(np_store_list_at(s, NP_KIND_POD, NULL, 8));
	for (int i = 0; i < NP_STORE_LOG_MAX; i++)
		change(s, "b", "r", i % 2 ? "x" : "y", NULL, NULL, NULL);
	ck_assert_ptr_null(np_store_list_at(s, NP_KIND_POD, NULL, 6));
	assert_list(np_store_list_at(s, NP_KIND_POD, "b", 7), "b/r=1 ");
	np_store_free(s);
}
END_TEST

START_TEST(events)
{
	struct np_store *s = np_store_new();
	struct np_event e[8];
	json_t *last;

	put(s, "a", "p", "1", NULL);
	change(s, "a", "p", "2", NULL, NULL, NULL);
	ck_assert_int_eq(np_store_delete(s, NP_KIND_POD, "a", "p", &last, NULL), 0);
	ck_assert_str_eq(np_json_str(last, "metadata/resourceVersion", ""), "4");
	json_decref(last);
	ck_assert_int_eq(np_store_delete(s, NP_KIND_POD, "a", "p", NULL, NULL), -1);
	ck_assert_int_eq(np_store_events(s, 1, e, 8, 0), 3);
	ck_assert(e[0].type == NP_EVENT_ADDED && e[0].rev == 2 && !e[0].old);
	ck_assert(e[1].type == NP_EVENT_MODIFIED && e[1].rev == 3);
	ck_assert_str_eq(np_json_str(e[1].old, "metadata/labels/l", ""), "1");
	ck_assert_str_eq(np_json_str(e[1].object, "metadata/labels/l", ""), "2");
	ck_assert(e[2].type == NP_EVENT_DELETED && e[2].rev == 4 && e[2].kind == NP_KIND_POD);
	ck_assert_str_eq(np_json_str(e[2].object, "metadata/resourceVersion", ""), "4");
	ck_assert_str_eq(np_json_str(e[2].old, "metadata/resourceVersion", ""), "3");
	for (int i = 0; i < 3; i++)
		np_event_release(&e[i]);
	ck_assert_int_eq(np_store_events(s, 2, e, 1, 0), 1);
	ck_assert_uint_eq(e[0].rev, 3);
	np_event_release(&e[0]);
	ck_assert_int_eq(np_store_events(s, 4, e, 8, 0), 0);
	ck_assert_int_eq(np_store_events(s, 4, e, 8, 5), 0);
	ck_assert_int_eq(np_store_events(s, 99, e, 8, 0), 0);
	np_store_free(s);
}
END_TEST

START_TEST(log_has_an_end)
{
	struct np_store *s = np_store_new();
	struct np_event e[2];

	put(s, "a", "p", "0", NULL);
	for (int i = 0; i < NP_STORE_LOG_MAX - 1; i++)
		change(s, "a", "p", i % 2 ? "x" : "y", NULL, NULL, NULL);
	ck_assert_int_eq(np_store_events(s, 1, e, 2, 0), 2);
	ck_assert_uint_eq(e[0].rev, 2);
	np_event_release(&e[0]);
	np_event_release(&e[1]);
	change(s, "a", "p", "z", NULL, NULL, NULL);
	ck_assert_int_eq(np_store_events(s, 1, e, 2, 0), -1);
	ck_assert_int_eq(np_store_events(s, 2, e, 1, 0), 1);
	np_event_release(&e[0]);
	np_store_free(s);
}
END_TEST

struct waiter {
	struct np_store *s;
	pthread_t t;
	int n;
};

static void *wait_for_event(void *arg)
{
	struct waiter *w = arg;
	struct np_event e[4];

	w->n = np_store_events(w->s, 1, e, 4, 60000);
	for (int i = 0; i < w->n; i++)
		np_event_release(&e[i]);
	return NULL;
}

START_TEST(waiting)
{
	struct np_store *s = np_store_new();
	struct waiter w[2] = { { .s = s, .n = -2 }, { .s = s, .n = -2 } };

	/*
	 * Whether the threads wait already or come later: a change is found, and a wake may have to
	 * be repeated.
	 */
	pthread_create(&w[0].t, NULL, wait_for_event, &w[0]);
	put(s, "a", "p", "1", NULL);
	pthread_join(w[0].t, NULL);
	ck_assert_int_eq(w[0].n, 1);
	np_store_free(s);
}
END_TEST

static void *wait_long(void *arg)
{
	struct waiter *w = arg;
	struct np_event e[4];

	w->n = np_store_events(w->s, 1, e, 4, 600000);
	return NULL;
}

START_TEST(waking)
{
	struct np_store *s = np_store_new();
	struct waiter w = { .s = s, .n = -2 };
	struct timespec ts;

	pthread_create(&w.t, NULL, wait_long, &w);
	do {
		np_store_wake(s);
		clock_gettime(CLOCK_REALTIME, &ts);
		ts.tv_nsec += 10000000;
		if (ts.tv_nsec >= 1000000000) {
			ts.tv_sec++;
			ts.tv_nsec -= 1000000000;
		}
	} while (pthread_timedjoin_np(w.t, NULL, &ts) != 0);
	ck_assert_int_eq(w.n, 0);
	np_store_free(s);
}
END_TEST

static void *hammer(void *arg)
{
	struct waiter *w = arg;

	for (int i = 0; i < 300; i++) {
		char name[16];

		snprintf(name, sizeof(name), "p%d", i % 7);
		if (put(w->s, "a", name, "1", NULL))
			change(w->s, "a", name, i % 2 ? "x" : "y", NULL, NULL, NULL);
		if (i % 5 == 0)
			np_store_delete(w->s, NP_KIND_POD, "a", name, NULL, NULL);
		json_decref(np_store_list(w->s, NP_KIND_POD, NULL, NULL));
	}
	return NULL;
}

/* Replaying the events from the start gives what the store holds, whoever changed it. */
START_TEST(events_add_up)
{
	struct np_store *s = np_store_new();
	struct waiter w[4];
	struct np_event e[64];
	json_t *seen = json_object(), *list;
	uint64_t rev = 1;
	int n;

	for (int i = 0; i < 4; i++) {
		w[i].s = s;
		pthread_create(&w[i].t, NULL, hammer, &w[i]);
	}
	for (int i = 0; i < 4; i++)
		pthread_join(w[i].t, NULL);
	while ((n = np_store_events(s, rev, e, 64, 0)) > 0) {
		for (int i = 0; i < n; i++) {
			const char *name = np_json_str(e[i].object, "metadata/name", "");

			ck_assert_uint_eq(e[i].rev, rev + 1);
			rev = e[i].rev;
			if (e[i].type == NP_EVENT_DELETED)
				json_object_del(seen, name);
			else
				json_object_set(seen, name, e[i].object);
			np_event_release(&e[i]);
		}
	}
	ck_assert_int_eq(n, 0);
	ck_assert_uint_eq(rev, np_store_revision(s));
	list = np_store_list(s, NP_KIND_POD, NULL, NULL);
	ck_assert_uint_eq(json_array_size(list), json_object_size(seen));
	for (size_t i = 0; i < json_array_size(list); i++) {
		json_t *o = json_array_get(list, i);

		ck_assert_ptr_eq(json_object_get(seen, np_json_str(o, "metadata/name", "")), o);
	}
	json_decref(list);
	json_decref(seen);
	np_store_free(s);
}
END_TEST

RUN_TESTS("store", kinds, create_fills_and_copies, keys_are_checked, update, lists_are_sorted,
	  lists_of_the_past, events, log_has_an_end, waiting, waking, events_add_up)
