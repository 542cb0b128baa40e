/* bug.c - findings: the report and its folder. */
#include "np/campaign/bug.h"

#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "bug_world.h"
#include "np/base/clock.h"
#include "np/base/file.h"
#include "np/base/json.h"
#include "np/base/mem.h"

#define REPORT_MAX ((size_t)8 << 20)

static json_t *text(const char *s)
{
	return np_json_string(np_str_from(s));
}

static json_t *new_report(enum np_crash_kind kind, const char *component, const char *type,
			  const char *key)
{
	char now[64];

	np_wall_text(now, sizeof(now));
	return np_json_pack("{s:i, s:s, s:s, s:o, s:o, s:s, s:s, s:i, s:s}", "schema",
			    NP_BUG_SCHEMA, "key", key, "kind", np_crash_kind_name(kind), "type",
			    text(type), "component", text(component), "first_seen", now,
			    "last_seen", now, "count", 1, "tool", "netpolcheck " NP_VERSION);
}

/* What a log of the fault would hold: for grep. Without the numbers that differ between runs. */
static void set_needle(json_t *bug, const struct np_crash *c)
{
	const char *name = c->n_frames ? c->frames[0] : c->message;
	const char *slash = c->n_frames ? strrchr(name, '/') : NULL;
	size_t n = strcspn(slash ? slash + 1 : name, c->n_frames ? "" : "0123456789");

	json_object_set_new(
		bug, "watch",
		np_json_pack("{s:o}", "needle",
			     np_json_string((struct np_str){ slash ? slash + 1 : name, n })));
}

json_t *np_bug_new(const struct np_crash *c, struct np_str log)
{
	char key[NP_CRASH_KEY_LEN + 1], alt[NP_CRASH_ALT_KEYS][NP_CRASH_KEY_LEN + 1];
	struct np_str raw = { log.p ? log.p + c->start : NULL, c->end - c->start };
	struct np_buf title = { 0 };
	json_t *bug, *frames = json_array();

	np_crash_key(c, key);
	np_crash_alt_keys(c, alt);
	bug = new_report(c->kind, c->component, c->type, key);
	json_object_set_new(bug, "alt_keys", np_json_pack("[s, s]", alt[0], alt[1]));
	np_crash_title(c, &title);
	json_object_set_new(bug, "title", text(np_buf_text(&title)));
	np_buf_release(&title);
	for (size_t i = 0; i < c->n_frames; i++)
		json_array_append_new(frames, text(c->frames[i]));
	json_object_set_new(bug, "stack", frames);
	json_object_set_new(bug, "message", text(c->message));
	if (!log.p)
		raw.n = 0;
	if (raw.n > NP_BUG_RAW_MAX)
		raw.n = NP_BUG_RAW_MAX;
	json_object_set_new(bug, "raw", np_json_string(raw));
	set_needle(bug, c);
	np_bug_judge(bug);
	return bug;
}

json_t *np_bug_new_of(enum np_crash_kind kind, const char *component, const char *type,
		      const char *about, const char *message)
{
	char key[NP_CRASH_KEY_LEN + 1];
	np_auto_free char *title =
		np_xasprintf("%s %s: %s%s%s", component, np_crash_kind_name(kind), type,
			     *about ? ", " : "", about);
	json_t *bug;

	np_crash_key_of(kind, component, type, about, key);
	bug = new_report(kind, component, type, key);
	json_object_set_new(bug, "title", text(title));
	json_object_set_new(bug, "about", text(about));
	json_object_set_new(bug, "message", text(message));
	np_bug_judge(bug);
	return bug;
}

void np_bug_judge(json_t *bug)
{
	const char *kind = np_json_str(bug, "kind", ""),
		   *down = np_json_str(bug, "while_down", "unknown");
	const char
		*level = "medium",
		*why = "an ordinary user of one namespace takes a part of the network agent away";

	if (strcmp(down, "open") == 0 || strcmp(np_json_str(bug, "type", ""), "over-allow") == 0) {
		level = "high";
		why = "traffic passes that a policy forbids";
	} else if (strcmp(kind, "crash") == 0 || strcmp(kind, "oom") == 0) {
		level = "high";
		why = "an ordinary user of one namespace ends the network agent of others";
	} else if (strcmp(kind, "validation-diff") == 0 || strcmp(kind, "leak") == 0) {
		level = "low";
		why = "nothing stops working at once";
	}
	json_object_set_new(bug, "severity",
			    np_json_pack("{s:s, s:s}", "level", level, "why", why));
}

/* ---- folders ---- */

static bool is_key(const char *key)
{
	return strlen(key) == NP_CRASH_KEY_LEN &&
	       strspn(key, "0123456789abcdef") == NP_CRASH_KEY_LEN;
}

