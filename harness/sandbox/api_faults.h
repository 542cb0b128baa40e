/*
 * api_faults.h - an API server that misbehaves on purpose, for showing that whoever uses it does not
 * take that for an answer. It begins after the first 40 requests. What is stored and what pods do
 * stays right; only requests, answers and streams go wrong. Private to the API.
 */
#ifndef NP_SANDBOX_API_FAULTS_H
#define NP_SANDBOX_API_FAULTS_H

#include <stdbool.h>

#include "execstream.h"

struct np_api_fault {
	const char *name;
	const char *what; /* one sentence */
};

/* The table, ended by a NULL name. */
const struct np_api_fault *np_api_faults_table(void);

struct np_api_faults;

/* @execs and @env are borrowed. NULL with NP_EUSAGE for a name that is not in the table, NP_EENV
 * without a thread. A NULL np_api_faults is accepted everywhere and does nothing. */
struct np_api_faults *np_api_faults_start(const char *name, struct np_execs *execs,
					  const struct np_api_env *env, struct np_err *err);
void np_api_faults_stop(struct np_api_faults *f);

/* What becomes of one request. */
struct np_api_deed {
	bool done;	   /* it is carried out */
	bool silent;	   /* the connection ends without an answer */
	int code;	   /* answered instead; 0: the right answer */
	int retry_after_s; /* with it, or -1 */
};

struct np_api_deed np_api_faults_deed(struct np_api_faults *f, bool is_exec);
/* No connection is taken and what is open ends. */
bool np_api_faults_shut(struct np_api_faults *f);

#endif
