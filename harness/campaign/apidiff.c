/* apidiff.c - documents to a validator and to a server, from several threads. */
#include "np/campaign/apidiff.h"

#include <pthread.h>
#include <string.h>

#include "field.h"
#include "np/base/clock.h"
#include "np/base/json.h"
#include "np/base/mem.h"
#include "np/base/rng.h"
#include "np/campaign/bug.h"
#include "np/campaign/minimise.h"
#include "np/kube/resource.h"
#include "np/mutate/mutate.h"
#include "np/run/clean.h"

#define CONNECTIONS 4
#define CLEAN_TIMEOUT_MS 120000
#define DOCUMENT_MAX 3072
#define MINIMISE_TESTS 300
#define MAX_LINES 6 /* of differences that make a class */

/* One class: what differs, whatever the names and numbers. */
struct class
{
	char key[NP_CRASH_KEY_LEN + 1];
	char about[NP_CRASH_MESSAGE_MAX];
	char *document, *differences;
	bool yaml;
	unsigned long long n;
};

struct diff {
	const struct np_apidiff_options *o;
	struct np_apidiff_summary *sum;
	char id[FIELD_ID_LEN + 1], ns[64];
	pthread_mutex_t lock;
	struct class *classes;
	size_t n, cap;
	atomic_ullong next;
	atomic_int stop;
	struct np_err failed;
	int64_t begin_us, end_us;
};

static bool cancelled(const struct diff *d)
{
	return atomic_load(&d->stop) || (d->o->cancel && atomic_load(d->o->cancel));
}

/* ---- classes ---- */

/* Every line without what varies; lines that are alike count once. */
static void describe(const char *differences, char *buf, size_t size)
{
	struct np_buf b = { 0 };
	unsigned lines = 0;

	for (const char *p = differences; *p && lines < MAX_LINES;) {
		size_t n = strcspn(p, "\n");
		char template[NP_TEMPLATE_MAX];

		np_log_template((struct np_str){ p, n }, template, sizeof(template));
		if (template[0] && !strstr(np_buf_text(&b), template)) {
			np_buf_printf(&b, "%s%s", b.len ? "; " : "", template);
			lines++;
		}
		p += n + (p[n] == '\n');
	}
	snprintf(buf, size, "%s", np_buf_text(&b));
	np_buf_release(&b);
}

static struct class *class_of(struct diff *d, const char *about)
{
	struct class *c;

	for (size_t i = 0; i < d->n; i++)
		if (strcmp(d->classes[i].about, about) == 0)
			return &d->classes[i];
	if (d->n == NP_APIDIFF_MAX_CLASSES)
		return NULL;
	d->classes = np_grow(d->classes, &d->cap, d->n, sizeof(*d->classes));
	c = &d->classes[d->n++];
	*c = (struct class){ 0 };
	snprintf(c->about, sizeof(c->about), "%s", about);
	np_crash_key_of(NP_CRASH_VALIDATION, "kube-apiserver", "differs", about, c->key);
	return c;
}

static void take_difference(struct diff *d, struct np_str text, bool yaml, const char *differences)
{
	char about[NP_CRASH_MESSAGE_MAX];
	struct class *c;

	describe(differences, about, sizeof(about));
	pthread_mutex_lock(&d->lock);
	d->sum->differing++;
	c = class_of(d, about);
	if (c && c->n++ == 0) {
		c->document = np_xstrndup(text.p, text.n);
		c->differences = np_xstrdup(differences);
		c->yaml = yaml;
	}
	pthread_mutex_unlock(&d->lock);
}

/* ---- one document ---- */

/* What a server stores is what we say it is: created under a name of its own, read, deleted. */
static int create_and_compare(struct diff *d, unsigned long long n,
			      struct np_apidiff_answer *answer, struct np_err *err)
{
	const struct np_kube_type *type = &np_kube_types[NP_KUBE_NETPOL];
	const struct np_kube_write w = { .missing_ok = true };
	np_auto_free char *name = np_xasprintf("npf-%llu", n);
	json_t *spec = json_loads(answer->spec, JSON_ALLOW_NUL, NULL), *object, *stored = NULL;
	int rc;

