/*
 * test_score.c - cases on the model CNI: the right model passes every case of the suites; cases
 * made for one mutant each kill it; a mutant that nothing meets is told as a survivor.
 */
#include "np/parse/casefile.h"
#include "np/run/score.h"
#include "../suite.h"

#define WORLD                                                                                      \
	"world: w\nports: [TCP:80, TCP:81]\n" NAMESPACE("x", "team: red")                          \
		NAMESPACE("z", "team: blue") POD("x", "a", "app: web") POD("x", "b", "app: db")    \
			POD("z", "a", "app: web") POD("z", "b", "app: db")

#define NAMESPACE(name, labels)                                                                    \
	"---\napiVersion: v1\nkind: Namespace\nmetadata: {name: " name ", labels: {" labels "}}\n"
#define POD_WITH(ns, name, labels, more, port)                                                     \
	"---\napiVersion: v1\nkind: Pod\nmetadata: {name: " name ", namespace: " ns                \
	", labels: {" labels "}" more "}\n"                                                        \
	"spec: {containers: [{name: c, ports: [{name: web, containerPort: " port "}]}]}\n"
#define POD(ns, name, labels) POD_WITH(ns, name, labels, "", "80")
#define POD_AT(ns, name, labels, ip)                                                               \
	POD_WITH(ns, name, labels, ", annotations: {netpolcheck/pod-ips: \"" ip "\"}", "80")
#define POLICY(ns, name, spec)                                                                     \
	"---\napiVersion: networking.k8s.io/v1\nkind: NetworkPolicy\n"                             \
	"metadata: {name: " name ", namespace: " ns "}\nspec: {" spec "}\n"
#define DENY(ns, name) POLICY(ns, name, "podSelector: {}, policyTypes: [Ingress]")
#define FROM(peer) "ingress: [{from: [" peer "]}]"
#define FROM_DB "podSelector: {}, " FROM("{podSelector: {matchLabels: {app: db}}}")
#define DB_EVERYWHERE "{namespaceSelector: {}, podSelector: {matchLabels: {app: db}}}"
#define DELETE(what) "---\ndelete: " what "\n"
#define LABEL(what, labels) "---\nlabel: " what "\nlabels: {" labels "}\n"
#define PATCH(what, with) "---\npatch: " what "\nwith: {" with "}\n"
#define FINISH(pod) PATCH("Pod " pod, "status: {phase: Succeeded}")
/* What is expected comes from the oracle here; the text is not looked at. */
#define SERVICE(ns, name, label, ports)                                                            \
	"---\napiVersion: v1\nkind: Service\nmetadata: {name: " name ", namespace: " ns "}\n"      \
	"spec: {selector: {" label "}, ports: [" ports "]}\n"
#define TO(peer, ports)                                                                            \
	"podSelector: {}, policyTypes: [Egress], egress: [{to: [" peer "], ports: [" ports "]}]"
#define EXPECT "---\nexpect: |\n  allow\n"

