/* file.c - whole files in and out. */
#include "np/base/file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <sys/stat.h>
#include <unistd.h>

#include "np/base/clock.h"
#include "np/base/mem.h"

#define READ_BYTES (64UL * 1024)
#define MAX_TEMP_NAMES 100

static int file_err(struct np_err *err, const char *path, int errnum, const char *what)
{
	np_err_errno(err, NP_EIO, errnum, "%s", what);
	return np_err_at(err, path, 0, 0);
}

/* Appends until the end of @fd; one byte more than allowed is asked for, so that a growing file is noticed. */
static int read_all(int fd, const char *path, size_t max_bytes, struct np_buf *b, struct np_err *err)
{
	size_t got = 0;

	for (;;) {
		size_t want = max_bytes - got < READ_BYTES ? max_bytes - got + 1 : READ_BYTES;
		ssize_t n = read(fd, np_buf_reserve(b, want), want);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return file_err(err, path, errno, "cannot read");
		if (n == 0)
			return 0;
		if ((size_t)n > max_bytes - got) {
			np_err_set(err, NP_ELIMIT, "more than %zu bytes", max_bytes);
			return np_err_at(err, path, 0, 0);
		}
		b->len += (size_t)n;
		got += (size_t)n;
	}
}

int np_file_read(const char *path, size_t max_bytes, struct np_buf *b, struct np_err *err)
{
	bool is_stdin = strcmp(path, "-") == 0;
	np_auto_fd int own_fd = -1;
	size_t old_len = b->len;

	if (!is_stdin) {
		own_fd = open(path, O_RDONLY | O_CLOEXEC);
		if (own_fd < 0)
			return file_err(err, path, errno, "cannot open");
	}
	if (read_all(is_stdin ? STDIN_FILENO : own_fd, path, max_bytes, b, err) == 0)
		return 0;
	b->len = old_len;
	b->data[old_len] = '\0';
	return -1;
}

int np_write_all(int fd, const void *bytes, size_t n)
{
	const char *p = bytes;

	while (n > 0) {
		ssize_t k = write(fd, p, n);

		if (k < 0 && errno == EINTR)
			continue;
		if (k < 0)
			return -1;
		p += k;
		n -= (size_t)k;
	}
	return 0;
}

/* A new file beside @path; O_EXCL, so that a planted link is never followed. */
static int open_temp(const char *path, unsigned mode, char **ret_name)
{
	for (int i = 0; i < MAX_TEMP_NAMES; i++) {
		char *name = np_xasprintf("%s.%ld-%llx.tmp", path, (long)getpid(), (unsigned long long)np_now_us() + i);
		int fd = open(name, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, mode);
		int saved = errno;

		if (fd >= 0) {
			*ret_name = name;
			return fd;
		}
		free(name);
		errno = saved;
		if (errno != EEXIST)
			return -1;
	}
	return -1;
}

static int write_device(const char *path, const void *bytes, size_t n, struct np_err *err)
{
	np_auto_fd int fd = open(path, O_WRONLY | O_CLOEXEC | O_NOCTTY);

	if (fd < 0)
		return file_err(err, path, errno, "cannot open");
	if (np_write_all(fd, bytes, n) < 0)
		return file_err(err, path, errno, "cannot write");
	return 0;
}

/* Makes the rename itself durable. Not every file system can sync a folder, so failure is no news. */
static void sync_folder_of(const char *path)
{
	const char *slash = strrchr(path, '/');
	np_auto_free char *dir = slash ? np_xstrndup(path, (size_t)(slash - path) + 1) : np_xstrdup(".");
	np_auto_fd int fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	if (fd >= 0)
		(void)fsync(fd);
}

static int fill_temp(int fd, const void *bytes, size_t n)
{
	int saved = 0;

	if (np_write_all(fd, bytes, n) < 0 || fsync(fd) < 0)
		saved = errno;
	if (close(fd) < 0 && !saved)
		saved = errno;
	errno = saved;
	return saved ? -1 : 0;
}

int np_file_write(const char *path, const void *bytes, size_t n, unsigned mode, struct np_err *err)
{
	np_auto_free char *temp = NULL;
	struct stat st;
	int fd, saved;

	/* /dev/null, /dev/stdout or a named pipe must not be replaced by a file. */
	if (stat(path, &st) == 0 && !S_ISREG(st.st_mode) && !S_ISDIR(st.st_mode))
		return write_device(path, bytes, n, err);
	fd = open_temp(path, mode, &temp);
	if (fd < 0)
		return file_err(err, path, errno, "cannot create");
	if (fill_temp(fd, bytes, n) == 0 && rename(temp, path) == 0) {
		sync_folder_of(path);
		return 0;
	}
	saved = errno;
	unlink(temp);
	return file_err(err, path, saved, "cannot write");
}

bool np_is_dir(const char *path)
{
	struct stat st;

	return stat(path, &st) == 0 && S_ISDIR(st.st_mode);
}
