/* timestamp.h - layer kube, private: times as the API and certificates write them. */
#ifndef NP_KUBE_TIMESTAMP_H
#define NP_KUBE_TIMESTAMP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define NP_KUBE_TIME_MAX 32

/* RFC 3339 into seconds of the epoch, fractions dropped. False when it is none. */
bool np_kube_time_parse(const char *s, int64_t *ret);
/* "2026-01-31 12:00:00 UTC" into @buf of NP_KUBE_TIME_MAX bytes; returns it. */
const char *np_kube_time_text(int64_t seconds, char *buf);

#endif
