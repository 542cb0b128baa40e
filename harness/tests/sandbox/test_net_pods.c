/* The node agent and the network under it: who reaches whom, addresses, phases, commands. */
#include <sys/socket.h>
#include <sys/un.h>

#include "../../sandbox/external.h"
#include "../../sandbox/netns.h"
#include "net_bed.h"

static const char *const protos[] = { "tcp", "udp", "sctp" };

static int expect_identity(struct bed *b, const char *from, const char *proto, const char *addr,
			   const char *port, const char *who, struct np_err *err)
{
	struct np_buf said = { 0 };
	int status = bed_connect(b, "x", from, proto, addr, port, true, &said, err);
	bool right = status == 0 && strstr(np_buf_text(&said), who);

	if (status >= 0 && !right)
		np_err_set(err, NP_EINTERNAL, "%s to %s %s %s: status %d, %s", from, proto, addr,
			   port, status, np_buf_text(&said));
	np_buf_release(&said);
	return right ? 0 : -1;
}

/* Same node, other node, all protocols, both families; and back. */
static int body_reach(struct bed *b, struct np_err *err)
{
	static const char *const names[] = { "a", "b", "c" };
	char ip[NP_ADDR_TEXT_MAX];

	BED_OK(bed_server(b, "x", "a", "n1", "", err));
	BED_OK(bed_server(b, "x", "b", "n1", "", err));
	BED_OK(bed_server(b, "x", "c", "n2", "", err));
	for (size_t i = 0; i < NP_ARRAY_SIZE(names); i++)
		BED_OK(bed_wait_phase(b, "x", names[i], "Running", err));
	for (size_t from = 0; from < NP_ARRAY_SIZE(names); from++) {
		for (size_t to = 0; to < NP_ARRAY_SIZE(names); to++) {
			np_auto_free char *who = np_xasprintf("x/%s", names[to]);

			for (size_t p = 0; p < NP_ARRAY_SIZE(protos); p++) {
				for (unsigned f = 0; f < 2; f++)
					BED_OK(expect_identity(b, names[from], protos[p],
							       bed_ip(b, "x", names[to], f, ip),
							       "81", who, err));
			}
		}
	}
	BED_CHECK(bed_connect(b, "x", "a", "tcp", bed_ip(b, "x", "b", 0, ip), "82", false, NULL,
			      err) == 1,
		  "a closed port answers");
	return 0;
}

static int body_host_network(struct bed *b, struct np_err *err)
{
	char ip[NP_ADDR_TEXT_MAX];

	BED_OK(bed_pod(b, "x", "h", "", ",\"nodeName\":\"n2\",\"hostNetwork\":true",
		       "\"serve\",\"--identity\",\"x/h\",\"--tcp\",\"80\",\"--udp\",\"80\"", err));
	BED_OK(bed_server(b, "x", "a", "n1", "", err));
	BED_OK(bed_wait_phase(b, "x", "h", "Running", err));
	BED_OK(bed_wait_phase(b, "x", "a", "Running", err));
	BED_CHECK(strcmp(bed_ip(b, "x", "h", 0, ip), "198.18.0.12") == 0, "its address is %s", ip);
	for (unsigned f = 0; f < 2; f++) {
		BED_OK(expect_identity(b, "a", "tcp", bed_ip(b, "x", "h", f, ip), "80", "x/h",
				       err));
		BED_OK(expect_identity(b, "h", "udp", bed_ip(b, "x", "a", f, ip), "80", "x/a",
				       err));
	}
	return 0;
}

static json_t *get(struct bed *b, const char *name)
{
	return np_store_get(b->store, NP_KIND_POD, "x", name);
}

static int annotate(struct bed *b, const char *name, const char *key, const char *value,
		    struct np_err *err)
{
	json_t *now = get(b, name), *next = json_deep_copy(now);
	json_t *meta = json_object_get(next, "metadata");
	int rc;

	if (!json_object_get(meta, "annotations"))
		json_object_set_new(meta, "annotations", json_object());
	json_object_set_new(json_object_get(meta, "annotations"), key, json_string(value));
	rc = np_store_update(b->store, NP_KIND_POD, next, NULL, err);
	json_decref(now);
	json_decref(next);
	return rc;
}

