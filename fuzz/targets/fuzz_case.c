/*
 * fuzz_case.c - case files, world files and expectations. The first byte says which: 'w' a world
 * file, 'e' an expectation, 's' a text with ${..}; anything else begins a case file.
 */
#include "fuzz.h"
#include "np/parse/casefile.h"
#include "np/parse/read.h"

static void check_expect(const struct np_expect *e)
{
	static const struct np_end_name ends[] = {
		{ .name = { "x/a", 3 }, .is_pod = true, .node = { "n1", 2 } },
		{ .name = { "ext/a", 5 }, .is_ext = true },
		{ .name = { "svc:x/web", 9 }, .is_service = true },
		{ .name = { "node/n1", 7 }, .is_host = true, .node = { "n1", 2 } },
	};
	const struct np_expect_line *line;

	FUZZ_CHECK(e->n_lines && e->n_lines <= NP_EXPECT_MAX_LINES, "%zu lines", e->n_lines);
	for (size_t i = 0; i < e->n_lines; i++)
		FUZZ_CHECK(e->lines[i].n_from <= NP_EXPECT_MAX_TERMS &&
				   e->lines[i].n_to <= NP_EXPECT_MAX_TERMS, "too many terms");
	for (size_t s = 0; s < NP_ARRAY_SIZE(ends); s++)
		for (size_t d = 0; d < NP_ARRAY_SIZE(ends); d++)
			FUZZ_CHECK(np_expect_lookup(e, &ends[s], &ends[d], NP_TCP, 80, 4, &line),
				   "the first line is the rule");
}

static void expectation(struct np_str text)
{
	struct np_arena arena = { NULL, 0 };
	struct np_expect e;
	struct np_err err = { .code = NP_OK };

	if (np_expect_parse(text, (struct np_place){ "input", 1, 1 }, &arena, &e, &err) == 0)
		check_expect(&e);
	else
		fuzz_check_refusal(&err, text, true);
	np_arena_release(&arena);
}

static void world(struct np_str text)
{
	struct np_worldfile w;
	struct np_err err = { .code = NP_OK };

	if (np_worldfile_parse(text, "input.yaml", false, &w, &err) == 0) {
		FUZZ_CHECK(w.name.n && w.n_ports, "a world without name or ports");
		for (size_t i = 0; i < w.n_objects; i++)
			FUZZ_CHECK(w.objects[i].kind == NP_STEP_APPLY && w.objects[i].name.n, "step %zu", i);
		np_worldfile_release(&w);
	} else {
		fuzz_check_refusal(&err, text, text.n <= NP_READ_MAX_BYTES);
	}
}

static void check_step(const struct np_step *s)
{
	size_t at;

	FUZZ_CHECK(s->place.line, "a step from nowhere");
	if (s->body.n)
		FUZZ_CHECK(np_subst_check(s->body, &at), "a body with a bad ${ at %zu", at);
	if (s->kind == NP_STEP_EXPECT)
		check_expect(&s->expect);
	if (s->kind == NP_STEP_WAIT)
		FUZZ_CHECK(s->wait_ms >= 0 && s->wait_ms <= 600000, "waits %lld ms", s->wait_ms);
}

static void cases(struct np_str text)
{
	struct np_case c;
	struct np_err err = { .code = NP_OK };

	if (np_casefile_parse(text, "input.yaml", false, &c, &err) == 0) {
		FUZZ_CHECK(c.n_steps && c.n_steps <= NP_CASE_MAX_STEPS, "%zu steps", c.n_steps);
		FUZZ_CHECK(c.steps[c.n_steps - 1].kind == NP_STEP_EXPECT, "ends without expectation");
		FUZZ_CHECK(!np_clauses_empty(&c.covers), "covers nothing");
		for (size_t i = 0; i < c.n_steps; i++)
			check_step(&c.steps[i]);
		np_case_release(&c);
	} else {
		fuzz_check_refusal(&err, text, text.n <= NP_READ_MAX_BYTES);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct np_str text = fuzz_tight(data, size), rest = text;
	char first = text.n ? text.p[0] : 0;
	size_t at;

	if (strchr("wes", first) && first) {
		rest.p++;
		rest.n--;
	}
	if (first == 'w')
		world(rest);
	else if (first == 'e')
		expectation(rest);
	else if (first == 's' && !np_subst_check(rest, &at))
		FUZZ_CHECK(at < rest.n, "bad at %zu of %zu", at, rest.n);
	else if (first != 's')
		cases(rest);
	fuzz_loosen(&text);
	return 0;
}
