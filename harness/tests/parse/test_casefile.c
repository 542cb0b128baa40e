/* test_casefile.c - case files and world files that are right; bad/ has those that are not. */
#include <unistd.h>

#include "np/base/file.h"
#include "np/parse/casefile.h"
#include "parse_test.h"

static const char full[] =
	"case: area/full\n"
	"title: every kind of step\n"
	"covers: [S11, S33b]\n"
	"needs: [ipv6, endport]\n"
	"catches: [and-as-or, \"words with: a colon\"]\n"
	"tags: [smoke, x2]\n"
	"world: small\n"
	"profile: extended\n"
	"seed: 18446744073709551615\n"
	"ports: [TCP:80, UDP:53]\n"
	"families: [4, 6]\n"
	"---\n"
	"apiVersion: networking.k8s.io/v1\n"
	"kind: NetworkPolicy\n"
	"metadata: {name: p, namespace: x}\n"
	"spec: {egress: [{to: [{ipBlock: {cidr: \"${ip:x/a}/32\"}}], ports: [{port: 0x50}]}]}\n"
	"---\n"
	"apiVersion: v1\n"
	"kind: Namespace\n"
	"metadata: {name: q}\n"
	"---\n"
	"delete: NetworkPolicy x/p\n"
	"---\n"
	"label: Namespace x\n"
	"labels: {team: red, old: ~}\n"
	"---\n"
	"patch: NetworkPolicy x/p\n"
	"with: {spec: {ingress: []}}\n"
	"---\n"
	"recreate: Pod x/a\n"
	"---\n"
	"recreate: Pod x/a\n"
	"with: {apiVersion: v1, kind: Pod, metadata: {name: a, namespace: x}}\n"
	"---\n"
	"wait: 500ms\n"
	"---\n"
	"expect: |\n"
	"  # the rule\n"
	"  allow      # S01: nobody is isolated\n"
	"\n"
	"  deny   from y/b,x/*,!x/c to any on TCP:80,UDP:*,SCTP:80-90,*:53 family 6 # why\n"
	"  open(S19,S43) from own-node\n"
	"  open to svc:dns,dns\n";

static const char *parse(const char *text, struct np_case *ret)
{
	struct np_err err = { 0 };

	return outcome(np_casefile_parse(np_str_from(text), "area/full.yaml", true, ret, &err), &err);
}

START_TEST(header)
{
	char buf[512];
	struct np_case c;

	ck_assert_str_eq(parse(full, &c), "ok");
	ck_assert_str_eq(c.id.p, "area/full");
	ck_assert_str_eq(c.title.p, "every kind of step");
	ck_assert_str_eq(np_clauses_text(&c.covers, buf, sizeof(buf)), "S11 S33b");
	ck_assert_uint_eq(c.needs, NP_NEED_IPV6 | NP_NEED_ENDPORT);
	ck_assert(c.n_catches == 2 && np_str_is(c.catches[1], "words with: a colon"));
	ck_assert(c.n_tags == 2 && np_str_is(c.tags[0], "smoke"));
	ck_assert_str_eq(c.world.p, "small");
	ck_assert_str_eq(c.profile.p, "extended");
	ck_assert(c.seed == UINT64_MAX && c.families == 3);
	ck_assert(c.n_ports == 2 && c.ports[1].proto == NP_UDP && c.ports[1].first == 53 && c.ports[1].last == 53);
	ck_assert(c.place.line == 1 && strcmp(c.place.file, "area/full.yaml") == 0);
	np_case_release(&c);
	ck_assert_str_eq(parse("case: area/full\ntitle: t\ncovers: [S01]\nworld: w\n---\nexpect: allow\n", &c), "ok");
	ck_assert_str_eq(c.profile.p, "core");
	ck_assert(!c.seed && !c.families && !c.needs && !c.n_ports && !c.ports && !c.n_tags && !c.n_catches);
	np_case_release(&c);
}
END_TEST

