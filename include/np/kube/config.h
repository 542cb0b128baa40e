/*
 * config.h - layer kube: how to reach an API server and as whom: kubeconfig files, in-cluster, a
 * socket. Limits: a file of 1 MiB (a certificate, key or token file too), 32 levels deep, 32 files
 * in $KUBECONFIG, 1,000 clusters, users or contexts; YAML aliases, tags and a second document are
 * refused. Beyond: NP_ELIMIT or NP_EPARSE with file and line.
 */
#ifndef NP_KUBE_CONFIG_H
#define NP_KUBE_CONFIG_H

#include <stdbool.h>
#include <stddef.h>

#include "np/base/arena.h"
#include "np/base/err.h"
#include "np/base/str.h"

#define NP_KUBE_FILE_MAX (1024 * 1024)	/* bytes of any file a kubeconfig is made of */
#define NP_KUBE_CONFIG_DEPTH 32
#define NP_KUBE_CONFIG_FILES 32
#define NP_KUBE_CONFIG_ENTRIES 1000

struct np_kube_pair {
	struct np_str name, value;
};

/*
 * A client-go credential plugin (users[].user.exec): a program that prints a token or a client
 * certificate.
 */
struct np_kube_plugin {
	struct np_str api_version;	/* client.authentication.k8s.io/v1 or /v1beta1 */
	struct np_str command;		/* absolute, or a bare name to look for in PATH */
	struct np_str *args;
	size_t n_args;
	struct np_kube_pair *env;	/* added to our own environment */
	size_t n_env;
	struct np_str install_hint;	/* shown when the program is missing */
	bool cluster_info;		/* provideClusterInfo */
	/* JSON of the cluster's client.authentication.k8s.io/exec extension, or absent */
	struct np_str cluster_extension;
};

/*
 * A resolved configuration: one cluster, one user. Every string is owned by @arena and
 * NUL-terminated; "absent" is p == NULL. Plain data: a test may fill one by hand with NP_STR()
 * literals.
 */
struct np_kube_config {
	struct np_arena arena;
	struct np_str source;		/* for messages: the file(s), "in-cluster", the socket */
	struct np_str context, cluster, user;	/* names in the file, may be absent */
	struct np_str server;		/* https://h[:p][/prefix], http://..., unix:///path */
	struct np_str ns;		/* the context's; never absent, "default" if it has none */
	struct np_str ca;		/* PEM; absent: the system's */
	struct np_str cert, key;	/* PEM of the client certificate; both or none */
	struct np_str token;		/* bearer token */
	struct np_str token_file;	/* wins over token; re-read when its mtime changes */
	struct np_str username, password;
	bool insecure;			/* insecure-skip-tls-verify */
	struct np_str tls_server_name;	/* to ask for and verify, instead of the URL's host */
	struct np_str proxy_url;	/* http, https, socks5(h); absent: the environment's */
	struct np_str as_user, as_uid;	/* impersonation */
	struct np_str *as_groups;
	size_t n_as_groups;
	struct np_kube_pair *as_extra;	/* a key with several values appears several times */
	size_t n_as_extra;
	struct np_kube_plugin *plugin;	/* or NULL */
};

struct np_kube_load {
	const char *path;	/* NULL: the merged list of $KUBECONFIG, or else ~/.kube/config */
	const char *context;	/* NULL: current-context, or the only one there is */
	const char *kubeconfig_env;	/* instead of $KUBECONFIG unless NULL; for tests */
	const char *home;	/* instead of $HOME unless NULL; for tests */
};

/*
 * Reads kubeconfig (YAML or JSON) as kubectl does: in a merged list the first file to name an entry
 * or current-context wins and files that do not exist are left out; relative paths are relative to
 * the file they stand in; *-data wins over a file; unknown fields are ignored. Certificates are
 * read here, tokenFile only when used, plugins run only when used.
 * NP_EUSAGE: no such file, context, cluster or user, or a form that is not supported
 * (auth-provider);
 * NP_EPARSE: syntax, wrong types, bad base64; file, line and field path are set where known.
 * Fills *@ret (whatever it held before is overwritten), freed with np_kube_config_release().
 */
int np_kube_config_load(const struct np_kube_load *load, struct np_kube_config *ret,
			struct np_err *err);

/*
 * The service account of the pod we run in, from KUBERNETES_SERVICE_HOST, _PORT and @dir (NULL: the
 * usual /var/run/secrets/kubernetes.io/serviceaccount). NP_EENV outside of a pod.
 */
int np_kube_config_in_cluster(const char *dir, struct np_kube_config *ret, struct np_err *err);

/*
 * Plain HTTP, no credentials, over the unix socket at @path (an absolute path of at most 107 bytes,
 * else NP_EUSAGE).
 */
int np_kube_config_socket(const char *path, struct np_kube_config *ret, struct np_err *err);

/* Accepts a zeroed one. */
void np_kube_config_release(struct np_kube_config *c);

#endif
