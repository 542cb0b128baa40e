/*
 * fuzz_waivers.c - waivers: a file of known deviations, and what it covers: a case's wrong cells when
 * each of them is named by some waiver of the case, or some waiver of it names none.
 */
#include "../../harness/run/waivers.h"
#include "fuzz.h"

/* A table of two wrong cells, instead of that of run/table.c. */
static const char *const cells[] = { "y/b -> x/a TCP:80", "x/a -> y/b UDP:53" };

bool np_rt_wrong(const struct np_rt *t, size_t cell)
{
	(void)t;
	(void)cell;
	return true;
}

const char *np_rt_cell_text(const struct np_rt *t, size_t cell, char *buf, size_t size)
{
	(void)t;
	snprintf(buf, size, "%s", cells[cell]);
	return buf;
}

static void check_waiver(const json_t *w)
{
	json_t *cell;
	size_t i;

	FUZZ_CHECK(*np_json_str(w, "case", "") && *np_json_str(w, "reason", ""), "without case or reason");
	json_array_foreach(json_object_get(w, "cells"), i, cell)
		FUZZ_CHECK(json_is_string(cell), "cell %zu", i);
}

/* Whether some waiver of case @id speaks of @cell. */
static bool is_covered(const struct np_waivers *w, const char *id, const char *cell)
{
	json_t *waiver, *c;
	size_t i, k;

	json_array_foreach(w->list, i, waiver) {
		json_t *list = json_object_get(waiver, "cells");

		if (strcmp(np_json_str(waiver, "case", ""), id) != 0)
			continue;
		if (!list)
			return true;
		json_array_foreach(list, k, c)
			if (strcmp(json_string_value(c), cell) == 0)
				return true;
	}
	return false;
}

static void check_cover(struct np_waivers *w, const char *id)
{
	uint8_t expected[NP_ARRAY_SIZE(cells)] = { NP_ALLOW, NP_DENY };
	const struct np_rt t = { .expected = expected, .n_cells = NP_ARRAY_SIZE(cells) };
	const json_t *first = NULL;
	bool want = is_covered(w, id, cells[0]) && is_covered(w, id, cells[1]);

	FUZZ_CHECK(np_waivers_cover(w, np_str_from(id), &t, &first) == want, "case '%s'", id);
	FUZZ_CHECK(!want || first, "covered by nothing");
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct np_str text = fuzz_tight(data, size);
	struct np_waivers w = { .list = NULL };
	struct np_err err = { .code = NP_OK };
	json_t *waiver;
	size_t i;

	if (np_waivers_parse(text, "input", &w, &err) == 0) {
		json_array_foreach(w.list, i, waiver) {
			check_waiver(waiver);
			if (i < 16)
				check_cover(&w, np_json_str(waiver, "case", ""));
		}
		check_cover(&w, "no such case");
		np_waivers_release(&w);
	} else {
		fuzz_check_refusal(&err, text, text.n <= 1U << 20);
	}
	fuzz_loosen(&text);
	return 0;
}
