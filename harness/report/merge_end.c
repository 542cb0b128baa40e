/* merge_end.c - the end line of a merged record. */
#include <string.h>

#include "merge.h"
#include "np/base/json.h"
#include "np/base/mem.h"

/* Adds the numbers of @from to those of @to, whatever objects they stand in. */
static void add_numbers(json_t *to, const json_t *from)
{
	const char *key;
	json_t *v;

	json_object_foreach((json_t *)from, key, v) {
		json_t *have = json_object_get(to, key);

		if (json_is_object(v)) {
			if (!json_is_object(have)) {
				have = json_object();
				json_object_set_new(to, key, have);
			}
			add_numbers(have, v);
		} else if (json_is_integer(v)) {
			json_int_t a = json_integer_value(have), sum;

			if (!__builtin_add_overflow(a, json_integer_value(v), &sum))
				json_object_set_new(to, key, json_integer(sum));
		}
	}
}

static void put_sums(json_t *end, const struct np_shard_record *shards, size_t n)
{
	static const char *const summed[] = { "probes",	      "probing_ms",   "streams_opened",
					      "agents",	      "api_requests", "steps",
					      "converging_ms" };
	long long probing_ms, ms = 0;
	json_t *trouble = json_object();

	for (size_t k = 0; k < NP_ARRAY_SIZE(summed); k++) {
		json_t *one = json_object();

		for (size_t i = 0; i < n; i++) {
			json_t *v = json_object_get(shards[i].end, summed[k]);
			json_t *of = v ? np_json_pack("{s:O}", summed[k], v) : json_object();

			add_numbers(one, of);
			json_decref(of);
		}
		json_object_update(end, one);
		json_decref(one);
	}
	for (size_t i = 0; i < n; i++) {
		long long took = np_json_int(shards[i].end, "ms", 0);

		ms = took > ms ? took : ms;
		add_numbers(trouble, json_object_get(shards[i].end, "trouble"));
	}
	probing_ms = np_json_int(end, "probing_ms", 0);
	json_object_set_new(end, "ms", json_integer(ms));
	json_object_set_new(end, "probes_per_s",
			    json_real(probing_ms > 0 ? (double)np_json_int(end, "probes", 0) *
							       1000 / (double)probing_ms
						     : 0));
	json_object_set_new(end, "trouble", trouble);
}

static const json_t *latency(const struct np_shard_record *s, const char *direction)
{
	return json_object_get(json_object_get(s->end, "convergence_ms"), direction);
}

/* The shard's median that has half of all changes on either side: shards are few, it is near
 * enough. */
static long long middle(const struct np_shard_record *shards, size_t n, const char *direction,
			long long total)
{
	long long best = 0, best_off = -1;

	for (size_t i = 0; i < n; i++) {
		long long p50 = np_json_int(latency(&shards[i], direction), "p50", 0), below = 0,
			  off;

		for (size_t k = 0; k < n; k++) {
			const json_t *l = latency(&shards[k], direction);
			long long m = np_json_int(l, "n", 0), v = np_json_int(l, "p50", 0);

			below += v < p50 ? m * 2 : v == p50 ? m : 0;
		}
		off = below > total ? below - total : total - below;
		if (np_json_int(latency(&shards[i], direction), "n", 0) > 0 &&
		    (best_off < 0 || off < best_off)) {
			best = p50;
			best_off = off;
		}
	}
	return best;
}

static json_t *merged_latency(const struct np_shard_record *shards, size_t n, const char *direction)
{
	long long total = 0, p99 = 0;

	for (size_t i = 0; i < n; i++) {
		const json_t *l = latency(&shards[i], direction);
		long long m = np_json_int(l, "n", 0), v = np_json_int(l, "p99", 0);

		total += m > 0 && m < 1LL << 40 ? m : 0;
		p99 = v > p99 ? v : p99;
	}
	if (!total)
		return np_json_pack("{s:i}", "n", 0);
	return np_json_pack("{s:I, s:I, s:I}", "p50",
			    (json_int_t)middle(shards, n, direction, total), "p99", (json_int_t)p99,
			    "n", (json_int_t)total);
}

