/* Commands, generations, transactions. */
#include "enforcer_ruleset.h"

#include "np/base/mem.h"

#define TABLE "\"family\":\"inet\",\"table\":\"npc\""
#define ELEMENTS_PER_COMMAND 256

/* Estimated bytes: about twice what nft 1.0.6 was seen to send. */
enum weight {
	W_CHAIN = 64,
	W_SET = 128,
	W_INTERVAL = 176,
	W_SWITCH = 320,
	W_DELETE = 160,
	W_TABLE = 640
};

void np_ruleset_release(struct np_ruleset *rs)
{
	np_buf_release(&rs->text);
	free(rs->cmds);
	free(rs->names);
	*rs = (struct np_ruleset){ 0 };
}

bool np_ruleset_eq(const struct np_ruleset *a, const struct np_ruleset *b)
{
	return a->n_cmds == b->n_cmds && a->text.len == b->text.len &&
	       a->hooks_output == b->hooks_output &&
	       (a->text.len == 0 || !memcmp(a->text.data, b->text.data, a->text.len));
}

static void end_command(struct np_ruleset *rs, size_t at, unsigned weight)
{
	rs->cmds = np_grow(rs->cmds, &rs->cap_cmds, rs->n_cmds, sizeof(*rs->cmds));
	rs->cmds[rs->n_cmds++] =
		(struct np_ruleset_cmd){ .at = at, .len = rs->text.len - at, .weight = weight };
}

void np_ruleset_add(struct np_ruleset *rs, unsigned weight, const char *fmt, ...)
{
	size_t at = rs->text.len;
	va_list ap;

	va_start(ap, fmt);
	np_buf_vprintf(&rs->text, fmt, ap);
	va_end(ap);
	end_command(rs, at, weight);
}

static void add_name(struct np_ruleset *rs, enum np_ruleset_kind kind, const char *name)
{
	struct np_ruleset_name *n;

	rs->names = np_grow(rs->names, &rs->cap_names, rs->n_names, sizeof(*rs->names));
	n = &rs->names[rs->n_names++];
	n->kind = kind;
	n->cmd = rs->n_cmds;
	snprintf(n->name, sizeof(n->name), "%s", name);
}

void np_ruleset_chain(struct np_ruleset *rs, const char *name)
{
	add_name(rs, NP_RS_CHAIN, name);
	np_ruleset_add(rs, W_CHAIN, "{\"add\":{\"chain\":{" TABLE ",\"name\":\"%s\"}}}", name);
}

void np_ruleset_rule(struct np_ruleset *rs, const char *chain, const char *expr, unsigned weight)
{
	np_ruleset_add(rs, weight,
		       "{\"add\":{\"rule\":{" TABLE ",\"chain\":\"%s\",\"expr\":[%s]}}}", chain,
		       expr);
}

void np_ruleset_keyed(struct np_ruleset *rs, const char *name, const char *type, bool is_map)
{
	add_name(rs, is_map ? NP_RS_MAP : NP_RS_SET, name);
	np_ruleset_add(rs, W_SET, "{\"add\":{\"%s\":{" TABLE ",\"name\":\"%s\",\"type\":%s%s}}}",
		       is_map ? "map" : "set", name, type, is_map ? ",\"map\":\"verdict\"" : "");
}

void np_ruleset_elements(struct np_ruleset *rs, const char *name, const char *const *elements,
			 size_t n, unsigned weight_each)
{
	for (size_t i = 0; i < n;) {
		size_t at = rs->text.len,
		       end = n - i > ELEMENTS_PER_COMMAND ? i + ELEMENTS_PER_COMMAND : n;
		unsigned weight = W_SET + (unsigned)(end - i) * weight_each;

		np_buf_printf(&rs->text,
			      "{\"add\":{\"element\":{" TABLE ",\"name\":\"%s\",\"elem\":[", name);
		for (size_t first = i; i < end; i++) {
			if (i > first)
				np_buf_addc(&rs->text, ',');
			np_buf_adds(&rs->text, elements[i]);
		}
		np_buf_adds(&rs->text, "]}}}");
		end_command(rs, at, weight);
	}
}

