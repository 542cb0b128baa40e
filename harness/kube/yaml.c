/* yaml.c - layer kube: a strict little YAML reader for kubeconfig files. */
#include <ctype.h>
#include <stdbool.h>
#include <yaml.h>

#include "codec.h"
#include "np/base/mem.h"
#include "np/kube/config.h"
#include "yaml.h"

struct reader {
	yaml_parser_t parser;
	struct np_kube_doc doc;
	struct np_err *err;
};

static int at_mark(struct np_err *err, yaml_mark_t mark)
{
	return np_err_at(err, NULL, (unsigned)mark.line + 1, (unsigned)mark.column + 1);
}

static int next_event(struct reader *r, yaml_event_t *ret)
{
	yaml_parser_t *p = &r->parser;

	if (yaml_parser_parse(p, ret))
		return 0;
	/* Without an error libyaml fails where it could not copy a text. */
	if (p->error == YAML_MEMORY_ERROR || p->error == YAML_NO_ERROR)
		return np_err_set(r->err, NP_EENV, "out of memory");
	np_err_set(r->err, NP_EPARSE, "not YAML: %s", p->problem ? p->problem : "unknown problem");
	return at_mark(r->err, p->problem_mark);
}

static void mark(struct reader *r, const json_t *v, yaml_mark_t m)
{
	struct np_kube_doc *d = &r->doc;

	if (json_is_null(v) || json_is_boolean(v))
		return;	/* jansson has one of each only */
	d->marks = np_grow(d->marks, &d->cap_marks, d->n_marks, sizeof(*d->marks));
	d->marks[d->n_marks++] = (struct np_kube_mark){
		v, (unsigned)m.line + 1, (unsigned)m.column + 1
	};
}

static bool in_list(const char *s, const char *const *list)
{
	for (; *list; list++)
		if (!strcmp(s, *list))
			return true;
	return false;
}

static json_t *plain_scalar(const char *s)
{
	static const char *const nulls[] = { "", "~", "null", "Null", "NULL", NULL };
	static const char *const trues[] = {"true", "True", "TRUE", "yes", "Yes", "YES",
					    "on",   "On",   "ON",   "y",   "Y",	  NULL};
	static const char *const falses[] = {"false", "False", "FALSE", "no", "No", "NO",
					     "off",   "Off",   "OFF",	"n",  "N",  NULL};

	if (in_list(s, nulls))
		return json_null();
	if (in_list(s, trues))
		return json_true();
	return in_list(s, falses) ? json_false() : NULL;
}

static json_t *read_scalar(struct reader *r, const yaml_event_t *ev)
{
	const char *s = (const char *)ev->data.scalar.value;
	json_t *v = NULL;

	if (ev->data.scalar.style == YAML_PLAIN_SCALAR_STYLE)
		v = plain_scalar(s);
	if (!v)
		v = json_stringn(s, ev->data.scalar.length);
	if (!v || memchr(s, 0, ev->data.scalar.length)) {
		json_decref(v);
		np_err_set(r->err, NP_EPARSE, "text that is not UTF-8 or holds a NUL");
		at_mark(r->err, ev->start_mark);
		return NULL;
	}
	return v;
}

static json_t *read_node(struct reader *r, yaml_event_t *ev, unsigned depth);

static int read_sequence(struct reader *r, json_t *arr, unsigned depth)
{
	for (;;) {
		yaml_event_t ev;
		json_t *v;

		if (next_event(r, &ev))
			return -1;
		if (ev.type == YAML_SEQUENCE_END_EVENT)
			return yaml_event_delete(&ev), 0;
		v = read_node(r, &ev, depth);
		if (!v)
			return -1;
		json_array_append_new(arr, v);
	}
}

/* What makes a node one that this reader refuses, or NULL. */
static const char *refused(const yaml_event_t *ev)
{
	switch (ev->type) {
	case YAML_ALIAS_EVENT:
		return "aliases are not accepted here";
	case YAML_SCALAR_EVENT:
		if (ev->data.scalar.anchor)
			return "anchors are not accepted here";
		return ev->data.scalar.tag ? "tags are not accepted here" : NULL;
	case YAML_SEQUENCE_START_EVENT:
		if (ev->data.sequence_start.anchor)
			return "anchors are not accepted here";
		return ev->data.sequence_start.tag ? "tags are not accepted here" : NULL;
	case YAML_MAPPING_START_EVENT:
		if (ev->data.mapping_start.anchor)
			return "anchors are not accepted here";
		return ev->data.mapping_start.tag ? "tags are not accepted here" : NULL;
	default:
		return "a value is missing";
	}
}

/* @ev is the key; it is consumed. */
static int read_entry(struct reader *r, json_t *obj, yaml_event_t *ev, unsigned depth)
{
	np_auto_free char *key = NULL;
	yaml_mark_t at = ev->start_mark;
	yaml_event_t value;
	json_t *v;

	if (ev->type == YAML_SCALAR_EVENT && !refused(ev) &&
	    strlen((const char *)ev->data.scalar.value) == ev->data.scalar.length)
		key = np_xstrdup((const char *)ev->data.scalar.value);
	yaml_event_delete(ev);
	if (!key) {
		np_err_set(r->err, NP_EPARSE, "a key must be plain text");
		return at_mark(r->err, at);
	}
	if (json_object_get(obj, key)) {
		np_err_set(r->err, NP_EPARSE, "the key '%s' stands there twice", key);
		return at_mark(r->err, at);
	}
	if (next_event(r, &value))
		return -1;
	v = read_node(r, &value, depth);
	if (!v)
		return -1;
	json_object_set_new(obj, key, v);
	return 0;
}