/* A case and a mutant that it is there to kill. */
static const struct {
	enum np_mutant mutant;
	const char *steps;
} killers[] = {
	{ NP_MUTANT_EXCEPT_AS_WRITTEN,
	  POLICY("x", "p",
		 "podSelector: {}, " FROM(
			 "{ipBlock: {cidr: 203.0.113.0/24, except: [203.0.113.10/28]}}")) EXPECT },
	{ NP_MUTANT_HOST_BITS_VOID,
	  POLICY("x", "p", "podSelector: {}, " FROM("{ipBlock: {cidr: 198.51.100.9/24}}")) EXPECT },
	{ NP_MUTANT_OVERLAP_STOPS,
	  POLICY("x", "p",
		 "podSelector: {}, " FROM(
			 "{ipBlock: {cidr: 203.0.113.0/24}}, {ipBlock: {cidr: 203.0.113.0/28}}"))
		  EXPECT DENY("z", "q") EXPECT },
	{ NP_MUTANT_BLOCKS_WITHOUT_SUBJECT,
	  POLICY("x", "p",
		 "podSelector: {matchLabels: {app: web}}, " FROM(
			 "{ipBlock: {cidr: 198.51.100.0/24}}, {ipBlock: {cidr: 203.0.113.0/24}}"))
		  DENY("x", "q") EXPECT },
	{ NP_MUTANT_DEFAULT_NS_SKIPPED, NAMESPACE("default", "a: b") POD("default", "p", "app: web")
						DENY("default", "q") EXPECT },
	{ NP_MUTANT_COMBINED_NEGATIVE,
	  POLICY("x", "p",
		 "podSelector: {}, " FROM("{namespaceSelector: {matchExpressions: [{key: team, "
					  "operator: NotIn, values: [red]}]}, "
					  "podSelector: {matchLabels: {app: db}}}")) EXPECT },
	{ NP_MUTANT_LABEL_RESERVED, POD("x", "w", "world: a") DENY("x", "p") EXPECT },
	{ NP_MUTANT_EMPTY_VALUE_STOPS,
	  POLICY("x", "p",
		 "podSelector: {matchExpressions: [{key: app, operator: In, values: [\"\", web]}]}")
		  POLICY("x", "q", "podSelector: {matchLabels: {app: db}}") EXPECT },
	{ NP_MUTANT_KEY_IN_NS,
	  NAMESPACE("z-in-ns-x", "a: b") POD("z-in-ns-x", "p", "app: web")
		  POLICY("x", "p-in-ns-z", FROM_DB) DENY("z-in-ns-x", "p") EXPECT },
	{ NP_MUTANT_KEY_JOINED, NAMESPACE("x-z", "a: b") POD("x-z", "p", "a: b") DENY("x", "z-q")
					DENY("x-z", "q") EXPECT },
	{ NP_MUTANT_KEY_HASH, POLICY("x", "pq", "podSelector: {matchLabels: {app: web}}") POLICY(
				      "x", "qp", "podSelector: {matchLabels: {app: db}}") EXPECT },
	{ NP_MUTANT_KEY_KIND,
	  POD_WITH("x", "w", "web: a", "", "80")
		  POLICY("x", "p",
			 "podSelector: {matchLabels: {web: a}}, ingress: [{ports: [{port: web}]}]")
			  EXPECT },
	{ NP_MUTANT_POD_KEY_PREFIX, NAMESPACE("a-x", "a: b") POD("a-x", "p-1", "app: a")
					    POD("x", "p-a-1", "app: a") DENY("x", "q") EXPECT },
	{ NP_MUTANT_POD_KEY_JOINED, NAMESPACE("x-q", "a: b") POD("x", "q-p", "app: a")
					    POD("x-q", "p", "app: b") DENY("x-q", "d") EXPECT },
	{ NP_MUTANT_BLOCK_SHARED, POLICY("x", "p",
					 "podSelector: {matchLabels: {app: web}}, " FROM(
						 "{ipBlock: {cidr: 203.0.113.0/24}}"))
					  POLICY("x", "q",
						 "podSelector: {matchLabels: {app: db}}, " FROM(
							 "{ipBlock: {cidr: 203.0.113.0/24}}"))
						  EXPECT DELETE("NetworkPolicy x/p") EXPECT },
	{ NP_MUTANT_POD_LONG,
	  POD("x", "a123456789-123456789-123456789-123456789-123456789-123456789-1234", "app: web")
		  DENY("x", "p") EXPECT },
	{ NP_MUTANT_NO_IP_VOIDS,
	  "---\napiVersion: v1\nkind: Pod\nmetadata: {name: w, namespace: x, labels: {app: web}}\n"
	  "spec: {containers: [{name: c}]}\nstatus: {phase: Pending, podIPs: []}\n" DENY("x", "p")
		  EXPECT },
	{ NP_MUTANT_DUPLICATE_STOPS,
	  POLICY("x", "p", "podSelector: {}, " FROM("{podSelector: {}}, {podSelector: {}}"))
		  EXPECT DENY("z", "q") EXPECT },
	{ NP_MUTANT_DUAL_NO_UPDATE,
	  POLICY("x", "p",
		 "podSelector: {}, " FROM(
			 "{ipBlock: {cidr: 203.0.113.0/24}}, {ipBlock: {cidr: \"2001:db8::/32\"}}"))
		  EXPECT DENY("x", "p") EXPECT },
	{ NP_MUTANT_LAST_LABEL_STOPS, LABEL("Pod x/a", "tier: one") EXPECT LABEL(
					      "Pod x/a", "tier: null") DENY("x", "p") EXPECT },
	{ NP_MUTANT_FINISHED_PEERS,
	  POLICY("x", "p", FROM_DB) POD_AT("x", "old", "app: db", "10.250.0.7")
		  EXPECT FINISH("x/old") POD_AT("z", "new", "app: none", "10.250.0.7") EXPECT },
	{ NP_MUTANT_FINISHED_OWNS,
	  DENY("x", "p") POD_AT("x", "old", "app: db", "10.250.0.7") EXPECT FINISH("x/old")
		  POD_AT("x", "new", "app: none", "10.250.0.7") EXPECT },
	{ NP_MUTANT_FINISHED_DELETE,
	  POLICY("x", "p", FROM_DB) POD_AT("x", "old", "app: none", "10.250.0.7")
		  EXPECT FINISH("x/old") POD_AT("x", "new", "app: db", "10.250.0.7")
			  EXPECT DELETE("Pod x/old") EXPECT },
	{ NP_MUTANT_FINISHED_SIBLING,
	  DENY("x", "p") POD_AT("x", "old", "app: none", "10.250.0.7") EXPECT FINISH("x/old")
		  POD_AT("x", "new", "app: db", "10.250.0.7") EXPECT DELETE("Pod x/old") EXPECT },
	{ NP_MUTANT_SHARED_IP_DIES,
	  POD_AT("x", "old", "app: none", "10.250.0.7") EXPECT FINISH("x/old")
		  POD_AT("x", "new", "app: db", "10.250.0.7") EXPECT },
	{ NP_MUTANT_OWNER_CACHE,
	  DENY("x", "p") POD_AT("x", "old", "app: none", "10.250.0.7") EXPECT DELETE("Pod x/old")
		  POD_AT("z", "new", "app: db", "10.250.0.7") EXPECT },
	{ NP_MUTANT_LATE_DELETE,
	  POLICY("x", "p", "podSelector: {}, " FROM(DB_EVERYWHERE))
		  POD_AT("x", "old", "app: none", "10.250.0.7") EXPECT DELETE("Pod x/old")
			  POD_AT("z", "new", "app: db", "10.250.0.7") EXPECT },
	{ NP_MUTANT_NO_REFCOUNT, POLICY("x", "p", "podSelector: {}, " FROM(DB_EVERYWHERE))
					 POD_AT("x", "old", "app: db", "10.250.0.7")
						 EXPECT POD_AT("z", "new", "app: db", "10.250.0.7")
							 DELETE("Pod x/old") EXPECT },
	{ NP_MUTANT_NEW_POD_RULELESS,
	  POLICY("x", "p", "podSelector: {matchLabels: {app: web}}, policyTypes: [Ingress]")
		  EXPECT POD("x", "new", "app: web") EXPECT },
	{ NP_MUTANT_FIRST_POLICY_UPDATED,
	  POLICY("x", "p", "podSelector: {}, policyTypes: [Egress]") DENY("x", "q")
		  EXPECT POD("x", "new", "app: web") EXPECT },
	{ NP_MUTANT_COMMON_OWNER,
	  POD("x", "w-1", "app: web") POD("x", "w-2", "app: web") DENY("x", "p") EXPECT },
	{ NP_MUTANT_NS_BY_POD,
	  POLICY("x", "p", "podSelector: {}, " FROM("{namespaceSelector: {}}"))
		  NAMESPACE("late", "team: red") POD("late", "new", "app: web") EXPECT },
	{ NP_MUTANT_RECREATED_RULES_STAY,
	  POLICY("x", "p", FROM_DB) EXPECT DELETE("NetworkPolicy x/p") EXPECT DENY("x", "p")
		  EXPECT },
	{ NP_MUTANT_BORN_ISOLATED,
	  DENY("x", "p") EXPECT DELETE("NetworkPolicy x/p") POD("x", "new", "app: web") EXPECT },
	{ NP_MUTANT_NS_POLICIES_STAY, DENY("x", "p") EXPECT DELETE("Namespace x") NAMESPACE(
					      "x", "team: red") POD("x", "a", "app: web") EXPECT },
	{ NP_MUTANT_NS_BACK_DIES, DENY("z", "p") EXPECT DELETE("Namespace x") NAMESPACE(
					  "x", "team: red") POD("x", "a", "app: web") EXPECT },
	{ NP_MUTANT_NS_DELETE_DIES, DENY("z", "p") EXPECT DELETE("Namespace x") EXPECT },
	{ NP_MUTANT_SHRINK_UNISOLATES,
	  POLICY("x", "p",
		 "podSelector: {}, ingress: [{ports: [{port: 1}, {port: 2}, {port: 3}, {port: 4}, "
		 "{port: 5}, {port: 6}, "
		 "{port: 7}, {port: 8}, {port: 9}, {port: 10}, {port: 11}, {port: 12}, {port: 13}, "
		 "{port: 14}, {port: 15}, "
		 "{port: 16}, {port: 17}, {port: 18}, {port: 19}, {port: 20}, {port: 21}, {port: "
		 "22}, {port: 23}, {port: 24}, "
		 "{port: 25}]}]")
		  EXPECT POLICY("x", "p", "podSelector: {}, ingress: [{ports: [{port: 80}]}]")
			  EXPECT },
	{ NP_MUTANT_RULE_ID_COLLIDES,
	  POLICY("x", "p",
		 "podSelector: {}, ingress: [{ports: [{port: 1}]}, {ports: [{port: 2}]}, {ports: "
		 "[{port: 3}]}, "
		 "{ports: [{port: 4}]}, {ports: [{port: 5}]}, {ports: [{port: 6}]}, {ports: "
		 "[{port: 7}]}, {ports: [{port: 8}]}, "
		 "{ports: [{port: 9}]}, {ports: [{port: 10}]}, {ports: [{port: 11}]}, {ports: "
		 "[{port: 12}]}, {ports: [{port: 13}]}, "
		 "{ports: [{port: 14}]}, {ports: [{port: 15}]}, {ports: [{port: 16}]}, {ports: "
		 "[{port: 80}]}, {ports: [{port: 18}]}]") EXPECT },
	{ NP_MUTANT_SERVICE_UNFILTERED,
	  SERVICE("x", "s", "app: web", "{port: 80}") DENY("x", "p") EXPECT },
	{ NP_MUTANT_SERVICE_INGRESS_OPEN,
	  SERVICE("x", "s", "app: web", "{port: 80}") DENY("x", "p") EXPECT },
	{ NP_MUTANT_SERVICE_DROPPED,
	  SERVICE("x", "s", "app: web", "{port: 80}") POLICY("x", "p", FROM_DB) EXPECT },
	{ NP_MUTANT_SERVICE_IPS_PEERS,
	  SERVICE("x", "s", "app: web", "{port: 80}") POLICY(
		  "x", "p", TO("{podSelector: {matchLabels: {app: none}}}", "{port: 80}")) EXPECT },
	{ NP_MUTANT_SERVICE_ALL_PORTS,
	  SERVICE("x", "s", "app: web", "{name: a, port: 80}, {name: b, port: 81}")
		  POLICY("x", "p",
			 "podSelector: {}, policyTypes: [Egress], egress: [{ports: [{port: 80}]}]")
			  EXPECT },
	{ NP_MUTANT_SERVICE_ANY_BACKEND,
	  POD_WITH("x", "m", "app: many, one: a", "", "80") POD_WITH("x", "o", "app: many", "",
								     "81")
		  SERVICE("x", "s", "app: many", "{port: 80, targetPort: web}") POLICY(
			  "x", "p", TO("{podSelector: {matchLabels: {one: a}}}", "{port: 81}"))
			  EXPECT },
	{ NP_MUTANT_POD_LABELS_IGNORED,
	  POLICY("x", "p", FROM_DB) EXPECT LABEL("Pod x/a", "app: db") EXPECT },
	{ NP_MUTANT_RULES_RACE,
	  POLICY("x", "p",
		 "podSelector: {}, policyTypes: [Egress], egress: [{ports: [{port: 81}]}, "
		 "{to: [{podSelector: {matchLabels: {app: db}}}], ports: [{port: 80}]}]") EXPECT },
};

