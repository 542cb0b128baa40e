/* casetext.c - cases and worlds as the YAML of their files, to be read and edited. */
#include <stdlib.h>

#include "np/base/json.h"
#include "np/base/mem.h"
#include "np/gen/scenario.h"

enum { FLOW_MAX = 70 };

/* ---- JSON as YAML ---- */

static bool is_word(const char *s)
{
	/* What YAML 1.1 takes for something else than text. */
	static const char *const others[] = { "y",   "n",    "yes",   "no",  "on",
					      "off", "true", "false", "null" };

	if (!((*s | 32) >= 'a' && (*s | 32) <= 'z'))
		return false;
	for (size_t i = 0; i < NP_ARRAY_SIZE(others); i++)
		if (strcasecmp(s, others[i]) == 0)
			return false;
	return strspn(s, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._/-") ==
	       strlen(s);
}

static void put_text(struct np_buf *b, const char *s)
{
	if (is_word(s))
		np_buf_adds(b, s);
	else
		np_buf_json(b, np_str_from(s));
}

/* In one line: {a: b, c: [d]}. As deep as manifests are. */
static void put_flow(struct np_buf *b, const json_t *v)
{
	const char *key;
	json_t *item;
	size_t i;
	bool first = true;

	if (json_is_object(v)) {
		np_buf_addc(b, '{');
		json_object_foreach((json_t *)v, key, item) {
			np_buf_adds(b, first ? "" : ", ");
			put_text(b, key);
			np_buf_adds(b, ": ");
			put_flow(b, item);
			first = false;
		}
		np_buf_addc(b, '}');
	} else if (json_is_array(v)) {
		np_buf_addc(b, '[');
		json_array_foreach((json_t *)v, i, item) {
			np_buf_adds(b, i ? ", " : "");
			put_flow(b, item);
		}
		np_buf_addc(b, ']');
	} else if (json_is_string(v)) {
		put_text(b, json_string_value(v));
	} else {
		np_json_dump(v, 0, b);
	}
}

static bool is_short(const json_t *v)
{
	struct np_buf b = { 0 };
	bool yes;

	put_flow(&b, v);
	yes = b.len <= FLOW_MAX;
	np_buf_release(&b);
	return yes || !(json_is_object(v) || json_is_array(v)) ||
	       (json_is_object(v) ? !json_object_size(v) : !json_array_size(v));
}

static void put_indent(struct np_buf *b, unsigned depth)
{
	for (unsigned i = 0; i < depth; i++)
		np_buf_adds(b, "  ");
}

/* Lines at @depth; @within: the first line is begun already, behind a dash. */
static void put_block(struct np_buf *b, const json_t *v, unsigned depth, bool within)
{
	const char *key;
	json_t *item;
	size_t i;

	if (json_is_object(v)) {
		json_object_foreach((json_t *)v, key, item) {
			if (!within)
				put_indent(b, depth);
			within = false;
			put_text(b, key);
			np_buf_adds(b, is_short(item) ? ": " : ":\n");
			if (is_short(item)) {
				put_flow(b, item);
				np_buf_addc(b, '\n');
			} else {
				put_block(b, item, json_is_array(item) ? depth : depth + 1, false);
			}
		}
		return;
	}
	json_array_foreach((json_t *)v, i, item) {
		put_indent(b, depth);
		np_buf_adds(b, "- ");
		if (is_short(item)) {
			put_flow(b, item);
			np_buf_addc(b, '\n');
		} else {
			put_block(b, item, depth + 1, true);
		}
	}
}

/* ---- steps ---- */

static json_t *body_json(const struct np_step *step)
{
	return np_json_parse(step->body.p, step->body.n, NULL);
}

static void put_object_name(struct np_buf *b, const char *verb, const struct np_step *step)
{
	np_buf_printf(b, "%s: " NP_STR_FMT " " NP_STR_FMT "%s" NP_STR_FMT "\n", verb,
		      NP_STR_ARG(step->object_kind), NP_STR_ARG(step->ns), step->ns.n ? "/" : "",
		      NP_STR_ARG(step->name));
}

static void put_member(struct np_buf *b, const char *key, json_t *value)
{
	json_t *map;

	if (!value)
		return;
	map = np_json_pack("{s:O}", key, value);
	put_block(b, map, 0, false);
	json_decref(map);
}

static void put_terms(struct np_buf *b, const char *word, const struct np_expect_term *terms,
		      size_t n)
{
	for (size_t i = 0; i < n; i++)
		np_buf_printf(b, "%s%s" NP_STR_FMT, i ? "," : word, terms[i].negated ? "!" : "",
			      NP_STR_ARG(terms[i].pattern));
}

static void put_line_port(struct np_buf *b, const struct np_expect_port *p)
{
	np_buf_adds(b, p->any_proto ? "*" : np_proto_name(p->proto));
	if (!p->first && !p->last)
		np_buf_adds(b, ":*");
	else if (p->first == p->last)
		np_buf_printf(b, ":%u", p->first);
	else
		np_buf_printf(b, ":%u-%u", p->first, p->last);
}

static void put_open(struct np_buf *b, const np_clauses *open)
{
	char name[8];
	bool first = true;

	for (unsigned c = 0; c <= NP_CLAUSE_MAX; c++)
		if (np_clauses_has(open, c)) {
			np_buf_printf(b, "%c%s", first ? '(' : ',', np_clause_name(c, name));
			first = false;
		}
	np_buf_adds(b, first ? "" : ")");
}

static void put_line(struct np_buf *b, const struct np_expect_line *l)
{
	static const char *const words[] = { [NP_EXPECT_ALLOW] = "allow",
					     [NP_EXPECT_DENY] = "deny",
					     [NP_EXPECT_OPEN] = "open",
					     [NP_EXPECT_ORACLE] = "oracle" };

	np_buf_printf(b, "  %s", words[l->kind]);
	put_open(b, &l->open);
	if (l->own_node)
		np_buf_adds(b, " from own-node");
	put_terms(b, " from ", l->from, l->n_from);
	put_terms(b, " to ", l->to, l->n_to);
	for (size_t i = 0; i < l->n_ports; i++) {
		np_buf_adds(b, i ? "," : " on ");
		put_line_port(b, &l->ports[i]);
	}
	if (l->family)
		np_buf_printf(b, " family %d", l->family);
	if (l->reason.n)
		np_buf_printf(b, "  # " NP_STR_FMT, NP_STR_ARG(l->reason));
	np_buf_addc(b, '\n');
}

static void put_expect(struct np_buf *b, const struct np_expect *e)
{
	np_buf_adds(b, "expect: |\n");
	for (size_t i = 0; i < e->n_lines; i++)
		put_line(b, &e->lines[i]);
}

static void put_step(struct np_buf *b, const struct np_step *step)
{
	json_t *body = step->body.n ? body_json(step) : NULL;

	np_buf_adds(b, "---\n");
	switch (step->kind) {
	case NP_STEP_APPLY:
		put_block(b, body, 0, false);
		break;
	case NP_STEP_DELETE:
		put_object_name(b, "delete", step);
		break;
	case NP_STEP_LABEL:
		put_object_name(b, "label", step);
		put_member(b, "labels", np_json_at(body, "metadata/labels"));
		break;
	case NP_STEP_PATCH:
		put_object_name(b, "patch", step);
		put_member(b, "with", body);
		break;
	case NP_STEP_RECREATE:
		put_object_name(b, "recreate", step);
		put_member(b, "with", body);
		break;
	case NP_STEP_TERMINATE:
		put_object_name(b, "terminate", step);
		break;
	case NP_STEP_WAIT:
		np_buf_printf(b, "wait: %lldms\n", step->wait_ms);
		break;
	case NP_STEP_EXPECT:
		put_expect(b, &step->expect);
		break;
	}
	json_decref(body);
}

/* ---- headers ---- */

static void put_string(struct np_buf *b, const char *key, struct np_str value)
{
	np_auto_free char *text = np_xstrndup(value.p ? value.p : "", value.n);

	np_buf_printf(b, "%s: ", key);
	put_text(b, text);
	np_buf_addc(b, '\n');
}

static void put_strings(struct np_buf *b, const char *key, const struct np_str *items, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		np_auto_free char *text = np_xstrndup(items[i].p, items[i].n);

		np_buf_printf(b, i ? ", " : "%s: [", key);
		put_text(b, text);
	}
	np_buf_adds(b, n ? "]\n" : "");
}

