/* test_dir.c - tests of base/dir. */
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <sys/mount.h>
#include <sys/stat.h>

#include "base_test.h"
#include "np/base/file.h"
#include "np/base/proc.h"

/* "@dir/@name", valid until the fourth call after this. */
static const char *in(const char *dir, const char *name)
{
	static char paths[4][4096];
	static unsigned next;
	char *p = paths[next++ % 4];

	snprintf(p, sizeof(paths[0]), "%s/%s", dir, name);
	return p;
}

static void touch(const char *path)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);

	ck_assert_msg(fd >= 0, "%s", path);
	close(fd);
}

static void make(const char *path)
{
	struct np_err err = { 0 };

	ck_assert_msg(np_dir_make(path, 0755, &err) == 0, "%s: %s", path, err.msg);
}

static bool exists(const char *path)
{
	struct stat st;

	return lstat(path, &st) == 0;
}

START_TEST(making)
{
	static const char *const good[] = { "a", "a", "b/c/d", "b//e///", "./f/", "b/../g" };
	static const char *const bad[] = { "file", "file/x", "file/x/y" };
	char *dir = scratch_dir();

	touch(in(dir, "file"));
	for (size_t i = 0; i < NP_ARRAY_SIZE(good); i++) {
		make(in(dir, good[i]));
		ck_assert(np_is_dir(in(dir, good[i])));
	}
	for (size_t i = 0; i < NP_ARRAY_SIZE(bad); i++) {
		struct np_err err = { 0 };

		ck_assert_int_eq(np_dir_make(in(dir, bad[i]), 0755, &err), -1);
		ck_assert_int_eq(err.code, NP_EIO);
	}
	make("/");
	ck_assert_int_eq(np_dir_make("", 0755, NULL), -1);
	ck_assert(!np_is_dir(in(dir, "file")));
	ck_assert(!np_is_dir(in(dir, "absent")));
	scratch_remove(dir);
}
END_TEST

START_TEST(making_with_mode)
{
	char *dir = scratch_dir();
	mode_t mask = umask(0);
	struct np_err err = { 0 };
	struct stat st;

	ck_assert_int_eq(np_dir_make(in(dir, "x/y"), 0500, &err), 0);
	umask(mask);
	ck_assert_int_eq(stat(in(dir, "x/y"), &st), 0);
	ck_assert_int_eq(st.st_mode & 07777, 0500);
	ck_assert_int_eq(stat(in(dir, "x"), &st), 0);
	ck_assert_int_eq(st.st_mode & 07777, 0700);
	scratch_remove(dir);
}
END_TEST

START_TEST(scratch_below_tmpdir)
{
	char *dir = scratch_dir(), *made = NULL;
	struct np_err err = { 0 };
	struct stat st;

	ck_assert_int_eq(setenv("TMPDIR", dir, 1), 0);
	ck_assert_msg(np_dir_scratch("stem", &made, &err) == 0, "%s", err.msg);
	ck_assert_int_eq(strncmp(made, in(dir, "stem-"), strlen(dir) + 6), 0);
	ck_assert_int_eq(stat(made, &st), 0);
	ck_assert_uint_eq(st.st_mode, S_IFDIR | 0700);
	free(made);
	made = NULL;
	ck_assert_int_eq(setenv("TMPDIR", in(dir, "absent"), 1), 0);
	ck_assert_int_eq(np_dir_scratch("stem", &made, &err), -1);
	ck_assert_int_eq(err.code, NP_EIO);
	ck_assert_ptr_null(made);
	scratch_remove(dir);
}
END_TEST

