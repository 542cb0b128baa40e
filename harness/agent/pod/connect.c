/* connect.c - in-pod agent: one probe for people and scripts. */
#include "connect.h"

#include <stdio.h>
#include <unistd.h>

#include "kinds.h"

enum { ATTEMPTS = 3, TURN_MS = 1000, EXIT_DENIED = 1, EXIT_ERROR = 3 };

static const struct {
	const char *says;
	int status;
} outcomes[NP_OUTCOMES] = {
	[NP_OUT_ALLOWED] = { "allowed", 0 },
	[NP_OUT_DROPPED] = { "denied: no answer", EXIT_DENIED },
	[NP_OUT_REJECTED] = { "denied: refused", EXIT_DENIED },
	[NP_OUT_MISDELIVERED] = { "denied: somebody else answered", EXIT_DENIED },
	[NP_OUT_ERROR] = { "error: this side failed", EXIT_ERROR },
};

static void print_sentence(void *arg, const struct result *r)
{
	bool named = !np_str_is(r->who, "-");
	char addr[ADDR_TEXT];
	int *status = arg;

	*status = outcomes[r->outcome].status;
	printf("%s %s port %u: %s", kind_name(r->req->kind), addr_text(&r->req->dst, addr),
	       addr_port(&r->req->dst), outcomes[r->outcome].says);
	if (named)
		printf(", answered by " NP_STR_FMT ", which saw us as " NP_STR_FMT " port %u",
		       NP_STR_ARG(r->who), NP_STR_ARG(r->seen_addr), r->seen_port);
	if (!np_str_is(np_str_from(r->detail), "-"))
		printf(" (%s)", r->detail);
	printf(", %lld.%03lld ms, %u attempt%s\n", (long long)(r->end_us - r->start_us) / 1000,
	       (long long)(r->end_us - r->start_us) % 1000, r->attempts,
	       r->attempts == 1 ? "" : "s");
}

int connect_run(const struct request *req, unsigned timeout_ms)
{
	static struct engine engine;
	int status = EXIT_ERROR;

	if (engine_init(&engine, print_sentence, &status) < 0) {
		fprintf(stderr, "netpolcheck-agent: cannot open epoll\n");
		return EXIT_ERROR;
	}
	engine_begin(&engine, req, 1, timeout_ms, ATTEMPTS);
	while (engine_running(&engine))
		engine_turn(&engine, TURN_MS);
	return fflush(stdout) == 0 ? status : EXIT_ERROR;
}