START_TEST(steps)
{
	static const struct {
		enum np_step_kind kind;
		const char *object, *ns, *name, *body;
		unsigned line;
	} want[] = {
		{ NP_STEP_APPLY, "NetworkPolicy", "x", "p",
		  "{\"apiVersion\":\"networking.k8s.io/v1\",\"kind\":\"NetworkPolicy\",\"metadata\":{\"name\":\"p\",\"namespace\":\"x\"},"
		  "\"spec\":{\"egress\":[{\"to\":[{\"ipBlock\":{\"cidr\":\"${ip:x/a}/32\"}}],\"ports\":[{\"port\":80}]}]}}", 13 },
		{ NP_STEP_APPLY, "Namespace", "", "q", "{\"apiVersion\":\"v1\",\"kind\":\"Namespace\",\"metadata\":{\"name\":\"q\"}}", 18 },
		{ NP_STEP_DELETE, "NetworkPolicy", "x", "p", "", 22 },
		{ NP_STEP_LABEL, "Namespace", "", "x", "{\"metadata\":{\"labels\":{\"team\":\"red\",\"old\":null}}}", 24 },
		{ NP_STEP_PATCH, "NetworkPolicy", "x", "p", "{\"spec\":{\"ingress\":[]}}", 27 },
		{ NP_STEP_RECREATE, "Pod", "x", "a", "", 30 },
		{ NP_STEP_RECREATE, "Pod", "x", "a",
		  "{\"apiVersion\":\"v1\",\"kind\":\"Pod\",\"metadata\":{\"name\":\"a\",\"namespace\":\"x\"}}", 32 },
		{ NP_STEP_WAIT, "", "", "", "", 35 },
		{ NP_STEP_EXPECT, "", "", "", "", 37 },
	};
	struct np_case c;

	ck_assert_str_eq(parse(full, &c), "ok");
	ck_assert_uint_eq(c.n_steps, NP_ARRAY_SIZE(want));
	for (size_t i = 0; i < c.n_steps; i++) {
		const struct np_step *s = &c.steps[i];

		ck_assert_msg(s->kind == want[i].kind && s->place.line == want[i].line, "step %zu, line %u", i, s->place.line);
		ck_assert_msg(np_str_is(s->object_kind, want[i].object) && np_str_is(s->ns, want[i].ns) &&
			      np_str_is(s->name, want[i].name), "step %zu", i);
		ck_assert_msg(np_str_is(s->body, want[i].body), "step %zu: " NP_STR_FMT, i, NP_STR_ARG(s->body));
	}
	ck_assert_int_eq(c.steps[7].wait_ms, 500);
	np_case_release(&c);
}
END_TEST

START_TEST(expectation)
{
	const struct np_expect_line *l;
	struct np_case c;

	ck_assert_str_eq(parse(full, &c), "ok");
	ck_assert_uint_eq(c.steps[8].expect.n_lines, 4);
	l = c.steps[8].expect.lines;
	ck_assert(l[0].kind == NP_EXPECT_ALLOW && l[0].n_from == 0 && l[0].n_to == 0 && l[0].n_ports == 0 && !l[0].family);
	ck_assert_str_eq(l[0].reason.p, "S01: nobody is isolated");
	ck_assert(l[0].place.line == 39 && l[0].place.column == 3);
	ck_assert(l[1].kind == NP_EXPECT_DENY && l[1].n_from == 3 && l[1].n_to == 1 && l[1].family == 6 && l[1].n_ports == 4);
	ck_assert(np_str_is(l[1].from[1].pattern, "x/*") && !l[1].from[1].negated);
	ck_assert(np_str_is(l[1].from[2].pattern, "x/c") && l[1].from[2].negated);
	ck_assert(l[1].ports[0].first == 80 && l[1].ports[0].last == 80 && l[1].ports[0].proto == NP_TCP);
	ck_assert(l[1].ports[1].first == 0 && l[1].ports[1].last == 0 && l[1].ports[1].proto == NP_UDP);
	ck_assert(l[1].ports[2].first == 80 && l[1].ports[2].last == 90 && !l[1].ports[2].any_proto);
	ck_assert(l[1].ports[3].any_proto && l[1].ports[3].first == 53);
	ck_assert_str_eq(l[1].reason.p, "why");
	ck_assert(l[1].place.line == 41 && strcmp(l[1].place.file, "area/full.yaml") == 0);
	ck_assert(l[2].kind == NP_EXPECT_OPEN && l[2].own_node && np_clauses_has(&l[2].open, 19) && np_clauses_has(&l[2].open, 43));
	ck_assert(l[3].kind == NP_EXPECT_OPEN && np_clauses_empty(&l[3].open) && l[3].n_to == 2 && !l[3].reason.n);
	np_case_release(&c);
}
END_TEST

