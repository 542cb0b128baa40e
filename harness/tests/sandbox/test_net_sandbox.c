/*
 * The whole sandbox as its parent sees it: up and down, whatever ends the parent, and what a kernel
 * that refuses makes of it.
 */
#include <curl/curl.h>
#include <dirent.h>
#include <fcntl.h>
#include <sys/socket.h>
#include <sys/un.h>

#include "net_bed.h"
#include "np/sandbox/sandbox.h"

#define END_TIMEOUT_US (10LL * 1000 * 1000)

/* ---- the API's socket ---- */

static size_t take_bytes(char *bytes, size_t size, size_t n, void *ctx)
{
	np_buf_add(ctx, bytes, size * n);
	return size * n;
}

/* HTTP status, -1 with @err. @body NULL: GET, otherwise POST. */
static long http(const char *socket_path, const char *path, const char *body, struct np_buf *ret,
		 struct np_err *err)
{
	np_auto_free char *url = np_xasprintf("http://localhost%s", path);
	struct curl_slist *headers = curl_slist_append(NULL, "Content-Type: application/json");
	CURL *c = curl_easy_init();
	long status = -1;
	CURLcode rc;

	curl_easy_setopt(c, CURLOPT_UNIX_SOCKET_PATH, socket_path);
	curl_easy_setopt(c, CURLOPT_URL, url);
	curl_easy_setopt(c, CURLOPT_HTTPHEADER, headers);
	curl_easy_setopt(c, CURLOPT_NOSIGNAL, 1L);
	curl_easy_setopt(c, CURLOPT_TIMEOUT_MS, 10000L);
	curl_easy_setopt(c, CURLOPT_WRITEFUNCTION, take_bytes);
	curl_easy_setopt(c, CURLOPT_WRITEDATA, ret);
	if (body)
		curl_easy_setopt(c, CURLOPT_POSTFIELDS, body);
	rc = curl_easy_perform(c);
	if (rc == CURLE_OK)
		curl_easy_getinfo(c, CURLINFO_RESPONSE_CODE, &status);
	else
		np_err_set(err, NP_EIO, "%s: %s", path, curl_easy_strerror(rc));
	curl_easy_cleanup(c);
	curl_slist_free_all(headers);
	return status;
}

static int expect_http(const char *socket_path, const char *path, const char *body, long want,
		       const char *text, struct np_err *err)
{
	struct np_buf heard = { 0 };
	long status = http(socket_path, path, body, &heard, err);
	bool right = status == want && strstr(np_buf_text(&heard), text);

	if (status >= 0 && !right)
		np_err_set(err, NP_EINTERNAL, "%s: %ld, '%s' not in %.300s", path, status, text,
			   np_buf_text(&heard));
	np_buf_release(&heard);
	return right ? 0 : -1;
}

/* The external host's agent greets. */
static int expect_greeting(const char *socket_path, struct np_err *err)
{
	struct sockaddr_un un = { .sun_family = AF_UNIX };
	np_auto_fd int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	struct pollfd p = { .fd = fd, .events = POLLIN };
	char said[100] = "";

	snprintf(un.sun_path, sizeof(un.sun_path), "%s", socket_path);
	if (connect(fd, (struct sockaddr *)&un, sizeof(un)) < 0)
		return np_err_errno(err, NP_EIO, errno, "cannot connect to %s", socket_path);
	if (poll(&p, 1, 10000) <= 0 || read(fd, said, sizeof(said) - 1) <= 0 ||
	    strncmp(said, "hello ", 6) != 0)
		return np_err_set(err, NP_EIO, "the external host says '%s'", said);
	return 0;
}

/* ---- what is left of it ---- */

struct trace {
	char folder[200], kubeconfig[200];
	pid_t pids[256];
	size_t n_pids;
	ino_t net;	/* network namespace of the first process */
};

