/*
 * fuzz_manifests.c - files of manifests into a world: every kind that the model has, lists, notes;
 * then linked, judged by lint, and asked for verdicts. What the world is written as reads back as a
 * world that gives the same verdicts. On refusal the world is as it was.
 */
#include "fuzz.h"
#include "np/gen/manifests.h"
#include "np/oracle/brute.h"
#include "np/parse/lint.h"
#include "np/parse/manifests.h"

/* Cells compared; a small text can hold many pods, and many open questions. */
#define ENDS_MAX 4
#define POLICIES_MAX 8

static void check_diags(const struct np_diags *d)
{
	FUZZ_CHECK(d->n <= NP_DIAGS_MAX, "%zu notes", d->n);
	for (size_t i = 0; i < d->n; i++)
		FUZZ_CHECK(d->items[i].msg.n, "a note without a sentence");
}

static size_t n_objects(const struct np_world *w)
{
	return w->n_namespaces + w->n_nodes + w->n_pods + w->n_services + w->n_policies;
}

static enum np_verdict ask(const struct np_oracle *o, const struct np_world *w, size_t src, size_t dst,
			   int family)
{
	struct np_flow f = { .family = family, .proto = NP_TCP, .port = 80 };

	(void)w;
	f.src = (struct np_end){ .kind = NP_END_POD, .idx = src };
	f.dst = (struct np_end){ .kind = NP_END_POD, .idx = dst };
	return np_oracle_eval(o, &f, NULL);
}

static void same_verdicts(const struct np_world *a, const struct np_world *b)
{
	struct np_readings rd = np_profile_readings(NP_PROFILE_CORE);
	struct np_oracle *oa = np_oracle_new(a, &rd), *ob = np_oracle_new(b, &rd);

	for (size_t s = 0; s < a->n_pods && s < ENDS_MAX; s++)
		for (size_t d = 0; d < a->n_pods && d < ENDS_MAX; d++)
			for (int family = 4; family <= 6; family += 2)
				FUZZ_CHECK(ask(oa, a, s, d, family) == ask(ob, b, s, d, family),
					   "pod %zu to pod %zu, family %d", s, d, family);
	np_oracle_free(oa);
	np_oracle_free(ob);
}

/* Odd names make manifests that nobody takes; they are left out. */
static void write_and_read(const struct np_world *w)
{
	struct np_buf b = { NULL, 0, 0 };
	struct np_world again;
	struct np_err err = { .code = NP_OK };

	np_world_init(&again);
	np_gen_world_yaml(w, &b);
	if (np_manifests_add_text(&again, (struct np_str){ np_buf_text(&b), b.len }, "again",
				  NP_FIELDS_STRICT, NULL, &err) == 0 &&
	    np_world_link(&again, &err) == 0 && again.n_pods == w->n_pods) {
		FUZZ_CHECK(again.n_policies == w->n_policies, "%zu policies, %zu read back",
			   w->n_policies, again.n_policies);
		if (w->n_policies <= POLICIES_MAX)
			same_verdicts(w, &again);
	}
	np_world_release(&again);
	np_buf_release(&b);
}

static void use(struct np_world *w, struct np_str text)
{
	struct np_err err = { .code = NP_OK };

	if (np_world_link(w, &err) < 0) {
		fuzz_check_refusal(&err, text, false);
		return;
	}
	for (size_t i = 0; i < w->n_pods; i++)
		FUZZ_CHECK(w->pods[i].ns_idx < w->n_namespaces &&
				   np_str_eq(w->namespaces[w->pods[i].ns_idx].name, w->pods[i].ns),
			   "pod %zu without its namespace", i);
	if (w->n_pods <= 64 && w->n_policies <= 64)
		write_and_read(w);
}

/* What lint says with the world at hand. */
static void lint(const struct np_world *w, struct np_str text)
{
	const struct np_validate_opts opts = { .file = "input", .fields = NP_FIELDS_WARN };
	struct np_validations v = { .n = 0 };
	struct np_lint *l = np_lint_new(w);
	const struct np_lint_note *notes;
	size_t n;

	np_validate_text(text, &opts, &v);
	for (size_t i = 0; i < v.n; i++)
		np_lint_add(l, &v.items[i], NP_DECODE_KUBECTL, "input");
	notes = np_lint_notes(l, &n);
	for (size_t i = 0; i < n; i++)
		FUZZ_CHECK(notes[i].msg.n && *np_lint_rule_name(notes[i].rule), "a note without words");
	np_lint_free(l);
	np_validations_release(&v);
}

static struct np_str file_text;

/* Instead of that of base/file.c (--wrap): every file is the input. */
int __wrap_np_file_read(const char *path, size_t max_bytes, struct np_buf *b, struct np_err *err);
int __wrap_np_file_read(const char *path, size_t max_bytes, struct np_buf *b, struct np_err *err)
{
	(void)path;
	if (file_text.n > max_bytes)
		return np_err_set(err, NP_ELIMIT, "too large");
	np_buf_add(b, file_text.p, file_text.n);
	return 0;
}

/* The same text as two files; the second is refused when it names an object again. */
static void load(struct np_str text)
{
	static const char *const paths[] = { "-", "-" };
	struct np_world w;
	struct np_err err = { .code = NP_OK };

	file_text = text;
	np_world_init(&w);
	if (np_manifests_load(paths, 1, &w, &err) == 0) {
		if (w.n_namespaces && w.n_namespaces + w.n_pods + w.n_policies <= 64)
			lint(&w, text);
		if (w.n_pods + w.n_policies + w.n_services + w.n_nodes)
			FUZZ_CHECK(np_manifests_load(paths, 2, &w, &err) < 0, "objects twice");
	} else {
		fuzz_check_refusal(&err, text, false);
		FUZZ_CHECK(n_objects(&w) == 0, "refused, and %zu objects stay", n_objects(&w));
	}
	np_world_release(&w);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct np_str text = fuzz_tight(data, size);
	struct np_world w;
	struct np_diags diags = { .n = 0 };
	struct np_err err = { .code = NP_OK };

	np_world_init(&w);
	if (np_manifests_add_text(&w, text, "input", NP_FIELDS_WARN, &diags, &err) < 0) {
		fuzz_check_refusal(&err, text, false);
		FUZZ_CHECK(n_objects(&w) == 0, "refused, and %zu objects stay", n_objects(&w));
	} else {
		use(&w, text);
	}
	check_diags(&diags);
	np_diags_release(&diags);
	np_world_release(&w);

	np_world_init(&w);
	if (np_manifests_add_json(&w, text, "input", &err) == 0)
		use(&w, text);
	else
		FUZZ_CHECK(n_objects(&w) == 0, "refused, and %zu objects stay", n_objects(&w));
	np_world_release(&w);
	load(text);
	fuzz_loosen(&text);
	return 0;
}
