/*
 * test_campaign.c - the parts of a live campaign that need no cluster: epochs that a seed repeats,
 * journals that a kill cuts off, containers that end, logs that complain again and again, processes
 * that die.
 */
#include <fcntl.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "../../campaign/agents.h"
#include "../../campaign/feed.h"
#include "../../campaign/journal.h"
#include "../suite.h"
#include "np/base/json.h"
#include "np/parse/validate.h"

/* ---- feed ---- */

static json_t *epoch(uint64_t seed, unsigned n, const json_t *live)
{
	const struct feed_plan plan = {
		.seed = seed, .epoch = n, .n_ops = 30, .max_live = 40, .live = live
	};

	return feed_epoch(&plan);
}

START_TEST(a_seed_repeats_its_epochs)
{
	json_t *none = json_array(), *a = epoch(7, 3, none), *b = epoch(7, 3, none),
	       *c = epoch(7, 4, none), *d = epoch(8, 3, none);

	ck_assert_uint_eq(json_array_size(a), 30);
	ck_assert(json_equal(a, b));
	ck_assert(!json_equal(a, c));
	ck_assert(!json_equal(a, d));
	json_decref(a);
	json_decref(b);
	json_decref(c);
	json_decref(d);
	json_decref(none);
}
END_TEST

/* An object is of the namespace that it is sent to, also one that replaces another. */
START_TEST(operations_are_of_one_namespace)
{
	json_t *live = json_array(), *ops, *op;
	unsigned n_applied = 0;
	size_t i;

	for (unsigned n = 1; n < 30; n++) {
		ops = epoch(7, n, live);
		json_array_foreach(ops, i, op) {
			if (!json_object_get(op, "object"))
				continue;
			n_applied++;
			ck_assert_str_eq(np_json_str(op, "namespace", "?"),
					 np_json_str(op, "object/metadata/namespace", ""));
			ck_assert_str_eq(np_json_str(op, "name", "?"),
					 np_json_str(op, "object/metadata/name", ""));
		}
		json_decref(ops);
	}
	ck_assert_uint_gt(n_applied, 300);
	json_decref(live);
}
END_TEST

START_TEST(a_server_would_accept_the_policies)
{
	const struct np_validate_opts opts = { .mode = NP_DECODE_API_JSON, .ns = "a" };
	unsigned n = 0, accepted = 0;
	struct np_rng rng;

	np_rng_seed(&rng, 3);
	for (; n < 1000; n++) {
		json_t *p = np_json_pack("{s:s, s:s, s:{s:s}, s:o}", "apiVersion",
					 "networking.k8s.io/v1", "kind", "NetworkPolicy",
					 "metadata", "name", "x", "spec", feed_spec(&rng));
		struct np_validations v = { 0 };
		struct np_buf b = { 0 };

		np_json_dump(p, 0, &b);
		np_validate_text((struct np_str){ b.data, b.len }, &opts, &v);
		accepted += v.n == 1 && v.items[0].stage == NP_STAGE_ACCEPT;
		np_validations_release(&v);
		np_buf_release(&b);
		json_decref(p);
	}
	ck_assert_msg(accepted * 100 >= n * 95, "%u of %u", accepted, n);
}
END_TEST

static const struct {
	const char *spec, *pattern;
	bool holds;
} holding[] = {
	{ "{\"ingress\":[{\"ports\":[{},{\"port\":1}]}]}", "{\"ingress\":[{\"ports\":[{}]}]}",
	  true },
	{ "{\"ingress\":[{\"ports\":[{\"port\":1}]}]}", "{\"ingress\":[{\"ports\":[{}]}]}", false },
	{ "{\"ingress\":[{\"ports\":[{\"port\":\"a\"}],\"from\":[]}]}",
	  "{\"ingress\":[{\"ports\":[{\"port\":\"a\"}]}]}", true },
	{ "{\"egress\":[{}]}", "{\"ingress\":[{}]}", false },
	{ "{\"a\":1}", "{\"a\":2}", false },
	{ "{\"a\":1}", "{\"a\":80}", true },
	{ "{\"port\":\"web\"}", "{\"port\":\"a\"}", true },
	{ "{\"port\":7}", "{\"port\":\"a\"}", false },
	{ "{\"cidr\":\"10.1.0.0/16\"}", "{\"cidr\":\"0.0.0.0/0\"}", false },
	{ "{\"namespaceSelector\":{\"matchLabels\":{\"q\":\"r\"}}}", "{\"namespaceSelector\":{}}",
	  true },
};

