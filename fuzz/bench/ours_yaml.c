/* ours_yaml.c - our side of the measurement, YAML. */
#define NP_BENCH_JSON 0
#include "ours.h"