static struct np_play *play_of(const char *steps, struct np_case *c, struct np_worldfile *w)
{
	np_auto_free char *text = np_xasprintf(
		"case: t/t\ntitle: t\ncovers: [S01]\nneeds: [services]\nworld: w\n%s", steps);
	struct np_err err = { 0 };
	struct np_play *p;
	char msg[NP_ERR_TEXT_MAX];

	ck_assert_msg(np_worldfile_parse(np_str_from(WORLD), "w", false, w, &err) == 0, "%s",
		      np_err_text(&err, msg, sizeof(msg)));
	ck_assert_msg(np_casefile_parse(np_str_from(text), "t", false, c, &err) == 0, "%s: %s",
		      np_err_text(&err, msg, sizeof(msg)), steps);
	p = np_play_new(c, w, w->ports, w->n_ports, &err);
	ck_assert_msg(p != NULL, "%s", np_err_text(&err, msg, sizeof(msg)));
	return p;
}

/* Played right, and played with the mutant. */
static void play_both(const char *steps, enum np_mutant mutant)
{
	struct np_model *m = np_model_new();
	struct np_worldfile w;
	struct np_case c;
	struct np_play *p = play_of(steps, &c, &w);
	const char *name = np_mutant_row(mutant)->name;
	char text[256];

	ck_assert_msg(np_play_run(p, m, NULL) == NP_PLAY_PASSED, "the right model, %s: %s", name,
		      np_play_failure(p, text, sizeof(text)));
	ck_assert_msg(np_play_run(p, m, &(struct np_model_wrong){ .mutant = mutant }) !=
			      NP_PLAY_PASSED,
		      "%s is not noticed", name);
	np_play_free(p);
	np_case_release(&c);
	np_worldfile_release(&w);
	np_model_free(m);
}