START_TEST(known_shapes_are_known)
{
	for (size_t i = 0; i < NP_ARRAY_SIZE(holding); i++) {
		json_t *spec = np_json_parse(holding[i].spec, strlen(holding[i].spec), NULL),
		       *pattern =
			       np_json_parse(holding[i].pattern, strlen(holding[i].pattern), NULL);

		ck_assert_msg(feed_holds(spec, pattern) == holding[i].holds, "%zu", i);
		json_decref(spec);
		json_decref(pattern);
	}
}
END_TEST

/* ---- journal ---- */

START_TEST(a_journal_is_taken_up_where_it_was_cut_off)
{
	char *dir = scratch_dir();
	np_auto_free char *path = np_xasprintf("%s/journal.ndjson", dir);
	struct journal j;
	struct journal_state s;
	struct np_err err = { 0 };
	FILE *f;

	ck_assert_int_eq(journal_open(&j, dir, &err), 0);
	journal_put_take(&j,
			 np_json_pack("{s:s, s:s, s:i, s:s}", "type", "campaign", "id", "abc",
				      "seed", 9, "context", "mine"),
			 &err);
	journal_put_take(&j,
			 np_json_pack("{s:s, s:i, s:[{s:s}]}", "type", "epoch", "epoch", 1, "ops",
				      "op", "x"),
			 &err);
	journal_put_take(&j,
			 np_json_pack("{s:s, s:i, s:[{s:s}]}", "type", "answers", "epoch", 1,
				      "live", "name", "n"),
			 &err);
	journal_put_take(&j, np_json_pack("{s:s, s:s}", "type", "finding", "key", "0123456789ab"),
			 &err);
	journal_put_take(&j,
			 np_json_pack("{s:s, s:i, s:[{s:s}]}", "type", "epoch", "epoch", 2, "ops",
				      "op", "y"),
			 &err);
	journal_close(&j);
	f = fopen(path, "a");
	ck_assert_ptr_nonnull(f);
	fputs("{\"type\":\"answ", f);
	fclose(f);
	ck_assert_msg(journal_read(dir, &s, &err) == 0, "%s", err.msg);
	ck_assert_str_eq(s.id, "abc");
	ck_assert_str_eq(s.context, "mine");
	ck_assert_uint_eq(s.next_epoch, 2);
	ck_assert_uint_eq(json_array_size(s.live), 1);
	ck_assert_uint_eq(json_array_size(s.keys), 1);
	ck_assert_str_eq(np_json_str(json_array_get(s.unfinished, 0), "op", ""), "y");
	journal_state_release(&s);
	ck_assert_int_lt(journal_read("/nowhere", &s, &err), 0);
	ck_assert(err.code == NP_ENOTFOUND);
	scratch_remove(dir);
}
END_TEST

START_TEST(a_full_disk_is_said_before_anything_is_sent)
{
	struct journal j = { .fd = open("/dev/full", O_WRONLY | O_CLOEXEC),
			     .path = np_xstrdup("/dev/full") };
	struct np_err err = { 0 };

	ck_assert_int_ge(j.fd, 0);
	ck_assert_int_lt(journal_put_take(&j, json_object(), &err), 0);
	ck_assert(err.code == NP_EIO);
	ck_assert_ptr_nonnull(strstr(err.msg, "No space left"));
	journal_close(&j);
}
END_TEST

/* ---- pods ---- */

