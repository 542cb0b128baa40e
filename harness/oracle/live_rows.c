/* live_rows.c - rows and columns of the bits that a live oracle keeps. */
#include "live_parts.h"

#include "np/base/mem.h"

#include "bits.h"

/* Row @at (ports at least, then at most) of class @i of a chunk. */
static uint64_t *scratch_row(const struct np_live *l, const struct rows *r, size_t i, size_t at)
{
	return l->rows + (i * 2 * LIVE_BLOCK + at) * r->n_words;
}

/* Turns word @w of the rows of @n classes (1 or 2, from number @i of the chunk on) into the cells
 * of 64 ends. */
static void turn_word(const struct np_live *l, const struct live_side *side, uint32_t *cells,
		      size_t i, const uint32_t *classes, size_t n, size_t w)
{
	size_t n_ends = side->rows.n_ends, n_classes = l->o->n_classes;
	uint32_t *to = cells + w * 64 * n_classes;
	uint64_t m[64] = { 0 };

	for (size_t at = 0; at < n * 2 * LIVE_BLOCK; at++)
		m[at] = scratch_row(l, &side->rows, i, at)[w];
	bits_transpose64(m);
	for (size_t k = 0; k < 64 && w * 64 + k < n_ends; k++) {
		to[k * n_classes + classes[i]] = (uint32_t)m[k];
		if (n > 1)
			to[k * n_classes + classes[i + 1]] = (uint32_t)(m[k] >> 32);
	}
}

/* Rows of at most LIVE_CHUNK classes at the ports of a block. */
static void judge_chunk(struct np_live *l, struct live_side *side, size_t block,
			const uint32_t *classes, size_t n)
{
	size_t first = block * LIVE_BLOCK,
	       n_ports = l->n_ports - first < LIVE_BLOCK ? l->n_ports - first : LIVE_BLOCK;

	for (size_t p = 0; p < n_ports; p++) {
		rows_set_port(&side->rows, l->ports[first + p].proto, l->ports[first + p].port);
		for (size_t i = 0; i < n; i++)
			rows_judge(&side->rows, l->class_pod[classes[i]],
				   scratch_row(l, &side->rows, i, p),
				   scratch_row(l, &side->rows, i, LIVE_BLOCK + p));
	}
	/* Eight words of a row are one line of cache. */
	for (size_t tile = 0; tile < side->rows.n_words; tile += 8)
		for (size_t i = 0; i < n; i += 2)
			for (size_t w = tile; w < tile + 8 && w < side->rows.n_words; w++)
				turn_word(l, side, side->cells[block], i, classes,
					  n - i < 2 ? 1 : 2, w);
}

static void judge_side(struct np_live *l, struct live_side *side, const struct live_list *classes)
{
	rows_forget(&side->rows);
	for (size_t block = 0; block * LIVE_BLOCK < l->n_ports; block++)
		for (size_t i = 0; i < classes->n; i += LIVE_CHUNK)
			judge_chunk(l, side, block, classes->items + i,
				    classes->n - i < LIVE_CHUNK ? classes->n - i : LIVE_CHUNK);
	rows_forget(&side->rows);
}

void live_judge(struct np_live *l, enum np_dir dir, const struct live_list *classes)
{
	for (size_t k = 0; k < l->n_passes && classes->n; k++)
		judge_side(l, &l->passes[k].sides[dir], classes);
}

struct masks {
	uint64_t lo, hi;
};

static void add_takes(struct masks *m, unsigned takes, uint64_t ports)
{
	m->lo |= takes & 1 ? ports : 0;
	m->hi |= takes & 2 ? ports : 0;
}

/* Ports at which a name means a number of this class. */
static struct masks name_masks(const struct np_live *l, const struct rows *r,
			       const struct port_item *item, const struct class *class)
{
	struct masks m = { 0, 0 };
	size_t n;
	const struct name_port *np = live_names(class, item, &n);

	for (size_t i = 0; i < n; i++)
		for (size_t p = 0; p < l->n_ports; p++)
			if (l->ports[p].proto == item->proto && l->ports[p].port == np[i].port)
				add_takes(&m, rows_name_takes(r, &np[i], item->divergent),
					  UINT64_C(1) << p);
	return m;
}

/* A column in the making: an end, seen from every class. */
struct column {
	const struct np_live *l;
	const struct rows *rows;
	const struct end *end;
	enum np_dir dir;
};

