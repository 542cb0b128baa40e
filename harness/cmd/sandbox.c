/* sandbox.c - netpolcheck sandbox: the embedded cluster alone, until it is stopped. */
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include "np/base/json.h"
#include "np/base/mem.h"
#include "np/cmd/options.h"
#include "np/sandbox/sandbox.h"

#define MAX_EXTERNALS 4

struct options {
	struct np_sandbox_options sandbox;
	int format;
	bool list_faults;
};

enum { FORMAT_TEXT, FORMAT_JSON };
static const char *const formats[] = { "text", "json", NULL };

static void print_faults(int format)
{
	json_t *list = json_array();
	char clause[8];

	for (const struct np_sandbox_fault *f = np_sandbox_faults(); f->name; f++) {
		snprintf(clause, sizeof(clause), f->clause ? "S%02u" : "S33b", f->clause);
		json_array_append_new(list, np_json_pack("{s:s,s:s,s:s}", "name", f->name, "clause",
							 clause, "what", f->what));
		if (format == FORMAT_TEXT)
			printf("%-32s %-4s  %s\n", f->name, clause, f->what);
	}
	if (format == FORMAT_JSON)
		json_dumpf(list, stdout, JSON_INDENT(1)), putchar('\n');
	json_decref(list);
}

/* "203.0.113.10" and so on, of one family, with blanks between. */
static void add_addresses(struct np_buf *b, const struct np_external *ext, size_t n,
			  unsigned family)
{
	char text[NP_ADDR_TEXT_MAX];

	for (size_t i = 0; i < n; i++)
		np_buf_printf(b, "%s%s", i ? " " : "", np_addr_text(&ext[i].ips[family], text));
}

static void print_text(const struct np_sandbox *s, const struct options *o)
{
	struct np_external ext[MAX_EXTERNALS];
	size_t n = np_sandbox_externals(s, ext);
	struct np_buf v4 = { 0 }, v6 = { 0 };

	add_addresses(&v4, ext, n, 0);
	add_addresses(&v6, ext, n, 1);
	printf("The sandbox is ready: nodes n1 and n2, kube-dns, and a host outside the cluster "
	       "with the addresses\n"
	       "  %s\n  %s\n",
	       np_buf_text(&v4), np_buf_text(&v6));
	if (o->sandbox.fault)
		printf("Its enforcer is wrong on purpose: %s\n", o->sandbox.fault);
	printf("\n  export KUBECONFIG=%s\n  kubectl get nodes,pods -A\n\n"
	       "A pod runs the agent alone, whatever its image; to try a connection from it:\n\n"
	       "  kubectl exec POD -- /netpolcheck-agent connect tcp ADDRESS PORT\n\n"
	       "The API without TLS: curl --unix-socket %s http://localhost/api/v1/pods\n"
	       "It ends with Ctrl-C and leaves nothing behind.\n",
	       o->sandbox.kubeconfig_out, np_sandbox_api_socket(s));
	np_buf_release(&v4);
	np_buf_release(&v6);
	fflush(stdout);
}

static void print_json(const struct np_sandbox *s, const struct options *o)
{
	struct np_external ext[MAX_EXTERNALS];
	size_t n = np_sandbox_externals(s, ext);
	json_t *externals = json_object(), *all;
	char v4[NP_ADDR_TEXT_MAX], v6[NP_ADDR_TEXT_MAX];

	for (size_t i = 0; i < n; i++)
		json_object_set_new(externals, ext[i].name.p,
				    np_json_pack("[s,s]", np_addr_text(&ext[i].ips[0], v4),
						 np_addr_text(&ext[i].ips[1], v6)));
	all = np_json_pack("{s:o,s:s,s:s,s:o}", "kubeconfig",
			   np_json_string(np_str_from(o->sandbox.kubeconfig_out)), "api_socket",
			   np_sandbox_api_socket(s), "external_socket",
			   np_sandbox_external_socket(s), "externals", externals);
	json_dumpf(all, stdout, JSON_INDENT(1));
	putchar('\n');
	fflush(stdout);
	json_decref(all);
}

