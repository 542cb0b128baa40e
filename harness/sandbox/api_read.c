/* Get, list and their representations. */
#include "api_read.h"

#include "api_accept.h"
#include "np/base/json.h"
#include "np/base/mem.h"
#include "select.h"
#include "status.h"
#include "tableprint.h"
#include "watch.h"

static int not_acceptable(struct np_reply *rep)
{
	return np_fail(
		rep, 406, "NotAcceptable", json_object(),
		"only the following media types are accepted: application/json, application/yaml");
}

int np_api_check_accept(const struct np_request *req, struct np_reply *rep)
{
	return np_accept(req->accept, false) == NP_AS_NOTHING ? not_acceptable(rep) : 0;
}

static enum np_table_include include_of(const struct np_request *req)
{
	const char *v = np_request_query(req, "includeObject");

	if (v && strcmp(v, "Object") == 0)
		return NP_TABLE_OBJECT;
	return v && strcmp(v, "None") == 0 ? NP_TABLE_NONE : NP_TABLE_METADATA;
}

int np_api_show(const struct np_request *req, struct np_reply *rep, int code, json_t *object)
{
	json_t *items, *meta;

	switch (np_accept(req->accept, false)) {
	case NP_AS_TABLE:
		items = np_json_pack("[O]", object);
		meta = np_json_pack("{s:O}", "resourceVersion",
				    np_json_at(object, "metadata/resourceVersion"));
		rep->json = np_table_new(req->kind, items, meta, include_of(req), true);
		json_decref(items);
		json_decref(meta);
		break;
	case NP_AS_PARTIAL:
		rep->json = np_partial_new(object);
		break;
	case NP_AS_NOTHING:
		return not_acceptable(rep);
	default:
		rep->json = json_incref(object);
		break;
	}
	rep->code = code;
	return 0;
}

int np_api_get(const struct np_request *req, struct np_reply *rep)
{
	json_t *object;
	int rc;

	if (np_api_check_accept(req, rep))
		return -1;
	object = np_store_get(req->env.store, req->kind, req->ns, req->name);
	if (!object)
		return np_fail_not_found(rep, req->kind, req->name);
	rc = np_api_show(req, rep, 200, object);
	json_decref(object);
	return rc;
}

/* Where a list starts and what it shows. */
struct page {
	uint64_t rev;
	long long limit;		   /* 0: all */
	const char *after_ns, *after_name; /* NULL: from the start */
	char *token_copy;
};

/* "v1_REV_NS_NAME": names have no underscore. */
static int read_token(const char *token, struct page *p, struct np_reply *rep)
{
	char *ns, *name, *rev;
	unsigned long long u;

	p->token_copy = np_xstrdup(token);
	rev = strncmp(p->token_copy, "v1_", 3) == 0 ? p->token_copy + 3 : NULL;
	ns = rev ? strchr(rev, '_') : NULL;
	name = ns ? strchr(ns + 1, '_') : NULL;
	if (!name || !np_str_u64((struct np_str){ rev, (size_t)(ns - rev) }, UINT64_MAX, &u))
		return np_fail_bad_request(rep, "continue key is not valid: encoding is wrong");
	*name++ = '\0';
	p->rev = u;
	p->after_ns = ns + 1;
	p->after_name = name;
	return 0;
}

static int read_page(const struct np_request *req, struct page *p, struct np_reply *rep)
{
	const char *token = np_request_query(req, "continue"),
		   *rev = np_request_query(req, "resourceVersion");
	const char *match = np_request_query(req, "resourceVersionMatch");
	unsigned long long u = 0;

	if (np_request_query_int(req, rep, "limit", 0, &p->limit))
		return -1;
	if (token && *token) {
		if (rev && *rev && strcmp(rev, "0") != 0)
			return np_fail_bad_request(
				rep,
				"specifying resource version is not allowed when using continue");
		return read_token(token, p, rep);
	}
	if (rev && *rev && !np_str_u64(np_str_from(rev), UINT64_MAX, &u))
		return np_fail_bad_request(rep,
					   "invalid resource version \"%.100s\": "
					   "strconv.ParseUint: parsing \"%.100s\": invalid syntax",
					   rev, rev);
	if (u > np_store_revision(req->env.store))
		return np_fail(rep, 504, "Timeout",
			       np_json_pack("{s:[{s:s, s:s}], s:i}", "causes", "reason",
					    "ResourceVersionTooLarge", "message",
					    "Too large resource version", "retryAfterSeconds", 1),
			       "Timeout: Too large resource version: %llu, current: %llu", u,
			       (unsigned long long)np_store_revision(req->env.store));
	if (match && strcmp(match, "Exact") == 0)
		p->rev = u;
	return 0;
}