int np_bug_load(const char *root, const char *key, json_t **ret, struct np_err *err)
{
	np_auto_free char *path = np_xasprintf("%s/%s/report.json", root, key);
	struct np_buf b = { 0 };
	json_t *bug = NULL;

	if (!is_key(key))
		return np_err_set(err, NP_EUSAGE,
				  "'%s' is not the key of a finding: twelve digits 0-9 a-f", key);
	if (access(path, F_OK) < 0)
		return np_err_set(err, NP_ENOTFOUND, "there is no finding '%s' in %s", key, root);
	if (np_file_read(path, REPORT_MAX, &b, err) == 0)
		bug = np_json_parse(np_buf_text(&b), b.len, err);
	np_buf_release(&b);
	if (!bug || !json_is_object(bug)) {
		json_decref(bug);
		return np_err_prefix(err, "%s", path);
	}
	*ret = bug;
	return 0;
}

int np_bugs_load(const char *root, json_t **ret, struct np_err *err)
{
	static const char *const names[] = { "report.json", NULL };
	json_t *list = json_array();
	char **files = NULL;
	size_t n = 0;
	int rc = 0;

	if (np_is_dir(root) && np_files_list(root, names, &files, &n, err) < 0)
		rc = -1;
	for (size_t i = 0; rc == 0 && i < n && i < NP_BUGS_MAX; i++) {
		char *end = strrchr(files[i], '/');
		char *key;
		json_t *bug = NULL;

		*end = '\0';
		key = strrchr(files[i], '/');
		if (!key || !is_key(key + 1))
			continue;
		rc = np_bug_load(root, key + 1, &bug, err);
		if (rc == 0)
			json_array_append_new(list, bug);
	}
	np_files_free(files);
	if (rc < 0)
		json_decref(list);
	else
		*ret = list;
	return rc;
}

static int put_file(const char *dir, const char *name, const char *bytes, size_t n, unsigned mode,
		    struct np_err *err)
{
	np_auto_free char *path = np_xasprintf("%s/%s", dir, name);
	np_auto_free char *folder = np_xstrdup(path);

	*strrchr(folder, '/') = '\0';
	if (np_dir_make(folder, 0700, err) < 0)
		return -1;
	return np_file_write(path, bytes, n, mode, err);
}

static int put_buf(const char *dir, const char *name, struct np_buf *b, unsigned mode,
		   struct np_err *err)
{
	int rc = put_file(dir, name, np_buf_text(b), b->len, mode, err);

	np_buf_clear(b);
	return rc;
}

static int put_report(const char *dir, const json_t *bug, struct np_err *err)
{
	struct np_buf b = { 0 };
	char *dump = json_dumps(bug, JSON_INDENT(2));
	int rc;

	np_buf_adds(&b, dump ? dump : "{}");
	np_buf_addc(&b, '\n');
	free(dump);
	rc = put_buf(dir, "report.json", &b, 0600, err);
	np_buf_release(&b);
	return rc;
}

/* The short namespace of an operation's object becomes the script's. */
static json_t *placed(const json_t *object, const char *ns)
{
	json_t *copy = json_deep_copy(object);
	np_auto_free char *real = np_xasprintf("@PREFIX@-%s", ns);

	json_object_set_new(np_json_at(copy, "metadata"), "namespace", text(real));
	return copy;
}

static int put_operations(const char *dir, const json_t *bug, struct np_err *err)
{
	struct np_buf b = { 0 };
	json_t *op;
	size_t i;
	int rc = 0;

	json_array_foreach(json_object_get(bug, "operations"), i, op) {
		np_auto_free char *name = np_xasprintf("repro/%02zu-operation.yaml", i + 2);
		json_t *object = json_object_get(op, "object");

		if (rc < 0 || !object)
			continue;
		object = placed(object, np_json_str(op, "namespace", "a"));
		np_yaml_text(object, &b);
		json_decref(object);
		rc = put_buf(dir, name, &b, 0600, err);
	}
	if (rc == 0 && json_array_size(json_object_get(bug, "neighbour"))) {
		np_bug_operations_yaml(json_object_get(bug, "neighbour"), &b);
		rc = put_buf(dir, "repro/neighbour-ok.yaml", &b, 0600, err);
	}
	np_buf_release(&b);
	return rc;
}

