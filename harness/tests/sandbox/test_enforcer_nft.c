/*
 * The enforcer against nftables itself: what it compiles is accepted, however it is cut; and its
 * threads follow the store. Needs user and network namespaces and nft; without them it is skipped
 * (77) with the reason.
 */
#include <sys/stat.h>

#include "../../sandbox/enforcer.h"
#include "../suite.h"
#include "enforcer_net.h"
#include "enforcer_random.h"

#define N_RANDOM 40
#define WAIT_MS 60000

static int home_fd; /* a namespace for the single rulesets */

static int run_nft(const char *const *argv, const struct np_buf *in, struct np_buf *out)
{
	struct np_err err;

	return np_proc_run(argv, in, WAIT_MS, out, out, &err);
}

static int collect(void *arg, const struct np_buf *document, struct np_err *err)
{
	(void)err;
	np_buf_clear(arg);
	np_buf_add(arg, document->data, document->len);
	return 0;
}

/* nft -c on the whole ruleset as one document. */
static void check_accepted(const struct np_ruleset *rules, const char *what,
			   unsigned long long seed)
{
	static const char *const argv[] = { "nft", "-c", "-j", "-f", "-", NULL };
	struct np_ruleset_state next = { .rs = rules, .gen = 1 }, none = { 0 };
	struct np_buf doc = { 0 }, out = { 0 };
	struct np_err err;
	bool switched;

	ck_assert_int_eq(
		np_ruleset_install(&next, &none, UINT32_MAX, collect, &doc, &switched, &err), 0);
	ck_assert_msg(run_nft(argv, &doc, &out) == 0, "%s, seed %llu: %s\n%s", what, seed,
		      np_buf_text(&out), np_buf_text(&doc));
	np_buf_release(&doc);
	np_buf_release(&out);
}

START_TEST(random_worlds)
{
	for (uint64_t seed = 1; seed <= N_RANDOM; seed++) {
		struct np_ruleset rules = { 0 };

		compile_random(seed, seed % 15, seed % 2 ? "n1" : "n2", NP_FAULT_NONE, &rules);
		check_accepted(&rules, "right", seed);
		np_ruleset_release(&rules);
	}
}
END_TEST

START_TEST(random_faults)
{
	for (int fault = NP_FAULT_NONE + 1; fault < NP_N_FAULTS; fault++) {
		struct np_ruleset rules = { 0 };

		compile_random(1000 + (uint64_t)fault, 8, "n1", (enum np_fault_id)fault, &rules);
		check_accepted(&rules, np_sandbox_faults()[fault - 1].name,
			       1000 + (unsigned long long)fault);
		np_ruleset_release(&rules);
	}
}
END_TEST

static void list_table(struct np_buf *out)
{
	static const char *const argv[] = { "nft", "list", "table", "inet", "npc", NULL };

	ck_assert_int_eq(run_nft(argv, NULL, out), 0);
}

/* Installs @n generations of random worlds and lists what is then there. */
static void install_all(unsigned budget, unsigned n, struct np_buf *ret)
{
	struct np_ruleset rules[4] = { 0 };
	struct np_ruleset_state current = { 0 };
	struct np_err err;

	for (unsigned g = 0; g < n; g++) {
		struct np_ruleset_state next = { .rs = &rules[g], .gen = g + 1 };
		bool switched;

		compile_random(50 + g, 10, "n1", NP_FAULT_NONE, &rules[g]);
		ck_assert_msg(np_ruleset_install(&next, &current, budget, net_nft, NULL, &switched,
						 &err) == 0,
			      "%s", err.msg);
		current = next;
	}
	list_table(ret);
	for (unsigned g = 0; g < n; g++)
		np_ruleset_release(&rules[g]);
}

START_TEST(cut_or_whole)
{
	struct np_buf whole = { 0 }, cut = { 0 };

	install_all(UINT32_MAX, 4, &whole);
	install_all(6000, 4, &cut);
	ck_assert_str_eq(np_buf_text(&whole), np_buf_text(&cut));
	ck_assert_ptr_nonnull(strstr(np_buf_text(&whole), "gate_4"));
	ck_assert_ptr_null(strstr(np_buf_text(&whole), "_3"));
	np_buf_release(&whole);
	np_buf_release(&cut);
}
END_TEST

