/*
 * fuzz_watch.c - pages of lists and streams of events, as an API server that may be anything sends
 * them: in pieces, cut short, with errors in between. The input is that of fake_kube.h. Events come
 * whole, the first is a list, and after what cannot be bridged another is.
 */
#include "fake_kube.h"
#include "np/kube/watch.h"

#define LOOKS_MAX 2000

static const struct np_kube_type type = { "Pod", "", "v1", "pods", true };

static void check_event(const struct np_kube_event *e, bool first)
{
	FUZZ_CHECK(e->object, "an event about nothing");
	FUZZ_CHECK(!first || e->type == NP_KUBE_RELISTED, "type %d before any list", e->type);
	FUZZ_CHECK(e->type == NP_KUBE_RELISTED ? json_is_array(e->object) : json_is_object(e->object),
		   "type %d", e->type);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const struct np_kube_config config = { .insecure = false };
	struct np_str input = fuzz_tight(data, size);
	struct np_kube k = { .config = &config, .cancel = &fake.cancel, .timeout_ms = 1000 };
	struct np_kube_watch *w;
	struct np_err err = { .code = NP_OK }, last;
	bool first = true;
	int rc = 0;

	fake_start(input);
	w = np_kube_watch_new(&k, &type, "x", NULL, NULL);
	for (unsigned i = 0; i < LOOKS_MAX && rc >= 0; i++) {
		struct np_kube_event e;

		rc = np_kube_watch_next(w, 1000, &e, &err);
		if (rc > 0) {
			check_event(&e, first);
			first = false;
			json_decref(e.object);
		}
	}
	FUZZ_CHECK(rc >= 0 || err.msg[0], "ended without a sentence");
	np_kube_watch_trouble(w, &last);
	np_kube_watch_free(w);
	fuzz_loosen(&input);
	return 0;
}
