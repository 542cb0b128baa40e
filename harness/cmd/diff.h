/* diff.h - the command diff, for the table of commands. */
#ifndef NP_CMD_DIFF_H
#define NP_CMD_DIFF_H

#include "np/cmd/options.h"

extern const struct np_command np_cmd_diff;

#endif
