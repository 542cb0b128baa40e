/* completion.h - netpolcheck completion, for the table of commands. */
#ifndef NP_CMD_COMPLETION_H
#define NP_CMD_COMPLETION_H

#include "np/cmd/options.h"

extern const struct np_command np_cmd_completion;

#endif
