/* api_verbs.c - requests in the words of RBAC. */
#include "api_verbs.h"

#include <string.h>

#include "np/base/log.h"

#define SEGMENTS_MAX 8

struct parts {
	struct np_str s[SEGMENTS_MAX];
	size_t n;
};

/* false when there are more than any resource has. */
static bool split(const char *path, struct parts *ret)
{
	ret->n = 0;
	while (*path) {
		size_t n = strcspn(path + 1, "/");

		if (*path != '/' || ret->n == SEGMENTS_MAX)
			return false;
		ret->s[ret->n++] = (struct np_str){ path + 1, n };
		path += n + 1;
	}
	return true;
}

/* Index of the plural in /api/v1/.. and /apis/GROUP/VERSION/.., behind a namespace if there is one;
 * 0 when the path is no resource's. */
static size_t plural_at(const struct parts *p, struct np_str *ret_group)
{
	size_t at = 0;

	*ret_group = NP_STR("");
	if (p->n > 2 && np_str_is(p->s[0], "api"))
		at = 2;
	if (p->n > 3 && np_str_is(p->s[0], "apis")) {
		at = 3;
		*ret_group = p->s[1];
	}
	if (at && np_str_is(p->s[at], "namespaces") && p->n > at + 2 &&
	    !np_str_is(p->s[at + 2], "finalize") && !np_str_is(p->s[at + 2], "status"))
		at += 2;
	return at;
}

static const char *verb_of(const struct np_request *req, bool named)
{
	static const struct {
		const char *method, *named, *collection;
	} verbs[] = {
		{ "GET", "get", "list" },
		{ "POST", "create", "create" },
		{ "PUT", "update", "update" },
		{ "PATCH", "patch", "patch" },
		{ "DELETE", "delete", "deletecollection" },
	};

	if (!named && strcmp(req->method, "GET") == 0 && np_request_query_bool(req, "watch"))
		return "watch";
	for (size_t i = 0; i < sizeof(verbs) / sizeof(verbs[0]); i++)
		if (strcmp(req->method, verbs[i].method) == 0)
			return named ? verbs[i].named : verbs[i].collection;
	return "?";
}

void np_api_verb(const struct np_request *req, struct np_buf *b)
{
	struct parts p;
	struct np_str group;
	size_t at = split(req->path, &p) ? plural_at(&p, &group) : 0;

	if (!at) {
		np_buf_printf(b, "%s %s", verb_of(req, true), req->path);
		return;
	}
	np_buf_printf(b, "%s ", verb_of(req, p.n > at + 1));
	if (group.n)
		np_buf_printf(b, NP_STR_FMT "/", NP_STR_ARG(group));
	np_buf_printf(b, NP_STR_FMT, NP_STR_ARG(p.s[at]));
	if (p.n > at + 2)
		np_buf_printf(b, "/" NP_STR_FMT, NP_STR_ARG(p.s[at + 2]));
}

void np_api_note(const struct np_request *req)
{
	struct np_buf b = { 0 };
	const char *text;

	if (np_log_level < NP_LOG_INFO)
		return;
	np_api_verb(req, &b);
	text = np_buf_text(&b);
	np_log_info("api: %s", text);
	if (req->upgrade && strncmp(text, "get ", 4) == 0)
		np_log_info("api: create %s", text + 4);
	np_buf_release(&b);
}
