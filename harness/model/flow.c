/* flow.c - clause ids and verdict names. */
#include "np/model/flow.h"

#include <stdio.h>

/* S33b stands right behind S33 in every list. */
static size_t add_name(unsigned clause, char *buf, size_t size, size_t n)
{
	char name[8];
	int w = snprintf(buf + n, size - n, "%s%s", n ? " " : "", np_clause_name(clause, name));

	if ((size_t)w < size - n)
		return n + (size_t)w;
	if (size)
		buf[n] = '\0'; /* whole names only */
	return n;
}

const char *np_clauses_text(const np_clauses *set, char *buf, size_t size)
{
	size_t n = 0;

	if (size)
		buf[0] = '\0';
	for (unsigned c = 1; c <= NP_CLAUSE_MAX; c++) {
		if (np_clauses_has(set, c))
			n = add_name(c, buf, size, n);
		if (c == 33 && np_clauses_has(set, NP_CLAUSE_33B))
			n = add_name(NP_CLAUSE_33B, buf, size, n);
	}
	return buf;
}

/* Ids that the semantics do not have: S50, S52 and S63 were dropped. */
static bool is_clause(unsigned clause)
{
	return clause >= 1 && clause <= NP_CLAUSE_MAX && clause != 50 && clause != 52 &&
	       clause != 63;
}

bool np_clause_parse(struct np_str s, unsigned *ret)
{
	unsigned c;

	if (np_str_is(s, "S33b")) {
		*ret = NP_CLAUSE_33B;
		return true;
	}
	if (s.n != 3 || s.p[0] != 'S' || s.p[1] < '0' || s.p[1] > '9' || s.p[2] < '0' ||
	    s.p[2] > '9')
		return false;
	c = (unsigned)(s.p[1] - '0') * 10 + (unsigned)(s.p[2] - '0');
	if (!is_clause(c))
		return false;
	*ret = c;
	return true;
}

const char *np_clause_name(unsigned clause, char *buf)
{
	if (clause == NP_CLAUSE_33B)
		snprintf(buf, 8, "S33b");
	else
		snprintf(buf, 8, "S%02u", clause % 100);
	return buf;
}

const char *np_verdict_name(enum np_verdict v)
{
	static const char *const names[] = {
		[NP_DENY] = "deny",
		[NP_ALLOW] = "allow",
		[NP_UNDEF] = "undef",
		[NP_NO_FLOW] = "none",
	};

	return names[v];
}
