/* test_agent_serve.c - the built agent as a server and as the first process of a pod; its control connections and command line. */
#include <netinet/in.h>
#include <sys/un.h>

#include "rig.h"

/* ---- helpers ---- */

static struct sockaddr_in6 local_port(uint16_t port)
{
	return (struct sockaddr_in6){ .sin6_family = AF_INET6, .sin6_port = htons(port), .sin6_addr = IN6ADDR_LOOPBACK_INIT };
}

static int dial(int type, uint16_t port)
{
	struct sockaddr_in6 to = local_port(port);
	int fd = socket(AF_INET6, type | SOCK_CLOEXEC, 0);

	ck_assert_int_ge(fd, 0);
	ck_assert_int_eq(connect(fd, (struct sockaddr *)&to, sizeof(to)), 0);
	return fd;
}

/* Reads until newline or end. */
static const char *read_line(int fd)
{
	static char line[512];
	size_t n = 0;
	ssize_t got = 1;

	while (n < sizeof(line) - 1 && got > 0 && !memchr(line, '\n', n)) {
		ck_assert_msg(rig_readable(fd, RIG_WAIT_MS), "nothing comes");
		got = read(fd, line + n, sizeof(line) - 1 - n);
		if (got > 0)
			n += (size_t)got;
	}
	line[n] = '\0';
	return line;
}

static void check_probe(const char *probe)
{
	struct proc p = rig_prober();
	struct answer answer;

	rig_batch(&p, &probe, 1, 6000, 3, &answer);
	ck_assert_msg(answer.msg.outcome == NP_OUT_ALLOWED, "%s", answer.line);
	rig_send(&p, "quit\n");
	ck_assert_int_eq(rig_wait(&p), 0);
}

/* ---- what servers say ---- */

START_TEST(tcp_greeting)
{
	struct proc s = rig_server("serve", "--identity", "x/a", "--tcp", "80");
	struct sockaddr_in6 own;
	socklen_t n = sizeof(own);
	char wanted[128], c;
	int fd = dial(SOCK_STREAM, 80);

	ck_assert_int_eq(getsockname(fd, (struct sockaddr *)&own, &n), 0);
	snprintf(wanted, sizeof(wanted), "NP1 x/a ::1 %u ::1 80\n", ntohs(own.sin6_port));
	ck_assert_str_eq(read_line(fd), wanted);
	/* held for two seconds at most, then reset */
	ck_assert(rig_readable(fd, RIG_WAIT_MS));
	ck_assert(read(fd, &c, 1) < 0 && errno == ECONNRESET);
	close(fd);
	ck_assert_int_eq(rig_stop(&s, SIGTERM), 0);
}
END_TEST

START_TEST(udp_nonces)
{
	static const struct {
		const char *request, *nonce;
	} cases[] = {
		{ "n1", "n1" }, { "a b", "a?b" }, { "line\r\n", "line" }, { "\001\377", "??" }, { "", "-" }, { "\n", "-" },
		{ "0123456789012345678901234567890123456789012345678901234567890123456789",
		  "0123456789012345678901234567890123456789012345678901234567890123" },
	};
	struct proc s = rig_server("serve", "--identity", "x/a", "--udp", "80");
	int fd = dial(SOCK_DGRAM, 80);

	for (size_t i = 0; i < NP_ARRAY_SIZE(cases); i++) {
		const char *line, *nonce;

		ck_assert_int_ge(send(fd, cases[i].request, strlen(cases[i].request), 0), 0);
		line = read_line(fd);
		nonce = strrchr(line, ' ');
		ck_assert_msg(strncmp(line, "NP1 x/a ::1 ", 12) == 0 && nonce, "'%s'", line);
		ck_assert_msg(strncmp(nonce + 1, cases[i].nonce, strlen(cases[i].nonce)) == 0, "'%s'", line);
		ck_assert_uint_eq(strlen(nonce + 1), strlen(cases[i].nonce) + 1);
	}
	close(fd);
	ck_assert_int_eq(rig_stop(&s, SIGINT), 0);
}
END_TEST

