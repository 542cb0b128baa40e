/*
 * fuzz_alloc.c - the n-th allocation of libyaml fails, of its parser under a kubeconfig and of its
 * emitter under a report. The first two bytes are n, the third: bit 0 all the following fail too;
 * the rest is the document. Nothing crashes or leaks, no half of it is taken for the whole, and what
 * is said of it says memory.
 *
 * Jansson's allocations are our own (np_json_use_memory()), and what is out of memory there ends the
 * program; our readers of policies use no library.
 */
#include <setjmp.h>

#include "../../harness/kube/yaml.h"
#include "../../harness/report/yaml.h"
#include "failing.h"

/* A document takes no more allocations than this; larger numbers fail none. */
#define N_MAX 2048

static jmp_buf over;

/* Instead of that of base/mem.c (--wrap), which ends the program. */
_Noreturn void __wrap_np_no_memory(void);
void __wrap_np_no_memory(void)
{
	longjmp(over, 1);
}

static void check_says_memory(const struct np_err *err)
{
	FUZZ_CHECK(err->code == NP_EENV && strstr(err->msg, "memory"), "%u allocations failed: %d, %s",
		   failing.failed, err->code, err->msg);
}

/* Two readings of one text: values and places. */
static void check_same(const struct np_kube_doc *a, const struct np_kube_doc *b)
{
	FUZZ_CHECK(json_equal(a->root, b->root), "another document");
	FUZZ_CHECK(a->n_marks == b->n_marks, "%zu places of %zu", b->n_marks, a->n_marks);
	for (size_t i = 0; i < a->n_marks; i++)
		FUZZ_CHECK(a->marks[i].line == b->marks[i].line && a->marks[i].column == b->marks[i].column,
			   "place %zu", i);
}

/* @whole NULL: the text is refused for another reason, @why. */
static void check_reading(struct np_str text, unsigned n, bool all, const struct np_kube_doc *whole,
			  const struct np_err *why)
{
	struct np_kube_doc doc = { .n_marks = 77 };
	struct np_err err = { .code = NP_OK };
	unsigned failed;
	int rc;

	failing_start(n, all);
	rc = np_kube_doc_parse(text, &doc, &err);
	failed = failing_stop();
	if (rc == 0) {
		FUZZ_CHECK(whole, "accepted when memory is short: %s", why->msg);
		check_same(whole, &doc);
		np_kube_doc_release(&doc);
		return;
	}
	FUZZ_CHECK(!doc.root && doc.n_marks == 77, "half a document");
	if (failed)
		check_says_memory(&err);
	else
		FUZZ_CHECK(!whole && err.code == why->code && strcmp(err.msg, why->msg) == 0, "%s, not %s",
			   err.msg, why->msg);
}

static void check_writing(const json_t *v, unsigned n, bool all)
{
	struct np_buf whole = { NULL, 0, 0 }, text = { NULL, 0, 0 };
	volatile bool ended = true;

	np_report_yaml(v, &whole);
	np_buf_adds(&text, "before\n");
	if (setjmp(over) == 0) {
		failing_start(n, all);
		np_report_yaml(v, &text);
		ended = false;
	}
	if (failing_stop()) {
		FUZZ_CHECK(ended, "%u allocations failed, and it goes on", failing.failed);
		FUZZ_CHECK(text.len == 7, "half a text: %s", np_buf_text(&text));
	} else {
		FUZZ_CHECK(!ended && strcmp(np_buf_text(&text) + 7, np_buf_text(&whole)) == 0, "another text");
	}
	np_buf_release(&whole);
	np_buf_release(&text);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct np_str text = fuzz_tight(data, size);
	struct fuzz_in in = { (const uint8_t *)text.p, text.n };
	unsigned n = fuzz_u16(&in) % N_MAX, how = fuzz_byte(&in);
	struct np_kube_doc whole = { .root = NULL };
	struct np_err why = { .code = NP_OK };
	bool reads = np_kube_doc_parse(fuzz_str(&in), &whole, &why) == 0;

	check_reading(fuzz_str(&in), n, how & 1, reads ? &whole : NULL, &why);
	if (reads) {
		check_writing(whole.root, n, how & 1);
		np_kube_doc_release(&whole);
	}
	fuzz_loosen(&text);
	return 0;
}
