/*
 * The enforcer on packets: small worlds whose verdicts stand in the test, and for each fault one
 * connection that the right enforcer and the faulty one treat differently. Needs user and network
 * namespaces and nft; without them it is skipped (77) with the reason.
 */
#include "enforcer_net.h"

static struct net net;

/* --- worlds --- */

/*
 * TCP port 80 between all pods, in both families: a row per source, a column per destination in the
 * order of the slots; A passes, . does not, - is the pod itself.
 */
static const struct world {
	const char *what, *ops;
	const char *rows[N_SLOTS];
} worlds[] = {
	{ "no policy (S01)", "", { "-AAAAA", "A-AAAA", "AA-AAA", "AAA-AA", "AAAA-A", "AAAAA-" } },
	{ "deny ingress to a namespace (S08)", DENY_IN("x", "d"),
	  { "-..AAA", ".-.AAA", "..-AAA", "...-AA", "...A-A", "...AA-" } },
	{ "deny egress from a namespace (S02)", DENY_OUT("x", "d"),
	  { "-.....", ".-....", "..-...", "AAA-AA", "AAAA-A", "AAAAA-" } },
	{ "both ends must allow (S04)",
	  P("x", "out", ALL OUT("{" TO(NS(L("team", "blue"))) "}")) ","
	  P("y", "in", APP("a") IN("{" FROM(BOTH("", L("app", "b"))) "}")),
	  { "-...A.", ".-.AA.", "..-.A.", "AAA-AA", "AAAA-A", "AAA.A-" } },
	{ "policies add up (S03)",
	  DENY_IN("x", "d") ","
	  P("x", "p", APP("a") IN("{" FROM(POD(L("app", "b"))) "}")) ","
	  P("x", "q", ALL IN("{" FROM(NS(L("team", "blue"))) "}")),
	  { "-..AAA", "A-.AAA", "..-AAA", "AAA-AA", "AAAA-A", "...AA-" } },
	{ "peers one by one and combined (S06, S11)",
	  P("x", "p", APP("a") IN("{" FROM(BOTH(L("team", "blue"), L("app", "b")) ","
					   POD(L("app", "c"))) "," PORTS(TCP(80)) "}")),
	  { "-AAAAA", ".-AAAA", "AA-AAA", ".AA-AA", "AAAA-A", ".AAAA-" } },
	{ "operators (S13)",
	  P("y", "p", ALL IN("{" FROM(BOTH(X(E("team", "NotIn", "'blue'")),
					   X(E("app", "In", "'a','c'")))) "},"
			     "{" FROM(BOTH(X(E("team", "DoesNotExist", "")), "")) "}")),
	  { "-AAAAA", "A-A..A", "AA-AAA", "AAA-.A", "AAA.-A", "AAAAA-" } },
	{ "a rule of other ports only (S21)",
	  P("z", "p", ALL IN("{" PORTS(TCP(81) ",{'port':1000,'endPort':2000},"
				       "{'protocol':'UDP','port':80}") "}")),
	  { "-AAAA.", "A-AAA.", "AA-AA.", "AAA-A.", "AAAA-.", "AAAAA-" } },
	{ "named port on some pods (S24, S27)",
	  P("x", "p", ALL IN("{" PORTS(NAMED("web")) "}")) ","
	  P("y", "p", ALL IN("{" PORTS(NAMED("http")) "}")),
	  { "-AA..A", "A-A..A", "AA-..A", "AAA-.A", "AAA.-A", "AAA..-" } },
	{ "named port in egress (S25)",
	  P("z", "p", ALL OUT("{" TO(NS(L("team", "blue"))) "," PORTS(NAMED("web")) "}")),
	  { "-AAAAA", "A-AAAA", "AA-AAA", "AAA-AA", "AAAA-A", "...AA-" } },
	{ "blocks of both families on pods (S18, S19, S55)",
	  P("x", "p", APP("a") IN("{" FROM(EXCEPT("10.244.0.0/16", "'10.244.0.0/18'") ","
					   EXCEPT("fd00:10:244::/48", "'fd00:10:244:1::/64'") ","
					   BLOCK("10.244.0.13/32") ","
					   BLOCK("fd00:10:244:1::13/128")) "}")),
	  { "-AAAAA", ".-AAAA", "AA-AAA", "AAA-AA", "AAAA-A", "AAAAA-" } },
};

