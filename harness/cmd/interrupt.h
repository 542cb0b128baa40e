/* interrupt.h - Ctrl-C: the first asks the command to clean up and end, the second ends it at once. */
#ifndef NP_CMD_INTERRUPT_H
#define NP_CMD_INTERRUPT_H

#include <stdatomic.h>

/* Installs the handlers of SIGINT, SIGTERM and SIGHUP; the flag is set by the first. */
const atomic_int *np_interrupt_flag(void);

#endif
