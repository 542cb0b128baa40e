/* workloads.c - workloads to pods. */
#include "workloads.h"

#include <ctype.h>

#include "np/base/buf.h"
#include "np/base/file.h"
#include "np/base/log.h"
#include "np/base/mem.h"
#include "np/parse/encode.h"
#include "np/parse/manifests.h"
#include "np/parse/read.h"

static const struct {
	const char *kind, *api_version, *template;
} kinds[] = {
	{ "Deployment", "apps/v1", "spec.template" },
	{ "StatefulSet", "apps/v1", "spec.template" },
	{ "DaemonSet", "apps/v1", "spec.template" },
	{ "ReplicaSet", "apps/v1", "spec.template" },
	{ "ReplicationController", "v1", "spec.template" },
	{ "Job", "batch/v1", "spec.template" },
	{ "CronJob", "batch/v1", "spec.jobTemplate.spec.template" },
};

bool workloads_have_kind(struct np_str kind)
{
	for (size_t i = 0; i < NP_ARRAY_SIZE(kinds); i++)
		if (np_str_is(kind, kinds[i].kind))
			return true;
	return false;
}

struct adder {
	struct np_world *w;
	size_t n_before;	/* pods that manifests have as such */
	const char *file;
	struct np_err *err;
};

/* Whether @pod has each of the labels, a map of strings. */
static bool has_labels(const struct np_pod *pod, const struct np_value *labels)
{
	for (uint32_t i = 0; i < labels->n; i++) {
		const struct np_str *v = np_labels_get(&pod->labels, labels->pairs[i].key);

		if (!v || !np_str_eq(*v, np_value_str(&labels->pairs[i].value)))
			return false;
	}
	return true;
}

static bool has_pods(const struct adder *a, struct np_str ns, const struct np_value *labels)
{
	for (size_t i = 0; i < a->n_before; i++)
		if (np_str_eq(a->w->pods[i].ns, ns) && has_labels(&a->w->pods[i], labels))
			return true;
	return false;
}

static bool is_taken(const struct np_world *w, struct np_str ns, struct np_str name)
{
	for (size_t i = 0; i < w->n_pods; i++)
		if (np_str_eq(w->pods[i].ns, ns) && np_str_eq(w->pods[i].name, name))
			return true;
	return false;
}

/* The JSON text of the pod. */
static int put_pod(const struct np_value *template, struct np_str ns, struct np_str name,
		   struct np_buf *ret, struct np_err *err)
{
	np_buf_adds(ret, "{\"apiVersion\":\"v1\",\"kind\":\"Pod\",\"metadata\":{\"name\":");
	np_buf_json(ret, name);
	np_buf_adds(ret, ",\"namespace\":");
	np_buf_json(ret, ns);
	np_buf_adds(ret, ",\"labels\":");
	if (np_encode_json(np_value_at(template, "metadata.labels"), 0, ret, err) < 0)
		return -1;
	np_buf_adds(ret, "},\"spec\":");
	if (np_encode_json(np_value_get(template, "spec"), NP_ENCODE_GO_NUMBERS, ret, err) < 0)
		return -1;
	np_buf_adds(ret, "}");
	return 0;
}

static struct np_str free_name(const struct adder *a, struct np_str ns, struct np_str name,
			       const char *kind)
{
	struct np_str other;

	if (!is_taken(a->w, ns, name))
		return name;
	other = np_arena_printf(&a->w->arena, NP_STR_FMT ".%s", NP_STR_ARG(name), kind);
	for (char *p = (char *)other.p + name.n; *p; p++)
		*p = (char)tolower((unsigned char)*p);
	return other;
}

