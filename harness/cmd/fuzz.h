/* fuzz.h - private to cmd: the commands below `netpolcheck fuzz`. */
#ifndef NP_CMD_FUZZ_H
#define NP_CMD_FUZZ_H

#include "np/cmd/options.h"

extern const struct np_command np_cmd_fuzz;
/* Their argv[0] is the word behind `fuzz`. */
extern const struct np_command np_cmd_fuzz_live, np_cmd_fuzz_api, np_cmd_fuzz_replay,
	np_cmd_fuzz_report;

#endif