/* Far beyond what one transaction of an ordinary user may hold. */
START_TEST(many_policies)
{
	struct np_ruleset rules = { 0 };
	struct np_ruleset_state next = { .rs = &rules, .gen = 1 }, none = { 0 };
	struct np_err err;
	bool switched;

	compile_random(99, 400, "n1", NP_FAULT_NONE, &rules);
	ck_assert_uint_gt(rules.n_cmds, 800);
	ck_assert_msg(np_ruleset_install(&next, &none, NP_RULESET_BUDGET, net_nft, NULL, &switched,
					 &err) == 0,
		      "%s", err.msg);
	np_ruleset_release(&rules);
}
END_TEST

/* --- threads --- */

struct sandbox {
	struct np_store *store;
	struct np_enforcer *enforcer;
	int fds[2];
};

static void store_cast(struct np_store *store, const struct cast *c)
{
	const json_t *const lists[] = { c->namespaces, c->nodes, c->pods };
	static const enum np_kind_id kinds[] = { NP_KIND_NAMESPACE, NP_KIND_NODE, NP_KIND_POD };
	struct np_err err;

	for (size_t l = 0; l < NP_ARRAY_SIZE(lists); l++) {
		json_t *object;
		size_t i;

		json_array_foreach(lists[l], i, object) {
			json_t *copy = json_deep_copy(object);

			json_object_del(json_object_get(copy, "metadata"), "resourceVersion");
			ck_assert_msg(np_store_create(store, kinds[l], copy, NULL, &err) == 0, "%s",
				      err.msg);
			json_decref(copy);
		}
	}
}

static void start(struct sandbox *s)
{
	static const char *const names[] = { "n1", "n2" };
	struct np_err err;
	struct cast c;

	s->store = np_store_new();
	for (int i = 0; i < 2; i++)
		ck_assert_int_eq(np_netns_new(NP_NETNS_ROUTER, &s->fds[i], &err), 0);
	ck_assert_int_eq(np_netns_enter(home_fd, &err), 0);
	cast_init(&c);
	store_cast(s->store, &c);
	cast_release(&c);
	s->enforcer = np_enforcer_new(s->store, names, s->fds, 2, NULL);
}

static void stop(struct sandbox *s)
{
	np_enforcer_free(s->enforcer);
	np_store_free(s->store);
	close(s->fds[0]);
	close(s->fds[1]);
}

/* The policy as the API stores it. */
static void store_policy(struct sandbox *s, const char *name, const char *spec)
{
	json_t *object = quotedf(
		"{'apiVersion':'networking.k8s.io/"
		"v1','kind':'NetworkPolicy','metadata':{'namespace':'x','name':'%s'},'spec':%s}",
		name, spec);
	struct np_err err;

	if (np_store_create(s->store, NP_KIND_NETWORKPOLICY, object, NULL, &err) < 0)
		ck_assert_msg(
			np_store_update(s->store, NP_KIND_NETWORKPOLICY, object, NULL, &err) == 0,
			"%s", err.msg);
	json_decref(object);
}

static void settle(struct sandbox *s)
{
	struct np_err err;

	ck_assert_msg(np_enforcer_wait(s->enforcer, np_store_revision(s->store), WAIT_MS, &err) ==
			      0,
		      "%s", err.msg);
}

/* The rules of node @i in the kernel hold @text. */
static bool rules_have(struct sandbox *s, int i, const char *text)
{
	struct np_buf out = { 0 };
	struct np_err err;
	bool has;

	ck_assert_int_eq(np_netns_enter(s->fds[i], &err), 0);
	list_table(&out);
	ck_assert_int_eq(np_netns_enter(home_fd, &err), 0);
	has = strstr(np_buf_text(&out), text) != NULL;
	np_buf_release(&out);
	return has;
}