/* Two servers that were made to talk to each other by a forged datagram would never stop. */
START_TEST(udp_does_not_answer_greetings)
{
	struct proc s = rig_server("serve", "--identity", "x/a", "--udp", "80");
	int fd = dial(SOCK_DGRAM, 80);

	ck_assert_int_gt(send(fd, "NP1 x/b ::1 1 ::1 80 n\n", 23, 0), 0);
	ck_assert_int_gt(send(fd, "after", 5, 0), 0);
	ck_assert_ptr_nonnull(strstr(read_line(fd), " after\n"));
	close(fd);
	ck_assert_int_eq(rig_stop(&s, SIGTERM), 0);
}
END_TEST

START_TEST(many_ports)
{
	char list[4096];
	size_t n = 0;
	struct proc s;

	for (unsigned port = 1; port <= 128; port++)
		n += (size_t)snprintf(list + n, sizeof(list) - n, "%u,", port);
	s = rig_server("serve", "--identity", "x/a", "--tcp", list, "--udp", list, "--sctp", list);
	check_probe("tcp " V4_A " 128 x/a");
	check_probe("udp " V6_A " 128 x/a");
	check_probe("sctp " V4_A " 128 x/a");
	ck_assert_int_eq(rig_stop(&s, SIGTERM), 0);
}
END_TEST

/* ---- floods ---- */

START_TEST(connections_that_stay)
{
	enum { CONNECTIONS = 2500 };
	struct proc s = rig_server("serve", "--identity", "x/a", "--tcp", "80");
	struct rlimit limit;
	int fds[CONNECTIONS];

	ck_assert_int_eq(getrlimit(RLIMIT_NOFILE, &limit), 0);
	limit.rlim_cur = limit.rlim_max;
	ck_assert_int_eq(setrlimit(RLIMIT_NOFILE, &limit), 0);
	for (unsigned i = 0; i < CONNECTIONS; i++)
		fds[i] = dial(SOCK_STREAM, 80);
	check_probe("tcp " V6_A " 80 x/a");
	for (unsigned i = 0; i < CONNECTIONS; i++)	/* each was told before it was closed */
		ck_assert_int_eq(strncmp(read_line(fds[i]), "NP1 x/a ", 8), 0);
	for (unsigned i = 0; i < CONNECTIONS; i++)
		close(fds[i]);
	ck_assert_int_eq(rig_stop(&s, SIGTERM), 0);
}
END_TEST

START_TEST(server_with_few_descriptors)
{
	enum { CONNECTIONS = 200 };
	struct proc s = rig_spawn((const char *const[]){ "serve", "--identity", "x/a", "--tcp", "80", NULL }, 32);
	int fds[CONNECTIONS];

	rig_expect(&s, "ready x/a");
	for (unsigned i = 0; i < CONNECTIONS; i++)
		fds[i] = dial(SOCK_STREAM, 80);
	check_probe("tcp " V4_A " 80 x/a");
	for (unsigned i = 0; i < CONNECTIONS; i++)
		close(fds[i]);
	ck_assert_int_eq(rig_stop(&s, SIGTERM), 0);
}
END_TEST

/* A client that sends and never reads costs nothing and blocks nobody. */
START_TEST(client_that_talks)
{
	struct proc s = rig_server("serve", "--identity", "x/a", "--tcp", "80");
	static char bytes[65536];
	int fd = dial(SOCK_STREAM, 80);

	for (unsigned i = 0; i < 100; i++)
		(void)!send(fd, bytes, sizeof(bytes), MSG_DONTWAIT | MSG_NOSIGNAL);
	check_probe("tcp " V4_A " 80 x/a");
	close(fd);
	ck_assert_int_eq(rig_stop(&s, SIGTERM), 0);
}
END_TEST

/* ---- failures at the start ---- */

