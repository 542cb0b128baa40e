/*
 * minimize_doc.h - a case as one tree, so that parts of it can be taken out whatever they are:
 *
 *	{"objects": [manifest, ..],		of the world
 *	 "listens": ["TCP:80", ..],		ports that every pod serves
 *	 "steps": [{"do": "apply", "kind", "ns", "name", "body": {..}}, .., {"do": "expect"}]}
 *
 * "do" is apply, delete, label, patch, recreate, terminate, wait (with "ms") or expect. What an expectation
 * says is left out: the oracle says it.
 */
#ifndef NP_RUN_MINIMIZE_DOC_H
#define NP_RUN_MINIMIZE_DOC_H

#include "np/run/minimize.h"

/* NP_EPARSE for a body that is no JSON. New reference. */
json_t *np_min_doc_new(const struct np_case *c, const struct np_worldfile *w, struct np_err *err);

/* What of a case is not in the tree. */
struct np_min_meta {
	const struct np_case *original;
	const char *name;	 /* of the case: minimized/<name>, and of its world */
	const struct np_min_cell *cell; /* NULL: all ports and families of the original */
};

/* Case and world of a tree; released with np_case_release() and np_worldfile_release(). */
void np_min_doc_build(const json_t *doc, const struct np_min_meta *meta, struct np_case *ret_case,
		      struct np_worldfile *ret_world);
/* The same with the world's objects as steps, and an expectation behind them. New reference. */
json_t *np_min_doc_flat(const json_t *doc);

/* Drops what makes no sense any more: objects and steps in namespaces that are not there, steps about
 * objects that are not. @known: the namespaces of the original, as an object's keys. */
void np_min_doc_sweep(json_t *doc, const json_t *known);
json_t *np_min_doc_namespaces(const json_t *doc);
/* Appends steps that undo the case, and an expectation. */
void np_min_doc_append_undo(json_t *doc);
/* Cuts off what follows expectation @expect, from 1. */
void np_min_doc_cut(json_t *doc, size_t expect);

void np_min_doc_size(const json_t *doc, struct np_min_size *ret);
/* "Kind ns/name" of a manifest or a step. @buf at least 400 bytes. */
const char *np_min_doc_key(const json_t *item, char *buf, size_t size);

/* --- minimize_moves.c --- */

/* The containers at @depth of the tree, from 0, in order, each as an array of keys and indexes from the
 * root; new reference. */
json_t *np_min_containers(const json_t *doc, unsigned depth);
/* Keys and indexes of the children of the container at @path that may be taken out; array. */
json_t *np_min_children(const json_t *doc, const json_t *path, const struct np_min_cell *cell);
/* A copy of @doc without children [@at, @at + @n) of that array. */
json_t *np_min_without(const json_t *doc, const json_t *path, const json_t *children, size_t at,
		       size_t n, const json_t *known);
#define NP_MIN_MAX_DEPTH 14

/* Larger moves, tried before and after the others; NULL at the end of the list or, with *@ret_more,
 * where move @i does not apply. */
json_t *np_min_move(const json_t *doc, size_t i, bool *ret_more);

/* --- minimize_record.c --- */

/*
 * Adds what @step (of the tree) did to the record's steps: an operation to the last of them, whose
 * "done" is missing, or an expectation, which ends it. @body (may be NULL): what was sent.
 */
void np_min_record_step(json_t *steps, const json_t *step, json_t *body);

/* --- minimize_check.c --- */

/*
 * Is @cand a case that could be run, and is @cell asserted at its last expectation with the verdict
 * that makes its way of being wrong wrong? 0 or -1 with the reason.
 */
int np_min_check(const struct np_min_candidate *cand, const struct np_min_cell *cell,
		 struct np_err *err);

#endif