	object = np_json_pack("{s:s, s:s, s:{s:s, s:s}, s:o}", "apiVersion", "networking.k8s.io/v1",
			      "kind", "NetworkPolicy", "metadata", "name", name, "namespace", d->ns,
			      "spec", spec ? spec : json_object());
	rc = np_kube_create(d->o->kube, type, d->ns, object, NULL, NULL, err);
	if (rc == 0)
		rc = np_kube_get(d->o->kube, type, d->ns, name, &stored, err);
	if (rc == 0 &&
	    !json_equal(json_object_get(stored, "spec"), json_object_get(object, "spec")))
		np_buf_adds(&answer->differences, "  spec after creation is another\n");
	if (rc == 0 && np_json_int(stored, "metadata/generation", 0) != 1)
		np_buf_adds(&answer->differences, "  generation after creation is not 1\n");
	if (rc < 0 && err->code == NP_EVALID) {
		np_buf_printf(&answer->differences, "  accepted by dry run, refused for good: %s\n",
			      err->msg);
		rc = 0;
	}
	if (np_kube_delete(d->o->kube, type, d->ns, name, &w, rc == 0 ? err : NULL) < 0)
		rc = -1;
	json_decref(object);
	json_decref(stored);
	return rc;
}

static void add_up(struct diff *d, const struct np_apidiff_answer *a, bool created)
{
	pthread_mutex_lock(&d->lock);
	d->sum->sent++;
	d->sum->asked += a->asked;
	d->sum->accepted += a->asked && a->accepted;
	d->sum->refused += a->asked && !a->accepted;
	d->sum->created += created;
	pthread_mutex_unlock(&d->lock);
}

static int ask_one(struct diff *d, struct np_str text, bool yaml, unsigned long long n,
		   struct np_err *err)
{
	struct np_apidiff_answer answer = { 0 };
	bool create = false;
	int rc = d->o->ask(d->o->ctx, d->o->kube, d->ns, text, yaml, &answer, err);

	if (rc == 0) {
		create = d->o->create && answer.asked && answer.accepted && answer.spec;
		if (create)
			rc = create_and_compare(d, n, &answer, err);
	}
	if (rc == 0) {
		add_up(d, &answer, create);
		if (answer.differences.len)
			take_difference(d, text, yaml, np_buf_text(&answer.differences));
	}
	np_buf_release(&answer.differences);
	free(answer.spec);
	return rc;
}

/* ---- threads ---- */

struct worker {
	struct diff *d;
	pthread_t thread;
	bool started;
};

/* The document of number @n is the same on every run of a seed, whichever thread makes it. */
static struct np_str make(struct diff *d, struct np_mutator *m, unsigned long long n,
			  bool *ret_yaml)
{
	np_auto_free char *label = np_xasprintf("document %llu", n);
	const struct np_str *seeds;
	struct np_mutation mutant;
	struct np_rng root, rng;
	size_t n_seeds;
	unsigned what;

	np_rng_seed(&root, d->o->seed);
	np_rng_fork(&rng, &root, label);
	what = (unsigned)np_rng_below(&rng, 100);
	np_mutator_set_mode(m, what < d->o->hostile_percent		 ? NP_MUTATE_HOSTILE
			       : (what - d->o->hostile_percent) % 3 == 2 ? NP_MUTATE_SINGLE_FAULT
									 : NP_MUTATE_VALID);
	seeds = np_mutate_seeds(&n_seeds);
	*ret_yaml = false;
	np_mutate(m, seeds[np_rng_below(&rng, n_seeds)], seeds[np_rng_below(&rng, n_seeds)],
		  np_rng_next(&rng), &mutant);
	return mutant.text;
}

