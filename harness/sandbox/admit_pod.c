/* Defaults and checks of pods. */
#include "admit.h"
#include "np/parse/names.h"
#include "np/base/json.h"
#include "np/base/mem.h"

static struct np_str str_of(const json_t *v)
{
	return (struct np_str){ json_string_value(v), json_string_length(v) };
}

/* Always for ":latest" and images without a tag. */
static const char *pull_policy(const char *image)
{
	const char *slash = strrchr(image, '/'), *name = slash ? slash + 1 : image,
		   *colon = strchr(name, ':');

	if (strchr(name, '@'))
		return "IfNotPresent";
	return !colon || strcmp(colon, ":latest") == 0 ? "Always" : "IfNotPresent";
}

static void default_probe(json_t *container, const char *key)
{
	static const struct {
		const char *key;
		int value;
	} numbers[] = { { "timeoutSeconds", 1 },
			{ "periodSeconds", 10 },
			{ "successThreshold", 1 },
			{ "failureThreshold", 3 } };
	json_t *probe = json_object_get(container, key), *http = json_object_get(probe, "httpGet");

	for (size_t i = 0; probe && i < NP_ARRAY_SIZE(numbers); i++)
		np_admit_set_default(probe, numbers[i].key, json_integer(numbers[i].value));
	if (http) {
		np_admit_set_default(http, "path", json_string("/"));
		np_admit_set_default(http, "scheme", json_string("HTTP"));
	}
}

static void default_container(json_t *c, bool host_network)
{
	json_t *port, *env;
	size_t i;

	json_array_foreach(json_object_get(c, "ports"), i, port) {
		np_admit_set_default(port, "protocol", json_string("TCP"));
		if (host_network && json_object_get(port, "containerPort"))
			np_admit_set_default(port, "hostPort",
					     json_incref(json_object_get(port, "containerPort")));
	}
	json_array_foreach(json_object_get(c, "env"), i, env) {
		json_t *ref = np_json_at(env, "valueFrom/fieldRef");

		if (ref)
			np_admit_set_default(ref, "apiVersion", json_string("v1"));
	}
	np_admit_object(c, "resources");
	np_admit_set_default(c, "terminationMessagePath", json_string("/dev/termination-log"));
	np_admit_set_default(c, "terminationMessagePolicy", json_string("File"));
	np_admit_set_default(c, "imagePullPolicy",
			     json_string(pull_policy(np_json_str(c, "image", ""))));
	default_probe(c, "livenessProbe");
	default_probe(c, "readinessProbe");
	default_probe(c, "startupProbe");
}

/* The two that an admission plug-in adds: a pod stays 300 s on a node in trouble. */
static void default_tolerations(json_t *spec)
{
	static const char *const keys[] = { "node.kubernetes.io/not-ready",
					    "node.kubernetes.io/unreachable" };
	json_t *list = json_object_get(spec, "tolerations"), *t;
	size_t i;

	if (!list) {
		list = json_array();
		json_object_set_new(spec, "tolerations", list);
	}
	for (size_t k = 0; k < NP_ARRAY_SIZE(keys); k++) {
		bool there = false;

		json_array_foreach(list, i, t) {
			const char *key = np_json_str(t, "key", "");

			there |= !*key || strcmp(key, keys[k]) == 0;
		}
		if (!there)
			json_array_append_new(list,
					      np_json_pack("{s:s, s:s, s:s, s:i}", "key", keys[k],
							   "operator", "Exists", "effect",
							   "NoExecute", "tolerationSeconds", 300));
	}
}

static const char *qos_class(const json_t *containers)
{
	bool any = false, guaranteed = json_array_size(containers) > 0;
	json_t *c;
	size_t i;

	json_array_foreach(containers, i, c) {
		json_t *limits = np_json_at(c, "resources/limits"),
		       *requests = np_json_at(c, "resources/requests");

		any |= json_object_size(limits) || json_object_size(requests);
		guaranteed &= json_object_get(limits, "cpu") && json_object_get(limits, "memory") &&
			      (!requests || json_equal(limits, requests));
	}
	return !any ? "BestEffort" : guaranteed ? "Guaranteed" : "Burstable";
}

static void default_containers(json_t *spec, const char *key)
{
	bool host_network = np_json_bool(spec, "hostNetwork", 0) == 1;
	json_t *c;
	size_t i;

	json_array_foreach(json_object_get(spec, key), i, c)
		default_container(c, host_network);
}

