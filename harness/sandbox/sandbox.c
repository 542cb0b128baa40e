/* The sandbox as its parent sees it. The contract is in sandbox.h. */
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include "api_faults.h"
#include "cell.h"
#include "fabric.h"
#include "init.h"
#include "kubeconfig.h"
#include "np/base/buf.h"
#include "np/base/clock.h"
#include "np/base/log.h"
#include "np/base/mem.h"
#include "np/sandbox/sandbox.h"

#define READY_TIMEOUT_MS 20000
#define END_TIMEOUT_US (5LL * 1000 * 1000)
#define BACKLOG 128
#define AGENT "netpolcheck-agent"

struct np_sandbox {
	struct np_outside outside;
	struct np_tls tls;
	char *agent_path;
	int parent_fds[2];	/* reading end: the first process's */
	int report_fds[2];
	int unix_listen_fd;	/* the keeper's */
	int tcp_listen_fd, log_fd;
	unsigned tcp_port;
	pid_t keeper;
};

/* ---- what is asked for ---- */

static int check_fault(const char *name, struct np_err *err)
{
	const struct np_sandbox_fault *known = np_sandbox_faults();
	struct np_buf names = { 0 };

	for (const struct np_sandbox_fault *f = known; name && f->name; f++) {
		if (strcmp(f->name, name) == 0)
			return 0;
	}
	if (!name)
		return 0;
	for (const struct np_sandbox_fault *f = known; f->name; f++)
		np_buf_printf(&names, "%s%s", names.len ? ", " : "", f->name);
	np_err_set(err, NP_EUSAGE,
		   "no fault is called '%.60s'; 'netpolcheck sandbox --list-faults' tells more of: "
		   "%.380s",
		   name, np_buf_text(&names));
	np_buf_release(&names);
	return -1;
}

static int check_api_fault(const char *name, struct np_err *err)
{
	struct np_buf names = { 0 };

	for (const struct np_api_fault *f = np_api_faults_table(); name && f->name; f++) {
		if (strcmp(f->name, name) == 0)
			return 0;
		np_buf_printf(&names, "%s%s", names.len ? ", " : "", f->name);
	}
	if (!name)
		return 0;
	np_err_set(err, NP_EUSAGE, "no fault of the API server is called '%.60s', but these are: %s",
		   name, np_buf_text(&names));
	np_buf_release(&names);
	return -1;
}

static bool is_program(const char *path)
{
	struct stat st;

	return stat(path, &st) == 0 && S_ISREG(st.st_mode) && access(path, X_OK) == 0;
}

/* Beside the program, or where `make install` puts it. */
static char *find_agent(void)
{
	static const char *const places[] = { "/" AGENT, "/../libexec/netpolcheck/" AGENT };
	char self[4096];
	ssize_t n = readlink("/proc/self/exe", self, sizeof(self) - 1);
	char *slash;

	if (n < 0)
		return NULL;
	self[n] = '\0';
	slash = strrchr(self, '/');
	if (slash)
		*slash = '\0';
	for (size_t i = 0; i < NP_ARRAY_SIZE(places); i++) {
		char *path = np_xasprintf("%s%s", self, places[i]);

		if (is_program(path))
			return path;
		free(path);
	}
	return NULL;
}

static int choose_agent(struct np_sandbox *s, const char *asked, struct np_err *err)
{
	if (!asked) {
		s->agent_path = find_agent();
		return s->agent_path ? 0
				     : np_err_set(err, NP_EENV,
						  "'" AGENT "' is neither beside this program nor "
							    "in its libexec folder");
	}
	s->agent_path = realpath(asked, NULL);
	if (!s->agent_path)
		return np_err_errno(err, NP_EENV, errno, "cannot find the agent '%s'", asked);
	return is_program(s->agent_path)
		       ? 0
		       : np_err_set(err, NP_EENV, "'%s' cannot be executed", asked);
}

/* The first process removes it, from its own working folder. */
static int absolute(const char *path, char **ret, struct np_err *err)
{
	np_auto_free char *here = NULL;

	if (path[0] == '/') {
		*ret = np_xstrdup(path);
		return 0;
	}
	here = getcwd(NULL, 0);
	if (!here)
		return np_err_errno(err, NP_EIO, errno, "cannot tell the current folder");
	*ret = np_xasprintf("%s/%s", here, path);
	return 0;
}

/* ---- what is outside ---- */

