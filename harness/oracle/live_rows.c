/* live_rows.c - rows and columns of the bits that a live oracle keeps. */
#include "live_parts.h"

#include "np/base/mem.h"

#include "bits.h"

static uint64_t *words_of(const struct np_live *l, uint64_t *words, enum np_dir dir, size_t port, size_t panel)
{
	return words + (port * l->ends[dir].n_panels + panel) * l->o->n_classes;
}

static void strew_row(const struct np_live *l, struct live_side *side, enum np_dir dir, size_t port, uint32_t class)
{
	for (size_t w = 0; w < l->ends[dir].n_panels; w++) {
		words_of(l, side->lo, dir, port, w)[class] = l->row[0][w];
		words_of(l, side->hi, dir, port, w)[class] = l->row[1][w];
	}
}

static void judge_side(struct np_live *l, struct live_side *side, enum np_dir dir, const struct live_list *classes)
{
	rows_forget(&side->rows);
	for (size_t p = 0; p < l->n_ports; p++) {
		rows_set_port(&side->rows, l->ports[p].proto, l->ports[p].port);
		for (size_t i = 0; i < classes->n; i++) {
			rows_judge(&side->rows, l->class_pod[classes->items[i]], l->row[0], l->row[1]);
			strew_row(l, side, dir, p, classes->items[i]);
		}
	}
	rows_forget(&side->rows);
}

void live_judge(struct np_live *l, enum np_dir dir, const struct live_list *classes)
{
	for (size_t k = 0; k < l->n_passes && classes->n; k++)
		judge_side(l, &l->passes[k].sides[dir], dir, classes);
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
static struct masks name_masks(const struct np_live *l, const struct rows *r, const struct port_item *item,
			       const struct class *class)
{
	struct masks m = { 0, 0 };
	size_t n;
	const struct name_port *np = live_names(class, item, &n);

	for (size_t i = 0; i < n; i++)
		for (size_t p = 0; p < l->n_ports; p++)
			if (l->ports[p].proto == item->proto && l->ports[p].port == np[i].port)
				add_takes(&m, rows_name_takes(r, &np[i], item->divergent), UINT64_C(1) << p);
	return m;
}

/* A column in the making: an end, seen from every class. */
struct column {
	const struct np_live *l;
	const struct rows *rows;
	const struct end *end;
	enum np_dir dir;
};

static void add_rule(const struct column *col, const struct rule *rule, unsigned takes, const struct class *subject,
		     struct masks *m)
{
	const struct np_live *l = col->l;
	const struct class *named = subject;

	add_takes(m, takes, l->rule_ports[rule->id]);
	if (col->dir == NP_EGRESS)
		named = rows_is_pod(col->rows, col->end) ? &l->o->classes[l->o->pods[col->end->pod].class] : NULL;
	for (size_t i = 0; i < rule->n_items; i++) {
		const struct port_item *item = &rule->items[i];
		struct masks ports = { l->proto_ports[item->proto], l->proto_ports[item->proto] };

		if (item->kind != NP_PORT_NAME)
			continue;
		if (named)
			ports = name_masks(l, col->rows, item, named);
		else	/* S31 */
			ports = (struct masks){ col->rows->lo & READING_BIT(NP_READ_NAME_EXTERNAL) ? ports.lo : 0,
						col->rows->hi & READING_BIT(NP_READ_NAME_EXTERNAL) ? ports.hi : 0 };
		m->lo |= takes & 1 ? ports.lo : 0;
		m->hi |= takes & 2 ? ports.hi : 0;
	}
}

/* S01, S03. */
static struct masks judge_class(const struct column *col, const struct class *c)
{
	const struct np_live *l = col->l;
	struct masks m = { 0, 0 };

	if (c->n_applies[col->dir] == 0)
		return (struct masks){ UINT64_MAX, UINT64_MAX };
	for (size_t i = 0; i < c->n_applies[col->dir]; i++) {
		uint32_t p = c->applies[col->dir][i];
		const struct span *span = &l->spans[col->dir][p];

		for (uint32_t r = 0; r < span->n; r++)
			if (l->takes[span->first + r])
				add_rule(col, &l->o->policies[p].rules[col->dir][r], l->takes[span->first + r], c, &m);
	}
	return m;
}

/* What each rule's peers say of the end. */
static void ask_rules(struct np_live *l, const struct rows *rows, enum np_dir dir, uint32_t end)
{
	for (size_t p = 0; p < l->world->n_policies; p++) {
		const struct policy *policy = &l->o->policies[p];

		for (size_t r = 0; r < policy->n_rules[dir]; r++)
			l->takes[policy->rules[dir][r].id] =
				(uint8_t)rows_peers_take(rows, &policy->rules[dir][r], end);
	}
}

static void write_bits(const struct np_live *l, uint64_t *words, const uint64_t *masks, size_t port, unsigned bit)
{
	for (size_t c = 0; c < l->o->n_classes; c++)
		words[c] = (words[c] & ~(UINT64_C(1) << bit)) | (masks[c] >> port & 1) << bit;
}

void live_write_column(struct np_live *l, enum np_dir dir, uint32_t end)
{
	for (size_t k = 0; k < l->n_passes; k++) {
		struct live_side *side = &l->passes[k].sides[dir];
		struct column col = { l, &side->rows, &l->ends[dir].ends[end], dir };

		ask_rules(l, &side->rows, dir, end);
		for (size_t c = 0; c < l->o->n_classes; c++) {
			struct masks m = { 0, 0 };

			if (l->o->classes[c].n_pods)
				m = judge_class(&col, &l->o->classes[c]);
			l->masks[0][c] = m.lo;
			l->masks[1][c] = m.hi;
		}
		for (size_t p = 0; p < l->n_ports; p++) {
			write_bits(l, words_of(l, side->lo, dir, p, end / 64), l->masks[0], p, end % 64);
			write_bits(l, words_of(l, side->hi, dir, p, end / 64), l->masks[1], p, end % 64);
		}
	}
}