static int put_world(const char *dir, struct np_err *err)
{
	struct np_buf b = { 0 };
	json_t *o;
	int rc;

	for (size_t i = 0; i < NP_WORLD_NAMESPACES; i++) {
		np_auto_free char *real = np_xasprintf("@PREFIX@-%s", np_bug_namespaces[i]);

		o = np_bug_namespace(np_bug_namespaces[i], real, NULL);
		np_buf_adds(&b, i ? "---\n" : "");
		np_yaml_text(o, &b);
		json_decref(o);
	}
	rc = put_buf(dir, "repro/00-namespaces.yaml", &b, 0600, err);
	for (size_t i = 0; i < np_bug_n_pods; i++) {
		np_auto_free char *real = np_xasprintf("@PREFIX@-%s", np_bug_pods[i].ns);

		o = np_bug_pod_object(&np_bug_pods[i], real, "@IMAGE@", NULL);
		np_buf_adds(&b, i ? "---\n" : "");
		np_yaml_text(o, &b);
		json_decref(o);
	}
	if (rc == 0)
		rc = put_buf(dir, "repro/01-pods.yaml", &b, 0600, err);
	o = np_bug_canary_policy("@PREFIX@-" NP_CANARY_NS);
	np_buf_clear(&b);
	np_yaml_text(o, &b);
	json_decref(o);
	if (rc == 0)
		rc = put_buf(dir, "repro/canary.yaml", &b, 0600, err);
	np_buf_release(&b);
	return rc;
}

static int put_all(const char *dir, const json_t *bug, const struct np_bug_file *files,
		   size_t n_files, struct np_err *err)
{
	np_auto_free char *repro = np_xasprintf("%s/repro", dir);
	struct np_buf b = { 0 };
	int rc = np_dir_remove(repro, err); /* of a larger input */

	if (rc < 0)
		return -1;
	np_bug_markdown(bug, &b);
	rc = put_buf(dir, "report.md", &b, 0600, err);
	if (rc == 0 && strcmp(np_json_str(bug, "kind", ""), "validation-diff") != 0) {
		np_bug_script(bug, &b);
		rc = put_buf(dir, "run.sh", &b, 0700, err);
		if (rc == 0)
			rc = put_world(dir, err);
	}
	np_buf_release(&b);
	if (rc == 0)
		rc = put_operations(dir, bug, err);
	for (size_t i = 0; rc == 0 && i < n_files; i++)
		rc = put_file(dir, files[i].path, files[i].text.p ? files[i].text.p : "",
			      files[i].text.n, 0600, err);
	return rc;
}

static size_t input_size(const json_t *bug)
{
	struct np_buf b = { 0 };
	size_t n;

	if (json_object_get(bug, "operations"))
		np_json_dump(json_object_get(bug, "operations"), 1, &b);
	n = b.len;
	np_buf_release(&b);
	return n;
}

/* Is what is known about the same bug better left as it is? */
static bool keep_old(const json_t *old, const json_t *bug)
{
	bool old_min = np_json_bool(old, "minimised", 0),
	     new_min = np_json_bool(bug, "minimised", 0);

	if (old_min != new_min)
		return old_min;
	return input_size(old) && input_size(old) <= input_size(bug);
}

int np_bug_write(const char *root, json_t *bug, const struct np_bug_file *files, size_t n_files,
		 bool *ret_known, struct np_err *err)
{
	const char *key = np_json_str(bug, "key", "");
	np_auto_free char *dir = np_xasprintf("%s/%s", root, key);
	json_t *old = NULL;
	int rc;

	if (np_dir_make(dir, 0700, err) < 0)
		return -1;
	/* What may harm clusters of others is for whoever found it. */
	if (chmod(dir, 0700) < 0)
		return np_err_set(err, NP_EIO, "cannot make '%s' private", dir);
	if (np_bug_load(root, key, &old, NULL) == 0) {
		json_object_set_new(
			old, "count",
			json_integer(np_json_int(old, "count", 1) + np_json_int(bug, "count", 1)));
		json_object_set(old, "last_seen", json_object_get(bug, "last_seen"));
		json_object_set(bug, "count", json_object_get(old, "count"));
		json_object_set(bug, "first_seen", json_object_get(old, "first_seen"));
	}
	if (ret_known)
		*ret_known = old != NULL;
	if (old && keep_old(old, bug)) {
		rc = put_report(dir, old, err);
	} else {
		rc = put_all(dir, bug, files, n_files, err);
		if (rc == 0) /* last: a folder with a report is whole */
			rc = put_report(dir, bug, err);
	}
	json_decref(old);
	return rc;
}

int np_bug_update(const char *root, const json_t *bug, struct np_err *err)
{
	np_auto_free char *dir = np_xasprintf("%s/%s", root, np_json_str(bug, "key", ""));

	if (!is_key(np_json_str(bug, "key", "")) || !np_is_dir(dir))
		return np_err_set(err, NP_ENOTFOUND, "there is no finding in %s", dir);
	return put_all(dir, bug, NULL, 0, err) < 0 || put_report(dir, bug, err) < 0 ? -1 : 0;
}
