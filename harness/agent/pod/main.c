/* main.c - in-pod agent: the command line. */
#include <errno.h>
#include <getopt.h>
#include <signal.h>
#include <stdio.h>
#include <unistd.h>

#include "connect.h"
#include "dns.h"
#include "kinds.h"
#include "lines.h"
#include "np/agent/wire.h"
#include "serve.h"
#include "session.h"

#ifndef NP_VERSION
#define NP_VERSION "(no version)"
#endif

enum { EXIT_USAGE = 2, IDLE_S = 300, IDLE_MAX_S = 1000000, CONNECT_TIMEOUT_MS = 3000 };

static const char usage_text[] =
	"usage: netpolcheck-agent MODE ...\n"
	"  serve --identity ID [--tcp PORT,...] [--udp PORT,...] [--sctp PORT,...]\n"
	"        [--control unix:PATH|tcp:ADDR:PORT]... [--idle SECONDS] [--share]\n"
	"        [--outlive]\n"
	"      answer on ports, as the first process of a pod; --share: on the host's network, beside\n"
	"      other agents that do the same; --outlive: SIGTERM does not end it. Whoever reaches a\n"
	"      control address may probe from here: keep it to a file or an address that only the harness reaches\n"
	"  probe [--identity ID] [--idle SECONDS]\n"
	"      batches of probes over standard input and output\n"
	"  connect tcp|udp|sctp ADDR PORT [--timeout-ms N]\n"
	"  connect dns-udp|dns-tcp ADDR PORT NAME [--timeout-ms N]\n"
	"      one probe; exit status 0 allowed, 1 denied, 3 error\n"
	"  sleep\n"
	"      nothing until SIGTERM\n"
	"  version\n";

static int usage(const char *what, const char *subject)
{
	fprintf(stderr, "netpolcheck-agent: %s '%s'\n%s", what, subject, usage_text);
	return EXIT_USAGE;
}

enum option_key {
	OPT_IDENTITY = 256,
	OPT_TCP,
	OPT_UDP,
	OPT_SCTP,
	OPT_CONTROL,
	OPT_IDLE,
	OPT_SHARE,
	OPT_OUTLIVE,
	OPT_TIMEOUT
};

static const struct option all_options[] = {
	{ "identity", required_argument, NULL, OPT_IDENTITY },
	{ "tcp", required_argument, NULL, OPT_TCP },
	{ "udp", required_argument, NULL, OPT_UDP },
	{ "sctp", required_argument, NULL, OPT_SCTP },
	{ "control", required_argument, NULL, OPT_CONTROL },
	{ "idle", required_argument, NULL, OPT_IDLE },
	{ "share", no_argument, NULL, OPT_SHARE },
	{ "outlive", no_argument, NULL, OPT_OUTLIVE },
	{ "timeout-ms", required_argument, NULL, OPT_TIMEOUT },
	{ NULL, 0, NULL, 0 },
};

struct command {
	struct serve_options serve;
	uint32_t timeout_ms;
};

/* ---- option values: NULL or what is wrong ---- */

static const char *add_port(struct serve_options *o, enum serve_proto proto, struct np_str word)
{
	unsigned *n = &o->n_ports[proto];
	uint32_t port;

	if (!text_number(word, UINT16_MAX, &port) || port == 0)
		return "bad port in";
	for (unsigned i = 0; i < *n; i++) {
		if (o->ports[proto][i] == port)
			return NULL;
	}
	if (*n == SERVE_PORTS_MAX)
		return "more than 128 ports in";
	o->ports[proto][(*n)++] = (uint16_t)port;
	return NULL;
}

static const char *add_ports(struct serve_options *o, enum serve_proto proto, const char *list)
{
	const char *wrong = NULL;

	while (*list && !wrong) {
		size_t n = strcspn(list, ",");

		wrong = add_port(o, proto, (struct np_str){ list, n });
		list += n + (list[n] == ',');
	}
	return wrong;
}

static const char *add_control(struct serve_options *o, const char *where)
{
	if (o->n_controls == SERVE_CONTROLS_MAX)
		return "more than 8 controls:";
	o->controls[o->n_controls++] = where;
	return NULL;
}

static const char *set_identity(struct serve_options *o, const char *identity)
{
	if (!text_is_word(np_str_from(identity), NP_AGENT_IDENTITY_MAX))
		return "an identity is 1 to 128 printable bytes without blanks, not";
	o->identity = identity;
	return NULL;
}

