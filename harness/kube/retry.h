/*
 * retry.h - layer kube, private: what is tried again, by whom and how often; the one table of it.
 *
 *                          repeatable  other     exec      watch
 *                          request     request   opening
 *   no connection          always      always    always    always
 *   TLS refused            few         few       few       always
 *   connection lost        always      never     always    always
 *   429                    always      always    always    always
 *   502, 503, 504          always      waits     always    always
 *   500                    few         never     always    always
 *   401                    anew        anew      anew      anew
 *   410                    never       never     never     list
 *   any other              never       never     never     never
 *
 * always: until the time is over; few: NP_KUBE_FEW tries in all; waits: only when the server named
 * a time to wait (Retry-After), since then it did nothing; anew: once, with credentials had again
 * from their file or plugin; list: the watch lists again.
 *
 * 500 to an exec is what an API server says that cannot reach the node's kubelet. Exec opening is meant for the agents' streams, which may be begun twice; np_kube_exec_open(), for
 * any command, tries again only where that surely did not begin.
 *
 * Above this layer: np_kube_list() takes a list that expired (410) three times from its start; the
 * fleet (np/target/fleet.h) opens streams again; a run judges a case again that was disturbed.
 */
#ifndef NP_KUBE_RETRY_H
#define NP_KUBE_RETRY_H

#include "transport.h"

#define NP_KUBE_FEW 3

enum np_kube_asker { NP_ASKER_REPEATABLE, NP_ASKER_OTHER, NP_ASKER_EXEC, NP_ASKER_WATCH, NP_N_ASKERS };

enum np_kube_again { NP_AGAIN_NEVER, NP_AGAIN_ALWAYS, NP_AGAIN_FEW, NP_AGAIN_WAITS, NP_AGAIN_ANEW,
		     NP_AGAIN_LIST };

/* Of a failed attempt: @http 0 when there was no answer. NP_KUBE_N_CAUSES: none of the table's. */
enum np_kube_cause np_kube_cause_of(int http, enum np_kube_loss loss);
enum np_kube_again np_kube_again(enum np_kube_cause cause, enum np_kube_asker asker);

/* May an attempt that failed so have been carried out nevertheless? */
bool np_kube_maybe_done(enum np_kube_cause cause);

/* Counts an attempt that is made again. */
void np_kube_count_again(struct np_kube *k, enum np_kube_cause cause);

/*
 * Keeps np_kube_outage_ms(): an attempt ended with @cause, or well (NP_KUBE_N_CAUSES).
 */
void np_kube_note_outage(struct np_kube *k, enum np_kube_cause cause);

#endif
