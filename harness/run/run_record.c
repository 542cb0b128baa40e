/* run_record.c - what the record says of a run as a whole: its beginning, what was found, its end. */
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <unistd.h>

#include "np/base/clock.h"
#include "np/base/json.h"
#include "np/base/mem.h"
#include "run_parts.h"

uint64_t run_make_id(char *ret)
{
	static const char alphabet[] = "bcdfghjklmnpqrstvwxz2456789";
	uint64_t bits = 0;

	if (getrandom(&bits, sizeof(bits), 0) != sizeof(bits))
		bits = (uint64_t)np_now_us() ^ ((uint64_t)getpid() << 40);
	for (int i = 0; i < NP_RUN_ID_LEN; i++) {
		ret[i] = alphabet[bits % (sizeof(alphabet) - 1)];
		bits /= sizeof(alphabet) - 1;
	}
	ret[NP_RUN_ID_LEN] = '\0';
	return bits % 1000000007 + 1;
}

static json_t *profile_list(const struct run *r)
{
	json_t *list = json_array();

	for (int p = 0; p < NP_N_PROFILES; p++)
		if (r->o->profiles[p])
			json_array_append_new(list,
					      json_string(np_profile_name((enum np_profile)p)));
	return list;
}

static json_t *suite_list(const struct run *r)
{
	json_t *list = json_array();

	for (size_t i = 0; i < r->o->n_suites; i++)
		json_array_append_new(list, np_json_string(np_str_from(r->o->suites[i])));
	return list;
}

/* What the user says that it is; NULL when nothing. */
static json_t *agent_json(const struct np_run_options *o)
{
	const char *const texts[] = { o->agent, o->agent_version, o->agent_mode };
	static const char *const names[] = { "name", "version", "mode" };
	json_t *agent = json_object();

	for (size_t i = 0; o->agent && i < NP_ARRAY_SIZE(names); i++)
		if (texts[i])
			json_object_set_new(agent, names[i], np_json_string(np_str_from(texts[i])));
	if (o->agent)
		return agent;
	json_decref(agent);
	return NULL;
}

/* What has to be the same in all shards, and which one it is. */
static void put_shard(json_t *line, const struct np_shard *shard)
{
	char digest[32];

	snprintf(digest, sizeof(digest), "%016llx", np_build_digest());
	json_object_set_new(line, "build", json_string(digest));
	snprintf(digest, sizeof(digest), "%016llx", shard->digest);
	json_object_set_new(line, "shard",
			    np_json_pack("{s:i, s:i, s:s, s:I}", "number", (int)shard->number,
					 "of", (int)shard->of, "plan", digest, "planned",
					 (json_int_t)shard->n_planned));
}

void run_record_about(json_t *line, const struct np_run_options *o, const struct np_shard *shard)
{
	json_t *agent = agent_json(o);

	if (agent)
		json_object_set_new(line, "agent", agent);
	if (shard->of)
		put_shard(line, shard);
	if (o->strict_waivers)
		json_object_set_new(line, "strict_waivers", json_true());
}

void run_record_begin(struct run *r)
{
	char now[64];
	json_t *line;
	json_t *target = np_json_pack(
		"{s:s, s:s, s:s, s:s?}", "kind", r->cluster.sandbox ? "sandbox" : "cluster",
		"server", r->cluster.server, "image", r->cluster.image, "fault", r->o->fault);

	if (r->cluster.inject)
		json_object_set_new(target, "inject", json_true());
	line = np_json_pack(
		"{s:s, s:i, s:s, s:s, s:s, s:I, s:o, s:o, s:s, s:o, s:i, s:I, s:I, s:I, s:b, s:s?}",
		"type", "run", "schema", NP_RECORD_SCHEMA, "version", NP_VERSION, "id", r->id,
		"started", np_wall_text(now, sizeof(now)), "seed", (json_int_t)r->seed, "target",
		target, "suites", suite_list(r), "tier", np_tier_name(r->o->tier), "profiles",
		profile_list(r), "workers", (int)r->n_workers, "deadline_ms",
		(json_int_t)r->shared.deadline_ms, "stability_ms",
		(json_int_t)r->shared.stability_ms, "cases", (json_int_t)r->plan.n_cases, "resumed",
		r->resumed != NULL, "command", r->o->argv_text);
	run_record_about(line, r->o, &r->shard);
	np_record_put_take(&r->record, line);
}

