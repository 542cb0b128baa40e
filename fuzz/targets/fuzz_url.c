/*
 * fuzz_url.c - a server's URL and the name expected in its certificate (second line), taken apart with
 * libcurl's help: what is accepted has a host and no user, query or fragment. Then again with each of
 * libcurl's allocations failing: nothing is taken for another server.
 */
#include "../../harness/kube/endpoint.h"
#include "failing.h"

#define ALLOCATIONS_MAX 64

static void check(const struct np_kube_endpoint *e)
{
	FUZZ_CHECK(e->base && e->prefix && e->host, "a part is missing");
	FUZZ_CHECK(!*e->prefix || *e->prefix == '/', "prefix '%s'", e->prefix);
	for (const char *p = e->host; *p; p++)
		FUZZ_CHECK((uint8_t)*p > ' ' && *p != 0x7f, "host '%s'", e->host);
	for (const char *p = e->prefix; *p; p++)
		FUZZ_CHECK((uint8_t)*p > ' ' && *p != 0x7f, "prefix '%s'", e->prefix);
}

static bool same_text(const char *a, const char *b)
{
	return a && b ? strcmp(a, b) == 0 : a == b;
}

static bool same(const struct np_kube_endpoint *a, const struct np_kube_endpoint *b)
{
	return same_text(a->base, b->base) && same_text(a->prefix, b->prefix) && same_text(a->host, b->host) &&
	       same_text(a->connect_to, b->connect_to) && same_text(a->socket_path, b->socket_path) &&
	       a->tls == b->tls && a->direct == b->direct;
}

/* The allocation after @n fails; false when there are no more. @whole NULL: the URL is refused. */
static bool check_failing(const struct np_kube_config *c, unsigned n, const struct np_kube_endpoint *whole)
{
	struct np_kube_endpoint e = { .base = NULL };
	struct np_err err = { .code = NP_OK };
	unsigned failed;
	int rc;

	failing_start(n, false);
	rc = np_kube_endpoint_init(&e, c, &err);
	failed = failing_stop();
	FUZZ_CHECK((rc == 0) == (e.base != NULL), "half an endpoint");
	if (rc == 0) {
		FUZZ_CHECK(whole && same(whole, &e), "'%s' is another server when memory is short", e.base);
		np_kube_endpoint_release(&e);
	} else {
		/* libcurl does not always say that it was memory. */
		FUZZ_CHECK(!whole || failed, "%s", err.msg);
		FUZZ_CHECK(err.code == NP_EUSAGE || strstr(err.msg, "memory"), "%s", err.msg);
	}
	return failed;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct fuzz_in in = { data, size };
	struct np_str url = fuzz_until(&in, '\n'), name = fuzz_str(&in);
	char *server = np_xstrndup(url.p, url.n), *tls = np_xstrndup(name.p, name.n);
	struct np_kube_config c = { .server = np_str_from(server) };
	struct np_kube_endpoint e;
	struct np_err err = { .code = NP_OK };
	unsigned n = 0;
	bool accepted;

	if (*tls)
		c.tls_server_name = np_str_from(tls);
	accepted = np_kube_endpoint_init(&e, &c, &err) == 0;
	if (accepted)
		check(&e);
	else
		FUZZ_CHECK(err.msg[0], "refused without a sentence");
	while (n < ALLOCATIONS_MAX && check_failing(&c, n, accepted ? &e : NULL))
		n++;
	if (accepted)
		np_kube_endpoint_release(&e);
	free(server);
	free(tls);
	return 0;
}
