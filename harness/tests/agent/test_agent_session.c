/* test_agent_session.c - the built agent's probe mode as a speaker of the line protocol: order, refusals, floods, ends. */
#include "rig.h"

#define DROPPED_PROBE "udp " V4_A " 9901 x/a"
#define REFUSED_PROBE "tcp " V4_A " 82 x/a"

static struct proc p;

static void start(void)
{
	p = rig_prober();
}

/* The agent still serves: a ping and a batch. */
static void check_alive(void)
{
	rig_send(&p, "ping alive\nbatch 77 1 60 1\np 5 " DROPPED_PROBE "\n");
	rig_expect(&p, "pong alive");
	rig_expect_start(&p, "r 77 5 dropped - 0 - - - ");
	rig_expect(&p, "done 77");
}

static void check_quit(void)
{
	rig_send(&p, "quit\n");
	rig_expect_end(&p);
	ck_assert_int_eq(rig_wait(&p), 0);
}

/* ---- refusals ---- */

static const struct {
	const char *request, *answer;
} malformed[] = {
	{ "", "fault unknown request ''" },
	{ " ", "fault unknown request '?'" },
	{ "hello", "fault unknown request 'hello'" },
	{ "PING x", "fault unknown request 'PING?x'" },
	{ "ping", "fault bad token in ping ''" },
	{ "ping a b", "fault bad token in ping ''" },
	{ "ping \001", "fault bad token in ping ''" },
	{ "p 0 tcp " V4_A " 80 x/a", "fault a probe outside a batch: '?0?tcp?" V4_A "?80?x/a'" },
	{ "batch", "fault bad id or number in batch ''" },
	{ "batch x 1 1 1", "fault bad id or number in batch '?x?1?1?1'" },
	{ "batch 4294967296 1 1 1", "fault bad id or number in batch '?4294967296?1?1?1'" },
	{ "batch 1 65537 100 1", "fault bad number in batch '?1?65537?100?1'" },
	{ "batch 1 1 0 1", "fault bad number in batch '?1?1?0?1'" },
	{ "batch 1 1 120001 1", "fault bad number in batch '?1?1?120001?1'" },
	{ "batch 1 1 100 0", "fault bad number in batch '?1?1?100?0'" },
	{ "batch 1 1 100 9", "fault bad number in batch '?1?1?100?9'" },
	{ "batch 1 1 100", "fault bad number in batch '?1?1?100'" },
	{ "batch 1 1 100 1 1", "fault bad number in batch '?1?1?100?1?1'" },
	{ "batch 1 -1 100 1", "fault bad id or number in batch '?1?-1?100?1'" },
};

START_TEST(malformed_requests)
{
	rig_send(&p, "%s\n", malformed[_i].request);
	rig_expect(&p, malformed[_i].answer);
	check_alive();
	check_quit();
}
END_TEST

static const struct {
	const char *probe, *wrong;
} bad_probes[] = {
	{ "p", "bad index ''" },
	{ "p x tcp " V4_A " 80 x/a", "bad index 'x'" },
	{ "p 4294967296 tcp " V4_A " 80 x/a", "bad index '4294967296'" },
	{ "p 1 icmp " V4_A " 80 x/a", "unknown kind 'icmp'" },
	{ "p 1 tcp", "no address 'tcp'" },
	{ "p 1 tcp host 80 x/a", "bad address 'host'" },
	{ "p 1 tcp 10.0.0.256 80 x/a", "bad address '10.0.0.256'" },
	{ "p 1 tcp fe80::1%lo 80 x/a", "bad address 'fe80::1%lo'" },
	{ "p 1 tcp " V4_A " 0 x/a", "bad port '0'" },
	{ "p 1 tcp " V4_A " 65536 x/a", "bad port '65536'" },
	{ "p 1 tcp " V4_A " http x/a", "bad port 'http'" },
	{ "p 1 tcp " V4_A " 80", "bad identity ''" },
	{ "p 1 tcp " V4_A " 80 x\001a", "bad identity 'x?a'" },
	{ "p 1 tcp " V4_A " 80 x/a source=1", "unknown option 'source=1'" },
	{ "p 1 tcp " V4_A " 80 x/a src=here", "bad source 'src=here'" },
	{ "p 1 tcp " V4_A " 80 x/a src=::1", "bad source 'src=::1'" },
	{ "p 1 tcp " V4_A " 80 x/a src=1.1.1.1 src=1.1.1.1", "bad source 'src=1.1.1.1'" },
	{ "p 1 tcp " V4_A " 80 x/a q=a.b", "bad question 'q=a.b'" },
	{ "p 1 dns-udp " V4_A " 80 x/a q=a..b", "bad question 'q=a..b'" },
	{ "p 1 dns-udp " V4_A " 80 x/a q=", "bad question 'q='" },
	{ "p 1 dns-tcp " V4_A " 80 x/a", "no question in ''" },
	{ "something else", "unknown request 'something?else'" },
};

