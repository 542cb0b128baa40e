/* podspec.c - probe pods. */
#include "podspec.h"

#include <string.h>

#include "np/base/buf.h"
#include "np/base/json.h"

#define AGENT "/netpolcheck-agent"

/* A stock image waits for the agent and becomes it, or sleeps so that it ends at SIGTERM. */
#define SH_AGENT                                                                                   \
	"until [ -x " NP_INJECT_AGENT " ]; do sleep 0.1 || sleep 1; done; "                        \
	"exec " NP_INJECT_AGENT " \"$@\""
#define SH_SLEEP "trap 'exit 0' TERM; while :; do sleep 3600 & wait; done"

enum role { ROLE_AGENT, ROLE_SLEEP, ROLE_INIT };

static void add_port_args(json_t *args, const struct np_podspec *spec, enum np_proto proto,
			  const char *option)
{
	struct np_buf list = { 0 };

	for (size_t i = 0; i < spec->n_ports; i++)
		if (spec->ports[i].proto == proto)
			np_buf_printf(&list, "%s%u", list.len ? "," : "", spec->ports[i].first);
	if (list.len) {
		json_array_append_new(args, json_string(option));
		json_array_append_new(args, json_string(np_buf_text(&list)));
	}
	np_buf_release(&list);
}

/* @share: agents of other runs may be on the same host's network. */
static json_t *serve_args(const struct np_podspec *spec, bool listen, bool share)
{
	json_t *args = np_json_pack("[s, s, s]", "serve", "--identity", spec->identity);

	if (spec->inject) { /* there once every port listens */
		json_array_append_new(args, json_string("--control"));
		json_array_append_new(args, json_string("unix:" NP_INJECT_READY));
	}
	if (spec->ends_late)
		json_array_append_new(args, json_string("--outlive"));
	if (listen && share)
		json_array_append_new(args, json_string("--share"));
	if (listen) {
		add_port_args(args, spec, NP_TCP, "--tcp");
		add_port_args(args, spec, NP_UDP, "--udp");
		add_port_args(args, spec, NP_SCTP, "--sctp");
	}
	return args;
}

/* What a container of the image with the agent runs; @args is taken. */
static void run_agent(json_t *ctr, json_t *args)
{
	json_object_set_new(ctr, "command", np_json_pack("[s]", AGENT));
	json_object_set_new(ctr, "args", args);
}

/* The same in a stock image; only the first container needs the agent. */
static void run_shell(json_t *ctr, enum role role, json_t *args)
{
	static const char *const scripts[] = { [ROLE_AGENT] = SH_AGENT,
					       [ROLE_SLEEP] = SH_SLEEP,
					       [ROLE_INIT] = "exit 0" };

	json_object_set_new(ctr, "command",
			    np_json_pack("[s, s, s, s]", "sh", "-c", scripts[role], "agent"));
	json_object_set_new(ctr, "args", args);
	if (role != ROLE_AGENT)
		json_object_del(ctr, "args");
	else
		json_object_set_new(ctr, "volumeMounts",
				    np_json_pack("[{s:s, s:s}]", "name", NP_INJECT_VOLUME, "mountPath",
						 NP_INJECT_DIR));
}

static json_t *role_args(enum role role, const struct np_podspec *spec, bool listen, bool host)
{
	if (role == ROLE_AGENT)
		return serve_args(spec, listen, host);
	return np_json_pack("[s]", role == ROLE_SLEEP ? "sleep" : "version");
}

static bool has_low_port(const struct np_podspec *spec)
{
	for (size_t i = 0; i < spec->n_ports; i++)
		if (spec->ports[i].first < 1024)
			return true;
	return false;
}

static void complete_privileges(json_t *ctr, bool raw, bool bind)
{
	json_t *security = np_json_pack("{s:b, s:b, s:{s:[s]}}", "allowPrivilegeEscalation", 0,
					"readOnlyRootFilesystem", 1, "capabilities", "drop", "ALL");
	json_t *add = json_array();

	if (raw)
		json_array_append_new(add, json_string("NET_RAW"));
	if (bind)
		json_array_append_new(add, json_string("NET_BIND_SERVICE"));
	if (json_array_size(add)) {
		json_object_set(json_object_get(security, "capabilities"), "add", add);
		json_object_set_new(security, "runAsUser", json_integer(0));
		json_object_set_new(security, "runAsNonRoot", json_false());
	}
	json_decref(add);
	json_object_set_new(ctr, "securityContext", security);
}

