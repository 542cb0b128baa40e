/* api_calls.h - requests to the API of a fixture, for its tests: bodies with ' for ", codes that are asserted. */
#ifndef NP_TESTS_API_CALLS_H
#define NP_TESTS_API_CALLS_H

#include "api_fixture.h"
#include "api_test.h"
#include "http_client.h"

static inline struct http_server server_of(const struct fixture *f)
{
	return (struct http_server){ .url = "http://localhost", .socket = f->socket };
}

static inline void ask(const struct fixture *f, struct http_answer *a, const char *method,
		const char *path, const char *type, const char *body)
{
	struct http_server s = server_of(f);
	char *line = type ? np_xasprintf("Content-Type: %s", type) : NULL,
	     *text = body ? np_xstrdup(body) : NULL;
	const char *headers[] = { line, NULL };

	for (char *p = text; p && *p; p++) {
		if (*p == '\'')
			*p = '"';
	}
	http_call(&s, a, method, path, type ? headers : NULL, text, text ? strlen(text) : 0);
	free(line);
	free(text);
}

/* Asks and asserts the code; NULL body for none. */
static inline void expect(const struct fixture *f, long code, const char *method, const char *path,
		   const char *body)
{
	struct http_answer a;

	ask(f, &a, method, path, body ? "application/json" : NULL, body);
	ck_assert_msg(a.code == code, "%s %s: %ld %.400s", method, path, a.code,
		      np_buf_text(&a.body));
	http_drop(&a);
}

#define NS "/api/v1/namespaces/default"
#define POL "/apis/networking.k8s.io/v1/namespaces/default/networkpolicies"
#define POD "{'metadata':{'name':'%s'},'spec':{'containers':[{'name':'c','image':'i:1'}]}}"

static inline void make_pod(const struct fixture *f, const char *name)
{
	char *body = np_xasprintf(POD, name);

	expect(f, 201, "POST", NS "/pods", body);
	free(body);
}

/* New reference or NULL; any code. */
static inline json_t *get(const struct fixture *f, const char *path, long *ret_code)
{
	struct http_answer a;
	json_t *v;

	ask(f, &a, "GET", path, NULL, NULL);
	*ret_code = a.code;
	v = json_incref(a.json);
	http_drop(&a);
	return v;
}

#endif