/* One fault for the batch; its other lines are passed over, the next batch is whole. */
START_TEST(bad_probe_in_a_batch)
{
	char fault[128];

	snprintf(fault, sizeof(fault), "fault batch 3, probe line 2: %s", bad_probes[_i].wrong);
	rig_send(&p, "batch 3 4 100 1\np 0 " DROPPED_PROBE "\n%s\np 2 " DROPPED_PROBE "\np 3 " DROPPED_PROBE "\n", bad_probes[_i].probe);
	rig_expect(&p, fault);
	check_alive();
	check_quit();
}
END_TEST

START_TEST(batch_inside_a_batch)
{
	rig_send(&p, "batch 3 2 60 1\np 0 " DROPPED_PROBE "\nbatch 4 1 60 1\np 9 " DROPPED_PROBE "\n");
	rig_expect(&p, "fault batch 3, probe line 2: a batch line instead of a probe: '?4?1?60?1'");
	rig_expect_start(&p, "r 4 9 dropped ");
	rig_expect(&p, "done 4");
	check_quit();
}
END_TEST

START_TEST(oversize_line)
{
	enum { BYTES = 200000 };
	char *line = np_xmalloc(BYTES);

	memset(line, 'p', BYTES);
	line[BYTES - 1] = '\n';
	ck_assert_int_eq(np_write_all(p.in, line, BYTES), 0);
	rig_expect(&p, "fault too long a line ''");
	rig_send(&p, "batch 3 1 60 1\n");
	ck_assert_int_eq(np_write_all(p.in, line, BYTES), 0);
	rig_expect(&p, "fault batch 3, probe line 1: too long a line ''");
	check_alive();
	check_quit();
	free(line);
}
END_TEST

START_TEST(inner_nul)
{
	static const char line[] = "ping a\0b\nping c\n";

	ck_assert_int_eq(np_write_all(p.in, line, sizeof(line) - 1), 0);
	rig_expect(&p, "fault bad token in ping ''");
	rig_expect(&p, "pong c");
	check_quit();
}
END_TEST

/* ---- order ---- */

START_TEST(empty_batch)
{
	rig_send(&p, "batch 8 0 100 1\n");
	rig_expect(&p, "done 8");
	check_quit();
}
END_TEST

START_TEST(ping_while_a_batch_runs)
{
	rig_send(&p, "batch 1 1 500 1\np 0 " DROPPED_PROBE "\nping now\n");
	rig_expect(&p, "pong now");
	rig_expect_start(&p, "r 1 0 dropped ");
	rig_expect(&p, "done 1");
	check_quit();
}
END_TEST

START_TEST(batches_in_a_row)
{
	for (unsigned i = 0; i < 5; i++)
		rig_send(&p, "batch %u 2 60 2\np 0 " DROPPED_PROBE "\np 1 " REFUSED_PROBE "\n", i);
	rig_send(&p, "ping last\n");
	for (unsigned i = 0; i < 5; i++) {
		char line[64];

		if (i == 4)	/* read, and answered, once the last batch runs */
			rig_expect(&p, "pong last");
		snprintf(line, sizeof(line), "r %u 1 rejected errno:ECONNREFUSED ", i);
		rig_expect_start(&p, line);
		snprintf(line, sizeof(line), "r %u 0 dropped ", i);
		rig_expect_start(&p, line);
		snprintf(line, sizeof(line), "done %u", i);
		rig_expect(&p, line);
	}
	check_quit();
}
END_TEST

