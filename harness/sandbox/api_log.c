/* pods/log. */
#include "api_log.h"

#include "np/base/clock.h"
#include "np/base/json.h"
#include "np/base/mem.h"
#include "status.h"

struct np_log_follow {
	struct np_api_env env;
	char *ns, *name, *uid;
	size_t sent; /* bytes of the log that were sent */
	struct np_buf out;
	int64_t deadline_ms;
	bool ended;
};

void np_log_free(struct np_log_follow *f)
{
	if (!f)
		return;
	free(f->ns);
	free(f->name);
	free(f->uid);
	np_buf_release(&f->out);
	free(f);
}

static int check_container(const struct np_request *req, struct np_reply *rep, const json_t *pod)
{
	const char *want = np_request_query(req, "container");
	json_t *c;
	size_t i;

	if (!want || !*want)
		return 0;
	json_array_foreach(np_json_at(pod, "spec/containers"), i, c) {
		if (strcmp(np_json_str(c, "name", ""), want) == 0)
			return 0;
	}
	return np_fail_bad_request(rep, "container %s is not valid for pod %s", want, req->name);
}

/* The last @n lines; -1: all. */
static const char *tail(const char *text, long long n)
{
	size_t len = strlen(text), i = len;

	if (n < 0)
		return text;
	if (i && text[i - 1] == '\n')
		i--;
	for (; n > 0 && i > 0; i--) {
		if (text[i - 1] == '\n' && --n == 0)
			break;
	}
	return n == 0 && i == len - (len && text[len - 1] == '\n') ? text + len : text + i;
}

static struct np_log_follow *follow_new(const struct np_request *req, const json_t *pod,
					const char *first, size_t seen)
{
	struct np_log_follow *f = np_xcalloc(1, sizeof(*f));

	f->env = req->env;
	f->ns = np_xstrdup(req->ns);
	f->name = np_xstrdup(req->name);
	f->uid = np_xstrdup(np_json_str(pod, "metadata/uid", ""));
	f->sent = seen;
	f->deadline_ms = np_now_ms() + NP_LOG_FOLLOW_MAX_MS;
	np_buf_adds(&f->out, first);
	return f;
}

static int show_log(const struct np_request *req, struct np_reply *rep, const json_t *pod)
{
	long long n_lines, limit;
	char *log;
	const char *from;

	if (check_container(req, rep, pod) ||
	    np_request_query_int(req, rep, "tailLines", -1, &n_lines) ||
	    np_request_query_int(req, rep, "limitBytes", 0, &limit))
		return -1;
	if (np_request_query_bool(req, "previous"))
		return np_fail_bad_request(
			rep, "previous terminated container in pod \"%s\" not found", req->name);
	log = req->env.pods ? np_pods_log(req->env.pods, req->ns, req->name) : NULL;
	if (!log)
		log = np_xstrdup("");
	from = tail(log, n_lines);
	rep->code = 200;
	rep->content_type = "text/plain";
	if (np_request_query_bool(req, "follow")) {
		rep->log = follow_new(req, pod, from, strlen(log));
	} else {
		rep->n_text = strlen(from);
		if (limit && rep->n_text > (size_t)limit)
			rep->n_text = (size_t)limit;
		rep->text = np_xstrndup(from, rep->n_text);
	}
	free(log);
	return 0;
}

int np_api_log(const struct np_request *req, struct np_reply *rep)
{
	json_t *pod = np_store_get(req->env.store, NP_KIND_POD, req->ns, req->name);
	int rc;

	if (!pod)
		return np_fail_not_found(rep, NP_KIND_POD, req->name);
	rc = show_log(req, rep, pod);
	json_decref(pod);
	return rc;
}

static bool still_there(struct np_log_follow *f)
{
	json_t *pod = np_store_get(f->env.store, NP_KIND_POD, f->ns, f->name);
	const char *phase = np_json_str(pod, "status/phase", "");
	bool same = pod && strcmp(np_json_str(pod, "metadata/uid", ""), f->uid) == 0 &&
		    strcmp(phase, "Succeeded") != 0 && strcmp(phase, "Failed") != 0;

	json_decref(pod);
	return same;
}

static void look(struct np_log_follow *f)
{
	char *log;

	f->ended = atomic_load(f->env.stopping) || np_now_ms() >= f->deadline_ms || !still_there(f);
	log = f->env.pods ? np_pods_log(f->env.pods, f->ns, f->name) : NULL;
	if (log && strlen(log) > f->sent) {
		np_buf_adds(&f->out, log + f->sent);
		f->sent = strlen(log);
	}
	free(log);
}

ssize_t np_log_read(struct np_log_follow *f, char *buf, size_t max, int wait_ms)
{
	size_t n;

	if (!f->out.len && !f->ended) {
		look(f);
		if (!f->out.len && !f->ended)
			np_sleep_ms(wait_ms);
	}
	n = f->out.len < max ? f->out.len : max;
	if (n)
		memcpy(buf, f->out.data, n);
	np_buf_consume(&f->out, n);
	return n == 0 && f->ended ? -1 : (ssize_t)n;
}