static void check_refused(const char *const *args, int status, const char *sentence)
{
	struct proc p = rig_spawn(args, 0);
	struct np_buf err = { 0 };

	rig_read_all(p.err, &err);
	ck_assert_msg(strstr(np_buf_text(&err), sentence) != NULL, "'%s', wanted '%s'", np_buf_text(&err), sentence);
	np_buf_release(&err);
	ck_assert_int_eq(rig_wait(&p), status);
}

START_TEST(port_in_use)
{
	struct proc s = rig_server("serve", "--identity", "x/a", "--tcp", "80", "--udp", "81", "--control", "tcp:127.0.0.1:7700");

	check_refused((const char *const[]){ "serve", "--identity", "x/b", "--tcp", "79,80", NULL }, 1,
		      "cannot serve tcp port 80: Address");
	check_refused((const char *const[]){ "serve", "--identity", "x/b", "--udp", "81", NULL }, 1,
		      "cannot serve udp port 81: Address");
	check_refused((const char *const[]){ "serve", "--identity", "x/b", "--control", "tcp:127.0.0.1:7700", NULL }, 1,
		      "cannot listen for control on 'tcp:127.0.0.1:7700': Address");
	ck_assert_int_eq(rig_stop(&s, SIGTERM), 0);
}
END_TEST

/* A server of the host that would let others join. */
static int foreign_server(int type, uint16_t port)
{
	struct sockaddr_in6 any = { .sin6_family = AF_INET6, .sin6_port = htons(port) };
	int fd = socket(AF_INET6, type | SOCK_CLOEXEC, 0), on = 1;

	ck_assert_int_eq(setsockopt(fd, SOL_SOCKET, SO_REUSEPORT, &on, sizeof(on)), 0);
	ck_assert_int_eq(bind(fd, (struct sockaddr *)&any, sizeof(any)), 0);
	if (type == SOCK_STREAM)
		ck_assert_int_eq(listen(fd, 1), 0);
	return fd;
}

/* Agents of two runs on one host have its ports together, and each goes on when the other ends. */
START_TEST(shared_ports)
{
	const char *const alone[] = { "serve", "--identity", "x/b", "--tcp", "80", NULL };
	struct proc one = rig_server("serve", "--identity", "node/n1", "--share", "--tcp", "79,80", "--udp", "81");
	struct proc two = rig_server("serve", "--identity", "node/n1", "--share", "--tcp", "80,82", "--udp", "81,83");

	check_refused(alone, 1, "cannot serve tcp port 80: Address");
	ck_assert_int_eq(rig_stop(&one, SIGTERM), 0);
	check_probe("tcp " V4_A " 80 node/n1");
	check_probe("udp " V6_A " 81 node/n1");
	one = rig_server("serve", "--identity", "node/n1", "--share", "--tcp", "79,80", "--udp", "81");
	ck_assert_int_eq(rig_stop(&two, SIGTERM), 0);
	check_probe("tcp " V4_A " 80 node/n1");
	check_probe("udp " V6_A " 81 node/n1");
	ck_assert_int_eq(rig_stop(&one, SIGTERM), 0);
}
END_TEST

/* Whoever else has a port keeps all of its clients, also beside agents that share others. */
START_TEST(shared_ports_are_of_agents_only)
{
	const char *const tcp[] = { "serve", "--identity", "node/n1", "--share", "--tcp", "80,8080", NULL };
	const char *const udp[] = { "serve", "--identity", "node/n1", "--share", "--udp", "81,8081", NULL };
	int fds[] = { foreign_server(SOCK_STREAM, 8080), foreign_server(SOCK_DGRAM, 8081) };
	struct proc s = rig_server("serve", "--identity", "node/n1", "--share", "--tcp", "80,808", "--udp", "81");

	check_refused(tcp, 1, "cannot serve tcp port 8080: Address");
	check_refused(udp, 1, "cannot serve udp port 8081: Address");
	close(fds[0]);
	close(fds[1]);
	ck_assert_int_eq(rig_stop(&s, SIGTERM), 0);
}
END_TEST

