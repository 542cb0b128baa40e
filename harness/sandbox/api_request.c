/* Query parameters; the end of a reply. */
#include "api_request.h"

#include <strings.h>

#include "api_log.h"
#include "execstream.h"
#include "np/base/mem.h"
#include "status.h"
#include "watch.h"

const char *np_request_query(const struct np_request *r, const char *key)
{
	for (size_t i = 0; i < r->n_query; i++) {
		if (np_str_is(r->query[i].key, key))
			return r->query[i].value.p ? r->query[i].value.p : "";
	}
	return NULL;
}

bool np_request_query_bool(const struct np_request *r, const char *key)
{
	const char *v = np_request_query(r, key);

	return v && (strcmp(v, "1") == 0 || strcasecmp(v, "true") == 0);
}

int np_request_query_int(const struct np_request *r, struct np_reply *rep, const char *key,
			 long long fallback, long long *ret)
{
	const char *v = np_request_query(r, key);
	unsigned long long u;

	if (!v || !*v) {
		*ret = fallback;
		return 0;
	}
	if (!np_str_u64(np_str_from(v), INT64_MAX, &u))
		return np_fail_bad_request(
			rep, "strconv.ParseInt: parsing \"%.100s\": invalid syntax", v);
	*ret = (long long)u;
	return 0;
}

void np_reply_release(struct np_reply *rep)
{
	json_decref(rep->json);
	free(rep->text);
	np_notes_release(&rep->warnings);
	np_watch_free(rep->watch);
	np_log_free(rep->log);
	np_exec_plan_free(rep->exec);
	*rep = (struct np_reply){ 0 };
}
