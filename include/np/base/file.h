/* file.h - layer base: whole files in and out, folders. */
#ifndef NP_BASE_FILE_H
#define NP_BASE_FILE_H

#include <stdbool.h>
#include <stddef.h>

#include "np/base/buf.h"
#include "np/base/err.h"

/*
 * Appends the whole of @path ("-" is standard input) to @b. A file of more than @max_bytes is NP_ELIMIT, a folder or
 * anything that cannot be read NP_EIO; the error's file is @path. On failure @b holds what it held before.
 */
int np_file_read(const char *path, size_t max_bytes, struct np_buf *b, struct np_err *err);
/*
 * Writes atomically (temporary beside it, fsync, rename) with @mode less the umask. A link is replaced, not
 * followed; a device or pipe (/dev/null, /dev/stdout) is written to as it is.
 */
int np_file_write(const char *path, const void *bytes, size_t n, unsigned mode, struct np_err *err);
/* mkdir -p. */
int np_dir_make(const char *path, unsigned mode, struct np_err *err);
/*
 * A new empty folder of mode 0700 below TMPDIR, else /tmp, whose name starts with @stem; NP_EIO. *@ret is
 * freed with free(3), the folder with np_dir_remove().
 */
int np_dir_scratch(const char *stem, char **ret, struct np_err *err);
/*
 * Removes a folder with everything in it; not following links; absent is success. Refuses "/", "" and what
 * ends in "." or ".." (NP_EUSAGE), a link or file as @path, a mount inside (NP_EIO), and stops at more than
 * 256 levels (NP_ELIMIT).
 */
int np_dir_remove(const char *path, struct np_err *err);
/*
 * Every regular file below @path (or @path itself) whose name ends in one of the NULL-ended @suffixes, sorted
 * byte-wise; hidden names left out. NULL @suffixes: every name. Links to files count, links to folders below
 * @path do not. *@ret is a NULL-ended array, freed with np_files_free(). At most 100,000 files, 32 folders
 * deep (NP_ELIMIT).
 */
int np_files_list(const char *path, const char *const *suffixes, char ***ret, size_t *ret_n, struct np_err *err);
void np_files_free(char **files);
bool np_is_dir(const char *path);
/* write(2) until all is out; -1 with errno. */
int np_write_all(int fd, const void *bytes, size_t n);

#endif