struct cell {
	int fd;
	char want, got;
};

/* Ends when everything that should pass has passed and the rest had its time. */
static void await_cells(struct cell cells[N_SLOTS][N_SLOTS])
{
	int64_t until = np_now_ms() + ALLOW_MS;
	int n_missing;

	do {
		n_missing = 0;
		for (size_t i = 0; i < N_SLOTS; i++)
			for (size_t k = 0; k < N_SLOTS; k++) {
				struct cell *c = &cells[i][k];

				if (i != k && c->got == '.' && tcp_result(c->fd, 0) == 1)
					c->got = 'A';
				n_missing += c->want == 'A' && c->got != 'A';
			}
		if (n_missing)
			np_sleep_ms(5);
	} while (n_missing && np_now_ms() < until);
	np_sleep_ms(DENY_MS);
	for (size_t i = 0; i < N_SLOTS; i++)
		for (size_t k = 0; k < N_SLOTS; k++)
			if (i != k && cells[i][k].got == '.' && tcp_result(cells[i][k].fd, 0) == 1)
				cells[i][k].got = 'A';
}

static void check_world(const struct world *w, int family)
{
	struct cell cells[N_SLOTS][N_SLOTS];
	struct np_buf want = { 0 }, got = { 0 };
	int servers[N_SLOTS];

	for (size_t i = 0; i < N_SLOTS; i++) {
		servers[i] = end_socket(&net, (enum end)i, family, SOCK_STREAM, 0, 80);
		ck_assert_int_eq(listen(servers[i], 16), 0);
	}
	for (size_t i = 0; i < N_SLOTS; i++)
		for (size_t k = 0; k < N_SLOTS; k++) {
			struct probe p = { .dial = (enum end)k, .dial_port = 80, .family = family };
			struct sockaddr_storage to;
			socklen_t len = dial_addr(&net, &p, &to);

			cells[i][k] = (struct cell){ -1, w->rows[i][k], i == k ? '-' : '.' };
			if (i == k)
				continue;
			cells[i][k].fd = end_socket(&net, (enum end)i, family, SOCK_STREAM, 0,
						    net.next_port++);
			ck_assert(connect(cells[i][k].fd, (struct sockaddr *)&to, len) == 0 ||
				  errno == EINPROGRESS);
		}
	await_cells(cells);
	for (size_t i = 0; i < N_SLOTS; i++) {
		for (size_t k = 0; k < N_SLOTS; k++) {
			np_buf_addc(&got, cells[i][k].got);
			close(cells[i][k].fd);
		}
		np_buf_addc(&got, '\n');
		np_buf_printf(&want, "%s\n", w->rows[i]);
		close(servers[i]);
	}
	ck_assert_msg(!strcmp(np_buf_text(&want), np_buf_text(&got)),
		      "%s, IPv%d: wanted\n%sgot\n%s", w->what, family, np_buf_text(&want),
		      np_buf_text(&got));
	np_buf_release(&want);
	np_buf_release(&got);
}

START_TEST(matrices)
{
	net_enforce(&net, worlds[_i].ops, NULL, NP_FAULT_NONE);
	check_world(&worlds[_i], 4);
	check_world(&worlds[_i], 6);
}
END_TEST

/* --- faults --- */

START_TEST(faults)
{
	const struct fault_case *c = &fault_cases[_i];
	struct probe p = probe_of(c);
	enum np_verdict wrong = c->right == NP_ALLOW ? NP_DENY : NP_ALLOW;

	net_enforce(&net, "", NULL, NP_FAULT_NONE);
	ck_assert_msg(probe(&net, &p, NP_ALLOW),
		      "%s: the connection does not work even without policies", c->fault);
	net_enforce(&net, c->first, c->then, NP_FAULT_NONE);
	ck_assert_msg(probe(&net, &p, c->right) == (c->right == NP_ALLOW),
		      "%s: the right enforcer should %s", c->fault, np_verdict_name(c->right));
	net_enforce(&net, c->first, c->then, np_fault_find(c->fault));
	ck_assert_msg(probe(&net, &p, wrong) == (wrong == NP_ALLOW),
		      "%s: the fault changes nothing", c->fault);
}
END_TEST

/* --- state --- */