START_TEST(cases_made_for_a_mutant_kill_it)
{
	play_both(killers[_i].steps, killers[_i].mutant);
}
END_TEST

static void load_suites(struct np_plan *ret)
{
	const struct np_plan_options po = { .suites_dir = "suites" };
	struct np_err err = { 0 };
	char msg[NP_ERR_TEXT_MAX];

	ck_assert_msg(np_plan_load(&po, ret, &err) == 0, "%s", np_err_text(&err, msg, sizeof(msg)));
}

static void score(const struct np_plan *plan, struct np_score *ret)
{
	const struct np_score_options so = { .mechanical = false };
	struct np_err err = { 0 };
	char msg[NP_ERR_TEXT_MAX];

	ck_assert_msg(np_score_run(plan, &so, ret, &err) == 0, "%s",
		      np_err_text(&err, msg, sizeof(msg)));
}

static bool has_killer(enum np_mutant mutant)
{
	for (size_t i = 0; i < NP_ARRAY_SIZE(killers); i++)
		if (killers[i].mutant == mutant)
			return true;
	return false;
}

/* Every case of every profile; and whatever they do not kill has a case above or a reason. */
START_TEST(suites_on_the_model)
{
	struct np_plan plan;
	struct np_score s;

	load_suites(&plan);
	score(&plan, &s);
	ck_assert_msg(s.n_disagreements == 0, "%zu cases; %s", s.n_disagreements, s.disagreement);
	ck_assert_uint_eq(s.n_rows, NP_N_MUTANTS - 1);
	ck_assert_uint_gt(s.n_cells, 100000);
	for (size_t i = 0; i < s.n_rows; i++)
		ck_assert_msg(s.rows[i].n_killed_by || np_mutant_open(s.rows[i].wrong.mutant) ||
				      has_killer(s.rows[i].wrong.mutant),
			      "nothing ever notices %s",
			      np_mutant_row(s.rows[i].wrong.mutant)->name);
	np_score_release(&s);
	np_plan_release(&plan);
}
END_TEST

