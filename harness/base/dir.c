/* Folders: making, removing, listing. The contract is in file.h. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "np/base/file.h"
#include "np/base/mem.h"

#define MAX_REMOVE_DEPTH 256
#define MAX_REMOVE_PASSES 3
#define MAX_FILES 100000
#define MAX_LIST_DEPTH 32

#define NP_TEXT_(x) #x
#define NP_TEXT(x) NP_TEXT_(x)

static int dir_err(struct np_err *err, const char *path, int errnum, const char *what)
{
	np_err_errno(err, NP_EIO, errnum, "%s", what);
	return np_err_at(err, path, 0, 0);
}

static int make_one(const char *path, unsigned mode, struct np_err *err)
{
	int saved;

	if (mkdir(path, mode) == 0)
		return 0;
	saved = errno;
	/* Not only EEXIST: a read-only or foreign parent may refuse before it looks. */
	if (np_is_dir(path))
		return 0;
	return dir_err(err, path, saved == EEXIST ? ENOTDIR : saved, "cannot make folder");
}

int np_dir_make(const char *path, unsigned mode, struct np_err *err)
{
	np_auto_free char *copy = np_xstrdup(path);

	for (char *p = copy + strspn(copy, "/"); (p = strchr(p, '/')); p++) {
		*p = '\0';
		if (make_one(copy, mode | S_IWUSR | S_IXUSR, err) < 0)
			return -1;
		*p = '/';
	}
	return make_one(copy, mode, err);
}

int np_dir_scratch(const char *stem, char **ret, struct np_err *err)
{
	const char *tmp = getenv("TMPDIR");
	np_auto_free char *dir = np_xasprintf("%s/%s-XXXXXX", tmp && *tmp ? tmp : "/tmp", stem);

	if (!mkdtemp(dir))
		return dir_err(err, dir, errno, "cannot make folder");
	*ret = np_steal(dir);
	return 0;
}

static bool is_dots(const char *name)
{
	return strcmp(name, ".") == 0 || strcmp(name, "..") == 0;
}

/* Removal goes by descriptors, so that nobody can turn a folder into a link between looking and removing. */
struct removal {
	dev_t dev;		/* a mount inside is refused, not emptied */
	unsigned depth;
	const char *top;
	struct np_err *err;
};

static int remove_at(struct removal *r, int parent, const char *name);

static int remove_children(struct removal *r, int fd)
{
	int copy = fcntl(fd, F_DUPFD_CLOEXEC, 0);
	DIR *dir = copy >= 0 ? fdopendir(copy) : NULL;
	struct dirent *e;
	int rc = 0;

	if (!dir) {
		dir_err(r->err, r->top, errno, "cannot read a folder in it");
		np_cleanup_fd(&copy);
		return -1;
	}
	rewinddir(dir);
	while (rc == 0 && (e = readdir(dir))) {
		if (!is_dots(e->d_name))
			rc = remove_at(r, fd, e->d_name);
	}
	closedir(dir);
	return rc;
}

/* Some file systems skip entries while others vanish, hence the passes. */
static int remove_folder(struct removal *r, int parent, const char *name, int fd)
{
	for (int pass = 0; pass < MAX_REMOVE_PASSES; pass++) {
		if (remove_children(r, fd) < 0)
			return -1;
		if (unlinkat(parent, name, AT_REMOVEDIR) == 0 || errno == ENOENT)
			return 0;
		if (errno != ENOTEMPTY && errno != EEXIST)
			break;
	}
	return dir_err(r->err, r->top, errno, "cannot remove a folder");
}

