/* bug_markdown.c - report.md: for the person who will mend it. */
#include <string.h>

#include "np/base/json.h"
#include "np/base/mem.h"
#include "np/campaign/bug.h"

#define FIRST_SCREEN_INPUT 12 /* lines of the policy on the first screen */
#define INPUT_MAX 40
#define RAW_FIRST 14

static const struct {
	const char *mark, *contact;
} contacts[] = {
	{ "cilium", "security@cilium.io" },
	{ "calico", "psirt@projectcalico.org, or a private advisory on the project's repository" },
	{ "felix", "psirt@projectcalico.org, or a private advisory on the project's repository" },
	{ "antrea", "cncf-antrea-maintainers@lists.cncf.io (steps, effects, attack vector, "
		    "surface; patches by mail, no public pull request)" },
	{ "kube-apiserver", "security@kubernetes.io" },
	{ "kube-proxy", "security@kubernetes.io" },
};

const char *np_bug_contact(const json_t *bug)
{
	const char *who[] = { np_json_str(bug, "component", ""),
			      np_json_str(bug, "versions/image", "") };

	for (size_t i = 0; i < NP_ARRAY_SIZE(contacts); i++)
		for (size_t k = 0; k < NP_ARRAY_SIZE(who); k++)
			if (strstr(who[k], contacts[i].mark))
				return contacts[i].contact;
	return "the address in the project's SECURITY.md";
}

/* Tabs are blanks here: a terminal's control characters are not wanted, and stacks have tabs. */
static void put_line(struct np_buf *b, struct np_str line)
{
	while (line.n && line.p[0] == '\t') {
		np_buf_adds(b, "        ");
		line.p++;
		line.n--;
	}
	np_buf_printable(b, line);
	np_buf_addc(b, '\n');
}

/* Longer than any that the text has. */
static size_t fence_length(const char *text)
{
	size_t max = 5;

	for (size_t n; *text; text += n ? n : 1) {
		n = strspn(text, "~");
		max = n > max ? n : max;
	}
	return max + 1;
}

static void put_tildes(struct np_buf *b, size_t n)
{
	while (n--)
		np_buf_addc(b, '~');
}

/* The first @n lines of @text, in a fence that its content cannot close. */
static void put_fence(struct np_buf *b, const char *language, const char *text, size_t n)
{
	size_t length = fence_length(text);

	put_tildes(b, length);
	np_buf_printf(b, "%s\n", language);
	for (size_t i = 0; i < n && *text; i++) {
		size_t len = strcspn(text, "\n");

		put_line(b, (struct np_str){ text, len });
		text += len + (text[len] == '\n');
	}
	if (*text)
		np_buf_adds(b, "(and so on: report.json has all of it)\n");
	put_tildes(b, length);
	np_buf_addc(b, '\n');
}

static void put_field(struct np_buf *b, const json_t *bug, const char *name, const char *path)
{
	const char *value = np_json_str(bug, path, NULL);

	if (!value || !*value)
		return;
	np_buf_printf(b, "- %s: ", name);
	np_buf_printable(b, np_str_from(value));
	np_buf_addc(b, '\n');
}

static void put_versions(struct np_buf *b, const json_t *bug)
{
	static const char *const fields[][2] = {
		{ "agent", "versions/agent" },	     { "image", "versions/image" },
		{ "digest", "versions/digest" },     { "Kubernetes", "versions/kubernetes" },
		{ "kernel", "versions/kernel" },     { "system", "versions/os" },
		{ "architecture", "versions/arch" }, { "found by", "tool" },
	};

	for (size_t i = 0; i < NP_ARRAY_SIZE(fields); i++)
		put_field(b, bug, fields[i][0], fields[i][1]);
}

static void put_input(struct np_buf *b, const json_t *operations, size_t max)
{
	struct np_buf yaml = { 0 };

	np_bug_operations_yaml(operations, &yaml);
	if (yaml.len)
		put_fence(b, "yaml", np_buf_text(&yaml), max);
	np_buf_release(&yaml);
}

/* What fuzz replay saw; of a finding of code alone, how it looks on a node. */
static void put_replay(struct np_buf *b, const json_t *bug)
{
	const char *shows = np_json_bool(bug, "replayed/shows", 0) ? "seen on a node" : "not seen on a node";

	if (!json_object_get(bug, "replayed"))
		return;
	np_buf_printf(b, "- %s", shows);
	if (json_object_get(bug, "seen_as")) {
		np_buf_adds(b, " as ");
		np_buf_printable(b, np_str_from(np_json_str(bug, "seen_as/kind", "?")));
		np_buf_adds(b, ": ");
		np_buf_printable(b, np_str_from(np_json_str(bug, "seen_as/message", "?")));
	}
	np_buf_printf(b, " (%s, kubelet ", np_json_str(bug, "replayed/when", "?"));
	np_buf_printable(b, np_str_from(np_json_str(bug, "replayed/kubelet", "?")));
	np_buf_adds(b, ")\n");
}