static const struct {
	const char *before, *after;
	bool ended;
	const char *kind, *type; /* of the report; NULL: none */
} statuses[] = {
	{ "{\"name\":\"c\",\"restartCount\":1,\"state\":{\"running\":{}}}",
	  "{\"name\":\"c\",\"restartCount\":1,\"state\":{\"running\":{}}}", false, NULL, NULL },
	{ "{\"name\":\"c\",\"restartCount\":1,\"state\":{\"running\":{}}}",
	  "{\"name\":\"c\",\"restartCount\":2,\"state\":{\"running\":{}},\"lastState\":{"
	  "\"terminated\":{\"exitCode\":2,\"reason\":\"Error\"}}}",
	  true, "crash", "go-panic" },
	{ "{\"name\":\"c\",\"restartCount\":1,\"state\":{\"running\":{}}}",
	  "{\"name\":\"c\",\"restartCount\":1,\"state\":{\"terminated\":{\"exitCode\":137,"
	  "\"reason\":\"OOMKilled\"}}}",
	  true, "oom", "oom-killed" },
	{ "{\"name\":\"c\",\"restartCount\":1,\"state\":{\"running\":{}}}",
	  "{\"name\":\"c\",\"restartCount\":2,\"state\":{\"running\":{}},\"lastState\":{"
	  "\"terminated\":{\"exitCode\":143,\"reason\":\"Error\"}}}",
	  true, NULL, NULL },
	{ "{\"name\":\"c\",\"restartCount\":1,\"state\":{\"running\":{}}}",
	  "{\"name\":\"c\",\"restartCount\":2,\"state\":{\"waiting\":{\"reason\":"
	  "\"CrashLoopBackOff\"}},\"lastState\":{\"terminated\":"
	  "{\"exitCode\":139,\"reason\":\"Error\"}}}",
	  true, "crash", "signal:SIGSEGV" },
};

START_TEST(containers_that_end)
{
	for (size_t i = 0; i < NP_ARRAY_SIZE(statuses); i++) {
		struct agent g = { .restarts = -1, .component = "cni-agent" };
		json_t *before =
			       np_json_parse(statuses[i].before, strlen(statuses[i].before), NULL),
		       *after = np_json_parse(statuses[i].after, strlen(statuses[i].after), NULL),
		       *pod = json_object(), *bugs = json_array();

		ck_assert(!agents_take_status(&g, pod, before, bugs));
		ck_assert_msg(agents_take_status(&g, pod, after, bugs) == statuses[i].ended, "%zu",
			      i);
		ck_assert_msg(json_array_size(bugs) == (statuses[i].kind != NULL), "%zu", i);
		if (statuses[i].kind) {
			ck_assert_str_eq(np_json_str(json_array_get(bugs, 0), "kind", ""),
					 statuses[i].kind);
			ck_assert_str_eq(np_json_str(json_array_get(bugs, 0), "type", ""),
					 statuses[i].type);
		}
		/* The same status again is no news. */
		ck_assert(!agents_take_status(&g, pod, after, bugs));
		json_decref(before);
		json_decref(after);
		json_decref(pod);
		json_decref(bugs);
	}
}
END_TEST

/* A watch shows an end twice: terminated, then running again; and a second one is another. */
START_TEST(an_end_is_told_once)
{
	static const struct {
		const char *status;
		bool ended;
	} changes[] = {
		{ "{\"name\":\"c\",\"restartCount\":0,\"state\":{\"running\":{}}}", false },
		{ "{\"name\":\"c\",\"restartCount\":0,\"state\":{\"terminated\":"
		  "{\"exitCode\":2,\"containerID\":\"x://1\"}}}",
		  true },
		{ "{\"name\":\"c\",\"restartCount\":1,\"state\":{\"running\":{}},\"lastState\":"
		  "{\"terminated\":{\"exitCode\":2,\"containerID\":\"x://1\"}}}",
		  false },
		{ "{\"name\":\"c\",\"restartCount\":2,\"state\":{\"running\":{}},\"lastState\":"
		  "{\"terminated\":{\"exitCode\":2,\"containerID\":\"x://2\"}}}",
		  true },
	};
	struct agent g = { .restarts = -1, .component = "cni-agent" };
	json_t *pod = json_object(), *bugs = json_array();

	for (size_t i = 0; i < NP_ARRAY_SIZE(changes); i++) {
		json_t *status = np_json_parse(changes[i].status, strlen(changes[i].status), NULL);

		ck_assert_msg(agents_take_status(&g, pod, status, bugs) == changes[i].ended, "%zu",
			      i);
		json_decref(status);
	}
	ck_assert_uint_eq(json_array_size(bugs), 2);
	json_decref(pod);
	json_decref(bugs);
}
END_TEST

/* ---- logs ---- */