START_TEST(removing_follows_no_link)
{
	char *outside = scratch_dir();
	char *dir = scratch_dir();
	struct np_err err = { 0 };

	touch(in(outside, "keep"));
	make(in(dir, "a/b/c"));
	touch(in(dir, "a/b/c/file"));
	touch(in(dir, ".hidden"));
	ck_assert_int_eq(symlink(outside, in(dir, "a/link")), 0);
	ck_assert_int_eq(symlink(in(outside, "keep"), in(dir, "a/file-link")), 0);
	ck_assert_int_eq(symlink("/nonexistent", in(dir, "dangling")), 0);
	ck_assert_int_eq(symlink(".", in(dir, "loop")), 0);
	ck_assert_int_eq(mkfifo(in(dir, "fifo"), 0600), 0);
	ck_assert_msg(np_dir_remove(dir, &err) == 0, "%s", err.msg);
	ck_assert(!exists(dir));
	ck_assert(exists(in(outside, "keep")));
	ck_assert_int_eq(np_dir_remove(dir, &err), 0);	/* absent */
	free(dir);
	scratch_remove(outside);
}
END_TEST

START_TEST(removing_refused)
{
	static const struct {
		const char *path;
		enum np_errcode code;
	} t[] = {
		{ "file", NP_EIO }, { "file/", NP_EIO }, { "link", NP_EIO }, { "link/", NP_EIO },
		{ "link///", NP_EIO }, { "real/.", NP_EUSAGE }, { "real/..", NP_EUSAGE }, { "real/../", NP_EUSAGE },
		{ "file/x", NP_EIO },
	};
	static const char *const never[] = { "", "/", "///", ".", "..", "./", "../" };
	char *dir = scratch_dir();
	struct np_err err = { 0 };

	make(in(dir, "real"));
	touch(in(dir, "real/keep"));
	touch(in(dir, "file"));
	ck_assert_int_eq(symlink("real", in(dir, "link")), 0);
	for (size_t i = 0; i < NP_ARRAY_SIZE(t); i++) {
		ck_assert_msg(np_dir_remove(in(dir, t[i].path), &err) == -1, "%s", t[i].path);
		ck_assert_msg(err.code == t[i].code, "%s: %s", t[i].path, err.msg);
		ck_assert(exists(in(dir, "real/keep")) && exists(in(dir, "file")) && exists(in(dir, "link")));
	}
	/* Should the refusal be missing, an empty folder of our own is what suffers, not "." or "/". */
	for (size_t i = 0; i < NP_ARRAY_SIZE(never); i++) {
		if (never[i][0] == '/')
			continue;
		ck_assert_int_eq(np_dir_remove(never[i], &err), -1);
		ck_assert_int_eq(err.code, NP_EUSAGE);
	}
	scratch_remove(dir);
}
END_TEST

START_TEST(removing_many)
{
	char *dir = scratch_dir();
	char name[32];

	for (int i = 0; i < 5000; i++) {
		snprintf(name, sizeof(name), "a-rather-long-name-%d", i);
		touch(in(dir, name));
	}
	scratch_remove(dir);
}
END_TEST

