/* latency.c - convergence times. */
#include "latency.h"

#include <stdlib.h>

#include "np/base/json.h"
#include "np/base/mem.h"

void np_latency_add(struct np_latency *l, long long ms)
{
	l->ms = np_grow(l->ms, &l->cap, l->n, sizeof(*l->ms));
	l->ms[l->n++] = ms;
}

static int by_value(const void *a, const void *b)
{
	long long x = *(const long long *)a, y = *(const long long *)b;

	return (x > y) - (x < y);
}

long long np_latency_p99(struct np_latency *l)
{
	if (!l->n)
		return 0;
	qsort(l->ms, l->n, sizeof(*l->ms), by_value);
	return l->ms[l->n * 99 / 100];
}

json_t *np_latency_json(struct np_latency *l)
{
	long long p99 = np_latency_p99(l);

	if (!l->n)
		return np_json_pack("{s:i}", "n", 0);
	return np_json_pack("{s:I, s:I, s:I}", "p50", (json_int_t)l->ms[l->n / 2], "p99",
			    (json_int_t)p99, "n", (json_int_t)l->n);
}

void np_latency_release(struct np_latency *l)
{
	free(l->ms);
	*l = (struct np_latency){ 0 };
}
