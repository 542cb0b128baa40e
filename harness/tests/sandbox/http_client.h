/*
 * http_client.h - one request over libcurl to a unix socket or a URL, for tests of an API server.
 */
#ifndef NP_TESTS_HTTP_CLIENT_H
#define NP_TESTS_HTTP_CLIENT_H

#include <curl/curl.h>
#include <jansson.h>

#include "api_test.h"

struct http_server {
	const char *url;	/* https://host:port or http://localhost */
	const char *socket;	/* or NULL */
	const char *ca, *cert, *key, *token;	/* files and a text, or NULL */
};

struct http_answer {
	long code;	/* 0: no answer */
	json_t *json;	/* NULL when it is none */
	struct np_buf body, head;
};

static inline size_t http_take(char *bytes, size_t size, size_t n, void *buf)
{
	np_buf_add(buf, bytes, size * n);
	return size * n;
}

static inline void http_auth(CURL *c, const struct http_server *s)
{
	if (s->socket)
		curl_easy_setopt(c, CURLOPT_UNIX_SOCKET_PATH, s->socket);
	if (s->ca)
		curl_easy_setopt(c, CURLOPT_CAINFO, s->ca);
	if (s->cert)
		curl_easy_setopt(c, CURLOPT_SSLCERT, s->cert);
	if (s->key)
		curl_easy_setopt(c, CURLOPT_SSLKEY, s->key);
}

/*
 * @headers: "Name: value" lines, NULL-ended, or NULL. @body: NULL for none. @a is zeroed first;
 * http_drop() it.
 */
static inline void http_call(const struct http_server *s, struct http_answer *a, const char *method,
			     const char *path, const char *const *headers, const void *body,
			     size_t n_body)
{
	struct curl_slist *list = curl_slist_append(NULL, "Expect:");
	CURL *c = curl_easy_init();
	char *url = np_xasprintf("%s%s", s->url, path);

	memset(a, 0, sizeof(*a));
	for (; headers && *headers; headers++)
		list = curl_slist_append(list, *headers);
	if (s->token) {
		char *line = np_xasprintf("Authorization: Bearer %s", s->token);

		list = curl_slist_append(list, line);
		free(line);
	}
	http_auth(c, s);
	curl_easy_setopt(c, CURLOPT_URL, url);
	curl_easy_setopt(c, CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_1_1);
	curl_easy_setopt(c, CURLOPT_PATH_AS_IS, 1L);
	curl_easy_setopt(c, CURLOPT_TIMEOUT, 60L);
	curl_easy_setopt(c, CURLOPT_NOSIGNAL, 1L);
	if (body) {
		curl_easy_setopt(c, CURLOPT_POSTFIELDS, body);
		curl_easy_setopt(c, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)n_body);
	}
	curl_easy_setopt(c, CURLOPT_CUSTOMREQUEST, method);
	curl_easy_setopt(c, CURLOPT_HTTPHEADER, list);
	curl_easy_setopt(c, CURLOPT_WRITEFUNCTION, http_take);
	curl_easy_setopt(c, CURLOPT_WRITEDATA, &a->body);
	curl_easy_setopt(c, CURLOPT_HEADERFUNCTION, http_take);
	curl_easy_setopt(c, CURLOPT_HEADERDATA, &a->head);
	if (curl_easy_perform(c) == CURLE_OK)
		curl_easy_getinfo(c, CURLINFO_RESPONSE_CODE, &a->code);
	if (a->body.len)
		a->json = np_json_parse(a->body.data, a->body.len, NULL);
	curl_slist_free_all(list);
	curl_easy_cleanup(c);
	free(url);
}

static inline void http_drop(struct http_answer *a)
{
	json_decref(a->json);
	np_buf_release(&a->body);
	np_buf_release(&a->head);
	memset(a, 0, sizeof(*a));
}

#endif
