/* mutate.h - layer cmd: the command of mutate.c, and its inputs. */
#ifndef NP_CMD_MUTATE_H
#define NP_CMD_MUTATE_H

#include "np/base/arena.h"
#include "np/base/buf.h"
#include "np/cmd/options.h"
#include "np/mutate/mutate.h"

extern const struct np_command np_cmd_mutate;

/* The documents that mutants are made of. Zero-initialised is empty and valid. */
struct mutate_inputs {
	struct np_arena arena;
	struct np_str *items;
	size_t n, cap, total_bytes;
};

#define MUTATE_MAX_INPUT_BYTES ((size_t)256 << 20) /* of all files together */

/*
 * Adds the documents of files and folders, "-" is standard input. What cannot be read as YAML or
 * JSON is an error, unless @hostile: then it is taken as it is. Documents of other kinds than
 * NetworkPolicy and lists are left out, unless @hostile. None at all is NP_EUSAGE.
 */
int mutate_inputs_load(const struct np_strings *paths, bool hostile, struct mutate_inputs *in,
		       struct np_err *err);
/* The built-in ones. */
void mutate_inputs_builtin(struct mutate_inputs *in);
void mutate_inputs_release(struct mutate_inputs *in);

#endif
