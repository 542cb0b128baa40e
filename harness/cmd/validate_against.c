/* validate_against.c - the same documents to a real API server by dry run, and where it differs. */
#include "validate.h"

#include "np/base/mem.h"
#include "np/kube/client.h"
#include "np/kube/config.h"
#include "np/parse/encode.h"

#define MAX_SENT_WARNINGS NP_KUBE_WARNINGS_MAX

__attribute__((format(printf, 2, 3)))
static void differ(struct validate_server *s, const char *fmt, ...)
{
	va_list ap;

	np_buf_adds(&s->differences, "  ");
	va_start(ap, fmt);
	np_buf_vprintf(&s->differences, fmt, ap);
	va_end(ap);
	np_buf_addc(&s->differences, '\n');
}

/* ---- stage ---- */

/* What kind of 400 this is, by its words. */
static enum np_stage stage_of_bad_request(const char *message)
{
	static const char *const request[] = {
		"does not match the namespace sent on the request",
		"does not match the name on the URL",
		"does not match the namespace on the request",
	};

	if (strstr(message, ": strict decoding error: "))
		return NP_STAGE_STRICT;
	for (size_t i = 0; i < NP_ARRAY_SIZE(request); i++)
		if (strstr(message, request[i]))
			return NP_STAGE_REQUEST;
	return NP_STAGE_DECODE;
}

static enum np_stage server_stage(const struct np_kube_reply *r)
{
	switch (r->http) {
	case 200:
	case 201:
		return NP_STAGE_ACCEPT;
	case 400:
		return stage_of_bad_request(np_json_str(r->body, "message", ""));
	case 409:
		return NP_STAGE_CONFLICT;
	case 413:
		return NP_STAGE_TRANSPORT;
	case 422:
		return NP_STAGE_VALIDATION;
	default:
		return NP_STAGE_STORAGE;
	}
}

/* ---- causes ---- */

/* "type field message" of every error, sorted: sets are compared, doubles and all. */
struct lines {
	char **items;
	size_t n, cap;
};

static void add_line(struct lines *l, char *take)
{
	l->items = np_grow(l->items, &l->cap, l->n, sizeof(*l->items));
	l->items[l->n++] = take;
}