static void complete_container(json_t *ctr, size_t i, const char *prefix,
			       const struct np_podspec *spec, enum role role, bool listen,
			       bool host)
{
	json_t *args = role_args(role, spec, listen, host);
	char name[32];

	snprintf(name, sizeof(name), "%s%zu", prefix, i);
	if (!json_object_get(ctr, "name"))
		json_object_set_new(ctr, "name", json_string(name));
	json_object_set_new(ctr, "image", json_string(spec->image));
	json_object_set_new(ctr, "imagePullPolicy", json_string("IfNotPresent"));
	if (spec->inject)
		run_shell(ctr, role, args);
	else
		run_agent(ctr, args);
	complete_privileges(ctr, role == ROLE_AGENT && spec->raw,
			    role == ROLE_AGENT && listen && host && has_low_port(spec));
	/* Whoever sees the pod's status sees what the agent said last: a port that is taken. */
	json_object_set_new(ctr, "terminationMessagePolicy", json_string("FallbackToLogsOnError"));
	json_object_set_new(ctr, "resources",
			    np_json_pack("{s:{s:s, s:s}, s:{s:s}}", "requests", "cpu", "5m",
					 "memory", "8Mi", "limits", "memory", "64Mi"));
}

static void complete_security(json_t *spec, bool host_network)
{
	json_object_set_new(spec, "securityContext",
			    np_json_pack("{s:b, s:i, s:{s:s}}", "runAsNonRoot", 1, "runAsUser",
					 65532, "seccompProfile", "type", "RuntimeDefault"));
	if (!host_network) /* ports below 1024 without a capability; a safe sysctl, but not one of
			      the node's */
		json_object_set_new(json_object_get(spec, "securityContext"), "sysctls",
				    np_json_pack("[{s:s, s:s}]", "name",
						 "net.ipv4.ip_unprivileged_port_start", "value",
						 "0"));
	json_object_set_new(spec, "automountServiceAccountToken", json_false());
	json_object_set_new(spec, "enableServiceLinks", json_false());
	json_object_set_new(spec, "terminationGracePeriodSeconds", json_integer(1));
}

static json_t *ensure(json_t *parent, const char *key, json_t *fresh)
{
	json_t *v = json_object_get(parent, key);

	if (v) {
		json_decref(fresh);
		return v;
	}
	json_object_set_new(parent, key, fresh);
	return fresh;
}

/* @listen: a pod on the host's network serves the ports too. */
static void complete(json_t *pod, const struct np_podspec *spec, bool listen)
{
	json_t *s = ensure(pod, "spec", json_object());
	json_t *ctrs = ensure(s, "containers", json_array()), *ctr;
	bool host = np_json_bool(s, "hostNetwork", 0);
	size_t i;

	if (!json_array_size(ctrs))
		json_array_append_new(ctrs, json_object());
	json_array_foreach(ctrs, i, ctr)
		complete_container(ctr, i, "c", spec, i ? ROLE_SLEEP : ROLE_AGENT, listen || !host,
				   host);
	json_array_foreach(json_object_get(s, "initContainers"), i, ctr)
		complete_container(ctr, i, "init", spec,
				   np_json_str(ctr, "restartPolicy", NULL) ? ROLE_SLEEP : ROLE_INIT,
				   false, host);
	if (spec->inject)
		json_object_set_new(s, "volumes",
				    np_json_pack("[{s:s, s:{s:s}}]", "name", NP_INJECT_VOLUME,
						 "emptyDir", "sizeLimit", "16Mi"));
	complete_security(s, host);
	if (spec->node && !json_object_get(s, "nodeName"))
		json_object_set_new(s, "nodeName", json_string(spec->node));
}

void np_podspec_apply(json_t *pod, const struct np_podspec *spec)
{
	complete(pod, spec, false);
}

bool np_podspec_privileged(const json_t *pod, const struct np_podspec *spec)
{
	return spec->raw || np_json_bool(pod, "spec/hostNetwork", 0);
}

json_t *np_podspec_new(const char *ns, const char *name, const char *label, bool host_network,
		       const struct np_podspec *spec)
{
	json_t *pod = np_json_pack("{s:s, s:s, s:{s:s, s:s, s:{s:s}}, s:{s:[{s:s}]}}", "apiVersion",
				   "v1", "kind", "Pod", "metadata", "name", name, "namespace", ns,
				   "labels", "app", label, "spec", "containers", "name",
				   NP_POD_CONTAINER);

	if (host_network)
		json_object_set_new(json_object_get(pod, "spec"), "hostNetwork", json_true());
	complete(pod, spec, true);
	return pod;
}