void np_admit_default_pod(json_t *pod)
{
	json_t *spec = np_admit_object(pod, "spec"), *status = np_admit_object(pod, "status");

	default_containers(spec, "containers");
	default_containers(spec, "initContainers");
	default_containers(spec, "ephemeralContainers");
	np_admit_set_default(spec, "restartPolicy", json_string("Always"));
	np_admit_set_default(spec, "dnsPolicy", json_string("ClusterFirst"));
	np_admit_set_default(spec, "schedulerName", json_string("default-scheduler"));
	np_admit_set_default(spec, "serviceAccountName", json_string("default"));
	json_object_set(spec, "serviceAccount", json_object_get(spec, "serviceAccountName"));
	np_admit_set_default(spec, "terminationGracePeriodSeconds", json_integer(30));
	np_admit_set_default(spec, "enableServiceLinks", json_true());
	np_admit_set_default(spec, "preemptionPolicy", json_string("PreemptLowerPriority"));
	np_admit_set_default(spec, "priority", json_integer(0));
	np_admit_object(spec, "securityContext");
	default_tolerations(spec);
	np_admit_set_default(status, "phase", json_string("Pending"));
	np_admit_set_default(status, "qosClass",
			     json_string(qos_class(json_object_get(spec, "containers"))));
}

static bool one_of(const char *value, const char *const *set)
{
	for (; *set; set++) {
		if (strcmp(*set, value) == 0)
			return true;
	}
	return false;
}

static void check_choice(struct np_causes *causes, const json_t *v, const char *const *set,
			 const char *field)
{
	struct np_buf list = { 0 };

	if (!v || one_of(json_string_value(v), set))
		return;
	for (size_t i = 0; set[i]; i++)
		np_buf_printf(&list, "%s\"%s\"", i ? ", " : "", set[i]);
	np_causes_add(causes, NP_CAUSE_NOT_SUPPORTED, field, v, "supported values: %s",
		      np_buf_text(&list));
	np_buf_release(&list);
}

static void check_port(struct np_causes *causes, const json_t *port, json_t *names, const char *at)
{
	static const char *const protocols[] = { "SCTP", "TCP", "UDP", NULL };
	const json_t *number = json_object_get(port, "containerPort"),
		     *name = json_object_get(port, "name");
	char field[256];

	snprintf(field, sizeof(field), "%s.containerPort", at);
	if (!json_integer_value(number))
		np_causes_add(causes, NP_CAUSE_REQUIRED, field, NULL, "%s", "");
	else if (json_integer_value(number) < 1 || json_integer_value(number) > 65535)
		np_causes_add(causes, NP_CAUSE_INVALID, field, number,
			      "must be between 1 and 65535, inclusive");
	snprintf(field, sizeof(field), "%s.protocol", at);
	check_choice(causes, json_object_get(port, "protocol"), protocols, field);
	if (!json_string_length(name))
		return;
	snprintf(field, sizeof(field), "%s.name", at);
	np_admit_name(causes, NP_CAUSE_INVALID, NP_NAME_PORT, str_of(name), "%s", field);
	if (json_object_get(names, json_string_value(name)))
		np_causes_add(causes, NP_CAUSE_DUPLICATE, field, name, "%s", "");
	json_object_set_new(names, json_string_value(name), json_true());
}

static void check_container(struct np_causes *causes, const json_t *c, json_t *names,
			    const char *at)
{
	const json_t *name = json_object_get(c, "name");
	json_t *port_names = json_object(), *item;
	char field[160];
	size_t i;

	snprintf(field, sizeof(field), "%s.name", at);
	if (!json_string_length(name)) {
		np_causes_add(causes, NP_CAUSE_REQUIRED, field, NULL, "%s", "");
	} else {
		np_admit_name(causes, NP_CAUSE_INVALID, NP_NAME_DNS_LABEL, str_of(name), "%s",
			      field);
		if (json_object_get(names, json_string_value(name)))
			np_causes_add(causes, NP_CAUSE_DUPLICATE, field, name, "%s", "");
		json_object_set_new(names, json_string_value(name), json_true());
	}
	snprintf(field, sizeof(field), "%s.image", at);
	if (!json_string_length(json_object_get(c, "image")))
		np_causes_add(causes, NP_CAUSE_REQUIRED, field, NULL, "%s", "");
	json_array_foreach(json_object_get(c, "ports"), i, item) {
		snprintf(field, sizeof(field), "%s.ports[%zu]", at, i);
		check_port(causes, item, port_names, field);
	}
	json_array_foreach(json_object_get(c, "env"), i, item) {
		snprintf(field, sizeof(field), "%s.env[%zu].name", at, i);
		if (!*np_json_str(item, "name", ""))
			np_causes_add(causes, NP_CAUSE_REQUIRED, field, NULL, "%s", "");
	}
	json_decref(port_names);
}