START_TEST(usage)
{
	static const struct {
		const char *args[8];
		const char *sentence;
	} cases[] = {
		{ { NULL }, "unknown mode ''" },
		{ { "dance", NULL }, "unknown mode 'dance'" },
		{ { "serve", NULL }, "missing option '--identity'" },
		{ { "serve", "--identity", "a b", NULL }, "not 'a b'" },
		{ { "serve", "--identity", "a", "--tcp", "80,x", NULL }, "bad port in '80,x'" },
		{ { "serve", "--identity", "a", "--tcp", "0", NULL }, "bad port in '0'" },
		{ { "serve", "--identity", "a", "--udp", "65536", NULL }, "bad port in '65536'" },
		{ { "serve", "--identity", "a", "more", NULL }, "unexpected argument 'more'" },
		{ { "probe", "--idle", "0", NULL }, "bad number '0'" },
		{ { "probe", "--idle", NULL }, "unknown option or no value for it '--idle'" },
		{ { "probe", "--tpc", "80", NULL }, "unknown option or no value for it '--tpc'" },
		{ { "connect", "tcp", "1.1.1.1", NULL }, "bad port ''" },
		{ { "connect", "icmp", "1.1.1.1", "1", NULL }, "unknown protocol 'icmp'" },
		{ { "connect", "tcp", "host", "1", NULL }, "bad address 'host'" },
		{ { "connect", "tcp", "1.1.1.1", "1", "a", NULL }, "unexpected argument 'a'" },
		{ { "connect", "dns-udp", "1.1.1.1", "1", NULL }, "bad name ''" },
	};

	for (size_t i = 0; i < NP_ARRAY_SIZE(cases); i++)
		check_refused(cases[i].args, 2, cases[i].sentence);
	check_refused((const char *const[]){ "serve", "--identity", "a", "--control", "pipe:x", NULL }, 1, "cannot listen for control on 'pipe:x'");
	check_refused((const char *const[]){ "serve", "--identity", "a", "--control", "tcp:::1", NULL }, 1, "cannot listen for control");
}
END_TEST

/* ---- control ---- */

static char control_path[64], control_option[80];

static void name_control(void)
{
	snprintf(control_path, sizeof(control_path), "/tmp/np-agent-test-%d.sock", (int)getpid());
	snprintf(control_option, sizeof(control_option), "unix:%s", control_path);
	unlink(control_path);
}

static int dial_control(void)
{
	struct sockaddr_un un = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	snprintf(un.sun_path, sizeof(un.sun_path), "%s", control_path);
	ck_assert_int_eq(connect(fd, (struct sockaddr *)&un, sizeof(un)), 0);
	return fd;
}

static void check_control(int fd)
{
	static const char text[] = "batch 1 1 6000 3\np 4 tcp " V4_A " 80 x/a\n";

	ck_assert_int_eq(strncmp(read_line(fd), "hello 1 x/a ", 12), 0);
	ck_assert_int_eq(np_write_all(fd, text, sizeof(text) - 1), 0);
	ck_assert_int_eq(strncmp(read_line(fd), "r 1 4 allowed - ", 16), 0);
}

START_TEST(control_unix)
{
	struct proc s;
	char rest[64];
	int fd;

	name_control();
	s = rig_server("serve", "--identity", "x/a", "--tcp", "80", "--control", control_option);
	fd = dial_control();
	check_control(fd);
	ck_assert_int_eq(rig_stop(&s, SIGTERM), 0);
	while (read(fd, rest, sizeof(rest)) > 0)	/* the child ends with its parent */
		;
	close(fd);
	ck_assert_int_eq(access(control_path, F_OK), -1);
}
END_TEST

START_TEST(control_after_a_crash)
{
	struct proc s;
	int fd;

	name_control();
	s = rig_server("serve", "--identity", "x/a", "--tcp", "80", "--control", control_option);
	ck_assert_int_eq(rig_stop(&s, SIGKILL), 128 + SIGKILL);
	ck_assert_int_eq(access(control_path, F_OK), 0);
	s = rig_server("serve", "--identity", "x/a", "--tcp", "80", "--control", control_option);
	fd = dial_control();
	check_control(fd);
	close(fd);
	ck_assert_int_eq(rig_stop(&s, SIGTERM), 0);
}
END_TEST

