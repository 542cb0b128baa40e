/* whose.c - layer kube: whose credentials were refused. */
#include <stdio.h>
#include <time.h>

#include "cert.h"
#include "codec.h"
#include "np/base/json.h"
#include "np/base/mem.h"
#include "timestamp.h"
#include "whose.h"

#define BEARER "Authorization: Bearer "

bool np_kube_token_expiry(const char *token, int64_t *ret)
{
	const char *dot = strchr(token, '.');
	size_t n = dot ? strcspn(dot + 1, ".") : 0;
	struct np_buf text = { NULL, 0, 0 }, json = { NULL, 0, 0 };
	json_t *o = NULL;
	json_int_t end = 0;

	/* base64url without padding */
	for (size_t i = 0; i < n; i++)
		np_buf_addc(&text, dot[1 + i] == '-' ? '+' : dot[1 + i] == '_' ? '/' : dot[1 + i]);
	while (text.len % 4)
		np_buf_addc(&text, '=');
	if (n && np_kube_base64_decode((struct np_str){ text.data, text.len }, &json))
		o = np_json_parse(np_buf_text(&json), json.len, NULL);
	end = json_integer_value(json_object_get(o, "exp"));
	json_decref(o);
	np_buf_release(&text);
	np_buf_release(&json);
	if (end <= 0)
		return false;
	*ret = end;
	return true;
}

/* "user 'admin' of kc.yaml" */
static void add_user(struct np_buf *b, const struct np_kube_config *c)
{
	if (c->user.n)
		np_buf_printf(b, "user '%s' of ", c->user.p);
	np_buf_printf(b, "'%s'", c->source.n ? c->source.p : "this configuration");
}

static void add_cert(struct np_buf *b, const struct np_kube_config *c, const char *pem)
{
	struct np_kube_cert cert;
	char state[128];

	np_buf_adds(b, "the client certificate of ");
	add_user(b, c);
	if (!np_kube_cert_read(pem, &cert)) {
		np_buf_adds(b, " cannot be read");
		return;
	}
	np_kube_cert_state(&cert, time(NULL), state, sizeof(state));
	np_buf_printf(b, " (CN '%s') %s", cert.name, state);
	if (!strncmp(state, "is valid", 8))
		np_buf_adds(b, ", but no authority that the server knows signed it");
}

static void add_token_state(struct np_buf *b, const char *token)
{
	char text[NP_KUBE_TIME_MAX];
	int64_t end;

	if (!np_kube_token_expiry(token, &end))
		np_buf_adds(b, " is unknown there, or was revoked");
	else if (end < time(NULL))
		np_buf_printf(b, " expired on %s", np_kube_time_text(end, text));
	else
		np_buf_printf(b, " would be valid until %s, but the server does not take it",
			      np_kube_time_text(end, text));
}

static void add_token(struct np_buf *b, const struct np_kube_config *c, const char *token)
{
	if (c->token_file.n) {
		np_buf_printf(b, "the token in '%s' for ", c->token_file.p);
		add_user(b, c);
	} else if (c->token.n || !c->plugin) {
		np_buf_adds(b, "the token of ");
		add_user(b, c);
	} else {
		np_buf_printf(b, "the token that plugin '%s' gave for ", c->plugin->command.p);
		add_user(b, c);
		np_buf_adds(b, ", also when called again,");
	}
	add_token_state(b, token);
}

int np_kube_whose_refused(const struct np_kube_config *c, const struct np_kube_cred *cred,
			  struct np_err *err)
{
	struct np_buf b = { NULL, 0, 0 };

	if (!err)
		return -1;
	np_buf_printf(&b, "%s: ", err->msg);
	if (cred->header && !strncmp(cred->header, BEARER, strlen(BEARER))) {
		add_token(&b, c, cred->header + strlen(BEARER));
	} else if (cred->header) {
		np_buf_adds(&b, "user name and password of ");
		add_user(&b, c);
		np_buf_adds(&b, " were refused; API servers know none since 1.19");
	} else if (cred->cert) {
		add_cert(&b, c, cred->cert);
	} else {
		np_buf_adds(&b, "there are no credentials for ");
		add_user(&b, c);
	}
	np_err_set(err, err->code, "%s", np_buf_text(&b));
	np_buf_release(&b);
	return -1;
}

int np_kube_whose_forbidden(const struct np_kube_config *c, struct np_err *err)
{
	struct np_buf b = { NULL, 0, 0 };

	if (!err || !c->as_user.n || !strstr(err->msg, "impersonate"))
		return -1;
	np_buf_printf(&b, "%s; 'as: %s' of ", err->msg, c->as_user.p);
	add_user(&b, c);
	np_buf_adds(&b, " asks for that");
	np_err_set(err, err->code, "%s", np_buf_text(&b));
	np_buf_release(&b);
	return -1;
}

/* What to look at, by what failed. */
static void add_advice(struct np_buf *b, const struct np_kube_config *c, CURLcode code,
		       const char *text)
{
	const char *cluster = c->cluster.n ? c->cluster.p : "";
	const char *file = c->source.n ? c->source.p : "the configuration";

	switch (code) {
	case CURLE_SSL_CERTPROBLEM:
		np_buf_adds(b, "; look at client-certificate and client-key of ");
		add_user(b, c);
		break;
	case CURLE_SSL_CACERT_BADFILE:
		np_buf_printf(b, "; look at certificate-authority of cluster '%s' in '%s'", cluster,
			      file);
		break;
	case CURLE_PEER_FAILED_VERIFICATION:
		if (strstr(text, "subject") || strstr(text, "match"))
			np_buf_printf(b, "; tls-server-name of cluster '%s' in '%s' can name "
				      "another one to expect", cluster, file);
		else if (!strstr(text, "expired"))
			np_buf_printf(b, "; certificate-authority of cluster '%s' in '%s' is not "
				      "who signed it", cluster, file);
		break;
	default:
		if (strstr(text, "alert")) {
			np_buf_adds(b, "; the server refused the client certificate of ");
			add_user(b, c);
		}
		break;
	}
}

int np_kube_whose_tls(const struct np_kube_config *c, CURLcode code, const char *text,
		      const char *cert, struct np_err *err)
{
	struct np_buf b = { NULL, 0, 0 };

	np_buf_printf(&b, "no TLS connection with '%s': %s", c->server.p, text);
	if (*cert)
		np_buf_printf(&b, "; the certificate there: %s", cert);
	add_advice(&b, c, code, text);
	np_err_set(err, NP_EENV, "%s", np_buf_text(&b));
	np_buf_release(&b);
	return -1;
}