static void keep_pace(const struct diff *d, unsigned long long n)
{
	int64_t due_us;

	if (!d->o->rate)
		return;
	due_us = d->begin_us + (int64_t)(n * 1000000 / d->o->rate);
	if (due_us > np_now_us())
		np_sleep_ms((due_us - np_now_us()) / 1000);
}

static void *work(void *arg)
{
	struct diff *d = ((struct worker *)arg)->d;
	const struct np_mutate_opts opts = { .format = NP_MUTATE_JSON, .max_bytes = DOCUMENT_MAX };
	struct np_mutator *m = np_mutator_new(&opts);
	struct np_err err = { 0 };

	while (!cancelled(d) && (!d->end_us || np_now_us() < d->end_us)) {
		unsigned long long n = atomic_fetch_add(&d->next, 1);
		struct np_str text;
		bool yaml;

		if (d->o->count && n >= d->o->count)
			break;
		keep_pace(d, n);
		text = make(d, m, n, &yaml);
		if (ask_one(d, text, yaml, n, &err) < 0) {
			pthread_mutex_lock(&d->lock);
			if (!d->failed.code)
				d->failed = err;
			pthread_mutex_unlock(&d->lock);
			atomic_store(&d->stop, 1);
		}
	}
	np_mutator_free(m);
	return NULL;
}

static void run_workers(struct diff *d)
{
	struct worker workers[NP_APIDIFF_MAX_CONNECTIONS];
	unsigned n = d->o->connections ? d->o->connections : CONNECTIONS;

	if (n > NP_APIDIFF_MAX_CONNECTIONS)
		n = NP_APIDIFF_MAX_CONNECTIONS;
	for (unsigned i = 0; i < n; i++) {
		workers[i] = (struct worker){ .d = d };
		workers[i].started =
			pthread_create(&workers[i].thread, NULL, work, &workers[i]) == 0;
	}
	for (unsigned i = 0; i < n; i++)
		if (workers[i].started)
			pthread_join(workers[i].thread, NULL);
}

/* ---- findings ---- */

struct judge {
	struct diff *d;
	const struct class *c;
};

/* Does this document still differ in the same way? */
static int judge(void *ctx, const json_t *list, struct np_err *err)
{
	struct judge *j = ctx;
	struct np_apidiff_answer answer = { 0 };
	char about[NP_CRASH_MESSAGE_MAX] = "";
	struct np_buf text = { 0 };
	int rc;

	if (j->d->o->cancel && atomic_load(j->d->o->cancel))
		return np_err_set(err, NP_EINTR, "interrupted");
	if (!json_is_object(json_array_get(list, 0)))
		return 0;
	np_json_dump(json_array_get(list, 0), 0, &text);
	rc = j->d->o->ask(j->d->o->ctx, j->d->o->kube, j->d->ns,
			  (struct np_str){ text.data, text.len }, j->c->yaml, &answer, err);
	if (rc == 0 && answer.differences.len)
		describe(np_buf_text(&answer.differences), about, sizeof(about));
	np_buf_release(&answer.differences);
	np_buf_release(&text);
	free(answer.spec);
	return rc < 0 ? -1 : strcmp(about, j->c->about) == 0;
}

/* The document as an object, as small as it gets; NULL where it must stay text to differ. */
static json_t *make_small(struct diff *d, const struct class *c)
{
	struct judge ctx = { d, c };
	struct np_minimise m = { .judge = judge, .ctx = &ctx, .max_tests = MINIMISE_TESTS };
	json_t *object = json_loads(c->document, JSON_ALLOW_NUL, NULL), *list, *small = NULL,
	       *ret = NULL;

	if (!object)
		return NULL;
	list = np_json_pack("[o]", object);
	if (judge(&ctx, list, NULL) == 1 && np_minimise(&m, list, &small, NULL) == 0)
		ret = json_incref(json_array_get(small, 0));
	json_decref(m.neighbour);
	json_decref(small);
	json_decref(list);
	return ret;
}

