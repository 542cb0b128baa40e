/* steps.c - a case's operations on the cluster. */
#include "steps.h"

#include <stdlib.h>
#include <string.h>

#include "np/base/clock.h"
#include "np/base/json.h"
#include "np/base/mem.h"
#include "np/kube/resource.h"
#include "np/target/casevalues.h"
#include "podwait.h"

#define GONE_WAIT_MS 60000
#define TERMINATE_GRACE_S 60	 /* longer than a change may take to show */
#define GONE_QUICK_FIRST_US 5000 /* looks that follow each other fast, */
#define GONE_QUICK_US 60000	 /* for so long */

void np_changes_init(struct np_changes *c)
{
	*c = (struct np_changes){ .operations = json_array(),
				  .manifests = json_array(),
				  .touched = json_object() };
}

void np_changes_next(struct np_changes *c)
{
	json_decref(c->operations);
	json_decref(c->manifests);
	c->operations = json_array();
	c->manifests = json_array();
	c->policies = c->pods = c->namespaces = false;
}

void np_changes_release(struct np_changes *c)
{
	json_decref(c->operations);
	json_decref(c->manifests);
	json_decref(c->touched);
	*c = (struct np_changes){ 0 };
}

static struct np_kube *kube(const struct np_session *s)
{
	return s->fixture->cluster->kube;
}

/* Everything a step names, with the names that the cluster knows. */
struct target {
	const struct np_kube_type *type;
	struct np_str short_ns, short_name;
	const char *ns;	  /* real; NULL for cluster-scoped kinds */
	const char *name; /* real */
	char *key;	  /* "Kind ns/name" of the case file */
};

static struct target target_of(const struct np_session *s, const struct np_step *step)
{
	struct target t = { .type = np_kube_type_find(step->object_kind.p),
			    .short_ns = step->ns,
			    .short_name = step->name };
	bool is_ns = t.type == &np_kube_types[NP_KUBE_NAMESPACE];

	t.ns = t.type && t.type->namespaced ? np_scope_real(&s->scope, step->ns).p : NULL;
	t.name = is_ns ? np_scope_real(&s->scope, step->name).p : step->name.p;
	t.key = np_xasprintf(NP_STR_FMT " " NP_STR_FMT "/" NP_STR_FMT,
			     NP_STR_ARG(step->object_kind), NP_STR_ARG(step->ns),
			     NP_STR_ARG(step->name));
	return t;
}

struct lookup {
	const struct np_session *session;
	const struct np_world *world;
};

static size_t copy_ips(const struct np_addr *ips, size_t n, struct np_addr *ret)
{
	memcpy(ret, ips, n * sizeof(*ips));
	return n;
}

static size_t lookup_name(const void *ctx, struct np_str name, struct np_addr *ret)
{
	const struct lookup *l = ctx;
	const struct np_fixture *f = l->session->fixture;
	const char *slash = name.n ? memchr(name.p, '/', name.n) : NULL;
	struct np_str ns, pod;
	size_t idx;

	for (size_t i = 0; i < f->cluster->n_externals; i++)
		if (np_str_eq(f->cluster->externals[i].name, name))
			return copy_ips(f->cluster->externals[i].ips,
					f->cluster->externals[i].n_ips, ret);
	for (size_t i = 0; i < f->n_host; i++)
		if (np_str_eq(f->host[i].name, name))
			return copy_ips(f->host[i].ips, f->host[i].n_ips, ret);
	if (np_str_is(name, "dns"))
		return copy_ips(f->dns_ips, f->n_dns_ips, ret);
	if (!slash)
		return 0;
	ns = (struct np_str){ name.p, (size_t)(slash - name.p) };
	pod = (struct np_str){ slash + 1, name.n - ns.n - 1 };
	idx = np_world_find_pod(l->world, np_scope_real(&l->session->scope, ns), pod);
	return idx == SIZE_MAX ? 0
			       : copy_ips(l->world->pods[idx].ips, l->world->pods[idx].n_ips, ret);
}