/* Blocked before the sandbox starts, so that one that comes meanwhile is not lost. -1 with @err. */
static int open_signals(struct np_err *err)
{
	sigset_t set;
	int fd;

	sigemptyset(&set);
	sigaddset(&set, SIGINT);
	sigaddset(&set, SIGTERM);
	sigaddset(&set, SIGHUP);
	sigprocmask(SIG_BLOCK, &set, NULL);
	signal(SIGPIPE, SIG_IGN);
	fd = signalfd(-1, &set, SFD_CLOEXEC);
	return fd >= 0 ? fd : np_err_errno(err, NP_EENV, errno, "cannot wait for signals");
}

/* Returns the exit status: SIGTERM is how a script asks for the end, everything else interrupts. */
static int wait_for_end(const struct np_sandbox *s, int signal_fd, struct np_err *err)
{
	struct pollfd p[2] = { { .fd = signal_fd, .events = POLLIN },
			       { .fd = np_sandbox_death_fd(s), .events = POLLIN } };
	struct signalfd_siginfo info;

	while (poll(p, 2, -1) < 0 && errno == EINTR)
		;
	if (p[1].revents)
		return np_err_set(err, NP_EENV, "the sandbox ended by itself");
	if (read(signal_fd, &info, sizeof(info)) != (ssize_t)sizeof(info))
		return np_err_errno(err, NP_EENV, errno, "cannot wait for signals");
	return info.ssi_signo == SIGTERM ? NP_EXIT_OK : NP_EXIT_INTERRUPTED;
}

static int run_sandbox(const struct options *o, struct np_err *err)
{
	np_auto_fd int signal_fd = open_signals(err);
	struct np_sandbox *s;
	int status;

	if (signal_fd < 0 || np_sandbox_start(&o->sandbox, &s, err) < 0)
		return -1;
	if (o->format == FORMAT_JSON)
		print_json(s, o);
	else
		print_text(s, o);
	status = wait_for_end(s, signal_fd, err);
	np_sandbox_stop(s);
	return status;
}

/* Where nobody asked for a place: private to the user, and ours by its name. Heap text. */
static char *default_kubeconfig(void)
{
	const char *runtime = getenv("XDG_RUNTIME_DIR");

	if (!runtime || runtime[0] != '/' || access(runtime, W_OK) < 0)
		runtime = "/tmp";
	return np_xasprintf("%s/netpolcheck-sandbox-%d.kubeconfig", runtime, (int)getpid());
}

static int cmd_sandbox(int argc, char **argv)
{
	struct options o = { 0 };
	const struct np_option options[] = {
		{ "kubeconfig-out", NP_OPT_STRING, &o.sandbox.kubeconfig_out, "FILE",
		  "write a kubeconfig there; removed at the end", NULL },
		{ "fault", NP_OPT_STRING, &o.sandbox.fault, "NAME",
		  "make its enforcer wrong on purpose", NULL },
		{ "list-faults", NP_OPT_FLAG, &o.list_faults, NULL, "list the names for --fault",
		  NULL },
		{ "api-fault", NP_OPT_STRING, &o.sandbox.api_fault, "NAME",
		  "make its API server misbehave, for tests of clients", NULL },
		{ "agent", NP_OPT_STRING, &o.sandbox.agent_path, "FILE",
		  "the in-pod agent; default: beside this program", NULL },
		{ "log", NP_OPT_STRING, &o.sandbox.event_log, "FILE",
		  "append the sandbox's own log there", NULL },
		{ "format", NP_OPT_CHOICE, &o.format, "FORMAT", "text or json", formats },
		{ NULL, NP_OPT_FLAG, NULL, NULL, NULL, NULL },
	};
	np_auto_free char *kubeconfig = NULL;
	struct np_err err = { 0 };
	int status = np_command_begin(&np_cmd_sandbox, options, argc, argv, NULL);

	if (status >= 0)
		return status;
	if (o.list_faults) {
		print_faults(o.format);
		return NP_EXIT_OK;
	}
	if (!o.sandbox.kubeconfig_out) {
		kubeconfig = default_kubeconfig();
		o.sandbox.kubeconfig_out = kubeconfig;
	}
	status = run_sandbox(&o, &err);
	return status < 0 ? np_command_fail(&np_cmd_sandbox, &err) : status;
}

const struct np_command np_cmd_sandbox = {
	.name = "sandbox",
	.summary = "the embedded cluster alone, for kubectl, until it is stopped",
	.usage = "[options]",
	.exits = "0 ended by SIGTERM, 2 usage, 3 the kernel refuses or something is missing, 130 "
		 "interrupted",
	.run = cmd_sandbox,
};
