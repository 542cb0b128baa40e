/* waivers.c - known deviations. */
#include "waivers.h"

#include <fnmatch.h>
#include <stdlib.h>
#include <string.h>

#include "np/base/file.h"
#include "np/base/json.h"
#include "np/base/mem.h"
#include "np/parse/read.h"

#define WAIVERS_MAX_BYTES ((size_t)1 << 20)
#define WAIVERS_MAX 10000
#define WAIVER_MAX_CELLS 1000

static const char *const keys[] = { "case",  "cells",	"reason", "link",
				    "agent", "version", "mode",	  "expires" };

static int refuse(const char *name, const struct np_value *at, const char *what, struct np_err *err)
{
	np_err_set(err, NP_EVALID, "%s", what);
	return np_err_at(err, name, at->line, at->column);
}

static int check_keys(const char *name, const struct np_value *entry, struct np_err *err)
{
	for (uint32_t i = 0; i < entry->n; i++) {
		const struct np_pair *p = &entry->pairs[i];
		bool known = false;

		for (size_t k = 0; k < NP_ARRAY_SIZE(keys); k++)
			known |= np_str_is(p->key, keys[k]);
		if (!known || p->duplicate) {
			np_err_set(err, NP_EVALID,
				   "%s key '" NP_STR_FMT
				   "' in a waiver; allowed are case, cells, reason, link, agent, "
				   "version, mode, expires",
				   known ? "repeated" : "unknown", NP_STR_ARG(p->key));
			return np_err_at(err, name, p->line, p->column);
		}
	}
	return 0;
}

static int take_cells(const char *name, const struct np_value *cells, json_t *waiver,
		      struct np_err *err)
{
	json_t *list = json_array();

	json_object_set_new(waiver, "cells", list);
	if (cells->kind != NP_VALUE_LIST || cells->n > WAIVER_MAX_CELLS)
		return refuse(
			name, cells,
			"'cells' is a list of at most 1000 texts such as \"y/b -> x/a TCP:80\"",
			err);
	for (uint32_t i = 0; i < cells->n; i++) {
		if (cells->items[i].kind != NP_VALUE_STRING)
			return refuse(name, &cells->items[i],
				      "a cell is a text such as \"y/b -> x/a TCP:80\"", err);
		json_array_append_new(list, np_json_string(cells->items[i].text));
	}
	return 0;
}

/* YYYY-MM-DD of a day that there is. */
static bool is_date(struct np_str s)
{
	static const unsigned char days[] = { 31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31 };
	unsigned long long y, m, d;

	return s.n == 10 && s.p[4] == '-' && s.p[7] == '-' &&
	       np_str_u64((struct np_str){ s.p, 4 }, 9999, &y) &&
	       np_str_u64((struct np_str){ s.p + 5, 2 }, 12, &m) &&
	       np_str_u64((struct np_str){ s.p + 8, 2 }, 31, &d) && m && d && d <= days[m - 1] &&
	       (m != 2 || d < 29 || (y % 4 == 0 && (y % 100 || y % 400 == 0)));
}

/* All but the cells are texts. */
static int take_texts(const char *name, const struct np_value *entry, json_t *waiver,
		      struct np_err *err)
{
	for (size_t k = 0; k < NP_ARRAY_SIZE(keys); k++) {
		const struct np_value *v = np_value_get(entry, keys[k]);
		struct np_str text = np_value_str(v);

		if (strcmp(keys[k], "cells") == 0)
			continue;
		if (!text.n && strcmp(keys[k], "case") == 0)
			return refuse(name, entry, "a waiver needs the case's id, as a text", err);
		if (!text.n && strcmp(keys[k], "reason") == 0)
			return refuse(name, entry, "a waiver needs a reason, as a text", err);
		/* An empty scope would be wider than it looks. */
		if (v && !text.n && strcmp(keys[k], "link") != 0)
			return refuse(name, v, "agent, version, mode and expires are texts", err);
		if (v && strcmp(keys[k], "expires") == 0 && !is_date(text))
			return refuse(name, v, "'expires' is a day such as 2027-01-31", err);
		if (text.n)
			json_object_set_new(waiver, keys[k], np_json_string(text));
	}
	return 0;
}

static int take_entry(const char *name, const struct np_value *entry, json_t *list,
		      struct np_err *err)
{
	json_t *waiver = json_object();
	const struct np_value *cells = np_value_get(entry, "cells"),
			      *version = np_value_get(entry, "version"),
			      *mode = np_value_get(entry, "mode");

	json_array_append_new(list, waiver);
	if (entry->kind != NP_VALUE_MAP)
		return refuse(name, entry,
			      "a waiver is a map with case, reason and perhaps cells and link",
			      err);
	if (check_keys(name, entry, err) < 0 || take_texts(name, entry, waiver, err) < 0)
		return -1;
	if ((version || mode) && !json_object_get(waiver, "agent"))
		return refuse(name, version ? version : mode,
			      "a version or mode is one of an 'agent', which is not named", err);
	return cells ? take_cells(name, cells, waiver, err) : 0;
}

static struct np_waivers waivers_take(json_t *list)
{
	size_t n = json_array_size(list) + 1;

	return (struct np_waivers){ .list = list,
				    .state = np_xcalloc(n, sizeof(enum np_waiver_state)),
				    .used = np_xcalloc(n, sizeof(bool)),
				    .judged = np_xcalloc(n, sizeof(bool)) };
}

int np_waivers_parse(struct np_str text, const char *name, struct np_waivers *ret,
		     struct np_err *err)
{
	const struct np_read_opts opts = { .file = name, .max_bytes = WAIVERS_MAX_BYTES };
	struct np_docs docs = { 0 };
	json_t *list = json_array();
	int rc = 0;