static bool after(const struct page *p, const json_t *o)
{
	int c;

	if (!p->after_ns)
		return true;
	c = strcmp(np_json_str(o, "metadata/namespace", ""), p->after_ns);
	return c ? c > 0 : strcmp(np_json_str(o, "metadata/name", ""), p->after_name) > 0;
}

static void put_continue(json_t *meta, const struct page *p, const json_t *last)
{
	char *token = np_xasprintf("v1_%llu_%s_%s", (unsigned long long)p->rev,
				   np_json_str(last, "metadata/namespace", ""),
				   np_json_str(last, "metadata/name", ""));

	json_object_set_new(meta, "continue", json_string(token));
	free(token);
}

/* Items of the page; fills the list's metadata. */
static json_t *take_page(const json_t *all, const struct np_select *select, const struct page *p,
			 json_t *meta)
{
	json_t *items = json_array(), *o;
	size_t i, n_left = 0;

	json_array_foreach(all, i, o) {
		if (!after(p, o) || !np_select_match(select, o))
			continue;
		if (p->limit && (long long)json_array_size(items) >= p->limit)
			n_left++;
		else
			json_array_append(items, o);
	}
	if (n_left) {
		put_continue(meta, p, json_array_get(items, json_array_size(items) - 1));
		if (!select->n_labels && !select->n_fields)
			json_object_set_new(meta, "remainingItemCount",
					    json_integer((json_int_t)n_left));
	}
	return items;
}

/* As the API has it, elements of a typed list do not say what they are. */
static json_t *bare_items(const json_t *items)
{
	json_t *list = json_array(), *o;
	size_t i;

	json_array_foreach(items, i, o) {
		json_t *bare = json_copy(o);

		json_object_del(bare, "kind");
		json_object_del(bare, "apiVersion");
		json_array_append_new(list, bare);
	}
	return list;
}

static json_t *list_new(const struct np_request *req, const json_t *items, json_t *meta)
{
	const struct np_kind *k = &np_kinds[req->kind];
	json_t *list, *o, *partial;
	char kind[64];
	size_t i;

	switch (np_accept(req->accept, false)) {
	case NP_AS_TABLE:
		return np_table_new(req->kind, items, meta, include_of(req), true);
	case NP_AS_PARTIAL:
		partial = json_array();
		json_array_foreach(items, i, o)
			json_array_append_new(partial, np_partial_new(o));
		return np_json_pack("{s:s, s:s, s:O, s:o}", "kind", "PartialObjectMetadataList",
				    "apiVersion", "meta.k8s.io/v1", "metadata", meta, "items",
				    partial);
	default:
		snprintf(kind, sizeof(kind), "%sList", k->kind);
		list = np_json_pack("{s:s, s:s, s:O, s:o}", "kind", kind, "apiVersion",
				    *k->group ? "networking.k8s.io/v1" : "v1", "metadata", meta,
				    "items", bare_items(items));
		return list;
	}
}

static int show_list(const struct np_request *req, struct np_reply *rep, struct page *p,
		     const struct np_select *select)
{
	json_t *all, *items, *meta;
	char rev[24];

	all = p->rev ? np_store_list_at(req->env.store, req->kind, req->ns, p->rev)
		     : np_store_list(req->env.store, req->kind, req->ns, &p->rev);
	if (!all)
		return np_fail_expired(rep, "The provided continue parameter is too old to display "
					    "a consistent list result. You can start a new list "
					    "without the continue parameter.");
	snprintf(rev, sizeof(rev), "%llu", (unsigned long long)p->rev);
	meta = np_json_pack("{s:s}", "resourceVersion", rev);
	items = take_page(all, select, p, meta);
	rep->json = list_new(req, items, meta);
	rep->code = 200;
	json_decref(items);
	json_decref(meta);
	json_decref(all);
	return 0;
}

int np_api_list(const struct np_request *req, struct np_reply *rep)
{
	struct np_select select = { 0 };
	struct np_err err = { 0 };
	struct page page = { 0 };
	int rc = -1;

	if (np_api_check_accept(req, rep))
		return -1;
	if (np_request_query_bool(req, "watch")) {
		rep->watch = np_watch_new(req, rep, np_accept(req->accept, false));
		rep->code = rep->watch ? 200 : rep->code;
		return rep->watch ? 0 : -1;
	}
	if (np_select_parse(req->kind, np_request_query(req, "labelSelector"),
			    np_request_query(req, "fieldSelector"), &select, &err))
		return np_fail_bad_request(rep, "%s", err.msg);
	if (read_page(req, &page, rep) == 0)
		rc = show_list(req, rep, &page, &select);
	np_select_release(&select);
	free(page.token_copy);
	return rc;
}
