/* cluster.c - opening a target. */
#include "np/target/cluster.h"

#include <stdlib.h>
#include <string.h>

#include "external.h"
#include "np/base/mem.h"

#define VERSION_TIMEOUT_MS 10000

static int open_sandbox(const struct np_cluster_options *o, struct np_cluster *c,
			struct np_err *err)
{
	struct np_sandbox_options so = { .fault = o->fault };

	if (o->inject)
		return np_err_set(err, NP_EUSAGE,
				  "--inject is for a cluster; the sandbox has no images");
	if (o->external)
		return np_err_set(err, NP_EUSAGE,
				  "--external is for a cluster; the sandbox has an outside host "
				  "of its own");
	if (np_sandbox_start(&so, &c->sandbox, err) < 0)
		return -1;
	c->n_externals = np_sandbox_externals(c->sandbox, c->externals);
	c->external_socket = np_sandbox_external_socket(c->sandbox);
	return np_kube_config_socket(np_sandbox_api_socket(c->sandbox), &c->config, err);
}

static int set_external(const char *external, struct np_cluster *c, struct np_err *err)
{
	struct np_outside outside;

	if (np_outside_parse(external, &outside, err) < 0)
		return -1;
	memcpy(c->externals, outside.list, sizeof(c->externals));
	c->n_externals = outside.n;
	c->external_socket = outside.socket;
	c->external_host = outside.host;
	c->external_owned = outside.socket ? np_steal(outside.socket) : np_steal(outside.host);
	np_outside_release(&outside);
	return 0;
}

static int open_real(const struct np_cluster_options *o, struct np_cluster *c, struct np_err *err)
{
	struct np_kube_load load = { .path = o->kubeconfig, .context = o->context };

	if (o->fault)
		return np_err_set(err, NP_EUSAGE, "--fault is for the sandbox, not for a cluster");
	if (o->external && set_external(o->external, c, err) < 0)
		return -1;
	return o->in_cluster ? np_kube_config_in_cluster(NULL, &c->config, err)
			     : np_kube_config_load(&load, &c->config, err);
}

int np_cluster_open(const struct np_cluster_options *options, struct np_cluster *ret,
		    struct np_err *err)
{
	bool real = options->kubeconfig || options->context || options->in_cluster;
	const char *image = options->inject ? NP_CLUSTER_STOCK_IMAGE : NP_CLUSTER_IMAGE;

	*ret = (struct np_cluster){ .image = options->image ? options->image : image,
				    .inject = options->inject,
				    .fault = options->fault,
				    .cancel = options->cancel };
	if ((real ? open_real(options, ret, err) : open_sandbox(options, ret, err)) < 0)
		goto fail;
	ret->kube = np_kube_new(&ret->config, err);
	if (!ret->kube)
		goto fail;
	np_kube_set_cancel(ret->kube, options->cancel);
	if (np_kube_version(ret->kube, VERSION_TIMEOUT_MS, ret->server, err) < 0) {
		np_err_prefix(err, "cannot reach the API server");
		goto fail;
	}
	return 0;
fail:
	np_cluster_close(ret);
	return -1;
}

void np_cluster_close(struct np_cluster *c)
{
	np_kube_free(c->kube);
	np_kube_config_release(&c->config);
	np_sandbox_stop(c->sandbox);
	free(c->external_owned);
	*c = (struct np_cluster){ 0 };
}