static int add_workload(struct adder *a, const struct np_value *v, size_t kind)
{
	const struct np_value *template = np_value_at(v, kinds[kind].template);
	const struct np_value *labels = template ? np_value_at(template, "metadata.labels") : NULL;
	struct np_str name = np_value_str(np_value_at(v, "metadata.name"));
	struct np_str ns = np_value_str(np_value_at(v, "metadata.namespace"));
	struct np_buf text = { 0 };
	int rc;

	ns = ns.n ? ns : NP_STR("default");
	if (!name.n || !labels || labels->kind != NP_VALUE_MAP || !labels->n ||
	    !np_value_get(template, "spec") || has_pods(a, ns, labels))
		return 0;
	name = free_name(a, ns, name, kinds[kind].kind);
	rc = put_pod(template, ns, name, &text, a->err);
	if (rc == 0)
		rc = np_manifests_add_json(a->w, (struct np_str){ text.data, text.len }, a->file,
					   a->err);
	if (rc == 0)
		a->w->pods[a->w->n_pods - 1].place.line = v->line;
	else
		np_err_at(a->err, a->file, v->line, v->column);
	np_buf_release(&text);
	return rc;
}

static int add_object(struct adder *a, const struct np_value *v)
{
	struct np_str kind = np_value_str(np_value_get(v, "kind"));
	struct np_str version = np_value_str(np_value_get(v, "apiVersion"));

	for (size_t i = 0; i < NP_ARRAY_SIZE(kinds); i++)
		if (np_str_is(kind, kinds[i].kind) && np_str_is(version, kinds[i].api_version))
			return add_workload(a, v, i);
	return 0;
}

static int add_document(struct adder *a, const struct np_value *v)
{
	const struct np_value *items = np_value_get(v, "items");

	if (!items || items->kind != NP_VALUE_LIST)
		return add_object(a, v);
	for (uint32_t i = 0; i < items->n; i++)
		if (add_object(a, &items->items[i]) < 0)
			return -1;
	return 0;
}

/* As the manifests themselves were read a moment ago: JSON where that works, else YAML. */
static int read_documents(const char *path, struct np_docs *ret, struct np_err *err)
{
	struct np_read_opts opts = { .file = path, .max_bytes = NP_MANIFEST_MAX_BYTES, .many = true };
	struct np_buf bytes = { 0 };
	struct np_str text;
	int rc;

	if (np_file_read(path, NP_MANIFEST_MAX_BYTES, &bytes, err) < 0)
		return -1;
	text = (struct np_str){ np_buf_text(&bytes), bytes.len };
	rc = np_read_json(text, &opts, ret, err);
	if (rc < 0)
		rc = np_read_yaml(text, &opts, ret, err);
	np_buf_release(&bytes);
	return rc;
}

static int add_file(struct adder *a, const char *path)
{
	struct np_docs docs;
	int rc = read_documents(path, &docs, a->err);

	if (rc < 0)
		return -1;
	a->file = path;
	for (size_t i = 0; i < docs.n && rc == 0; i++)
		rc = add_document(a, &docs.items[i].root);
	np_docs_release(&docs);
	return rc;
}

int workloads_add(struct np_world *w, const char *const *paths, size_t n, struct np_err *err)
{
	static const char *const suffixes[] = { ".yaml", ".yml", ".json", NULL };
	struct adder a = { .w = w, .n_before = w->n_pods, .err = err };
	int rc = 0;

	for (size_t i = 0; i < n && rc == 0; i++) {
		bool folder = np_is_dir(paths[i]);
		char **files;
		size_t n_files;

		if (strcmp(paths[i], "-") == 0)
			continue;
		rc = np_files_list(paths[i], folder ? suffixes : NULL, &files, &n_files, err);
		if (rc < 0)
			return rc;
		for (size_t k = 0; k < n_files && rc == 0; k++)
			rc = add_file(&a, files[k]);
		np_files_free(files);
	}
	if (rc == 0 && w->n_pods > a.n_before) {
		np_log_info("%zu workloads: one pod stands for those of each", w->n_pods - a.n_before);
		rc = np_world_link(w, err);
	}
	return rc;
}
