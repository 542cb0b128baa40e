/*
 * table.c - whole truth tables. Ingress rows (one per class of destinations, a bit per source) are turned into columns by blocks of 64 x 64 bits
 * and met with the egress rows (one per class of sources, a bit per destination).
 *
 * S43, S56 and S57 do not move verdicts in one direction only, so the table is made once for each of their settings that matters, and the
 * bounds of all passes are brought together.
 */
#include "np/oracle/oracle.h"

#include <stdlib.h>

#include "np/base/mem.h"

#include "bits.h"
#include "rows.h"

/* The rows of one side under one pass and port: @row[i] of subject i; NULL: no subject, everything allowed. */
struct side_rows {
	struct rows rows;
	const struct end *subjects;
	size_t n_subjects;
	uint32_t *class_at;	/* [n_classes]: number among the classes of subjects, or NONE */
	uint32_t *class_pod;	/* [n_used]: one of its pods */
	size_t n_used;
	uint64_t *lo, *hi;	/* [n_used][n_words] */
};

struct maker {
	const struct np_oracle *o;
	struct np_table *t;
	unsigned family;
	struct end *sources, *dests;
	bool *source_valid, *dest_valid;
	bool *dest_special;		/* Services: cell by cell */
	uint64_t *dest_mask;		/* dests that carry traffic */
	uint32_t *same_first, *same_next;	/* by pod: first dest; by dest: the next of the same pod */
	uint32_t *node_dests, *own_dests;	/* dests that have a node's address; scratch */
	size_t n_node_dests;
	struct side_rows egress, ingress;
	struct np_bitmatrix lo, hi;	/* of a later pass */
	uint32_t lo_bits, hi_bits;	/* readings */
};

static void matrix_init(struct np_bitmatrix *m, size_t n_rows, size_t n_cols)
{
	*m = (struct np_bitmatrix){ .n_rows = n_rows, .n_cols = n_cols, .words_per_row = bits_words(n_cols) };
	m->words = np_xcalloc(m->n_rows * m->words_per_row + 1, sizeof(*m->words));
}

static void *copy_of(const void *items, size_t n, size_t bytes)
{
	void *copy = np_xcalloc(n + 1, bytes);

	if (n)
		memcpy(copy, items, n * bytes);
	return copy;
}

static void find_ends(struct maker *m, const struct np_end *src, size_t n, struct end *ends, bool *valid)
{
	for (size_t i = 0; i < n; i++)
		valid[i] = src[i].kind != NP_END_SERVICE && end_find(m->o, &src[i], m->family, &ends[i]);
}

static void index_same_pods(struct maker *m)
{
	size_t n_pods = m->o->world->n_pods;

	m->same_first = np_xcalloc(n_pods + 1, sizeof(*m->same_first));
	m->same_next = np_xcalloc(m->t->n_dests + 1, sizeof(*m->same_next));
	memset(m->same_first, 0xFF, n_pods * sizeof(*m->same_first));
	for (size_t j = 0; j < m->t->n_dests; j++) {
		if (!m->dest_valid[j] || m->dests[j].pod == NONE)
			continue;
		m->same_next[j] = m->same_first[m->dests[j].pod];
		m->same_first[m->dests[j].pod] = (uint32_t)j;
	}
}