void np_ruleset_set(struct np_ruleset *rs, const char *name, int family,
		    const struct np_ranges *elements)
{
	char **texts = np_xcalloc(elements->n + 1, sizeof(*texts));
	char lo[NP_ADDR_TEXT_MAX], hi[NP_ADDR_TEXT_MAX];

	add_name(rs, NP_RS_SET, name);
	np_ruleset_add(rs, W_SET,
		       "{\"add\":{\"set\":{" TABLE
		       ",\"name\":\"%s\",\"type\":\"ipv%d_addr\",\"flags\":[\"interval\"]}}}",
		       name, family);
	for (size_t i = 0; i < elements->n; i++) {
		const struct np_range *r = &elements->v[i];

		np_number_text(r->lo, family, lo);
		np_number_text(r->hi, family, hi);
		texts[i] = r->lo == r->hi ? np_xasprintf("\"%s\"", lo)
					  : np_xasprintf("{\"range\":[\"%s\",\"%s\"]}", lo, hi);
	}
	np_ruleset_elements(rs, name, (const char *const *)texts, elements->n, W_INTERVAL);
	for (size_t i = 0; i < elements->n; i++)
		free(texts[i]);
	free(texts);
}

/* Commands on their way out, cut into documents by weight. */
struct stream {
	struct np_buf doc;
	unsigned weight, budget;
	size_t n; /* commands in doc */
	np_ruleset_send send;
	void *arg;
};

static int stream_flush(struct stream *s, struct np_err *err)
{
	int rc;

	if (s->n == 0)
		return 0;
	np_buf_adds(&s->doc, "]}\n");
	rc = s->send(s->arg, &s->doc, err);
	np_buf_clear(&s->doc);
	s->n = 0;
	s->weight = 0;
	return rc;
}

/*
 * Adds one or several commands (separated by commas) that belong into one transaction. Returns 1
 * when what was added before has been sent, 0 when not, -1 on failure.
 */
static int stream_add(struct stream *s, const char *text, size_t len, unsigned weight, unsigned gen,
		      struct np_err *err)
{
	int sent = 0;

	if (s->n > 0 && s->weight + weight > s->budget) {
		if (stream_flush(s, err) < 0)
			return -1;
		sent = 1;
	}
	np_buf_adds(&s->doc, s->n ? ",\n" : "{\"nftables\":[\n");
	for (size_t i = 0; i < len; i++) {
		if (text[i] == '~')
			np_buf_printf(&s->doc, "_%u", gen);
		else
			np_buf_addc(&s->doc, text[i]);
	}
	s->n++;
	s->weight += weight;
	return sent;
}

static int stream_text(struct stream *s, const char *text, unsigned weight, unsigned gen,
		       struct np_err *err)
{
	return stream_add(s, text, strlen(text), weight, gen, err) < 0 ? -1 : 0;
}

#define BASE_CHAIN(name)                                  \
	"{\"add\":{\"chain\":{" TABLE ",\"name\":\"" name \
	"\",\"type\":\"filter\",\"hook\":\"" name "\",\"prio\":0,\"policy\":\"accept\"}}}"
#define NAPTABLE "{\"table\":{\"family\":\"inet\",\"name\":\"npc\"}}"

/* The bare table: what an earlier life left is gone, and nothing is filtered yet. */
static int send_table(struct stream *s, const struct np_ruleset *rs, struct np_err *err)
{
	static const char plain[] = "{\"add\":" NAPTABLE "},\n{\"delete\":" NAPTABLE
				    "},\n{\"add\":" NAPTABLE "},\n" BASE_CHAIN("forward");

	if (stream_text(s, plain, W_TABLE, 0, err) < 0)
		return -1;
	return rs->hooks_output ? stream_text(s, BASE_CHAIN("output"), W_CHAIN, 0, err) : 0;
}

#define SWITCH(base, gate)                                             \
	"{\"flush\":{\"chain\":{" TABLE ",\"name\":\"" base "\"}}},\n" \
	"{\"add\":{\"rule\":{" TABLE ",\"chain\":\"" base              \
	"\",\"expr\":[{\"jump\":{\"target\":\"" gate "~\"}}]}}}"

