/* Life of the server: doors, exec streams, the thread that finishes namespaces. */
#include "api.h"

#include <pthread.h>
#include <signal.h>
#include <unistd.h>

#include "api_delete.h"
#include "api_faults.h"
#include "api_http.h"
#include "np/base/json.h"
#include "np/base/mem.h"

struct np_api {
	struct np_api_env env;
	atomic_bool stopping;
	pthread_rwlock_t ns_lock;
	pthread_t finisher;
	bool has_finisher;
	struct np_execs *execs;
	struct np_api_faults *faults;
	struct np_door *unix_door, *tcp_door;
};

/* ---- the thread that finishes the deletion of namespaces ---- */

#define EVENTS 64
#define RESCAN_MS 1000

/* Something that may bring the end of a namespace nearer. */
static bool interesting(const struct np_event *e)
{
	return e->type == NP_EVENT_DELETED ||
	       (e->kind == NP_KIND_NAMESPACE &&
		np_json_at(e->object, "metadata/deletionTimestamp")) ||
	       (e->type == NP_EVENT_MODIFIED && np_json_at(e->old, "metadata/finalizers"));
}

static void *finisher_main(void *arg)
{
	struct np_api *api = arg;
	struct np_event events[EVENTS];
	uint64_t rev = np_store_revision(api->env.store);

	np_delete_namespaces_step(&api->env);
	while (!atomic_load(&api->stopping)) {
		int n = np_store_events(api->env.store, rev, events, EVENTS, RESCAN_MS);
		bool look = n < 0;

		if (n < 0)
			rev = np_store_revision(api->env.store);
		for (int i = 0; i < n; i++) {
			look |= interesting(&events[i]);
			rev = events[i].rev;
			np_event_release(&events[i]);
		}
		if (look)
			np_delete_namespaces_step(&api->env);
	}
	return NULL;
}

static int start_finisher(struct np_api *api, struct np_err *err)
{
	sigset_t every, before;
	int rc;

	sigfillset(&every);
	pthread_sigmask(SIG_SETMASK, &every, &before);
	rc = pthread_create(&api->finisher, NULL, finisher_main, api);
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	if (rc)
		return np_err_errno(err, NP_EENV, rc, "a thread of the API server does not start");
	api->has_finisher = true;
	return 0;
}

/* ---- life ---- */

static int open_doors(struct np_api *api, const struct np_api_options *o, struct np_err *err)
{
	int tcp_fd = o->tcp_listen_fd;

	if (o->unix_listen_fd >= 0) {
		api->unix_door =
			np_door_open(o->unix_listen_fd, false, o, &api->env, api->execs,
				     api->faults, err);
		if (!api->unix_door) {
			if (tcp_fd >= 0)
				close(tcp_fd);
			return -1;
		}
	}
	if (tcp_fd < 0)
		return 0;
	api->tcp_door = np_door_open(tcp_fd, true, o, &api->env, api->execs, api->faults,
				     err);
	return api->tcp_door ? 0 : -1;
}

static int check_options(const struct np_api_options *o, struct np_err *err)
{
	if (o->tcp_listen_fd < 0 || (o->server_cert_pem && o->server_key_pem && o->client_ca_pem))
		return 0;
	if (o->unix_listen_fd >= 0)
		close(o->unix_listen_fd);
	close(o->tcp_listen_fd);
	return np_err_set(err, NP_EUSAGE,
			  "a TCP socket needs a certificate, its key and a client authority");
}

/* Takes over and closes the sockets when it fails, as opening the doors would. */
static int start_faults(struct np_api *api, const struct np_api_options *o, struct np_err *err)
{
	if (!o->fault)
		return 0;
	api->faults = np_api_faults_start(o->fault, api->execs, &api->env, err);
	if (api->faults)
		return 0;
	if (o->unix_listen_fd >= 0)
		close(o->unix_listen_fd);
	if (o->tcp_listen_fd >= 0)
		close(o->tcp_listen_fd);
	return -1;
}

/* Writers first: a stream of creations must not keep a namespace from its end. */
static void init_ns_lock(pthread_rwlock_t *lock)
{
	pthread_rwlockattr_t attr;

	pthread_rwlockattr_init(&attr);
	pthread_rwlockattr_setkind_np(&attr, PTHREAD_RWLOCK_PREFER_WRITER_NONRECURSIVE_NP);
	pthread_rwlock_init(lock, &attr);
	pthread_rwlockattr_destroy(&attr);
}

struct np_api *np_api_start(struct np_store *store, struct np_pods *pods,
			    struct np_services *services, const struct np_api_options *options,
			    struct np_err *err)
{
	struct np_api *api;

	if (check_options(options, err))
		return NULL;
	api = np_xcalloc(1, sizeof(*api));
	atomic_init(&api->stopping, false);
	init_ns_lock(&api->ns_lock);
	api->env = (struct np_api_env){ store, pods, services, &api->ns_lock, &api->stopping };
	api->execs = np_execs_new(pods);
	if (start_faults(api, options, err) || open_doors(api, options, err) ||
	    start_finisher(api, err)) {
		np_api_stop(api);
		return NULL;
	}
	return api;
}

void np_api_stop(struct np_api *api)
{
	if (!api)
		return;
	atomic_store(&api->stopping, true);
	np_store_wake(api->env.store);
	np_door_quiesce(api->unix_door);
	np_door_quiesce(api->tcp_door);
	/* Streams give their sockets back to the doors, so they go first. */
	np_execs_stop(api->execs);
	np_door_close(api->unix_door);
	np_door_close(api->tcp_door);
	np_api_faults_stop(api->faults);
	np_execs_free(api->execs);
	if (api->has_finisher)
		pthread_join(api->finisher, NULL);
	pthread_rwlock_destroy(&api->ns_lock);
	free(api);
}