static int cmp_lines(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

static void sort_unique(struct lines *l)
{
	size_t n = 0;

	if (!l->n)
		return;
	qsort(l->items, l->n, sizeof(*l->items), cmp_lines);
	for (size_t i = 0; i < l->n; i++) {
		if (n && strcmp(l->items[n - 1], l->items[i]) == 0)
			free(l->items[i]);
		else
			l->items[n++] = l->items[i];
	}
	l->n = n;
}

static void free_lines(struct lines *l)
{
	for (size_t i = 0; i < l->n; i++)
		free(l->items[i]);
	free(l->items);
}

static void compare_lines(struct validate_server *s, const char *what, struct lines *ours,
			  struct lines *theirs)
{
	size_t i = 0, k = 0;

	sort_unique(ours);
	sort_unique(theirs);
	while (i < ours->n || k < theirs->n) {
		int c = i == ours->n ? 1 : k == theirs->n ? -1
						  : strcmp(ours->items[i], theirs->items[k]);

		if (c < 0)
			differ(s, "%s only here: %s", what, ours->items[i]);
		else if (c > 0)
			differ(s, "%s only there: %s", what, theirs->items[k]);
		i += c <= 0;
		k += c >= 0;
	}
	free_lines(ours);
	free_lines(theirs);
}

static void compare_causes(struct validate_server *s, const struct np_validation *v,
			   const struct np_kube_reply *r)
{
	struct lines ours = { 0 }, theirs = { 0 };
	json_t *cause;
	size_t i;

	for (i = 0; i < v->n_findings; i++)
		add_line(&ours, np_xasprintf("%s " NP_STR_FMT,
					     np_finding_type_name(v->findings[i].type),
					     NP_STR_ARG(v->findings[i].field)));
	json_array_foreach(np_json_at(r->body, "details/causes"), i, cause)
		add_line(&theirs, np_xasprintf("%s %s", np_json_str(cause, "reason", "?"),
					       np_json_str(cause, "field", "")));
	compare_lines(s, "error", &ours, &theirs);
}

/* The strict errors stand in the message, one after the other. */
static void compare_strict(struct validate_server *s, const struct np_validation *v,
			   const struct np_kube_reply *r)
{
	const char *message = strstr(np_json_str(r->body, "message", ""), "strict decoding error: ");
	struct np_buf want = { 0 };

	np_buf_adds(&want, "strict decoding error: ");
	for (size_t i = 0; i < v->n_findings; i++) {
		bool yaml = np_str_starts(v->findings[i].msg, "line ");
		bool first_yaml = yaml && i == 0,
		     after_yaml = !yaml && i && np_str_starts(v->findings[i - 1].msg, "line ");

		np_buf_adds(&want, first_yaml ? "yaml: unmarshal errors:\n  "
				   : yaml     ? "\n  "
				   : i || after_yaml ? ", "
						     : "");
		np_buf_addstr(&want, v->findings[i].msg);
	}
	if (!message || strcmp(message, np_buf_text(&want)) != 0)
		differ(s, "strict errors there: %s; here: %s", message ? message : "none",
		       np_buf_text(&want));
	np_buf_release(&want);
}

/* ---- warnings, defaults ---- */

static void compare_warnings(struct validate_server *s, const struct np_validation *v,
			     const struct np_kube_reply *r)
{
	struct np_arena arena = { 0 };
	struct lines ours = { 0 }, theirs = { 0 };
	struct np_str *sent;
	size_t n = np_validation_sent_warnings(v, &arena, &sent);

	for (size_t i = 0; i < n && i < MAX_SENT_WARNINGS; i++)
		add_line(&ours, np_xasprintf(NP_STR_FMT, NP_STR_ARG(sent[i])));
	for (size_t i = 0; i < r->n_warnings; i++)
		add_line(&theirs, np_xstrdup(r->warnings[i]));
	compare_lines(s, "warning", &ours, &theirs);
	np_arena_release(&arena);
}

static void compare_spec(struct validate_server *s, const struct np_validation *v,
			 const struct np_kube_reply *r)
{
	json_t *ours = json_loadb(v->spec.p, v->spec.n, JSON_ALLOW_NUL, NULL),
	       *theirs = json_object_get(r->body, "spec");

	if (!json_equal(ours, theirs)) {
		struct np_buf b = { 0 };

		if (theirs)
			np_json_dump(theirs, 1, &b);
		differ(s, "spec there: %s; here: " NP_STR_FMT, np_buf_text(&b),
		       NP_STR_ARG(v->spec));
		np_buf_release(&b);
	}
	json_decref(ours);
}

/* ---- sending ---- */

static void compare(struct validate_server *s, const struct np_validation *v,
		    const struct np_kube_reply *r)
{
	enum np_stage stage = server_stage(r);

	s->http = r->http;
	if (stage != v->stage || r->http != v->http) {
		differ(s, "there: stage %s, HTTP %d; here: stage %s, HTTP %d: %s",
		       np_stage_name(stage), r->http, np_stage_name(v->stage), v->http,
		       np_json_str(r->body, "message", ""));
		return;
	}
	if (stage == NP_STAGE_VALIDATION)
		compare_causes(s, v, r);
	if (stage == NP_STAGE_STRICT)
		compare_strict(s, v, r);
	if (stage == NP_STAGE_ACCEPT)
		compare_spec(s, v, r);
	compare_warnings(s, v, r);
}

static const char *const field_names[] = {
	[NP_FIELDS_STRICT] = "Strict", [NP_FIELDS_WARN] = "Warn", [NP_FIELDS_IGNORE] = "Ignore"
};

/* The name is in use, or the namespace is not there: nothing that a validator could know. */
static bool is_taken(const struct np_kube_reply *r)
{
	return (r->http == 409 && strstr(np_buf_text(&r->text), "\"AlreadyExists\"")) ||
	       r->http == 404;
}

/* kubectl sends an object to its own namespace. */
static char *namespace_of(const struct validate_file *f, const struct np_validation *v)
{
	struct np_str own = v->object ? np_value_str(np_value_at(v->object, "metadata.namespace"))
				      : NP_STR_NONE;
	struct np_buf b = { 0 };

	if (f->opts.mode == NP_DECODE_KUBECTL && !f->opts.ns && own.n) {
		np_auto_free char *copy = np_xstrndup(own.p, own.n);

		np_kube_escape(&b, copy);
	} else {
		np_kube_escape(&b, f->opts.ns ? f->opts.ns : "default");
	}
	return np_buf_steal(&b);
}

int validate_ask(struct np_kube *k, const struct validate_file *f, const struct np_validation *v,
		 struct validate_server *ret, struct np_err *err)
{
	bool kubectl = f->opts.mode == NP_DECODE_KUBECTL;
	np_auto_free char *ns = namespace_of(f, v);
	np_auto_free char *path =
		np_xasprintf("/apis/networking.k8s.io/v1/namespaces/%s/networkpolicies", ns);
	np_auto_free char *query = np_xasprintf("dryRun=All&fieldValidation=%s",
						field_names[f->opts.fields]);
	struct np_kube_req req = {
		.method = "POST",
		.path = path,
		.query = query,
		.content_type = f->opts.mode == NP_DECODE_API_YAML ? "application/yaml"
								   : "application/json",
		.body = f->text.n ? f->text.p : "",
		.n_body = f->text.n,
		.flags = NP_KUBE_ONCE | NP_KUBE_NO_JSON,
	};
	struct np_kube_reply reply = { 0 };
	struct np_buf body = { 0 };

	*ret = (struct validate_server){ 0 };
	if (v->stage == NP_STAGE_CLIENT || v->stage == NP_STAGE_SKIPPED)
		return 0;
	if (kubectl) {
		if (np_encode_json(v->object, NP_ENCODE_SORT | NP_ENCODE_GO_NUMBERS, &body, err))
			return -1;
		req.body = body.data;
		req.n_body = body.len;
	}
	np_kube_request(k, &req, &reply, err);
	np_buf_release(&body);
	/* Refused credentials, throttling and broken connections are no answer. */
	if (!reply.http || reply.http == 401 || reply.http == 403 || reply.http == 429 ||
	    reply.http >= 502) {
		np_kube_reply_release(&reply);
		return -1;
	}
	np_err_clear(err);
	if (is_taken(&reply)) {
		np_kube_reply_release(&reply);
		return 0;
	}
	ret->asked = true;
	/* Names may hold a NUL, which the client's own reading does not take. */
	json_decref(reply.body);
	reply.body = json_loadb(np_buf_text(&reply.text), reply.text.len, JSON_ALLOW_NUL, NULL);
	compare(ret, v, &reply);
	np_kube_reply_release(&reply);
	return 0;
}
