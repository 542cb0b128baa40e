/* resource.c - layer kube: verbs on objects and collections. */
#include <stdio.h>

#include "covers.h"
#include "np/base/clock.h"
#include "np/base/json.h"
#include "np/base/mem.h"
#include "np/kube/resource.h"
#include "transport.h"

#define MAX_PAGES 1000
#define MAX_RESTARTS 3
#define PAGE 500

const struct np_kube_type np_kube_types[NP_KUBE_N_KINDS] = {
	[NP_KUBE_NAMESPACE] = {"Namespace", "", "v1", "namespaces", false},
	[NP_KUBE_NODE] = {"Node", "", "v1", "nodes", false},
	[NP_KUBE_POD] = {"Pod", "", "v1", "pods", true},
	[NP_KUBE_SERVICE] = {"Service", "", "v1", "services", true},
	[NP_KUBE_NETPOL] = {"NetworkPolicy", "networking.k8s.io", "v1", "networkpolicies", true},
	[NP_KUBE_EVENT] = {"Event", "", "v1", "events", true},
	[NP_KUBE_SERVICEACCOUNT] = {"ServiceAccount", "", "v1", "serviceaccounts", true},
	[NP_KUBE_CONFIGMAP] = {"ConfigMap", "", "v1", "configmaps", true},
	[NP_KUBE_ENDPOINTSLICE] = {"EndpointSlice", "discovery.k8s.io", "v1", "endpointslices",
				   true},
	[NP_KUBE_DAEMONSET] = {"DaemonSet", "apps", "v1", "daemonsets", true},
	[NP_KUBE_DEPLOYMENT] = {"Deployment", "apps", "v1", "deployments", true},
};

const struct np_kube_type *np_kube_type_find(const char *name)
{
	for (size_t i = 0; i < NP_KUBE_N_KINDS; i++)
		if (!strcmp(np_kube_types[i].kind, name) || !strcmp(np_kube_types[i].plural, name))
			return &np_kube_types[i];
	return NULL;
}

static void add_segment(struct np_buf *b, const char *s)
{
	np_buf_addc(b, '/');
	np_kube_escape(b, s);
}

void np_kube_path(struct np_buf *b, const struct np_kube_type *t, const char *ns, const char *name,
		  const char *subresource)
{
	np_buf_adds(b, *t->group ? "/apis" : "/api");
	if (*t->group)
		add_segment(b, t->group);
	add_segment(b, t->version);
	if (t->namespaced && ns && *ns) {
		np_buf_adds(b, "/namespaces");
		add_segment(b, ns);
	}
	add_segment(b, t->plural);
	if (name)
		add_segment(b, name);
	if (name && subresource)
		add_segment(b, subresource);
}

static void add_param(struct np_buf *b, const char *key, const char *value)
{
	if (!value)
		return;
	np_buf_printf(b, "%s%s=", b->len ? "&" : "", key);
	np_kube_escape(b, value);
}

/* A request being put together; the buffers are its own. */
struct op {
	struct np_kube_req req;
	struct np_buf path, query;
	json_t *json;		/* owned, or NULL */
	int http;		/* of the last attempt */
	bool blind;		/* an attempt before it may have been carried out */
};

static void op_init(struct op *o, const char *method, const struct np_kube_type *t, const char *ns,
		    const char *name, const struct np_kube_write *w)
{
	*o = (struct op){ .req = { .method = method } };
	np_kube_path(&o->path, t, ns, name, NULL);
	if (!w)
		return;
	o->req.timeout_ms = w->timeout_ms;
	o->req.flags = w->flags;
	if (w->dry_run)
		add_param(&o->query, "dryRun", "All");
}

/* For the verbs that write an object. */
static void op_manager(struct op *o, const struct np_kube_write *w)
{
	add_param(&o->query, "fieldManager",
		  w && w->field_manager ? w->field_manager : "netpolcheck");
	if (w)
		add_param(&o->query, "fieldValidation", w->field_validation);
}

/* Sends and releases. @ret_obj may be NULL. */
static int op_run(struct op *o, struct np_kube *k, const struct np_kube_write *w, json_t **ret_obj,
		  struct np_err *err)
{
	struct np_kube_reply own = { .http = 0 };
	struct np_kube_reply *r = w && w->reply ? w->reply : &own;
	int rc;

	o->req.path = np_buf_text(&o->path);
	o->req.query = np_buf_text(&o->query);
	rc = np_kube_request(k, &o->req, r, err);
	o->http = r->http;
	o->blind = r->blind;
	if (!rc && ret_obj && !json_is_object(r->body))
		rc = np_err_set(err, NP_EPARSE, "the reply to %s is no object", o->req.path);
	if (!rc && ret_obj)
		*ret_obj = json_incref(r->body);
	np_kube_reply_release(&own);
	np_buf_release(&o->path);
	np_buf_release(&o->query);
	json_decref(o->json);
	return rc;
}

