/* config.c - layer kube: one context of the kubeconfig files, resolved. */
#include "kubefile.h"
#include "np/base/file.h"
#include "np/base/json.h"
#include "np/base/mem.h"

struct loader {
	struct np_kube_files files;
	struct np_kube_config c;
	struct np_err *err;
};

/* A member that is plain text, and where it goes. */
struct text_field {
	const char *key;
	size_t offset;
};

static int read_texts(struct loader *l, const struct np_kube_node *n,
		      const struct text_field *fields)
{
	for (; fields->key; fields++) {
		struct np_str *to = (struct np_str *)((char *)&l->c + fields->offset);

		if (np_kube_node_text(n, fields->key, &l->c.arena, to, l->err))
			return -1;
	}
	return 0;
}

static int find(struct loader *l, const char *list, const char *member, struct np_str name,
		struct np_kube_node *ret)
{
	int rc = np_kube_files_entry(&l->files, list, member, name.p, ret, l->err);

	if (rc <= 0)
		return rc;
	np_err_set(l->err, NP_EUSAGE, "there is no %s '%s'", member, name.p);
	return np_err_at(l->err, l->c.source.p, 0, 0);
}

/* The context asked for, else the first current-context, else the only one there is. */
static int choose_context(struct loader *l, const char *wanted)
{
	struct np_arena *a = &l->c.arena;
	const char *only = NULL;
	size_t n = 0;

	if (wanted)
		l->c.context = np_arena_str(a, np_str_from(wanted));
	for (size_t i = 0; i < l->files.n && !l->c.context.n; i++) {
		struct np_kube_node root = np_kube_node_root(&l->files.v[i]);
		const json_t *list = json_object_get(root.value, "contexts");

		if (np_kube_node_text(&root, "current-context", a, &l->c.context, l->err))
			return -1;
		n += json_array_size(list);
		if (json_array_size(list) == 1)
			only = np_json_str(json_array_get(list, 0), "name", NULL);
	}
	if (!l->c.context.n && n == 1)
		l->c.context = np_arena_str(a, np_str_from(only));
	if (l->c.context.n)
		return 0;
	np_err_set(l->err, NP_EUSAGE,
		   "no context: none was named, and there is no current-context");
	return np_err_at(l->err, l->c.source.p, 0, 0);
}

static int read_context(struct loader *l)
{
	static const struct text_field fields[] = {
		{ "cluster", offsetof(struct np_kube_config, cluster) },
		{ "user", offsetof(struct np_kube_config, user) },
		{ "namespace", offsetof(struct np_kube_config, ns) },
		{ NULL, 0 },
	};
	struct np_kube_node n;

	if (find(l, "contexts", "context", l->c.context, &n) || read_texts(l, &n, fields))
		return -1;
	if (!l->c.ns.n)
		l->c.ns = np_arena_str(&l->c.arena, NP_STR("default"));
	if (!l->c.cluster.n)
		return np_kube_node_err(&n, l->err, NP_EUSAGE, "the context names no cluster");
	return 0;
}

static bool known_scheme(struct np_str s)
{
	return np_str_starts(s, "https://") || np_str_starts(s, "http://") ||
	       np_str_starts(s, "unix:///");
}

static int check_proxy(struct loader *l, const struct np_kube_node *n)
{
	static const char *const schemes[] = { "http://", "https://", "socks5://", "socks5h://" };
	struct np_kube_node at = np_kube_node_get(n, "proxy-url");

	for (size_t i = 0; i < NP_ARRAY_SIZE(schemes); i++)
		if (np_str_starts(l->c.proxy_url, schemes[i]))
			return 0;
	return !l->c.proxy_url.n ? 0 :
	       np_kube_node_err(&at, l->err, NP_EUSAGE,
				"begins with none of http://, https://, socks5://");
}

static int read_cluster(struct loader *l)
{
	static const struct text_field fields[] = {
		{ "server", offsetof(struct np_kube_config, server) },
		{ "tls-server-name", offsetof(struct np_kube_config, tls_server_name) },
		{ "proxy-url", offsetof(struct np_kube_config, proxy_url) },
		{ NULL, 0 },
	};
	struct np_kube_config *c = &l->c;
	struct np_kube_node n, at;

	if (find(l, "clusters", "cluster", c->cluster, &n) || read_texts(l, &n, fields) ||
	    np_kube_node_bool(&n, "insecure-skip-tls-verify", &c->insecure, l->err) ||
	    np_kube_node_blob(&n, "certificate-authority-data", "certificate-authority", &c->arena,
			      &c->ca, l->err))
		return -1;
	at = np_kube_node_get(&n, "server");
	if (!c->server.n)
		return np_kube_node_err(&at, l->err, NP_EUSAGE, "is missing");
	if (!known_scheme(c->server))
		return np_kube_node_err(&at, l->err, NP_EUSAGE,
					"'%s' begins with none of https://, "
					"http://, unix:///",
					c->server.p);
	if (check_proxy(l, &n))
		return -1;
	if (c->insecure && c->ca.n)
		return np_kube_node_err(&n, l->err, NP_EUSAGE, "a certificate authority and "
					"insecure-skip-tls-verify exclude each other");
	return 0;
}