static void maker_init(struct maker *m, const struct np_oracle *o, struct np_table *t)
{
	*m = (struct maker){ .o = o, .t = t, .family = family_index(t->family) };
	m->sources = np_xcalloc(t->n_sources + 1, sizeof(*m->sources));
	m->dests = np_xcalloc(t->n_dests + 1, sizeof(*m->dests));
	m->source_valid = np_xcalloc(t->n_sources + 1, sizeof(bool));
	m->dest_valid = np_xcalloc(t->n_dests + 1, sizeof(bool));
	m->dest_special = np_xcalloc(t->n_dests + 1, sizeof(bool));
	m->dest_mask = np_xcalloc(bits_words(t->n_dests) + 1, sizeof(uint64_t));
	m->node_dests = np_xcalloc(t->n_dests + 1, sizeof(*m->node_dests));
	m->own_dests = np_xcalloc(t->n_dests + 1, sizeof(*m->own_dests));
	find_ends(m, t->sources, t->n_sources, m->sources, m->source_valid);
	find_ends(m, t->dests, t->n_dests, m->dests, m->dest_valid);
	for (size_t j = 0; j < t->n_dests; j++) {
		m->dest_special[j] = t->dests[j].kind == NP_END_SERVICE;
		if (m->dest_valid[j])
			bits_set(m->dest_mask, j);
		if (m->dest_valid[j] && m->dests[j].node != NONE)
			m->node_dests[m->n_node_dests++] = (uint32_t)j;
	}
	index_same_pods(m);
}

static void maker_release(struct maker *m)
{
	free(m->sources);
	free(m->dests);
	free(m->source_valid);
	free(m->dest_valid);
	free(m->dest_special);
	free(m->dest_mask);
	free(m->node_dests);
	free(m->own_dests);
	free(m->same_first);
	free(m->same_next);
	free(m->lo.words);
	free(m->hi.words);
}

static bool is_subject(const struct maker *m, const struct end *end)
{
	return end->pod != NONE && (!end->host || m->lo_bits & READING_BIT(NP_READ_HOST_PODS));
}

static void side_init(struct side_rows *s, const struct maker *m, enum np_dir dir,
		      const struct end *subjects, const bool *subject_valid, size_t n_subjects,
		      const struct end *others, const bool *other_valid, size_t n_others)
{
	const struct np_oracle *o = m->o;

	*s = (struct side_rows){ .subjects = subjects, .n_subjects = n_subjects };
	rows_init(&s->rows, o, dir, m->lo_bits, m->hi_bits, others, other_valid, n_others);
	s->class_at = np_xcalloc(o->n_classes + 1, sizeof(*s->class_at));
	s->class_pod = np_xcalloc(o->n_classes + 1, sizeof(*s->class_pod));
	memset(s->class_at, 0xFF, o->n_classes * sizeof(*s->class_at));
	for (size_t i = 0; i < n_subjects; i++) {
		uint32_t class;

		if (!subject_valid[i] || !is_subject(m, &subjects[i]))
			continue;
		class = o->pods[subjects[i].pod].class;
		if (s->class_at[class] != NONE)
			continue;
		s->class_at[class] = (uint32_t)s->n_used;
		s->class_pod[s->n_used++] = subjects[i].pod;
	}
	s->lo = np_xcalloc(s->n_used * s->rows.n_words + 1, sizeof(*s->lo));
	s->hi = np_xcalloc(s->n_used * s->rows.n_words + 1, sizeof(*s->hi));
}

static void side_release(struct side_rows *s)
{
	rows_release(&s->rows);
	free(s->class_at);
	free(s->class_pod);
	free(s->lo);
	free(s->hi);
}

static void side_judge(struct side_rows *s, const struct np_probe_port *port)
{
	rows_set_port(&s->rows, port->proto, port->port);
	for (size_t i = 0; i < s->n_used; i++)
		rows_judge(&s->rows, s->class_pod[i], s->lo + i * s->rows.n_words,
			   s->hi + i * s->rows.n_words);
}

/* The row of a subject; NULL when it is none. */
static const uint64_t *side_row(const struct maker *m, const struct side_rows *s, size_t i, bool hi)
{
	const struct end *end = &s->subjects[i];
	size_t at;

	if (!is_subject(m, end))
		return NULL;
	at = s->class_at[m->o->pods[end->pod].class];
	return (hi ? s->hi : s->lo) + at * s->rows.n_words;
}

/* Columns of a tile: eight words of a row are one cache line. */
#define TILE_WORDS 8

