/* Defaults and checks of services; addresses are services.h's business. */
#include "admit.h"
#include "np/parse/names.h"
#include "np/base/json.h"
#include "np/base/mem.h"

static struct np_str str_of(const json_t *v)
{
	return (struct np_str){ json_string_value(v), json_string_length(v) };
}

static bool is_type(const json_t *service, const char *type)
{
	return strcmp(np_json_str(service, "spec/type", ""), type) == 0;
}

void np_admit_default_service(json_t *service)
{
	json_t *spec = np_admit_object(service, "spec"), *port;
	size_t i;

	np_admit_set_default(spec, "type", json_string("ClusterIP"));
	np_admit_set_default(spec, "sessionAffinity", json_string("None"));
	json_array_foreach(json_object_get(spec, "ports"), i, port) {
		np_admit_set_default(port, "protocol", json_string("TCP"));
		if (json_object_get(port, "port"))
			np_admit_set_default(port, "targetPort",
					     json_incref(json_object_get(port, "port")));
	}
	if (!is_type(service, "ExternalName"))
		np_admit_set_default(spec, "internalTrafficPolicy", json_string("Cluster"));
	np_admit_object(np_admit_object(service, "status"), "loadBalancer");
}

void np_admit_keep_service(json_t *service, const json_t *old)
{
	static const char *const kept[] = { "clusterIP", "clusterIPs", "ipFamilies",
					    "ipFamilyPolicy" };
	json_t *spec = json_object_get(service, "spec"), *before = json_object_get(old, "spec");

	if (is_type(service, "ExternalName") || is_type(old, "ExternalName"))
		return;
	for (size_t i = 0; i < NP_ARRAY_SIZE(kept); i++) {
		if (json_object_get(before, kept[i]))
			np_admit_set_default(spec, kept[i],
					     json_incref(json_object_get(before, kept[i])));
	}
}

static bool same_key(const json_t *a, const json_t *b)
{
	return json_integer_value(json_object_get(a, "port")) ==
		       json_integer_value(json_object_get(b, "port")) &&
	       strcmp(np_json_str(a, "protocol", ""), np_json_str(b, "protocol", "")) == 0;
}

static void check_number(struct np_causes *causes, const json_t *v, const char *field)
{
	if (json_is_integer(v) && (json_integer_value(v) < 1 || json_integer_value(v) > 65535))
		np_causes_add(causes, NP_CAUSE_INVALID, field, v,
			      "must be between 1 and 65535, inclusive");
}

static void check_port_name(struct np_causes *causes, const json_t *ports, size_t i, json_t *names)
{
	const json_t *name = json_object_get(json_array_get(ports, i), "name");
	char field[64];

	snprintf(field, sizeof(field), "spec.ports[%zu].name", i);
	if (!json_string_length(name)) {
		if (json_array_size(ports) > 1)
			np_causes_add(causes, NP_CAUSE_REQUIRED, field, NULL, "%s", "");
		return;
	}
	np_admit_name(causes, NP_CAUSE_INVALID, NP_NAME_DNS_LABEL, str_of(name), "%s", field);
	if (json_object_get(names, json_string_value(name)))
		np_causes_add(causes, NP_CAUSE_DUPLICATE, field, name, "%s", "");
	json_object_set_new(names, json_string_value(name), json_true());
}

static void check_port(struct np_causes *causes, const json_t *ports, size_t i)
{
	const json_t *port = json_array_get(ports, i),
		     *target = json_object_get(port, "targetPort"),
		     *number = json_object_get(port, "port");
	const char *protocol = np_json_str(port, "protocol", "");
	char field[64];

	snprintf(field, sizeof(field), "spec.ports[%zu].port", i);
	if (!number)
		np_causes_add(causes, NP_CAUSE_INVALID, field, json_null(),
			      "must be between 1 and 65535, inclusive");
	check_number(causes, number, field);
	snprintf(field, sizeof(field), "spec.ports[%zu].protocol", i);
	if (strcmp(protocol, "TCP") != 0 && strcmp(protocol, "UDP") != 0 &&
	    strcmp(protocol, "SCTP") != 0)
		np_causes_add(causes, NP_CAUSE_NOT_SUPPORTED, field,
			      json_object_get(port, "protocol"),
			      "supported values: \"SCTP\", \"TCP\", \"UDP\"");
	snprintf(field, sizeof(field), "spec.ports[%zu].targetPort", i);
	if (json_is_string(target))
		np_admit_name(causes, NP_CAUSE_INVALID, NP_NAME_PORT, str_of(target), "%s", field);
	check_number(causes, target, field);
	for (size_t k = 0; k < i; k++) {
		if (same_key(json_array_get(ports, k), port)) {
			snprintf(field, sizeof(field), "spec.ports[%zu]", i);
			np_causes_add(causes, NP_CAUSE_DUPLICATE, field, port, "%s", "");
			break;
		}
	}
}

static void check_unchanged(const json_t *service, const json_t *old, struct np_causes *causes)
{
	const json_t *now = np_json_at(service, "spec/clusterIP"),
		     *before = np_json_at(old, "spec/clusterIP");

	if (json_string_length(before) && !json_equal(now, before) &&
	    !is_type(service, "ExternalName"))
		np_causes_add(causes, NP_CAUSE_INVALID, "spec.clusterIPs[0]",
			      now ? now : json_null(), "may not change once set");
}

void np_admit_check_service(const json_t *service, const json_t *old, struct np_causes *causes)
{
	static const char *const types[] = { "ClusterIP", "ExternalName", "LoadBalancer",
					     "NodePort", NULL };
	const json_t *spec = json_object_get(service, "spec"),
		     *ports = json_object_get(spec, "ports");
	bool headless = strcmp(np_json_str(spec, "clusterIP", ""), "None") == 0, known = false;
	json_t *names = json_object();

	for (size_t i = 0; types[i]; i++)
		known |= is_type(service, types[i]);
	if (!known)
		np_causes_add(causes, NP_CAUSE_NOT_SUPPORTED, "spec.type",
			      json_object_get(spec, "type"),
			      "supported values: \"ClusterIP\", \"ExternalName\", "
			      "\"LoadBalancer\", \"NodePort\"");
	if (is_type(service, "ExternalName") && !*np_json_str(spec, "externalName", ""))
		np_causes_add(causes, NP_CAUSE_REQUIRED, "spec.externalName", NULL, "%s", "");
	if (!json_array_size(ports) && !headless && !is_type(service, "ExternalName"))
		np_causes_add(causes, NP_CAUSE_REQUIRED, "spec.ports", NULL, "%s", "");
	for (size_t i = 0; i < json_array_size(ports); i++) {
		check_port_name(causes, ports, i, names);
		check_port(causes, ports, i);
	}
	json_decref(names);
	np_admit_labels(causes, json_object_get(spec, "selector"), "spec.selector", true);
	if (old)
		check_unchanged(service, old, causes);
}