static pid_t parent_of(pid_t pid, char *ret_state)
{
	char path[64], line[512];
	np_auto_fd int fd = -1;
	ssize_t n;
	char *p;
	int ppid = -1;

	snprintf(path, sizeof(path), "/proc/%d/stat", (int)pid);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	n = fd < 0 ? -1 : read(fd, line, sizeof(line) - 1);
	if (n <= 0)
		return -1;
	line[n] = '\0';
	p = strrchr(line, ')');
	if (!p || sscanf(p + 1, " %c %d", ret_state, &ppid) != 2)
		return -1;
	return ppid;
}

static bool is_known(const struct trace *t, pid_t pid)
{
	for (size_t i = 0; i < t->n_pids; i++) {
		if (t->pids[i] == pid)
			return true;
	}
	return false;
}

static ino_t netns_of(pid_t pid)
{
	char path[64];
	struct stat st;

	snprintf(path, sizeof(path), "/proc/%d/ns/net", (int)pid);
	return stat(path, &st) == 0 ? st.st_ino : 0;
}

/* Every process below @root, in as many rounds as there are generations. */
static void find_descendants(struct trace *t, pid_t root)
{
	t->n_pids = 0;
	for (int round = 0; round < 4; round++) {
		DIR *proc = opendir("/proc");
		struct dirent *e;

		while ((e = readdir(proc))) {
			pid_t pid = (pid_t)strtol(e->d_name, NULL, 10);
			char state;
			pid_t up = pid > 0 ? parent_of(pid, &state) : -1;

			if (up > 0 && (up == root || is_known(t, up)) && !is_known(t, pid) &&
			    t->n_pids < NP_ARRAY_SIZE(t->pids))
				t->pids[t->n_pids++] = pid;
		}
		closedir(proc);
	}
}

/* The keeper is the child of @parent, the first process the child of the keeper. */
static pid_t find_first_process(struct trace *t, pid_t parent)
{
	char state;

	find_descendants(t, parent);
	for (size_t i = 0; i < t->n_pids; i++) {
		pid_t keeper = parent_of(t->pids[i], &state);

		if (keeper > 0 && parent_of(keeper, &state) == parent)
			return t->pids[i];
	}
	return -1;
}

static int look(struct trace *t, const struct np_sandbox *s, pid_t parent, struct np_err *err)
{
	pid_t first = find_first_process(t, parent);

	snprintf(t->folder, sizeof(t->folder), "%s", np_sandbox_api_socket(s));
	*strrchr(t->folder, '/') = '\0';
	BED_CHECK(first > 0, "no first process among %zu", t->n_pids);
	BED_CHECK(t->n_pids >= 4, "keeper, first process, external host, kube-dns: only %zu",
		  t->n_pids);
	t->net = netns_of(first);
	return 0;
}

/* A zombie counts as gone: whoever inherited it will reap it. */
static bool lives(pid_t pid)
{
	char state = 'X';

	return parent_of(pid, &state) >= 0 && state != 'Z' && state != 'X';
}

static bool namespace_is_used(ino_t net)
{
	DIR *proc = opendir("/proc");
	struct dirent *e;
	bool used = false;

	while (net && (e = readdir(proc))) {
		pid_t pid = (pid_t)strtol(e->d_name, NULL, 10);

		used |= pid > 0 && netns_of(pid) == net;
	}
	closedir(proc);
	return used;
}

static const char *first_left(const struct trace *t, char *buf, size_t size)
{
	if (access(t->folder, F_OK) == 0)
		return t->folder;
	if (t->kubeconfig[0] && access(t->kubeconfig, F_OK) == 0)
		return t->kubeconfig;
	for (size_t i = 0; i < t->n_pids; i++) {
		snprintf(buf, size, "process %d", (int)t->pids[i]);
		if (lives(t->pids[i]))
			return buf;
	}
	return namespace_is_used(t->net) ? "its network namespace" : NULL;
}

static int expect_nothing_left(const struct trace *t, struct np_err *err)
{
	struct np_backoff wait;
	const char *left;
	char buf[64];

	np_backoff_init(&wait, 1000, 20000, END_TIMEOUT_US);
	while ((left = first_left(t, buf, sizeof(buf)))) {
		if (!np_backoff_wait(&wait))
			return np_err_set(err, NP_EINTERNAL, "%s is still there", left);
	}
	return 0;
}