static int write_class(struct diff *d, const struct class *c, struct np_err *err)
{
	json_t *bug = np_bug_new_of(NP_CRASH_VALIDATION, "kube-apiserver", "differs", c->about,
				    c->differences),
	       *small = make_small(d, c);
	const struct np_bug_file files[] = { { "evidence/document.json", np_str_from(c->document) },
					     { "evidence/differences.txt",
					       np_str_from(c->differences) } };
	int rc;

	if (small) {
		json_object_set_new(bug, "operations",
				    np_json_pack("[{s:s, s:s, s:s, s:s, s:O}]", "op", "apply",
						 "kind", "NetworkPolicy", "namespace", "a", "name",
						 "x", "object", small));
		json_object_set_new(bug, "minimised", json_true());
	}
	json_object_set_new(bug, "count", json_integer((json_int_t)c->n));
	json_object_set_new(bug, "raw", np_json_string(np_str_from(c->differences)));
	json_object_set_new(
		bug, "versions",
		np_json_pack("{s:o}", "kubernetes", np_json_string(np_str_from(d->o->server))));
	json_object_set_new(bug, "seed", json_integer((json_int_t)d->o->seed));
	rc = np_bug_write(d->o->bug_dir ? d->o->bug_dir : NP_BUG_DIR, bug, files,
			  NP_ARRAY_SIZE(files), NULL, err);
	json_array_append_new(d->sum->keys, json_string(c->key));
	json_decref(small);
	json_decref(bug);
	return rc;
}

static int write_classes(struct diff *d, struct np_err *err)
{
	int rc = 0;

	for (size_t i = 0; rc == 0 && i < d->n; i++)
		rc = write_class(d, &d->classes[i], err);
	d->sum->classes = (unsigned)d->n;
	return rc;
}

/* ---- all ---- */

static int make_namespace(struct diff *d, struct np_err *err)
{
	json_t *ns;
	int rc;

	snprintf(d->id, sizeof(d->id), "d%07llx", (unsigned long long)(np_now_us() & 0xfffffff));
	snprintf(d->ns, sizeof(d->ns), "npf-%s-a", d->id);
	ns = np_bug_namespace("a", d->ns, d->id);
	rc = np_kube_create(d->o->kube, &np_kube_types[NP_KUBE_NAMESPACE], NULL, ns, NULL, NULL,
			    err);
	json_decref(ns);
	return rc;
}

static void release(struct diff *d)
{
	for (size_t i = 0; i < d->n; i++) {
		free(d->classes[i].document);
		free(d->classes[i].differences);
	}
	free(d->classes);
	pthread_mutex_destroy(&d->lock);
}

int np_apidiff(const struct np_apidiff_options *options, struct np_apidiff_summary *ret,
	       struct np_err *err)
{
	struct diff d = { .o = options, .sum = ret, .begin_us = np_now_us() };
	struct np_err clean_err = { 0 };
	int rc;

	*ret = (struct np_apidiff_summary){ .keys = json_array() };
	pthread_mutex_init(&d.lock, NULL);
	rc = make_namespace(&d, err);
	if (rc == 0) {
		d.begin_us = np_now_us();
		d.end_us = options->for_ms ? d.begin_us + options->for_ms * 1000 : 0;
		run_workers(&d);
		ret->elapsed_ms = (np_now_us() - d.begin_us) / 1000;
		rc = write_classes(&d, err);
		ret->interrupted = options->cancel && atomic_load(options->cancel);
		if (d.failed.code && !ret->interrupted) {
			*err = d.failed;
			rc = -1;
		}
		np_kube_set_cancel(options->kube, NULL);
		if (np_clean(options->kube, d.id, CLEAN_TIMEOUT_MS, NULL, &clean_err) < 0 &&
		    rc == 0) {
			*err = clean_err;
			rc = -1;
		}
	}
	release(&d);
	return rc;
}