/* @depth nested folders below @dir, made by descriptor so that the length of a path sets no limit. */
static void nest(const char *dir, int depth)
{
	int fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	for (int i = 0; i < depth; i++) {
		int next;

		ck_assert_int_eq(mkdirat(fd, "d", 0700), 0);
		next = openat(fd, "d", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
		ck_assert_int_ge(next, 0);
		close(fd);
		fd = next;
	}
	close(fd);
}

START_TEST(removing_deep)
{
	char *dir = scratch_dir();
	struct np_err err = { 0 };

	nest(dir, 255);
	ck_assert_msg(np_dir_remove(dir, &err) == 0, "%s", err.msg);
	ck_assert_int_eq(mkdir(dir, 0700), 0);
	nest(dir, 256);
	ck_assert_int_eq(np_dir_remove(dir, &err), -1);
	ck_assert_int_eq(err.code, NP_ELIMIT);
	ck_assert_int_eq(np_dir_remove(in(dir, "d"), &err), 0);
	scratch_remove(dir);
}
END_TEST

#define SKIPPED 77

static void map_id(const char *file, unsigned id)
{
	char text[32];
	int fd = open(file, O_WRONLY | O_CLOEXEC);

	snprintf(text, sizeof(text), "0 %u 1", id);
	if (fd < 0 || write(fd, text, strlen(text)) < 0)
		_exit(SKIPPED);
	close(fd);
}

/* An ordinary user needs a user namespace around it, with itself as root: a file's owner must exist there. */
static void own_mounts(void)
{
	unsigned uid = geteuid(), gid = getegid();
	int fd;

	if (unshare(CLONE_NEWNS) == 0)
		return;
	if (unshare(CLONE_NEWUSER | CLONE_NEWNS) < 0)
		_exit(SKIPPED);
	fd = open("/proc/self/setgroups", O_WRONLY | O_CLOEXEC);
	if (fd < 0 || write(fd, "deny", 4) < 0)
		_exit(SKIPPED);
	close(fd);
	map_id("/proc/self/uid_map", uid);
	map_id("/proc/self/gid_map", gid);
}

/* In a child, in a mount namespace of its own: a file system mounted inside must be neither emptied nor entered. */
static void remove_with_mount(void *arg)
{
	struct np_err err = { 0 };

	own_mounts();
	if (mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) < 0)
		_exit(SKIPPED);
	if (mount("tmpfs", in(arg, "m"), "tmpfs", 0, "size=64k") < 0)
		_exit(SKIPPED);
	touch(in(arg, "m/keep"));
	if (np_dir_remove(arg, &err) != -1 || err.code != NP_EIO)
		_exit(10);
	if (!exists(in(arg, "m/keep")))
		_exit(11);
}

START_TEST(removing_stops_at_a_mount)
{
	char *dir = scratch_dir();
	struct np_buf text = { 0 };
	int status;

	make(in(dir, "m"));
	status = in_child(remove_with_mount, dir, &text);
	if (status == SKIPPED)
		printf("skip: removing_stops_at_a_mount: no mount namespaces here\n");
	else
		ck_assert_int_eq(status, 0);
	np_buf_release(&text);
	scratch_remove(dir);
}
END_TEST

/* Lists @path and compares with the NULL-ended names @want below @dir. */
static void assert_list(const char *dir, const char *path, const char *const *suffixes, const char *const *want)
{
	struct np_err err = { 0 };
	size_t n = 4711, i;
	char **files;

	ck_assert_msg(np_files_list(path, suffixes, &files, &n, &err) == 0, "%s", err.msg);
	for (i = 0; want[i]; i++) {
		ck_assert_uint_lt(i, n);
		ck_assert_str_eq(files[i], in(dir, want[i]));
	}
	ck_assert_uint_eq(n, i);
	ck_assert_ptr_null(files[n]);
	np_files_free(files);
}

