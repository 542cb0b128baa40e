/* auth.c - layer kube: bearer tokens, basic authentication, plugin credentials. */
#include <pthread.h>
#include <sys/stat.h>

#include "auth.h"
#include "codec.h"
#include "np/base/clock.h"
#include "np/base/file.h"
#include "np/base/mem.h"
#include "plugin.h"

#define REREAD_US 60000000	/* a token file whose mtime does not tell */
#define EARLY_S 10		/* a credential this near to its end is renewed */

struct np_kube_auth {
	const struct np_kube_config *config;
	pthread_mutex_t lock;
	struct np_kube_cred now;
	bool stale;		/* must be had anew whatever the clocks say */
	struct timespec mtime;	/* of the token file when last read */
	ino_t inode;
	int64_t read_us;	/* 0: never */
	int64_t expires_s;	/* of the plugin's answer */
};

static void set_bearer(struct np_kube_cred *c, const char *token)
{
	c->header = np_xasprintf("Authorization: Bearer %s", token);
}

static void set_static(struct np_kube_auth *a)
{
	const struct np_kube_config *c = a->config;
	struct np_buf pair = { NULL, 0, 0 }, b = { NULL, 0, 0 };

	if (c->cert.n) {
		a->now.cert = np_xstrdup(c->cert.p);
		a->now.key = np_xstrdup(c->key.n ? c->key.p : "");
	}
	if (c->token.n && !c->token_file.n) {
		set_bearer(&a->now, c->token.p);
	} else if (c->username.n) {
		np_buf_printf(&pair, "%s:%s", c->username.p, c->password.n ? c->password.p : "");
		np_buf_adds(&b, "Authorization: Basic ");
		np_kube_base64_encode(&b, pair.data, pair.len);
		a->now.header = np_buf_steal(&b);
		np_buf_release(&pair);
	}
}

struct np_kube_auth *np_kube_auth_new(const struct np_kube_config *c)
{
	struct np_kube_auth *a = np_xcalloc(1, sizeof(*a));

	a->config = c;
	a->now.generation = 1;
	pthread_mutex_init(&a->lock, NULL);
	set_static(a);
	return a;
}

void np_kube_cred_release(struct np_kube_cred *c)
{
	free(c->header);
	free(c->cert);
	free(c->key);
	*c = (struct np_kube_cred){ .header = NULL };
}

void np_kube_auth_free(struct np_kube_auth *a)
{
	if (!a)
		return;
	np_kube_cred_release(&a->now);
	pthread_mutex_destroy(&a->lock);
	free(a);
}

static bool same_file(const struct np_kube_auth *a, const struct stat *st)
{
	return a->read_us && st->st_mtim.tv_sec == a->mtime.tv_sec &&
	       st->st_mtim.tv_nsec == a->mtime.tv_nsec && st->st_ino == a->inode;
}

/* Takes the text of a token file: blanks around it do not count. */
static int take_token(struct np_kube_auth *a, const struct np_buf *text, struct np_err *err)
{
	const char *s = np_buf_text(text);
	size_t n = strlen(s);

	while (n && strchr(" \t\r\n", s[n - 1]))
		n--;
	for (; n && strchr(" \t\r\n", *s); n--)
		s++;
	if (!n)
		return np_err_set(err, NP_EENV, "the token file '%s' is empty",
				  a->config->token_file.p);
	if (!np_kube_header_safe((struct np_str){ s, n }))
		return np_err_set(err, NP_EVALID, "the token in '%s' holds control characters",
				  a->config->token_file.p);
	np_auto_free char *token = np_xstrndup(s, n);
	np_auto_free char *old = np_steal(a->now.header);

	set_bearer(&a->now, token);
	if (!old || strcmp(old, a->now.header))
		a->now.generation++;
	return 0;
}

/* A token that was good once is kept when its file cannot be read for a moment (rotation). */
static int refresh_file(struct np_kube_auth *a, struct np_err *err)
{
	const char *path = a->config->token_file.p;
	int64_t now = np_now_us();
	struct np_buf text = { NULL, 0, 0 };
	struct np_err why = { .code = NP_OK };
	struct stat st = { .st_size = 0 };
	int rc;

	if (!stat(path, &st) && same_file(a, &st) && now - a->read_us < REREAD_US && !a->stale)
		return 0;
	rc = np_file_read(path, NP_KUBE_FILE_MAX, &text, &why);
	if (rc)
		why.code = NP_EENV;
	else
		rc = take_token(a, &text, &why);
	np_buf_release(&text);
	if (!rc) {
		a->mtime = st.st_mtim;
		a->inode = st.st_ino;
		a->read_us = now;
		a->stale = false;
	}
	if (!rc || a->now.header)
		return 0;
	if (err)
		*err = why;
	return np_err_prefix(err, "no token");
}

static int refresh_plugin(struct np_kube_auth *a, const atomic_int *cancel, struct np_err *err)
{
	struct np_kube_plugin_cred got;

	if (a->read_us && !a->stale && time(NULL) + EARLY_S < a->expires_s)
		return 0;
	if (np_kube_plugin_run(a->config, NP_KUBE_PLUGIN_TIMEOUT_MS, cancel, &got, err))
		return -1;
	if (got.token && !np_kube_header_safe(np_str_from(got.token))) {
		np_kube_plugin_cred_release(&got);
		return np_err_set(err, NP_EVALID,
				  "the token of credential plugin '%s' holds control "
				  "characters",
				  a->config->plugin->command.p);
	}
	free(a->now.header);
	a->now.header = NULL;
	if (got.token)
		set_bearer(&a->now, got.token);
	/* A certificate of the file goes before the plugin's, as in client-go. */
	if (!a->config->cert.n) {
		free(a->now.cert);
		free(a->now.key);
		a->now.cert = np_steal(got.cert);
		a->now.key = np_steal(got.key);
	}
	a->now.generation++;
	a->expires_s = got.expires_s;
	a->read_us = np_now_us();
	a->stale = false;
	np_kube_plugin_cred_release(&got);
	return 0;
}

/* A plugin is not asked when the file gives something for the same header, as in client-go. */
static bool uses_plugin(const struct np_kube_config *c)
{
	return c->plugin && !c->token.n && !c->token_file.n && !c->username.n;
}

int np_kube_auth_get(struct np_kube_auth *a, const atomic_int *cancel, struct np_kube_cred *ret,
		     struct np_err *err)
{
	int rc = 0;

	pthread_mutex_lock(&a->lock);
	if (a->config->token_file.n)
		rc = refresh_file(a, err);
	else if (uses_plugin(a->config))
		rc = refresh_plugin(a, cancel, err);
	if (!rc) {
		ret->header = a->now.header ? np_xstrdup(a->now.header) : NULL;
		ret->cert = a->now.cert ? np_xstrdup(a->now.cert) : NULL;
		ret->key = a->now.key ? np_xstrdup(a->now.key) : NULL;
		ret->generation = a->now.generation;
	}
	pthread_mutex_unlock(&a->lock);
	return rc;
}

bool np_kube_auth_refused(struct np_kube_auth *a, uint64_t generation)
{
	bool again;

	pthread_mutex_lock(&a->lock);
	again = a->now.generation != generation;
	if (!again && (a->config->token_file.n || uses_plugin(a->config))) {
		a->stale = true;
		again = true;
	}
	pthread_mutex_unlock(&a->lock);
	return again;
}
