/* waivers.c - known deviations. */
#include "waivers.h"

#include <stdlib.h>
#include <string.h>

#include "np/base/file.h"
#include "np/base/json.h"
#include "np/base/mem.h"
#include "np/parse/read.h"

#define WAIVERS_MAX_BYTES ((size_t)1 << 20)
#define WAIVERS_MAX 10000
#define WAIVER_MAX_CELLS 1000

static const char *const keys[] = { "case", "cells", "reason", "link" };

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
				   "' in a waiver; allowed are case, cells, reason, link",
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

static int take_entry(const char *name, const struct np_value *entry, json_t *list,
		      struct np_err *err)
{
	json_t *waiver = json_object();
	const struct np_value *cells = np_value_get(entry, "cells");
	int rc = 0;

	json_array_append_new(list, waiver);
	if (entry->kind != NP_VALUE_MAP)
		return refuse(name, entry,
			      "a waiver is a map with case, reason and perhaps cells and link",
			      err);
	if (check_keys(name, entry, err) < 0)
		return -1;
	for (size_t k = 0; k < NP_ARRAY_SIZE(keys); k++) {
		struct np_str text = np_value_str(np_value_get(entry, keys[k]));

		if (strcmp(keys[k], "cells") == 0)
			continue;
		if (!text.n && strcmp(keys[k], "link") != 0)
			return refuse(name, entry,
				      k ? "a waiver needs a reason, as a text"
					: "a waiver needs the case's id, as a text",
				      err);
		if (text.n)
			json_object_set_new(waiver, keys[k], np_json_string(text));
	}
	if (cells)
		rc = take_cells(name, cells, waiver, err);
	return rc;
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
	*ret = (struct np_waivers){ .list = list,
				    .used = np_xcalloc(json_array_size(list) + 1, sizeof(bool)) };
	return 0;
}

int np_waivers_load(const char *path, struct np_waivers *ret, struct np_err *err)
{
	struct np_buf text = { 0 };
	int rc;

	if (!path) {
		*ret = (struct np_waivers){ .list = json_array(),
					    .used = np_xcalloc(1, sizeof(bool)) };
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
	free(w->used);
	*w = (struct np_waivers){ 0 };
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
	json_t *waiver;
	size_t i;

	json_array_foreach(w->list, i, waiver)
		if (np_str_is(id, np_json_str(waiver, "case", "")))
			return waiver;
	return NULL;
}

/* One wrong cell: some waiver of the case speaks of it, and is marked as used. */
static bool take_cell(struct np_waivers *w, struct np_str id, const char *cell)
{
	json_t *waiver;
	bool covered = false;
	size_t i;

	json_array_foreach(w->list, i, waiver)
		if (np_str_is(id, np_json_str(waiver, "case", "")) && covers_cell(waiver, cell))
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
