/* live_change.c - one policy or one pod has changed. */
#include "live_parts.h"

#include <stdlib.h>

#include "np/base/mem.h"

#include "bits.h"
#include "blocks.h"
#include "classes.h"
#include "rules.h"
#include "services.h"

/* ---- policies ---- */

static void add_selected(const struct np_live *l, uint32_t policy, enum np_dir dir,
			 struct live_list *list)
{
	uint32_t ns = l->ids[policy].ns;

	for (uint32_t c = l->o->ns_first[ns]; c < l->o->ns_first[ns + 1]; c++)
		if (!bits_get(l->class_words, c) &&
		    live_policy_applies(&l->o->classes[c], dir, policy)) {
			bits_set(l->class_words, c);
			live_list_add(list, c);
		}
}

static void clear_marks(const struct np_live *l, const struct live_list *list)
{
	for (size_t i = 0; i < list->n; i++)
		bits_clear(l->class_words, list->items[i]);
}

/* Which settings of the readings there are passes for has changed. */
static bool needs_passes(const struct np_live *l, const bool had_odd_blocks[2])
{
	const uint32_t bits[] = { READING_BIT(NP_READ_MAPPED), READING_BIT(NP_READ_HOST_BITS) };
	bool needs = false;

	for (int i = 0; i < 2; i++)
		needs |= l->o->has_odd_blocks[i] && !had_odd_blocks[i] && !(l->o->fixed & bits[i]);
	return needs;
}

void np_live_policy_changed(struct np_live *l, size_t idx)
{
	uint32_t at = (uint32_t)idx;
	struct live_list before[NP_N_DIRS] = { { 0 } };
	bool odd[2] = { l->o->has_odd_blocks[0], l->o->has_odd_blocks[1] };

	for (int dir = 0; dir < NP_N_DIRS; dir++) {
		add_selected(l, at, (enum np_dir)dir, &before[dir]);
		clear_marks(l, &before[dir]);
	}
	live_compile_policy(l, at);
	live_relist(l, l->ids[at].ns, NONE, at);
	for (int dir = 0; dir < NP_N_DIRS && !needs_passes(l, odd); dir++) {
		struct live_list *list = &before[dir];

		for (size_t i = 0; i < list->n; i++)
			bits_set(l->class_words, list->items[i]);
		add_selected(l, at, (enum np_dir)dir, list);
		clear_marks(l, list);
		live_judge(l, (enum np_dir)dir, list);
	}
	for (int dir = 0; dir < NP_N_DIRS; dir++)
		free(before[dir].items);
	if (needs_passes(l, odd))
		live_rebuild(l);
}

/* ---- pods ---- */

struct move {
	uint32_t from, to;
	bool died, created; /* from has no pod any more; to had none before */
	struct class was;   /* from, as it was */
};

static uint32_t find_class(const struct np_oracle *o, const struct portrait *look)
{
	for (uint32_t c = o->ns_first[look->ns]; c < o->ns_first[look->ns + 1]; c++)
		if (o->classes[c].n_pods && portrait_fits(look, &o->classes[c]))
			return c;
	return NONE;
}

/* There is one: a namespace has as many numbers as pods, and this pod is of no class. */
static uint32_t find_free_class(const struct np_oracle *o, uint32_t ns)
{
	uint32_t c = o->ns_first[ns];

	while (o->classes[c].n_pods)
		c++;
	return c;
}

static void fix_class_pod(struct np_live *l, uint32_t class)
{
	size_t first, end;

	pods_of_namespace(l->world, l->o->classes[class].ns, &first, &end);
	for (size_t p = first; p < end; p++)
		if (l->o->pods[p].class == class)
			l->class_pod[class] = (uint32_t)p;
}

/* Finds or makes the pod's class. What @m->was points to lives in *@old. */
static void move_pod(struct np_live *l, uint32_t pod, struct move *m, struct np_arena *old)
{
	struct np_oracle *o = l->o;
	struct portrait look = { 0 };

	portrait_read(o, &l->world->pods[pod], &look);
	*m = (struct move){ .from = o->pods[pod].class };
	m->was = o->classes[m->from];
	m->died = --o->classes[m->from].n_pods == 0;
	m->to = portrait_fits(&look, &m->was) ? m->from : find_class(o, &look);
	if (m->to == m->from)
		m->died = false;
	m->created = m->to == NONE;
	if (m->created) {
		m->to = find_free_class(o, look.ns);
		*old = l->class_arenas[m->to];
		l->class_arenas[m->to] = (struct np_arena){ 0 };
		class_fill(&o->classes[m->to], &l->class_arenas[m->to], &look);
	}
	o->classes[m->to].n_pods++;
	o->pods[pod].class = m->to;
	l->class_pod[m->to] = pod;
	if (!m->died && m->from != m->to)
		fix_class_pod(l, m->from);
	portrait_release(&look);
}

static bool has_name(const struct class *c, const struct port_item *item)
{
	size_t n;

	return !c->finished && live_names(c, item, &n);
}

/* The new class has a number that the name does not have on the others the rule matches. */
static bool brings_number(const struct np_live *l, const struct rule *rule,
			  const struct port_item *item, uint32_t class)
{
	int other = live_first_number(l, rule, item, class);
	size_t n;
	const struct name_port *np = live_names(&l->o->classes[class], item, &n);

	for (size_t i = 0; i < n; i++)
		if (np[i].port != np[0].port || (other >= 0 && np[i].port != other))
			return true;
	return false;
}

