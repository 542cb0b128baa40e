/* retry.c - layer kube: the table of retries, and what is counted of them. */
#include "np/base/clock.h"
#include "np/base/mem.h"
#include "retry.h"

#define NEVER NP_AGAIN_NEVER
#define ALWAYS NP_AGAIN_ALWAYS
#define FEW NP_AGAIN_FEW
#define WAITS NP_AGAIN_WAITS
#define ANEW NP_AGAIN_ANEW
#define LIST NP_AGAIN_LIST

static const struct {
	const char *name;
	enum np_kube_again again[NP_N_ASKERS];
	bool maybe_done, outage;
} table[NP_KUBE_N_CAUSES] = {
	[NP_KUBE_REFUSED] = { "refused", { ALWAYS, ALWAYS, ALWAYS, ALWAYS }, false, true },
	[NP_KUBE_TLS] = { "TLS", { FEW, FEW, FEW, ALWAYS }, false, false },
	[NP_KUBE_LOST] = { "lost", { ALWAYS, NEVER, ALWAYS, ALWAYS }, true, true },
	[NP_KUBE_THROTTLED] = { "429", { ALWAYS, ALWAYS, ALWAYS, ALWAYS }, false, false },
	[NP_KUBE_UNAVAILABLE] = { "502-504", { ALWAYS, WAITS, ALWAYS, ALWAYS }, true, true },
	[NP_KUBE_INTERNAL] = { "500", { FEW, NEVER, ALWAYS, ALWAYS }, true, false },
	[NP_KUBE_UNAUTHORIZED] = { "401", { ANEW, ANEW, ANEW, ANEW }, false, false },
	[NP_KUBE_EXPIRED] = { "410", { NEVER, NEVER, NEVER, LIST }, false, false },
};

const char *np_kube_cause_name(enum np_kube_cause cause)
{
	return table[cause].name;
}

static enum np_kube_cause cause_of_http(int http)
{
	static const struct {
		int http;
		enum np_kube_cause cause;
	} codes[] = {
		{ 401, NP_KUBE_UNAUTHORIZED }, { 410, NP_KUBE_EXPIRED },
		{ 429, NP_KUBE_THROTTLED },    { 500, NP_KUBE_INTERNAL },
		{ 502, NP_KUBE_UNAVAILABLE },  { 503, NP_KUBE_UNAVAILABLE },
		{ 504, NP_KUBE_UNAVAILABLE },
	};

	for (size_t i = 0; i < NP_ARRAY_SIZE(codes); i++)
		if (codes[i].http == http)
			return codes[i].cause;
	return NP_KUBE_N_CAUSES;
}

enum np_kube_cause np_kube_cause_of(int http, enum np_kube_loss loss)
{
	switch (loss) {
	case NP_KUBE_LOSS_UNSENT:
		return NP_KUBE_REFUSED;
	case NP_KUBE_LOSS_TLS:
		return NP_KUBE_TLS;
	case NP_KUBE_LOSS_MIDWAY:
		return NP_KUBE_LOST;
	case NP_KUBE_LOSS_NONE:
		return cause_of_http(http);
	case NP_KUBE_LOSS_FATAL:
		break;
	}
	return NP_KUBE_N_CAUSES;
}

enum np_kube_again np_kube_again(enum np_kube_cause cause, enum np_kube_asker asker)
{
	return cause < NP_KUBE_N_CAUSES ? table[cause].again[asker] : NEVER;
}

bool np_kube_maybe_done(enum np_kube_cause cause)
{
	return cause < NP_KUBE_N_CAUSES && table[cause].maybe_done;
}

void np_kube_count_again(struct np_kube *k, enum np_kube_cause cause)
{
	atomic_fetch_add(&k->count.retries, 1);
	if (cause < NP_KUBE_N_CAUSES)
		atomic_fetch_add(&k->count.again[cause], 1);
}

void np_kube_note_outage(struct np_kube *k, enum np_kube_cause cause)
{
	bool down = cause < NP_KUBE_N_CAUSES && table[cause].outage;
	long long none = 0, since;

	if (down) {
		atomic_compare_exchange_strong(&k->down_since_ms, &none, np_now_ms());
		return;
	}
	since = atomic_exchange(&k->down_since_ms, 0);
	if (since)
		atomic_fetch_add(&k->outage_ms, np_now_ms() - since);
}

long long np_kube_outage_ms(struct np_kube *k)
{
	long long since = atomic_load(&k->down_since_ms);

	return atomic_load(&k->outage_ms) + (since ? np_now_ms() - since : 0);
}