static int read_extra(struct loader *l, const struct np_kube_node *n)
{
	struct np_kube_node extra = np_kube_node_get(n, "as-user-extra");
	struct np_kube_config *c = &l->c;
	size_t cap = 0;
	struct np_kube_pair *list = NULL;
	int rc = np_kube_node_is_object(&extra, l->err);

	for (void *it = json_object_iter((json_t *)extra.value); it && !rc;
	     it = json_object_iter_next((json_t *)extra.value, it)) {
		struct np_str key = np_arena_str(&c->arena, np_str_from(json_object_iter_key(it)));
		struct np_str *values = NULL;
		size_t n_values = 0;

		rc = np_kube_node_texts(&extra, key.p, &c->arena, &values, &n_values, l->err);
		for (size_t i = 0; i < n_values; i++) {
			list = np_grow(list, &cap, c->n_as_extra, sizeof(*list));
			list[c->n_as_extra++] = (struct np_kube_pair){ key, values[i] };
		}
	}
	if (c->n_as_extra) {
		c->as_extra = np_arena_array(&c->arena, c->n_as_extra, sizeof(*list));
		memcpy(c->as_extra, list, c->n_as_extra * sizeof(*list));
	}
	free(list);
	return rc;
}

static int read_plugin_env(struct loader *l, const struct np_kube_node *n, struct np_kube_plugin *p)
{
	struct np_kube_node env = np_kube_node_get(n, "env");
	struct np_arena *a = &l->c.arena;

	if (np_kube_node_is_array(&env, l->err))
		return -1;
	p->n_env = json_array_size(env.value);
	if (p->n_env > NP_KUBE_CONFIG_ENTRIES)
		return np_kube_node_err(&env, l->err, NP_ELIMIT, "more than %d variables",
					NP_KUBE_CONFIG_ENTRIES);
	p->env = p->n_env ? np_arena_array(a, p->n_env, sizeof(*p->env)) : NULL;
	for (size_t i = 0; i < p->n_env; i++) {
		struct np_kube_node item = np_kube_node_item(&env, i);
		struct np_kube_pair *to = &p->env[i];

		if (np_kube_node_is_object(&item, l->err) ||
		    np_kube_node_text(&item, "name", a, &to->name, l->err) ||
		    np_kube_node_text(&item, "value", a, &to->value, l->err))
			return -1;
		if (!to->name.n || strchr(to->name.p, '='))
			return np_kube_node_err(&item, l->err, NP_EPARSE, "has no usable name");
	}
	return 0;
}

static int check_plugin(struct loader *l, const struct np_kube_node *n,
			const struct np_kube_plugin *p)
{
	struct np_kube_node at = np_kube_node_get(n, "apiVersion");

	if (!np_str_is(p->api_version, "client.authentication.k8s.io/v1") &&
	    !np_str_is(p->api_version, "client.authentication.k8s.io/v1beta1"))
		return np_kube_node_err(&at, l->err, NP_EUSAGE, "'%s' is neither "
					"client.authentication.k8s.io/v1 nor v1beta1",
					p->api_version.n ? p->api_version.p : "");
	at = np_kube_node_get(n, "interactiveMode");
	if (json_is_string(at.value) && !strcmp(json_string_value(at.value), "Always"))
		return np_kube_node_err(&at, l->err, NP_EUSAGE,
					"a plugin that always wants to talk "
					"to a person cannot be used here");
	at = np_kube_node_get(n, "command");
	return p->command.n ? 0 : np_kube_node_err(&at, l->err, NP_EUSAGE, "is missing");
}

/* The one cluster extension that goes to the plugin, as JSON text. */
static int read_extension(struct loader *l, struct np_kube_plugin *p)
{
	struct np_buf b = { NULL, 0, 0 };
	struct np_kube_node n, list;

	if (find(l, "clusters", "cluster", l->c.cluster, &n))
		return -1;
	list = np_kube_node_get(&n, "extensions");
	for (size_t i = 0; i < json_array_size(list.value); i++) {
		const json_t *item = json_array_get(list.value, i);
		const json_t *extension = json_object_get(item, "extension");

		if (strcmp(np_json_str(item, "name", ""), "client.authentication.k8s.io/exec") ||
		    !extension)
			continue;
		np_json_dump(extension, 0, &b);
		p->cluster_extension = np_arena_str(&l->c.arena, (struct np_str){ b.data, b.len });
		np_buf_release(&b);
	}
	return 0;
}

