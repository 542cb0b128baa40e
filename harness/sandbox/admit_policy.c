/* Defaults and checks of NetworkPolicies. The checks are the parse layer's. */
#include "admit.h"
#include "np/base/json.h"
#include "np/base/mem.h"
#include "np/parse/decode.h"
#include "np/parse/read.h"

static void default_ports(json_t *rules)
{
	json_t *rule, *port;
	size_t i, k;

	json_array_foreach(rules, i, rule) {
		json_array_foreach(json_object_get(rule, "ports"), k, port)
			np_admit_set_default(port, "protocol", json_string("TCP"));
	}
}

/* Semantics 1.3: Ingress always, Egress when there are egress rules; what was given is not touched. */
void np_admit_default_policy(json_t *policy)
{
	json_t *spec = np_admit_object(policy, "spec");

	np_admit_object(spec, "podSelector");
	if (!json_object_get(spec, "policyTypes"))
		json_object_set_new(spec, "policyTypes", json_object_get(spec, "egress") ? np_json_pack("[s, s]", "Ingress", "Egress")
											  : np_json_pack("[s]", "Ingress"));
	default_ports(json_object_get(spec, "ingress"));
	default_ports(json_object_get(spec, "egress"));
}

/* What the model could not hold; the first error is told. */
static void check_spec(const json_t *policy, struct np_causes *causes)
{
	struct np_decode_opts opts = { .fields = NP_FIELDS_IGNORE, .mode = NP_DECODE_API_JSON };
	struct np_arena arena = { 0 };
	struct np_docs docs = { 0 };
	struct np_buf text = { 0 };
	struct np_err err = { 0 }, ignored;
	const struct np_value *bad;
	struct np_policy decoded;
	json_t *value = NULL;

	np_json_dump(policy, 0, &text);
	if (np_read_json((struct np_str){ np_buf_text(&text), text.len }, &(struct np_read_opts){ .max_bytes = (size_t)64 << 20 }, &docs, &err) ||
	    np_decode_policy(&docs.items[0].root, &opts, &arena, &decoded, NULL, &err)) {
		bad = docs.n ? np_value_at(&docs.items[0].root, err.path) : NULL;
		if (bad)
			np_conform_any(bad, &value, &ignored);
		np_causes_add(causes, NP_CAUSE_INVALID, *err.path ? err.path : "spec", value, "%s", err.msg);
		json_decref(value);
	}
	np_arena_release(&arena);
	np_docs_release(&docs);
	np_buf_release(&text);
}

void np_admit_check_policy(const json_t *policy, const json_t *old, struct np_causes *causes, struct np_notes *warnings)
{
	(void)warnings;
	np_admit_check_meta(NP_KIND_NETWORKPOLICY, policy, old, causes);
	if (!np_causes_count(causes))
		check_spec(policy, causes);
}