/* Only names so far: the folder is made by a process that will remove it. */
static int choose_folder(struct np_sandbox *s, struct np_err *err)
{
	const char *runtime = getenv("XDG_RUNTIME_DIR");
	struct sockaddr_un un;
	uint64_t number;

	/* Room for the longer of the two names; where there is none, /tmp always has it. */
	if (!runtime || runtime[0] != '/' || access(runtime, W_OK | X_OK) < 0 ||
	    strlen(runtime) + strlen("/netpolcheck-0123456789abcdef/external.sock") >=
		    sizeof(un.sun_path))
		runtime = "/tmp";
	if (getrandom(&number, sizeof(number), 0) != (ssize_t)sizeof(number))
		return np_err_errno(err, NP_EENV, errno, "cannot draw a random number");
	s->outside.folder =
		np_xasprintf("%s/netpolcheck-%016llx", runtime, (unsigned long long)number);
	s->outside.api_socket = np_xasprintf("%s/api.sock", s->outside.folder);
	s->outside.external_socket = np_xasprintf("%s/external.sock", s->outside.folder);
	return 0;
}

static int listen_unix(const char *path, struct np_err *err)
{
	struct sockaddr_un un = { .sun_family = AF_UNIX };
	np_auto_fd int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	strncpy(un.sun_path, path, sizeof(un.sun_path) - 1);
	if (fd < 0 || bind(fd, (struct sockaddr *)&un, sizeof(un)) < 0 || listen(fd, BACKLOG) < 0)
		return np_err_errno(err, NP_EIO, errno, "cannot listen on '%s'", path);
	return np_steal_fd(&fd);
}

