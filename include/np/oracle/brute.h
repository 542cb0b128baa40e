/*
 * brute.h - layer oracle: semantics 2.2 word for word, as an evaluator to hold the compiled one
 * against. Slow and obvious: no index, no memory between questions, every open reading in every
 * setting. Shares no code with the compiled oracle, only the model and the meaning of the readings
 * (enum np_reading in oracle.h). Pure; safe from many threads on a const world.
 *
 * Cost of one verdict: 2^(open readings) x pods behind the Service x policies x rules x (peers +
 * ports); an egress port name also looks at every pod.
 */
#ifndef NP_ORACLE_BRUTE_H
#define NP_ORACLE_BRUTE_H

#include "np/oracle/oracle.h"

/*
 * What np_oracle_eval() says of the same world, readings and flow: the verdict and, when it is
 * NP_UNDEF, exactly the clauses that leave it open (@ret_open may be NULL). @world is linked.
 */
enum np_verdict np_brute_eval(const struct np_world *world, const struct np_readings *readings,
			      const struct np_flow *flow, np_clauses *ret_open);

/* Ways of writing a part of a policy. Each is one bit of np_brute_setting.without. */
enum np_form {
	NP_FORM_MATCH_LABELS,
	NP_FORM_IN, NP_FORM_NOT_IN, NP_FORM_EXISTS, NP_FORM_NOT_EXISTS,
	NP_FORM_NO_PORTS,	/* ports absent or empty */
	NP_FORM_PORT_ANY, NP_FORM_PORT_NUMBER, NP_FORM_PORT_RANGE, NP_FORM_PORT_NAME,
	NP_FORM_NO_PEERS,	/* from or to absent or empty */
	NP_FORM_PEER_POD, NP_FORM_PEER_NS, NP_FORM_PEER_BOTH, NP_FORM_PEER_BLOCK,
	NP_FORM_EXCEPT,
	NP_N_FORMS
};

const char *np_form_name(enum np_form form);	/* "In", "ports: name", ... */

/* One setting of every reading. */
struct np_brute_setting {
	bool yes[NP_N_READINGS];
	/*
	 * Forms taken as matching nothing wherever they are written (a selector that needs one
	 * matches nothing). For tests that count what they exercise: a form decides a cell when the
	 * verdict without it is another.
	 */
	unsigned without;
};

/* Allow or deny under one setting, or NP_NO_FLOW. Of several pods behind a Service: the first. */
enum np_verdict np_brute_once(const struct np_world *world, const struct np_brute_setting *setting,
			      const struct np_flow *flow);

#endif