static size_t complain(struct agents *a, struct agent *g, unsigned times, json_t *bugs)
{
	struct np_buf b = { 0 };

	for (unsigned i = 0; i < times; i++)
		np_buf_printf(&b,
			      "2026-03-14 09:26:53.589 [ERROR][88] sets.go 88: ipset restore "
			      "failed for npf-%06u attempt=%u\n",
			      i, i);
	agents_read_piece(a, g, (struct np_str){ b.data, b.len }, bugs);
	np_buf_release(&b);
	return json_array_size(bugs);
}

/* What agents say of what goes well, or takes its time, is no complaint however often. */
START_TEST(talk_is_no_complaint)
{
	static const char *const lines[] = {
		"INFO: 2026/11/23 19:42:28.200434 creating ipset: &npc.selectorSpec{key:\"app=db\"}\n",
		"2026-11-23 19:26:53.589 [WARNING][88] felix/table.go 88: Updating nftables took >1s "
		"applyTime=1.3s table=\"calico\"\n",
		"I1123 18:57:04.206109 113 network_policy_controller.go:169] running "
		"iptables-restore\n",
	};
	struct agents a = { 0 };
	json_t *bugs = json_array();

	agents_add_process(&a, "/nonexistent/pid", NULL, "agent");
	for (size_t i = 0; i < 20 * NP_ARRAY_SIZE(lines); i++)
		agents_read_piece(&a, &a.items[0],
				  np_str_from(lines[i % NP_ARRAY_SIZE(lines)]), bugs);
	ck_assert_uint_eq(json_array_size(bugs), 0);
	agents_release(&a);
	json_decref(bugs);
}
END_TEST

START_TEST(complaints_count_when_they_repeat_and_are_new)
{
	struct agents a = { 0 }, usual = { .quiet = true };
	struct agent g = { .component = "agent" };
	json_t *bugs = json_array();

	ck_assert_uint_eq(complain(&a, &g, STUCK_REPEATS - 1, bugs), 0);
	ck_assert_uint_eq(complain(&a, &g, 1, bugs), 1);
	ck_assert_str_eq(np_json_str(json_array_get(bugs, 0), "kind", ""), "stuck");
	ck_assert_uint_eq(complain(&a, &g, 50, bugs), 1); /* told once */
	json_array_clear(bugs);
	complain(&usual, &g, 3, bugs);
	usual.quiet = false;
	ck_assert_uint_eq(complain(&usual, &g, 50, bugs), 0);
	json_decref(bugs);
	np_buf_release(&g.tail);
	agents_release(&a);
	agents_release(&usual);
}
END_TEST

/* ---- processes ---- */

static void put(const char *path, const char *text, const char *mode)
{
	FILE *f = fopen(path, mode);

	ck_assert_ptr_nonnull(f);
	fputs(text, f);
	fclose(f);
}

/* A log that is never silent is read in pieces; a report that one of them cuts is whole all the same. */
START_TEST(reports_in_two_pieces)
{
	static const char text[] =
		"I am a line\npanic: a b\n\ngoroutine 1 [running]:\nmain.one()\n\t/src/a.go:1 +0x1\n"
		"main.two()\n\t/src/a.go:2 +0x1\nI am another\n";
	struct agents a = { 0 };

	for (size_t cut = 0; cut < sizeof(text) - 1; cut++) {
		struct agent g = { .component = "agent" };
		json_t *bugs = json_array();

		agents_read_on(&a, &g, (struct np_str){ text, cut }, bugs);
		agents_read_on(&a, &g, (struct np_str){ text + cut, sizeof(text) - 1 - cut }, bugs);
		agents_read_piece(&a, &g, NP_STR_NONE, bugs);
		ck_assert_msg(json_array_size(bugs) == 1, "%zu at %zu", json_array_size(bugs), cut);
		ck_assert_msg(json_array_size(json_object_get(json_array_get(bugs, 0), "stack")) == 2, "%zu",
			      cut);
		json_decref(bugs);
		np_buf_release(&g.tail);
	}
	free(a.stuck);
}
END_TEST