/* A case without a policy notices nothing, and that is what the score says. */
START_TEST(what_nothing_kills_survives)
{
	struct np_worldfile w;
	struct np_case c;
	struct np_play *p = play_of(EXPECT, &c, &w);
	struct np_plan plan = { .cases = &c, .n_cases = 1, .worlds = &w, .n_worlds = 1 };
	struct np_score s;

	ck_assert_uint_gt(np_play_n_cells(p), 0);
	score(&plan, &s);
	for (size_t i = 0; i < s.n_rows; i++)
		ck_assert_msg(s.rows[i].n_killed_by == 0, "%s",
			      np_mutant_row(s.rows[i].wrong.mutant)->name);
	np_score_release(&s);
	np_play_free(p);
	np_case_release(&c);
	np_worldfile_release(&w);
}
END_TEST

/* A cell that is open is not asked: what only S19 decides kills nothing. */
START_TEST(open_cells_do_not_count)
{
	struct np_model *m = np_model_new();
	struct np_worldfile w;
	struct np_case c;
	struct np_play *p = play_of(
		POLICY("x", "p", "podSelector: {}, " FROM("{ipBlock: {cidr: 0.0.0.0/0}}")) EXPECT,
		&c, &w);

	ck_assert_int_eq(
		np_play_run(p, m, &(struct np_model_wrong){ .mutant = NP_MUTANT_BLOCK_NOT_PODS }),
		NP_PLAY_PASSED);
	ck_assert_int_eq(
		np_play_run(p, m,
			    &(struct np_model_wrong){ .mutant = NP_MUTANT_ZERO_CIDR_NOTHING }),
		NP_PLAY_WRONG);
	np_play_free(p);
	np_case_release(&c);
	np_worldfile_release(&w);
	np_model_free(m);
}
END_TEST