/* Turns word @w of the rows of 64 destinations into a word of 64 sources' rows. */
static void turn_block(const uint64_t *const rows[64], size_t w, uint64_t *out, size_t words_per_row,
		       size_t n_rows)
{
	uint64_t block[64];

	for (size_t k = 0; k < 64; k++)
		block[k] = rows[k] ? rows[k][w] : UINT64_MAX;
	bits_transpose64(block);
	for (size_t k = 0; k < n_rows; k++)
		out[k * words_per_row] = block[k];
}

/* Writes what the destinations say, as rows of sources. Destinations that are no subjects allow. */
static void turn_ingress(const struct maker *m, bool hi, struct np_bitmatrix *out)
{
	const uint64_t *rows[TILE_WORDS][64];

	for (size_t col = 0; col < out->words_per_row; col += TILE_WORDS) {
		size_t n_tile = out->words_per_row - col < TILE_WORDS ? out->words_per_row - col : TILE_WORDS;

		for (size_t b = 0; b < n_tile; b++)
			for (size_t k = 0; k < 64; k++) {
				size_t j = (col + b) * 64 + k;

				rows[b][k] = j < out->n_cols && m->dest_valid[j] ?
					     side_row(m, &m->ingress, j, hi) : NULL;
			}
		for (size_t w = 0; w < bits_words(out->n_rows); w++) {
			size_t n_rows = out->n_rows - w * 64 < 64 ? out->n_rows - w * 64 : 64;
			uint64_t *to = out->words + w * 64 * out->words_per_row + col;

			for (size_t b = 0; b < n_tile; b++)
				turn_block(rows[b], w, to + b, out->words_per_row, n_rows);
		}
	}
}

/* Ingress is exempt for a source with a node's address: S40, and S42 as @readings say. */
static void exempt_ingress(const struct maker *m, const struct end *src, uint32_t readings, uint64_t *row)
{
	for (size_t j = 0; j < m->t->n_dests && src->node != NONE; j++) {
		if (!m->dest_valid[j] || !is_subject(m, &m->dests[j]))
			continue;
		if (m->o->pods[m->dests[j].pod].node == src->node || readings & READING_BIT(NP_READ_OTHER_NODE))
			bits_set(row, j);
	}
}

/* Notes the destinations with the source's own node's address that ingress allows: S41 allows their egress. */
static size_t find_own_node_dests(const struct maker *m, const struct end *src, const uint64_t *row,
				  uint32_t *found)
{
	uint32_t node = m->o->pods[src->pod].node;
	size_t n = 0;

	for (size_t k = 0; k < m->n_node_dests && node != NONE; k++)
		if (m->dests[m->node_dests[k]].node == node && bits_get(row, m->node_dests[k]))
			found[n++] = m->node_dests[k];
	return n;
}

/* @row holds what ingress says. */
static void meet_row(struct maker *m, size_t i, bool hi, uint64_t *row)
{
	const struct end *src = &m->sources[i];
	const uint64_t *egress = side_row(m, &m->egress, i, hi);
	uint32_t readings = hi ? m->hi_bits : m->lo_bits;
	size_t n = m->egress.rows.n_words, n_own = 0;

	if (!m->source_valid[i]) {
		memset(row, 0, n * sizeof(*row));
		return;
	}
	exempt_ingress(m, src, readings, row);
	if (egress && readings & READING_BIT(NP_READ_OWN_NODE))
		n_own = find_own_node_dests(m, src, row, m->own_dests);
	bits_and(row, m->dest_mask, n);
	if (egress)
		bits_and(row, egress, n);
	for (size_t k = 0; k < n_own; k++)
		bits_set(row, m->own_dests[k]);
	for (uint32_t j = src->pod == NONE ? NONE : m->same_first[src->pod]; j != NONE; j = m->same_next[j])
		bits_set(row, j);	/* S38 */
}

static void make_bound(struct maker *m, bool hi, struct np_bitmatrix *out)
{
	turn_ingress(m, hi, out);
	for (size_t i = 0; i < out->n_rows; i++)
		meet_row(m, i, hi, out->words + i * out->words_per_row);
}

