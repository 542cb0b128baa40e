/* The columns of each kind. */
#include "tableprint_cells.h"

#include "np/base/buf.h"
#include "np/base/json.h"
#include "np/base/mem.h"
#include "tableprint.h"

static json_t *text(const char *s)
{
	return np_json_string(np_str_from(s));
}

static json_t *steal_text(struct np_buf *b)
{
	json_t *v = np_json_string((struct np_str){ np_buf_text(b), b->len });

	np_buf_release(b);
	return v;
}

static json_t *text_or(const json_t *o, const char *path, const char *fallback)
{
	const char *s = np_json_str(o, path, "");

	return text(*s ? s : fallback);
}

static json_t *age_of(const json_t *o, const char *path)
{
	char buf[32];

	return text(np_table_age(np_json_str(o, path, NULL), buf, sizeof(buf)));
}

static json_t *cell_name(const json_t *o)
{
	return text(np_json_str(o, "metadata/name", ""));
}

static json_t *cell_age(const json_t *o)
{
	return age_of(o, "metadata/creationTimestamp");
}

/* ---- pods ---- */

static json_t *cell_ready(const json_t *o)
{
	json_t *c;
	size_t i, n_ready = 0;
	char buf[48];

	json_array_foreach(np_json_at(o, "status/containerStatuses"), i, c)
		n_ready += np_json_bool(c, "ready", 0) == 1;
	snprintf(buf, sizeof(buf), "%zu/%zu", n_ready,
		 json_array_size(np_json_at(o, "spec/containers")));
	return text(buf);
}

/* The last container's word wins, as in kubectl. */
static void container_reason(const json_t *o, struct np_buf *b)
{
	json_t *list = np_json_at(o, "status/containerStatuses"), *c;

	for (size_t i = json_array_size(list); i-- > 0;) {
		const char *waiting, *ended;

		c = json_array_get(list, i);
		waiting = np_json_str(c, "state/waiting/reason", "");
		ended = np_json_str(c, "state/terminated/reason", "");
		if (!*waiting && !*ended && !np_json_at(c, "state/terminated"))
			continue;
		np_buf_clear(b);
		if (*waiting || *ended)
			np_buf_adds(b, *waiting ? waiting : ended);
		else if (np_json_int(c, "state/terminated/signal", 0))
			np_buf_printf(b, "Signal:%lld",
				      np_json_int(c, "state/terminated/signal", 0));
		else
			np_buf_printf(b, "ExitCode:%lld",
				      np_json_int(c, "state/terminated/exitCode", 0));
	}
}

static json_t *cell_status(const json_t *o)
{
	const char *reason = np_json_str(o, "status/reason", "");
	struct np_buf b = { 0 };

	np_buf_adds(&b, *reason ? reason : np_json_str(o, "status/phase", "Unknown"));
	container_reason(o, &b);
	if (np_json_str(o, "metadata/deletionTimestamp", NULL)) {
		np_buf_clear(&b);
		np_buf_adds(&b, strcmp(reason, "NodeLost") == 0 ? "Unknown" : "Terminating");
	}
	return steal_text(&b);
}

/* "3 (2m ago)": with the time of the last end of a container. */
static json_t *cell_restarts(const json_t *o)
{
	const char *last = "", *ended;
	char buf[80], age[32];
	long long n = 0;
	json_t *c;
	size_t i;

	json_array_foreach(np_json_at(o, "status/containerStatuses"), i, c) {
		n += np_json_int(c, "restartCount", 0);
		ended = np_json_str(c, "lastState/terminated/finishedAt", "");
		if (strcmp(ended, last) > 0)
			last = ended;
	}
	if (n && *last)
		snprintf(buf, sizeof(buf), "%lld (%s ago)", n,
			 np_table_age(last, age, sizeof(age)));
	else
		snprintf(buf, sizeof(buf), "%lld", n);
	return text(buf);
}

static json_t *cell_ip(const json_t *o)
{
	return text_or(o, "status/podIP", "<none>");
}

static json_t *cell_node(const json_t *o)
{
	return text_or(o, "spec/nodeName", "<none>");
}

static json_t *cell_nominated(const json_t *o)
{
	return text_or(o, "status/nominatedNodeName", "<none>");
}

