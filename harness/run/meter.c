/* meter.c - how long a run was probing. */
#include "meter.h"

#include "np/base/clock.h"

void np_meter_init(struct np_meter *m)
{
	*m = (struct np_meter){ 0 };
	pthread_mutex_init(&m->lock, NULL);
}

void np_meter_release(struct np_meter *m)
{
	pthread_mutex_destroy(&m->lock);
}

void np_meter_begin(struct np_meter *m)
{
	pthread_mutex_lock(&m->lock);
	if (!m->active++)
		m->since_us = np_now_us();
	pthread_mutex_unlock(&m->lock);
}

void np_meter_end(struct np_meter *m)
{
	pthread_mutex_lock(&m->lock);
	if (!--m->active)
		m->total_us += np_now_us() - m->since_us;
	pthread_mutex_unlock(&m->lock);
}