/* "" would make a name's path that of its collection. */
static int need(const char *what, const char *s, struct np_err *err)
{
	if (s && *s)
		return 0;
	return np_err_set(err, NP_EUSAGE, "a %s is needed here", what);
}

static int need_target(const struct np_kube_type *t, const char *ns, const char *name,
		       struct np_err *err)
{
	return need("name", name, err) || (t->namespaced && need("namespace", ns, err)) ? -1 : 0;
}

int np_kube_get(struct np_kube *k, const struct np_kube_type *t, const char *ns, const char *name,
		json_t **ret_obj, struct np_err *err)
{
	struct op o;

	if (need_target(t, ns, name, err))
		return -1;
	op_init(&o, "GET", t, ns, name, NULL);
	return op_run(&o, k, NULL, ret_obj, err);
}

/*
 * The answer to a write was lost, and its repetition conflicts. When what is stored is what was
 * sent, the conflict is with ourselves: 0 and *@ret_obj; otherwise @why stands.
 */
static int own_conflict(struct np_kube *k, const struct np_kube_type *t, const char *ns,
			const json_t *sent, json_t **ret_obj, const struct np_err *why,
			struct np_err *err)
{
	json_t *stored = NULL;
	const char *name = np_json_str(sent, "metadata/name", "");

	if (!np_kube_get(k, t, ns, name, &stored, NULL) && np_kube_covers(stored, sent)) {
		if (ret_obj)
			*ret_obj = json_incref(stored);
		json_decref(stored);
		return 0;
	}
	json_decref(stored);
	if (err)
		*err = *why;
	return -1;
}

/* POST and PUT of a whole object. */
static int put_object(struct np_kube *k, struct op *o, const struct np_kube_type *t, const char *ns,
		      const json_t *obj, const struct np_kube_write *w, json_t **ret_obj,
		      struct np_err *err)
{
	struct np_err why = { .code = NP_OK };

	op_manager(o, w);
	o->req.json = obj;
	if (!op_run(o, k, w, ret_obj, &why))
		return 0;
	if (o->http == 409 && o->blind)
		return own_conflict(k, t, ns, obj, ret_obj, &why, err);
	if (err)
		*err = why;
	return -1;
}

int np_kube_create(struct np_kube *k, const struct np_kube_type *t, const char *ns,
		   const json_t *obj, const struct np_kube_write *w, json_t **ret_obj,
		   struct np_err *err)
{
	struct op o;

	if (t->namespaced && need("namespace", ns, err))
		return -1;
	op_init(&o, "POST", t, ns, NULL, w);
	/* A name is taken once: it cannot be created twice. */
	if (*np_json_str(obj, "metadata/name", ""))
		o.req.flags |= NP_KUBE_REPEAT;
	return put_object(k, &o, t, ns, obj, w, ret_obj, err);
}

int np_kube_replace(struct np_kube *k, const struct np_kube_type *t, const char *ns,
		    const char *name, const json_t *obj, const struct np_kube_write *w,
		    json_t **ret_obj, struct np_err *err)
{
	struct op o;

	if (need_target(t, ns, name, err))
		return -1;
	op_init(&o, "PUT", t, ns, name, w);
	return put_object(k, &o, t, ns, obj, w, ret_obj, err);
}

int np_kube_patch(struct np_kube *k, const struct np_kube_type *t, const char *ns, const char *name,
		  enum np_kube_patch how, const json_t *patch, const struct np_kube_write *w,
		  json_t **ret_obj, struct np_err *err)
{
	static const char *const types[] = {
		[NP_KUBE_PATCH_MERGE] = "application/merge-patch+json",
		[NP_KUBE_PATCH_JSON] = "application/json-patch+json",
		[NP_KUBE_PATCH_STRATEGIC] = "application/strategic-merge-patch+json",
		/* YAML, and JSON is YAML */
		[NP_KUBE_PATCH_APPLY] = "application/apply-patch+yaml",
	};
	struct op o;

	if (need_target(t, ns, name, err))
		return -1;
	op_init(&o, "PATCH", t, ns, name, w);
	op_manager(&o, w);
	if (w && w->force && how == NP_KUBE_PATCH_APPLY)
		add_param(&o.query, "force", "true");
	o.req.content_type = types[how];
	o.req.json = patch;
	return op_run(&o, k, w, ret_obj, err);
}

static json_t *delete_options(const struct np_kube_write *w)
{
	json_t *o = np_json_pack("{s:s, s:s}", "apiVersion", "v1", "kind", "DeleteOptions");

	if (w && (w->now || w->grace_s))
		json_object_set_new(o, "gracePeriodSeconds",
				    json_integer(w->now ? 0 : w->grace_s));
	if (w && w->propagation)
		json_object_set_new(o, "propagationPolicy", json_string(w->propagation));
	if (w && w->uid)
		json_object_set_new(o, "preconditions", np_json_pack("{s:s}", "uid", w->uid));
	return o;
}

