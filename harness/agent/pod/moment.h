/* moment.h - in-pod agent: the monotonic clock and random bits. */
#ifndef POD_MOMENT_H
#define POD_MOMENT_H

#include <stdint.h>

int64_t now_us(void); /* CLOCK_MONOTONIC */

/* Random bits that no other run of the agent repeats; not for secrets. */
struct dice {
	uint64_t state;
};

void dice_init(struct dice *d);
uint64_t dice_roll(struct dice *d);

#endif
