/* test_file.c - tests of base/file. */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/stat.h>

#include "base_test.h"
#include "np/base/file.h"

static void put(const char *path, const char *text)
{
	struct np_err err = { 0 };

	ck_assert_msg(np_file_write(path, text, strlen(text), 0644, &err) == 0, "%s", err.msg);
}

static void assert_holds(const char *path, const char *want)
{
	struct np_err err = { 0 };
	struct np_buf b = { 0 };

	ck_assert_msg(np_file_read(path, 1 << 20, &b, &err) == 0, "%s", err.msg);
	ck_assert_str_eq(np_buf_text(&b), want);
	np_buf_release(&b);
}

/* Nothing in @dir but @n files: no temporary was left behind. */
static void assert_n_files(const char *dir, size_t n)
{
	struct np_err err = { 0 };
	size_t got = 0;
	char **files;

	ck_assert_int_eq(np_files_list(dir, NULL, &files, &got, &err), 0);
	ck_assert_uint_eq(got, n);
	np_files_free(files);
}

START_TEST(limits)
{
	static const struct {
		size_t size, max;
		bool ok;
	} t[] = {
		{ 0, 0, true }, { 1, 0, false }, { 9, 10, true }, { 10, 10, true }, { 11, 10, false },
		{ 65536, 65536, true }, { 65537, 65536, false }, { 200000, 200000, true },
		{ 200000, 199999, false }, { 200000, (size_t)-1, true },
	};
	char *dir = scratch_dir();
	np_auto_free char *path = np_xasprintf("%s/f", dir);
	np_auto_free char *bytes = np_xmalloc(200000);

	memset(bytes, 'x', 200000);
	for (size_t i = 0; i < NP_ARRAY_SIZE(t); i++) {
		struct np_err err = { 0 };
		struct np_buf b = { 0 };

		ck_assert_int_eq(np_file_write(path, bytes, t[i].size, 0600, &err), 0);
		np_buf_adds(&b, "before");
		ck_assert_msg(np_file_read(path, t[i].max, &b, &err) == (t[i].ok ? 0 : -1), "row %zu", i);
		ck_assert_uint_eq(b.len, 6 + (t[i].ok ? t[i].size : 0));
		ck_assert_uint_eq(strlen(b.data), b.len);
		ck_assert_int_eq(err.code, t[i].ok ? NP_OK : NP_ELIMIT);
		ck_assert_str_eq(err.file, t[i].ok ? "" : path);
		np_buf_release(&b);
	}
	scratch_remove(dir);
}
END_TEST

START_TEST(endless_and_sizeless_files)
{
	struct np_err err = { 0 };
	struct np_buf b = { 0 };

	ck_assert_int_eq(np_file_read("/dev/zero", 1 << 20, &b, &err), -1);
	ck_assert_int_eq(err.code, NP_ELIMIT);
	ck_assert_uint_eq(b.len, 0);
	ck_assert_int_eq(np_file_read("/proc/self/status", 1 << 20, &b, &err), 0);	/* says its size is 0 */
	ck_assert_uint_gt(b.len, 0);
	np_buf_release(&b);
}
END_TEST

START_TEST(unreadable)
{
	static const char *const paths[] = { "/", "/nonexistent/x", "", "/proc/self/status/x" };

	for (size_t i = 0; i < NP_ARRAY_SIZE(paths); i++) {
		struct np_err err = { 0 };
		struct np_buf b = { 0 };

		ck_assert_int_eq(np_file_read(paths[i], 10, &b, &err), -1);
		ck_assert_int_eq(err.code, NP_EIO);
		ck_assert_str_eq(err.file, paths[i]);
		ck_assert_uint_eq(b.len, 0);
		np_buf_release(&b);
	}
}
END_TEST

struct stdin_case {
	size_t n, max;
	int want_rc;
};

/* In a child: standard input is a pipe that a grandchild fills in two goes. */
static void read_stdin(void *arg)
{
	const struct stdin_case *c = arg;
	struct np_err err = { 0 };
	struct np_buf b = { 0 };
	int fds[2], rc;
	pid_t pid;

	if (pipe(fds) < 0 || (pid = fork()) < 0)
		_exit(10);
	if (pid == 0) {
		close(fds[0]);
		for (size_t i = 0; i < c->n; i++) {
			if (write(fds[1], "x", 1) != 1)
				break;
		}
		_exit(0);
	}
	dup2(fds[0], STDIN_FILENO);
	close(fds[0]);
	close(fds[1]);
	rc = np_file_read("-", c->max, &b, &err);
	close(STDIN_FILENO);
	waitpid(pid, NULL, 0);
	if (rc != c->want_rc || b.len != (rc ? 0 : c->n))
		_exit(11);
	if (rc && (err.code != NP_ELIMIT || strcmp(err.file, "-") != 0))
		_exit(12);
	np_buf_release(&b);
}