static bool holds(const json_t *list, const char *id)
{
	for (size_t i = 0; i < json_array_size(list); i++)
		if (strcmp(np_report_at(list, i), id) == 0)
			return true;
	return false;
}

/* Ids in that list of any shard: each tells of waivers for its own cases, and of those of no case.
 */
static json_t *waivers_in(const struct np_shard_record *shards, size_t n, const char *field)
{
	json_t *out = json_array(), *id;
	size_t i;

	for (size_t s = 0; s < n; s++)
		json_array_foreach(json_object_get(shards[s].end, field), i, id)
			if (json_is_string(id) && !holds(out, json_string_value(id)))
				json_array_append(out, id);
	return out;
}

static char *reason_of(const struct np_shard_record *shards, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		const char *reason = np_json_str(shards[i].end, "reason", "");

		if (*reason)
			return np_xasprintf("shard %u: %s", shards[i].number, reason);
	}
	return np_xstrdup("");
}

struct sums {
	long long by_result[5], fixed;
};

enum { PASS, FAIL, SKIP, KNOWN, ERROR };

static struct sums count(const struct np_shard_record *shards, size_t n)
{
	static const char *const results[] = { "pass", "fail", "skip", "known", "error" };
	struct sums sums = { { 0 }, 0 };
	const char *id;
	json_t *c;

	for (size_t i = 0; i < n; i++)
		json_object_foreach(shards[i].done, id, c) {
			for (size_t k = 0; k < NP_ARRAY_SIZE(results); k++)
				sums.by_result[k] +=
					strcmp(np_json_str(c, "result", ""), results[k]) == 0;
			sums.fixed += np_json_bool(c, "fixed", 0);
		}
	return sums;
}

/* As a run alone would end: 130, 1, 3, 0, in that order. */
static int exit_of(const struct np_shard_record *shards, size_t n, const struct sums *sums,
		   bool interrupted, bool idle_waivers)
{
	bool not_enforced = false, broken = sums->by_result[ERROR] > 0;

	for (size_t i = 0; i < n; i++) {
		not_enforced |= !np_json_bool(shards[i].preflight, "enforced", 1);
		broken |= np_json_int(shards[i].end, "exit", 3) > 1;
	}
	if (interrupted)
		return 130;
	if (not_enforced || sums->by_result[FAIL])
		return 1;
	return broken ? 3 : idle_waivers;
}

json_t *np_merge_end(const struct np_shard_record *shards, size_t n, const json_t *run)
{
	struct sums sums = count(shards, n);
	json_t *unused = waivers_in(shards, n, "unused_waivers"),
	       *expired = waivers_in(shards, n, "expired_waivers"), *end;
	np_auto_free char *reason = reason_of(shards, n);
	bool interrupted = false, idle = np_json_bool(run, "strict_waivers", 0) &&
					 (json_array_size(unused) || json_array_size(expired));

	for (size_t i = 0; i < n; i++)
		interrupted |= np_json_bool(shards[i].end, "interrupted", 0);
	end = np_json_pack("{s:s, s:I, s:I, s:I, s:I, s:I, s:I, s:o, s:o, s:o, s:i, s:b, s:{s:o, "
			   "s:o}, s:o, s:i}",
			   "type", "end", "passed", (json_int_t)sums.by_result[PASS], "failed",
			   (json_int_t)sums.by_result[FAIL], "skipped",
			   (json_int_t)sums.by_result[SKIP], "known",
			   (json_int_t)sums.by_result[KNOWN], "errors",
			   (json_int_t)sums.by_result[ERROR], "fixed", (json_int_t)sums.fixed,
			   "unused_waivers", unused, "expired_waivers", expired, "other_waivers",
			   waivers_in(shards, n, "other_waivers"), "exit",
			   exit_of(shards, n, &sums, interrupted, idle), "interrupted", interrupted,
			   "convergence_ms", "ingress", merged_latency(shards, n, "ingress"),
			   "egress", merged_latency(shards, n, "egress"), "reason",
			   np_json_string(np_str_from(reason)), "t_ms", 0);
	put_sums(end, shards, n);
	return end;
}