/* What the API's DELETE does. */
static int request_deletion(struct bed *b, const char *name, int grace_s, struct np_err *err)
{
	json_t *now = get(b, name), *next = json_deep_copy(now);
	json_t *meta = json_object_get(next, "metadata");
	int rc;

	json_object_set_new(meta, "deletionTimestamp", json_string("2026-01-01T00:00:00Z"));
	json_object_set_new(meta, "deletionGracePeriodSeconds", json_integer(grace_s));
	rc = np_store_update(b->store, NP_KIND_POD, next, NULL, err);
	json_decref(now);
	json_decref(next);
	return rc;
}

/* Status as kubectl reads it. */
static int body_status(struct bed *b, struct np_err *err)
{
	static const char *const conditions[] = { "PodScheduled", "Initialized", "Ready",
						  "ContainersReady" };
	json_t *pod, *c;
	size_t i;

	BED_OK(bed_server(b, "x", "a", NULL, "", err));
	BED_OK(bed_wait_phase(b, "x", "a", "Running", err));
	pod = get(b, "a");
	json_array_foreach(np_json_at(pod, "status/conditions"), i, c) {
		BED_CHECK(i < NP_ARRAY_SIZE(conditions) &&
				  strcmp(np_json_str(c, "type", ""), conditions[i]) == 0,
			  "condition %zu", i);
		BED_CHECK(strcmp(np_json_str(c, "status", ""), "True") == 0, "condition %s",
			  conditions[i]);
		BED_CHECK(strlen(np_json_str(c, "lastTransitionTime", "")) == 20, "time of %s",
			  conditions[i]);
	}
	BED_CHECK(i == NP_ARRAY_SIZE(conditions), "%zu conditions", i);
	c = json_array_get(np_json_at(pod, "status/containerStatuses"), 0);
	BED_CHECK(np_json_bool(c, "ready", 0) == 1, "container not ready");
	BED_CHECK(np_json_str(c, "state/running/startedAt", NULL), "no start");
	BED_CHECK(np_json_str(pod, "spec/nodeName", NULL), "no node");
	BED_CHECK(np_json_str(pod, "status/hostIP", NULL), "no host address");
	BED_CHECK(json_array_size(np_json_at(pod, "status/podIPs")) == 2, "not two addresses");
	json_decref(pod);
	return 0;
}

/* In turn over both nodes; by selector; nowhere. */
static int body_schedule(struct bed *b, struct np_err *err)
{
	int on_n1 = 0;

	for (int i = 0; i < 6; i++) {
		char name[8];
		json_t *pod;

		snprintf(name, sizeof(name), "p%d", i);
		BED_OK(bed_server(b, "x", name, NULL, "", err));
		BED_OK(bed_wait_phase(b, "x", name, "Running", err));
		pod = get(b, name);
		on_n1 += strcmp(np_json_str(pod, "spec/nodeName", ""), "n1") == 0;
		json_decref(pod);
	}
	BED_CHECK(on_n1 == 3, "%d of 6 on n1", on_n1);
	for (int i = 0; i < 3; i++) {
		char name[8];
		json_t *pod;

		snprintf(name, sizeof(name), "s%d", i);
		BED_OK(bed_pod(b, "x", name, "",
			       ",\"nodeSelector\":{\"kubernetes.io/"
			       "hostname\":\"n2\",\"kubernetes.io/os\":\"linux\"}",
			       "\"sleep\"", err));
		BED_OK(bed_wait_phase(b, "x", name, "Running", err));
		pod = get(b, name);
		BED_CHECK(strcmp(np_json_str(pod, "spec/nodeName", ""), "n2") == 0,
			  "%s is not on n2", name);
		json_decref(pod);
	}
	BED_OK(bed_pod(b, "x", "no", "", ",\"nodeSelector\":{\"kubernetes.io/hostname\":\"n3\"}",
		       "\"sleep\"", err));
	for (int i = 0; i < 100; i++) {
		json_t *pod = get(b, "no"),
		       *c = json_array_get(np_json_at(pod, "status/conditions"), 0);
		bool told = strcmp(np_json_str(c, "reason", ""), "Unschedulable") == 0;

		json_decref(pod);
		if (told)
			return bed_phase_is(b, "x", "no", "Pending")
				       ? 0
				       : np_err_set(err, NP_EINTERNAL, "not Pending");
		np_sleep_ms(10);
	}
	return np_err_set(err, NP_EINTERNAL, "nobody says that it cannot be placed");
}

/*
 * An address stays taken until its pod is finished or gone, then the next one gets it, on whatever
 * node.
 */