/* true: a name of the subject's was asked for. */
static bool add_rule(const struct column *col, const struct rule *rule, unsigned takes,
		     const struct class *subject, struct masks *m)
{
	const struct np_live *l = col->l;
	const struct class *named = subject;
	bool asked = false;

	add_takes(m, takes, l->rule_ports[rule->id]);
	if (col->dir == NP_EGRESS)
		named = rows_is_pod(col->rows, col->end)
				? &l->o->classes[l->o->pods[col->end->pod].class]
				: NULL;
	for (size_t i = 0; i < rule->n_items; i++) {
		const struct port_item *item = &rule->items[i];
		struct masks ports = { l->proto_ports[item->proto], l->proto_ports[item->proto] };

		if (item->kind != NP_PORT_NAME)
			continue;
		asked |= named == subject;
		if (named)
			ports = name_masks(l, col->rows, item, named);
		else /* S31 */
			ports = (struct masks){
				col->rows->lo & READING_BIT(NP_READ_NAME_EXTERNAL) ? ports.lo : 0,
				col->rows->hi & READING_BIT(NP_READ_NAME_EXTERNAL) ? ports.hi : 0
			};
		m->lo |= takes & 1 ? ports.lo : 0;
		m->hi |= takes & 2 ? ports.hi : 0;
	}
	return asked;
}

/* S01, S03. *@ret_named: the result is of this class alone, since names of its pods were asked. */
static struct masks judge_class(const struct column *col, const struct class *c, bool *ret_named)
{
	const struct np_live *l = col->l;
	struct masks m = { 0, 0 };

	*ret_named = false;
	if (c->n_applies[col->dir] == 0)
		return (struct masks){ UINT64_MAX, UINT64_MAX };
	for (size_t i = 0; i < c->n_applies[col->dir]; i++) {
		uint32_t p = c->applies[col->dir][i];
		const struct span *span = &l->spans[col->dir][p];

		for (uint32_t r = 0; r < span->n; r++)
			if (l->takes[span->first + r])
				*ret_named |= add_rule(col, &l->o->policies[p].rules[col->dir][r],
						       l->takes[span->first + r], c, &m);
	}
	return m;
}

/* What was found for a list of rules, for the classes that share it (lists.c). */
struct memo {
	const struct rule *list;
	struct masks masks;
};

enum { N_MEMOS = 256 };

static void judge_classes(struct np_live *l, const struct column *col)
{
	struct memo memos[N_MEMOS] = { { NULL, { 0, 0 } } };

	for (size_t c = 0; c < l->o->n_classes; c++) {
		const struct class *class = &l->o->classes[c];
		const struct rule *list = class->rules[col->dir].items;
		struct memo *memo = &memos[(uintptr_t)list / sizeof(*list) % N_MEMOS];
		struct masks m = memo->masks;
		bool named = false;

		if (!class->n_pods)
			continue;
		if (!list || memo->list != list)
			m = judge_class(col, class, &named);
		if (list && !named)
			*memo = (struct memo){ list, m };
		l->masks[0][c] = m.lo;
		l->masks[1][c] = m.hi;
	}
}

/* What each rule's peers say of the end. Asking its selectors is quicker than looking for its class
 * in scattered sets. */
static void ask_rules(struct np_live *l, const struct rows *rows, enum np_dir dir, uint32_t end)
{
	const struct end *e = &rows->ends[end];
	const struct class *class =
		rows_is_pod(rows, e) ? &l->o->classes[l->o->pods[e->pod].class] : NULL;

	for (size_t p = 0; p < l->world->n_policies; p++) {
		const struct policy *policy = &l->o->policies[p];
		const struct id_policy *ids = &l->ids[p];

		for (size_t r = 0; r < policy->n_rules[dir]; r++) {
			const struct rule *rule = &policy->rules[dir][r];
			bool all = rule->any_peer;

			if (class && !all)
				all = l->known ? l->member[rule->id]
					       : live_rule_peers_match(l, &ids->rules[dir][r],
								       ids->ns, class);

			l->takes[rule->id] = (uint8_t)(all ? 3 : rows_blocks_take(rows, rule, end));
		}
	}
}

static void write_cells(const struct np_live *l, uint32_t *cells, size_t block)
{
	unsigned shift = (unsigned)block * LIVE_BLOCK;

	for (size_t c = 0; c < l->o->n_classes; c++)
		cells[c] = (uint32_t)(l->masks[0][c] >> shift & 0xFFFF) |
			   (uint32_t)(l->masks[1][c] >> shift & 0xFFFF) << 16;
}

void live_write_column(struct np_live *l, enum np_dir dir, uint32_t end)
{
	for (size_t k = 0; k < l->n_passes; k++) {
		struct live_side *side = &l->passes[k].sides[dir];
		struct column col = { l, &side->rows, &l->ends[dir].ends[end], dir };

		ask_rules(l, &side->rows, dir, end);
		judge_classes(l, &col);
		for (size_t block = 0; block * LIVE_BLOCK < l->n_ports; block++)
			write_cells(l, side->cells[block] + end * l->o->n_classes, block);
	}
}