/* S25. @had, @has: the rule matched the class that died, matches the one that was created. */
static bool review_item(struct np_live *l, const struct rule *rule, struct port_item *item,
			const struct move *m, bool had, bool has)
{
	bool lost = m->died && had && has_name(&m->was, item);
	bool won = m->created && has && has_name(&l->o->classes[m->to], item),
	     divergent = item->divergent;

	if (item->divergent && lost)
		divergent = live_is_divergent(l, rule, item);
	else if (!item->divergent && won)
		divergent = brings_number(l, rule, item, m->to);
	if (divergent == item->divergent)
		return false;
	item_set_divergent(l->o, item, divergent);
	return true;
}

/* The window of a rule's set holds every number of the namespaces that its selectors look into. */
static void set_member(struct rule *rule, uint32_t class, bool is)
{
	uint64_t *word = &rule->classes.words[class / 64 - rule->classes.first];

	*word = is ? *word | UINT64_C(1) << (class % 64) : *word & ~(UINT64_C(1) << (class % 64));
}

/* true: the rule's egress names have changed. */
static bool review_rule(struct np_live *l, const struct move *m, uint32_t policy, enum np_dir dir,
			size_t at)
{
	struct rule *rule = &l->o->policies[policy].rules[dir][at];
	const struct id_rule *ids = &l->ids[policy].rules[dir][at];
	uint32_t ns = l->ids[policy].ns;
	bool had = m->died && live_rule_peers_match(l, ids, ns, &m->was);
	bool has = m->created && live_rule_peers_match(l, ids, ns, &l->o->classes[m->to]),
	     flipped = false;

	if (had)
		set_member(rule, m->from, false);
	if (has)
		set_member(rule, m->to, true);
	l->member[rule->id] = has;
	had |= rule->any_peer;
	has |= rule->any_peer;
	for (size_t i = 0; i < rule->n_items && dir == NP_EGRESS; i++)
		if (rule->items[i].kind == NP_PORT_NAME)
			flipped |= review_item(l, rule, &rule->items[i], m, had, has);
	return flipped;
}

/* The classes whose egress rows change by egress names. */
static void review_rules(struct np_live *l, const struct move *m, struct live_list *ret_classes)
{
	for (uint32_t p = 0; p < l->world->n_policies; p++) {
		bool flipped = false;

		for (int dir = 0; dir < NP_N_DIRS; dir++)
			for (size_t r = 0; r < l->o->policies[p].n_rules[dir]; r++)
				flipped |= review_rule(l, m, p, (enum np_dir)dir, r);
		if (flipped)
			add_selected(l, p, NP_EGRESS, ret_classes);
	}
}

/* Ends of the pod as they are now; true when one has changed. */
static bool reread_ends(struct np_live *l, uint32_t pod)
{
	bool changed = false;

	for (int dir = 0; dir < NP_N_DIRS; dir++) {
		struct live_ends *e = &l->ends[dir];

		for (uint32_t i = e->first[pod]; i != NONE; i = e->next[i]) {
			struct end was = e->ends[i];
			bool valid =
				end_find(l->o, &e->src[i], family_index(l->family), &e->ends[i]);

			changed |= valid != e->valid[i] || was.node != e->ends[i].node ||
				   !wire_eq(&was.addr, &e->ends[i].addr);
			e->valid[i] = valid;
		}
	}
	return changed;
}

static void reread_rows(struct np_live *l, const struct move *m, bool ends_changed)
{
	for (size_t k = 0; k < l->n_passes; k++)
		for (int dir = 0; dir < NP_N_DIRS; dir++) {
			struct rows *rows = &l->passes[k].sides[dir].rows;

			rows_reread_ends(rows, ends_changed);
			if (m->died && dir == NP_EGRESS)
				rows_reread_names(rows, m->from);
			if (m->created && dir == NP_EGRESS)
				rows_reread_names(rows, m->to);
			rows_forget(rows);
		}
}

static void write_columns(struct np_live *l, uint32_t pod)
{
	for (int dir = 0; dir < NP_N_DIRS; dir++)
		for (uint32_t i = l->ends[dir].first[pod]; i != NONE; i = l->ends[dir].next[i])
			if (l->ends[dir].valid[i])
				live_write_column(l, (enum np_dir)dir, i);
}

static void change_pod(struct np_live *l, uint32_t pod)
{
	struct live_list rows[NP_N_DIRS] = { { 0 } };
	struct np_arena old = { 0 };
	struct move m;
	bool ends_changed;

	move_pod(l, pod, &m, &old);
	if (m.died || m.created) {
		review_rules(l, &m, &rows[NP_EGRESS]);
		live_relist(l, l->o->classes[m.to].ns, m.created ? m.to : NONE, NONE);
	}
	clear_marks(l, &rows[NP_EGRESS]);
	pod_compile(l->o, &l->world->pods[pod], &l->o->pods[pod]);
	live_reserve_services(l, l->o->classes[m.to].ns);
	ends_changed = reread_ends(l, pod);
	if (m.from != m.to || m.created || ends_changed) {
		reread_rows(l, &m, ends_changed);
		for (int dir = 0; dir < NP_N_DIRS; dir++) {
			if (m.created)
				live_list_add(&rows[dir], m.to);
			live_judge(l, (enum np_dir)dir, &rows[dir]);
		}
		l->known = m.created;
		write_columns(l, pod);
		l->known = false;
	}
	for (int dir = 0; dir < NP_N_DIRS; dir++)
		free(rows[dir].items);
	np_arena_release(&old);
}

void np_live_pod_changed(struct np_live *l, size_t idx)
{
	if (l->world->pods[idx].host_network != l->o->pods[idx].host)
		live_rebuild(l);
	else
		change_pod(l, (uint32_t)idx);
}