static int body_pins(struct bed *b, struct np_err *err)
{
	static const char pin[] =
		",\"annotations\":{\"netpolcheck/pod-ips\":\"10.244.9.9, fd00:10:244:1::909\"}";
	char ip[NP_ADDR_TEXT_MAX];

	BED_OK(bed_server(b, "x", "probe", "n1", "", err));
	BED_OK(bed_server(b, "x", "one", "n1", pin, err));
	BED_OK(bed_wait_phase(b, "x", "one", "Running", err));
	BED_CHECK(strcmp(bed_ip(b, "x", "one", 0, ip), "10.244.9.9") == 0, "it has %s", ip);
	BED_CHECK(strcmp(bed_ip(b, "x", "one", 1, ip), "fd00:10:244:1::909") == 0, "it has %s", ip);
	BED_OK(bed_wait_phase(b, "x", "probe", "Running", err));
	BED_OK(bed_server(b, "x", "two", "n2", pin, err));
	BED_OK(expect_identity(b, "probe", "tcp", "10.244.9.9", "80", "x/one", err));
	BED_CHECK(bed_phase_is(b, "x", "two", "Pending"), "two pods have one address");
	BED_OK(annotate(b, "one", "netpolcheck/force-phase", "Succeeded", err));
	BED_OK(bed_wait_phase(b, "x", "one", "Succeeded", err));
	BED_CHECK(strcmp(bed_ip(b, "x", "one", 0, ip), "10.244.9.9") == 0,
		  "the finished pod's status has %s", ip);
	BED_OK(bed_wait_phase(b, "x", "two", "Running", err));
	for (size_t p = 0; p < NP_ARRAY_SIZE(protos); p++) {
		BED_OK(expect_identity(b, "probe", protos[p], "10.244.9.9", "80", "x/two", err));
		BED_OK(expect_identity(b, "probe", protos[p], "fd00:10:244:1::909", "80", "x/two",
				       err));
	}
	BED_OK(request_deletion(b, "two", 30, err));
	BED_OK(bed_wait_phase(b, "x", "two", NULL, err));
	BED_OK(bed_server(b, "x", "three", "n1", pin, err));
	BED_OK(bed_wait_phase(b, "x", "three", "Running", err));
	BED_OK(expect_identity(b, "probe", "udp", "fd00:10:244:1::909", "80", "x/three", err));
	BED_CHECK(bed_phase_is(b, "x", "one", "Succeeded"), "the finished pod is gone");
	return 0;
}

/* Addresses from far outside the ranges are routed too. */
static int body_foreign_pin(struct bed *b, struct np_err *err)
{
	BED_OK(bed_server(b, "x", "probe", "n1", "", err));
	BED_OK(bed_server(b, "x", "far", "n2",
			  ",\"annotations\":{\"netpolcheck/pod-ips\":\"172.20.0.77\"}", err));
	BED_OK(bed_server(b, "x", "bad", "n2",
			  ",\"annotations\":{\"netpolcheck/pod-ips\":\"127.0.0.1\"}", err));
	BED_OK(bed_wait_phase(b, "x", "probe", "Running", err));
	BED_OK(bed_wait_phase(b, "x", "far", "Running", err));
	BED_OK(expect_identity(b, "probe", "tcp", "172.20.0.77", "80", "x/far", err));
	BED_OK(bed_wait_phase(b, "x", "bad", "Failed", err));
	return 0;
}

/* Freed addresses are not the next ones to be used. */
static int body_no_early_reuse(struct bed *b, struct np_err *err)
{
	char first[NP_ADDR_TEXT_MAX], second[NP_ADDR_TEXT_MAX];

	BED_OK(bed_server(b, "x", "a", "n1", "", err));
	BED_OK(bed_wait_phase(b, "x", "a", "Running", err));
	bed_ip(b, "x", "a", 0, first);
	BED_OK(request_deletion(b, "a", 0, err));
	BED_OK(bed_wait_phase(b, "x", "a", NULL, err));
	BED_OK(bed_server(b, "x", "a", "n1", "", err));
	BED_OK(bed_wait_phase(b, "x", "a", "Running", err));
	bed_ip(b, "x", "a", 0, second);
	BED_CHECK(strcmp(first, second) != 0, "%s came back at once", first);
	return 0;
}