static json_t *cell_gates(const json_t *o)
{
	json_t *gates = np_json_at(o, "spec/readinessGates"), *gate, *cond;
	size_t i, k, n_true = 0;
	char buf[48];

	json_array_foreach(gates, i, gate) {
		json_array_foreach(np_json_at(o, "status/conditions"), k, cond)
			n_true += strcmp(np_json_str(cond, "type", ""),
					 np_json_str(gate, "conditionType", "?")) == 0 &&
				  strcmp(np_json_str(cond, "status", ""), "True") == 0;
	}
	snprintf(buf, sizeof(buf), "%zu/%zu", n_true, json_array_size(gates));
	return text(json_array_size(gates) ? buf : "<none>");
}

#define NAME                                                                                       \
	{                                                                                          \
		"Name", "string", "Name must be unique within a namespace.", 0, cell_name          \
	}
#define AGE                                                                                        \
	{                                                                                          \
		"Age", "string",                                                                   \
			"CreationTimestamp is a timestamp representing the server time when this " \
			"object was created.",                                                     \
			0, cell_age                                                                \
	}
#define LAST                                                                                       \
	{                                                                                          \
		NULL, NULL, NULL, 0, NULL                                                          \
	}

static const struct np_column pod_columns[] = {
	NAME,
	{ "Ready", "string", "The aggregate readiness state of this pod for accepting traffic.", 0,
	  cell_ready },
	{ "Status", "string", "The aggregate status of the containers in this pod.", 0,
	  cell_status },
	{ "Restarts", "string",
	  "The number of times the containers in this pod have been restarted.", 0, cell_restarts },
	AGE,
	{ "IP", "string", "The IP address allocated to the pod.", 1, cell_ip },
	{ "Node", "string", "The node on which this pod is scheduled.", 1, cell_node },
	{ "Nominated Node", "string", "Set only when this pod preempts other pods on the node.", 1,
	  cell_nominated },
	{ "Readiness Gates", "string", "Evaluated for pod readiness.", 1, cell_gates },
	LAST,
};

/* ---- services ---- */

static json_t *cell_type(const json_t *o)
{
	return text_or(o, "spec/type", "ClusterIP");
}

static json_t *cell_cluster_ip(const json_t *o)
{
	return text_or(o, "spec/clusterIP", "<none>");
}

static json_t *joined(const json_t *list)
{
	struct np_buf b = { 0 };
	json_t *v;
	size_t i;

	json_array_foreach(list, i, v)
		np_buf_printf(&b, "%s%s", i ? "," : "",
			      json_string_value(v) ? json_string_value(v) : "");
	return steal_text(&b);
}

static json_t *cell_external_ip(const json_t *o)
{
	const json_t *ips = np_json_at(o, "spec/externalIPs");
	const char *type = np_json_str(o, "spec/type", "");

	if (json_array_size(ips))
		return joined(ips);
	if (strcmp(type, "ExternalName") == 0)
		return text_or(o, "spec/externalName", "<none>");
	return text(strcmp(type, "LoadBalancer") == 0 ? "<pending>" : "<none>");
}

static json_t *cell_ports(const json_t *o)
{
	struct np_buf b = { 0 };
	json_t *p;
	size_t i;

	json_array_foreach(np_json_at(o, "spec/ports"), i, p) {
		np_buf_printf(&b, "%s%lld", i ? "," : "", np_json_int(p, "port", 0));
		if (np_json_int(p, "nodePort", 0))
			np_buf_printf(&b, ":%lld", np_json_int(p, "nodePort", 0));
		np_buf_printf(&b, "/%s", np_json_str(p, "protocol", "TCP"));
	}
	if (!b.len)
		np_buf_adds(&b, "<none>");
	return steal_text(&b);
}

static json_t *labels_text(const json_t *labels)
{
	struct np_buf b = { 0 };
	json_t *sorted = json_array(), *v;
	const char *key;
	size_t i;

	json_object_foreach((json_t *)labels, key, v) {
		for (i = 0; i < json_array_size(sorted) &&
			    strcmp(json_string_value(json_array_get(sorted, i)), key) < 0;
		     i++)
			;
		json_array_insert_new(sorted, i, text(key));
	}
	json_array_foreach(sorted, i, v)
		np_buf_printf(&b, "%s%s=%s", i ? "," : "", json_string_value(v),
			      np_json_str(json_object_get(labels, json_string_value(v)), "", ""));
	json_decref(sorted);
	if (!b.len)
		np_buf_adds(&b, "<none>");
	return steal_text(&b);
}

static json_t *cell_service_selector(const json_t *o)
{
	return labels_text(np_json_at(o, "spec/selector"));
}