/* ---- bodies ---- */

static int plain_up_down(const char *agent_path, struct np_err *err)
{
	const struct np_sandbox_options options = { .agent_path = agent_path };

	for (int i = 0; i < 5; i++) {
		struct trace t = { 0 };
		struct np_sandbox *s;
		struct pollfd death;
		struct stat st;

		BED_OK(np_sandbox_start(&options, &s, err));
		BED_OK(look(&t, s, getpid(), err));
		BED_CHECK(stat(t.folder, &st) == 0 && (st.st_mode & 0777) == 0700,
			  "the folder is not private");
		BED_OK(expect_http(np_sandbox_api_socket(s), "/api/v1/nodes/n2", NULL, 200,
				   "198.18.0.12", err));
		BED_OK(expect_http(np_sandbox_api_socket(s),
				   "/api/v1/namespaces/kube-system/pods/kube-dns", NULL, 200,
				   "\"Running\"", err));
		BED_OK(expect_http(np_sandbox_api_socket(s), "/api/v1/namespaces/kube-public", NULL,
				   200, "kubernetes.io/metadata.name", err));
		BED_OK(expect_greeting(np_sandbox_external_socket(s), err));
		death = (struct pollfd){ .fd = np_sandbox_death_fd(s), .events = POLLIN };
		BED_CHECK(poll(&death, 1, 0) == 0, "it says that it is dead");
		np_sandbox_stop(s);
		BED_OK(expect_nothing_left(&t, err));
	}
	return 0;
}

/* Two at once do not meet. */
static int plain_two(const char *agent_path, struct np_err *err)
{
	const struct np_sandbox_options options = { .agent_path = agent_path };
	struct np_sandbox *a, *b;

	BED_OK(np_sandbox_start(&options, &a, err));
	BED_OK(np_sandbox_start(&options, &b, err));
	np_sandbox_stop(a);
	BED_OK(expect_http(np_sandbox_api_socket(b), "/api/v1/nodes/n1", NULL, 200, "198.18.0.11",
			   err));
	np_sandbox_stop(b);
	return 0;
}

static const char pod_text[] =
	"{\"apiVersion\":\"v1\",\"kind\":\"Pod\",\"metadata\":{\"name\":\"a\"},\"spec\":{"
	"\"containers\":[{\"name\":\"c\",\"image\":\"i\","
	"\"command\":[\"/netpolcheck-agent\",\"serve\",\"--identity\",\"default/"
	"a\",\"--tcp\",\"80\"]}]}}";

/* Through all layers: a pod is created by HTTP and runs. */
static int plain_pod(const char *agent_path, struct np_err *err)
{
	const struct np_sandbox_options options = { .agent_path = agent_path };
	struct np_backoff wait;
	struct np_sandbox *s;
	int rc;

	BED_OK(np_sandbox_start(&options, &s, err));
	BED_OK(expect_http(np_sandbox_api_socket(s), "/api/v1/namespaces/default/pods", pod_text,
			   201, "\"Pending\"", err));
	np_backoff_init(&wait, 1000, 20000, END_TIMEOUT_US);
	do {
		rc = expect_http(np_sandbox_api_socket(s), "/api/v1/namespaces/default/pods/a",
				 NULL, 200, "\"Running\"", err);
	} while (rc < 0 && np_backoff_wait(&wait));
	if (rc == 0)
		rc = expect_http(np_sandbox_api_socket(s), "/api/v1/namespaces/default/pods/a/log",
				 NULL, 200, "ready default/a", err);
	np_sandbox_stop(s);
	return rc;
}

/* Something that nobody can clean up after. */
static _Noreturn void victim(const char *agent_path, int fd)
{
	struct np_sandbox_options options = { .agent_path = agent_path };
	struct trace t = { 0 };
	struct np_sandbox *s;
	struct np_err err;

	snprintf(t.kubeconfig, sizeof(t.kubeconfig), "/tmp/netpolcheck-test-%d.kubeconfig",
		 (int)getpid());
	options.kubeconfig_out = t.kubeconfig;
	if (np_sandbox_start(&options, &s, &err) < 0 || look(&t, s, getpid(), &err) < 0) {
		fprintf(stderr, "victim: %s\n", err.msg);
		_exit(1);
	}
	if (access(t.kubeconfig, R_OK) < 0 || np_write_all(fd, &t, sizeof(t)) < 0)
		_exit(2);
	while (true)
		pause();
}