/* What restartPolicy makes of an agent that ends. */
static int body_ends(struct bed *b, struct np_err *err)
{
	static const struct {
		const char *name, *policy, *phase;
	} cases[] = {
		{ "never", "Never", "Failed" },
		{ "onfailure", "OnFailure", "Running" },
		{ "always", "Always", "Running" },
	};
	json_t *pod;

	/* `serve` without --identity ends with status 2. */
	for (size_t i = 0; i < NP_ARRAY_SIZE(cases); i++) {
		np_auto_free char *spec =
			np_xasprintf(",\"restartPolicy\":\"%s\"", cases[i].policy);

		BED_OK(bed_pod(b, "x", cases[i].name, "", spec, "\"serve\"", err));
	}
	for (size_t i = 0; i < NP_ARRAY_SIZE(cases); i++)
		BED_OK(bed_wait_phase(b, "x", cases[i].name, cases[i].phase, err));
	pod = get(b, "never");
	BED_CHECK(np_json_int(json_array_get(np_json_at(pod, "status/containerStatuses"), 0),
			      "state/terminated/exitCode", -1) == 2,
		  "no exit code");
	json_decref(pod);
	for (int i = 0; i < 500; i++) {
		pod = get(b, "always");
		if (np_json_int(json_array_get(np_json_at(pod, "status/containerStatuses"), 0),
				"restartCount", 0) > 0) {
			json_decref(pod);
			return 0;
		}
		json_decref(pod);
		np_sleep_ms(10);
	}
	return np_err_set(err, NP_EINTERNAL, "it is never started again");
}

static int body_exec(struct bed *b, struct np_err *err)
{
	static const char *const version[] = { "/bin/netpolcheck-agent", "version", NULL };
	static const char *const usage[] = { "netpolcheck-agent", "nonsense", NULL };
	static const char *const shell[] = { "/bin/sh", "-c", "true", NULL };
	static const char *const sleep[] = { "netpolcheck-agent", "sleep", NULL };
	struct np_buf out = { 0 };
	struct np_pod_exec e;
	char *log;

	BED_CHECK(np_pods_exec(b->pods, "x", "a", version, false, &e, err) < 0 &&
			  err->code == NP_ENOTFOUND,
		  "a pod that is not there");
	np_err_clear(err);
	BED_OK(bed_server(b, "x", "a", NULL, "", err));
	BED_OK(bed_wait_phase(b, "x", "a", "Running", err));
	BED_CHECK(bed_exec(b, "x", "a", version, &out, err) == 0, "version");
	BED_CHECK(strstr(np_buf_text(&out), "netpolcheck-agent"), "it says '%s'",
		  np_buf_text(&out));
	BED_CHECK(bed_exec(b, "x", "a", usage, &out, err) == 2, "nonsense");
	np_buf_clear(&out);
	BED_CHECK(bed_exec(b, "x", "a", shell, &out, err) == 127, "a shell");
	BED_CHECK(strstr(np_buf_text(&out), "/bin/sh"), "it says '%s'", np_buf_text(&out));
	np_buf_release(&out);
	BED_OK(np_pods_exec(b->pods, "x", "a", sleep, true, &e, err));
	BED_CHECK(np_pods_exec_wait(b->pods, e.pid, 50) == -1, "sleep ended");
	np_pods_exec_kill(b->pods, e.pid);
	BED_CHECK(np_pods_exec_wait(b->pods, e.pid, 5000) == 128 + SIGKILL, "it was not killed");
	close(e.stdin_fd);
	close(e.stdout_fd);
	close(e.stderr_fd);
	log = np_pods_log(b->pods, "x", "a");
	BED_CHECK(log && strstr(log, "ready x/a"), "the log is '%s'", log ? log : "");
	free(log);
	return 0;
}

/* Commands end with their pod. */
static int body_exec_ends(struct bed *b, struct np_err *err)
{
	static const char *const sleep[] = { "netpolcheck-agent", "sleep", NULL };
	struct np_pod_exec e;

	BED_OK(bed_server(b, "x", "a", NULL, "", err));
	BED_OK(bed_wait_phase(b, "x", "a", "Running", err));
	BED_OK(np_pods_exec(b->pods, "x", "a", sleep, false, &e, err));
	BED_OK(request_deletion(b, "a", 30, err));
	BED_OK(bed_wait_phase(b, "x", "a", NULL, err));
	BED_CHECK(np_pods_exec_wait(b->pods, e.pid, 5000) == 128 + SIGKILL, "it lives on");
	close(e.stdout_fd);
	close(e.stderr_fd);
	return 0;
}

