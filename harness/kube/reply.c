/* reply.c - layer kube: headers of a reply, Status objects. */
#include <strings.h>

#include "np/base/json.h"
#include "np/base/mem.h"
#include "reply.h"

void np_kube_reply_clear(struct np_kube_reply *r)
{
	json_decref(r->body);
	for (size_t i = 0; i < r->n_warnings; i++)
		free(r->warnings[i]);
	free(r->warnings);
	np_buf_clear(&r->text);
	*r = (struct np_kube_reply){ .text = r->text, .retry_after_s = -1 };
}

void np_kube_reply_release(struct np_kube_reply *r)
{
	np_kube_reply_clear(r);
	np_buf_release(&r->text);
}

const char *np_kube_reply_reason(const struct np_kube_reply *r)
{
	return r->http >= 400 ? np_json_str(r->body, "reason", "") : "";
}

static void keep_warning(struct np_kube_reply *r, struct np_buf *text)
{
	if (r->n_warnings < NP_KUBE_WARNINGS_MAX) {
		if (!r->warnings)
			r->warnings = np_xcalloc(NP_KUBE_WARNINGS_MAX, sizeof(*r->warnings));
		r->warnings[r->n_warnings++] = np_buf_steal(text);
	}
	np_buf_release(text);
}

/*
 * 299 - "text with \" and \\" "an optional date", 299 - "another": every first quoted string after
 * a comma.
 */
static void take_warnings(struct np_kube_reply *r, struct np_str v)
{
	bool wanted = true;

	for (size_t i = 0; i < v.n; i++) {
		struct np_buf text = { NULL, 0, 0 };

		if (v.p[i] == ',')
			wanted = true;
		if (v.p[i] != '"')
			continue;
		for (i++; i < v.n && v.p[i] != '"'; i++) {
			if (v.p[i] == '\\' && i + 1 < v.n)
				i++;
			np_buf_addc(&text, v.p[i]);
		}
		if (wanted)
			keep_warning(r, &text);
		np_buf_release(&text);
		wanted = false;
	}
}

static struct np_str trim(struct np_str s)
{
	while (s.n && strchr(" \t\r\n", s.p[s.n - 1]))
		s.n--;
	while (s.n && strchr(" \t", *s.p)) {
		s.p++;
		s.n--;
	}
	return s;
}

static bool named(struct np_str line, const char *name, struct np_str *ret_value)
{
	size_t n = strlen(name);

	if (line.n <= n || line.p[n] != ':' || strncasecmp(line.p, name, n))
		return false;
	*ret_value = trim((struct np_str){ line.p + n + 1, line.n - n - 1 });
	return true;
}

void np_kube_reply_header(struct np_kube_reply *r, struct np_str line)
{
	unsigned long long seconds;
	struct np_str v;

	if (np_str_starts(line, "HTTP/"))
		np_kube_reply_clear(r);
	else if (named(line, "Warning", &v))
		take_warnings(r, v);
	else if (named(line, "Retry-After", &v) && np_str_u64(v, 86400, &seconds))
		r->retry_after_s = (int)seconds;
}

static enum np_errcode code_of(int http)
{
	static const struct { int http; enum np_errcode code; } table[] = {
		{ 400, NP_EVALID }, { 401, NP_EDENIED }, { 403, NP_EDENIED }, { 404, NP_ENOTFOUND },
		{ 405, NP_EUSAGE }, { 406, NP_EUSAGE }, { 408, NP_ETIMEOUT }, { 409, NP_ECONFLICT },
		{ 410, NP_ECONFLICT }, { 413, NP_ELIMIT }, { 415, NP_EUSAGE }, { 422, NP_EVALID },
		{ 429, NP_EENV }, { 504, NP_ETIMEOUT },
	};

	for (size_t i = 0; i < NP_ARRAY_SIZE(table); i++)
		if (table[i].http == http)
			return table[i].code;
	return http >= 500 ? NP_EENV : http >= 400 ? NP_EVALID : NP_EUSAGE;
}

static struct np_str first_line(const struct np_buf *text)
{
	struct np_str s = { np_buf_text(text), text->len < 200 ? text->len : 200 };
	const char *end = memchr(s.p, '\n', s.n);

	return trim((struct np_str){ s.p, end ? (size_t)(end - s.p) : s.n });
}

int np_kube_status_err(int http, const json_t *body, const struct np_buf *text, struct np_err *err)
{
	const json_t *causes = np_json_at(body, "details/causes");
	const json_t *cause = json_array_get(causes, 0);
	const char *field = np_json_str(cause, "field", "");
	const char *message = np_json_str(body, "message", "");
	struct np_str line = first_line(text);
	size_t more = json_array_size(causes);

	if (http == 422 && more == 1 && *np_json_str(cause, "message", ""))
		message = np_json_str(cause, "message", "");
	if (*message)
		np_err_set(err, code_of(http), "%s (HTTP %d)", message, http);
	else if (line.n)
		np_err_set(err, code_of(http), "HTTP %d: " NP_STR_FMT, http, NP_STR_ARG(line));
	else
		np_err_set(err, code_of(http), "HTTP %d without a reason", http);
	return *field ? np_err_path(err, "%s", field) : -1;
}
