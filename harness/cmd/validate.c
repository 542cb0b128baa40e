/* validate.c - netpolcheck validate: what the API server would say about manifests. */
#include "validate.h"

#include <stdio.h>

#include "interrupt.h"
#include "np/base/clock.h"
#include "np/base/file.h"
#include "np/base/mem.h"
#include "np/cmd/options.h"
#include "np/kube/client.h"
#include "np/kube/config.h"
#include "np/parse/lint.h"
#include "np/parse/manifests.h"
#include "np/parse/read.h"
#include "worldargs.h"

static const char *const mode_names[] = { "kubectl", "api-json", "api-yaml", NULL };
static const char *const cidr_names[] = { "by-version", "strict", "legacy", NULL };
static const char *const field_names[] = { "Strict", "Warn", "Ignore", NULL };

struct validate_args {
	struct np_strings paths;
	int mode, cidr, fields, format;
	const char *kubernetes, *ns, *old;
	bool lint, against, quiet;
	const char *kubeconfig, *context;
	struct np_strings worlds;
};

/* A file that is needed to the end. */
struct kept_file {
	struct validate_file file;
	struct np_buf text;
	size_t first_document;
};

/* Of one command. */
struct validate_run {
	const struct validate_args *args;
	struct np_validate_opts opts;
	struct np_docs old;
	struct np_arena paths;	/* of files found in folders */
	struct np_kube *kube;
	const atomic_int *cancel;
	json_t *json;		/* the result as JSON; NULL for text */
	struct np_lint *lint;	/* NULL: not asked for */
	struct np_world world;	/* for the lint */
	bool has_world;
	struct kept_file *kept;	/* for the lint: where its notes point to */
	size_t n_kept, cap_kept, n_notes;
	size_t n_documents, n_rejected, n_sent, n_different;
};

/* "1.36" or "36" */
static int read_version(const char *text, unsigned *ret, struct np_err *err)
{
	struct np_str s = np_str_from(text);
	unsigned long long minor;

	if (np_str_starts(s, "1."))
		s = (struct np_str){ s.p + 2, s.n - 2 };
	if (!np_str_u64(s, 999, &minor) || minor < 25)
		return np_err_set(err, NP_EUSAGE,
				  "--kubernetes: '%s' is no version such as 1.36, from 1.25 on",
				  text);
	*ret = (unsigned)minor;
	return 0;
}

static int read_old(struct validate_run *r, struct np_err *err)
{
	const struct np_read_opts opts = { .file = r->args->old,
					   .max_depth = NP_YAML_POLICY_DEPTH,
					   .first_only = true };
	struct np_buf text = { 0 };
	int rc = np_file_read(r->args->old, NP_READ_MAX_BYTES, &text, err);

	if (rc == 0)
		rc = np_read_yaml((struct np_str){ np_buf_text(&text), text.len }, &opts, &r->old,
				  err);
	np_buf_release(&text);
	if (rc == 0 && r->old.n)
		r->opts.old = &r->old.items[0].root;
	return rc;
}

static int read_options(struct validate_run *r, struct np_err *err)
{
	const struct validate_args *a = r->args;

	r->opts = (struct np_validate_opts){
		.mode = (enum np_decode_mode)a->mode,
		.cidr = (enum np_cidr_mode)a->cidr,
		.fields = (enum np_fields)a->fields,
		.ns = a->ns,
		.update = a->old,
	};
	if (!a->paths.n)
		return np_err_set(err, NP_EUSAGE, "a file is needed, - for standard input");
	if (a->against && !a->kubeconfig && !a->context)
		return np_err_set(err, NP_EUSAGE, "--against needs --kubeconfig or --context");
	if (a->against && a->old)
		return np_err_set(err, NP_EUSAGE, "--against creates by dry run: not with --old");
	if (a->kubernetes && read_version(a->kubernetes, &r->opts.minor, err) < 0)
		return -1;
	return a->old ? read_old(r, err) : 0;
}

/* ---- one file ---- */

static void report(struct validate_run *r, const struct validate_file *f,
		   const struct np_validation *v, const struct validate_server *s)
{
	if (r->json) {
		json_array_append_new(r->json, validate_json(f, v, s));
		return;
	}
	if (!r->args->quiet)
		validate_print(f, v);
	validate_print_server(f, v, s);
}

static int take_document(struct validate_run *r, const struct validate_file *f,
			 const struct np_validation *v, struct np_err *err)
{
	struct validate_server server = { 0 };

	if (r->kube && validate_ask(r->kube, f, v, &server, err) < 0)
		return -1;
	if (r->lint)
		np_lint_add(r->lint, v, f->opts.mode, f->path);
	r->n_documents++;
	r->n_rejected += !np_stage_accepts(v->stage);
	r->n_sent += server.asked;
	r->n_different += server.differences.len > 0;
	report(r, f, v, &server);
	np_buf_release(&server.differences);
	return 0;
}

