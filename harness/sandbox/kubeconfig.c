/* A kubeconfig file. The contract is in kubeconfig.h. */
#include <errno.h>
#include <fcntl.h>
#include <gnutls/gnutls.h>
#include <unistd.h>

#include "kubeconfig.h"
#include "np/base/buf.h"
#include "np/base/file.h"
#include "np/base/mem.h"

static const char heading[] =
	"apiVersion: v1\nkind: Config\ncurrent-context: netpolcheck-sandbox\n";

int np_kubeconfig_check(const char *path, struct np_err *err)
{
	np_auto_fd int fd = open(path, O_RDONLY | O_CLOEXEC);
	char start[sizeof(heading)];
	ssize_t n;

	if (fd < 0 && errno == ENOENT)
		return 0;
	n = fd < 0 ? -1 : read(fd, start, sizeof(heading) - 1);
	if (n == 0 ||
	    (n == sizeof(heading) - 1 && memcmp(start, heading, sizeof(heading) - 1) == 0))
		return 0;
	np_err_set(err, NP_EUSAGE,
		   "this file is not a sandbox's kubeconfig and will not be overwritten: name "
		   "another");
	return np_err_at(err, path, 0, 0);
}

static int add_base64(struct np_buf *b, const char *key, const char *text, struct np_err *err)
{
	gnutls_datum_t in = { (unsigned char *)text, (unsigned)strlen(text) }, out;
	int rc = gnutls_base64_encode2(&in, &out);

	if (rc < 0)
		return np_err_set(err, NP_EINTERNAL, "cannot encode '%s': %s", key,
				  gnutls_strerror(rc));
	np_buf_printf(b, "    %s: %.*s\n", key, (int)out.size, (const char *)out.data);
	gnutls_free(out.data);
	return 0;
}

static int fill(struct np_buf *b, unsigned port, const struct np_tls *tls, struct np_err *err)
{
	np_buf_adds(b, heading);
	np_buf_printf(b,
		      "preferences: {}\ncontexts:\n- name: netpolcheck-sandbox\n  context:\n    "
		      "cluster: sandbox\n    user: netpolcheck\n    namespace: default\n"
		      "clusters:\n- name: sandbox\n  cluster:\n    server: https://127.0.0.1:%u\n",
		      port);
	if (add_base64(b, "certificate-authority-data", tls->ca_cert, err) < 0)
		return -1;
	np_buf_adds(b, "users:\n- name: netpolcheck\n  user:\n");
	if (add_base64(b, "client-certificate-data", tls->client_cert, err) < 0)
		return -1;
	return add_base64(b, "client-key-data", tls->client_key, err);
}

static int write_new(const char *path, const struct np_buf *b, struct np_err *err)
{
	np_auto_fd int fd = -1;

	unlink(path);
	fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
	if (fd >= 0 && np_write_all(fd, b->data, b->len) == 0)
		return 0;
	np_err_errno(err, NP_EIO, errno, "cannot write a kubeconfig");
	return np_err_at(err, path, 0, 0);
}

int np_kubeconfig_write(const char *path, unsigned port, const struct np_tls *tls,
			struct np_err *err)
{
	struct np_buf b = { 0 };
	int rc = fill(&b, port, tls, err);

	if (rc == 0)
		rc = write_new(path, &b, err);
	np_buf_release(&b);
	return rc;
}
