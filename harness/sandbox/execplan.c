/* The request side of exec: what is asked for, and the WebSocket handshake. */
#include "execplan.h"

#include <gnutls/crypto.h>
#include <gnutls/gnutls.h>

#include "np/base/json.h"
#include "np/base/mem.h"
#include "status.h"

#define GUID "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"

/* In the order that we prefer. */
static const char *const protocols[] = { "v5.channel.k8s.io", "v4.channel.k8s.io" };

const char *np_exec_plan_accept(const struct np_exec_plan *plan)
{
	return plan->accept;
}

const char *np_exec_plan_protocol(const struct np_exec_plan *plan)
{
	return plan->protocol;
}

void np_exec_plan_free(struct np_exec_plan *plan)
{
	if (!plan)
		return;
	for (size_t i = 0; i < plan->n_argv; i++)
		free(plan->argv[i]);
	free(plan->ns);
	free(plan->pod);
	free(plan);
}

static int find_container(const struct np_request *req, struct np_reply *rep, const json_t *pod)
{
	const char *want = np_request_query(req, "container");
	json_t *list = np_json_at(pod, "spec/containers"), *c;
	size_t i;

	if (!want || !*want)
		return 0; /* the first one */
	json_array_foreach(list, i, c) {
		if (strcmp(np_json_str(c, "name", ""), want) == 0)
			return 0;
	}
	return np_fail_bad_request(rep, "container %s is not valid for pod %s", want, req->name);
}

static int check_pod(const struct np_request *req, struct np_reply *rep)
{
	json_t *pod = np_store_get(req->env.store, NP_KIND_POD, req->ns, req->name);
	const char *phase = np_json_str(pod, "status/phase", "");
	int rc;

	if (!pod)
		return np_fail_not_found(rep, NP_KIND_POD, req->name);
	if (strcmp(phase, "Succeeded") == 0 || strcmp(phase, "Failed") == 0)
		rc = np_fail_bad_request(
			rep, "cannot exec into a container in a completed pod; current phase is %s",
			phase);
	else if (!*np_json_str(pod, "spec/nodeName", ""))
		rc = np_fail_bad_request(rep, "pod %s does not have a host assigned", req->name);
	else
		rc = find_container(req, rep, pod);
	json_decref(pod);
	return rc;
}

static int read_command(const struct np_request *req, struct np_reply *rep,
			struct np_exec_plan *plan)
{
	for (size_t i = 0; i < req->n_query; i++) {
		if (!np_str_is(req->query[i].key, "command"))
			continue;
		if (plan->n_argv == NP_EXEC_MAX_ARGS)
			return np_fail_bad_request(rep, "a command of more than %d words",
						   NP_EXEC_MAX_ARGS);
		plan->argv[plan->n_argv++] = np_xstrndup(
			req->query[i].value.p ? req->query[i].value.p : "", req->query[i].value.n);
	}
	if (!plan->n_argv)
		return np_fail_bad_request(rep,
					   "you must specify at least 1 command for the container");
	plan->want_stdin = np_request_query_bool(req, "stdin");
	plan->want_stdout = np_request_query_bool(req, "stdout");
	plan->want_stderr =
		np_request_query_bool(req, "stderr") && !np_request_query_bool(req, "tty");
	if (!plan->want_stdin && !plan->want_stdout && !plan->want_stderr)
		return np_fail_bad_request(
			rep, "you must specify at least one of stdin, stdout, stderr");
	return 0;
}

/* Is @word in a list of words with commas? */
static bool offers(const char *list, const char *word)
{
	while (*list) {
		size_t n;

		list += strspn(list, " \t,");
		n = strcspn(list, " \t,");
		if (n == strlen(word) && strncmp(list, word, n) == 0)
			return true;
		list += n;
	}
	return false;
}

/* Base64 of SHA-1 of the key and a constant (RFC 6455). */
static void accept_key(const char *key, char *ret, size_t size)
{
	char *all = np_xasprintf("%s%s", key, GUID);
	unsigned char hash[20];
	gnutls_datum_t in = { hash, sizeof(hash) }, out;

	*ret = '\0';
	if (gnutls_hash_fast(GNUTLS_DIG_SHA1, all, strlen(all), hash) == 0 &&
	    gnutls_base64_encode2(&in, &out) == 0) {
		snprintf(ret, size, "%.*s", (int)out.size, (char *)out.data);
		gnutls_free(out.data);
	}
	free(all);
}

static int shake_hands(const struct np_request *req, struct np_reply *rep,
		       struct np_exec_plan *plan)
{
	if (!req->upgrade)
		return np_fail_bad_request(rep, "exec needs a WebSocket upgrade (v5.channel.k8s.io "
						"or v4.channel.k8s.io); SPDY is not spoken here");
	if (strcmp(req->ws_version, "13") != 0)
		return np_fail_bad_request(rep, "WebSocket version '%s' is not 13",
					   req->ws_version);
	if (strlen(req->ws_key) != 24)
		return np_fail_bad_request(rep, "Sec-WebSocket-Key is missing or malformed");
	for (size_t i = 0; i < NP_ARRAY_SIZE(protocols) && !plan->protocol; i++) {
		if (offers(req->ws_protocols, protocols[i]))
			plan->protocol = protocols[i];
	}
	if (!plan->protocol)
		return np_fail_bad_request(rep,
					   "none of the subprotocols '%s' is spoken here "
					   "(v5.channel.k8s.io, v4.channel.k8s.io)",
					   req->ws_protocols);
	plan->v5 = plan->protocol == protocols[0];
	accept_key(req->ws_key, plan->accept, sizeof(plan->accept));
	return 0;
}

int np_api_exec(const struct np_request *req, struct np_reply *rep)
{
	struct np_exec_plan *plan;

	if (check_pod(req, rep))
		return -1;
	if (!req->env.pods)
		return np_fail(rep, 503, "ServiceUnavailable", NULL, "there is no node agent");
	plan = np_xcalloc(1, sizeof(*plan));
	plan->ns = np_xstrdup(req->ns);
	plan->pod = np_xstrdup(req->name);
	if (read_command(req, rep, plan) || shake_hands(req, rep, plan)) {
		np_exec_plan_free(plan);
		return -1;
	}
	rep->code = 101;
	rep->exec = plan;
	return 0;
}
