/*
 * fuzz_selector.c - label selectors: names, values, operators. Lines: "key operator value,value" is a
 * requirement, "key=value" a label of matchLabels, "? text" a selector of a list request. The
 * judgement is that of a second reading of the rules, character by character.
 */
#include "../../harness/sandbox/select.h"
#include "fuzz.h"
#include "spec.h"

#define LINES_MAX 6
#define VALUES_MAX 6

static struct cell given(void)
{
	return (struct cell){ .line = 1, .column = 1, .set = true };
}

/* ---- the second reading ---- */

static bool is_alnum(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
}

static bool name_ok(struct np_str s)
{
	if (!s.n || !is_alnum(s.p[0]) || !is_alnum(s.p[s.n - 1]))
		return false;
	for (size_t i = 0; i < s.n; i++)
		if (!is_alnum(s.p[i]) && s.p[i] != '-' && s.p[i] != '_' && s.p[i] != '.')
			return false;
	return true;
}

static size_t value_faults(struct np_str s)
{
	return (s.n > 63) + (s.n > 0 && !name_ok(s));
}

/* Labels between dots: lower case, digits, '-' inside. */
static bool subdomain_ok(struct np_str s)
{
	char before = '.';

	for (size_t i = 0; i < s.n; i++) {
		char c = s.p[i];
		bool plain = (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');

		if (!plain && !(c == '-' && before != '.') && !(c == '.' && before != '.' && before != '-'))
			return false;
		before = c;
	}
	return s.n && before != '.' && before != '-';
}

static size_t key_faults(struct np_str s)
{
	const char *slash = s.n ? memchr(s.p, '/', s.n) : NULL;
	struct np_str prefix = { s.p, slash ? (size_t)(slash - s.p) : 0 }, name = s;
	size_t n = 0;

	if (slash) {
		name = (struct np_str){ slash + 1, s.n - prefix.n - 1 };
		if (name.n && memchr(name.p, '/', name.n))
			return 1;
		n += !prefix.n ? 1 : (size_t)(prefix.n > 253) + !subdomain_ok(prefix);
	}
	return n + !name.n + (name.n > 63) + !name_ok(name);
}

static size_t requirement_faults(const struct api_requirement *r)
{
	const struct api_str *values = r->values.items;
	bool with = np_str_is(r->op.s, "In") || np_str_is(r->op.s, "NotIn");
	bool without = np_str_is(r->op.s, "Exists") || np_str_is(r->op.s, "DoesNotExist");
	size_t n = key_faults(r->key.s);

	n += (!with && !without) || (with && !r->values.n) || (without && r->values.n);
	for (size_t i = 0; i < r->values.n; i++)
		n += value_faults(values[i].s);
	return n;
}

/* ---- building ---- */

struct made {
	struct api_requirement exprs[LINES_MAX];
	struct api_str values[LINES_MAX][VALUES_MAX];
	struct api_entry labels[LINES_MAX];
	struct api_policy_spec spec;
	size_t faults;
};

static void add_requirement(struct made *m, struct np_str text)
{
	struct fuzz_in line = { (const uint8_t *)text.p, text.n };
	size_t at = m->spec.pod_selector.exprs.n++;
	struct api_requirement *r = &m->exprs[at];

	*r = (struct api_requirement){ .at = given(), .key = { given(), fuzz_until(&line, ' ') } };
	r->op = (struct api_str){ given(), fuzz_until(&line, ' ') };
	r->values = (struct api_list){ .at = given(), .items = m->values[at] };
	while (line.n && r->values.n < VALUES_MAX)
		m->values[at][r->values.n++] = (struct api_str){ given(), fuzz_until(&line, ',') };
	m->faults += requirement_faults(r);
}

/* A label that is there twice is one. */
static void add_label(struct made *m, struct np_str key, struct np_str value)
{
	struct api_map *map = &m->spec.pod_selector.match_labels;

	for (size_t i = 0; i < map->n; i++)
		if (np_str_eq(map->items[i].key, key))
			return;
	map->items[map->n++] = (struct api_entry){ given(), key, { given(), value } };
	m->faults += key_faults(key) + value_faults(value);
}

static void add_line(struct made *m, struct np_str line)
{
	const char *equals = line.n ? memchr(line.p, '=', line.n) : NULL;
	size_t n = equals ? (size_t)(equals - line.p) : 0;

	if (equals && !memchr(line.p, ' ', n))
		add_label(m, (struct np_str){ line.p, n },
			  (struct np_str){ equals + 1, line.n - n - 1 });
	else
		add_requirement(m, line);
}

/* Texts of a request: every term has a key that is one, and nothing is selected by halves. */
static void ask(struct np_str line)
{
	struct np_select s = { .n_labels = 0 };
	struct np_err err = { .code = NP_OK };
	char *text = np_xstrndup(line.p, line.n);

	if (np_select_parse(NP_KIND_POD, text, NULL, &s, &err) == 0) {
		for (size_t i = 0; i < s.n_labels; i++)
			FUZZ_CHECK(key_faults(np_str_from(s.labels[i].key)) == 0, "key %s",
				   s.labels[i].key);
		np_select_release(&s);
	} else {
		FUZZ_CHECK(err.msg[0], "refused without a sentence");
	}
	free(text);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct fuzz_in in = { data, size };
	struct made m;
	size_t n_lines = 0, got;

	m.faults = 0;
	m.spec = (struct api_policy_spec){ .at = given() };
	m.spec.pod_selector.at = given();
	m.spec.pod_selector.exprs.items = m.exprs;
	m.spec.pod_selector.match_labels.items = m.labels;
	while (in.n && n_lines++ < LINES_MAX) {
		struct np_str line = fuzz_until(&in, '\n');

		if (line.n >= 2 && line.p[0] == '?' && line.p[1] == ' ')
			ask((struct np_str){ line.p + 2, line.n - 2 });
		else
			add_line(&m, line);
	}
	got = fuzz_count_findings(&m.spec, NP_VALIDATE_NEWEST);
	FUZZ_CHECK(got == m.faults, "%zu findings, not %zu", got, m.faults);
	return 0;
}