START_TEST(listing)
{
	static const char *const names[] = {
		"b.yaml", "a.yml", "B.yaml", "sub/x.yaml", "sub.yaml", "sub/deep/y.json", "note.txt", ".hidden.yaml",
		".git/z.yaml", "yaml", "\xff.yaml",
	};
	static const char *const yaml[] = { ".yaml", ".yml", NULL };
	static const char *const want_yaml[] = {
		"B.yaml", "a.yml", "b.yaml", "link.yaml", "sub.yaml", "sub/x.yaml", "\xff.yaml", NULL,
	};
	static const char *const want_all[] = {
		"B.yaml", "a.yml", "b.yaml", "link.yaml", "note.txt", "sub.yaml", "sub/deep/y.json", "sub/x.yaml",
		"yaml", "\xff.yaml", NULL,
	};
	static const char *const just_b[] = { "b.yaml", NULL };
	static const char *const hidden[] = { ".hidden.yaml", NULL };
	static const char *const in_git[] = { ".git/z.yaml", NULL };
	static const char *const nothing[] = { NULL };
	char *dir = scratch_dir();

	make(in(dir, "sub/deep"));
	make(in(dir, ".git"));
	make(in(dir, "folder.yaml"));
	for (size_t i = 0; i < NP_ARRAY_SIZE(names); i++)
		touch(in(dir, names[i]));
	ck_assert_int_eq(symlink("note.txt", in(dir, "link.yaml")), 0);
	ck_assert_int_eq(symlink("nowhere", in(dir, "dangling.yaml")), 0);
	ck_assert_int_eq(symlink(".", in(dir, "loop.yaml")), 0);
	ck_assert_int_eq(mkfifo(in(dir, "fifo.yaml"), 0600), 0);

	assert_list(dir, dir, yaml, want_yaml);
	assert_list(dir, dir, NULL, want_all);
	assert_list(dir, dir, nothing, nothing);
	assert_list(dir, in(dir, "b.yaml"), yaml, just_b);
	assert_list(dir, in(dir, "note.txt"), yaml, nothing);
	assert_list(dir, in(dir, ".hidden.yaml"), yaml, hidden);
	assert_list(dir, in(dir, ".git"), yaml, in_git);
	assert_list(dir, in(dir, ".git/"), yaml, in_git);
	assert_list(dir, in(dir, "folder.yaml"), yaml, nothing);
	scratch_remove(dir);
}
END_TEST

START_TEST(listing_fails)
{
	char *dir = scratch_dir();
	struct np_err err = { 0 };
	char **files = NULL;
	size_t n = 4711;

	ck_assert_int_eq(np_files_list(in(dir, "absent"), NULL, &files, &n, &err), -1);
	ck_assert_int_eq(err.code, NP_EIO);
	ck_assert_str_eq(err.file, in(dir, "absent"));
	ck_assert_ptr_null(files);
	ck_assert_uint_eq(n, 4711);
	np_files_free(NULL);
	scratch_remove(dir);
}
END_TEST

START_TEST(listing_deep)
{
	char *dir = scratch_dir();
	struct np_err err = { 0 };
	char **files = NULL;
	size_t n = 0;

	nest(dir, 31);
	ck_assert_msg(np_files_list(dir, NULL, &files, &n, &err) == 0, "%s", err.msg);
	np_files_free(files);
	files = NULL;
	ck_assert_int_eq(np_dir_remove(in(dir, "d"), &err), 0);
	nest(dir, 32);
	ck_assert_int_eq(np_files_list(dir, NULL, &files, &n, &err), -1);
	ck_assert_int_eq(err.code, NP_ELIMIT);
	ck_assert_ptr_null(files);
	scratch_remove(dir);
}
END_TEST

/* Links are the cheapest files: 100,000 are listed, one more is too many, one that does not match is not counted. */
START_TEST(listing_many)
{
	static const char *const suffixes[] = { "x", NULL };
	char *dir = scratch_dir();
	struct np_err err = { 0 };
	char **files = NULL;
	char name[32];
	size_t n = 0;

	make(in(dir, "l"));
	touch(in(dir, "l/target"));
	for (int i = 0; i < 100000; i++) {
		snprintf(name, sizeof(name), "l/%dx", i);
		ck_assert_int_eq(symlink("target", in(dir, name)), 0);
	}
	ck_assert_msg(np_files_list(dir, suffixes, &files, &n, &err) == 0, "%s", err.msg);
	ck_assert_uint_eq(n, 100000);
	np_files_free(files);
	files = NULL;
	ck_assert_int_eq(np_files_list(dir, NULL, &files, &n, &err), -1);
	ck_assert_int_eq(err.code, NP_ELIMIT);
	ck_assert_ptr_null(files);
	scratch_remove(dir);
}
END_TEST

RUN_TESTS("dir", making, making_with_mode, scratch_below_tmpdir, removing_follows_no_link, removing_refused, removing_many, removing_deep,
	  removing_stops_at_a_mount, listing, listing_fails, listing_deep, listing_many)