/* The step's JSON with its values filled in; names are still the case file's. */
static json_t *body_of(const struct np_session *s, const struct np_step *step,
		       const struct np_world *world, struct np_err *err)
{
	struct lookup ctx = { s, world };
	struct np_values values = { lookup_name, &ctx, s->fixture->family };
	struct np_buf text = { 0 };
	json_t *body = NULL;

	if (np_substitute(step->body, &values, &text, err) == 0)
		body = np_json_parse(text.data, text.len, err);
	np_buf_release(&text);
	return body;
}

static void remember(struct np_changes *c, const struct np_step *step, const char *op,
		     const struct target *t, json_t *body)
{
	np_auto_free char *text = np_xasprintf("%s %s", op, t->key);
	const char *kind = step->object_kind.p;
	bool anew = strcmp(op, "recreate") == 0 || strcmp(op, "terminate") == 0;
	json_t *line = np_json_pack("{s:s, s:s}", "op", op, "of", t->key);

	if (body)
		json_object_set(line, "body", body);
	json_array_append_new(c->manifests, line);
	json_array_append_new(c->operations, json_string(text));
	/* A pod that was made anew may differ in more than its labels; one that ends must be. */
	if (anew || !json_object_get(c->touched, t->key))
		json_object_set_new(c->touched, t->key, json_boolean(anew));
	c->policies |= strcmp(kind, "NetworkPolicy") == 0;
	c->pods |= strcmp(kind, "Pod") == 0;
	c->namespaces |= strcmp(kind, "Namespace") == 0;
}

static int do_apply(struct np_session *s, const struct np_step *step, const struct np_world *world,
		    struct np_changes *c, struct target *t, struct np_err *err)
{
	json_t *body = body_of(s, step, world, err), *kept;
	int rc;

	if (!body)
		return -1;
	if (np_str_is(step->object_kind, "Namespace") && !np_scope_add(&s->scope, step->name)) {
		json_decref(body);
		return np_err_set(err, NP_ELIMIT, "a case has at most %d namespaces",
				  NP_SCOPE_MAX_NAMESPACES);
	}
	kept = json_deep_copy(body);
	remember(c, step, "apply", t, kept);
	json_decref(kept);
	np_scope_rename(&s->scope, body);
	rc = np_session_apply(s, body, err);
	json_decref(body);
	return rc;
}

/* A node agent that waits for the end of a pod's grace does not hear that it was made shorter. */
static bool is_ending(const struct np_session *s, const struct target *t)
{
	np_auto_free char *name = np_xasprintf(NP_STR_FMT "/" NP_STR_FMT, NP_STR_ARG(t->short_ns),
					       NP_STR_ARG(t->short_name));
	const struct np_session_pod *pod = np_session_find(s, np_str_from(name));

	return t->type == &np_kube_types[NP_KUBE_POD] && pod && pod->ending;
}

/* Pods that go are waited for no more. */
static int send_delete(struct np_session *s, const struct target *t, bool missing_ok,
		       struct np_err *err)
{
	const struct np_kube_write w = { .missing_ok = missing_ok, .now = is_ending(s, t) };

	if (t->type == &np_kube_types[NP_KUBE_POD])
		np_session_forget(s, t->short_ns, &t->short_name);
	else if (t->type == &np_kube_types[NP_KUBE_NAMESPACE])
		np_session_forget(s, t->short_name, NULL);
	return np_kube_delete(kube(s), t->type, t->ns, t->name, &w, err);
}

