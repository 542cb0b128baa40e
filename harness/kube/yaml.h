/*
 * yaml.h - layer kube, private: one small YAML or JSON document (a kubeconfig) as jansson values
 * that know their lines.
 *
 * Strict: at most NP_KUBE_FILE_MAX bytes, NP_KUBE_CONFIG_DEPTH levels, one document, no aliases,
 * anchors, tags or duplicate keys. Plain scalars: null and its spellings become null, the YAML 1.1
 * booleans become booleans, all else stays text (a token of digits is a token). Not for policy
 * documents.
 */
#ifndef NP_KUBE_YAML_H
#define NP_KUBE_YAML_H

#include <jansson.h>
#include <stddef.h>

#include "np/base/err.h"
#include "np/base/str.h"

struct np_kube_mark {
	const json_t *value;
	unsigned line, column;
};

struct np_kube_doc {
	json_t *root;			/* an empty document is an empty object */
	struct np_kube_mark *marks;	/* of text, arrays and objects; none when it was JSON */
	size_t n_marks, cap_marks;
};

/* NP_EPARSE or NP_ELIMIT with line and column; the caller adds the file. */
int np_kube_doc_parse(struct np_str text, struct np_kube_doc *ret, struct np_err *err);
void np_kube_doc_release(struct np_kube_doc *d);
/* Adds line and column of @v to @err, if known. Returns -1. */
int np_kube_doc_at(const struct np_kube_doc *d, const json_t *v, struct np_err *err);

#endif
