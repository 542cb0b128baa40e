/* rows_index.c - the ends of rows by address, class and port name, and what is kept between
 * questions. */
#include "rows.h"

#include <stdlib.h>

#include "np/base/mem.h"

#include "bits.h"
#include "blocks.h"

static int cmp_end_at(const void *a, const void *b)
{
	const struct end_at *x = a, *y = b;
	int c = wire_cmp(&x->addr, &y->addr);

	return c ? c : (x->end > y->end) - (x->end < y->end);
}

int rows_cmp_named(const void *a, const void *b)
{
	const struct named_ends *x = a, *y = b;

	if (x->name != y->name)
		return x->name < y->name ? -1 : 1;
	if (x->proto != y->proto)
		return x->proto < y->proto ? -1 : 1;
	return (x->port > y->port) - (x->port < y->port);
}

static void index_addresses(struct rows *r)
{
	r->n_by_addr = 0;
	for (size_t i = 0; i < r->n_ends; i++)
		if (r->valid[i])
			r->by_addr[r->n_by_addr++] =
				(struct end_at){ r->ends[i].addr, (uint32_t)i };
	if (r->n_by_addr)
		qsort(r->by_addr, r->n_by_addr, sizeof(*r->by_addr), cmp_end_at);
}

static void index_classes(struct rows *r)
{
	const struct np_oracle *o = r->o;
	np_auto_free uint32_t *next = np_xcalloc(o->n_classes + 1, sizeof(*next));

	memset(r->class_first, 0, (o->n_classes + 1) * sizeof(*r->class_first));
	memset(r->plain, 0, r->n_words * sizeof(*r->plain));
	r->has_plain = false;
	for (size_t i = 0; i < r->n_ends; i++) {
		if (r->valid[i] && rows_is_pod(r, &r->ends[i])) {
			r->class_first[o->pods[r->ends[i].pod].class + 1]++;
		} else if (r->valid[i]) {
			bits_set(r->plain, i);
			r->has_plain = true;
		}
	}
	for (size_t c = 0; c < o->n_classes; c++)
		r->class_first[c + 1] += r->class_first[c];
	memcpy(next, r->class_first, o->n_classes * sizeof(*next));
	for (size_t i = 0; i < r->n_ends; i++)
		if (r->valid[i] && rows_is_pod(r, &r->ends[i]))
			r->class_ends[next[o->pods[r->ends[i].pod].class]++] = (uint32_t)i;
}

void rows_reread_ends(struct rows *r, bool addresses)
{
	if (addresses)
		index_addresses(r);
	index_classes(r);
}

static void add_names_of(struct rows *r, uint32_t c)
{
	const struct class *class = &r->o->classes[c];

	for (size_t i = 0; i < class->n_names && class->n_pods; i++) {
		const struct name_port *np = &class->names[i];

		r->named = np_grow(r->named, &r->cap_named, r->n_named, sizeof(*r->named));
		r->named[r->n_named++] =
			(struct named_ends){ np->name,	   c, np->proto, np->port, np->asks_dup,
					     np->asks_init };
	}
}

/* Egress names are resolved on the other ends. */
static void index_names(struct rows *r)
{
	for (uint32_t c = 0; c < r->o->n_classes && r->dir == NP_EGRESS; c++)
		if (r->o->spare || r->class_first[c] != r->class_first[c + 1])
			add_names_of(r, c);
	if (r->n_named)
		qsort(r->named, r->n_named, sizeof(*r->named), rows_cmp_named);
}

/* The first that is not below @key. */
size_t rows_find_named(const struct rows *r, const struct named_ends *key)
{
	size_t lo = 0, hi = r->n_named;

	while (lo < hi) {
		size_t mid = lo + (hi - lo) / 2;

		if (rows_cmp_named(&r->named[mid], key) < 0)
			lo = mid + 1;
		else
			hi = mid;
	}
	return lo;
}

void rows_reread_names(struct rows *r, uint32_t class)
{
	size_t n = 0, n_kept;

	for (size_t i = 0; i < r->n_named; i++)
		if (r->named[i].class != class)
			r->named[n++] = r->named[i];
	r->n_named = n_kept = n;
	if (r->dir == NP_EGRESS)
		add_names_of(r, class);
	/* What was added moves from behind to its place. */
	for (size_t end = r->n_named, i = n_kept; i < end; i++) {
		struct named_ends new = r->named[i];
		size_t at;

		r->n_named = i;
		at = rows_find_named(r, &new);
		memmove(&r->named[at + 1], &r->named[at], (i - at) * sizeof(*r->named));
		r->named[at] = new;
		r->n_named = end;
	}
}

static void make_room(struct rows *r)
{
	size_t n_peers = r->o->n_rules + 1, n_names = r->o->n_slots + 1;

	if (n_peers > r->n_peers) {
		r->peers = np_xrealloc(r->peers, n_peers, sizeof(*r->peers));
		memset(r->peers + r->n_peers, 0, (n_peers - r->n_peers) * sizeof(*r->peers));
		r->n_peers = n_peers;
	}
	if (n_names > r->n_names) {
		r->names = np_xrealloc(r->names, n_names, sizeof(*r->names));
		memset(r->names + r->n_names, 0, (n_names - r->n_names) * sizeof(*r->names));
		r->n_names = n_names;
	}
}

void rows_init(struct rows *r, const struct np_oracle *o, enum np_dir dir, uint32_t lo, uint32_t hi,
	       const struct end *ends, const bool *valid, size_t n_ends)
{
	*r = (struct rows){ .o = o,
			    .dir = dir,
			    .lo = lo,
			    .hi = hi,
			    .ends = ends,
			    .valid = valid,
			    .n_ends = n_ends,
			    .n_words = bits_words(n_ends) };
	r->by_addr = np_xcalloc(n_ends + 1, sizeof(*r->by_addr));
	r->class_first = np_xcalloc(o->n_classes + 2, sizeof(*r->class_first));
	r->class_ends = np_xcalloc(n_ends + 1, sizeof(*r->class_ends));
	r->plain = np_xcalloc(r->n_words + 1, sizeof(*r->plain));
	rows_reread_ends(r, true);
	index_names(r);
	make_room(r);
	r->one_lo = np_xcalloc(r->n_words + 1, sizeof(*r->one_lo));
	r->one_hi = np_xcalloc(r->n_words + 1, sizeof(*r->one_hi));
}

static void release_names(struct rows *r)
{
	for (size_t i = 0; i < r->n_names; i++) {
		free(r->names[i].lo);
		free(r->names[i].hi);
		r->names[i] = (struct name_row){ 0 };
	}
}

static void release_peers(struct rows *r)
{
	for (size_t i = 0; i < r->n_built; i++) {
		free(r->peers[r->built[i]].lo); /* hi is in the same piece */
		r->peers[r->built[i]] = (struct peer_row){ 0 };
	}
	r->n_built = 0;
}

void rows_forget(struct rows *r)
{
	release_peers(r);
	release_names(r);
	make_room(r);
}

void rows_release(struct rows *r)
{
	release_peers(r);
	release_names(r);
	free(r->class_first);
	free(r->class_ends);
	free(r->by_addr);
	free(r->plain);
	free(r->named);
	free(r->peers);
	free(r->built);
	free(r->names);
	free(r->one_lo);
	free(r->one_hi);
}

void rows_set_port(struct rows *r, enum np_proto proto, uint16_t port)
{
	release_names(r);
	r->proto = proto;
	r->port = port;
}