/* An agent ends at once when it is told to; only who does not is asked after at leisure. */
static int await_gone(struct np_session *s, const struct target *t, struct np_err *err)
{
	struct np_backoff quick;

	if (t->type == &np_kube_types[NP_KUBE_NETPOL])
		return 0;
	np_backoff_init(&quick, GONE_QUICK_FIRST_US, GONE_QUICK_US, GONE_QUICK_US);
	do {
		struct np_err get = { 0 };
		json_t *object = NULL;
		int rc = np_kube_get(kube(s), t->type, t->ns, t->name, &object, &get);

		json_decref(object);
		if (rc < 0 && get.code == NP_ENOTFOUND)
			return 0;
		if (rc < 0)
			break;
	} while (np_backoff_wait(&quick));
	return np_kube_wait_gone(kube(s), t->type, t->ns, t->name, NULL, GONE_WAIT_MS, err);
}

static int delete_object(struct np_session *s, const struct target *t, bool missing_ok,
			 struct np_err *err)
{
	return send_delete(s, t, missing_ok, err) < 0 ? -1 : await_gone(s, t, err);
}

static int do_delete(struct np_session *s, const struct np_step *step, const struct np_world *world,
		     struct np_changes *c, struct target *t, struct np_err *err)
{
	(void)world;
	remember(c, step, "delete", t, NULL);
	return delete_object(s, t, false, err);
}

static int do_patch(struct np_session *s, const struct np_step *step, const struct np_world *world,
		    struct np_changes *c, struct target *t, struct np_err *err)
{
	bool label = step->kind == NP_STEP_LABEL;
	json_t *body = body_of(s, step, world, err), *kept;
	int rc;

	if (!body)
		return -1;
	kept = json_deep_copy(body);
	remember(c, step, label ? "label" : "patch", t, kept);
	json_decref(kept);
	if (t->type == &np_kube_types[NP_KUBE_POD] && np_pod_told_to_end(body))
		np_session_forget(s, t->short_ns, &t->short_name);
	if (label && !json_object_get(body, "metadata"))
		body = np_json_pack("{s:{s:o}}", "metadata", "labels", body);
	np_scope_rename(&s->scope, body);
	rc = np_kube_patch(kube(s), t->type, t->ns, t->name, NP_KUBE_PATCH_MERGE, body, NULL, NULL,
			   err);
	json_decref(body);
	return rc;
}

static json_t *original_of(const struct np_session *s, const char *key)
{
	json_t *o = json_object_get(s->originals, key);

	return o ? json_deep_copy(o) : NULL;
}

static int do_recreate(struct np_session *s, const struct np_step *step,
		       const struct np_world *world, struct np_changes *c, struct target *t,
		       struct np_err *err)
{
	json_t *body = step->body.n ? body_of(s, step, world, err) : original_of(s, t->key), *kept;
	int rc;

	if (!body)
		return step->body.n
			       ? -1
			       : np_err_set(
					 err, NP_EVALID,
					 "'%s' is not of the world: 'with' must give its manifest",
					 t->key);
	kept = json_deep_copy(body);
	remember(c, step, "recreate", t, kept);
	json_decref(kept);
	np_scope_rename(&s->scope, body);
	rc = delete_object(s, t, true, err);
	if (rc == 0)
		rc = np_session_apply(s, body, err);
	json_decref(body);
	return rc;
}

/* The object stays, with a deletionTimestamp, until it is undone. */
static int do_terminate(struct np_session *s, const struct np_step *step,
			const struct np_world *world, struct np_changes *c, struct target *t,
			struct np_err *err)
{
	const struct np_kube_write w = { .grace_s = TERMINATE_GRACE_S };

	(void)world;
	remember(c, step, "terminate", t, NULL);
	np_session_ending(s, t->short_ns, t->short_name);
	return np_kube_delete(kube(s), t->type, t->ns, t->name, &w, err);
}

static int do_wait(struct np_session *s, const struct np_step *step, const struct np_world *world,
		   struct np_changes *c, struct target *t, struct np_err *err)
{
	(void)s, (void)world, (void)c, (void)t, (void)err;
	np_sleep_ms(step->wait_ms);
	return 0;
}

typedef int do_fn(struct np_session *, const struct np_step *, const struct np_world *,
		  struct np_changes *, struct target *, struct np_err *);