/* How it is told: a flow that is now right and now wrong, and an agent that died unnoticed. */
START_TEST(kinds_of_failure)
{
	struct np_model *m = np_model_new();
	struct np_worldfile w;
	struct np_case c;
	struct np_play *p = play_of(
		POLICY("x", "p",
		       "podSelector: {}, policyTypes: [Egress], egress: [{ports: [{port: 81}]}, "
		       "{to: [{podSelector: {matchLabels: {app: db}}}], ports: [{port: 80}]}]")
			EXPECT DELETE("NetworkPolicy x/p") DENY("x", "p") EXPECT,
		&c, &w);

	ck_assert_int_eq(
		np_play_run(p, m, &(struct np_model_wrong){ .mutant = NP_MUTANT_RULES_RACE }),
		NP_PLAY_RESTLESS);
	ck_assert_int_eq(
		np_play_run(p, m, &(struct np_model_wrong){ .mutant = NP_MUTANT_DIES_ON_DELETE }),
		NP_PLAY_WRONG);
	np_play_free(p);
	np_case_release(&c);
	np_worldfile_release(&w);
	p = play_of(DENY("x", "p") EXPECT DENY("x", "q") DELETE("NetworkPolicy x/q") EXPECT, &c,
		    &w);
	ck_assert_int_eq(
		np_play_run(p, m, &(struct np_model_wrong){ .mutant = NP_MUTANT_DIES_ON_DELETE }),
		NP_PLAY_CRASHED);
	np_play_free(p);
	np_case_release(&c);
	np_worldfile_release(&w);
	np_model_free(m);
}
END_TEST

static void run_on_model(const char *fault, const char *out, struct np_run_summary *ret)
{
	const char *const areas[] = { "suites/peers" };
	const struct np_run_options o = { .suites_dir = "suites",
					  .suites = areas,
					  .n_suites = 1,
					  .out_dir = out,
					  .fault = fault,
					  .profiles = { [NP_PROFILE_CORE] = true } };
	struct np_err err = { 0 };

	ck_assert_msg(np_run_on_model(&o, ret, &err) == 0, "%s", err.msg);
	ck_assert_str_eq(ret->dir, out);
}