static int listen_tcp(unsigned *ret_port, struct np_err *err)
{
	struct sockaddr_in in = { .sin_family = AF_INET,
				  .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	socklen_t len = sizeof(in);
	np_auto_fd int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	if (fd < 0 || bind(fd, (struct sockaddr *)&in, sizeof(in)) < 0 || listen(fd, BACKLOG) < 0 ||
	    getsockname(fd, (struct sockaddr *)&in, &len) < 0)
		return np_err_errno(err, NP_EENV, errno, "cannot listen on 127.0.0.1");
	*ret_port = ntohs(in.sin_port);
	return np_steal_fd(&fd);
}

static int open_tls(struct np_sandbox *s, const char *kubeconfig, struct np_err *err)
{
	if (!kubeconfig)
		return 0;
	if (np_kubeconfig_check(kubeconfig, err) < 0 || np_tls_make(&s->tls, err) < 0)
		return -1;
	s->tcp_listen_fd = listen_tcp(&s->tcp_port, err);
	if (s->tcp_listen_fd < 0)
		return -1;
	return absolute(kubeconfig, &s->outside.kubeconfig, err);
}

static int open_log(struct np_sandbox *s, const char *path, struct np_err *err)
{
	if (!path)
		return 0;
	s->log_fd = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
	if (s->log_fd >= 0)
		return 0;
	np_err_errno(err, NP_EIO, errno, "cannot write the log");
	return np_err_at(err, path, 0, 0);
}

static int open_outside(struct np_sandbox *s, const struct np_sandbox_options *o,
			struct np_err *err)
{
	if (choose_folder(s, err) < 0 || open_tls(s, o->kubeconfig_out, err) < 0 ||
	    open_log(s, o->event_log, err) < 0)
		return -1;
	if (pipe2(s->parent_fds, O_CLOEXEC) < 0 || pipe2(s->report_fds, O_CLOEXEC) < 0)
		return np_err_errno(err, NP_EENV, errno, "cannot make a pipe");
	return 0;
}

/* ---- inside ---- */

struct inside {
	struct np_sandbox *sandbox;
	const struct np_sandbox_options *options;
};

static void run_inside(void *ctx)
{
	const struct inside *in = ctx;
	struct np_sandbox *s = in->sandbox;
	const struct np_init_options init = {
		.outside = &s->outside,
		.agent_path = s->agent_path,
		.fault = in->options->fault,
		.api_fault = in->options->api_fault,
		.unix_listen_fd = s->unix_listen_fd,
		.tcp_listen_fd = s->tcp_listen_fd,
		.tcp_port = s->tcp_port,
		.tls = &s->tls,
		.parent_fd = s->parent_fds[0],
		.report_fd = s->report_fds[1],
	};

	if (s->log_fd >= 0)
		np_log_level = NP_LOG_INFO;
	np_init_run(&init);
}

static int prepare_outside(void *ctx, struct np_err *err)
{
	const struct inside *in = ctx;
	struct np_sandbox *s = in->sandbox;

	if (mkdir(s->outside.folder, 0700) < 0)
		return np_err_errno(err, NP_EIO, errno, "cannot make folder '%s'",
				    s->outside.folder);
	s->unix_listen_fd = listen_unix(s->outside.api_socket, err);
	return s->unix_listen_fd < 0 ? -1 : 0;
}

static void clean_outside(void *ctx)
{
	const struct inside *in = ctx;

	np_outside_remove(&in->sandbox->outside);
}

static void close_fd(int *fd)
{
	np_cleanup_fd(fd);
	*fd = -1;
}

static int enter(struct np_sandbox *s, const struct np_sandbox_options *options, struct np_err *err)
{
	struct inside in = { s, options };
	const struct np_cell_options cell = {
		.parent_fd = s->parent_fds[0],
		.report_fd = s->report_fds[1],
		.stderr_fd = s->log_fd,
		.keep_fds = &s->tcp_listen_fd,
		.n_keep_fds = s->tcp_listen_fd >= 0,
		.prepare = prepare_outside,
		.run = run_inside,
		.clean = clean_outside,
		.ctx = &in,
	};

	s->keeper = np_cell_start(&cell, err);
	close_fd(&s->parent_fds[0]);
	close_fd(&s->report_fds[1]);
	close_fd(&s->tcp_listen_fd);
	close_fd(&s->log_fd);
	return s->keeper < 0 ? -1 : 0;
}

static int wait_until_ready(struct np_sandbox *s, struct np_err *err)
{
	int64_t until_ms = np_now_ms() + READY_TIMEOUT_MS;
	struct np_cell_report report;
	ssize_t n;

	for (int64_t left_ms = READY_TIMEOUT_MS; ; left_ms = until_ms - np_now_ms()) {
		struct pollfd p = { .fd = s->report_fds[0], .events = POLLIN };
		int ready = poll(&p, 1, left_ms > 0 ? (int)left_ms : 0);

		if (ready > 0)
			break;
		if (ready == 0 || errno != EINTR)
			return np_err_set(err, NP_ETIMEOUT,
					  "the sandbox did not get ready within %d s",
					  READY_TIMEOUT_MS / 1000);
	}
	n = read(s->report_fds[0], &report, sizeof(report));
	if (n != (ssize_t)sizeof(report))
		return np_err_set(err, NP_EENV, "the sandbox ended while it was starting");
	if (report.err.code == NP_OK)
		return 0;
	if (err)
		*err = report.err;
	return -1;
}

static int start(struct np_sandbox *s, const struct np_sandbox_options *options, struct np_err *err)
{
	if (check_fault(options->fault, err) < 0 ||
	    check_api_fault(options->api_fault, err) < 0 || choose_agent(s, options->agent_path, err) < 0 ||
	    open_outside(s, options, err) < 0 || enter(s, options, err) < 0)
		return -1;
	return wait_until_ready(s, err);
}

int np_sandbox_start(const struct np_sandbox_options *options, struct np_sandbox **ret,
		     struct np_err *err)
{
	struct np_sandbox *s = np_xcalloc(1, sizeof(*s));

	s->parent_fds[0] = s->parent_fds[1] = s->report_fds[0] = s->report_fds[1] = -1;
	s->unix_listen_fd = s->tcp_listen_fd = s->log_fd = s->keeper = -1;
	if (start(s, options, err) < 0) {
		np_sandbox_stop(s);
		return -1;
	}
	*ret = s;
	return 0;
}

static pid_t reap(pid_t pid, int flags)
{
	pid_t got;

	do {
		got = waitpid(pid, NULL, flags);
	} while (got < 0 && errno == EINTR);
	return got;
}

static void wait_for_end(pid_t keeper)
{
	struct np_backoff wait;

	np_backoff_init(&wait, 200, 10000, END_TIMEOUT_US);
	while (reap(keeper, WNOHANG) == 0) {
		if (np_backoff_wait(&wait))
			continue;
		kill(keeper, SIGKILL);	/* the first process dies with it */
		reap(keeper, 0);
		return;
	}
}

void np_sandbox_stop(struct np_sandbox *s)
{
	if (!s)
		return;
	close_fd(&s->parent_fds[1]);
	if (s->keeper > 0)
		wait_for_end(s->keeper);
	np_outside_remove(&s->outside);
	for (int i = 0; i < 2; i++) {
		close_fd(&s->parent_fds[i]);
		close_fd(&s->report_fds[i]);
	}
	close_fd(&s->tcp_listen_fd);
	close_fd(&s->log_fd);
	np_tls_release(&s->tls);
	free(s->outside.folder);
	free(s->outside.api_socket);
	free(s->outside.external_socket);
	free(s->outside.kubeconfig);
	free(s->agent_path);
	free(s);
}

const char *np_sandbox_api_socket(const struct np_sandbox *s)
{
	return s->outside.api_socket;
}

const char *np_sandbox_external_socket(const struct np_sandbox *s)
{
	return s->outside.external_socket;
}

int np_sandbox_death_fd(const struct np_sandbox *s)
{
	return s->report_fds[0];
}

size_t np_sandbox_externals(const struct np_sandbox *s, struct np_external *ret)
{
	static const char *const names[NP_N_EXTERNALS] = { "ext/a", "ext/b", "ext/c", "ext/d" };

	(void)s;
	for (size_t i = 0; i < NP_N_EXTERNALS; i++) {
		ret[i] = (struct np_external){ .name = np_str_from(names[i]), .n_ips = 2 };
		for (unsigned f = 0; f < 2; f++)
			ret[i].ips[f] = np_fabric_external(i, f);
	}
	return NP_N_EXTERNALS;
}
