/* endpoint.c - layer kube: server URLs. */
#include <curl/curl.h>

#include "endpoint.h"
#include "np/base/mem.h"

static void free_part(char **p)
{
	curl_free(*p);
}

#define auto_part NP_CLEANUP(free_part)

/* NULL when it is not there; *@memory becomes false when nobody knows. */
static char *part(CURLU *u, CURLUPart what, bool *memory)
{
	char *s = NULL;
	CURLUcode code = curl_url_get(u, what, &s, 0);

	*memory = *memory && code != CURLUE_OUT_OF_MEMORY;
	return code ? NULL : s;
}

static bool has(CURLU *u, CURLUPart what, bool *memory)
{
	auto_part char *s = part(u, what, memory);

	return s != NULL;
}

static int no_memory(struct np_err *err)
{
	return np_err_set(err, NP_EENV, "out of memory");
}

static bool local_host(const char *host)
{
	return !strcmp(host, "localhost") || !strncmp(host, "127.", 4) || !strcmp(host, "[::1]");
}

static void set_names(struct np_kube_endpoint *e, const char *scheme, const char *host,
		      const char *port, const struct np_kube_config *c)
{
	const char *colon = port ? ":" : "";
	const char *name = c->tls_server_name.n && e->tls ? c->tls_server_name.p : host;

	port = port ? port : "";
	e->base = np_xasprintf("%s://%s%s%s%s", scheme, name, colon, port, e->prefix);
	e->host = np_xasprintf("%s%s%s", host, colon, port);
	if (name != host)
		e->connect_to = np_xasprintf("::%s:%s", host, *port ? port : "443");
}

static int split(struct np_kube_endpoint *e, CURLU *u, const struct np_kube_config *c,
		 struct np_err *err)
{
	bool memory = true;
	auto_part char *scheme = part(u, CURLUPART_SCHEME, &memory);
	auto_part char *host = part(u, CURLUPART_HOST, &memory);
	auto_part char *port = part(u, CURLUPART_PORT, &memory);
	auto_part char *path = part(u, CURLUPART_PATH, &memory);
	bool more = has(u, CURLUPART_USER, &memory) || has(u, CURLUPART_QUERY, &memory) ||
		    has(u, CURLUPART_FRAGMENT, &memory);
	size_t n = path ? strlen(path) : 0;

	if (!memory)
		return no_memory(err);
	if (!scheme || !host || (strcmp(scheme, "https") && strcmp(scheme, "http")) || more)
		return np_err_set(err, NP_EUSAGE,
				  "the server '%s' is no URL of a scheme, host, port and "
				  "path",
				  c->server.p);
	while (n && path[n - 1] == '/')
		n--;
	e->prefix = np_xstrndup(path ? path : "", n);
	e->tls = !strcmp(scheme, "https");
	e->direct = local_host(host);
	set_names(e, scheme, host, port, c);
	return 0;
}

int np_kube_endpoint_init(struct np_kube_endpoint *ret, const struct np_kube_config *c,
			  struct np_err *err)
{
	struct np_kube_endpoint e = { .base = NULL };
	CURLUcode code;
	CURLU *u;
	int rc;

	if (np_str_starts(c->server, "unix:///")) {
		e.base = np_xstrdup("http://localhost");
		e.prefix = np_xstrdup("");
		e.host = np_xstrdup("localhost");
		e.socket_path = np_xstrdup(c->server.p + strlen("unix://"));
		e.direct = true;
		*ret = e;
		return 0;
	}
	u = curl_url();
	if (!u)
		return no_memory(err);
	code = c->server.n ? curl_url_set(u, CURLUPART_URL, c->server.p, 0) : CURLUE_MALFORMED_INPUT;
	if (code == CURLUE_OUT_OF_MEMORY)
		rc = no_memory(err);
	else if (code)
		rc = np_err_set(err, NP_EUSAGE, "the server '%s' is no URL",
				c->server.n ? c->server.p : "");
	else
		rc = split(&e, u, c, err);
	curl_url_cleanup(u);
	if (rc)
		np_kube_endpoint_release(&e);
	else
		*ret = e;
	return rc;
}

void np_kube_endpoint_release(struct np_kube_endpoint *e)
{
	free(e->base);
	free(e->prefix);
	free(e->host);
	free(e->connect_to);
	free(e->socket_path);
	*e = (struct np_kube_endpoint){ .base = NULL };
}
