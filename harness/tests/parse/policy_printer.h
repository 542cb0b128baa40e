/*
 * policy_printer.h - test helper: a tree of policy_maker.h as JSON or YAML, in all the ways that a
 * user may write it: quotes, flow and block, anchors, comments, keys that stand twice.
 */
#ifndef NP_TESTS_PARSE_POLICY_PRINTER_H
#define NP_TESTS_PARSE_POLICY_PRINTER_H

#include "policy_maker.h"

static inline void print_json(struct maker *m, const json_t *v)
{
	const char *key;
	json_t *child;
	bool first = true;
	size_t i;

	if (json_is_string(v) && json_string_value(v)[0] == RAW[0]) {
		np_buf_adds(&m->out, json_string_value(v) + 1);
	} else if (json_is_object(v)) {
		np_buf_addc(&m->out, '{');
		json_object_foreach((json_t *)v, key, child) {
			for (int twice = one_in(m, 150); twice >= 0; twice--) {
				np_buf_adds(&m->out, first ? "" : one_in(m, 40) ? " ,\n\t" : ",");
				first = false;
				np_buf_json(&m->out, np_str_from(key));
				np_buf_addc(&m->out, ':');
				print_json(m, child);
			}
		}
		np_buf_addc(&m->out, '}');
	} else if (json_is_array(v)) {
		np_buf_addc(&m->out, '[');
		json_array_foreach(v, i, child) {
			np_buf_adds(&m->out, i ? "," : "");
			print_json(m, child);
		}
		np_buf_addc(&m->out, ']');
	} else if (json_is_string(v)) {
		np_buf_json(&m->out, np_str_from(json_string_value(v)));
	} else {
		np_json_dump(v, 0, &m->out);
	}
}

/* Plain where that seems possible, else quoted in one of the two ways. */
static inline void print_text(struct maker *m, const char *s)
{
	bool simple = *s && !strpbrk(s, "\n\x01\"'#:{}[],&*!|>%@`\\ ") && *s != '-' && *s != '?';

	if (*s == RAW[0])
		np_buf_adds(&m->out, s + 1);
	else if (simple && !one_in(m, 3))
		np_buf_adds(&m->out, s);
	else if (!strpbrk(s, "'\n\x01") && one_in(m, 2))
		np_buf_printf(&m->out, "'%s'", s);
	else
		np_buf_json(&m->out, np_str_from(s));
}

static inline void indent(struct maker *m, int depth)
{
	np_buf_addc(&m->out, '\n');
	for (int i = 0; i < depth; i++)
		np_buf_adds(&m->out, "  ");
}

static inline void print_flow(struct maker *m, const json_t *v);

static inline void print_flow_items(struct maker *m, const json_t *v)
{
	const char *key;
	json_t *child;
	size_t i = 0;

	json_array_foreach(v, i, child) {
		np_buf_adds(&m->out, i ? ", " : "");
		print_flow(m, child);
	}
	i = 0;
	json_object_foreach((json_t *)v, key, child) {
		np_buf_adds(&m->out, i++ ? ", " : "");
		print_text(m, key);
		np_buf_adds(&m->out, ": ");
		print_flow(m, child);
	}
}

static inline void print_flow(struct maker *m, const json_t *v)
{
	if (json_is_string(v)) {
		print_text(m, json_string_value(v));
	} else if (json_is_array(v) || json_is_object(v)) {
		np_buf_addc(&m->out, json_is_array(v) ? '[' : '{');
		print_flow_items(m, v);
		np_buf_addc(&m->out, json_is_array(v) ? ']' : '}');
	} else {
		np_json_dump(v, 0, &m->out);
	}
}

static inline void print_block(struct maker *m, const json_t *v, int depth, bool in_list);

static inline void print_value(struct maker *m, const json_t *v, int depth, bool in_list)
{
	bool empty = json_array_size(v) == 0 && json_object_size(v) == 0;

	if (m->n_anchors && one_in(m, 40)) {
		np_buf_printf(&m->out, " *a%zu", below(m, m->n_anchors));
		return;
	}
	if (one_in(m, 120)) {
		np_buf_printf(&m->out, " &a%u", m->n_anchors++);
		in_list = false;
	}
	if (empty || one_in(m, 5)) {
		np_buf_addc(&m->out, ' ');
		print_flow(m, v);
	} else {
		print_block(m, v, depth, in_list);
	}
}

static inline void print_block(struct maker *m, const json_t *v, int depth, bool in_list)
{
	const char *key;
	json_t *child;
	size_t i;

	json_array_foreach(v, i, child) {
		indent(m, depth);
		np_buf_addc(&m->out, '-');
		print_value(m, child, depth + 1, true);
	}
	json_object_foreach((json_t *)v, key, child) {
		if (in_list)
			np_buf_addc(&m->out, ' ');
		else
			indent(m, depth);
		in_list = false;
		print_text(m, key);
		np_buf_addc(&m->out, ':');
		print_value(m, child, json_is_array(child) && one_in(m, 2) ? depth : depth + 1, false);
		if (one_in(m, 80))
			np_buf_adds(&m->out, " # c");
		if (one_in(m, 250)) {
			indent(m, depth);
			np_buf_printf(&m->out, "%s: ", key);
			print_flow(m, child);
		}
	}
}

static inline void print_policy(struct maker *m, const json_t *policy)
{
	np_buf_clear(&m->out);
	np_buf_adds(&m->out, "");
	m->n_anchors = 0;
	if (!m->yaml) {
		print_json(m, policy);
		return;
	}
	if (one_in(m, 10))
		np_buf_adds(&m->out, "---");
	print_block(m, policy, 0, false);
	np_buf_addc(&m->out, '\n');
}

#endif