static do_fn *const doers[] = {
	[NP_STEP_APPLY] = do_apply,	  [NP_STEP_DELETE] = do_delete,
	[NP_STEP_LABEL] = do_patch,	  [NP_STEP_PATCH] = do_patch,
	[NP_STEP_RECREATE] = do_recreate, [NP_STEP_TERMINATE] = do_terminate,
	[NP_STEP_WAIT] = do_wait,
};

int np_step_apply(struct np_session *s, const struct np_step *step, const struct np_world *world,
		  struct np_changes *changes, struct np_err *err)
{
	struct target t = { 0 };
	int rc;

	if (step->kind != NP_STEP_WAIT) {
		t = target_of(s, step);
		if (!t.type)
			rc = np_err_set(err, NP_EVALID, "unknown kind '" NP_STR_FMT "'",
					NP_STR_ARG(step->object_kind));
		else
			rc = doers[step->kind](s, step, world, changes, &t, err);
	} else {
		rc = do_wait(s, step, world, changes, &t, err);
	}
	if (rc < 0)
		np_err_at(err, step->place.file, step->place.line, step->place.column);
	free(t.key);
	return rc;
}

/* "Kind ns/name" of a case file into its parts; strings are the session's. */
static bool split_key(struct np_session *s, const char *key, struct target *ret)
{
	const char *blank = strchr(key, ' '), *slash = blank ? strchr(blank, '/') : NULL;
	struct np_step step = { 0 };

	if (!slash)
		return false;
	step.object_kind = np_arena_str(&s->arena, (struct np_str){ key, (size_t)(blank - key) });
	step.ns =
		np_arena_str(&s->arena, (struct np_str){ blank + 1, (size_t)(slash - blank - 1) });
	step.name = np_arena_str(&s->arena, np_str_from(slash + 1));
	*ret = target_of(s, &step);
	return ret->type != NULL;
}

/* Something of the case's own, or a pod of the world that is made anew. */
static bool must_go(const struct np_session *s, const char *key, bool remade)
{
	return remade || !json_object_get(s->originals, key);
}

/* Pods take their time to end, and may take it together. */
static int send_pod_away(struct np_session *s, const char *key, bool remade, struct np_err *err)
{
	struct target t = { 0 };
	int rc = 0;

	if (must_go(s, key, remade) && split_key(s, key, &t))
		rc = send_delete(s, &t, true, err);
	free(t.key);
	return rc;
}

/* A pod of the world is made anew unless only its labels differ; other objects are put back as they
 * were. A pod that must go has been sent away. */
static int undo_one(struct np_session *s, const char *key, bool remade, struct np_err *err)
{
	struct target t = { 0 };
	json_t *original = original_of(s, key);
	int rc = 0;

	if (!split_key(s, key, &t))
		rc = np_err_set(err, NP_EINTERNAL, "cannot undo '%s'", key);
	else if (must_go(s, key, remade))
		rc = t.type == &np_kube_types[NP_KUBE_POD] ? await_gone(s, &t, err)
							   : delete_object(s, &t, true, err);
	if (rc == 0 && original)
		rc = np_session_apply(s, original, err);
	free(t.key);
	json_decref(original);
	return rc;
}

int np_steps_undo(struct np_session *s, const struct np_changes *changes, struct np_err *err)
{
	const char *key;
	json_t *value;
	int rc = 0;

	json_object_foreach(changes->touched, key, value)
		if (rc == 0 && strncmp(key, "Pod ", 4) == 0)
			rc = send_pod_away(s, key, json_is_true(value), err);
	/* Policies first: they need nothing else, and the rest then heals in the open. */
	for (int pass = 0; pass < 2; pass++)
		json_object_foreach(changes->touched, key, value) {
			bool policy = strncmp(key, "NetworkPolicy ", 14) == 0;

			if (rc == 0 && policy == (pass == 0))
				rc = undo_one(s, key, json_is_true(value), err);
		}
	if (rc < 0)
		s->dirty = true;
	return rc;
}