/* The child of a child takes it, as behind a shell; told once, and again after everything was cleared. */
START_TEST(memory_that_grows)
{
	char *dir = scratch_dir();
	np_auto_free char *pid_file = np_xasprintf("%s/pid", dir);
	np_auto_free char *pid_text = NULL;
	struct agents a = { .quiet = true };
	json_t *bugs = json_array();
	size_t n = (size_t)600 << 20;
	int go[2], done[2];
	char c = 0;
	pid_t pid;

	ck_assert(pipe(go) == 0 && pipe(done) == 0);
	pid = fork();
	if (pid == 0) {
		pid_t child = fork();

		if (child == 0) {
			char *p;

			close(go[1]);
			if (read(go[0], &c, 1) == 1) {
				p = mmap(NULL, n, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
				for (size_t i = 0; p != MAP_FAILED && i < n; i += 4096)
					p[i] = 1;
			}
			_exit(write(done[1], "x", 1) == 1 && read(go[0], &c, 1) == 0 ? 0 : 1);
		}
		close(go[1]);
		waitpid(child, NULL, 0);
		_exit(0);
	}
	close(go[0]);
	pid_text = np_xasprintf("%d\n", pid);
	put(pid_file, pid_text, "w");
	agents_add_process(&a, pid_file, NULL, "agent");
	ck_assert_int_eq(agents_look(&a, bugs, NULL), 0);
	a.quiet = false;
	ck_assert_int_eq(agents_look(&a, bugs, NULL), 0);
	ck_assert_uint_eq(json_array_size(bugs), 0);
	ck_assert(write(go[1], "x", 1) == 1 && read(done[0], &c, 1) == 1);
	for (int i = 0; i < 2; i++)
		ck_assert_int_eq(agents_look(&a, bugs, NULL), 0);
	ck_assert_uint_eq(json_array_size(bugs), 1);
	ck_assert_str_eq(np_json_str(json_array_get(bugs, 0), "kind", ""), "oom");
	agents_forget_stuck(&a);
	ck_assert_int_eq(agents_look(&a, bugs, NULL), 0);
	ck_assert_uint_eq(json_array_size(bugs), 2);
	close(go[1]);
	waitpid(pid, NULL, 0);
	close(done[0]);
	close(done[1]);
	agents_release(&a);
	json_decref(bugs);
	scratch_remove(dir);
}
END_TEST

START_TEST(processes_that_end)
{
	char *dir = scratch_dir();
	np_auto_free char *pid_file = np_xasprintf("%s/pid", dir),
			  *log = np_xasprintf("%s/log", dir);
	np_auto_free char *pid_text = NULL;
	struct agents a = { 0 };
	json_t *bugs = json_array();
	pid_t pid = fork();

	if (pid == 0) {
		pause();
		_exit(0);
	}
	pid_text = np_xasprintf("%d\n", pid);
	put(pid_file, pid_text, "w");
	put(log, "panic: long ago\n", "w");
	agents_add_process(&a, pid_file, log, "agent");
	ck_assert_uint_eq(agents_down(&a), 0);
	ck_assert_int_eq(agents_look(&a, bugs, NULL), 0);
	ck_assert_uint_eq(json_array_size(bugs), 0);
	/* A panic that it lives through is one report, its end another: not said by the log. */
	put(log, "E0314 09:26:53.589793       1 runtime.go:79] Observed a panic: x\n", "a");
	ck_assert_int_eq(agents_look(&a, bugs, NULL), 0);
	ck_assert_uint_eq(json_array_size(bugs), 1);
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
	json_array_clear(bugs);
	ck_assert_int_eq(agents_look(&a, bugs, NULL), 0);
	ck_assert_uint_eq(json_array_size(bugs), 1);
	ck_assert_str_eq(np_json_str(json_array_get(bugs, 0), "type", ""), "ended");
	ck_assert_uint_eq(agents_down(&a), 1);
	json_decref(bugs);
	agents_release(&a);
	scratch_remove(dir);
}
END_TEST

RUN_TESTS("campaign", a_seed_repeats_its_epochs, operations_are_of_one_namespace,
	  a_server_would_accept_the_policies, known_shapes_are_known,
	  a_journal_is_taken_up_where_it_was_cut_off, a_full_disk_is_said_before_anything_is_sent,
	  containers_that_end, an_end_is_told_once, complaints_count_when_they_repeat_and_are_new,
	  talk_is_no_complaint, reports_in_two_pieces,
	  memory_that_grows, processes_that_end)