static void copy_matrix(struct np_bitmatrix *to, const struct np_bitmatrix *from)
{
	memcpy(to->words, from->words, from->n_rows * from->words_per_row * sizeof(*to->words));
}

/* allow gathers the least, undef the most of all passes; settle() takes the one from the other. */
static void make_port(struct maker *m, size_t p, bool first_pass)
{
	struct np_table *t = m->t;
	struct np_bitmatrix *lo = first_pass ? &t->allow[p] : &m->lo;
	struct np_bitmatrix *hi = first_pass && t->undef ? &t->undef[p] : &m->hi;
	size_t n = lo->n_rows * lo->words_per_row;

	side_judge(&m->egress, &t->ports[p]);
	side_judge(&m->ingress, &t->ports[p]);
	make_bound(m, false, lo);
	if (!t->undef)
		return;
	if (m->lo_bits == m->hi_bits)
		copy_matrix(hi, lo);
	else
		make_bound(m, true, hi);
	if (first_pass)
		return;
	bits_and(t->allow[p].words, lo->words, n);
	bits_or(t->undef[p].words, hi->words, n);
}

static void make_pass(struct maker *m, bool first_pass)
{
	const struct np_table *t = m->t;

	if (!first_pass && !m->lo.words) {
		matrix_init(&m->lo, t->n_sources, t->n_dests);
		matrix_init(&m->hi, t->n_sources, t->n_dests);
	}
	side_init(&m->egress, m, NP_EGRESS, m->sources, m->source_valid, t->n_sources, m->dests,
		  m->dest_valid, t->n_dests);
	side_init(&m->ingress, m, NP_INGRESS, m->dests, m->dest_valid, t->n_dests, m->sources,
		  m->source_valid, t->n_sources);
	for (size_t p = 0; p < t->n_ports; p++)
		make_port(m, p, first_pass);
	side_release(&m->egress);
	side_release(&m->ingress);
}

static bool has_host_ends(const struct end *ends, const bool *valid, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (valid[i] && ends[i].host)
			return true;
	return false;
}

/* The readings that need a pass for each setting, as far as they are open and matter here. */
static uint32_t find_pass_readings(const struct maker *m)
{
	const struct np_table *t = m->t;
	uint32_t bits = 0;

	if (has_host_ends(m->sources, m->source_valid, t->n_sources) ||
	    has_host_ends(m->dests, m->dest_valid, t->n_dests))
		bits |= READING_BIT(NP_READ_HOST_PODS);
	if (m->o->has_odd_blocks[0])
		bits |= READING_BIT(NP_READ_MAPPED);
	if (m->o->has_odd_blocks[1])
		bits |= READING_BIT(NP_READ_HOST_BITS);
	return bits & ~m->o->fixed;
}

static void make_passes(struct maker *m)
{
	const uint32_t reverse = READING_BIT(NP_READ_NAT);
	uint32_t open = ALL_READINGS & ~m->o->fixed, pass = find_pass_readings(m), sub = pass;
	const uint32_t choice = READING_BIT(NP_READ_HOST_PODS) | READING_BIT(NP_READ_MAPPED) |
				READING_BIT(NP_READ_HOST_BITS);

	for (bool first = true;; first = false) {
		m->lo_bits = m->o->fixed_yes | sub | (open & reverse);
		m->hi_bits = m->o->fixed_yes | sub | (open & ~choice & ~reverse);
		make_pass(m, first);
		if (sub == 0)
			return;
		sub = (sub - 1) & pass;
	}
}

static void settle(struct np_table *t)
{
	for (size_t p = 0; p < t->n_ports && t->undef; p++) {
		size_t n = t->undef[p].n_rows * t->undef[p].words_per_row;

		for (size_t w = 0; w < n; w++)
			t->undef[p].words[w] &= ~t->allow[p].words[w];
	}
}