/* The right model conforms, a wrong one does not, and the record says so. */
START_TEST(runs_on_the_model)
{
	char *dir = scratch_dir();
	np_auto_free char *right = np_xasprintf("%s/right", dir),
			  *wrong = np_xasprintf("%s/wrong", dir);
	np_auto_free char *record = np_xasprintf("%s/run.jsonl", wrong);
	struct np_run_summary sum;
	struct np_buf text = { 0 };
	struct np_err err = { 0 };

	run_on_model(NULL, right, &sum);
	ck_assert_uint_gt(sum.n_cases, 10);
	ck_assert_uint_eq(sum.by_result[NP_RUN_PASS], sum.n_cases);
	ck_assert_int_eq(np_run_exit(&sum), 0);
	run_on_model("peers-anded", wrong, &sum);
	ck_assert_uint_gt(sum.by_result[NP_RUN_FAIL], 0);
	ck_assert_int_eq(np_run_exit(&sum), 1);
	ck_assert(np_file_read(record, 1 << 20, &text, &err) == 0);
	ck_assert_ptr_nonnull(strstr(np_buf_text(&text), "\"kind\":\"model\""));
	ck_assert_ptr_nonnull(strstr(np_buf_text(&text), " expected\""));
	np_buf_release(&text);
	scratch_remove(dir);
}
END_TEST

START_TEST(model_refuses_what_it_has_not)
{
	static const struct np_run_options refused[] = {
		{ .kubeconfig = "f" }, { .in_cluster = true }, { .image = "i" },
		{ .inject = true },    { .external = "h" },    { .resume_dir = "d" },
		{ .waivers = "w" },    { .fault = "no-such" },
	};
	struct np_run_options o = refused[_i];
	struct np_run_summary sum;
	struct np_err err = { 0 };

	o.suites_dir = "suites";
	ck_assert_int_eq(np_run_on_model(&o, &sum, &err), -1);
	ck_assert_int_eq(err.code, NP_EUSAGE);
}
END_TEST

START_TEST(packets_need_a_known_fault)
{
	static const char *const names[] = { "except-ignored", "no-such" };
	struct np_run_options o = { .suites_dir = "suites" };
	struct np_packets s;
	struct np_err err = { 0 };

	ck_assert_int_eq(np_score_packets(&o, names, 2, &s, &err), -1);
	ck_assert_int_eq(err.code, NP_EUSAGE);
	ck_assert(np_clause_is_open(19) && !np_clause_is_open(17) &&
		  !np_clause_is_open(NP_CLAUSE_33B));
}
END_TEST

/* Names of rows at sites read as they are asked for. */
START_TEST(mechanical_rows_have_names)
{
	struct np_score_row row = { .wrong = { .site = NP_SITE_IN_CIDR, .op = NP_MX_NEGATE } };
	char name[NP_SITE_TEXT_MAX];

	ck_assert_str_eq(np_score_row_name(&row, name), "in-cidr:negated");
	row.wrong = (struct np_model_wrong){ .mutant = NP_MUTANT_EXCEPT_IGNORED };
	ck_assert_str_eq(np_score_row_name(&row, name), "except-ignored");
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("score");
	TCase *t = tcase_create("score");

	tcase_set_timeout(t, 60);
	tcase_add_loop_test(t, cases_made_for_a_mutant_kill_it, 0, NP_ARRAY_SIZE(killers));
	tcase_add_test(t, suites_on_the_model);
	tcase_add_test(t, what_nothing_kills_survives);
	tcase_add_test(t, open_cells_do_not_count);
	tcase_add_test(t, kinds_of_failure);
	tcase_add_test(t, runs_on_the_model);
	tcase_add_loop_test(t, model_refuses_what_it_has_not, 0, 8);
	tcase_add_test(t, packets_need_a_known_fault);
	tcase_add_test(t, mechanical_rows_have_names);
	suite_add_tcase(suite, t);
	return run_suite(suite);
}