static int read_mapping(struct reader *r, json_t *obj, unsigned depth)
{
	for (;;) {
		yaml_event_t ev;

		if (next_event(r, &ev))
			return -1;
		if (ev.type == YAML_MAPPING_END_EVENT)
			return yaml_event_delete(&ev), 0;
		if (read_entry(r, obj, &ev, depth))
			return -1;
	}
}

/* Consumes @ev. NULL on error. */
static json_t *read_node(struct reader *r, yaml_event_t *ev, unsigned depth)
{
	const char *why = refused(ev);
	yaml_mark_t at = ev->start_mark;
	bool sequence = ev->type == YAML_SEQUENCE_START_EVENT;
	json_t *v = NULL;

	if (why) {
		np_err_set(r->err, NP_EPARSE, "%s", why);
		at_mark(r->err, at);
	} else if (ev->type == YAML_SCALAR_EVENT) {
		v = read_scalar(r, ev);
	} else if (depth >= NP_KUBE_CONFIG_DEPTH) {
		np_err_set(r->err, NP_ELIMIT, "nested deeper than %d levels", NP_KUBE_CONFIG_DEPTH);
		at_mark(r->err, at);
	} else {
		v = sequence ? json_array() : json_object();
		if (sequence ? read_sequence(r, v, depth + 1) : read_mapping(r, v, depth + 1)) {
			json_decref(v);
			v = NULL;
		}
	}
	yaml_event_delete(ev);
	if (v)
		mark(r, v, at);
	return v;
}

/* Takes one event that must be @type, or (when @or_end) the end of the stream: then returns 1. */
static int expect(struct reader *r, yaml_event_type_t type, bool or_end)
{
	yaml_event_t ev;
	yaml_event_type_t got;
	yaml_mark_t at;

	if (next_event(r, &ev))
		return -1;
	got = ev.type;
	at = ev.start_mark;
	yaml_event_delete(&ev);
	if (got == type)
		return 0;
	if (or_end && got == YAML_STREAM_END_EVENT)
		return 1;
	np_err_set(r->err, NP_EPARSE, "more than one document");
	return at_mark(r->err, at);
}

static int read_document(struct reader *r)
{
	yaml_event_t ev;
	int rc;

	if (expect(r, YAML_STREAM_START_EVENT, false))
		return -1;
	rc = expect(r, YAML_DOCUMENT_START_EVENT, true);
	if (rc)
		return rc < 0 ? -1 : 0;
	if (next_event(r, &ev))
		return -1;
	r->doc.root = read_node(r, &ev, 0);
	if (!r->doc.root || expect(r, YAML_DOCUMENT_END_EVENT, false))
		return -1;
	return expect(r, YAML_STREAM_END_EVENT, false);
}

static int parse_yaml(struct np_str text, struct np_kube_doc *ret, struct np_err *err)
{
	struct reader r = { .err = err };
	int rc;

	if (!yaml_parser_initialize(&r.parser))
		return np_err_set(err, NP_EENV, "out of memory");
	yaml_parser_set_input_string(&r.parser, (const unsigned char *)text.p, text.n);
	rc = read_document(&r);
	yaml_parser_delete(&r.parser);
	if (rc) {
		np_kube_doc_release(&r.doc);
		return -1;
	}
	*ret = r.doc;
	return 0;
}

/* A document that begins as JSON is tried as such first: YAML 1.1 knows no surrogate escapes. */
static json_t *parse_json(struct np_str text)
{
	size_t i = 0;

	while (i < text.n && isspace((unsigned char)text.p[i]))
		i++;
	if (i == text.n || text.p[i] != '{')
		return NULL;
	return json_loadb(text.p, text.n, JSON_REJECT_DUPLICATES, NULL);
}

int np_kube_doc_parse(struct np_str text, struct np_kube_doc *ret, struct np_err *err)
{
	struct np_kube_doc d = { .root = NULL };

	if (text.n > NP_KUBE_FILE_MAX)
		return np_err_set(err, NP_ELIMIT, "larger than %d bytes", NP_KUBE_FILE_MAX);
	d.root = parse_json(text);
	if (!d.root && parse_yaml(text, &d, err))
		return -1;
	if (!np_kube_json_depth_ok(d.root, NP_KUBE_CONFIG_DEPTH)) {
		np_kube_doc_release(&d);
		return np_err_set(err, NP_ELIMIT, "nested deeper than %d levels",
				  NP_KUBE_CONFIG_DEPTH);
	}
	if (!d.root || json_is_null(d.root)) {
		json_decref(d.root);
		d.root = json_object();
	}
	*ret = d;
	return 0;
}

void np_kube_doc_release(struct np_kube_doc *d)
{
	json_decref(d->root);
	free(d->marks);
	*d = (struct np_kube_doc){ .root = NULL };
}

int np_kube_doc_at(const struct np_kube_doc *d, const json_t *v, struct np_err *err)
{
	for (size_t i = 0; i < d->n_marks; i++)
		if (d->marks[i].value == v)
			return np_err_at(err, NULL, d->marks[i].line, d->marks[i].column);
	return -1;
}
