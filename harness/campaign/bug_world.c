/* bug_world.c - the small world of campaigns and reproducers. */
#include "bug_world.h"

#include <string.h>

#include "np/base/json.h"
#include "np/base/mem.h"

const char *const np_bug_namespaces[NP_WORLD_NAMESPACES] = { "a", "b", "k" };

const struct np_bug_pod np_bug_pods[] = {
	{ "a", "p0", { { "app", "web" }, { "tier", "front" } }, false },
	{ "a", "p1", { { "app", "db" } }, true },
	{ "b", "p0", { { "app", "web" } }, true },
	{ "k", "client", { { "canary", "client" } }, false },
	{ "k", "server", { { "canary", "server" } }, false },
	{ "k", "server2", { { "canary", "server" } }, true },
	{ "k", "guarded", { { "canary", "guarded" } }, true },
};
const size_t np_bug_n_pods = NP_ARRAY_SIZE(np_bug_pods);

const struct np_bug_port np_bug_ports[] = { { "web", 80, false },
					    { "alt", NP_CANARY_PORT, false },
					    { "dns", 53, true } };
const size_t np_bug_n_ports = NP_ARRAY_SIZE(np_bug_ports);

json_t *np_bug_namespace(const char *ns, const char *real, const char *run)
{
	json_t *o = np_json_pack("{s:s, s:s, s:{s:s, s:{s:s, s:s, s:s}}}", "apiVersion", "v1",
				 "kind", "Namespace", "metadata", "name", real, "labels",
				 "app.kubernetes.io/managed-by", "netpolcheck",
				 "pod-security.kubernetes.io/enforce", "restricted", "team", ns);

	if (run)
		json_object_set_new(np_json_at(o, "metadata/labels"), "netpolcheck.io/run",
				    np_json_string(np_str_from(run)));
	return o;
}

static json_t *container(const char *image, const char *identity)
{
	json_t *ports = json_array(), *c;
	struct np_buf tcp = { 0 }, udp = { 0 };

	for (size_t i = 0; i < np_bug_n_ports; i++) {
		const struct np_bug_port *p = &np_bug_ports[i];
		struct np_buf *list = p->udp ? &udp : &tcp;

		np_buf_printf(list, "%s%u", list->len ? "," : "", p->port);
		json_array_append_new(ports, np_json_pack("{s:s, s:i, s:s}", "name", p->name,
							  "containerPort", (int)p->port, "protocol",
							  p->udp ? "UDP" : "TCP"));
	}
	c = np_json_pack("{s:s, s:s, s:s, s:[s], s:[s,s,s,s,s,s,s], s:o, s:{s:b, s:b, s:{s:[s]}}, "
			 "s:{s:{s:s, s:s}, s:{s:s}}}",
			 "name", "agent", "image", image, "imagePullPolicy", "IfNotPresent",
			 "command", "/netpolcheck-agent", "args", "serve", "--identity", identity,
			 "--tcp", np_buf_text(&tcp), "--udp", np_buf_text(&udp), "ports", ports,
			 "securityContext", "allowPrivilegeEscalation", 0, "readOnlyRootFilesystem",
			 1, "capabilities", "drop", "ALL", "resources", "requests", "cpu", "5m",
			 "memory", "8Mi", "limits", "memory", "64Mi");
	np_buf_release(&tcp);
	np_buf_release(&udp);
	return c;
}

json_t *np_bug_pod_object(const struct np_bug_pod *pod, const char *real, const char *image,
			  const char *node)
{
	np_auto_free char *identity = np_xasprintf("%s/%s", real, pod->name);
	json_t *labels = json_object(), *o;

	for (size_t i = 0; i < NP_ARRAY_SIZE(pod->labels) && pod->labels[i][0]; i++)
		json_object_set_new(labels, pod->labels[i][0], json_string(pod->labels[i][1]));
	o = np_json_pack("{s:s, s:s, s:{s:s, s:s, s:o}, s:{s:[o], s:b, s:b, s:i, s:{s:b, s:i, "
			 "s:{s:s}, s:[{s:s, s:s}]}}}",
			 "apiVersion", "v1", "kind", "Pod", "metadata", "name", pod->name,
			 "namespace", real, "labels", labels, "spec", "containers",
			 container(image, identity), "automountServiceAccountToken", 0,
			 "enableServiceLinks", 0, "terminationGracePeriodSeconds", 1,
			 "securityContext", "runAsNonRoot", 1, "runAsUser", 65532, "seccompProfile",
			 "type", "RuntimeDefault", "sysctls", "name",
			 "net.ipv4.ip_unprivileged_port_start", "value", "0");
	if (node)
		json_object_set_new(json_object_get(o, "spec"), "nodeName",
				    np_json_string(np_str_from(node)));
	return o;
}

json_t *np_bug_canary_policy(const char *real)
{
	return np_json_pack("{s:s, s:s, s:{s:s, s:s}, s:{s:{s:{s:s}}, s:[s]}}", "apiVersion",
			    "networking.k8s.io/v1", "kind", "NetworkPolicy", "metadata", "name",
			    "canary", "namespace", real, "spec", "podSelector", "matchLabels",
			    "canary", "server", "policyTypes", "Ingress");
}

json_t *np_bug_guard_policy(const char *real)
{
	json_t *p = np_bug_canary_policy(real);

	json_object_set_new(np_json_at(p, "metadata"), "name", json_string("guard"));
	json_object_set_new(np_json_at(p, "spec/podSelector/matchLabels"), "canary",
			    json_string("guarded"));
	return p;
}
