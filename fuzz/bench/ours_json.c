/* ours_json.c - our side of the measurement, JSON. */
#define NP_BENCH_JSON 1
#include "ours.h"