START_TEST(quit_while_a_batch_runs)
{
	rig_send(&p, "batch 1 1 120000 1\np 0 " DROPPED_PROBE "\n");
	check_quit();
}
END_TEST

/* ---- ends ---- */

static void close_input(void)
{
	close(p.in);
	p.in = open("/dev/null", O_RDONLY | O_CLOEXEC);
}

START_TEST(end_of_input)
{
	rig_send(&p, "ping half");
	close_input();
	rig_expect_end(&p);
	ck_assert_int_eq(rig_wait(&p), 0);
}
END_TEST

START_TEST(end_of_input_while_a_batch_runs)
{
	rig_send(&p, "batch 1 1 200 2\np 0 " DROPPED_PROBE "\nbatch 2 1 60 1\np 0 " REFUSED_PROBE "\n");
	close_input();
	rig_expect_start(&p, "r 1 0 dropped ");
	rig_expect(&p, "done 1");
	rig_expect_start(&p, "r 2 0 rejected ");
	rig_expect(&p, "done 2");
	rig_expect_end(&p);
	ck_assert_int_eq(rig_wait(&p), 0);
}
END_TEST

START_TEST(end_of_input_inside_a_batch)
{
	rig_send(&p, "batch 1 2 200 2\np 0 " DROPPED_PROBE "\n");
	close_input();
	rig_expect(&p, "fault batch 1, probe line 2: input ended ''");
	rig_expect_end(&p);
	ck_assert_int_eq(rig_wait(&p), 1);
}
END_TEST

START_TEST(end_of_reader)
{
	close(p.out);
	p.out = open("/dev/null", O_RDONLY | O_CLOEXEC);
	rig_send(&p, "ping x\n");
	ck_assert_int_eq(rig_wait(&p), 1);
}
END_TEST

START_TEST(requests_from_a_file)
{
	static const char text[] = "batch 1 1 60 1\np 0 " DROPPED_PROBE "\nping x\n";
	char path[] = "/tmp/np-agent-test-XXXXXX", command[PATH_MAX + 64], line[NP_AGENT_ANSWER_MAX];
	int fd = mkstemp(path), n_lines = 0;
	FILE *out;

	ck_assert(fd >= 0 && np_write_all(fd, text, sizeof(text) - 1) == 0);
	close(fd);
	snprintf(command, sizeof(command), "'%s' probe < %s", rig_agent, path);
	out = popen(command, "r");
	ck_assert_ptr_nonnull(out);
	while (fgets(line, sizeof(line), out))
		n_lines++;
	ck_assert_int_eq(pclose(out), 0);
	unlink(path);
	ck_assert_int_eq(n_lines, 4);	/* hello, pong, r, done */
	check_quit();
}
END_TEST

START_TEST(idleness)
{
	struct proc idle = rig_agent_run("probe", "--idle", "1");

	rig_expect_start(&idle, "hello ");
	rig_expect_end(&idle);
	ck_assert_int_eq(rig_wait(&idle), 0);
	check_quit();
}
END_TEST

START_TEST(idle_inside_a_batch)
{
	struct proc idle = rig_agent_run("probe", "--idle", "1");

	rig_expect_start(&idle, "hello ");
	rig_send(&idle, "batch 1 2 100 1\np 0 " DROPPED_PROBE "\n");
	rig_expect_end(&idle);
	ck_assert_int_eq(rig_wait(&idle), 0);
	check_quit();
}
END_TEST

/* ---- floods ---- */

static long resident_kib(pid_t pid)
{
	char path[64];
	long pages = -1;
	FILE *f;

	snprintf(path, sizeof(path), "/proc/%d/statm", (int)pid);
	f = fopen(path, "r");
	ck_assert_ptr_nonnull(f);
	ck_assert_int_eq(fscanf(f, "%*s %ld", &pages), 1);
	fclose(f);
	return pages * (sysconf(_SC_PAGESIZE) / 1024);
}