void run_record_preflight(struct run *r, bool enforced)
{
	const struct np_fixture *f = &r->fixture;
	json_t *caps = json_object(), *lacking = json_object(), *nodes = json_array();

	for (unsigned bit = 0; 1U << bit <= NP_NEED_PINNED_IP; bit++) {
		const char *name = np_need_name((enum np_need)(1U << bit));

		json_object_set_new(caps, name, json_boolean(f->caps & (1U << bit)));
		if (!(f->caps & (1U << bit)))
			json_object_set_new(lacking, name,
					    np_json_string(np_str_from(f->lacking[bit])));
	}
	for (size_t i = 0; i < f->n_nodes; i++)
		json_array_append_new(nodes, np_json_string(f->nodes[i]));
	np_record_put_take(
		&r->record,
		np_json_pack("{s:s, s:b, s:i, s:{s:I, s:I, s:I}, s:o, s:o, s:I, s:I, s:o, s:i}",
			     "type", "preflight", "enforced", enforced, "timeout_ms",
			     (int)f->timeout_ms, "rtt_us", "p50", (json_int_t)f->rtt_p50_us, "p99",
			     (json_int_t)f->rtt_p99_us, "max", (json_int_t)f->rtt_max_us,
			     "capabilities", caps, "lacking", lacking, "control_probes",
			     (json_int_t)f->control_probes, "control_failed",
			     (json_int_t)f->control_failed, "nodes", nodes, "family", f->family));
}

void run_record_waivers(json_t *line, const struct np_waivers *w)
{
	static const char *const names[] = { [NP_WAIVER_IN_FORCE] = "unused_waivers",
					     [NP_WAIVER_EXPIRED] = "expired_waivers",
					     [NP_WAIVER_OTHER] = "other_waivers" };

	for (int s = 0; s < (int)NP_ARRAY_SIZE(names); s++)
		json_object_set_new(line, names[s],
				    np_waivers_idle(w, (enum np_waiver_state)s));
}

void run_judge_waivers(const struct np_run_options *o, const struct np_waivers *w,
		       struct np_run_summary *sum)
{
	json_t *lists = json_object();
	size_t n;

	run_record_waivers(lists, w);
	n = json_array_size(json_object_get(lists, "unused_waivers")) +
	    json_array_size(json_object_get(lists, "expired_waivers"));
	json_decref(lists);
	if (!o->strict_waivers || !n)
		return;
	sum->idle_waivers = n;
	if (!sum->reason[0] && !sum->interrupted)
		snprintf(sum->reason, sizeof(sum->reason),
			 "%zu waiver%s cover%s nothing: expired, or what they waive is fixed or "
			 "gone (--strict-waivers)", n, n == 1 ? "" : "s", n == 1 ? "s" : "");
}

void run_record_end(struct run *r)
{
	struct np_run_summary *s = r->sum;
	struct np_shared *sh = &r->shared;
	struct np_kube_stats api = { 0 };
	double rate = r->meter.total_us ? (double)sh->probes * 1e6 / (double)r->meter.total_us : 0;
	json_t *line;

	if (r->cluster_open)
		np_kube_get_stats(r->cluster.kube, &api);
	line = np_json_pack(
		"{s:s, s:I, s:I, s:I, s:I, s:I, s:I, s:i, s:b, s:I, s:I, s:I, s:f, s:I, s:I, "
		"s:I, s:I, s:I, s:{s:o, s:o}, s:s}",
		"type", "end", "passed", (json_int_t)s->by_result[NP_RUN_PASS], "failed",
		(json_int_t)s->by_result[NP_RUN_FAIL], "skipped",
		(json_int_t)s->by_result[NP_RUN_SKIP], "known",
		(json_int_t)s->by_result[NP_RUN_KNOWN], "errors",
		(json_int_t)s->by_result[NP_RUN_ERROR], "fixed", (json_int_t)sh->fixed,
		"exit", np_run_exit(s), "interrupted",
		s->interrupted, "ms", (json_int_t)s->elapsed_ms, "probes", (json_int_t)sh->probes,
		"probing_ms", (json_int_t)(r->meter.total_us / 1000), "probes_per_s", rate,
		"streams_opened", (json_int_t)sh->streams_opened, "agents", (json_int_t)sh->agents,
		"api_requests", (json_int_t)api.requests, "steps", (json_int_t)sh->steps,
		"converging_ms", (json_int_t)sh->convergence_ms, "convergence_ms", "ingress",
		np_latency_json(&sh->latency[NP_INGRESS]), "egress",
		np_latency_json(&sh->latency[NP_EGRESS]), "reason", s->reason);
	json_object_set_new(line, "trouble",
			    np_trouble_json(r->cluster_open ? r->cluster.kube : NULL,
					    &sh->trouble));
	run_record_waivers(line, &sh->waivers);
	np_record_put_take(&r->record, line);
}
