/* agents_log.c - what an agent's log tells: crashes, and complaints that come again and again. */
#include <string.h>

#include "agents.h"
#include "logline.h"
#include "np/base/json.h"
#include "np/base/mem.h"

#define STUCK_MAX 4096

/* Words of agents that cannot bring a policy into the data plane. Names of tools are none of them:
 * they stand in what goes well, too. */
static const char *const stuck_words[] = {
	"Failed to update IP sets",
	"Aborting sync",
	"failed to perform ipset restore",
	"timed out",
	"failed to",
	"Failed to",
	"retrying",
	"Retrying",
	"invalid argument",
	"no space left",
	"unable to",
	"Unable to",
	"cannot",
	"could not",
	"error",
};

/* Something that an agent would say of what it cannot do. */
static bool is_complaint(const struct log_line *l)
{
	if (l->level >= LEVEL_ERROR)
		return true;
	for (size_t i = 0; i < NP_ARRAY_SIZE(stuck_words); i++)
		if (str_has(l->text, stuck_words[i]))
			return true;
	return false;
}

static struct stuck_count *count_of(struct agents *a, const char *component, const char *template)
{
	struct stuck_count *s;

	for (size_t i = 0; i < a->n_stuck; i++)
		if (strcmp(a->stuck[i].template, template) == 0 &&
		    strcmp(a->stuck[i].component, component) == 0)
			return &a->stuck[i];
	if (a->n_stuck == STUCK_MAX)
		return NULL;
	a->stuck = np_grow(a->stuck, &a->cap_stuck, a->n_stuck, sizeof(*a->stuck));
	s = &a->stuck[a->n_stuck++];
	*s = (struct stuck_count){ .usual = a->quiet };
	snprintf(s->template, sizeof(s->template), "%s", template);
	snprintf(s->component, sizeof(s->component), "%s", component);
	return s;
}

static void count_line(struct agents *a, struct agent *g, struct np_str line, json_t *ret_bugs)
{
	char template[NP_TEMPLATE_MAX], type[NP_CRASH_TYPE_MAX], text[NP_CRASH_MESSAGE_MAX];
	struct stuck_count *s;
	struct log_line l;
	json_t *bug;

	log_line_parse(line, &l);
	if (!is_complaint(&l))
		return;
	np_log_template(line, template, sizeof(template));
	s = count_of(a, g->component, template);
	if (!s || s->usual || s->told || ++s->n < STUCK_REPEATS)
		return;
	s->told = true;
	snprintf(type, sizeof(type), "stuck:%.150s", template);
	str_copy(text, sizeof(text), l.text);
	bug = np_bug_new_of(NP_CRASH_STUCK, g->component, type, "", text);
	json_object_set_new(bug, "raw", np_json_string(line));
	json_object_set_new(bug, "watch",
			    np_json_pack("{s:o}", "needle",
					 np_json_string((struct np_str){
						 template, strcspn(template, "#*\"") })));
	json_array_append_new(ret_bugs, bug);
}

static void keep_tail(struct agent *g, struct np_str piece)
{
	if (piece.n > AGENT_TAIL_MAX)
		piece = str_from(piece, piece.n - AGENT_TAIL_MAX);
	np_buf_add(&g->tail, piece.p, piece.n);
	if (g->tail.len > 2 * AGENT_TAIL_MAX)
		np_buf_consume(&g->tail, g->tail.len - AGENT_TAIL_MAX);
}

/*
 * What begins in the first @settled bytes of what is held, and how it goes on; that much is held no
 * longer.
 */
static void read_held(struct agents *a, struct agent *g, size_t settled, json_t *ret_bugs)
{
	struct np_str text = { np_buf_text(&g->held), g->held.len };
	struct np_crashes crashes = { 0 };
	size_t at = 0, next, k = 0;

	np_crash_scan(text, g->component, &crashes);
	for (size_t i = 0; i < crashes.n && crashes.items[i].start < settled; i++)
		json_array_append_new(ret_bugs, np_bug_new(&crashes.items[i], text));
	while (at < settled) {
		struct np_str line = log_line_at(text, at, &next);

		if (k < crashes.n && at >= crashes.items[k].start) { /* no complaint of its own */
			at = crashes.items[k++].end;
			continue;
		}
		if (line.n)
			count_line(a, g, line, ret_bugs);
		at = next;
	}
	np_buf_consume(&g->held, at);
	np_crashes_release(&crashes);
}

void agents_read_piece(struct agents *a, struct agent *g, struct np_str piece, json_t *ret_bugs)
{
	if (piece.n || g->held.len) {
		keep_tail(g, piece);
		np_buf_add(&g->held, piece.p, piece.n);
		read_held(a, g, g->held.len, ret_bugs);
	}
	np_buf_release(&g->held);
}

void agents_read_on(struct agents *a, struct agent *g, struct np_str piece, json_t *ret_bugs)
{
	size_t settled = g->held.len;

	keep_tail(g, piece);
	np_buf_add(&g->held, piece.p, piece.n);
	read_held(a, g, settled, ret_bugs);
}