	if (np_read_yaml(text, &opts, &docs, err) < 0) {
		json_decref(list);
		return -1;
	}
	for (size_t d = 0; d < docs.n && rc == 0; d++) {
		const struct np_value *root = &docs.items[d].root;

		if (docs.items[d].empty)
			continue;
		if (root->kind != NP_VALUE_LIST || root->n > WAIVERS_MAX)
			rc = refuse(name, root, "waivers are a list of at most 10000 entries", err);
		for (uint32_t i = 0; rc == 0 && i < root->n; i++)
			rc = take_entry(name, &root->items[i], list, err);
	}
	np_docs_release(&docs);
	if (rc < 0) {
		json_decref(list);
		return -1;
	}
	*ret = waivers_take(list);
	return 0;
}

int np_waivers_load(const char *path, struct np_waivers *ret, struct np_err *err)
{
	struct np_buf text = { 0 };
	int rc;

	if (!path) {
		*ret = waivers_take(json_array());
		return 0;
	}
	rc = np_file_read(path, WAIVERS_MAX_BYTES, &text, err);
	if (rc == 0)
		rc = np_waivers_parse((struct np_str){ text.data, text.len }, path, ret, err);
	np_buf_release(&text);
	return rc;
}

void np_waivers_release(struct np_waivers *w)
{
	json_decref(w->list);
	free(w->state);
	free(w->used);
	free(w->judged);
	*w = (struct np_waivers){ 0 };
}

static bool in_scope(const json_t *waiver, const char *key, const char *of_run)
{
	const char *want = np_json_str(waiver, key, NULL);

	return !want || (of_run && fnmatch(want, of_run, 0) == 0);
}

void np_waivers_select(struct np_waivers *w, const struct np_waiver_scope *scope)
{
	json_t *waiver;
	size_t i;

	json_array_foreach(w->list, i, waiver) {
		const char *agent = np_json_str(waiver, "agent", NULL),
			   *expires = np_json_str(waiver, "expires", NULL);

		w->state[i] = NP_WAIVER_IN_FORCE;
		if ((agent && (!scope->agent || strcmp(agent, scope->agent) != 0)) ||
		    !in_scope(waiver, "version", scope->version) ||
		    !in_scope(waiver, "mode", scope->mode))
			w->state[i] = NP_WAIVER_OTHER;
		else if (expires && strncmp(scope->today, expires, strlen("2027-01-31")) > 0)
			w->state[i] = NP_WAIVER_EXPIRED;
	}
}

static bool is_for(const struct np_waivers *w, size_t i, struct np_str id)
{
	return w->state[i] == NP_WAIVER_IN_FORCE &&
	       np_str_is(id, np_json_str(json_array_get(w->list, i), "case", ""));
}

void np_waivers_judge(struct np_waivers *w, struct np_str id, bool known)
{
	for (size_t i = 0; i < json_array_size(w->list); i++)
		if (is_for(w, i, id)) {
			w->judged[i] = true;
			w->used[i] |= known;
		}
}

json_t *np_waivers_idle(const struct np_waivers *w, enum np_waiver_state state)
{
	json_t *list = json_array();

	for (size_t i = 0; i < json_array_size(w->list); i++)
		if (w->state[i] == state &&
		    (state != NP_WAIVER_IN_FORCE || (w->judged[i] && !w->used[i])))
			json_array_append(list,
					  json_object_get(json_array_get(w->list, i), "case"));
	return list;
}

static bool covers_cell(const json_t *waiver, const char *cell)
{
	json_t *cells = json_object_get(waiver, "cells"), *c;
	size_t i;

	if (!cells)
		return true;
	json_array_foreach(cells, i, c)
		if (strcmp(json_string_value(c), cell) == 0)
			return true;
	return false;
}

const json_t *np_waivers_for(const struct np_waivers *w, struct np_str id)
{
	for (size_t i = 0; i < json_array_size(w->list); i++)
		if (is_for(w, i, id))
			return json_array_get(w->list, i);
	return NULL;
}

/* One wrong cell: some waiver of the case speaks of it, and is marked as used. */
static bool take_cell(struct np_waivers *w, struct np_str id, const char *cell)
{
	bool covered = false;

	for (size_t i = 0; i < json_array_size(w->list); i++)
		if (is_for(w, i, id) && covers_cell(json_array_get(w->list, i), cell))
			covered = w->used[i] = true;
	return covered;
}

bool np_waivers_cover(struct np_waivers *w, struct np_str id, const struct np_rt *t,
		      const json_t **ret)
{
	const json_t *first = np_waivers_for(w, id);
	bool all = first != NULL;

	for (size_t i = 0; first && i < t->n_cells; i++) {
		char cell[640];

		if (t->expected[i] != NP_NO_FLOW && np_rt_wrong(t, i))
			all &= take_cell(w, id, np_rt_cell_text(t, i, cell, sizeof(cell)));
	}
	if (all)
		*ret = first;
	return all;
}

bool np_waivers_cover_cells(struct np_waivers *w, struct np_str id, const json_t *cells,
			    const json_t **ret)
{
	const json_t *first = np_waivers_for(w, id);
	bool all = first != NULL;
	json_t *cell;
	size_t i;

	json_array_foreach((json_t *)cells, i, cell)
		all &= take_cell(w, id, json_string_value(cell));
	if (all && !json_array_size(cells))
		all = take_cell(w, id, "");
	if (all)
		*ret = first;
	return all;
}