/*
 * Nothing listens: the refusal comes back although both ends are isolated for their own
 * connections.
 */
START_TEST(refusal_comes_back)
{
	static const char only_80[] =
		P("x", "in",
		  APP("a") ",'policyTypes':['Ingress','Egress']" IN("{" PORTS(TCP(
			  80)) "}")) "," P("y", "out",
					   ALL ",'policyTypes':['Ingress','Egress'],'egress':[{" TO(
						   NS("")) "}]");

	net_enforce(&net, only_80, NULL, NP_FAULT_NONE);
	for (int i = 0; i < 3; i++) {
		struct probe p = { .src = YB, .dst = XA, .dial = XA, .dial_port = 80, .family = 4 };
		struct sockaddr_storage to;
		socklen_t len = dial_addr(&net, &p, &to);
		int fd = end_socket(&net, p.src, 4, SOCK_STREAM, 0, net.next_port++);

		ck_assert(connect(fd, (struct sockaddr *)&to, len) == 0 || errno == EINPROGRESS);
		ck_assert_int_eq(tcp_result(fd, ALLOW_MS), 0);
		close(fd);
	}
}
END_TEST

/*
 * S37 as this enforcer has it, and S36: what is connected stays connected through a change, in both
 * directions.
 */
START_TEST(connections_outlive_changes)
{
	struct probe p = { .src = YB, .dst = XA, .dial = XA, .dial_port = 80, .family = 6 };
	struct sockaddr_storage to;
	socklen_t len = dial_addr(&net, &p, &to);
	int server = end_socket(&net, XA, 6, SOCK_STREAM, 0, 80), client, accepted;
	char byte;

	net_enforce(&net, "", NULL, NP_FAULT_NONE);
	ck_assert_int_eq(listen(server, 8), 0);
	client = end_socket(&net, YB, 6, SOCK_STREAM, 0, net.next_port++);
	ck_assert(connect(client, (struct sockaddr *)&to, len) == 0 || errno == EINPROGRESS);
	ck_assert_int_eq(tcp_result(client, ALLOW_MS), 1);
	ck_assert(readable(server, ALLOW_MS));
	accepted = accept(server, NULL, NULL);
	ck_assert_int_ge(accepted, 0);
	net_enforce(&net,
		    DENY_IN("x", "i") "," DENY_OUT("x", "o") "," DENY_IN("y", "i") "," DENY_OUT(
			    "y", "o"),
		    NULL, NP_FAULT_NONE);
	ck_assert_int_eq(send(client, "a", 1, MSG_NOSIGNAL), 1);
	ck_assert(readable(accepted, ALLOW_MS) && recv(accepted, &byte, 1, 0) == 1);
	ck_assert_int_eq(send(accepted, "b", 1, MSG_NOSIGNAL), 1);
	ck_assert(readable(client, ALLOW_MS) && recv(client, &byte, 1, 0) == 1);
	close(accepted);
	close(client);
	close(server);
}
END_TEST

static Suite *packets_suite(void)
{
	Suite *suite = suite_create("enforcer packets");
	TCase *tc = tcase_create("enforcer packets");

	tcase_set_timeout(tc, 0); /* not forked: the bounds are those of the probes */
	tcase_add_loop_test(tc, matrices, 0, (int)NP_ARRAY_SIZE(worlds));
	tcase_add_test(tc, refusal_comes_back);
	tcase_add_test(tc, connections_outlive_changes);
	tcase_add_loop_test(tc, faults, 0, (int)NP_ARRAY_SIZE(fault_cases));
	suite_add_tcase(suite, tc);
	return suite;
}

int main(void)
{
	struct np_err err;
	SRunner *sr;
	int n_failed;

	if (net_init(&net, &err) < 0) {
		char text[NP_ERR_TEXT_MAX];

		printf("skipped: %s\n", np_err_text(&err, text, sizeof(text)));
		net_release(&net);
		return err.code == NP_EENV || err.code == NP_EIO ? 77 : EXIT_FAILURE;
	}
	sr = srunner_create(packets_suite());
	srunner_set_fork_status(sr, CK_NOFORK);
	srunner_run_all(sr, CK_ENV);
	n_failed = srunner_ntests_failed(sr);
	srunner_free(sr);
	net_release(&net);
	return n_failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
