/* test_lint.c - each note where it belongs, and none where it does not. */
#include "np/parse/lint.h"
#include "np/parse/manifests.h"
#include "parse_test.h"

#define HEAD "apiVersion: networking.k8s.io/v1\nkind: NetworkPolicy\nmetadata: {name: "

/* "rule@line rule@line" of what is said about @text. */
static const char *lint(const char *text, const struct np_world *world)
{
	static char got[512];
	const struct np_validate_opts opts = { .file = "f", .fields = NP_FIELDS_IGNORE };
	struct np_lint *l = np_lint_new(world);
	const struct np_lint_note *notes;
	struct np_validations said;
	size_t n, at = 0;

	np_validate_text(np_str_from(text), &opts, &said);
	for (size_t i = 0; i < said.n; i++)
		np_lint_add(l, &said.items[i], opts.mode, "f");
	notes = np_lint_notes(l, &n);
	got[0] = '\0';
	for (size_t i = 0; i < n; i++)
		at += (size_t)snprintf(got + at, sizeof(got) - at, "%s%s@%u", i ? " " : "",
				       np_lint_rule_name(notes[i].rule), notes[i].place.line);
	np_lint_free(l);
	np_validations_release(&said);
	return got;
}

START_TEST(one_policy)
{
	static const struct {
		const char *spec, *want;
	} rows[] = {
		{ "podSelector: {}", "" },
		/* misspelt */
		{ "podselector: {}", "misspelt@4" },
		{ "podSelecter: {}", "misspelt@4" },
		{ "podSelector: {app: web}", "misspelt@4" },
		{ "podSelector: {matchLabel: {app: web}}", "misspelt@4" },
		{ "ingress: [{form: []}]", "misspelt@4" },
		{ "ingress: [{from: [{podSelector: {}, namespaceSelectors: {}}]}]", "misspelt@4" },
		{ "ingress: [{from: [{ipBlock: {cidr: 10.0.0.0/8, excepts: []}}]}]", "misspelt@4" },
		{ "ingress: [{port: []}]", "misspelt@4" },
		{ "ingress: [{ports: [{prot: TCP, endport: 5}]}]",
		  "misspelt@4 misspelt@4" },
		{ "policytypes: [Egress]", "misspelt@4" },
		{ "note: what it is for", "" },
		/* ineffective */
		{ "{ingress: [{}], policyTypes: [Ingress]}", "" },
		{ "{ingress: [{}], policyTypes: [Egress], egress: [{}]}", "ineffective@4" },
		{ "{egress: [{}], policyTypes: [Ingress]}", "ineffective@4" },
		{ "{egress: [{}]}", "" },
		/* dns */
		{ "{policyTypes: [Egress]}", "dns@1" },
		{ "{egress: [{ports: [{port: 443}]}]}", "dns@1" },
		{ "{egress: [{ports: [{port: 53}]}]}", "dns@1" },
		{ "{egress: [{ports: [{port: 53, protocol: UDP}]}]}", "" },
		{ "{egress: [{ports: [{protocol: UDP}]}]}", "" },
		{ "{egress: [{ports: [{port: 50, endPort: 60, protocol: UDP}]}]}", "" },
		{ "{egress: [{ports: [{port: dns, protocol: UDP}]}]}", "" },
		/* except-covers */
		{ "ingress: [{from: [{ipBlock: {cidr: 10.0.0.0/8, except: [10.0.0.0/9]}}]}]", "" },
		{ "ingress: [{from: [{ipBlock: {cidr: 10.0.0.0/8, except: [10.0.0.0/9, 10.128.0.0/9]}}]}]",
		  "except-covers@4" },
		{ "ingress: [{from: [{ipBlock: {cidr: 10.0.0.0/8, except: [10.0.0.0/9, 10.192.0.0/10, "
		  "10.128.0.0/10]}}]}]",
		  "except-covers@4" },
		{ "ingress: [{from: [{ipBlock: {cidr: '2001:db8::/32', except: ['2001:db8::/33', "
		  "'2001:db8:8000::/33']}}]}]",
		  "except-covers@4" },
		/* shadowed */
		{ "ingress: [{}, {ports: [{port: 80}]}]", "shadowed@4" },
		{ "ingress: [{ports: [{port: 80}]}, {ports: [{port: 81}]}]", "" },
		{ "ingress: [{ports: [{port: 80}]}, {ports: [{port: 80}]}]", "shadowed@4" },
		{ "ingress: [{ports: [{port: 1, endPort: 99}]}, {ports: [{port: 80}, {port: 8, endPort: 9}]}]",
		  "shadowed@4" },
		{ "ingress: [{ports: [{port: 1, endPort: 99}]}, {ports: [{port: 80, protocol: UDP}]}]", "" },
		{ "ingress: [{from: [{podSelector: {}}]}, {from: [{podSelector: {matchLabels: {a: b}}}]}]",
		  "shadowed@4" },
		{ "ingress: [{from: [{podSelector: {}}]}, {from: [{namespaceSelector: {}}]}]", "" },
		{ "ingress: [{from: [{namespaceSelector: {}}]}, {from: [{namespaceSelector: {matchLabels: {a: "
		  "b}}, podSelector: {}}]}]",
		  "shadowed@4" },
		{ "ingress: [{from: [{ipBlock: {cidr: 10.0.0.0/8}}]}, {from: [{ipBlock: {cidr: 10.1.0.0/16}}]}]",
		  "shadowed@4" },
		{ "ingress: [{from: [{ipBlock: {cidr: 10.0.0.0/8, except: [10.1.2.0/24]}}]}, {from: [{ipBlock: "
		  "{cidr: 10.1.0.0/16}}]}]",
		  "" },
		/* rejected: only the names are looked at */
		{ "{podselector: {}, ingress: [{ports: [{port: 0}]}, {}]}", "misspelt@4" },
	};

	for (size_t i = 0; i < NP_ARRAY_SIZE(rows); i++) {
		np_auto_free char *text = np_xasprintf(HEAD "p}\nspec:%s%s\n",
						       rows[i].spec[0] == '{' ? " " : " {",
						       rows[i].spec);
		np_auto_free char *closed = np_xasprintf("%.*s%s", (int)strlen(text) - 1, text,
							 rows[i].spec[0] == '{' ? "\n" : "}\n");

		ck_assert_msg(strcmp(lint(closed, NULL), rows[i].want) == 0, "%s: %s",
			      rows[i].spec, lint(closed, NULL));
	}
}
END_TEST

