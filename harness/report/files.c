/* files.c - the files beside a record. */
#include "np/base/file.h"
#include "np/base/json.h"
#include "np/base/mem.h"
#include "report_private.h"

static int write_format(const struct np_report *r, enum np_report_format format, const char *dir,
			const char *name, struct np_err *err)
{
	np_auto_free char *path = np_xasprintf("%s/%s", dir, name);
	struct np_buf text = { 0 };
	int rc;

	np_report_write(r, format, NULL, &text);
	rc = np_file_write(path, text.data, text.len, 0666, err);
	np_buf_release(&text);
	return rc;
}

static int write_failure(const struct np_report *r, const char *failures, const char *id,
			 struct np_err *err)
{
	struct np_buf folder = { 0 };
	int rc;

	np_buf_printf(&folder, "%s/", failures);
	np_report_folder(&folder, id);
	rc = np_report_failure(r, id, np_buf_text(&folder), err);
	np_buf_release(&folder);
	return rc;
}

int np_report_files(const struct np_report *r, const char *dir, struct np_err *err)
{
	np_auto_free char *failures = np_xasprintf("%s/failures", dir);
	const char *id;
	json_t *c;
	int rc = np_dir_remove(failures, err);

	if (rc == 0)
		rc = write_format(r, NP_REPORT_MARKDOWN, dir, "summary.md", err);
	if (rc == 0)
		rc = write_format(r, NP_REPORT_JUNIT, dir, "junit.xml", err);
	if (rc == 0)
		rc = write_format(r, NP_REPORT_HTML, dir, "report.html", err);
	json_object_foreach(r->cases, id, c)
		if (rc == 0 && np_report_is(r, id, "fail"))
			rc = write_failure(r, failures, id, err);
	return rc;
}