static int read_plugin(struct loader *l, const struct np_kube_node *user)
{
	struct np_kube_node n = np_kube_node_get(user, "exec");
	struct np_arena *a = &l->c.arena;
	struct np_kube_plugin *p;

	if (!n.value)
		return 0;
	if (np_kube_node_is_object(&n, l->err))
		return -1;
	p = np_arena_alloc(a, sizeof(*p));
	if (np_kube_node_text(&n, "apiVersion", a, &p->api_version, l->err) ||
	    np_kube_node_text(&n, "command", a, &p->command, l->err) ||
	    np_kube_node_text(&n, "installHint", a, &p->install_hint, l->err) ||
	    np_kube_node_texts(&n, "args", a, &p->args, &p->n_args, l->err) ||
	    np_kube_node_bool(&n, "provideClusterInfo", &p->cluster_info, l->err) ||
	    read_plugin_env(l, &n, p) || check_plugin(l, &n, p))
		return -1;
	/* A bare name is for PATH; only something with a slash is a path. */
	if (strchr(p->command.p, '/'))
		p->command = np_kube_node_resolve(&n, p->command, a);
	if (p->cluster_info && read_extension(l, p))
		return -1;
	l->c.plugin = p;
	return 0;
}

/* What to do instead, by the provider's name. */
static const char *instead_of(const char *provider)
{
	static const struct {
		const char *name, *instead;
	} known[] = {
		{ "gcp", "install gke-gcloud-auth-plugin and write the file anew with 'gcloud "
			 "container clusters get-credentials'" },
		{ "azure", "install kubelogin and run 'kubelogin convert-kubeconfig'" },
		{ "oidc", "use the exec plugin kubelogin ('kubectl oidc-login setup' writes it), or a "
			  "token of a service account ('kubectl create token')" },
	};

	for (size_t i = 0; i < NP_ARRAY_SIZE(known); i++)
		if (!strcmp(provider, known[i].name))
			return known[i].instead;
	return "use an exec plugin, or a token of a service account ('kubectl create token')";
}

static int refuse_provider(struct loader *l, const struct np_kube_node *at)
{
	const char *name = np_json_str(at->value, "name", "");

	return np_kube_node_err(at, l->err, NP_EUSAGE, "auth-provider '%s' is not supported: %s",
				name, instead_of(name));
}

static int check_user(struct loader *l, const struct np_kube_node *n)
{
	struct np_kube_node old = np_kube_node_get(n, "auth-provider");
	struct np_kube_config *c = &l->c;

	if (old.value)
		return refuse_provider(l, &old);
	if (!c->cert.n != !c->key.n)
		return np_kube_node_err(n, l->err, NP_EUSAGE,
					"client-certificate and client-key go "
					"together, and one is missing");
	if ((c->token.n || c->token_file.n) && c->username.n)
		return np_kube_node_err(n, l->err, NP_EUSAGE,
					"a token and a username exclude each other");
	if (!c->as_user.n && (c->as_uid.n || c->n_as_groups || c->n_as_extra))
		return np_kube_node_err(n, l->err, NP_EUSAGE,
					"impersonation of groups, uid or extra "
					"needs 'as'");
	return 0;
}

static int read_user(struct loader *l)
{
	static const struct text_field fields[] = {
		{ "token", offsetof(struct np_kube_config, token) },
		{ "tokenFile", offsetof(struct np_kube_config, token_file) },
		{ "username", offsetof(struct np_kube_config, username) },
		{ "password", offsetof(struct np_kube_config, password) },
		{ "as", offsetof(struct np_kube_config, as_user) },
		{ "as-uid", offsetof(struct np_kube_config, as_uid) },
		{ NULL, 0 },
	};
	struct np_kube_config *c = &l->c;
	struct np_kube_node n;

	if (!c->user.n)
		return 0;
	if (find(l, "users", "user", c->user, &n) || read_texts(l, &n, fields) ||
	    np_kube_node_blob(&n, "client-certificate-data", "client-certificate", &c->arena,
			      &c->cert, l->err) ||
	    np_kube_node_blob(&n, "client-key-data", "client-key", &c->arena, &c->key, l->err) ||
	    np_kube_node_texts(&n, "as-groups", &c->arena, &c->as_groups, &c->n_as_groups,
			       l->err) ||
	    read_extra(l, &n) || read_plugin(l, &n))
		return -1;
	c->token_file = np_kube_node_resolve(&n, c->token_file, &c->arena);
	return check_user(l, &n);
}

static struct np_str source_of(const struct np_kube_files *f, struct np_arena *a)
{
	struct np_buf b = { NULL, 0, 0 };
	struct np_str s;

	for (size_t i = 0; i < f->n; i++)
		np_buf_printf(&b, "%s%s", i ? ":" : "", f->v[i].path);
	s = np_arena_str(a, np_str_from(np_buf_text(&b)));
	np_buf_release(&b);
	return s;
}

int np_kube_config_load(const struct np_kube_load *load, struct np_kube_config *ret,
			struct np_err *err)
{
	struct loader l = { .err = err };
	int rc;

	if (np_kube_files_load(load, &l.files, err))
		return -1;
	l.c.source = source_of(&l.files, &l.c.arena);
	rc = np_kube_files_check(&l.files, err) || choose_context(&l, load->context) ||
	     read_context(&l) || read_cluster(&l) || read_user(&l);
	np_kube_files_release(&l.files);
	if (rc) {
		np_kube_config_release(&l.c);
		return -1;
	}
	*ret = l.c;
	return 0;
}

void np_kube_config_release(struct np_kube_config *c)
{
	np_arena_release(&c->arena);
	*c = (struct np_kube_config){ .insecure = false };
}
