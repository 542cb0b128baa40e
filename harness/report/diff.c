/* diff.c - what changed between runs: new, fixed, flaky, slower. */
#include <stdlib.h>
#include <string.h>

#include "np/base/json.h"
#include "np/base/mem.h"
#include "report_private.h"

/* Slower is what takes this much more, by factor and by difference: less is the machine's mood. */
#define SLOWER_TIMES 2
#define SLOWER_MS 500

/* What is compared: the old runs, of which the last stands for them where one must, and the new. */
struct pair {
	const struct np_report *const *before;
	size_t n_before;
	const struct np_report *after;
};

static const char *result_in(const struct np_report *r, const char *id)
{
	return np_json_str(json_object_get(r->cases, id), "result", "absent");
}

static bool is(const char *a, const char *b)
{
	return strcmp(a, b) == 0;
}

static const char *last_before(const struct pair *p, const char *id)
{
	return result_in(p->before[p->n_before - 1], id);
}

static const char *kind_of_change(const char *before, const char *after)
{
	if (is(before, "absent"))
		return "only in the new run";
	if (is(after, "absent"))
		return "only in the old run";
	if (is(after, "fail"))
		return "newly failing";
	if (is(after, "pass") && (is(before, "fail") || is(before, "known")))
		return "fixed";
	return "changed";
}

/* The results of the old runs, each once: "pass" or "fail, pass". */
static char *results_before(const struct pair *p, const char *id)
{
	struct np_buf b = { 0 };

	for (size_t i = 0; i < p->n_before; i++) {
		const char *result = result_in(p->before[i], id);
		bool had = false;

		for (size_t k = 0; k < i; k++)
			had |= is(result_in(p->before[k], id), result);
		if (!had)
			np_buf_printf(&b, "%s%s", b.len ? ", " : "", result);
	}
	return np_buf_steal(&b);
}

static bool was_ever(const struct pair *p, const char *id, const char *result)
{
	for (size_t i = 0; i < p->n_before; i++)
		if (is(result_in(p->before[i], id), result))
			return true;
	return false;
}

static long long number_of(const struct np_report *r, const char *id, const char *key)
{
	long long v = np_json_int(json_object_get(r->cases, id), key, 0);

	/* Whatever stands in a record, no product of it overflows. */
	return v > 0 && v < 1LL << 40 ? v : 0;
}

/* The largest of the old runs. */
static long long number_before(const struct pair *p, const char *id, const char *key)
{
	long long most = 0;

	for (size_t i = 0; i < p->n_before; i++) {
		long long v = number_of(p->before[i], id, key);

		most = v > most ? v : most;
	}
	return most;
}

static json_t *change(const char *id, const char *before, const char *after, const char *what)
{
	return np_json_pack("{s:s, s:s, s:s, s:s}", "case", id, "before", before, "after", after,
			    "what", what);
}

/* NULL when nothing is to be told of that case; *@ret_differs is set where its result is new. */
static json_t *change_of(const struct pair *p, const char *id, bool *ret_differs)
{
	const char *after = result_in(p->after, id);
	np_auto_free char *before = results_before(p, id);
	long long unsteady = number_of(p->after, id, "transient"),
		  was = number_before(p, id, "converged_ms"),
		  now = number_of(p->after, id, "converged_ms");
	json_t *c;

	if (!was_ever(p, id, after)) {
		*ret_differs = true;
		return change(id, before, after, kind_of_change(last_before(p, id), after));
	}
	if (!is(before, after))
		return change(id, before, after, "flaky");
	if (unsteady && !number_before(p, id, "transient") && is(after, "pass")) {
		c = change(id, before, after, "flaky");
		json_object_set_new(c, "transient", json_integer(unsteady));
		return c;
	}
	if (is(after, "pass") && now > was * SLOWER_TIMES && now > was + SLOWER_MS) {
		c = change(id, before, after, "slower");
		json_object_set_new(c, "before_ms", json_integer(was));
		json_object_set_new(c, "after_ms", json_integer(now));
		return c;
	}
	return NULL;
}

static int by_text(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

static json_t *changes_of(const struct pair *p, size_t *ret_n_differ)
{
	json_t *all = json_object(), *list = json_array(), *v;
	const char **ids, *id;
	size_t n = 0;

	for (size_t i = 0; i < p->n_before; i++)
		json_object_update(all, p->before[i]->cases);
	json_object_update(all, p->after->cases);
	ids = np_xcalloc(json_object_size(all) + 1, sizeof(*ids));
	json_object_foreach(all, id, v)
		ids[n++] = id;
	qsort(ids, n, sizeof(*ids), by_text);
	for (size_t i = 0; i < n; i++) {
		bool differs = false;
		json_t *c = change_of(p, ids[i], &differs);

		if (c)
			json_array_append_new(list, c);
		*ret_n_differ += differs;
	}
	free(ids);
	json_decref(all);
	return list;
}

static void put_change(const json_t *c, struct np_buf *ret)
{
	np_buf_printf(ret, "%-19s  ", np_json_str(c, "what", ""));
	np_report_plain(ret, np_str_from(np_json_str(c, "case", "")));
	if (json_object_get(c, "after_ms"))
		np_buf_printf(ret, " (a change took %lld ms, was %lld ms)\n",
			      np_json_int(c, "after_ms", 0), np_json_int(c, "before_ms", 0));
	else if (json_object_get(c, "transient"))
		np_buf_printf(ret, " (%s, but wrong %lld times after it was right)\n",
			      np_json_str(c, "after", ""), np_json_int(c, "transient", 0));
	else
		np_buf_printf(ret, " (%s, was %s)\n", np_json_str(c, "after", ""),
			      np_json_str(c, "before", ""));
}

static const json_t *latency(const struct np_report *r, const char *direction)
{
	return json_object_get(json_object_get(r->end, "convergence_ms"), direction);
}

/* How fast changes took effect as a whole, where both runs know. */
static void put_latency(const struct pair *p, struct np_buf *ret)
{
	static const char *const directions[] = { "ingress", "egress" };

	for (size_t d = 0; d < NP_ARRAY_SIZE(directions); d++) {
		const json_t *was = latency(p->before[p->n_before - 1], directions[d]),
			     *now = latency(p->after, directions[d]);

		if (np_json_int(was, "n", 0) > 0 && np_json_int(now, "n", 0) > 0)
			np_buf_printf(ret,
				      "%s changes took effect within %lld ms (median, was %lld), "
				      "%lld ms (99 of 100, was %lld)\n",
				      directions[d], np_json_int(now, "p50", 0),
				      np_json_int(was, "p50", 0), np_json_int(now, "p99", 0),
				      np_json_int(was, "p99", 0));
	}
}

void np_report_diff(const struct np_report *const *before, size_t n_before,
		    const struct np_report *after, enum np_report_format format, struct np_buf *ret,
		    bool *ret_differs)
{
	const struct pair p = { before, n_before, after };
	size_t n_differ = 0, i;
	json_t *list = changes_of(&p, &n_differ), *c;

	*ret_differs = n_differ != 0;
	if (format == NP_REPORT_JSON) {
		np_json_dump(list, 0, ret);
		np_buf_addc(ret, '\n');
	} else {
		json_array_foreach(list, i, c)
			put_change(c, ret);
		put_latency(&p, ret);
		np_buf_printf(ret, "%zu case%s differ%s\n", n_differ, n_differ == 1 ? "" : "s",
			      n_differ == 1 ? "s" : "");
	}
	json_decref(list);
}