START_TEST(standard_input)
{
	struct stdin_case t[] = { { 0, 10, 0 }, { 10, 10, 0 }, { 11, 10, -1 }, { 5000, 10000, 0 } };

	for (size_t i = 0; i < NP_ARRAY_SIZE(t); i++) {
		struct np_buf text = { 0 };

		ck_assert_msg(in_child(read_stdin, &t[i], &text) == 0, "row %zu %s", i, np_buf_text(&text));
		np_buf_release(&text);
	}
}
END_TEST

START_TEST(writing)
{
	char *dir = scratch_dir();
	np_auto_free char *path = np_xasprintf("%s/f", dir);
	mode_t mask = umask(022);
	struct np_err err = { 0 };
	struct stat st;

	put(path, "old and long");
	put(path, "new");
	assert_holds(path, "new");
	ck_assert_int_eq(np_file_write(path, "x", 1, 0666, &err), 0);
	ck_assert_int_eq(stat(path, &st), 0);
	ck_assert_int_eq(st.st_mode & 07777, 0644);
	ck_assert_int_eq(np_file_write(path, NULL, 0, 0600, &err), 0);
	ck_assert_int_eq(stat(path, &st), 0);
	ck_assert_int_eq(st.st_mode & 07777, 0600);
	ck_assert_int_eq(st.st_size, 0);
	umask(mask);
	assert_n_files(dir, 1);
	scratch_remove(dir);
}
END_TEST

START_TEST(writing_fails)
{
	char *dir = scratch_dir();
	np_auto_free char *nowhere = np_xasprintf("%s/no/such/f", dir);
	const char *const paths[] = { nowhere, dir, "/dev/full", "" };

	for (size_t i = 0; i < NP_ARRAY_SIZE(paths); i++) {
		struct np_err err = { 0 };

		ck_assert_int_eq(np_file_write(paths[i], "x", 1, 0600, &err), -1);
		ck_assert_int_eq(err.code, NP_EIO);
		ck_assert_str_eq(err.file, paths[i]);
	}
	assert_n_files(dir, 0);
	scratch_remove(dir);
}
END_TEST

static void write_too_much(void *arg)
{
	struct rlimit limit = { 1000, 1000 };
	struct np_err err = { 0 };
	char bytes[5000] = "";

	signal(SIGXFSZ, SIG_IGN);
	if (setrlimit(RLIMIT_FSIZE, &limit) < 0)
		_exit(10);
	if (np_file_write(arg, bytes, sizeof(bytes), 0600, &err) == 0 || err.code != NP_EIO)
		_exit(11);
}

START_TEST(old_content_survives_a_failed_write)
{
	char *dir = scratch_dir();
	np_auto_free char *path = np_xasprintf("%s/f", dir);
	struct np_buf text = { 0 };

	put(path, "precious");
	ck_assert_int_eq(in_child(write_too_much, path, &text), 0);
	assert_holds(path, "precious");
	assert_n_files(dir, 1);
	np_buf_release(&text);
	scratch_remove(dir);
}
END_TEST

START_TEST(links_are_replaced)
{
	char *dir = scratch_dir();
	np_auto_free char *target = np_xasprintf("%s/target", dir);
	np_auto_free char *link = np_xasprintf("%s/link", dir);
	struct stat st;

	put(target, "untouched");
	ck_assert_int_eq(symlink("target", link), 0);
	put(link, "new");
	assert_holds(target, "untouched");
	assert_holds(link, "new");
	ck_assert_int_eq(lstat(link, &st), 0);
	ck_assert(S_ISREG(st.st_mode));
	scratch_remove(dir);
}
END_TEST

START_TEST(pipes_are_written_to)
{
	char *dir = scratch_dir();
	np_auto_free char *path = np_xasprintf("%s/fifo", dir);
	char got[8] = "";
	struct stat st;
	int fd;

	ck_assert_int_eq(mkfifo(path, 0600), 0);
	fd = open(path, O_RDWR | O_CLOEXEC);
	ck_assert_int_ge(fd, 0);
	put(path, "hello");
	ck_assert_int_eq(read(fd, got, sizeof(got)), 5);
	ck_assert_str_eq(got, "hello");
	ck_assert_int_eq(stat(path, &st), 0);
	ck_assert(S_ISFIFO(st.st_mode));
	close(fd);
	scratch_remove(dir);
}
END_TEST

START_TEST(write_all)
{
	int fds[2];

	ck_assert_int_eq(pipe2(fds, O_CLOEXEC | O_NONBLOCK), 0);
	ck_assert_int_eq(np_write_all(fds[1], "abc", 3), 0);
	ck_assert_int_eq(np_write_all(fds[1], NULL, 0), 0);
	ck_assert_int_eq(np_write_all(fds[0], "abc", 3), -1);
	ck_assert_int_eq(errno, EBADF);
	close(fds[0]);
	close(fds[1]);
}
END_TEST

RUN_TESTS("file", limits, endless_and_sizeless_files, unreadable, standard_input, writing, writing_fails,
	  old_content_survives_a_failed_write, links_are_replaced, pipes_are_written_to, write_all)