/* Sends the commands; state->n_done follows what has been accepted. */
static int send_commands(struct stream *s, struct np_ruleset_state *state, struct np_err *err)
{
	const struct np_ruleset *rs = state->rs;

	for (size_t i = 0; i < rs->n_cmds; i++) {
		int sent = stream_add(s, rs->text.data + rs->cmds[i].at, rs->cmds[i].len,
				      rs->cmds[i].weight, state->gen, err);

		if (sent < 0)
			return -1;
		if (sent)
			state->n_done = i;
	}
	return 0;
}

/* Rules first, then the maps that jump to chains, then the chains, then the sets. */
static const struct {
	enum np_ruleset_kind kind;
	const char *verb, *noun;
} removal[] = {
	{ NP_RS_CHAIN, "flush", "chain" },
	{ NP_RS_MAP, "delete", "map" },
	{ NP_RS_CHAIN, "delete", "chain" },
	{ NP_RS_SET, "delete", "set" },
};

static int send_removal(struct stream *s, const struct np_ruleset_state *state, struct np_err *err)
{
	char text[256];

	for (size_t p = 0; p < NP_ARRAY_SIZE(removal); p++)
		for (size_t i = state->rs->n_names; i-- > 0;) {
			const struct np_ruleset_name *n = &state->rs->names[i];

			if (n->kind != removal[p].kind || n->cmd >= state->n_done)
				continue;
			snprintf(text, sizeof(text),
				 "{\"%s\":{\"%s\":{" TABLE ",\"name\":\"%s\"}}}", removal[p].verb,
				 removal[p].noun, n->name);
			if (stream_text(s, text, W_DELETE, state->gen, err) < 0)
				return -1;
		}
	return 0;
}

static unsigned removal_weight(const struct np_ruleset *rs)
{
	return rs ? (unsigned)rs->n_names * 2 * W_DELETE : 0;
}

static int send_switch(struct stream *s, struct np_ruleset_state *next, struct np_err *err)
{
	const char *text = next->rs->hooks_output
				   ? SWITCH("forward", "gate") ",\n" SWITCH("output", "outgate")
				   : SWITCH("forward", "gate");
	int sent = stream_add(s, text, strlen(text), W_SWITCH, next->gen, err);

	if (sent > 0)
		next->n_done = next->rs->n_cmds;
	return sent < 0 ? -1 : 0;
}

static int install(struct stream *s, struct np_ruleset_state *next,
		   const struct np_ruleset_state *current, bool *ret_switched, struct np_err *err)
{
	if (!current->rs && send_table(s, next->rs, err) < 0)
		return -1;
	if (send_commands(s, next, err) < 0 || send_switch(s, next, err) < 0)
		return -1;
	/* the switch and the whole removal in one transaction, or the removal in those after it */
	if (s->weight + removal_weight(current->rs) > s->budget) {
		if (stream_flush(s, err) < 0)
			return -1;
		*ret_switched = true;
	}
	if (current->rs && send_removal(s, current, err) < 0)
		return -1;
	if (stream_flush(s, err) < 0)
		return -1;
	*ret_switched = true;
	return 0;
}

int np_ruleset_install(struct np_ruleset_state *next, const struct np_ruleset_state *current,
		       unsigned budget, np_ruleset_send send, void *arg, bool *ret_switched,
		       struct np_err *err)
{
	struct stream s = { .budget = budget, .send = send, .arg = arg };
	int rc;

	*ret_switched = false;
	next->n_done = 0;
	rc = install(&s, next, current, ret_switched, err);
	if (*ret_switched)
		next->n_done = next->rs->n_cmds;
	np_buf_release(&s.doc);
	return rc;
}

int np_ruleset_remove(const struct np_ruleset_state *state, unsigned budget, np_ruleset_send send,
		      void *arg, struct np_err *err)
{
	struct stream s = { .budget = budget, .send = send, .arg = arg };
	int rc = state->rs ? send_removal(&s, state, err) : 0;

	if (rc == 0)
		rc = stream_flush(&s, err);
	np_buf_release(&s.doc);
	return rc;
}