static int plain_kill9(const char *agent_path, struct np_err *err)
{
	struct trace t;
	int fds[2];
	ssize_t n;
	pid_t pid;

	BED_CHECK(pipe(fds) == 0, "no pipe");
	pid = fork();
	if (pid == 0)
		victim(agent_path, fds[1]);
	close(fds[1]);
	n = read(fds[0], &t, sizeof(t));
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
	close(fds[0]);
	BED_CHECK(n == (ssize_t)sizeof(t), "the victim does not come up");
	return expect_nothing_left(&t, err);
}

static int count_entries(const char *path)
{
	DIR *dir = opendir(path);
	int n = 0;

	while (dir && readdir(dir))
		n++;
	if (dir)
		closedir(dir);
	return n - 2;
}

/* Everything that a killed process leaves becomes this process's child, and must end. */
static int expect_no_children(struct np_err *err)
{
	struct np_backoff wait;
	pid_t pid;

	np_backoff_init(&wait, 1000, 20000, END_TIMEOUT_US);
	while ((pid = waitpid(-1, NULL, WNOHANG)) >= 0) {
		if (pid == 0 && !np_backoff_wait(&wait))
			return np_err_set(err, NP_EINTERNAL, "processes are left");
	}
	return 0;
}

/* Killed at any moment of its start, too. */
static int plain_kill_early(const char *agent_path, struct np_err *err)
{
	char folder[] = "/tmp/netpolcheck-test-XXXXXX";
	struct np_sandbox_options options = { .agent_path = agent_path };
	np_auto_free char *kubeconfig = NULL;
	struct np_sandbox *s;

	BED_CHECK(mkdtemp(folder), "no folder");
	setenv("XDG_RUNTIME_DIR", folder, 1);
	kubeconfig = np_xasprintf("%s/kubeconfig", folder);
	options.kubeconfig_out = kubeconfig;
	prctl(PR_SET_CHILD_SUBREAPER, 1);
	for (int ms = 0; ms < 120; ms += 6) {
		pid_t pid = fork();

		if (pid == 0) {
			if (np_sandbox_start(&options, &s, err) == 0)
				pause();
			_exit(1);
		}
		np_sleep_ms(ms);
		kill(pid, SIGKILL);
		BED_OK(expect_no_children(err));
		BED_CHECK(count_entries(folder) == 0, "killed after %d ms, %d files are left", ms,
			  count_entries(folder));
	}
	rmdir(folder);
	return 0;
}

/* It dies by itself: the parent learns of it, and stopping still cleans up. */
static int plain_death(const char *agent_path, struct np_err *err)
{
	const struct np_sandbox_options options = { .agent_path = agent_path };
	struct trace t = { 0 };
	struct np_sandbox *s;
	struct pollfd death;

	BED_OK(np_sandbox_start(&options, &s, err));
	BED_OK(look(&t, s, getpid(), err));
	kill(find_first_process(&t, getpid()), SIGKILL);
	death = (struct pollfd){ .fd = np_sandbox_death_fd(s), .events = POLLIN };
	BED_CHECK(poll(&death, 1, 10000) == 1, "nobody says that it died");
	np_sandbox_stop(s);
	return expect_nothing_left(&t, err);
}

