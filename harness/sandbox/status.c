/* Status objects and causes. */
#include "status.h"

#include <stdarg.h>

#include "np/base/json.h"
#include "np/base/mem.h"

static const struct {
	const char *reason, *words;
	bool shows_value;
} cause_words[] = {
	[NP_CAUSE_REQUIRED] = { "FieldValueRequired", "Required value", false },
	[NP_CAUSE_INVALID] = { "FieldValueInvalid", "Invalid value", true },
	[NP_CAUSE_NOT_SUPPORTED] = { "FieldValueNotSupported", "Unsupported value", true },
	[NP_CAUSE_FORBIDDEN] = { "FieldValueForbidden", "Forbidden", false },
	[NP_CAUSE_TOO_LONG] = { "FieldValueTooLong", "Too long", false },
	[NP_CAUSE_DUPLICATE] = { "FieldValueDuplicate", "Duplicate value", true },
};

static json_t *text_of(const struct np_buf *b)
{
	return np_json_string((struct np_str){ np_buf_text(b), b->len });
}

__attribute__((format(printf, 5, 0))) static void add_cause(struct np_causes *c, enum np_cause kind,
							    const char *field, const json_t *value,
							    const char *fmt, va_list ap)
{
	struct np_buf message = { 0 }, detail = { 0 };
	json_t *cause;

	np_buf_vprintf(&detail, fmt, ap);
	np_buf_adds(&message, cause_words[kind].words);
	if (cause_words[kind].shows_value && value) {
		np_buf_adds(&message, ": ");
		np_json_dump(value, 0, &message);
	}
	if (detail.len)
		np_buf_printf(&message, ": %s", np_buf_text(&detail));
	np_buf_release(&detail);
	cause = np_json_pack("{s:s, s:o, s:o}", "reason", cause_words[kind].reason, "message",
			     text_of(&message), "field", np_json_string(np_str_from(field)));
	np_buf_release(&message);
	if (!c->list)
		c->list = json_array();
	json_array_append_new(c->list, cause);
}

void np_causes_add(struct np_causes *c, enum np_cause kind, const char *field, const json_t *value,
		   const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	add_cause(c, kind, field, value, fmt, ap);
	va_end(ap);
}

void np_causes_add_text(struct np_causes *c, enum np_cause kind, const char *field,
			struct np_str value, const char *fmt, ...)
{
	json_t *v = np_json_string(value);
	va_list ap;

	va_start(ap, fmt);
	add_cause(c, kind, field, v, fmt, ap);
	va_end(ap);
	json_decref(v);
}

size_t np_causes_count(const struct np_causes *c)
{
	return json_array_size(c->list);
}

void np_causes_release(struct np_causes *c)
{
	json_decref(c->list);
	c->list = NULL;
}

const char *np_kind_resource(enum np_kind_id kind)
{
	static const char *const names[NP_N_KINDS] = {
		[NP_KIND_NAMESPACE] = "namespaces",
		[NP_KIND_NODE] = "nodes",
		[NP_KIND_POD] = "pods",
		[NP_KIND_SERVICE] = "services",
		[NP_KIND_NETWORKPOLICY] = "networkpolicies.networking.k8s.io",
		[NP_KIND_EVENT] = "events",
	};

	return names[kind];
}

json_t *np_status_details(enum np_kind_id kind, const char *name, bool kind_name)
{
	const struct np_kind *k = &np_kinds[kind];
	json_t *d = json_object();

	if (name && *name)
		json_object_set_new(d, "name", np_json_string(np_str_from(name)));
	if (*k->group)
		json_object_set_new(d, "group", json_string(k->group));
	json_object_set_new(d, "kind", json_string(kind_name ? k->kind : k->plural));
	return d;
}

json_t *np_status_new(bool success, int code, const char *reason, const char *message,
		      json_t *details_take)
{
	json_t *s = np_json_pack("{s:s, s:s, s:{}, s:s}", "kind", "Status", "apiVersion", "v1",
				 "metadata", "status", success ? "Success" : "Failure");

	if (message)
		json_object_set_new(s, "message", np_json_string(np_str_from(message)));
	if (reason)
		json_object_set_new(s, "reason", json_string(reason));
	if (details_take)
		json_object_set_new(s, "details", details_take);
	if (code)
		json_object_set_new(s, "code", json_integer(code));
	return s;
}

__attribute__((format(printf, 5, 0))) static int vfail(struct np_reply *rep, int code,
						       const char *reason, json_t *details_take,
						       const char *fmt, va_list ap)
{
	char *message = np_xvasprintf(fmt, ap);

	json_decref(rep->json);
	rep->code = code;
	rep->json = np_status_new(false, code, reason, message, details_take);
	free(message);
	return -1;
}

