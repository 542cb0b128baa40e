/* yaml.c - JSON values as YAML block text, through libyaml's emitter. */
#include "yaml.h"

#include <stdio.h>
#include <string.h>
#include <yaml.h>

#include "np/base/mem.h"

#define DEPTH_MAX 64

static int take_bytes(void *ctx, unsigned char *bytes, size_t n)
{
	np_buf_add(ctx, bytes, n);
	return 1;
}

/*
 * Texts that a YAML 1.1 reader takes for something else must be quoted; these words cannot be seen
 * by their characters.
 */
static bool is_word(const char *s)
{
	static const char *const words[] = { "y",  "yes", "on",	   "true", "n",
					     "no", "off", "false", "null" };

	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
		if (strcasecmp(words[i], s) == 0)
			return true;
	return false;
}

static bool plain_is_safe(const char *s)
{
	if (!((*s >= 'a' && *s <= 'z') || (*s >= 'A' && *s <= 'Z')) || is_word(s))
		return false;
	return strspn(s, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_./") ==
	       strlen(s);
}

/* The emitter, and whether it has had memory for everything so far. */
struct writer {
	yaml_emitter_t e;
	bool ok;
};

/* @made: what the function that filled @ev returned. */
static void put(struct writer *w, int made, yaml_event_t *ev)
{
	w->ok = w->ok && made && yaml_emitter_emit(&w->e, ev);
}

static void emit_scalar(struct writer *w, const char *text, yaml_scalar_style_t style)
{
	yaml_event_t ev;

	if (w->ok)
		put(w,
		    yaml_scalar_event_initialize(&ev, NULL, NULL, (const yaml_char_t *)text,
						 (int)strlen(text), 1, 1, style),
		    &ev);
}

static void emit_text(struct writer *w, const char *s)
{
	emit_scalar(w, s,
		    plain_is_safe(s) ? YAML_PLAIN_SCALAR_STYLE : YAML_DOUBLE_QUOTED_SCALAR_STYLE);
}

static void emit(struct writer *w, const json_t *v, unsigned depth);

static void emit_map(struct writer *w, const json_t *v, unsigned depth)
{
	yaml_event_t ev;
	const char *key;
	json_t *item;

	put(w,
	    yaml_mapping_start_event_initialize(&ev, NULL, NULL, 1,
						json_object_size(v) ? YAML_BLOCK_MAPPING_STYLE
								    : YAML_FLOW_MAPPING_STYLE),
	    &ev);
	json_object_foreach((json_t *)v, key, item) {
		emit_text(w, key);
		emit(w, item, depth + 1);
	}
	if (w->ok)
		put(w, yaml_mapping_end_event_initialize(&ev), &ev);
}

static void emit_list(struct writer *w, const json_t *v, unsigned depth)
{
	yaml_event_t ev;
	json_t *item;
	size_t i;

	put(w,
	    yaml_sequence_start_event_initialize(&ev, NULL, NULL, 1,
						 json_array_size(v) ? YAML_BLOCK_SEQUENCE_STYLE
								    : YAML_FLOW_SEQUENCE_STYLE),
	    &ev);
	json_array_foreach(v, i, item)
		emit(w, item, depth + 1);
	if (w->ok)
		put(w, yaml_sequence_end_event_initialize(&ev), &ev);
}

static void emit_number(struct writer *w, const json_t *v)
{
	char text[64];

	if (json_is_integer(v))
		snprintf(text, sizeof(text), "%" JSON_INTEGER_FORMAT, json_integer_value(v));
	else
		snprintf(text, sizeof(text), "%.17g", json_real_value(v));
	emit_scalar(w, text, YAML_PLAIN_SCALAR_STYLE);
}

static void emit(struct writer *w, const json_t *v, unsigned depth)
{
	if (!w->ok)
		return;
	if (depth > DEPTH_MAX)
		emit_scalar(w, "null", YAML_PLAIN_SCALAR_STYLE);
	else if (json_is_object(v))
		emit_map(w, v, depth);
	else if (json_is_array(v))
		emit_list(w, v, depth);
	else if (json_is_string(v))
		emit_text(w, json_string_value(v));
	else if (json_is_number(v))
		emit_number(w, v);
	else
		emit_scalar(w,
			    json_is_true(v)    ? "true"
			    : json_is_false(v) ? "false"
					       : "null",
			    YAML_PLAIN_SCALAR_STYLE);
}

static void emit_stream(struct writer *w, const json_t *v)
{
	yaml_event_t ev;

	put(w, yaml_stream_start_event_initialize(&ev, YAML_UTF8_ENCODING), &ev);
	if (w->ok)
		put(w, yaml_document_start_event_initialize(&ev, NULL, NULL, NULL, 0), &ev);
	emit(w, v, 0);
	if (w->ok)
		put(w, yaml_document_end_event_initialize(&ev, 1), &ev);
	if (w->ok)
		put(w, yaml_stream_end_event_initialize(&ev), &ev);
}

void np_report_yaml(const json_t *v, struct np_buf *ret)
{
	struct writer w = { .ok = false };
	size_t start = ret->len;

	w.ok = yaml_emitter_initialize(&w.e);
	if (w.ok) {
		yaml_emitter_set_output(&w.e, take_bytes, ret);
		yaml_emitter_set_unicode(&w.e, 1);
		yaml_emitter_set_width(&w.e, -1); /* no line of a text begins a line of its own */
		emit_stream(&w, v);
		yaml_emitter_delete(&w.e);
	}
	if (w.ok)
		return;
	ret->len = start;
	np_no_memory();
}