static void put_result(struct np_buf *b, const json_t *bug)
{
	const char *how = np_json_str(bug, "recovery/how", NULL);
	long long ms = np_json_int(bug, "recovery/ms", -1);

	if (np_json_int(bug, "reliability/total", 0))
		np_buf_printf(b, "- it showed in %lld of %lld tries\n",
			      np_json_int(bug, "reliability/ok", 0),
			      np_json_int(bug, "reliability/total", 0));
	put_replay(b, bug);
	if (np_json_int(bug, "time_to_show_ms", -1) >= 0)
		np_buf_printf(b, "- it showed %lld ms after the change\n",
			      np_json_int(bug, "time_to_show_ms", 0));
	put_field(b, bug, "how it ended", "exit/means");
	if (json_object_get(bug, "restarts"))
		np_buf_printf(b, "- restarts: %lld before, %lld after\n",
			      np_json_int(bug, "restarts/before", 0),
			      np_json_int(bug, "restarts/after", 0));
	if (how)
		np_buf_printf(b, ms >= 0 ? "- recovery: %s, after %lld ms\n" : "- recovery: %s\n",
			      how, ms);
	put_field(b, bug, "policies while it was down", "while_down");
	put_field(b, bug, "who can do it", "privileges");
	put_field(b, bug, "what is hit", "blast_radius");
	put_field(b, bug, "control", "control");
	np_buf_printf(b, "- seen %lld times, first %s, last %s\n", np_json_int(bug, "count", 1),
		      np_json_str(bug, "first_seen", "?"), np_json_str(bug, "last_seen", "?"));
}

static void put_telling(struct np_buf *b, const json_t *bug)
{
	np_buf_printf(b,
		      "\n## Telling the project\n\n"
		      "Severity %s: %s. Until the project says otherwise this is a matter of "
		      "security.\n\n"
		      "- Tell it privately: %s.\n"
		      "- First see whether the newest patch release of each supported minor "
		      "version has it (`./run.sh`).\n"
		      "- One report for one cause; nothing beyond the minimal input; no cluster of "
		      "others.\n"
		      "- 90 days, and 14 more when a fix is on its way, unless the project states "
		      "another time.\n"
		      "- Offer to check the fix: `./run.sh` must then exit with 1.\n",
		      np_json_str(bug, "severity/level", "?"),
		      np_json_str(bug, "severity/why", "?"), np_bug_contact(bug));
}

static void put_steps(struct np_buf *b, const json_t *bug)
{
	json_t *step;
	size_t i;

	json_array_foreach(json_object_get(bug, "steps"), i, step) {
		np_buf_printf(b, "%zu. ", i + 1);
		np_buf_printable(b, np_str_from(json_string_value(step)));
		np_buf_addc(b, '\n');
	}
}

void np_bug_markdown(const json_t *bug, struct np_buf *b)
{
	const json_t *operations = json_object_get(bug, "operations"),
		     *neighbour = json_object_get(bug, "neighbour");

	np_buf_adds(b, "# ");
	np_buf_printable(b, np_str_from(np_json_str(bug, "title", "")));
	np_buf_adds(b, "\n\n");
	put_versions(b, bug);
	np_buf_adds(b, "\n");
	put_input(b, operations, FIRST_SCREEN_INPUT);
	np_buf_adds(b, "\n");
	put_fence(b, "",
		  *np_json_str(bug, "raw", "") ? np_json_str(bug, "raw", "")
					       : np_json_str(bug, "message", ""),
		  RAW_FIRST);
	np_buf_adds(b, "\nShow it, in a cluster of your own: `./run.sh` (kubectl only; 0 the bug "
		       "shows, 1 it does not)\n\n"
		       "## What happened\n\n");
	put_result(b, bug);
	np_buf_adds(b, "\n## Expected behaviour\n\n");
	np_buf_printable(
		b, np_str_from(np_json_str(
			   bug, "expected/text",
			   "a policy that the API server accepted is enforced, and no policy takes "
			   "the agent away from others")));
	np_buf_printf(b, " (%s)\n",
		      np_json_str(bug, "expected/link",
				  "https://kubernetes.io/docs/concepts/services-networking/"
				  "network-policies/"));
	np_buf_adds(b, "\n## How to reproduce\n\n");
	put_steps(b, bug);
	put_field(b, bug, "again with this program", "command");
	np_buf_printf(b, "- seed: %lld\n\nThe whole input:\n\n", np_json_int(bug, "seed", 0));
	put_input(b, operations, INPUT_MAX);
	if (json_array_size(neighbour)) {
		np_buf_adds(b, "\nThe nearest input that does not show it (");
		np_buf_printable(b,
				 np_str_from(np_json_str(bug, "neighbour_says", "one part less")));
		np_buf_adds(b, "):\n\n");
		put_input(b, neighbour, INPUT_MAX);
	}
	np_buf_adds(b, "\n## Logs\n\n");
	put_fence(b, "", np_json_str(bug, "raw", ""), 200);
	np_buf_printf(
		b, "\nKey `%s`; of the same kind perhaps `%s`.\n", np_json_str(bug, "key", ""),
		json_string_value(json_array_get(json_object_get(bug, "alt_keys"), 0)) ?: "none");
	put_telling(b, bug);
}