#define DENY_ALL "{'podSelector':{},'policyTypes':['Ingress']}"
#define ALLOW_80                                                                                   \
	"{'podSelector':{},'policyTypes':['Ingress'],'ingress':[{'ports':[{'protocol':'TCP','"     \
	"port':80}]}]}"

START_TEST(follows_the_store)
{
	struct sandbox s;
	struct np_err err;

	start(&s);
	settle(&s);
	ck_assert(rules_have(&s, 0, "ct state") && !rules_have(&s, 0, "10.244.0.10 : jump"));
	store_policy(&s, "d", DENY_ALL);
	settle(&s);
	ck_assert(rules_have(&s, 0, "10.244.0.10 : jump") && !rules_have(&s, 0, "10.244.64.12") &&
		  rules_have(&s, 1, "10.244.64.12 : jump"));
	ck_assert(!rules_have(&s, 0, "dport 80"));
	store_policy(&s, "d", ALLOW_80);
	settle(&s);
	ck_assert(rules_have(&s, 0, "dport 80") && rules_have(&s, 1, "dport 80"));
	/* one that cannot be read does not stop the next */
	store_policy(&s, "broken",
		     "{'podSelector':{},'policyTypes':['Ingress'],'ingress':[{'from':[{'ipBlock':{'"
		     "cidr':'nonsense'}}]}]}");
	store_policy(&s, "e",
		     "{'podSelector':{},'policyTypes':['Ingress'],'ingress':[{'ports':[{'protocol':"
		     "'UDP','port':99}]}]}");
	settle(&s);
	ck_assert(rules_have(&s, 0, "udp dport 99"));
	ck_assert_int_eq(np_store_delete(s.store, NP_KIND_NETWORKPOLICY, "x", "d", NULL, &err), 0);
	ck_assert_int_eq(np_store_delete(s.store, NP_KIND_NETWORKPOLICY, "x", "e", NULL, &err), 0);
	settle(&s);
	ck_assert(!rules_have(&s, 0, "10.244.0.10 : jump") &&
		  !rules_have(&s, 1, "10.244.64.12 : jump"));
	stop(&s);
}
END_TEST

/*
 * Hundreds of changes in a row end in the last state, and cost far fewer transactions than changes.
 */
START_TEST(storm)
{
	struct sandbox s;
	struct np_buf out = { 0 };
	struct np_err err;
	unsigned gen = 0;

	start(&s);
	settle(&s);
	for (int i = 0; i < 300; i++)
		store_policy(&s, "d", i % 2 ? DENY_ALL : ALLOW_80);
	store_policy(&s, "d",
		     "{'podSelector':{},'policyTypes':['Ingress'],'ingress':[{'ports':[{'protocol':"
		     "'TCP','port':4321}]}]}");
	settle(&s);
	ck_assert(rules_have(&s, 0, "dport 4321") && rules_have(&s, 1, "dport 4321"));
	ck_assert_int_eq(np_netns_enter(s.fds[0], &err), 0);
	list_table(&out);
	ck_assert_int_eq(np_netns_enter(home_fd, &err), 0);
	ck_assert_int_eq(
		sscanf(strstr(np_buf_text(&out), "jump gate_") ?: "", "jump gate_%u", &gen), 1);
	ck_assert_uint_lt(gen, 200);
	np_buf_release(&out);
	stop(&s);
}
END_TEST

/* Nodes that cannot be entered make waiting end with a reason, and stopping is bounded. */
START_TEST(no_namespace)
{
	static const char *const names[] = { "n1" };
	struct np_store *store = np_store_new();
	int fd = open("/dev/null", O_RDONLY | O_CLOEXEC);
	struct np_enforcer *e = np_enforcer_new(store, names, &fd, 1, NULL);
	struct np_backoff b;
	struct np_err err;

	np_backoff_init(&b, 1000, 100000, WAIT_MS * 1000LL);
	do
		ck_assert_int_eq(np_enforcer_wait(e, np_store_revision(store), 1, &err), -1);
	while (!strstr(err.msg, "network namespace of node") && np_backoff_wait(&b));
	ck_assert_int_eq(err.code, NP_ETIMEOUT);
	ck_assert_msg(strstr(err.msg, "network namespace of node"), "%s", err.msg);
	np_enforcer_free(e);
	np_store_free(store);
	close(fd);
}
END_TEST

