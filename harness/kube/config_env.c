/*
 * config_env.c - layer kube: configurations that need no file of the user: in a pod, and a socket.
 */
#include <sys/un.h>

#include "np/base/file.h"
#include "np/kube/config.h"

static const char usual_dir[] = "/var/run/secrets/kubernetes.io/serviceaccount";

static int read_into(struct np_kube_config *c, const char *dir, const char *name,
		     struct np_str *ret, struct np_err *err)
{
	struct np_str path = np_arena_printf(&c->arena, "%s/%s", dir, name);
	struct np_buf b = { NULL, 0, 0 };
	int rc = np_file_read(path.p, NP_KUBE_FILE_MAX, &b, err);

	if (!rc)
		*ret = np_arena_str(&c->arena, np_str_from(np_buf_text(&b)));
	np_buf_release(&b);
	return rc;
}

static int service_account(struct np_kube_config *c, const char *dir, struct np_err *err)
{
	struct np_str token;

	if (read_into(c, dir, "token", &token, err) || read_into(c, dir, "ca.crt", &c->ca, err)) {
		if (err)
			err->code = NP_EENV;
		return np_err_prefix(err, "not in a pod with a service account");
	}
	/* The token itself is rotated: it is read again from its file. */
	c->token_file = np_arena_printf(&c->arena, "%s/token", dir);
	if (read_into(c, dir, "namespace", &c->ns, NULL) || !c->ns.n)
		c->ns = np_arena_str(&c->arena, NP_STR("default"));
	return 0;
}

int np_kube_config_in_cluster(const char *dir, struct np_kube_config *ret, struct np_err *err)
{
	const char *host = getenv("KUBERNETES_SERVICE_HOST");
	const char *port = getenv("KUBERNETES_SERVICE_PORT");
	struct np_kube_config c = { .insecure = false };
	unsigned long long number;

	if (!host || !*host || !port)
		return np_err_set(err, NP_EENV, "not in a pod: KUBERNETES_SERVICE_HOST and "
				  "KUBERNETES_SERVICE_PORT are not set");
	if (!np_str_u64(np_str_from(port), 65535, &number))
		return np_err_set(err, NP_EENV, "KUBERNETES_SERVICE_PORT '%s' is no port", port);
	if (service_account(&c, dir ? dir : usual_dir, err)) {
		np_kube_config_release(&c);
		return -1;
	}
	c.source = np_arena_str(&c.arena, NP_STR("in-cluster"));
	c.server = np_arena_printf(
		&c.arena, strchr(host, ':') ? "https://[%s]:%s" : "https://%s:%s", host, port);
	*ret = c;
	return 0;
}

int np_kube_config_socket(const char *path, struct np_kube_config *ret, struct np_err *err)
{
	struct np_kube_config c = { .insecure = false };

	if (path[0] != '/')
		return np_err_set(err, NP_EUSAGE, "the socket '%s' is not an absolute path", path);
	if (strlen(path) >= sizeof(((struct sockaddr_un *)0)->sun_path))
		return np_err_set(err, NP_EUSAGE, "the socket '%s' has too long a path", path);
	c.source = np_arena_str(&c.arena, np_str_from(path));
	c.server = np_arena_printf(&c.arena, "unix://%s", path);
	c.ns = np_arena_str(&c.arena, NP_STR("default"));
	*ret = c;
	return 0;
}