static int enter_folder(struct removal *r, int parent, const char *name)
{
	np_auto_fd int fd = openat(parent, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	struct stat st;
	int rc;

	if (fd < 0 || fstat(fd, &st) < 0)
		return errno == ENOENT ? 0 : dir_err(r->err, r->top, errno, "cannot open a folder in it");
	if (st.st_dev != r->dev)
		return dir_err(r->err, r->top, EXDEV, "a file system is mounted in it");
	if (r->depth >= MAX_REMOVE_DEPTH) {
		np_err_set(r->err, NP_ELIMIT, "folders more than %d deep", MAX_REMOVE_DEPTH);
		return np_err_at(r->err, r->top, 0, 0);
	}
	r->depth++;
	rc = remove_folder(r, parent, name, fd);
	r->depth--;
	return rc;
}

static int remove_at(struct removal *r, int parent, const char *name)
{
	struct stat st;

	if (fstatat(parent, name, &st, AT_SYMLINK_NOFOLLOW) < 0)
		return errno == ENOENT ? 0 : dir_err(r->err, r->top, errno, "cannot look at a file in it");
	if (S_ISDIR(st.st_mode))
		return enter_folder(r, parent, name);
	if (unlinkat(parent, name, 0) < 0 && errno != ENOENT)
		return dir_err(r->err, r->top, errno, "cannot remove a file in it");
	return 0;
}

int np_dir_remove(const char *path, struct np_err *err)
{
	np_auto_free char *top = np_xstrdup(path);
	struct removal r = { .top = path, .err = err };
	size_t n = strlen(top);
	const char *slash;
	struct stat st;

	/* "link/" would be followed where "link" is not. */
	while (n > 0 && top[n - 1] == '/')
		top[--n] = '\0';
	slash = strrchr(top, '/');
	if (n == 0 || is_dots(slash ? slash + 1 : top)) {
		np_err_set(err, NP_EUSAGE, "refusing to remove this folder");
		return np_err_at(err, path, 0, 0);
	}
	if (lstat(top, &st) < 0)
		return errno == ENOENT ? 0 : dir_err(err, path, errno, "cannot look at it");
	if (!S_ISDIR(st.st_mode))
		return dir_err(err, path, ENOTDIR, "cannot remove");
	r.dev = st.st_dev;
	return enter_folder(&r, AT_FDCWD, top);
}

struct listing {
	const char *const *suffixes;
	char **files;
	size_t n, cap;
	unsigned depth;
	struct np_err *err;
};

static bool wanted(const struct listing *l, const char *path)
{
	if (!l->suffixes)
		return true;
	for (size_t i = 0; l->suffixes[i]; i++) {
		if (np_str_ends(np_str_from(path), l->suffixes[i]))
			return true;
	}
	return false;
}

static int too_much(struct listing *l, const char *path, const char *what)
{
	np_err_set(l->err, NP_ELIMIT, "%s", what);
	return np_err_at(l->err, path, 0, 0);
}

static int list_file(struct listing *l, const char *path)
{
	if (!wanted(l, path))
		return 0;
	if (l->n >= MAX_FILES)
		return too_much(l, path, "more than " NP_TEXT(MAX_FILES) " files");
	l->files = np_grow(l->files, &l->cap, l->n, sizeof(*l->files));
	l->files[l->n++] = np_xstrdup(path);
	return 0;
}

static int list_dir(struct listing *l, const char *path);

static int list_entry(struct listing *l, const char *path)
{
	struct stat st;

	if (lstat(path, &st) < 0)
		return errno == ENOENT ? 0 : dir_err(l->err, path, errno, "cannot look at it");
	if (S_ISDIR(st.st_mode))
		return list_dir(l, path);
	/* A link counts when it leads to a file (mounted ConfigMaps are made of these), never when to a folder. */
	if (S_ISREG(st.st_mode) || (S_ISLNK(st.st_mode) && stat(path, &st) == 0 && S_ISREG(st.st_mode)))
		return list_file(l, path);
	return 0;
}

static int list_dir(struct listing *l, const char *path)
{
	const char *sep = np_str_ends(np_str_from(path), "/") ? "" : "/";
	struct dirent *e;
	int rc = 0;
	DIR *dir;

	if (l->depth >= MAX_LIST_DEPTH)
		return too_much(l, path, "folders more than " NP_TEXT(MAX_LIST_DEPTH) " deep");
	dir = opendir(path);
	if (!dir)
		return dir_err(l->err, path, errno, "cannot open folder");
	l->depth++;
	while (rc == 0 && (e = readdir(dir))) {
		np_auto_free char *child = NULL;

		if (e->d_name[0] == '.')
			continue;
		child = np_xasprintf("%s%s%s", path, sep, e->d_name);
		rc = list_entry(l, child);
	}
	l->depth--;
	closedir(dir);
	return rc;
}

static int by_bytes(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

int np_files_list(const char *path, const char *const *suffixes, char ***ret, size_t *ret_n, struct np_err *err)
{
	struct listing l = { .suffixes = suffixes, .err = err };
	struct stat st;
	int rc;

	if (stat(path, &st) < 0)
		return dir_err(err, path, errno, "cannot look at it");
	rc = S_ISDIR(st.st_mode) ? list_dir(&l, path) : list_entry(&l, path);
	l.files = np_grow(l.files, &l.cap, l.n, sizeof(*l.files));
	l.files[l.n] = NULL;
	if (rc < 0) {
		np_files_free(l.files);
		return -1;
	}
	qsort(l.files, l.n, sizeof(*l.files), by_bytes);
	*ret = l.files;
	*ret_n = l.n;
	return 0;
}

void np_files_free(char **files)
{
	for (size_t i = 0; files && files[i]; i++)
		free(files[i]);
	free(files);
}
