/* log.h - layer base: progress and diagnostics to stderr, one line each, thread-safe. Results never go through here. */
#ifndef NP_BASE_LOG_H
#define NP_BASE_LOG_H

enum np_loglevel { NP_LOG_QUIET, NP_LOG_WARN, NP_LOG_INFO, NP_LOG_DEBUG };

/* The only global of the project. Default NP_LOG_WARN. */
extern enum np_loglevel np_log_level;

void np_log_warn(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
void np_log_info(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
void np_log_debug(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

#endif