/* Many at once, and gone again. */
static int body_many(struct bed *b, struct np_err *err)
{
	enum { N = 60 };
	char name[8];

	for (int i = 0; i < N; i++) {
		snprintf(name, sizeof(name), "p%d", i);
		BED_OK(bed_server(b, "x", name, NULL, "", err));
	}
	for (int i = 0; i < N; i++) {
		snprintf(name, sizeof(name), "p%d", i);
		BED_OK(bed_wait_phase(b, "x", name, "Running", err));
	}
	BED_OK(expect_identity(b, "p0", "tcp",
			       bed_ip(b, "x", "p59", 1, (char[NP_ADDR_TEXT_MAX]){ 0 }), "80",
			       "x/p59", err));
	for (int i = 0; i < N; i++) {
		snprintf(name, sizeof(name), "p%d", i);
		BED_OK(request_deletion(b, name, 30, err));
	}
	for (int i = 0; i < N; i++) {
		snprintf(name, sizeof(name), "p%d", i);
		BED_OK(bed_wait_phase(b, "x", name, NULL, err));
	}
	return 0;
}

/* Whoever gets an address next does not inherit its connections. */
static int body_conntrack(struct bed *b, struct np_err *err)
{
	struct np_conntrack *ct;
	struct np_addr ips[2];
	char ip[NP_ADDR_TEXT_MAX];
	int first, second;

	BED_OK(bed_server(b, "x", "a", "n1", "", err));
	BED_OK(bed_server(b, "x", "b", "n2", "", err));
	BED_OK(bed_wait_phase(b, "x", "a", "Running", err));
	BED_OK(bed_wait_phase(b, "x", "b", "Running", err));
	for (unsigned f = 0; f < 2; f++) {
		BED_OK(expect_identity(b, "a", "udp", bed_ip(b, "x", "b", f, ip), "80", "x/b",
				       err));
		BED_OK(expect_identity(b, "a", "tcp", ip, "80", "x/b", err));
		BED_CHECK(np_addr_parse(np_str_from(ip), &ips[f]), "address %s", ip);
	}
	BED_OK(np_netns_enter(b->fabric.hosts[NP_HOST_N1].netns_fd, err));
	ct = np_conntrack_new(err);
	if (!ct)
		return -1;
	first = np_conntrack_forget(ct, ips, 2, err);
	second = first < 0 ? -1 : np_conntrack_forget(ct, ips, 2, err);
	np_conntrack_free(ct);
	BED_OK(first);
	BED_OK(second);
	BED_CHECK(first >= 4, "%d connections of four were known", first);
	BED_CHECK(second == 0, "%d connections are still known", second);
	return 0;
}

/* The same when the node agent does it: b goes, and c gets its addresses at once. */
static int body_inherited(struct bed *b, struct np_err *err)
{
	np_auto_free char *pins = NULL;
	struct np_conntrack *ct;
	struct np_addr ips[2];
	char ip[2][NP_ADDR_TEXT_MAX];
	int known;

	BED_OK(bed_server(b, "x", "a", "n1", "", err));
	BED_OK(bed_server(b, "x", "b", "n2", "", err));
	BED_OK(bed_wait_phase(b, "x", "a", "Running", err));
	BED_OK(bed_wait_phase(b, "x", "b", "Running", err));
	for (unsigned f = 0; f < 2; f++) {
		bed_ip(b, "x", "b", f, ip[f]);
		BED_CHECK(np_addr_parse(np_str_from(ip[f]), &ips[f]), "address %s", ip[f]);
	}
	pins = np_xasprintf(",\"annotations\":{\"netpolcheck/pod-ips\":\"%s,%s\"}", ip[0], ip[1]);
	for (unsigned f = 0; f < 2; f++)
		BED_OK(expect_identity(b, "a", "tcp", ip[f], "80", "x/b", err));
	BED_OK(request_deletion(b, "b", 0, err));
	BED_OK(bed_server(b, "x", "c", "n2", pins, err));
	BED_OK(bed_wait_phase(b, "x", "c", "Running", err));
	BED_OK(np_netns_enter(b->fabric.hosts[NP_HOST_N1].netns_fd, err));
	ct = np_conntrack_new(err);
	if (!ct)
		return -1;
	known = np_conntrack_forget(ct, ips, 2, err);
	np_conntrack_free(ct);
	BED_OK(known);
	BED_CHECK(known == 0, "%d connections of the pod before are still known", known);
	return 0;
}

