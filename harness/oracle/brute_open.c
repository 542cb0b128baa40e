/*
 * brute_open.c - a flow under one setting of the open readings, and under all of them: the verdict,
 * and the clauses that leave it open. Settings that differ in nothing that was asked for are not
 * tried one by one (judge_way).
 */
#include <string.h>

#include "brute_parts.h"

static const unsigned clause_of[NP_N_READINGS] = {
	[NP_READ_IPBLOCK_PODS] = 19, [NP_READ_NAT] = 20,	   [NP_READ_DIVERGENT] = 25,
	[NP_READ_DUP_NAME] = 29,     [NP_READ_SIDECAR_NAME] = 30,  [NP_READ_NAME_EXTERNAL] = 31,
	[NP_READ_HAIRPIN] = 39,	     [NP_READ_OWN_NODE] = 41,	   [NP_READ_OTHER_NODE] = 42,
	[NP_READ_HOST_PODS] = 43,    [NP_READ_CLUSTERIP] = 45,	   [NP_READ_MAPPED] = 56,
	[NP_READ_HOST_BITS] = 57,
};

enum np_verdict np_brute_once(const struct np_world *world, const struct np_brute_setting *setting,
			      const struct np_flow *flow)
{
	unsigned asked = 0;
	struct brute b = { world, setting, &asked };
	struct route route;
	size_t at = 0;

	if (!brute_find_route(world, flow, &route) || !brute_next_way(world, flow, &route, &at))
		return NP_NO_FLOW;
	return brute_verdict(&b, &route.conn) ? NP_ALLOW : NP_DENY;
}

struct settings {
	struct np_brute_setting set;	/* the fixed readings */
	enum np_reading open[NP_N_READINGS];
	unsigned n_open;
	size_t n;			/* 2^n_open */
};

static void list_settings(const struct np_readings *readings, struct settings *ret)
{
	*ret = (struct settings){ 0 };
	for (unsigned r = 0; r < NP_N_READINGS; r++) {
		ret->set.yes[r] = readings->set[r] == NP_SET_YES;
		if (readings->set[r] == NP_SET_OPEN)
			ret->open[ret->n_open++] = (enum np_reading)r;
	}
	ret->n = (size_t)1 << ret->n_open;
}

enum { SEEN_DENY = 1, SEEN_ALLOW = 2 };

/* Settings that agree with @i in the readings asked for: the verdict is theirs too. */
static void fill_alike(const struct settings *s, size_t i, unsigned asked, uint8_t seen, uint8_t *ret_seen)
{
	size_t fixed = 0;

	for (unsigned k = 0; k < s->n_open; k++)
		if (asked >> s->open[k] & 1)
			fixed |= (size_t)1 << k;
	for (size_t j = i; j < s->n; j++)
		if (((i ^ j) & fixed) == 0)
			ret_seen[j] = seen;
}

/* The verdict of one way under every setting; bit k of a setting's number is open[k]. */
static void judge_way(const struct np_world *w, struct settings *s, const struct conn *c,
		      uint8_t *ret_seen)
{
	unsigned asked;
	uint8_t seen;
	struct brute b = { w, &s->set, &asked };

	memset(ret_seen, 0, s->n);
	for (size_t i = 0; i < s->n; i++) {
		if (ret_seen[i])
			continue;
		for (unsigned k = 0; k < s->n_open; k++)
			s->set.yes[s->open[k]] = i >> k & 1;
		asked = 0;
		seen = brute_verdict(&b, c) ? SEEN_ALLOW : SEEN_DENY;
		fill_alike(s, i, asked, seen, ret_seen);
	}
}

/* Clause c is open when under some setting of the other readings its own changes the verdict. */
static void add_open(const struct settings *s, const uint8_t *seen, np_clauses *open)
{
	for (unsigned k = 0; k < s->n_open; k++)
		for (size_t i = 0; i < s->n; i++)
			if (seen[i] != seen[i ^ (size_t)1 << k]) {
				np_clauses_add(open, clause_of[s->open[k]]);
				break;
			}
}

/* Which pod answers counts as part of S45 (S20 for a nodePort). */
static void add_open_of_choice(const struct settings *s, const uint8_t *any, const struct route *r,
			       np_clauses *open)
{
	enum np_reading choice = r->conn.via_node_port ? NP_READ_NAT : NP_READ_CLUSTERIP;
	size_t bit = 0;

	for (unsigned k = 0; k < s->n_open; k++)
		if (s->open[k] == choice)
			bit = (size_t)1 << k;
	for (size_t i = 0; i < s->n; i++)
		if ((any[i] | any[i ^ bit]) == (SEEN_DENY | SEEN_ALLOW)) {
			np_clauses_add(open, clause_of[choice]);
			return;
		}
}

enum np_verdict np_brute_eval(const struct np_world *world, const struct np_readings *readings,
			      const struct np_flow *flow, np_clauses *ret_open)
{
	struct settings s;
	struct route route;
	np_clauses open = { 0 };
	unsigned all = 0;
	size_t at = 0;
	uint8_t seen[1 << NP_N_READINGS], any[1 << NP_N_READINGS];

	if (ret_open)
		*ret_open = open;
	if (!brute_find_route(world, flow, &route))
		return NP_NO_FLOW;
	list_settings(readings, &s);
	memset(any, 0, s.n);
	while (brute_next_way(world, flow, &route, &at)) {
		judge_way(world, &s, &route.conn, seen);
		add_open(&s, seen, &open);
		for (size_t i = 0; i < s.n; i++)
			any[i] |= seen[i];
	}
	for (size_t i = 0; i < s.n; i++)
		all |= any[i];
	if (all == 0)
		return NP_NO_FLOW;
	if (route.svc)
		add_open_of_choice(&s, any, &route, &open);
	if (all != (SEEN_DENY | SEEN_ALLOW))
		return all == SEEN_ALLOW ? NP_ALLOW : NP_DENY;
	if (ret_open)
		*ret_open = open;
	return NP_UNDEF;
}
