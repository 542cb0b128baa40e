/* live_recover.c - bringing a cluster back after a finding. */
#include <string.h>

#include "live_parts.h"
#include "np/base/clock.h"
#include "np/base/json.h"
#include "np/base/mem.h"
#include "np/base/proc.h"

#define RESTART_TIMEOUT_MS 120000
#define BACK_OFF_MS 330000

/* Waits until every agent is up or @deadline. */
static int wait_up(struct live *l, int64_t deadline, json_t *bugs, struct np_err *err)
{
	for (;;) {
		if (agents_look(&l->a, bugs, err) < 0)
			return -1;
		if (live_interrupted(l))
			return np_err_set(err, NP_EINTR, "interrupted");
		if (!agents_down(&l->a) || np_now_ms() >= deadline)
			return 0;
		np_sleep_ms(l->a.selector ? 1000 : 50);
	}
}

/* Waits until every agent is up and the canary is fine. *@ret_deaths: ends seen meanwhile. */
static int wait_well(struct live *l, long long patience_ms, bool *ret, unsigned *ret_deaths,
		     struct np_err *err)
{
	int64_t deadline = np_now_ms() + patience_ms;
	enum field_canary canary;
	long long restarts = l->a.restarts, ms;
	json_t *bugs = json_array();
	int rc;

	*ret = false;
	do {
		rc = wait_up(l, deadline, bugs, err);
		if (rc < 0 || agents_down(&l->a))
			break;
		rc = field_canary(&l->f, l->patience_ms, &canary, &ms, err);
		if (rc == 0) /* it may have fallen again meanwhile */
			rc = agents_look(&l->a, bugs, err);
		*ret = rc == 0 && canary == CANARY_FINE && !agents_down(&l->a);
	} while (rc == 0 && !*ret && np_now_ms() < deadline);
	*ret_deaths += (unsigned)(l->a.restarts - restarts);
	json_decref(bugs);
	return rc;
}

/* A kubelet makes a container wait up to five minutes between two starts. */
static long long back_off_ms(const struct live *l)
{
	return l->a.selector && l->patience_ms < BACK_OFF_MS ? BACK_OFF_MS : 5 * l->patience_ms;
}

static int restart(struct live *l, struct np_err *err)
{
	const char *const argv[] = { "sh", "-c", l->o->restart_cmd, NULL };
	struct np_buf out = { 0 };
	int status = np_proc_run(argv, NULL, RESTART_TIMEOUT_MS, &out, &out, err);

	if (status > 0)
		live_say(l, "the restart command ended with %d: %.200s", status, np_buf_text(&out));
	np_buf_release(&out);
	return status < 0 ? -1 : 0;
}

static json_t *story(int64_t begin, bool well, const char *how, unsigned deaths)
{
	json_t *s = np_json_pack("{s:s, s:i}", "how", how, "deaths_meanwhile", (int)deaths);

	json_object_set_new(s, "ms", well ? json_integer(np_now_ms() - begin) : json_integer(-1));
	return s;
}

int live_recover(struct live *l, bool patient, json_t **ret, struct np_err *err)
{
	int64_t begin = np_now_ms();
	const char *how = "by itself, with the policies in force";
	unsigned deaths = 0;
	bool well = false;
	int rc = 0;

	/* A campaign wants to know whether it comes back with the poison in place; a minimisation
	 * does not. */
	if (patient)
		rc = wait_well(l, l->patience_ms / 3, &well, &deaths, err);
	if (deaths) /* up for a moment between two crashes */
		well = false;
	if (rc == 0)
		rc = field_clear(&l->f, err);
	json_array_clear(l->live);
	if (rc == 0 && !well) {
		how = deaths > 0 ? "it crashed again and again until the policies were deleted"
				 : "after the policies were deleted";
		rc = wait_well(l, l->o->restart_cmd ? l->patience_ms : back_off_ms(l), &well,
			       &deaths, err);
	}
	if (rc == 0 && !well && l->o->restart_cmd) {
		how = "after a restart";
		rc = restart(l, err);
		if (rc == 0)
			rc = wait_well(l, back_off_ms(l), &well, &deaths, err);
	}
	/* What a process has taken it does not give back soon. */
	if (rc == 0 && well && l->a.grown && l->o->restart_cmd) {
		how = "it kept the memory until it was started anew";
		rc = restart(l, err);
		if (rc == 0)
			rc = wait_well(l, back_off_ms(l), &well, &deaths, err);
	}
	agents_forget_stuck(&l->a);
	if (rc == 0 && ret)
		*ret = story(begin, well, well ? how : "it does not recover", deaths);
	return rc < 0 ? -1 : !well;
}