static int take_file(struct validate_run *r, const char *path, struct np_err *err)
{
	struct validate_file f = { .path = path, .opts = r->opts };
	size_t first = r->n_documents;
	struct np_buf text = { 0 };
	int rc = np_file_read(path, NP_MANIFEST_MAX_BYTES, &text, err);

	if (rc < 0) {
		/* A path on the command line that cannot be read is the user's mistake. */
		if (err->code == NP_EIO)
			err->code = NP_EUSAGE;
		return -1;
	}
	f.opts.file = path;
	f.text = (struct np_str){ np_buf_text(&text), text.len };
	np_validate_text(f.text, &f.opts, &f.said);
	for (size_t i = 0; i < f.said.n && rc == 0; i++)
		rc = take_document(r, &f, &f.said.items[i], err);
	if (r->lint) {
		r->kept = np_grow(r->kept, &r->cap_kept, r->n_kept, sizeof(*r->kept));
		r->kept[r->n_kept++] = (struct kept_file){ f, text, first };
		return rc;
	}
	np_validations_release(&f.said);
	np_buf_release(&text);
	return rc;
}

static const char *const *suffixes(int mode)
{
	static const char *const yaml[] = { ".yaml", ".yml", NULL },
				 *const json[] = { ".json", NULL },
				 *const both[] = { ".yaml", ".yml", ".json", NULL };

	return mode == NP_DECODE_API_JSON ? json : mode == NP_DECODE_API_YAML ? yaml : both;
}

static int take_path(struct validate_run *r, const char *path, struct np_err *err)
{
	char **files;
	size_t n;
	int rc = 0;

	if (!np_is_dir(path))
		return take_file(r, path, err);
	if (np_files_list(path, suffixes(r->args->mode), &files, &n, err) < 0)
		return -1;
	for (size_t i = 0; i < n && rc == 0; i++) {
		if (atomic_load(r->cancel))
			rc = np_err_set(err, NP_EINTR, "interrupted");
		else
			rc = take_file(r, np_arena_str(&r->paths, np_str_from(files[i])).p, err);
	}
	np_files_free(files);
	return rc;
}

/* ---- lint ---- */

static int prepare_lint(struct validate_run *r, struct np_err *err)
{
	struct np_world world;

	if (!r->args->lint)
		return r->args->worlds.n ? np_err_set(err, NP_EUSAGE, "--world is for --lint") : 0;
	if (r->args->worlds.n) {
		np_world_init(&world);
		if (np_manifests_load(r->args->worlds.items, r->args->worlds.n, &world, err) < 0) {
			np_world_release(&world);
			return -1;
		}
		r->world = world;
		r->has_world = true;
	}
	r->lint = np_lint_new(r->has_world ? &r->world : NULL);
	return 0;
}

static void add_note(struct validate_run *r, const struct kept_file *k,
		     const struct np_lint_note *note)
{
	json_t *o, *list;

	if (!r->json) {
		validate_print_note(&k->file, note);
		return;
	}
	o = json_array_get(r->json, note->document);
	list = json_object_get(o, "lint");
	if (!list) {
		list = json_array();
		json_object_set_new(o, "lint", list);
	}
	json_array_append_new(list, np_json_pack("{s:s, s:i, s:i, s:o}", "rule",
						 np_lint_rule_name(note->rule), "line",
						 (int)note->place.line, "column",
						 (int)note->place.column, "message",
						 np_json_string(note->msg)));
}

static void print_lint(struct validate_run *r)
{
	const struct np_lint_note *notes = np_lint_notes(r->lint, &r->n_notes);
	size_t k = 0;

	for (size_t i = 0; i < r->n_notes; i++) {
		while (k + 1 < r->n_kept && r->kept[k + 1].first_document <= notes[i].document)
			k++;
		add_note(r, &r->kept[k], &notes[i]);
	}
}

static void release_lint(struct validate_run *r)
{
	np_lint_free(r->lint);
	for (size_t i = 0; i < r->n_kept; i++) {
		np_validations_release(&r->kept[i].file.said);
		np_buf_release(&r->kept[i].text);
	}
	free(r->kept);
	if (r->has_world)
		np_world_release(&r->world);
	np_arena_release(&r->paths);
}

/* ---- the whole ---- */

static int connect_to(struct validate_run *r, struct np_kube_config *config, struct np_err *err)
{
	const struct np_kube_load load = { .path = r->args->kubeconfig,
					   .context = r->args->context };

	if (np_kube_config_load(&load, config, err) < 0)
		return -1;
	r->kube = np_kube_new(config, err);
	if (!r->kube)
		return -1;
	np_kube_set_cancel(r->kube, r->cancel);
	return np_kube_version(r->kube, 10000, NULL, err);
}