int np_kube_delete(struct np_kube *k, const struct np_kube_type *t, const char *ns,
		   const char *name, const struct np_kube_write *w, struct np_err *err)
{
	struct np_err why = { .code = NP_OK };
	struct op o;

	if (need_target(t, ns, name, err))
		return -1;
	op_init(&o, "DELETE", t, ns, name, w);
	o.req.json = o.json = delete_options(w);
	if (!op_run(&o, k, w, NULL, &why) ||
	    (why.code == NP_ENOTFOUND && (o.blind || (w && w->missing_ok))))
		return 0;
	if (err)
		*err = why;
	return -1;
}

int np_kube_delete_all(struct np_kube *k, const struct np_kube_type *t, const char *ns,
		       const char *label_selector, const struct np_kube_write *w,
		       struct np_err *err)
{
	struct op o;

	if (!strcmp(t->plural, "namespaces") || !strcmp(t->plural, "services"))
		return np_err_set(err, NP_EUSAGE, "the API cannot delete %s as a collection",
				  t->plural);
	if (t->namespaced && need("namespace", ns, err))
		return -1;
	op_init(&o, "DELETE", t, ns, NULL, w);
	add_param(&o.query, "labelSelector", label_selector);
	o.req.json = o.json = delete_options(w);
	return op_run(&o, k, w, NULL, err);
}

/* A list being taken page by page. */
struct listing {
	struct np_kube *k;
	const struct np_kube_type *t;
	const char *ns;
	const struct np_kube_query *q;
	int64_t deadline_ms, outage_ms;	/* the outage before it */
	json_t *items;
	char rv[NP_KUBE_RV_MAX];
	char *next;	/* continue token */
};

static int take_page(struct listing *l, const json_t *page, struct np_err *err)
{
	json_t *items = json_object_get(page, "items");
	const char *next = np_json_str(page, "metadata/continue", "");

	/* Go marshals an empty slice that was never made as null. */
	if (!json_is_array(items) && !json_is_null(items))
		return np_err_set(err, NP_EPARSE, "a list of %s without items", l->t->plural);
	json_array_extend(l->items, items);
	snprintf(l->rv, sizeof(l->rv), "%s", np_json_str(page, "metadata/resourceVersion", ""));
	free(l->next);
	l->next = *next ? np_xstrdup(next) : NULL;
	return 0;
}

static int get_page(struct listing *l, int *ret_http, struct np_err *err)
{
	struct np_kube_reply r = { .http = 0 };
	struct np_kube_write w = { .reply = &r };
	/* The time of an outage is not the list's. */
	int64_t left = l->deadline_ms + np_kube_outage_ms(l->k) - l->outage_ms - np_now_ms();
	json_t *page = NULL;
	char limit[16];
	struct op o;
	int rc;

	if (left <= 0)
		return np_err_set(err, NP_ETIMEOUT, "the list of %s was not complete in time",
				  l->t->plural);
	op_init(&o, "GET", l->t, l->ns, NULL, NULL);
	snprintf(limit, sizeof(limit), "%u", l->q && l->q->limit ? l->q->limit : PAGE);
	add_param(&o.query, "limit", limit);
	add_param(&o.query, "labelSelector", l->q ? l->q->label_selector : NULL);
	add_param(&o.query, "fieldSelector", l->q ? l->q->field_selector : NULL);
	add_param(&o.query, "continue", l->next);
	o.req.timeout_ms = (int)left;
	rc = op_run(&o, l->k, &w, &page, err);
	*ret_http = r.http;
	if (!rc)
		rc = take_page(l, page, err);
	json_decref(page);
	np_kube_reply_release(&r);
	return rc;
}

static int get_pages(struct listing *l, struct np_err *err)
{
	int n_restarts = 0;

	for (unsigned n = 0; n < MAX_PAGES; n++) {
		int http = 0;

		if (!get_page(l, &http, err)) {
			if (!l->next)
				return 0;
			continue;
		}
		if (http != 410 || !l->next || n_restarts++ >= MAX_RESTARTS)
			return -1;
		free(l->next);
		l->next = NULL;
		json_array_clear(l->items);
	}
	return np_err_set(err, NP_ELIMIT, "the list of %s has more than %d pages", l->t->plural,
			  MAX_PAGES);
}

int np_kube_list(struct np_kube *k, const struct np_kube_type *t, const char *ns,
		 const struct np_kube_query *q, json_t **ret_items, char *ret_rv,
		 struct np_err *err)
{
	struct listing l = { .k = k, .t = t, .ns = ns, .q = q, .items = json_array() };
	int rc;

	l.deadline_ms = np_now_ms() + (q && q->timeout_ms > 0 ? q->timeout_ms : k->timeout_ms);
	l.outage_ms = np_kube_outage_ms(k);
	rc = get_pages(&l, err);
	free(l.next);
	if (rc) {
		json_decref(l.items);
		return -1;
	}
	*ret_items = l.items;
	if (ret_rv)
		memcpy(ret_rv, l.rv, sizeof(l.rv));
	return 0;
}
