/* score.h - layer cmd: the command of score.c. */
#ifndef NP_CMD_SCORE_H
#define NP_CMD_SCORE_H

#include "np/cmd/options.h"

extern const struct np_command np_cmd_score;

#endif
