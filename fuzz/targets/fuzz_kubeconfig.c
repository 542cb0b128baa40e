/*
 * fuzz_kubeconfig.c - a kubeconfig: YAML or JSON, contexts, base64, files that it names. The first
 * line is the context asked for, empty for none; the rest the file. Nothing outside is read: files
 * are what the function below says.
 */
#include "fuzz.h"
#include "np/base/file.h"
#include "np/kube/config.h"

static struct np_str config_text;

/* Instead of that of base/file.c (--wrap). A name that holds "no" is no file. */
int __wrap_np_file_read(const char *path, size_t max_bytes, struct np_buf *b, struct np_err *err);
int __wrap_np_file_read(const char *path, size_t max_bytes, struct np_buf *b, struct np_err *err)
{
	static const char pem[] = "-----BEGIN CERTIFICATE-----\nMAA=\n-----END CERTIFICATE-----\n";
	bool config = strcmp(path, "input/config") == 0;

	if (strstr(path, "no")) {
		np_err_set(err, NP_EIO, "no such file");
		return np_err_at(err, path, 0, 0);
	}
	if (config && config_text.n > max_bytes)
		return np_err_set(err, NP_ELIMIT, "too large");
	np_buf_add(b, config ? config_text.p : pem, config ? config_text.n : sizeof(pem) - 1);
	return 0;
}

static void check(const struct np_kube_config *c)
{
	FUZZ_CHECK(c->server.n && c->ns.n && c->context.n && c->cluster.n, "a part is missing");
	FUZZ_CHECK(!c->cert.n == !c->key.n, "half a client certificate");
	FUZZ_CHECK(!c->insecure || !c->ca.n, "authority and insecure");
	for (size_t i = 0; i < c->n_as_extra; i++)
		FUZZ_CHECK(c->as_extra[i].name.p && c->as_extra[i].value.p, "extra %zu", i);
	if (c->plugin)
		FUZZ_CHECK(c->plugin->command.n && c->plugin->api_version.n, "a plugin without command");
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct np_str text = fuzz_tight(data, size);
	struct fuzz_in in = { (const uint8_t *)text.p, text.n };
	struct np_str first = fuzz_until(&in, '\n');
	char *context = np_xstrndup(first.p, first.n);
	const struct np_kube_load load = { .path = "input/config", .context = first.n ? context : NULL,
					   .kubeconfig_env = "", .home = "/" };
	struct np_kube_config c;
	struct np_err err = { .code = NP_OK };

	config_text = fuzz_str(&in);
	if (np_kube_config_load(&load, &c, &err) == 0) {
		check(&c);
		np_kube_config_release(&c);
	} else {
		fuzz_check_refusal(&err, config_text, false);
	}
	free(context);
	fuzz_loosen(&text);
	return 0;
}