int np_fail(struct np_reply *rep, int code, const char *reason, json_t *details_take,
	    const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	vfail(rep, code, reason, details_take, fmt, ap);
	va_end(ap);
	return -1;
}

int np_fail_bad_request(struct np_reply *rep, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	vfail(rep, 400, "BadRequest", NULL, fmt, ap);
	va_end(ap);
	return -1;
}

int np_fail_internal(struct np_reply *rep, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	vfail(rep, 500, "InternalError", NULL, fmt, ap);
	va_end(ap);
	return -1;
}

int np_fail_not_found(struct np_reply *rep, enum np_kind_id kind, const char *name)
{
	return np_fail(rep, 404, "NotFound", np_status_details(kind, name, false),
		       "%s \"%s\" not found", np_kind_resource(kind), name);
}

int np_fail_exists(struct np_reply *rep, enum np_kind_id kind, const char *name)
{
	return np_fail(rep, 409, "AlreadyExists", np_status_details(kind, name, false),
		       "%s \"%s\" already exists", np_kind_resource(kind), name);
}

int np_fail_conflict(struct np_reply *rep, enum np_kind_id kind, const char *name, const char *fmt,
		     ...)
{
	va_list ap;
	char *why;

	va_start(ap, fmt);
	why = np_xvasprintf(fmt, ap);
	va_end(ap);
	np_fail(rep, 409, "Conflict", np_status_details(kind, name, false),
		"Operation cannot be fulfilled on %s \"%s\": %s", np_kind_resource(kind), name,
		why);
	free(why);
	return -1;
}

int np_fail_modified(struct np_reply *rep, enum np_kind_id kind, const char *name)
{
	return np_fail_conflict(rep, kind, name,
				"the object has been modified; please apply your changes to the "
				"latest version and try again");
}

int np_fail_forbidden(struct np_reply *rep, enum np_kind_id kind, const char *name,
		      json_t *causes_take, const char *fmt, ...)
{
	json_t *details = np_status_details(kind, name, false);
	va_list ap;
	char *why;

	if (causes_take)
		json_object_set_new(details, "causes", causes_take);
	va_start(ap, fmt);
	why = np_xvasprintf(fmt, ap);
	va_end(ap);
	np_fail(rep, 403, "Forbidden", details, "%s \"%s\" is forbidden: %s",
		np_kind_resource(kind), name, why);
	free(why);
	return -1;
}

/* "field: message", several in brackets, doubles dropped. */
static char *causes_text(const struct np_causes *causes)
{
	struct np_buf b = { 0 };
	size_t i, n = 0;
	json_t *c;

	json_array_foreach(causes->list, i, c) {
		char *one = np_xasprintf("%s: %s", np_json_str(c, "field", ""),
					 np_json_str(c, "message", ""));

		if (!strstr(np_buf_text(&b), one)) {
			np_buf_adds(&b, n++ ? ", " : "");
			np_buf_adds(&b, one);
		}
		free(one);
	}
	if (n > 1) {
		char *all = np_xasprintf("[%s]", np_buf_text(&b));

		np_buf_release(&b);
		return all;
	}
	return np_buf_steal(&b);
}

static int fail_causes(struct np_reply *rep, const char *what, const char *name,
		       json_t *details_take, const struct np_causes *causes)
{
	char *text = causes_text(causes);

	json_object_set(details_take, "causes", causes->list);
	np_fail(rep, 422, "Invalid", details_take, "%s \"%s\" is invalid: %s", what, name, text);
	free(text);
	return -1;
}

int np_fail_invalid(struct np_reply *rep, enum np_kind_id kind, const char *name,
		    const struct np_causes *causes)
{
	const struct np_kind *k = &np_kinds[kind];
	char *what = np_xasprintf("%s%s%s", k->kind, *k->group ? "." : "", k->group);

	fail_causes(rep, what, name, np_status_details(kind, name, true), causes);
	free(what);
	return -1;
}

int np_fail_invalid_options(struct np_reply *rep, const char *options,
			    const struct np_causes *causes)
{
	char *what = np_xasprintf("%s.meta.k8s.io", options);

	fail_causes(rep, what, "",
		    np_json_pack("{s:s, s:s}", "group", "meta.k8s.io", "kind", options), causes);
	free(what);
	return -1;
}

int np_fail_no_path(struct np_reply *rep)
{
	return np_fail(rep, 404, "NotFound", json_object(),
		       "the server could not find the requested resource");
}

int np_fail_method(struct np_reply *rep)
{
	return np_fail(rep, 405, "MethodNotAllowed", json_object(),
		       "the server does not allow this method on the requested resource");
}

int np_fail_expired(struct np_reply *rep, const char *message)
{
	return np_fail(rep, 410, "Expired", NULL, "%s", message);
}
