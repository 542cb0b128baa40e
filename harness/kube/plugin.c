/* plugin.c - layer kube: what a credential plugin is asked and what it answers. */
#include <stdio.h>

#include "codec.h"
#include "np/base/json.h"
#include "np/base/mem.h"
#include "plugin.h"
#include "spawn.h"
#include "timestamp.h"

static json_t *text_or_null(struct np_str s)
{
	return s.n ? json_stringn(s.p, s.n) : NULL;
}

static json_t *cluster_info(const struct np_kube_config *c)
{
	json_t *o = json_object();
	struct np_buf ca = { NULL, 0, 0 };

	json_object_set_new(o, "server", text_or_null(c->server));
	if (c->tls_server_name.n)
		json_object_set_new(o, "tls-server-name", text_or_null(c->tls_server_name));
	if (c->insecure)
		json_object_set_new(o, "insecure-skip-tls-verify", json_true());
	if (c->proxy_url.n)
		json_object_set_new(o, "proxy-url", text_or_null(c->proxy_url));
	if (c->ca.n) {
		np_kube_base64_encode(&ca, c->ca.p, c->ca.n);
		json_object_set_new(o, "certificate-authority-data", json_string(np_buf_text(&ca)));
		np_buf_release(&ca);
	}
	if (c->plugin->cluster_extension.n)
		json_object_set_new(o, "config",
				    np_json_parse(c->plugin->cluster_extension.p,
						  c->plugin->cluster_extension.n, NULL));
	return o;
}

/* "KUBERNETES_EXEC_INFO=..." on the heap. */
static char *exec_info(const struct np_kube_config *c)
{
	json_t *o = np_json_pack("{s:s, s:s, s:{s:b}}", "apiVersion", c->plugin->api_version.p,
				 "kind", "ExecCredential", "spec", "interactive", 0);
	struct np_buf b = { NULL, 0, 0 };

	if (c->plugin->cluster_info)
		json_object_set_new(json_object_get(o, "spec"), "cluster", cluster_info(c));
	np_buf_adds(&b, "KUBERNETES_EXEC_INFO=");
	np_json_dump(o, 0, &b);
	json_decref(o);
	return np_buf_steal(&b);
}

/* The last line that is not empty, without control characters. */
static void last_line(const struct np_buf *text, struct np_buf *ret)
{
	size_t end = text->len, start;

	while (end && strchr(" \t\r\n", text->data[end - 1]))
		end--;
	for (start = end; start && text->data[start - 1] != '\n'; start--)
		;
	if (end - start > 200)
		end = start + 200;
	np_buf_adds(ret, end > start ? ": " : "");
	if (end > start)
		np_buf_printable(ret, (struct np_str){ text->data + start, end - start });
}

static char *dup_text(const json_t *status, const char *key)
{
	const char *s = np_json_str(status, key, NULL);

	return s && *s ? np_xstrdup(s) : NULL;
}

static int read_answer(const struct np_kube_config *c, const struct np_buf *out,
		       struct np_kube_plugin_cred *ret, struct np_err *err)
{
	json_t *o = np_json_parse(np_buf_text(out), out->len, err);
	const json_t *status = json_object_get(o, "status");
	const char *when = np_json_str(status, "expirationTimestamp", NULL);
	struct np_kube_plugin_cred cred = { .expires_s = INT64_MAX };
	int rc = 0;

	if (!o)
		rc = -1;
	else if (strcmp(np_json_str(o, "kind", ""), "ExecCredential") ||
		 strcmp(np_json_str(o, "apiVersion", ""), c->plugin->api_version.p))
		rc = np_err_set(err, NP_EENV, "not an ExecCredential of %s",
				c->plugin->api_version.p);
	else if (when && !np_kube_time_parse(when, &cred.expires_s))
		rc = np_err_set(err, NP_EENV, "expirationTimestamp '%s' is no time", when);
	cred.token = dup_text(status, "token");
	cred.cert = dup_text(status, "clientCertificateData");
	cred.key = dup_text(status, "clientKeyData");
	json_decref(o);
	if (!rc && !cred.token && !cred.cert)
		rc = np_err_set(err, NP_EENV, "neither a token nor a certificate");
	if (!rc && !cred.cert != !cred.key)
		rc = np_err_set(err, NP_EENV, "a certificate and its key go together");
	if (rc)
		np_kube_plugin_cred_release(&cred);
	else
		*ret = cred;
	return rc;
}

static int judge_exit(const struct np_kube_config *c, int status, const struct np_buf *errout,
		      struct np_err *err)
{
	struct np_buf why = { NULL, 0, 0 };

	if (!status)
		return 0;
	last_line(errout, &why);
	np_err_set(err, NP_EENV, "credential plugin '%s' exited with %d%s", c->plugin->command.p,
		   status, np_buf_text(&why));
	np_buf_release(&why);
	return -1;
}

static void add_hint(const struct np_kube_config *c, struct np_err *err)
{
	struct np_buf msg = { NULL, 0, 0 };

	if (!err || !c->plugin->install_hint.n)
		return;
	np_buf_printf(&msg, "%s; ", err->msg);
	np_buf_printable(&msg, c->plugin->install_hint);
	np_err_set(err, NP_EENV, "%s", np_buf_text(&msg));
	np_buf_release(&msg);
}

static void fill_env(const struct np_kube_config *c, struct np_kube_spawn *s)
{
	for (size_t i = 0; i < c->plugin->n_env; i++)
		s->env[i] =
			np_xasprintf("%s=%s", c->plugin->env[i].name.p,
				     c->plugin->env[i].value.n ? c->plugin->env[i].value.p : "");
	s->env[c->plugin->n_env] = exec_info(c);
	s->n_env = c->plugin->n_env + 1;
}

int np_kube_plugin_run(const struct np_kube_config *c, int timeout_ms, const atomic_int *cancel,
		       struct np_kube_plugin_cred *ret, struct np_err *err)
{
	const struct np_kube_plugin *p = c->plugin;
	np_auto_free char **argv = np_xcalloc(p->n_args + 2, sizeof(*argv));
	np_auto_free char **env = np_xcalloc(p->n_env + 1, sizeof(*env));
	struct np_kube_spawn s = {
		.argv = argv, .env = env, .timeout_ms = timeout_ms, .cancel = cancel};
	struct np_buf out = { NULL, 0, 0 }, errout = { NULL, 0, 0 };
	int status, rc = -1;

	argv[0] = (char *)p->command.p;
	for (size_t i = 0; i < p->n_args; i++)
		argv[i + 1] = (char *)p->args[i].p;
	fill_env(c, &s);
	status = np_kube_spawn(&s, &out, &errout, err);
	if (status < 0) {
		if (err && err->code == NP_EENV)
			add_hint(c, err);
	} else if (!judge_exit(c, status, &errout, err)) {
		rc = read_answer(c, &out, ret, err);
		if (rc && err) {
			err->code = NP_EENV;
			np_err_prefix(err, "answer of credential plugin '%s'", p->command.p);
		}
	}
	for (size_t i = 0; i < s.n_env; i++)
		free(env[i]);
	np_buf_release(&out);
	np_buf_release(&errout);
	return rc;
}

void np_kube_plugin_cred_release(struct np_kube_plugin_cred *p)
{
	free(p->token);
	free(p->cert);
	free(p->key);
	*p = (struct np_kube_plugin_cred){ .expires_s = 0 };
}
