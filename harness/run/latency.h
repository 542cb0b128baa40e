/* latency.h - convergence times of a run, by direction of the policies that changed. */
#ifndef NP_RUN_LATENCY_H
#define NP_RUN_LATENCY_H

#include <jansson.h>
#include <stddef.h>

struct np_latency {
	long long *ms;
	size_t n, cap;
};

void np_latency_add(struct np_latency *l, long long ms);
/* Of 100 changes 99 took effect within; 0 when none was measured. Sorts. */
long long np_latency_p99(struct np_latency *l);
/* {"p50","p99","n"}; sorts. New reference. */
json_t *np_latency_json(struct np_latency *l);
void np_latency_release(struct np_latency *l);

#endif
