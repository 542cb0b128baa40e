/* table_json.c - single cells and ends of a table for the record. */
#include "np/base/json.h"
#include "table.h"

json_t *np_rt_failure_json(const struct np_rt *t, const struct np_oracle *oracle, size_t i)
{
	const struct np_fleet_result *seen = &t->seen[i];
	struct np_rt_cell at = np_rt_cell(t, i);
	struct np_flow flow = np_rt_flow(t, i);
	np_clauses clauses = np_oracle_clauses(oracle, &flow);
	struct np_buf why = { 0 };
	char cell[640], names[512];
	json_t *f;

	np_oracle_explain(oracle, &flow, &why);
	np_rt_cell_text(t, i, cell, sizeof(cell));
	f = np_json_pack("{s:o, s:s, s:s, s:s, s:o, s:s, s:o}", "cell",
			 np_json_string(np_str_from(cell)), "expected",
			 np_verdict_name((enum np_verdict)t->expected[i]), "outcome",
			 np_outcome_name(seen->outcome), "detail", seen->detail, "who",
			 np_json_string(np_str_from(seen->who)), "clauses",
			 np_clauses_text(&clauses, names, sizeof(names)), "explanation",
			 np_json_string((struct np_str){ why.data, why.len }));
	json_object_update_new(f, np_json_pack("{s:o, s:o, s:s, s:i, s:i}", "src",
					       np_json_string(t->ends[at.src].name.name), "dst",
					       np_json_string(t->ends[at.dst].name.name),
					       "protocol", np_proto_name(flow.proto), "port",
					       flow.port, "family", flow.family));
	np_buf_release(&why);
	return f;
}

json_t *np_rt_addresses_json(const struct np_rt *t)
{
	json_t *all = json_object();

	for (size_t e = 0; e < t->n_ends; e++) {
		json_t *ips = json_array();

		for (size_t slot = 0; slot < 2; slot++) {
			char text[NP_ADDR_TEXT_MAX];

			if (t->ends[e].has[slot])
				json_array_append_new(ips, json_string(np_addr_text(
								   &t->ends[e].ips[slot], text)));
		}
		json_object_set_new(all, t->ends[e].name.name.p, ips);
	}
	return all;
}
