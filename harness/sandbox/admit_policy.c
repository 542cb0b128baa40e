/* Defaults of NetworkPolicies; the checks are admit_policy_check.c. */
#include "admit.h"
#include "np/base/json.h"

static void default_ports(json_t *rules)
{
	json_t *rule, *port;
	size_t i, k;

	json_array_foreach(rules, i, rule) {
		json_array_foreach(json_object_get(rule, "ports"), k, port)
			np_admit_set_default(port, "protocol", json_string("TCP"));
	}
}

/*
 * Semantics 1.3: Ingress always, Egress when there are egress rules; what was given is not touched.
 */
void np_admit_default_policy(json_t *policy)
{
	json_t *spec = np_admit_object(policy, "spec");

	np_admit_object(spec, "podSelector");
	if (!json_object_get(spec, "policyTypes"))
		json_object_set_new(spec, "policyTypes",
				    json_object_get(spec, "egress")
					    ? np_json_pack("[s, s]", "Ingress", "Egress")
					    : np_json_pack("[s]", "Ingress"));
	default_ports(json_object_get(spec, "ingress"));
	default_ports(json_object_get(spec, "egress"));
}