static const struct np_column service_columns[] = {
	NAME,
	{ "Type", "string", "Type determines how the Service is exposed.", 0, cell_type },
	{ "Cluster-IP", "string", "The IP address of the service.", 0, cell_cluster_ip },
	{ "External-IP", "string", "IP addresses for which nodes will also accept traffic.", 0,
	  cell_external_ip },
	{ "Port(s)", "string", "The list of ports that are exposed by this service.", 0,
	  cell_ports },
	AGE,
	{ "Selector", "string", "Route service traffic to pods with matching labels.", 1,
	  cell_service_selector },
	LAST,
};

/* ---- namespaces ---- */

static json_t *cell_phase(const json_t *o)
{
	return text_or(o, "status/phase", "Active");
}

static const struct np_column namespace_columns[] = {
	NAME,
	{ "Status", "string", "The status of the namespace", 0, cell_phase },
	AGE,
	LAST,
};

/* ---- nodes ---- */

static json_t *cell_node_status(const json_t *o)
{
	struct np_buf b = { 0 };
	json_t *c;
	size_t i;

	np_buf_adds(&b, "Unknown");
	json_array_foreach(np_json_at(o, "status/conditions"), i, c) {
		if (strcmp(np_json_str(c, "type", ""), "Ready") != 0)
			continue;
		np_buf_clear(&b);
		np_buf_adds(&b, strcmp(np_json_str(c, "status", ""), "True") == 0 ? "Ready"
										  : "NotReady");
	}
	if (np_json_bool(o, "spec/unschedulable", 0) == 1)
		np_buf_adds(&b, ",SchedulingDisabled");
	return steal_text(&b);
}

static json_t *cell_roles(const json_t *o)
{
	static const char prefix[] = "node-role.kubernetes.io/";
	json_t *labels = np_json_at(o, "metadata/labels"), *v;
	struct np_buf b = { 0 };
	const char *key;

	json_object_foreach(labels, key, v) {
		if (strncmp(key, prefix, sizeof(prefix) - 1) == 0)
			np_buf_printf(&b, "%s%s", b.len ? "," : "", key + sizeof(prefix) - 1);
	}
	if (!b.len)
		np_buf_adds(&b, "<none>");
	return steal_text(&b);
}

static json_t *cell_version(const json_t *o)
{
	return text_or(o, "status/nodeInfo/kubeletVersion", "");
}

static json_t *address_of(const json_t *o, const char *type)
{
	json_t *a;
	size_t i;

	json_array_foreach(np_json_at(o, "status/addresses"), i, a) {
		if (strcmp(np_json_str(a, "type", ""), type) == 0)
			return text_or(a, "address", "<none>");
	}
	return text("<none>");
}

static json_t *cell_internal_ip(const json_t *o)
{
	return address_of(o, "InternalIP");
}

static json_t *cell_node_external(const json_t *o)
{
	return address_of(o, "ExternalIP");
}

static json_t *cell_os(const json_t *o)
{
	return text_or(o, "status/nodeInfo/osImage", "<unknown>");
}

static json_t *cell_kernel(const json_t *o)
{
	return text_or(o, "status/nodeInfo/kernelVersion", "<unknown>");
}

static json_t *cell_runtime(const json_t *o)
{
	return text_or(o, "status/nodeInfo/containerRuntimeVersion", "<unknown>");
}

static const struct np_column node_columns[] = {
	NAME,
	{ "Status", "string", "The status of the node", 0, cell_node_status },
	{ "Roles", "string", "The roles of the node", 0, cell_roles },
	AGE,
	{ "Version", "string", "Kubelet Version reported by the node.", 0, cell_version },
	{ "Internal-IP", "string", "List of addresses reachable to the node.", 1,
	  cell_internal_ip },
	{ "External-IP", "string", "List of addresses reachable to the node.", 1,
	  cell_node_external },
	{ "OS-Image", "string", "OS Image reported by the node.", 1, cell_os },
	{ "Kernel-Version", "string", "Kernel Version reported by the node.", 1, cell_kernel },
	{ "Container-Runtime", "string", "ContainerRuntime Version reported by the node.", 1,
	  cell_runtime },
	LAST,
};

/* ---- network policies ---- */

static void add_expression(struct np_buf *b, const json_t *e)
{
	const char *key = np_json_str(e, "key", ""), *op = np_json_str(e, "operator", "");
	json_t *v;
	size_t i;

	np_buf_adds(b, b->len ? "," : "");
	if (strcmp(op, "Exists") == 0 || strcmp(op, "DoesNotExist") == 0) {
		np_buf_printf(b, "%s%s", strcmp(op, "Exists") == 0 ? "" : "!", key);
		return;
	}
	np_buf_printf(b, "%s %s (", key, strcmp(op, "In") == 0 ? "in" : "notin");
	json_array_foreach(json_object_get(e, "values"), i, v)
		np_buf_printf(b, "%s%s", i ? "," : "", json_string_value(v));
	np_buf_adds(b, ")");
}

