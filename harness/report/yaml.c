/* yaml.c - JSON values as YAML block text, through libyaml's emitter. */
#include "yaml.h"

#include <stdio.h>
#include <string.h>
#include <yaml.h>

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

static void emit_scalar(yaml_emitter_t *e, const char *text, yaml_scalar_style_t style)
{
	yaml_event_t ev;

	yaml_scalar_event_initialize(&ev, NULL, NULL, (const yaml_char_t *)text, (int)strlen(text),
				     1, 1, style);
	yaml_emitter_emit(e, &ev);
}

static void emit_text(yaml_emitter_t *e, const char *s)
{
	emit_scalar(e, s,
		    plain_is_safe(s) ? YAML_PLAIN_SCALAR_STYLE : YAML_DOUBLE_QUOTED_SCALAR_STYLE);
}

static void emit(yaml_emitter_t *e, const json_t *v, unsigned depth);

static void emit_map(yaml_emitter_t *e, const json_t *v, unsigned depth)
{
	yaml_event_t ev;
	const char *key;
	json_t *item;

	yaml_mapping_start_event_initialize(&ev, NULL, NULL, 1,
					    json_object_size(v) ? YAML_BLOCK_MAPPING_STYLE
								: YAML_FLOW_MAPPING_STYLE);
	yaml_emitter_emit(e, &ev);
	json_object_foreach((json_t *)v, key, item) {
		emit_text(e, key);
		emit(e, item, depth + 1);
	}
	yaml_mapping_end_event_initialize(&ev);
	yaml_emitter_emit(e, &ev);
}

static void emit_list(yaml_emitter_t *e, const json_t *v, unsigned depth)
{
	yaml_event_t ev;
	json_t *item;
	size_t i;

	yaml_sequence_start_event_initialize(&ev, NULL, NULL, 1,
					     json_array_size(v) ? YAML_BLOCK_SEQUENCE_STYLE
								: YAML_FLOW_SEQUENCE_STYLE);
	yaml_emitter_emit(e, &ev);
	json_array_foreach(v, i, item)
		emit(e, item, depth + 1);
	yaml_sequence_end_event_initialize(&ev);
	yaml_emitter_emit(e, &ev);
}

static void emit_number(yaml_emitter_t *e, const json_t *v)
{
	char text[64];

	if (json_is_integer(v))
		snprintf(text, sizeof(text), "%" JSON_INTEGER_FORMAT, json_integer_value(v));
	else
		snprintf(text, sizeof(text), "%.17g", json_real_value(v));
	emit_scalar(e, text, YAML_PLAIN_SCALAR_STYLE);
}

static void emit(yaml_emitter_t *e, const json_t *v, unsigned depth)
{
	if (depth > DEPTH_MAX)
		emit_scalar(e, "null", YAML_PLAIN_SCALAR_STYLE);
	else if (json_is_object(v))
		emit_map(e, v, depth);
	else if (json_is_array(v))
		emit_list(e, v, depth);
	else if (json_is_string(v))
		emit_text(e, json_string_value(v));
	else if (json_is_number(v))
		emit_number(e, v);
	else
		emit_scalar(e,
			    json_is_true(v)    ? "true"
			    : json_is_false(v) ? "false"
					       : "null",
			    YAML_PLAIN_SCALAR_STYLE);
}

void np_report_yaml(const json_t *v, struct np_buf *ret)
{
	yaml_emitter_t e;
	yaml_event_t ev;

	yaml_emitter_initialize(&e);
	yaml_emitter_set_output(&e, take_bytes, ret);
	yaml_emitter_set_unicode(&e, 1);
	yaml_emitter_set_width(&e, -1); /* no line of a text begins a line of its own */
	yaml_stream_start_event_initialize(&ev, YAML_UTF8_ENCODING);
	yaml_emitter_emit(&e, &ev);
	yaml_document_start_event_initialize(&ev, NULL, NULL, NULL, 0);
	yaml_emitter_emit(&e, &ev);
	emit(&e, v, 0);
	yaml_document_end_event_initialize(&ev, 1);
	yaml_emitter_emit(&e, &ev);
	yaml_stream_end_event_initialize(&ev);
	yaml_emitter_emit(&e, &ev);
	yaml_emitter_delete(&e);
}