START_TEST(expectation_alone)
{
	struct np_arena arena = { 0 };
	struct np_expect e = { 0 };
	struct np_err err = { 0 };
	struct np_buf b = { 0 };

	/* Without a place, with CR LF, without a last line end. */
	ck_assert_int_eq(np_expect_parse(NP_STR("\r\ndeny\r\n\tallow to x/a\t# r \r\n"), (struct np_place){ 0 }, &arena, &e, &err), 0);
	ck_assert(e.n_lines == 2 && np_str_is(e.lines[1].reason, "r"));
	ck_assert_int_eq(np_expect_parse(NP_STR("deny"), (struct np_place){ 0 }, &arena, &e, &err), 0);
	ck_assert_int_eq(np_expect_parse(NP_STR(""), (struct np_place){ 0 }, &arena, &e, &err), -1);
	ck_assert_int_eq(np_expect_parse(NP_STR_NONE, (struct np_place){ 0 }, &arena, &e, &err), -1);
	ck_assert_int_eq(np_expect_parse((struct np_str){ "deny\0", 5 }, (struct np_place){ 0 }, &arena, &e, &err), -1);
	np_buf_adds(&b, "deny\nallow to x/a");
	for (int i = 1; i < NP_EXPECT_MAX_TERMS; i++)
		np_buf_adds(&b, ",x/a");
	ck_assert_int_eq(np_expect_parse((struct np_str){ b.data, b.len }, (struct np_place){ 0 }, &arena, &e, &err), 0);
	np_buf_adds(&b, ",x/a");
	ck_assert_int_eq(np_expect_parse((struct np_str){ b.data, b.len }, (struct np_place){ "f", 1, 1 }, &arena, &e, &err), -1);
	ck_assert_str_eq(outcome(-1, &err), "2:10: more than 100 terms in one list");
	np_buf_clear(&b);
	for (int i = 0; i <= NP_EXPECT_MAX_LINES; i++)
		np_buf_adds(&b, "deny\n");
	ck_assert_int_eq(np_expect_parse((struct np_str){ b.data, b.len - 5 }, (struct np_place){ 0 }, &arena, &e, &err), 0);
	ck_assert_int_eq(np_expect_parse((struct np_str){ b.data, b.len }, (struct np_place){ "f", 1, 1 }, &arena, &e, &err), -1);
	ck_assert_str_eq(outcome(-1, &err), "1001:1: more than 1000 lines");
	np_buf_release(&b);
	np_arena_release(&arena);
}
END_TEST

START_TEST(ids_and_paths)
{
	static const struct {
		const char *path;
		bool ok;
	} rows[] = {
		{ "area/full.yaml", true }, { "suites/area/full.yaml", true }, { "/x/suites/area/full.yml", true },
		{ "full.yaml", false }, { "myarea/full.yaml", false }, { "area/full.json", false }, { "area/full2.yaml", false },
		{ "area/full", true },
	};
	struct np_case c;
	struct np_err err = { 0 };

	for (size_t i = 0; i < NP_ARRAY_SIZE(rows); i++) {
		int failed = np_casefile_parse(np_str_from(full), rows[i].path, true, &c, &err);

		ck_assert_msg(!failed == rows[i].ok, "%s", rows[i].path);
		if (!failed)
			np_case_release(&c);
		else
			ck_assert_str_eq(outcome(failed, &err), "1:7: case 'area/full' must be the end of the file's path");
	}
	ck_assert_int_eq(np_casefile_parse(np_str_from(full), NULL, false, &c, &err), 0);
	ck_assert_ptr_null(c.place.file);
	np_case_release(&c);
}
END_TEST

