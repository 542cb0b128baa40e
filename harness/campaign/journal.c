/* journal.c - the journal of a campaign. */
#include "journal.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "np/base/file.h"
#include "np/base/json.h"
#include "np/base/mem.h"

int journal_open(struct journal *j, const char *dir, struct np_err *err)
{
	*j = (struct journal){ .fd = -1 };
	if (np_dir_make(dir, 0700, err) < 0)
		return -1;
	j->path = np_xasprintf("%s/journal.ndjson", dir);
	j->fd = open(j->path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
	if (j->fd < 0)
		return np_err_errno(err, NP_EIO, errno, "cannot open '%s'", j->path);
	return 0;
}

int journal_put_take(struct journal *j, json_t *line, struct np_err *err)
{
	struct np_buf b = { 0 };
	int rc = 0;

	np_json_dump(line, 0, &b);
	np_buf_addc(&b, '\n');
	json_decref(line);
	if (np_write_all(j->fd, b.data, b.len) < 0 || fsync(j->fd) < 0)
		rc = np_err_errno(err, NP_EIO, errno, "cannot write '%s'", j->path);
	np_buf_release(&b);
	return rc;
}

void journal_close(struct journal *j)
{
	if (j->path && j->fd >= 0)
		close(j->fd);
	free(j->path);
	*j = (struct journal){ .fd = -1 };
}

static void take_line(struct journal_state *s, const json_t *line)
{
	const char *type = np_json_str(line, "type", "");

	if (strcmp(type, "campaign") == 0) {
		snprintf(s->id, sizeof(s->id), "%s", np_json_str(line, "id", ""));
		snprintf(s->context, sizeof(s->context), "%s", np_json_str(line, "context", ""));
		s->seed = (uint64_t)np_json_int(line, "seed", 1);
	} else if (strcmp(type, "epoch") == 0) {
		json_decref(s->unfinished);
		s->unfinished = json_incref(json_object_get(line, "ops"));
	} else if (strcmp(type, "answers") == 0) {
		json_decref(s->unfinished);
		s->unfinished = NULL;
		s->next_epoch = (unsigned)np_json_int(line, "epoch", 0) + 1;
		json_decref(s->live);
		s->live = json_deep_copy(json_object_get(line, "live"));
		if (!s->live)
			s->live = json_array();
	} else if (strcmp(type, "finding") == 0) {
		json_array_append_new(s->keys,
				      np_json_string(np_str_from(np_json_str(line, "key", ""))));
	}
}

int journal_read(const char *dir, struct journal_state *ret, struct np_err *err)
{
	np_auto_free char *path = np_xasprintf("%s/journal.ndjson", dir);
	struct journal_state s = { .live = json_array(), .keys = json_array(), .next_epoch = 1 };
	struct np_buf b = { 0 };
	unsigned number = 0;
	int rc = 0;

	if (access(path, F_OK) < 0)
		rc = np_err_set(err, NP_ENOTFOUND, "there is no campaign in '%s'", dir);
	else
		rc = np_file_read(path, JOURNAL_MAX, &b, err);
	for (size_t at = 0; rc == 0 && at < b.len;) {
		const char *end = memchr(b.data + at, '\n', b.len - at);
		json_t *line;

		if (!end)
			break; /* the trace of a kill */
		number++;
		line = np_json_parse(b.data + at, (size_t)(end - b.data) - at, err);
		at = (size_t)(end - b.data) + 1;
		if (!line) {
			np_err_at(err, path, number, 0);
			rc = -1;
			break;
		}
		take_line(&s, line);
		json_decref(line);
	}
	if (rc == 0 && !s.id[0])
		rc = np_err_set(err, NP_EPARSE, "'%s' does not begin with a campaign", path);
	np_buf_release(&b);
	if (rc < 0)
		journal_state_release(&s);
	else
		*ret = s;
	return rc;
}

void journal_state_release(struct journal_state *s)
{
	json_decref(s->live);
	json_decref(s->keys);
	json_decref(s->unfinished);
	s->live = s->keys = s->unfinished = NULL;
}
