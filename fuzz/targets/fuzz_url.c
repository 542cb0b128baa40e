/*
 * fuzz_url.c - a server's URL and the name expected in its certificate (second line), taken apart with
 * libcurl's help: what is accepted has a host and no user, query or fragment.
 */
#include "../../harness/kube/endpoint.h"
#include "fuzz.h"

static void check(const struct np_kube_endpoint *e)
{
	FUZZ_CHECK(e->base && e->prefix && e->host, "a part is missing");
	FUZZ_CHECK(!*e->prefix || *e->prefix == '/', "prefix '%s'", e->prefix);
	for (const char *p = e->host; *p; p++)
		FUZZ_CHECK((uint8_t)*p > ' ' && *p != 0x7f, "host '%s'", e->host);
	for (const char *p = e->prefix; *p; p++)
		FUZZ_CHECK((uint8_t)*p > ' ' && *p != 0x7f, "prefix '%s'", e->prefix);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct fuzz_in in = { data, size };
	struct np_str url = fuzz_until(&in, '\n'), name = fuzz_str(&in);
	char *server = np_xstrndup(url.p, url.n), *tls = np_xstrndup(name.p, name.n);
	struct np_kube_config c = { .server = np_str_from(server) };
	struct np_kube_endpoint e;
	struct np_err err = { .code = NP_OK };

	if (*tls)
		c.tls_server_name = np_str_from(tls);
	if (np_kube_endpoint_init(&e, &c, &err) == 0) {
		check(&e);
		np_kube_endpoint_release(&e);
	} else {
		FUZZ_CHECK(err.msg[0], "refused without a sentence");
	}
	free(server);
	free(tls);
	return 0;
}