/* ---- the external host ---- */

static int talk(const char *path, const char *say, const char *until, struct np_buf *heard,
		struct np_err *err)
{
	struct sockaddr_un un = { .sun_family = AF_UNIX };
	np_auto_fd int fd = socket(AF_UNIX, SOCK_STREAM, 0);
	struct timeval timeout = { .tv_sec = 10 };
	char bytes[1024];
	ssize_t n;

	snprintf(un.sun_path, sizeof(un.sun_path), "%s", path);
	setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &timeout, sizeof(timeout));
	if (connect(fd, (struct sockaddr *)&un, sizeof(un)) < 0 ||
	    np_write_all(fd, say, strlen(say)) < 0)
		return np_err_errno(err, NP_EIO, errno, "cannot talk to %s", path);
	while (!strstr(np_buf_text(heard), until) && (n = read(fd, bytes, sizeof(bytes))) > 0)
		np_buf_add(heard, bytes, (size_t)n);
	return strstr(np_buf_text(heard), until)
		       ? 0
		       : np_err_set(err, NP_EIO, "heard '%s'", np_buf_text(heard));
}

/* From every pod address family to every address of it, and back from a chosen one. */
static int external_works(struct bed *b, const char *path, struct np_err *err)
{
	struct np_buf say = { 0 }, heard = { 0 };
	char ip[NP_ADDR_TEXT_MAX];
	int rc;

	for (size_t i = 0; i < NP_N_EXTERNALS; i++) {
		for (unsigned f = 0; f < 2; f++) {
			struct np_addr ext = np_fabric_external(i, f);

			np_addr_text(&ext, ip);
			BED_OK(expect_identity(b, "a", "tcp", ip, "8081", "ext", err));
			BED_OK(expect_identity(b, "b", "udp", ip, "53", "ext", err));
		}
	}
	BED_OK(expect_identity(b, "a", "sctp", "198.51.100.9", "81", "ext", err));
	np_buf_printf(&say, "batch 1 1 2000 3\np 0 tcp %s 80 x/b src=203.0.113.11\n",
		      bed_ip(b, "x", "b", 0, ip));
	rc = talk(path, np_buf_text(&say), "done 1", &heard, err);
	if (rc == 0 && (!strstr(np_buf_text(&heard), "r 1 0 allowed") ||
			!strstr(np_buf_text(&heard), " x/b 203.0.113.11 ")))
		rc = np_err_set(err, NP_EINTERNAL, "heard '%s'", np_buf_text(&heard));
	np_buf_release(&say);
	np_buf_release(&heard);
	return rc;
}

static int body_external(struct bed *b, struct np_err *err)
{
	char folder[] = "/tmp/netpolcheck-test-XXXXXX";
	np_auto_free char *path = NULL;
	struct stat st;
	int rc;

	BED_CHECK(mkdtemp(folder), "no folder");
	path = np_xasprintf("%s/ext.sock", folder);
	BED_OK(bed_server(b, "x", "a", "n1", "", err));
	BED_OK(bed_server(b, "x", "b", "n2", "", err));
	BED_OK(bed_wait_phase(b, "x", "a", "Running", err));
	BED_OK(bed_wait_phase(b, "x", "b", "Running", err));
	rc = np_external_start(b->reaper, b->fabric.hosts[NP_HOST_EXT].netns_fd, b->agent_path,
			       path, err);
	if (rc == 0 && (stat(path, &st) < 0 || (st.st_mode & 0777) != 0600))
		rc = np_err_set(err, NP_EINTERNAL, "the socket is not private");
	if (rc == 0)
		rc = external_works(b, path, err);
	unlink(path);
	rmdir(folder);
	return rc;
}

static const struct bed_case cases[] = {
	{ "reach", body_reach, NULL },
	{ "host network", body_host_network, NULL },
	{ "status", body_status, NULL },
	{ "schedule", body_schedule, NULL },
	{ "pins", body_pins, NULL },
	{ "foreign pin", body_foreign_pin, NULL },
	{ "no early reuse", body_no_early_reuse, NULL },
	{ "ends", body_ends, NULL },
	{ "exec", body_exec, NULL },
	{ "exec ends", body_exec_ends, NULL },
	{ "many", body_many, NULL },
	{ "conntrack", body_conntrack, NULL },
	{ "inherited", body_inherited, NULL },
	{ "external", body_external, NULL },
};

BED_MAIN("sandbox pods", cases, )