START_TEST(control_tcp)
{
	struct proc s = rig_server("serve", "--identity", "x/a", "--tcp", "80", "--control", "tcp:[::1]:7700", "--control", "tcp:127.0.0.1:7700");
	int fd = dial(SOCK_STREAM, 7700);

	check_control(fd);
	close(fd);
	ck_assert_int_eq(rig_stop(&s, SIGTERM), 0);
}
END_TEST

enum { AT_ONCE = 32 };

/* Opens as many control connections as there may be; false when one was refused. */
static bool fill_control(int fds[AT_ONCE])
{
	bool all = true;

	for (unsigned i = 0; i < AT_ONCE; i++)
		fds[i] = dial_control();
	for (unsigned i = 0; i < AT_ONCE; i++)
		all &= strncmp(read_line(fds[i]), "hello ", 6) == 0;
	return all;
}

static void close_control(const int fds[AT_ONCE])
{
	for (unsigned i = 0; i < AT_ONCE; i++)
		close(fds[i]);
}

/* The next one is told so; children that ended are reaped and make room. */
START_TEST(control_connections_are_bounded)
{
	int64_t deadline = np_now_ms() + RIG_WAIT_MS;
	int fds[AT_ONCE], fd;
	struct proc s;

	name_control();
	s = rig_server("serve", "--identity", "x/a", "--tcp", "80", "--control", control_option);
	for (unsigned round = 0; round < 3; round++) {
		while (!fill_control(fds)) {	/* those of the round before may still be ending */
			ck_assert_int_gt(round, 0);
			ck_assert_int_lt(np_now_ms(), deadline);
			close_control(fds);
			np_sleep_ms(10);
		}
		fd = dial_control();
		ck_assert_str_eq(read_line(fd), "fault too many control connections\n");
		close(fd);
		close_control(fds);
	}
	ck_assert_int_eq(rig_stop(&s, SIGTERM), 0);
}
END_TEST

/* ---- first process of a pod ---- */

/* Runs @mode as process 1 of a PID namespace and ends it with @sig. Returns its exit status. */
static int run_as_first(const char *mode, int sig)
{
	int ready[2], status = -1, middle;
	char c;

	ck_assert_int_eq(pipe(ready), 0);
	middle = fork();
	if (middle == 0) {
		pid_t pid;

		if (unshare(CLONE_NEWPID) < 0)
			_exit(126);
		pid = fork();
		if (pid == 0) {
			prctl(PR_SET_PDEATHSIG, SIGKILL);
			dup2(ready[1], 1);
			execl(rig_agent, rig_agent, mode, "--identity", "x/one", "--tcp", "80", (char *)NULL);
			_exit(127);
		}
		if (sig && read(ready[0], &c, 1) != 1)
			_exit(125);
		kill(pid, sig);
		if (waitpid(pid, &status, 0) != pid)
			_exit(124);
		_exit(WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status));
	}
	close(ready[0]);
	close(ready[1]);
	ck_assert_int_eq(waitpid(middle, &status, 0), middle);
	return WEXITSTATUS(status);
}

START_TEST(first_process_ends_on_signals)
{
	ck_assert_int_eq(run_as_first("serve", SIGTERM), 0);
	ck_assert_int_eq(run_as_first("serve", SIGINT), 0);
}
END_TEST

START_TEST(outlives_what_it_is_told)
{
	struct proc s = rig_server("serve", "--identity", "x/late", "--outlive", "--tcp", "80");

	ck_assert_int_eq(kill(s.pid, SIGTERM), 0);
	for (int i = 0; i < 3; i++)
		check_probe("tcp " V4_A " 80 x/late");
	ck_assert_int_eq(rig_stop(&s, SIGINT), 0);
}
END_TEST