static void print_total(const struct validate_run *r, int64_t us)
{
	double seconds = (double)us / 1e6;

	fprintf(stderr, "%zu documents, %zu rejected", r->n_documents, r->n_rejected);
	if (r->lint)
		fprintf(stderr, ", %zu notes", r->n_notes);
	if (r->kube)
		fprintf(stderr, "; %zu sent in %.1f s (%.0f/s), %zu answered differently",
			r->n_sent, seconds, (double)r->n_sent / (seconds > 0 ? seconds : 1),
			r->n_different);
	fputc('\n', stderr);
}

static int validate_all(struct validate_run *r, struct np_err *err)
{
	int64_t start = np_now_us();
	int rc = 0;

	for (size_t i = 0; i < r->args->paths.n && rc == 0; i++)
		rc = take_path(r, r->args->paths.items[i], err);
	if (rc == 0 && r->lint)
		print_lint(r);
	if (rc == 0)
		print_total(r, np_now_us() - start);
	return rc;
}

static int run(const struct validate_args *a)
{
	struct validate_run r = { .args = a, .cancel = np_interrupt_flag() };
	struct np_kube_config config = { 0 };
	struct np_err err = { 0 };
	struct np_buf text = { 0 };
	int rc;

	if (a->format == FORMAT_JSON)
		r.json = json_array();
	rc = read_options(&r, &err);
	if (rc == 0)
		rc = prepare_lint(&r, &err);
	if (rc == 0 && a->against)
		rc = connect_to(&r, &config, &err);
	if (rc == 0)
		rc = validate_all(&r, &err);
	if (rc == 0 && r.json) {
		np_json_dump(r.json, 0, &text);
		puts(np_buf_text(&text));
	}
	np_buf_release(&text);
	json_decref(r.json);
	np_kube_free(r.kube);
	np_kube_config_release(&config);
	np_docs_release(&r.old);
	release_lint(&r);
	if (rc < 0)
		return np_command_fail(&np_cmd_validate, &err);
	return r.n_rejected || r.n_different ? NP_EXIT_FOUND : NP_EXIT_OK;
}

static int run_validate(int argc, char **argv)
{
	struct validate_args a = { 0 };
	const struct np_option options[] = {
		{ "mode", NP_OPT_CHOICE, &a.mode, "MODE",
		  "how the text gets there: kubectl (default), api-json, api-yaml", mode_names },
		{ "field-validation", NP_OPT_CHOICE, &a.fields, "HOW",
		  "unknown and repeated fields: Strict (default), Warn, Ignore", field_names },
		{ "kubernetes", NP_OPT_STRING, &a.kubernetes, "1.MINOR",
		  "the server's version, from 1.25 on; default: the newest known", NULL },
		{ "cidr", NP_OPT_CHOICE, &a.cidr, "RULES",
		  "CIDRs: by-version (default; strict from 1.36 on), strict, legacy", cidr_names },
		{ "namespace", NP_OPT_STRING, &a.ns, "NAME",
		  "of the request; default: default, kubectl: the object's own", NULL },
		{ "old", NP_OPT_STRING, &a.old, "FILE",
		  "judge an update of the object in this file", NULL },
		{ "lint", NP_OPT_FLAG, &a.lint, NULL,
		  "say what is accepted and still looks wrong", NULL },
		{ "world", NP_OPT_STRINGS, &a.worlds, "FILE|DIR",
		  "pods and namespaces for --lint: which selectors take nothing", NULL },
		{ "against", NP_OPT_FLAG, &a.against, NULL,
		  "ask a real API server too, by dry run, and say where it differs", NULL },
		{ "kubeconfig", NP_OPT_STRING, &a.kubeconfig, "FILE", "the server to ask", NULL },
		{ "context", NP_OPT_STRING, &a.context, "NAME", "context of the kubeconfig", NULL },
		{ "quiet", NP_OPT_FLAG, &a.quiet, NULL, "print differences only", NULL },
		{ "format", NP_OPT_CHOICE, &a.format, "FORMAT", "text or json", format_names },
		{ 0 },
	};
	int status = np_command_begin(&np_cmd_validate, options, argc, argv, &a.paths);

	if (status < 0)
		status = run(&a);
	np_strings_release(&a.paths);
	np_strings_release(&a.worlds);
	return status;
}

const struct np_command np_cmd_validate = {
	.name = "validate",
	.summary = "what the API server would say about NetworkPolicies, without one",
	.usage = "[options] FILE|DIR ...",
	.exits = "0 all accepted, 1 a document is rejected or a server differs, 2 usage or a file that "
		 "cannot be read, 3 no answer from the server",
	.run = run_validate,
};