static int plain_options(const char *agent_path, struct np_err *err)
{
	char path[] = "/tmp/netpolcheck-test-XXXXXX";
	struct np_sandbox_options options = { .agent_path = agent_path, .fault = "no-such-fault" };
	struct np_sandbox *s;
	struct stat st;
	int fd, rc;

	BED_CHECK(np_sandbox_start(&options, &s, err) < 0 && err->code == NP_EUSAGE,
		  "an unknown fault");
	BED_CHECK(strstr(err->msg, np_sandbox_faults()[0].name), "no names in '%s'", err->msg);
	options = (struct np_sandbox_options){ .agent_path = "/no/such/agent" };
	BED_CHECK(np_sandbox_start(&options, &s, err) < 0 && err->code == NP_EENV, "no agent");
	options = (struct np_sandbox_options){ .agent_path = agent_path,
					       .event_log = "/no/such/folder/log" };
	BED_CHECK(np_sandbox_start(&options, &s, err) < 0 && err->code == NP_EIO,
		  "no place for the log");
	fd = mkstemp(path);
	BED_CHECK(fd >= 0 && np_write_all(fd, "apiVersion: v1\nkind: Config\n", 28) == 0,
		  "no file");
	close(fd);
	options = (struct np_sandbox_options){ .agent_path = agent_path, .kubeconfig_out = path };
	rc = np_sandbox_start(&options, &s, err);
	BED_CHECK(rc < 0 && err->code == NP_EUSAGE, "somebody's kubeconfig is overwritten");
	BED_CHECK(stat(path, &st) == 0 && st.st_size == 28, "somebody's kubeconfig is gone");
	unlink(path);
	np_err_clear(err);
	return 0;
}

static int write_file(const char *path, const char *text, struct np_err *err)
{
	np_auto_fd int fd = open(path, O_WRONLY | O_CLOEXEC);

	if (fd < 0 || np_write_all(fd, text, strlen(text)) < 0)
		return np_err_errno(err, NP_EENV, errno, "cannot write %s", path);
	return 0;
}

/*
 * A kernel that allows ordinary users no namespaces, made of a user namespace that allows no
 * others.
 */
static int plain_refused(const char *agent_path, struct np_err *err)
{
	const struct np_sandbox_options options = { .agent_path = agent_path };
	np_auto_free char *map = np_xasprintf("1000 %u 1\n", geteuid());
	struct np_sandbox *s;

	prctl(PR_SET_DUMPABLE, 1);
	BED_CHECK(unshare(CLONE_NEWUSER) == 0, "no user namespace");
	BED_OK(write_file("/proc/self/uid_map", map, err));
	BED_OK(write_file("/proc/sys/user/max_user_namespaces", "0", err));
	BED_CHECK(np_sandbox_start(&options, &s, err) < 0, "it starts all the same");
	BED_CHECK(err->code == NP_EENV && strstr(err->msg, "user.max_user_namespaces"),
		  "it says '%s'", err->msg);
	np_err_clear(err);
	return 0;
}

static int plain_externals(const char *agent_path, struct np_err *err)
{
	static const char *const want[] = {
		"ext/a 203.0.113.10 2001:db8::cb00:710a", "ext/b 203.0.113.11 2001:db8::cb00:710b",
		"ext/c 203.0.113.70 2001:db8::cb00:7146", "ext/d 198.51.100.9 2001:db8::c633:6409",
	};
	struct np_external ext[4];

	(void)agent_path;
	BED_CHECK(np_sandbox_externals(NULL, ext) == 4, "not four");
	for (size_t i = 0; i < 4; i++) {
		char v4[NP_ADDR_TEXT_MAX], v6[NP_ADDR_TEXT_MAX];
		np_auto_free char *is = np_xasprintf(NP_STR_FMT " %s %s", NP_STR_ARG(ext[i].name),
						     np_addr_text(&ext[i].ips[0], v4),
						     np_addr_text(&ext[i].ips[1], v6));

		BED_CHECK(strcmp(is, want[i]) == 0, "%s", is);
	}
	return 0;
}

static const struct bed_case cases[] = {
	{ "up and down", NULL, plain_up_down },
	{ "two", NULL, plain_two },
	{ "pod", NULL, plain_pod },
	{ "kill -9", NULL, plain_kill9 },
	{ "kill early", NULL, plain_kill_early },
	{ "death", NULL, plain_death },
	{ "options", NULL, plain_options },
	{ "refused", NULL, plain_refused },
	{ "externals", NULL, plain_externals },
};

BED_MAIN("sandbox", cases, )
