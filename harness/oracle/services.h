/* services.h - which pods are behind a Service, and nodePorts. */
#ifndef NP_ORACLE_SERVICES_H
#define NP_ORACLE_SERVICES_H

#include "compiled.h"

/* Fills services[@at]: pods that run, of its namespace, with all labels of the selector. Lists live
 * in @arena. */
void service_compile(struct np_oracle *o, struct np_arena *arena, size_t at);

void node_ports_compile(struct np_oracle *o);

/* Pods of a namespace are side by side: *@ret_end - 1 is the last. */
void pods_of_namespace(const struct np_world *w, size_t ns, size_t *ret_first, size_t *ret_end);

#endif
