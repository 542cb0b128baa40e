/*
 * bug.h - layer campaign: one distinct finding: report.json (schema 1), and the folder that holds
 *it with everything a maintainer needs, results/crashes/<key>/. Folders are private (0700): what
 *they hold may harm clusters of others.
 *
 * A report is a JSON object; who finds something sets what is known, writers leave out what is not:
 *	schema, key, alt_keys, title, kind, type, component, severity {level, why}, first_seen,
 *last_seen, count reliability {ok, total}		how often the minimised input showed it
 *again versions {kubernetes, image, digest, agent, os, kernel, arch, node} stack [frames], message,
 *raw	filtered; the first line; the report as logged (at most 16 KiB) exit {code, reason, means},
 *restarts {before, after}, time_to_show_ms, recovery {ms, how} while_down
 *"kept", "open", "closed", "mixed", "unknown" privileges, blast_radius	in words operations [{op,
 *kind, namespace, name, object}]	minimised; namespaces are the short names a, b, .. neighbour
 *[operations], neighbour_says			the nearest that does not show it watch {selector,
 *namespace, pid_file, log, needle}	where it shows steps [texts], expected {text, link}, seed,
 *tool, command, disclosure {state, contact}
 *	replayed {when, shows, kubelet}, sign (a key), seen_as {kind, type, message, stack, needle}
 *what fuzz replay saw of a finding that was made without a cluster
 */
#ifndef NP_CAMPAIGN_BUG_H
#define NP_CAMPAIGN_BUG_H

#include <jansson.h>

#include "np/base/buf.h"
#include "np/base/err.h"
#include "np/campaign/crash.h"

#define NP_BUG_SCHEMA 1
#define NP_BUG_DIR "results/crashes"
#define NP_BUG_RAW_MAX 16384
#define NP_BUGS_MAX 10000 /* folders read */

/* Key, titles, kind, stack and severity of @c; @log is what it was read from (its part becomes
 * raw). New reference. */
json_t *np_bug_new(const struct np_crash *c, struct np_str log);
/* The same of what has no stack; the key is np_crash_key_of()'s. Texts are copied. */
json_t *np_bug_new_of(enum np_crash_kind kind, const char *component, const char *type,
		      const char *about, const char *message);
/* "high", "medium", "low" and why, from kind and while_down; called by the above, and again when
 * more is known. */
void np_bug_judge(json_t *bug);

/* A further file of the folder: evidence/agent.log. */
struct np_bug_file {
	const char *path;
	struct np_str text;
};

/*
 * Writes @root/<key>/: report.json, report.md, run.sh, repro/, and @files. A folder that is there
 * already keeps its first_seen; its count rises, and what it holds is replaced only when @bug has
 * been minimised and the old one was not, or when @bug's input is smaller. *@ret_known (may be
 * NULL): it was there. @bug is completed in place.
 */
int np_bug_write(const char *root, json_t *bug, const struct np_bug_file *files, size_t n_files,
		 bool *ret_known, struct np_err *err);
/* What is known of a finding that is there already, anew: its folder is written again. */
int np_bug_update(const char *root, const json_t *bug, struct np_err *err);
/* report.json of @root/@key. NP_ENOTFOUND; NP_EUSAGE for a key that is none. New reference. */
int np_bug_load(const char *root, const char *key, json_t **ret, struct np_err *err);
/* All of them, sorted by key. An absent @root is an empty list. New reference. */
int np_bugs_load(const char *root, json_t **ret, struct np_err *err);

enum np_bug_format { NP_BUG_TEXT, NP_BUG_JSON, NP_BUG_MARKDOWN, NP_BUG_JUNIT, NP_BUG_SARIF };
/*
 * The list @bugs as one document. Without @disclose only key, kind and component are shown, in
 * every format. @root: what paths are told relative to.
 */
void np_bugs_print(const json_t *bugs, const char *root, enum np_bug_format format, bool disclose,
		   struct np_buf *ret);

/* report.md of one. */
void np_bug_markdown(const json_t *bug, struct np_buf *ret);
/* run.sh: kubectl alone; exit status 0 the bug shows, 1 it does not, 2 usage, 3 the environment. */
void np_bug_script(const json_t *bug, struct np_buf *ret);
/* Where and how to tell the project responsibly. */
const char *np_bug_contact(const json_t *bug);

/* @v as YAML: what fits a line in flow style, the rest as blocks. */
void np_yaml_text(const json_t *v, struct np_buf *ret);
/* Operations as manifests, one document each, deletions as comments. */
void np_bug_operations_yaml(const json_t *operations, struct np_buf *ret);

#endif
