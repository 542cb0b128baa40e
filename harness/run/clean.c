/* clean.c - removing what runs made. */
#include "np/run/clean.h"

#include "np/base/clock.h"
#include "np/base/json.h"
#include "np/base/mem.h"
#include "np/kube/resource.h"
#include "scope.h"

int np_clean(struct np_kube *k, const char *run_id, int timeout_ms, size_t *ret_n,
	     struct np_err *err)
{
	const struct np_kube_type *type = &np_kube_types[NP_KUBE_NAMESPACE];
	const struct np_kube_write write = { .missing_ok = true };
	np_auto_free char *selector = run_id ? np_xasprintf("%s=%s,%s=%s", NP_LABEL_MANAGED,
							    NP_MANAGER, NP_LABEL_RUN, run_id)
					     : np_xasprintf("%s=%s", NP_LABEL_MANAGED, NP_MANAGER);
	struct np_kube_query query = { .label_selector = selector };
	int64_t deadline_us = np_now_us() + (int64_t)timeout_ms * 1000;
	json_t *list = NULL, *ns;
	size_t i;
	int rc = 0;

	if (np_kube_list(k, type, NULL, &query, &list, NULL, err) < 0)
		return -1;
	json_array_foreach(list, i, ns)
		if (rc == 0)
			rc = np_kube_delete(k, type, NULL, np_json_str(ns, "metadata/name", ""),
					    &write, err);
	json_array_foreach(list, i, ns) {
		int left_ms = (int)((deadline_us - np_now_us()) / 1000);

		if (rc == 0)
			rc = np_kube_wait_gone(k, type, NULL, np_json_str(ns, "metadata/name", ""),
					       np_json_str(ns, "metadata/uid", NULL),
					       left_ms > 1 ? left_ms : 1, err);
	}
	if (rc == 0 && ret_n)
		*ret_n = json_array_size(list);
	json_decref(list);
	return rc;
}