static void put_ports(struct np_buf *b, const struct np_expect_port *ports, size_t n)
{
	for (size_t i = 0; i < n; i++)
		np_buf_printf(b, "%s%s:%u", i ? ", " : "ports: [", np_proto_name(ports[i].proto),
			      ports[i].first);
	np_buf_adds(b, n ? "]\n" : "");
}

static void put_needs(struct np_buf *b, unsigned needs)
{
	bool first = true;

	for (unsigned bit = 0; bit < 16; bit++)
		if (needs >> bit & 1) {
			np_buf_printf(b, "%s%s", first ? "needs: [" : ", ",
				      np_need_name((enum np_need)(1U << bit)));
			first = false;
		}
	np_buf_adds(b, first ? "" : "]\n");
}

static void put_covers(struct np_buf *b, const np_clauses *covers)
{
	char name[8];
	bool first = true;

	for (unsigned c = 0; c <= NP_CLAUSE_MAX; c++)
		if (np_clauses_has(covers, c)) {
			np_buf_printf(b, "%s%s", first ? "covers: [" : ", ",
				      np_clause_name(c, name));
			first = false;
		}
	np_buf_adds(b, first ? "" : "]\n");
}

void np_case_text(const struct np_case *c, struct np_buf *ret)
{
	put_string(ret, "case", c->id);
	put_string(ret, "title", c->title);
	put_covers(ret, &c->covers);
	put_needs(ret, c->needs);
	put_strings(ret, "catches", c->catches, c->n_catches);
	put_strings(ret, "tags", c->tags, c->n_tags);
	put_string(ret, "world", c->world);
	put_string(ret, "profile", c->profile);
	put_ports(ret, c->ports, c->n_ports);
	if (c->families)
		np_buf_printf(ret, "families: [%s]\n",
			      c->families == 1	 ? "4"
			      : c->families == 2 ? "6"
						 : "4, 6");
	if (c->seed)
		np_buf_printf(ret, "seed: %llu\n", (unsigned long long)c->seed);
	for (size_t i = 0; i < c->n_steps; i++)
		put_step(ret, &c->steps[i]);
}

void np_worldfile_text(const struct np_worldfile *w, struct np_buf *ret)
{
	put_string(ret, "world", w->name);
	put_ports(ret, w->ports, w->n_ports);
	for (size_t i = 0; i < w->n_objects; i++)
		put_step(ret, &w->objects[i]);
}
