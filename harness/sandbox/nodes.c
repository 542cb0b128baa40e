/* The nodes as API objects. The contract is in nodes.h. */
#include <string.h>
#include <sys/utsname.h>

#include "nodes.h"
#include "np/base/json.h"
#include "np/base/mem.h"
#include "pod_status.h"

#define KUBELET_VERSION "v1.36.0" /* the API level that the sandbox speaks */

static const char *const namespaces[] = { "default", "kube-node-lease", "kube-public",
					  "kube-system" };

/* Kubernetes' names for what uname(2) says. */
static const char *architecture(const struct utsname *u)
{
	static const struct {
		const char *kernel, *api;
	} names[] = {
		{ "x86_64", "amd64" },
		{ "aarch64", "arm64" },
		{ "armv7l", "arm" },
		{ "i686", "386" },
	};

	for (size_t i = 0; i < NP_ARRAY_SIZE(names); i++) {
		if (strcmp(u->machine, names[i].kernel) == 0)
			return names[i].api;
	}
	return u->machine;
}

static json_t *condition(const char *type, const char *status, const char *reason,
			 const char *message)
{
	char now[32];

	np_api_time(now);
	return np_json_pack("{s:s,s:s,s:s,s:s,s:s,s:s}", "type", type, "status", status,
			    "lastHeartbeatTime", now, "lastTransitionTime", now, "reason", reason,
			    "message", message);
}

static json_t *addresses(const struct np_host *host)
{
	json_t *list = json_array();
	char text[NP_ADDR_TEXT_MAX];

	for (unsigned f = 0; f < 2; f++) {
		if (host->ip[f].width)
			json_array_append_new(list, np_json_pack("{s:s,s:s}", "type", "InternalIP",
								 "address",
								 np_addr_text(&host->ip[f], text)));
	}
	json_array_append_new(list,
			      np_json_pack("{s:s,s:s}", "type", "Hostname", "address", host->name));
	return list;
}

static json_t *ranges(const struct np_host *host)
{
	json_t *list = json_array();
	char text[NP_ADDR_TEXT_MAX];

	for (unsigned f = 0; f < 2; f++) {
		if (host->ip[f].width)
			json_array_append_new(list,
					      json_string(np_cidr_text(&host->pods[f], text)));
	}
	return list;
}

static json_t *status_of(const struct np_host *host, const struct utsname *u)
{
	char pods[16];

	snprintf(pods, sizeof(pods), "%d", NP_NODE_MAX_PODS);
	return np_json_pack(
		"{s:{s:s,s:s,s:s},s:{s:s,s:s,s:s},s:o,s:[o,o,o,o,o],"
		"s:{s:s,s:s,s:s,s:s,s:s,s:s,s:s,s:s,s:s,s:s}}",
		"capacity", "cpu", "2", "memory", "4Gi", "pods", pods, "allocatable", "cpu", "2",
		"memory", "4Gi", "pods", pods, "addresses", addresses(host), "conditions",
		condition("MemoryPressure", "False", "Sufficient", "memory is not measured"),
		condition("DiskPressure", "False", "Sufficient", "there are no disks"),
		condition("PIDPressure", "False", "Sufficient", "processes are not counted"),
		condition("NetworkUnavailable", "False", "RouteCreated", "the network is there"),
		condition("Ready", "True", "KubeletReady", "the node agent runs"), "nodeInfo",
		"machineID", "", "systemUUID", "", "bootID", "", "kernelVersion", u->release,
		"osImage", "netpolcheck sandbox", "containerRuntimeVersion",
		"netpolcheck://" NP_VERSION, "kubeletVersion", KUBELET_VERSION, "kubeProxyVersion",
		"", "operatingSystem", "linux", "architecture", architecture(u));
}

json_t *np_node_object(const struct np_host *host)
{
	char range[NP_ADDR_TEXT_MAX];
	struct utsname u;
	json_t *labels;

	uname(&u);
	labels = np_json_pack("{s:s,s:s,s:s}", "kubernetes.io/hostname", host->name,
			      "kubernetes.io/os", "linux", "kubernetes.io/arch", architecture(&u));
	return np_json_pack("{s:s,s:s,s:{s:s,s:o},s:{s:s,s:o},s:o}", "apiVersion", "v1", "kind",
			    "Node", "metadata", "name", host->name, "labels", labels, "spec",
			    "podCIDR", np_cidr_text(&host->pods[0], range), "podCIDRs",
			    ranges(host), "status", status_of(host, &u));
}

static int create(struct np_store *store, enum np_kind_id kind, json_t *object, struct np_err *err)
{
	int rc = np_store_create(store, kind, object, NULL, err);

	json_decref(object);
	return rc;
}

int np_nodes_create(struct np_store *store, const struct np_fabric *fabric, struct np_err *err)
{
	for (size_t i = 0; i < NP_ARRAY_SIZE(namespaces); i++) {
		const char *name = namespaces[i];
		json_t *ns =
			np_json_pack("{s:s,s:s,s:{s:s,s:{s:s}},s:{s:[s]},s:{s:s}}", "apiVersion",
				     "v1", "kind", "Namespace", "metadata", "name", name, "labels",
				     "kubernetes.io/metadata.name", name, "spec", "finalizers",
				     "kubernetes", "status", "phase", "Active");

		if (create(store, NP_KIND_NAMESPACE, ns, err) < 0)
			return -1;
	}
	for (size_t i = 0; i < NP_N_NODES; i++) {
		if (create(store, NP_KIND_NODE, np_node_object(&fabric->hosts[i]), err) < 0)
			return -1;
	}
	return 0;
}

bool np_node_admits(struct np_store *store, const char *name, const json_t *selector)
{
	json_t *node = np_store_get(store, NP_KIND_NODE, "", name);
	const json_t *labels = np_json_at(node, "metadata/labels");
	bool yes = node != NULL;
	const char *key;
	json_t *value;

	json_object_foreach((json_t *)selector, key, value) {
		if (!json_equal(json_object_get(labels, key), value))
			yes = false;
	}
	json_decref(node);
	return yes;
}
