/*
 * minimise.c - hierarchical delta debugging. Every reduction is an edit at a path of the tree of
 * operations; passes over all paths, from the root down, repeat until a whole pass takes nothing
 * out.
 */
#include "np/campaign/minimise.h"

#include <string.h>

#include "np/base/clock.h"
#include "np/base/json.h"
#include "np/base/mem.h"

#define TESTS_DEFAULT 200
#define CACHE_MAX 4096
#define PASSES_MAX 8

struct work {
	struct np_minimise *m;
	json_t *best;
	json_t *seen; /* compact text -> verdict */
	struct np_err *err;
	bool stop, broken;
};

static bool spent(const struct work *w)
{
	unsigned max = w->m->max_tests ? w->m->max_tests : TESTS_DEFAULT;

	return w->m->n_tests >= max || (w->m->deadline_us && np_now_us() >= w->m->deadline_us);
}

/* The last that was tried in vain is nearest to the end; something taken away tells more than
 * something exchanged. */
static void take_neighbour(struct work *w, json_t *candidate, const char *what)
{
	bool deletion = strncmp(what, "without", 7) == 0;

	if (w->m->neighbour && !deletion && strncmp(w->m->neighbour_says, "without", 7) == 0)
		return;
	json_decref(w->m->neighbour);
	w->m->neighbour = json_incref(candidate);
	snprintf(w->m->neighbour_says, sizeof(w->m->neighbour_says), "%s", what);
}

/* Does @candidate (taken) show the bug? Then it is the best from now on. */
static bool try_take(struct work *w, json_t *candidate, const char *what)
{
	struct np_buf text = { 0 };
	const json_t *known;
	unsigned before = w->m->n_tests;
	int verdict = 0;

	np_json_dump(candidate, 1, &text);
	known = json_object_get(w->seen, np_buf_text(&text));
	if (known) {
		w->m->n_cached++;
		verdict = (int)json_integer_value(known);
	} else if (w->m->valid && !w->m->valid(candidate)) {
		w->m->n_invalid++;
	} else if (spent(w)) {
		w->stop = true;
	} else {
		w->m->n_tests++;
		verdict = w->m->judge(w->m->ctx, candidate, w->err);
		if (verdict < 0)
			w->stop = w->broken = true;
		else if (json_object_size(w->seen) < CACHE_MAX)
			json_object_set_new(w->seen, np_buf_text(&text), json_integer(verdict));
	}
	if (verdict == 0 && (known || w->m->n_tests > before))
		take_neighbour(w, candidate, what);
	np_buf_release(&text);
	if (verdict > 0) {
		json_decref(w->best);
		w->best = candidate;
		return true;
	}
	json_decref(candidate);
	return false;
}

/* ---- places ---- */

#define DEPTH_MAX 24

/* The way from the root to a value: keys of objects, or indexes of lists. */
struct step {
	const char *key; /* NULL: a list */
	size_t index;
};
struct path {
	struct step steps[DEPTH_MAX];
	size_t n;
};

static json_t *value_at(json_t *root, const struct path *p)
{
	for (size_t i = 0; root && i < p->n; i++)
		root = p->steps[i].key ? json_object_get(root, p->steps[i].key)
				       : json_array_get(root, p->steps[i].index);
	return root;
}

static void path_text(const struct path *p, const char *how, char *buf, size_t size)
{
	size_t n = (size_t)snprintf(buf, size, "%s ", how);

	for (size_t i = 0; i < p->n && n < size; i++)
		n += (size_t)(p->steps[i].key
				      ? snprintf(buf + n, size - n, "%s%s", i ? "." : "",
						 p->steps[i].key)
				      : snprintf(buf + n, size - n, "[%zu]", p->steps[i].index));
}

/* A copy of the best without what is at @p. */
static json_t *without(const struct work *w, const struct path *p)
{
	struct path up = *p;
	json_t *copy = json_deep_copy(w->best), *parent;

	up.n--;
	parent = value_at(copy, &up);
	if (p->steps[up.n].key)
		json_object_del(parent, p->steps[up.n].key);
	else
		json_array_remove(parent, p->steps[up.n].index);
	return copy;
}

/* Things without which an object is none, or that only name it. */
static bool is_fixed(const struct path *p)
{
	static const char *const keys[] = { "op",     "kind",	    "namespace",
					    "name",   "apiVersion", "metadata",
					    "object", "spec",	    "labels" };
	const char *key = p->n ? p->steps[p->n - 1].key : NULL;

	/* Only near the root: inside a spec "name" may be a label. */
	for (size_t i = 0; key && p->n <= 4 && i < NP_ARRAY_SIZE(keys); i++)
		if (strcmp(key, keys[i]) == 0)
			return true;
	return false;
}

/* ---- reductions ---- */