START_TEST(together)
{
	static const struct {
		const char *text, *want;
	} rows[] = {
		/* Another policy of the namespace lets DNS through. */
		{ HEAD "a}\nspec: {policyTypes: [Egress]}\n---\n" HEAD
		       "b}\nspec: {egress: [{ports: [{port: 53, protocol: UDP}]}]}\n",
		  "" },
		{ HEAD "a}\nspec: {policyTypes: [Egress]}\n---\n" HEAD
		       "b, namespace: x}\nspec: {egress: [{ports: [{port: 53, protocol: UDP}]}]}\n",
		  "dns@1" },
		{ HEAD "a}\nspec: {policyTypes: [Egress]}\n---\n" HEAD
		       "b}\nspec: {podSelector: {matchLabels: {a: b}}, egress: [{}]}\n",
		  "dns@1" },
		{ HEAD "a}\nspec: {}\n---\n" HEAD "a}\nspec: {ingress: [{}]}\n", "duplicate@6" },
		{ HEAD "a}\nspec: {}\n---\n" HEAD "b}\nspec: {podSelector: null}\n", "duplicate@6" },
		{ HEAD "a}\nspec: {}\n---\n" HEAD "a, namespace: x}\nspec: {}\n", "" },
	};

	for (size_t i = 0; i < NP_ARRAY_SIZE(rows); i++)
		ck_assert_msg(strcmp(lint(rows[i].text, NULL), rows[i].want) == 0, "row %zu: %s", i,
			      lint(rows[i].text, NULL));
}
END_TEST

START_TEST(in_a_world)
{
	static const char world_text[] =
		"apiVersion: v1\nkind: Namespace\nmetadata: {name: yy, labels: {team: blue}}\n---\n"
		"apiVersion: v1\nkind: Pod\nmetadata: {name: a, labels: {app: web}}\nspec: {containers: []}\n---\n"
		"apiVersion: v1\nkind: Pod\nmetadata: {name: b, namespace: yy, labels: {app: db}}\nspec: {containers: "
		"[]}\n";
	static const struct {
		const char *spec, *want;
	} rows[] = {
		{ "{podSelector: {matchLabels: {app: web}}}", "" },
		{ "{podSelector: {matchLabels: {app: db}}}", "selects-nothing@4" },
		{ "{podSelector: {matchExpressions: [{key: app, operator: NotIn, values: [db]}]}}", "" },
		{ "{podSelector: {matchExpressions: [{key: app, operator: DoesNotExist}]}}",
		  "selects-nothing@4" },
		{ "{ingress: [{from: [{podSelector: {matchLabels: {app: db}}}]}]}", "selects-nothing@4" },
		{ "{ingress: [{from: [{namespaceSelector: {matchLabels: {team: blue}}}]}]}", "" },
		{ "{ingress: [{from: [{namespaceSelector: {matchLabels: {team: red}}}]}]}",
		  "selects-nothing@4" },
		{ "{ingress: [{from: [{namespaceSelector: {matchLabels: {team: blue}}, podSelector: "
		  "{matchLabels: {app: web}}}]}]}",
		  "selects-nothing@4" },
	};
	struct np_world world;
	struct np_err err = { 0 };

	np_world_init(&world);
	ck_assert_msg(np_manifests_add_text(&world, np_str_from(world_text), "w", NP_FIELDS_STRICT,
					    NULL, &err) == 0,
		      "%u: %s", err.line, err.msg);
	ck_assert_int_eq(np_world_link(&world, &err), 0);
	for (size_t i = 0; i < NP_ARRAY_SIZE(rows); i++) {
		np_auto_free char *text = np_xasprintf(HEAD "p}\nspec: %s\n", rows[i].spec);

		ck_assert_msg(strcmp(lint(text, &world), rows[i].want) == 0, "%s: %s", rows[i].spec,
			      lint(text, &world));
	}
	np_world_release(&world);
}
END_TEST

RUN_TESTS("lint", one_policy, together, in_a_world)