START_TEST(sleeps_until_told)
{
	struct proc p = rig_agent_run("sleep");

	ck_assert(!rig_readable(p.out, 200));
	ck_assert_int_eq(rig_stop(&p, SIGTERM), 0);
}
END_TEST

/* ---- one probe for people ---- */

static void check_connect(const char *const *args, int status, const char *sentence)
{
	struct proc p = rig_spawn(args, 0);
	struct np_buf out = { 0 };

	rig_read_all(p.out, &out);
	ck_assert_msg(strstr(np_buf_text(&out), sentence) == np_buf_text(&out), "'%s', wanted '%s'", np_buf_text(&out), sentence);
	ck_assert_uint_eq(out.data[out.len - 1], '\n');
	np_buf_release(&out);
	ck_assert_int_eq(rig_wait(&p), status);
}

START_TEST(connect_mode)
{
	static const struct {
		const char *args[8];
		int status;
		const char *sentence;
	} cases[] = {
		{ { "connect", "tcp", V4_A, "80", NULL }, 0, "tcp " V4_A " port 80: allowed, answered by x/a, which saw us as " V4_A " port " },
		{ { "connect", "udp", V6_A, "80", NULL }, 0, "udp " V6_A " port 80: allowed, answered by x/a" },
		{ { "connect", "sctp", V4_A, "80", NULL }, 0, "sctp " V4_A " port 80: allowed, answered by x/a" },
		{ { "connect", "tcp", V4_A, "82", "--timeout-ms", "90", NULL }, 1, "tcp " V4_A " port 82: denied: refused (errno:ECONNREFUSED), " },
		{ { "connect", "--timeout-ms", "90", "udp", V4_A, "9901", NULL }, 1, "udp " V4_A " port 9901: denied: no answer, " },
		{ { "connect", "dns-udp", V4_A, "9901", "a.b", "--timeout-ms", "90", NULL }, 1, "dns-udp " V4_A " port 9901: denied: no answer, " },
		{ { "connect", "tcp", "192.0.2.1", "80", NULL }, 3, "tcp 192.0.2.1 port 80: error: this side failed (errno:ENETUNREACH), " },
	};
	struct proc s = rig_server("serve", "--identity", "x/a", "--tcp", "80", "--udp", "80", "--sctp", "80");

	for (size_t i = 0; i < NP_ARRAY_SIZE(cases); i++)
		check_connect(cases[i].args, cases[i].status, cases[i].sentence);
	check_connect((const char *const[]){ "version", NULL }, 0, "netpolcheck-agent ");
	ck_assert_int_eq(rig_stop(&s, SIGTERM), 0);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("agent-serve");
	TCase *tc = tcase_create("serve");
	int status = rig_enter();

	tcase_set_timeout(tc, 60);
	tcase_add_test(tc, tcp_greeting);
	tcase_add_test(tc, udp_nonces);
	tcase_add_test(tc, udp_does_not_answer_greetings);
	tcase_add_test(tc, many_ports);
	tcase_add_test(tc, connections_that_stay);
	tcase_add_test(tc, server_with_few_descriptors);
	tcase_add_test(tc, client_that_talks);
	tcase_add_test(tc, port_in_use);
	tcase_add_test(tc, shared_ports);
	tcase_add_test(tc, shared_ports_are_of_agents_only);
	tcase_add_test(tc, usage);
	tcase_add_test(tc, control_unix);
	tcase_add_test(tc, control_after_a_crash);
	tcase_add_test(tc, control_tcp);
	tcase_add_test(tc, control_connections_are_bounded);
	tcase_add_test(tc, first_process_ends_on_signals);
	tcase_add_test(tc, outlives_what_it_is_told);
	tcase_add_test(tc, sleeps_until_told);
	tcase_add_test(tc, connect_mode);
	suite_add_tcase(suite, tc);
	if (status) {
		srunner_free(srunner_create(suite));
		return status;
	}
	return rig_run(suite);
}
