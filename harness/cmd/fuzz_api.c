/* fuzz_api.c - netpolcheck fuzz api: our reading of the API beside a server's. */
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#include "fuzz.h"
#include "interrupt.h"
#include "np/base/clock.h"
#include "np/base/json.h"
#include "np/base/mem.h"
#include "np/campaign/apidiff.h"
#include "np/campaign/bug.h"
#include "np/target/cluster.h"
#include "validate.h"

#define COUNT 10000
#define API_WAIT_MS 60000
#define HOSTILE 10

/* One document through `validate --against`. */
static int ask(void *ctx, struct np_kube *k, const char *ns, struct np_str text, bool yaml,
	       struct np_apidiff_answer *ret, struct np_err *err)
{
	const unsigned *minor = ctx;
	struct validate_file f = { .path = "document",
				   .text = text,
				   .opts = { .mode = yaml ? NP_DECODE_API_YAML : NP_DECODE_API_JSON,
					     .minor = *minor,
					     .ns = ns } };
	struct validate_server server = { 0 };
	int rc = 0;

	np_validate_text(text, &f.opts, &f.said);
	if (f.said.n == 1) {
		const struct np_validation *v = &f.said.items[0];

		rc = validate_ask(k, &f, v, &server, err);
		ret->asked = server.asked;
		ret->http = server.http;
		ret->accepted = v->stage == NP_STAGE_ACCEPT && server.http / 100 == 2;
		ret->differences = server.differences;
		if (ret->accepted && v->spec.n)
			ret->spec = np_xstrndup(v->spec.p, v->spec.n);
	}
	np_validations_release(&f.said);
	return rc;
}

/* "v1.36.2" -> 36; what cannot be read is the newest that we know. */
static unsigned minor_of(const char *version)
{
	unsigned long long minor = 0;
	const char *dot = strchr(version, '.');

	if (!dot ||
	    !np_str_u64((struct np_str){ dot + 1, strspn(dot + 1, "0123456789") }, 999, &minor) ||
	    minor < 25)
		return NP_VALIDATE_NEWEST;
	return minor > NP_VALIDATE_NEWEST ? NP_VALIDATE_NEWEST : (unsigned)minor;
}

static void say(void *ctx, const char *text)
{
	(void)ctx;
	fprintf(stderr, "%s\n", text);
}

static void print(const struct np_apidiff_summary *s, bool json, const char *server)
{
	double rate = s->elapsed_ms ? (double)s->sent * 1000 / (double)s->elapsed_ms : 0;
	json_t *key, *o;
	struct np_buf b = { 0 };
	size_t i;

	if (!json) {
		json_array_foreach(s->keys, i, key)
			printf("finding %s\n", json_string_value(key));
		printf("%s: %llu documents in %.1f s (%.0f a second), %llu compared, %llu "
		       "accepted, %llu refused, %llu created\n"
		       "%llu differ, in %u ways\n",
		       server, s->sent, (double)s->elapsed_ms / 1000, rate, s->asked, s->accepted,
		       s->refused, s->created, s->differing, s->classes);
		return;
	}
	o = np_json_pack("{s:s, s:I, s:I, s:I, s:I, s:I, s:I, s:i, s:I, s:f, s:b, s:O}", "server",
			 server, "sent", (json_int_t)s->sent, "compared", (json_int_t)s->asked,
			 "accepted", (json_int_t)s->accepted, "refused", (json_int_t)s->refused,
			 "created", (json_int_t)s->created, "differing", (json_int_t)s->differing,
			 "classes", (int)s->classes, "ms", (json_int_t)s->elapsed_ms, "per_s", rate,
			 "interrupted", s->interrupted, "keys", s->keys);
	np_json_dump(o, 0, &b);
	puts(np_buf_text(&b));
	np_buf_release(&b);
	json_decref(o);
}

struct args {
	struct np_cluster_options target;
	struct np_apidiff_options o;
	unsigned long long connections, count, rate, hostile, seed;
	int format;
};

