/* meter.h - how long a run was probing: wall time during which at least one worker had probes under
 * way. Thread-safe. */
#ifndef NP_RUN_METER_H
#define NP_RUN_METER_H

#include <pthread.h>
#include <stdint.h>

struct np_meter {
	pthread_mutex_t lock;
	unsigned active;
	int64_t since_us, total_us;
};

void np_meter_init(struct np_meter *m);
void np_meter_release(struct np_meter *m);
void np_meter_begin(struct np_meter *m);
void np_meter_end(struct np_meter *m);

#endif