static void set_cell(struct np_table *t, size_t p, size_t i, size_t j, enum np_verdict v)
{
	uint64_t *allow = t->allow[p].words + i * t->allow[p].words_per_row;

	bits_clear(allow, j);
	if (v == NP_ALLOW)
		bits_set(allow, j);
	if (!t->undef)
		return;
	bits_clear(t->undef[p].words + i * t->undef[p].words_per_row, j);
	if (v == NP_UNDEF)
		bits_set(t->undef[p].words + i * t->undef[p].words_per_row, j);
}

/* Services and nodePorts: several ways lead there. */
static void make_special(struct maker *m, size_t p, size_t j)
{
	struct np_table *t = m->t;
	struct np_flow flow = { .dst = t->dests[j], .family = t->family, .proto = t->ports[p].proto,
				.port = t->ports[p].port };

	for (size_t i = 0; i < t->n_sources; i++) {
		flow.src = t->sources[i];
		set_cell(t, p, i, j, np_oracle_eval(m->o, &flow, NULL));
	}
}

static bool is_node_port(const struct maker *m, size_t p, size_t j)
{
	struct path path = { .dst = m->dests[j], .proto = m->t->ports[p].proto, .port = m->t->ports[p].port };

	return m->t->dests[j].kind == NP_END_ADDR && m->dest_valid[j] && path_find_node_port(m->o, &path);
}

/* Something may come out as undef. */
static bool may_be_open(const struct maker *m)
{
	bool many_ways = m->o->n_node_ports;

	for (size_t j = 0; j < m->t->n_dests; j++)
		many_ways |= m->dest_special[j];
	return many_ways || (ALL_READINGS & ~m->o->fixed);
}

static void make_matrices(struct maker *m)
{
	struct np_table *t = m->t;

	t->allow = np_xcalloc(t->n_ports + 1, sizeof(*t->allow));
	t->undef = may_be_open(m) ? np_xcalloc(t->n_ports + 1, sizeof(*t->undef)) : NULL;
	for (size_t p = 0; p < t->n_ports; p++) {
		matrix_init(&t->allow[p], t->n_sources, t->n_dests);
		if (t->undef)
			matrix_init(&t->undef[p], t->n_sources, t->n_dests);
	}
}

void np_oracle_table(const struct np_oracle *o, const struct np_end *sources, size_t n_sources,
		     const struct np_end *dests, size_t n_dests, const struct np_probe_port *ports,
		     size_t n_ports, int family, struct np_table *ret)
{
	struct np_table t = { .n_sources = n_sources, .n_dests = n_dests, .n_ports = n_ports,
			      .family = family };
	struct maker m;

	t.sources = copy_of(sources, n_sources, sizeof(*sources));
	t.dests = copy_of(dests, n_dests, sizeof(*dests));
	t.ports = copy_of(ports, n_ports, sizeof(*ports));
	maker_init(&m, o, &t);
	make_matrices(&m);
	make_passes(&m);
	settle(&t);
	for (size_t p = 0; p < n_ports; p++)
		for (size_t j = 0; j < n_dests; j++)
			if (m.dest_special[j] || is_node_port(&m, p, j))
				make_special(&m, p, j);
	maker_release(&m);
	*ret = t;
}

void np_table_release(struct np_table *t)
{
	if (!t)
		return;
	for (size_t p = 0; p < t->n_ports; p++) {
		if (t->allow)
			free(t->allow[p].words);
		if (t->undef)
			free(t->undef[p].words);
	}
	free(t->allow);
	free(t->undef);
	free(t->sources);
	free(t->dests);
	free(t->ports);
	*t = (struct np_table){ 0 };
}

enum np_verdict np_table_at(const struct np_table *t, size_t port, size_t source, size_t dest)
{
	const struct np_bitmatrix *allow = &t->allow[port];

	if (t->undef && bits_get(t->undef[port].words + source * allow->words_per_row, dest))
		return NP_UNDEF;
	return bits_get(allow->words + source * allow->words_per_row, dest) ? NP_ALLOW : NP_DENY;
}