/* An nft that refuses every document with "dport" in it while the file `refuse` is there. */
static char *picky_nft(char *folder)
{
	static const char script[] = "#!/bin/sh\nPATH=$REAL_PATH\nin=$(cat)\n"
				     "case \"$in\" in *dport*) [ -e \"$PICKY/refuse\" ] && { echo "
				     "refused; exit 1; };; esac\n"
				     "printf '%s' \"$in\" | nft \"$@\"\n";
	char *path = np_xasprintf("%s/nft", folder), *flag = np_xasprintf("%s/refuse", folder);
	char *search = np_xasprintf("%s:%s", folder, getenv("PATH")),
	     *real = np_xasprintf("%s:/usr/sbin:/sbin", getenv("PATH"));
	struct np_err err;

	ck_assert_int_eq(np_file_write(path, script, strlen(script), 0755, &err), 0);
	ck_assert_int_eq(np_file_write(flag, "", 0, 0644, &err), 0);
	setenv("PICKY", folder, 1);
	setenv("REAL_PATH", real, 1);
	setenv("PATH", search, 1);
	free(search);
	free(real);
	free(path);
	return flag;
}

/*
 * When rules are refused again and again, the pods that policies isolate are closed, and opened as
 * they should be once the rules are accepted.
 */
START_TEST(closes_on_failure)
{
	char folder[] = "/tmp/np-enforcer-XXXXXX";
	struct np_backoff b;
	struct np_err err;
	struct sandbox s;
	char *flag, *path = np_xstrdup(getenv("PATH"));

	ck_assert_ptr_nonnull(mkdtemp(folder));
	flag = picky_nft(folder);
	start(&s);
	np_enforcer_forgo_library(s.enforcer);
	settle(&s);
	store_policy(&s, "d", ALLOW_80);
	np_backoff_init(&b, 10000, 200000, WAIT_MS * 1000LL);
	while (!rules_have(&s, 0, "10.244.0.10 : jump") && np_backoff_wait(&b))
		;
	ck_assert(rules_have(&s, 0, "10.244.0.10 : jump") && !rules_have(&s, 0, "dport"));
	ck_assert_int_eq(np_enforcer_wait(s.enforcer, np_store_revision(s.store), 1, &err), -1);
	ck_assert_msg(strstr(err.msg, "refused"), "%s", err.msg);
	ck_assert_int_eq(unlink(flag), 0);
	settle(&s);
	ck_assert(rules_have(&s, 0, "dport 80"));
	stop(&s);
	setenv("PATH", path, 1);
	ck_assert_int_eq(np_dir_remove(folder, &err), 0);
	free(flag);
	free(path);
}
END_TEST

static int prepare(struct np_err *err)
{
	static const char *const argv[] = { "nft", "list", "tables", NULL };

	if (net_unshare(err) < 0 || np_netns_new(NP_NETNS_ROUTER, &home_fd, err) < 0)
		return -1;
	return run_nft(argv, NULL, NULL) == 0 ? 0
					      : np_err_set(err, NP_EENV, "nft does not work here");
}

int main(void)
{
	static const TTest *const *const tests[] = {
		&random_worlds,	    &random_faults, &cut_or_whole, &many_policies,
		&follows_the_store, &storm,	    &no_namespace, &closes_on_failure,
	};
	Suite *suite;
	TCase *tc;
	struct np_err err;
	int status;

	if (prepare(&err) < 0) {
		char text[NP_ERR_TEXT_MAX];

		printf("skipped: %s\n", np_err_text(&err, text, sizeof(text)));
		return 77;
	}
	suite = suite_create("enforcer and nft");
	tc = tcase_create("enforcer and nft");
	tcase_set_timeout(tc, 300);
	for (size_t i = 0; i < NP_ARRAY_SIZE(tests); i++)
		tcase_add_test(tc, *tests[i]);
	suite_add_tcase(suite, tc);
	status = run_suite(suite);
	close(home_fd);
	return status;
}