START_TEST(too_many_steps)
{
	struct np_buf b = { 0 };
	struct np_case c;

	np_buf_adds(&b, "case: area/full\ntitle: t\ncovers: [S01]\nworld: w\n");
	for (int i = 0; i < NP_CASE_MAX_STEPS; i++)
		np_buf_adds(&b, "---\nwait: 1ms\n");
	np_buf_adds(&b, "---\nexpect: allow\n");
	ck_assert_msg(strstr(parse(np_buf_text(&b), &c), "more than 1000 steps"), "%s", parse(np_buf_text(&b), &c));
	np_buf_release(&b);
}
END_TEST

START_TEST(worlds)
{
	static const char text[] = "world: w-1\ntitle: t\nports: [TCP:80, SCTP:81]\n---\napiVersion: v1\nkind: Namespace\n"
				   "metadata: {name: x}\n---\napiVersion: v1\nkind: Pod\nmetadata: {name: a, namespace: x}\n";
	struct np_worldfile w;
	struct np_err err = { 0 };

	ck_assert_int_eq(np_worldfile_parse(np_str_from(text), "worlds/w-1.yaml", true, &w, &err), 0);
	ck_assert_str_eq(w.name.p, "w-1");
	ck_assert(w.n_ports == 2 && w.ports[1].proto == NP_SCTP && w.ports[1].first == 81 && w.n_objects == 2);
	ck_assert(w.objects[1].kind == NP_STEP_APPLY && np_str_is(w.objects[1].object_kind, "Pod"));
	np_worldfile_release(&w);
	ck_assert_int_eq(np_worldfile_parse(np_str_from(text), "worlds/w-2.yaml", true, &w, &err), -1);
	ck_assert_str_eq(outcome(-1, &err), "1:8: world 'w-1' must be the file's name");
	ck_assert_int_eq(np_worldfile_load("/nonexistent/w.yaml", &w, &err), -1);
	ck_assert_int_eq(err.code, NP_EIO);
}
END_TEST

START_TEST(loading)
{
	char *dir = scratch_dir();
	np_auto_free char *path = np_xasprintf("%s/suites/area/full.yaml", dir);
	struct np_case c;
	struct np_err err;

	write_file(dir, "suites/area/full.yaml", full);
	ck_assert_msg(np_casefile_load(path, &c, &err) == 0, "%s", err.msg);
	ck_assert_str_eq(c.steps[0].place.file, path);
	np_case_release(&c);
	scratch_remove(dir);
	ck_assert_int_eq(np_casefile_load(path, &c, &err), -1);
	ck_assert_int_eq(err.code, NP_EIO);
}
END_TEST

START_TEST(substitutions)
{
	static const struct {
		const char *text;
		int bad_at;	/* -1: fine */
	} rows[] = {
		{ "", -1 }, { "a", -1 }, { "$", -1 }, { "${", 0 }, { "${}", 0 }, { "${a}", -1 }, { "${ip:x/a}", -1 },
		{ "${cidr:ext/a/28}", -1 }, { "${family-any}", -1 }, { "a${ip6:x/a}b${c}", -1 }, { "a${b}${c", 5 },
		{ "${a b}", 0 }, { "$${a}", -1 }, { "$${a", 1 }, { "${a${b}}", 0 }, { "{}", -1 }, { "$ {a}", -1 },
	};

	for (size_t i = 0; i < NP_ARRAY_SIZE(rows); i++) {
		size_t at = 0;
		bool ok = np_subst_check(np_str_from(rows[i].text), &at);

		ck_assert_msg(ok == (rows[i].bad_at < 0), "%s", rows[i].text);
		if (!ok)
			ck_assert_int_eq((int)at, rows[i].bad_at);
	}
	ck_assert(np_subst_check(NP_STR_NONE, &(size_t){ 0 }));
}
END_TEST

RUN_TESTS("casefile", header, steps, expectation, expectation_alone, ids_and_paths, too_many_steps, worlds, loading, substitutions)