static void check_containers(struct np_causes *causes, const json_t *spec, const char *key,
			     json_t *names)
{
	char at[64];
	json_t *c;
	size_t i;

	json_array_foreach(json_object_get(spec, key), i, c) {
		snprintf(at, sizeof(at), "spec.%s[%zu]", key, i);
		check_container(causes, c, names, at);
	}
}

static void check_spec(const json_t *spec, struct np_causes *causes)
{
	static const char *const restarts[] = { "Always", "Never", "OnFailure", NULL };
	static const char *const dns[] = { "ClusterFirst", "ClusterFirstWithHostNet", "Default",
					   "None", NULL };
	const json_t *grace = json_object_get(spec, "terminationGracePeriodSeconds");
	json_t *names = json_object();

	if (json_array_size(json_object_get(spec, "containers")) == 0)
		np_causes_add(causes, NP_CAUSE_REQUIRED, "spec.containers", NULL, "%s", "");
	check_containers(causes, spec, "containers", names);
	check_containers(causes, spec, "initContainers", names);
	check_containers(causes, spec, "ephemeralContainers", names);
	json_decref(names);
	check_choice(causes, json_object_get(spec, "restartPolicy"), restarts,
		     "spec.restartPolicy");
	check_choice(causes, json_object_get(spec, "dnsPolicy"), dns, "spec.dnsPolicy");
	np_admit_labels(causes, json_object_get(spec, "nodeSelector"), "spec.nodeSelector", true);
	if (grace && json_integer_value(grace) < 0)
		np_causes_add(causes, NP_CAUSE_INVALID, "spec.terminationGracePeriodSeconds", grace,
			      "must be greater than or equal to 0");
	if (json_string_length(json_object_get(spec, "nodeName")))
		np_admit_name(causes, NP_CAUSE_INVALID, NP_NAME_DNS_SUBDOMAIN,
			      str_of(json_object_get(spec, "nodeName")), "spec.nodeName");
}

static bool only_additions(const json_t *now, const json_t *before)
{
	json_t *want, *have;
	size_t i, k;

	json_array_foreach(before, i, want) {
		bool there = false;

		json_array_foreach(now, k, have)
			there |= json_equal(want, have);
		if (!there)
			return false;
	}
	return true;
}

static void take_images(json_t *to, const json_t *from)
{
	json_t *c;
	size_t i;

	json_array_foreach(to, i, c)
		json_object_set(c, "image", json_object_get(json_array_get(from, i), "image"));
}

/* @spec with everything that may change made as it was. */
static json_t *without_mutables(const json_t *spec, const json_t *old)
{
	static const char *const free_fields[] = { "activeDeadlineSeconds", "schedulingGates",
						   "ephemeralContainers" };
	json_t *s = json_deep_copy(spec);

	take_images(json_object_get(s, "containers"), json_object_get(old, "containers"));
	take_images(json_object_get(s, "initContainers"), json_object_get(old, "initContainers"));
	for (size_t i = 0; i < NP_ARRAY_SIZE(free_fields); i++) {
		json_object_del(s, free_fields[i]);
		if (json_object_get(old, free_fields[i]))
			json_object_set(s, free_fields[i], json_object_get(old, free_fields[i]));
	}
	if (only_additions(json_object_get(s, "tolerations"), json_object_get(old, "tolerations")))
		json_object_set(s, "tolerations", json_object_get(old, "tolerations"));
	return s;
}

static void check_unchanged(const json_t *spec, const json_t *old, struct np_causes *causes)
{
	json_t *rest;

	if (json_array_size(json_object_get(spec, "containers")) !=
	    json_array_size(json_object_get(old, "containers"))) {
		np_causes_add(causes, NP_CAUSE_FORBIDDEN, "spec.containers", NULL,
			      "pod updates may not add or remove containers");
		return;
	}
	rest = without_mutables(spec, old);
	if (!json_equal(rest, old))
		np_causes_add(causes, NP_CAUSE_FORBIDDEN, "spec", NULL,
			      "pod updates may not change fields other than "
			      "`spec.containers[*].image`,`spec.initContainers[*].image`,"
			      "`spec.activeDeadlineSeconds`,`spec.tolerations` (only additions to "
			      "existing tolerations),"
			      "`spec.terminationGracePeriodSeconds` (allow it to be set to 1 if it "
			      "was previously negative)\n");
	json_decref(rest);
}

void np_admit_check_pod(const json_t *pod, const json_t *old, struct np_causes *causes)
{
	const json_t *spec = json_object_get(pod, "spec");

	check_spec(spec, causes);
	if (old)
		check_unchanged(spec, json_object_get(old, "spec"), causes);
}