/* Halves, quarters and so on of the list at @p. */
static bool halve_list(struct work *w, const struct path *p)
{
	bool any = false;
	char what[160];

	path_text(p, "without", what, sizeof(what));
	for (size_t size = json_array_size(value_at(w->best, p)) / 2; size > 1 && !w->stop;
	     size /= 2)
		for (size_t at = 0; !w->stop;) {
			json_t *copy, *list;

			if (at + size > json_array_size(value_at(w->best, p)))
				break;
			copy = json_deep_copy(w->best);
			list = value_at(copy, p);
			for (size_t i = 0; i < size; i++)
				json_array_remove(list, at);
			if (try_take(w, copy, what))
				any = true;
			else
				at += size;
		}
	return any;
}

static bool remove_at(struct work *w, const struct path *p)
{
	char what[160];

	if (is_fixed(p) || w->stop)
		return false;
	path_text(p, "without", what, sizeof(what));
	return try_take(w, without(w, p), what);
}

/* The plainest values of each kind. */
static const char *const plain_strings[] = { "a", "x", "10.0.0.0/8", "Ingress", "TCP" };

static bool set_at(struct work *w, const struct path *p, json_t *value_take)
{
	struct path up = *p;
	json_t *copy = json_deep_copy(w->best), *parent;
	char what[160];

	up.n--;
	parent = value_at(copy, &up);
	if (json_equal(value_at(copy, p), value_take)) {
		json_decref(copy);
		json_decref(value_take);
		return false;
	}
	if (p->steps[up.n].key)
		json_object_set_new(parent, p->steps[up.n].key, value_take);
	else
		json_array_set_new(parent, p->steps[up.n].index, value_take);
	path_text(p, "with another", what, sizeof(what));
	return try_take(w, copy, what);
}

/* An emptied selector or list first, then plain scalars. */
static bool simplify(struct work *w, const struct path *p)
{
	json_t *v = value_at(w->best, p);

	if (is_fixed(p) || w->stop || p->n < 5)
		return false;
	if (json_is_object(v) && json_object_size(v))
		return set_at(w, p, json_object());
	if (json_is_integer(v) && json_integer_value(v) != 80)
		return set_at(w, p, json_integer(80));
	if (json_is_string(v))
		for (size_t i = 0; i < NP_ARRAY_SIZE(plain_strings); i++) {
			if (strcmp(json_string_value(v), plain_strings[i]) == 0)
				return false;
			if (set_at(w, p, json_string(plain_strings[i])))
				return true;
			v = value_at(w->best, p);
		}
	return false;
}

/* One pass below @p. The tree changes under our feet: keys are looked up anew after each success.
 */
static bool pass(struct work *w, struct path *p);

static bool pass_list(struct work *w, struct path *p)
{
	bool any = halve_list(w, p);

	/* From the end, so that indexes before it stay. */
	for (size_t i = json_array_size(value_at(w->best, p)); i-- > 0 && !w->stop;) {
		if (i >= json_array_size(value_at(w->best, p)))
			continue;
		p->steps[p->n++] = (struct step){ NULL, i };
		if (!(p->n == 1 && json_array_size(w->best) == 1) && remove_at(w, p))
			any = true;
		else
			any |= pass(w, p);
		p->n--;
	}
	return any;
}

static bool pass_object(struct work *w, struct path *p)
{
	json_t *keys = json_array(), *unused, *item;
	const char *key;
	bool any = false;
	size_t i;

	json_object_foreach(value_at(w->best, p), key, unused)
		json_array_append_new(keys, json_string(key));
	json_array_foreach(keys, i, item) {
		if (w->stop)
			break;
		p->steps[p->n++] = (struct step){ json_string_value(item), 0 };
		if (remove_at(w, p)) {
			any = true;
		} else if (value_at(w->best, p)) {
			any |= simplify(w, p);
			any |= pass(w, p);
		}
		p->n--;
	}
	json_decref(keys);
	return any;
}

static bool pass(struct work *w, struct path *p)
{
	json_t *v = value_at(w->best, p);

	if (w->stop || p->n + 1 >= DEPTH_MAX)
		return false;
	if (json_is_array(v))
		return pass_list(w, p);
	if (json_is_object(v))
		return pass_object(w, p);
	return p->n && !p->steps[p->n - 1].key ? simplify(w, p) : false;
}

int np_minimise(struct np_minimise *m, const json_t *operations, json_t **ret, struct np_err *err)
{
	struct work w = { .m = m, .best = json_deep_copy(operations), .seen = json_object() };
	struct np_err failed = { 0 };
	bool any = true;

	w.err = &failed;
	m->n_tests = m->n_cached = m->n_invalid = 0;
	m->neighbour = NULL;
	for (int i = 0; any && !w.stop && i < PASSES_MAX; i++) {
		struct path root = { .n = 0 };

		any = pass(&w, &root);
	}
	m->complete = !w.stop && !any;
	json_decref(w.seen);
	if (w.broken) {
		json_decref(w.best);
		if (err)
			*err = failed;
		return -1;
	}
	*ret = w.best;
	return 0;
}