static int api(struct args *a, struct np_err *err)
{
	struct np_apidiff_summary sum = { 0 };
	struct np_cluster cluster;
	unsigned minor;
	int rc, status;

	if (!a->target.kubeconfig && !a->target.context)
		return np_err_set(err, NP_EUSAGE, "which API server? --kubeconfig FILE");
	if (a->hostile > 100 || a->connections > NP_APIDIFF_MAX_CONNECTIONS)
		return np_err_set(err, NP_EUSAGE,
				  "--hostile is a percentage, --connections at most %d",
				  NP_APIDIFF_MAX_CONNECTIONS);
	if (np_cluster_open(&a->target, &cluster, err) < 0)
		return -1;
	np_kube_set_patience(cluster.kube, API_WAIT_MS);
	minor = minor_of(cluster.server);
	a->o.kube = cluster.kube;
	a->o.server = cluster.server;
	a->o.ask = ask;
	a->o.ctx = &minor;
	rc = np_apidiff(&a->o, &sum, err);
	if (rc == 0 || sum.sent)
		print(&sum, a->format, cluster.server);
	np_cluster_close(&cluster);
	status = rc < 0		   ? -1
		 : sum.interrupted ? NP_EXIT_INTERRUPTED
		 : sum.classes	   ? NP_EXIT_FOUND
				   : NP_EXIT_OK;
	json_decref(sum.keys);
	return status;
}

static void take(struct args *a)
{
	a->o.connections = (unsigned)a->connections;
	a->o.count = a->count;
	a->o.rate = (unsigned)a->rate;
	a->o.hostile_percent = (unsigned)a->hostile;
	a->o.seed = a->seed ? a->seed : (uint64_t)np_now_us() % 1000000007 + 1;
	a->o.cancel = a->target.cancel = np_interrupt_flag();
	a->o.say = say;
	/* An end by time alone. */
	if (a->o.for_ms && a->count == COUNT)
		a->o.count = 0;
}

static int cmd_api(int argc, char **argv)
{
	static const char *const formats[] = { "text", "json", NULL };
	struct args a = { .count = COUNT, .hostile = HOSTILE };
	const struct np_option options[] = {
		{ "kubeconfig", NP_OPT_STRING, &a.target.kubeconfig, "FILE", "the cluster", NULL },
		{ "context", NP_OPT_STRING, &a.target.context, "NAME", "context of the kubeconfig",
		  NULL },
		{ "count", NP_OPT_U64, &a.count, "N", "documents; default 10000", NULL },
		{ "for", NP_OPT_DURATION, &a.o.for_ms, "DUR", "how long", NULL },
		{ "connections", NP_OPT_U64, &a.connections, "N", "at once; default 4", NULL },
		{ "rate", NP_OPT_U64, &a.rate, "N",
		  "documents a second; default: as fast as the server answers", NULL },
		{ "create", NP_OPT_FLAG, &a.o.create, NULL,
		  "really create what is accepted, in a namespace of its own", NULL },
		{ "hostile", NP_OPT_U64, &a.hostile, "PERCENT",
		  "of documents without any promise; default 10", NULL },
		{ "seed", NP_OPT_U64, &a.seed, "N", "of every random choice", NULL },
		{ "findings", NP_OPT_STRING, &a.o.bug_dir, "DIR",
		  "folder of the findings; default " NP_BUG_DIR, NULL },
		{ "format", NP_OPT_CHOICE, &a.format, "FORMAT", "text or json", formats },
		{ NULL, NP_OPT_FLAG, NULL, NULL, NULL, NULL },
	};
	struct np_err err = { 0 };
	int status = np_command_begin(&np_cmd_fuzz_api, options, argc, argv, NULL);

	if (status >= 0)
		return status;
	take(&a);
	status = api(&a, &err);
	return status < 0 ? np_command_fail(&np_cmd_fuzz_api, &err) : status;
}

const struct np_command np_cmd_fuzz_api = {
	.name = "fuzz api",
	.summary = "hold our reading of the API against a server's, document after document",
	.usage = "--kubeconfig FILE [options]",
	.exits = "0 no difference, 1 differences, 2 usage, 3 environment, 130 interrupted",
	.run = cmd_api,
};
