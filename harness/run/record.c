/* record.c - the run record. */
#include "record.h"

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "np/base/clock.h"
#include "np/base/file.h"
#include "np/base/json.h"
#include "np/base/log.h"
#include "np/base/mem.h"

#define RECORD_MAX_BYTES ((size_t)1 << 30)

int np_record_open(struct np_record *r, const char *dir, bool resume, struct np_err *err)
{
	np_auto_free char *path = np_xasprintf("%s/run.jsonl", dir);

	*r = (struct np_record){ .fd = -1, .begin_us = np_now_us() };
	if (strlen(dir) >= sizeof(r->dir))
		return np_err_set(err, NP_EUSAGE, "output folder name '%s' is too long", dir);
	memcpy(r->dir, dir, strlen(dir) + 1);
	if (np_dir_make(dir, 0777, err) < 0)
		return -1;
	r->fd = open(path, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC | (resume ? 0 : O_EXCL), 0666);
	if (r->fd < 0 && errno == EEXIST)
		return np_err_set(err, NP_EUSAGE,
				  "'%s' already holds a record; use --resume to go on with it",
				  dir);
	if (r->fd < 0)
		return np_err_errno(err, NP_EIO, errno, "cannot write '%s'", path);
	pthread_mutex_init(&r->lock, NULL);
	return 0;
}

long long np_record_now_ms(const struct np_record *r)
{
	return (np_now_us() - r->begin_us) / 1000;
}

void np_record_put_take(struct np_record *r, json_t *line)
{
	struct np_buf b = { 0 };

	json_object_set_new(line, "t_ms", json_integer(np_record_now_ms(r)));
	np_json_dump(line, 0, &b);
	np_buf_addc(&b, '\n');
	pthread_mutex_lock(&r->lock);
	if (np_write_all(r->fd, b.data, b.len) < 0 && !r->failed.code)
		np_err_errno(&r->failed, NP_EIO, errno, "cannot write the record in '%s'", r->dir);
	if (r->copy_fd && np_write_all(r->copy_fd, b.data, b.len) < 0 && !r->failed.code)
		np_err_errno(&r->failed, NP_EIO, errno, "cannot write the record's copy");
	pthread_mutex_unlock(&r->lock);
	np_buf_release(&b);
	json_decref(line);
}

void np_record_note(struct np_record *r, const char *level, const char *fmt, ...)
{
	np_auto_free char *text = NULL;
	va_list ap;

	va_start(ap, fmt);
	text = np_xvasprintf(fmt, ap);
	va_end(ap);
	np_log_info("%s", text);
	np_record_put_take(
		r, np_json_pack("{s:s, s:s, s:s}", "type", "note", "level", level, "text", text));
}

void np_record_close(struct np_record *r)
{
	if (r->fd < 0)
		return;
	fsync(r->fd);
	close(r->fd);
	r->fd = -1;
	pthread_mutex_destroy(&r->lock);
}

/* A run that was killed while writing leaves half a line: everything before it stands. */
static size_t whole_lines(const struct np_buf *text)
{
	const char *nl = text->len ? memrchr(text->data, '\n', text->len) : NULL;

	return nl ? (size_t)(nl - text->data) + 1 : 0;
}

static int take_line(struct np_str line, json_t **run, json_t *done, struct np_err *err)
{
	json_t *v = np_json_parse(line.p, line.n, err);
	const char *type = np_json_str(v, "type", "");

	if (!v)
		return -1;
	if (strcmp(type, "run") == 0 && !*run)
		*run = json_incref(v);
	if (strcmp(type, "case") == 0)
		json_object_set_new(done, np_json_str(v, "case", ""),
				    json_string(np_json_str(v, "result", "error")));
	json_decref(v);
	return 0;
}

int np_record_done(const char *dir, json_t **ret_run, json_t **ret_done, struct np_err *err)
{
	np_auto_free char *path = np_xasprintf("%s/run.jsonl", dir);
	struct np_buf text = { 0 };
	json_t *run = NULL, *done = json_object();
	size_t end, line_no = 0;
	int rc = np_file_read(path, RECORD_MAX_BYTES, &text, err);

	end = whole_lines(&text);
	for (size_t at = 0; rc == 0 && at < end;) {
		const char *nl = memchr(text.data + at, '\n', end - at);
		struct np_str line = { text.data + at, (size_t)(nl - (text.data + at)) };

		line_no++;
		rc = take_line(line, &run, done, err);
		if (rc < 0)
			np_err_at(err, path, (unsigned)line_no, 0);
		at += line.n + 1;
	}
	if (rc == 0 && end < text.len && truncate(path, (off_t)end) < 0)
		rc = np_err_errno(err, NP_EIO, errno,
				  "cannot cut the unfinished last line off '%s'", path);
	if (rc == 0 && !run)
		rc = np_err_set(err, NP_EUSAGE, "'%s' holds no run to go on with", path);
	np_buf_release(&text);
	if (rc < 0) {
		json_decref(run);
		json_decref(done);
		return -1;
	}
	*ret_run = run;
	*ret_done = done;
	return 0;
}

json_t *np_record_clauses(const np_clauses *set)
{
	json_t *list = json_array();
	char name[8];

	for (unsigned c = 0; c <= NP_CLAUSE_MAX; c++)
		if (np_clauses_has(set, c))
			json_array_append_new(list, json_string(np_clause_name(c, name)));
	return list;
}

json_t *np_record_area(struct np_str id)
{
	const char *slash = memrchr(id.p, '/', id.n);

	return np_json_string(slash ? (struct np_str){ id.p, (size_t)(slash - id.p) }
				    : NP_STR("cases"));
}