static const char *set_number(uint32_t *ret, uint32_t max, const char *text)
{
	return text_number(np_str_from(text), max, ret) && *ret ? NULL : "bad number";
}

static const char *set_option(struct command *c, int key, const char *value)
{
	switch (key) {
	case OPT_IDENTITY:
		return set_identity(&c->serve, value);
	case OPT_TCP:
		return add_ports(&c->serve, SERVE_TCP, value);
	case OPT_UDP:
		return add_ports(&c->serve, SERVE_UDP, value);
	case OPT_SCTP:
		return add_ports(&c->serve, SERVE_SCTP, value);
	case OPT_CONTROL:
		return add_control(&c->serve, value);
	case OPT_IDLE:
		return set_number(&c->serve.idle_s, IDLE_MAX_S, value);
	case OPT_SHARE:
		c->serve.share = true;
		return NULL;
	case OPT_OUTLIVE:
		c->serve.outlive = true;
		return NULL;
	case OPT_TIMEOUT:
		return set_number(&c->timeout_ms, NP_AGENT_TIMEOUT_MAX_MS, value);
	default:
		return "unknown option or no value for it";
	}
}

/* ---- modes: @argv holds what is left beside the options ---- */

static int run_serve(struct command *c, char **argv)
{
	if (argv[0])
		return usage("unexpected argument", argv[0]);
	if (!c->serve.identity)
		return usage("missing option", "--identity");
	return serve_run(&c->serve);
}

static int run_probe(struct command *c, char **argv)
{
	if (argv[0])
		return usage("unexpected argument", argv[0]);
	return session_run(STDIN_FILENO, STDOUT_FILENO, c->serve.identity ? c->serve.identity : "-",
			   c->serve.idle_s);
}

static int run_connect(struct command *c, char **argv)
{
	struct request req = { .expect = "" };
	uint32_t port;
	bool asks;

	if (!argv[0] || !kind_find(np_str_from(argv[0]), &req.kind))
		return usage("unknown protocol", argv[0] ? argv[0] : "");
	if (!argv[1] || !argv[2] || !text_number(np_str_from(argv[2]), UINT16_MAX, &port) ||
	    port == 0)
		return usage("bad port", argv[1] && argv[2] ? argv[2] : "");
	if (!addr_parse(np_str_from(argv[1]), (uint16_t)port, &req.dst))
		return usage("bad address", argv[1]);
	asks = kind_asks(req.kind);
	req.query = argv[3];
	if (asks ? !argv[3] || !dns_name_ok(np_str_from(argv[3])) || argv[4] : argv[3] != NULL)
		return usage(asks ? "bad name" : "unexpected argument", argv[3] ? argv[3] : "");
	return connect_run(&req, c->timeout_ms);
}

static int run_sleep(struct command *c, char **argv)
{
	struct serve_options nothing = { .identity = "-", .quiet = true };

	(void)c, (void)argv;
	return serve_run(&nothing);
}

static int run_version(struct command *c, char **argv)
{
	(void)c, (void)argv;
	printf("netpolcheck-agent %s, protocol %d\n", NP_VERSION, NP_AGENT_VERSION);
	return fflush(stdout) == 0 ? 0 : 1;
}

static const struct mode {
	const char *name;
	int (*run)(struct command *c, char **argv);
} modes[] = {
	{ "serve", run_serve }, { "probe", run_probe },	    { "connect", run_connect },
	{ "sleep", run_sleep }, { "version", run_version },
};

static const struct mode *find_mode(const char *name)
{
	for (unsigned i = 0; i < sizeof(modes) / sizeof(modes[0]); i++) {
		if (strcmp(modes[i].name, name) == 0)
			return &modes[i];
	}
	return NULL;
}

int main(int argc, char **argv)
{
	static struct command command = { .serve.idle_s = IDLE_S,
					  .timeout_ms = CONNECT_TIMEOUT_MS };
	const struct mode *mode = argc > 1 ? find_mode(argv[1]) : NULL;
	int key;

	if (!mode)
		return usage("unknown mode", argc > 1 ? argv[1] : "");
	signal(SIGPIPE, SIG_IGN);
	argc--;
	argv++;
	opterr = 0;
	while ((key = getopt_long(argc, argv, "", all_options, NULL)) != -1) {
		const char *wrong = set_option(&command, key, optarg);

		if (wrong)
			return usage(wrong, optarg ? optarg : argv[optind - 1]);
	}
	return mode->run(&command, argv + optind);
}