static json_t *cell_pod_selector(const json_t *o)
{
	const json_t *labels = np_json_at(o, "spec/podSelector/matchLabels"),
		     *exprs = np_json_at(o, "spec/podSelector/matchExpressions");
	struct np_buf b = { 0 };
	json_t *v;
	size_t i;

	if (json_object_size(labels)) {
		json_t *t = labels_text(labels);

		np_buf_adds(&b, json_string_value(t));
		json_decref(t);
	}
	json_array_foreach(exprs, i, v)
		add_expression(&b, v);
	if (!b.len)
		np_buf_adds(&b, "<none>");
	return steal_text(&b);
}

static const struct np_column policy_columns[] = {
	NAME,
	{ "Pod-Selector", "string",
	  "podSelector selects the pods to which this NetworkPolicy object applies.", 0,
	  cell_pod_selector },
	AGE,
	LAST,
};

/* ---- events ---- */

static json_t *cell_last_seen(const json_t *o)
{
	const char *last = np_json_str(o, "series/lastObservedTime", NULL);
	char buf[32];

	if (!last)
		last = np_json_str(o, "lastTimestamp", NULL);
	if (!last)
		last = np_json_str(o, "eventTime", NULL);
	return text(np_table_age(last, buf, sizeof(buf)));
}

static json_t *cell_event_type(const json_t *o)
{
	return text(np_json_str(o, "type", ""));
}

static json_t *cell_reason(const json_t *o)
{
	return text(np_json_str(o, "reason", ""));
}

static json_t *cell_object(const json_t *o)
{
	struct np_buf b = { 0 };
	const char *kind = np_json_str(o, "involvedObject/kind", "");

	for (; *kind; kind++)
		np_buf_addc(&b, (char)(*kind >= 'A' && *kind <= 'Z' ? *kind + 32 : *kind));
	np_buf_printf(&b, "/%s", np_json_str(o, "involvedObject/name", ""));
	return steal_text(&b);
}

static json_t *cell_subobject(const json_t *o)
{
	return text(np_json_str(o, "involvedObject/fieldPath", ""));
}

static json_t *cell_source(const json_t *o)
{
	struct np_buf b = { 0 };
	const char *host = np_json_str(o, "source/host", "");

	np_buf_adds(&b,
		    np_json_str(o, "source/component", np_json_str(o, "reportingComponent", "")));
	if (*host)
		np_buf_printf(&b, ", %s", host);
	return steal_text(&b);
}

static json_t *cell_message(const json_t *o)
{
	return text(np_json_str(o, "message", ""));
}

static json_t *cell_first_seen(const json_t *o)
{
	return age_of(o, np_json_str(o, "firstTimestamp", NULL) ? "firstTimestamp" : "eventTime");
}

static json_t *cell_count(const json_t *o)
{
	return json_integer(np_json_int(o, "count", np_json_int(o, "series/count", 1)));
}

static const struct np_column event_columns[] = {
	{ "Last Seen", "string",
	  "The time at which the most recent occurrence of this event was recorded.", 0,
	  cell_last_seen },
	{ "Type", "string", "Type of this event (Normal, Warning).", 0, cell_event_type },
	{ "Reason", "string", "The reason for the transition into the object's current status.", 0,
	  cell_reason },
	{ "Object", "string", "The object that this event is about.", 0, cell_object },
	{ "Subobject", "string", "A piece of the object that this event is about.", 1,
	  cell_subobject },
	{ "Source", "string", "The component reporting this event.", 1, cell_source },
	{ "Message", "string", "A human-readable description of the status of this operation.", 0,
	  cell_message },
	{ "First Seen", "string", "The time at which the event was first recorded.", 1,
	  cell_first_seen },
	{ "Count", "string", "The number of times this event has occurred.", 1, cell_count },
	{ "Name", "string", "Name must be unique within a namespace.", 1, cell_name },
	LAST,
};

const struct np_column *const np_columns[NP_N_KINDS] = {
	[NP_KIND_NAMESPACE] = namespace_columns,
	[NP_KIND_NODE] = node_columns,
	[NP_KIND_POD] = pod_columns,
	[NP_KIND_SERVICE] = service_columns,
	[NP_KIND_NETWORKPOLICY] = policy_columns,
	[NP_KIND_EVENT] = event_columns,
};