/* A child that writes @bytes of @line over and over, so that the test may read meanwhile. */
static pid_t flood(const char *line, size_t bytes)
{
	pid_t pid = fork();

	if (pid == 0) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		for (size_t n = 0; n < bytes; n += strlen(line)) {
			if (np_write_all(p.in, line, strlen(line)) < 0)
				_exit(1);
		}
		_exit(0);
	}
	return pid;
}

START_TEST(flooded_and_read)
{
	pid_t pid = flood("no request at all\n", 4 << 20);
	struct np_buf out = { 0 };
	int status;

	close_input();
	rig_read_all(p.out, &out);
	ck_assert(waitpid(pid, &status, 0) == pid && status == 0);
	ck_assert_uint_gt(out.len, 4 << 20);
	np_buf_release(&out);
	ck_assert_int_eq(rig_wait(&p), 0);
}
END_TEST

/* With nobody reading the agent stops taking input, does not grow, and gives up when its patience ends. */
START_TEST(flooded_and_not_read)
{
	struct proc deaf = rig_agent_run("probe", "--idle", "1");
	long before, after;
	pid_t pid;
	int status;

	rig_expect_start(&deaf, "hello ");
	before = resident_kib(deaf.pid);
	check_quit();
	p = deaf;
	pid = flood("no request at all\n", 64 << 20);
	np_sleep_ms(300);
	after = resident_kib(deaf.pid);
	ck_assert_int_lt(after - before, 4096);
	ck_assert(waitpid(pid, &status, 0) == pid && status != 0);
	ck_assert_int_eq(rig_wait(&p), 1);
}
END_TEST

/* A reader that is late loses nothing and sees no false verdict: the answers were there in time. */
START_TEST(reader_that_is_late)
{
	enum { PROBES = 2000 };
	struct proc server = rig_server("serve", "--identity", "x/a", "--tcp", "80");
	static struct answer answers[PROBES];
	struct np_buf b = { 0 };

	np_agent_put_batch(&b, 1, PROBES, 1500, 3);
	for (unsigned i = 0; i < PROBES; i++)
		np_buf_printf(&b, "p %u tcp " V4_A " 80 x/a\n", i);
	ck_assert_int_eq(fcntl(p.out, F_SETPIPE_SZ, 4096), 4096);
	ck_assert_int_eq(np_write_all(p.in, b.data, b.len), 0);
	np_buf_release(&b);
	np_sleep_ms(2500);
	rig_collect(&p, 1, answers, PROBES);
	for (unsigned i = 0; i < PROBES; i++)
		ck_assert_msg(answers[i].msg.outcome == NP_OUT_ALLOWED, "%s", answers[i].line);
	check_quit();
	ck_assert_int_eq(rig_stop(&server, SIGTERM), 0);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("agent-session");
	TCase *tc = tcase_create("session");
	int status = rig_enter();

	tcase_set_timeout(tc, 60);
	tcase_add_checked_fixture(tc, start, NULL);
	tcase_add_loop_test(tc, malformed_requests, 0, NP_ARRAY_SIZE(malformed));
	tcase_add_loop_test(tc, bad_probe_in_a_batch, 0, NP_ARRAY_SIZE(bad_probes));
	tcase_add_test(tc, batch_inside_a_batch);
	tcase_add_test(tc, oversize_line);
	tcase_add_test(tc, inner_nul);
	tcase_add_test(tc, empty_batch);
	tcase_add_test(tc, ping_while_a_batch_runs);
	tcase_add_test(tc, batches_in_a_row);
	tcase_add_test(tc, quit_while_a_batch_runs);
	tcase_add_test(tc, end_of_input);
	tcase_add_test(tc, end_of_input_while_a_batch_runs);
	tcase_add_test(tc, end_of_input_inside_a_batch);
	tcase_add_test(tc, end_of_reader);
	tcase_add_test(tc, requests_from_a_file);
	tcase_add_test(tc, idleness);
	tcase_add_test(tc, idle_inside_a_batch);
	tcase_add_test(tc, flooded_and_read);
	tcase_add_test(tc, flooded_and_not_read);
	tcase_add_test(tc, reader_that_is_late);
	suite_add_tcase(suite, tc);
	if (status) {
		srunner_free(srunner_create(suite));
		return status;
	}
	return rig_run(suite);
}
