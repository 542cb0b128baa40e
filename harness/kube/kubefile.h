/*
 * kubefile.h - layer kube, private: the files a kubeconfig is merged from, and typed looks into
 * them that know file, line and field path when something is wrong.
 */
#ifndef NP_KUBE_KUBEFILE_H
#define NP_KUBE_KUBEFILE_H

#include <stdbool.h>

#include "np/base/arena.h"
#include "np/kube/config.h"
#include "yaml.h"

struct np_kube_file {
	char *path;
	char *dir;	/* relative paths in it start here */
	struct np_kube_doc doc;
};

struct np_kube_files {
	struct np_kube_file *v;
	size_t n, cap;
};

int np_kube_files_load(const struct np_kube_load *load, struct np_kube_files *ret,
		       struct np_err *err);
void np_kube_files_release(struct np_kube_files *f);

/* A value and where it stands. @value NULL: absent (or null). All borrowed from the files. */
struct np_kube_node {
	const struct np_kube_file *file;
	const json_t *value;
	const json_t *parent;	/* what it is, or would be, part of: for the line of what lacks */
	char path[128];
};

/* Sets code and message and all that is known of the place. Returns -1. */
int np_kube_node_err(const struct np_kube_node *n, struct np_err *err, enum np_errcode code,
		     const char *fmt, ...) __attribute__((format(printf, 4, 5)));

struct np_kube_node np_kube_node_root(const struct np_kube_file *f);
/* A member; absent when @n is absent or lacks it. */
struct np_kube_node np_kube_node_get(const struct np_kube_node *n, const char *key);
struct np_kube_node np_kube_node_item(const struct np_kube_node *n, size_t i);

/* NP_EPARSE when it is there with another type. */
int np_kube_node_is_object(const struct np_kube_node *n, struct np_err *err);
int np_kube_node_is_array(const struct np_kube_node *n, struct np_err *err);
/* Text of member @key copied into @a; absent and "" both give NP_STR_NONE. */
int np_kube_node_text(const struct np_kube_node *n, const char *key, struct np_arena *a,
		      struct np_str *ret, struct np_err *err);
int np_kube_node_bool(const struct np_kube_node *n, const char *key, bool *ret, struct np_err *err);
/* An array of text. */
int np_kube_node_texts(const struct np_kube_node *n, const char *key, struct np_arena *a,
		       struct np_str **ret, size_t *ret_n, struct np_err *err);
/* Member @data_key in base64, or else the contents of the file named by @file_key. */
int np_kube_node_blob(const struct np_kube_node *n, const char *data_key, const char *file_key,
		      struct np_arena *a, struct np_str *ret, struct np_err *err);
/* @path, or relative to the folder of the file. */
struct np_str np_kube_node_resolve(const struct np_kube_node *n, struct np_str path,
				   struct np_arena *a);

/*
 * The entry called @name of the list @list ("clusters"), its member @member ("cluster"): the first
 * file that has it wins. 1: none has it.
 */
int np_kube_files_entry(const struct np_kube_files *f, const char *list, const char *member,
			const char *name, struct np_kube_node *ret, struct np_err *err);
/* Shape of the three lists in every file: arrays of named objects, no name twice in one file. */
int np_kube_files_check(const struct np_kube_files *f, struct np_err *err);

#endif
