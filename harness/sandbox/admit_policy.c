/* Defaults of NetworkPolicies, and their checks, which are those of np/parse/validate.h. */
#include "admit.h"
#include "np/base/json.h"
#include "np/parse/read.h"
#include "np/parse/validate.h"

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

/* An object as a tree; *@ret is empty for NULL. */
static int read_object(const json_t *object, struct np_docs *ret)
{
	const struct np_read_opts opts = { .max_bytes = (size_t)64 << 20 };
	struct np_buf text = { 0 };
	int rc;

	if (!object)
		return 0;
	np_json_dump(object, 0, &text);
	rc = np_read_json((struct np_str){ text.data, text.len }, &opts, ret, NULL);
	np_buf_release(&text);
	return rc;
}

static void take_findings(const struct np_validation *v, struct np_causes *causes)
{
	if (v->n_findings && !causes->list)
		causes->list = json_array();
	for (size_t i = 0; i < v->n_findings; i++)
		json_array_append_new(
			causes->list,
			np_json_pack("{s:s, s:o, s:o}", "reason",
				     np_finding_type_name(v->findings[i].type), "message",
				     np_json_string(v->findings[i].msg), "field",
				     np_json_string(v->findings[i].field)));
}

void np_admit_check_policy(const json_t *policy, const json_t *old, struct np_causes *causes,
			   struct np_notes *warnings)
{
	struct np_docs now = { 0 }, before = { 0 };
	struct np_validations said = { 0 };
	struct np_validate_opts opts = { .mode = NP_DECODE_API_JSON,
					 .fields = NP_FIELDS_IGNORE,
					 .update = old,
					 .only_fields = true };

	if (read_object(policy, &now) == 0 && read_object(old, &before) == 0) {
		opts.old = before.n ? &before.items[0].root : NULL;
		np_validate_object(&now.items[0].root, &opts, &said);
		take_findings(&said.items[0], causes);
		for (size_t i = 0; i < said.items[0].n_warnings; i++)
			np_notes_add(warnings, NP_STR_FMT,
				     NP_STR_ARG(said.items[0].warnings[i].msg));
	}
	np_validations_release(&said);
	np_docs_release(&now);
	np_docs_release(&before);
}
