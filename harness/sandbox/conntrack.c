/* ctnetlink: list, pick, delete. The contract is in conntrack.h. */
#include <arpa/inet.h>
#include <errno.h>
#include <libmnl/libmnl.h>
#include <linux/netfilter/nfnetlink.h>
#include <linux/netfilter/nfnetlink_conntrack.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "conntrack.h"
#include "np/base/buf.h"
#include "np/base/mem.h"

#define ANSWER_BYTES (64UL * 1024)
#define MESSAGE_MAX_BYTES 1024UL
#define ANSWER_TIMEOUT_S 5
#define SEND_BYTES (16UL * 1024)	/* deletions sent together */

struct np_conntrack {
	struct mnl_socket *socket;
	unsigned seq;
};

struct np_conntrack *np_conntrack_new(struct np_err *err)
{
	struct np_conntrack *ct = np_xcalloc(1, sizeof(*ct));
	struct timeval timeout = { .tv_sec = ANSWER_TIMEOUT_S };
	int one = 1;

	ct->socket = mnl_socket_open2(NETLINK_NETFILTER, SOCK_CLOEXEC);
	if (ct->socket && mnl_socket_bind(ct->socket, 0, MNL_SOCKET_AUTOPID) == 0 &&
	    setsockopt(mnl_socket_get_fd(ct->socket), SOL_SOCKET, SO_RCVTIMEO, &timeout,
		       sizeof(timeout)) == 0) {
		mnl_socket_setsockopt(ct->socket, NETLINK_CAP_ACK, &one, sizeof(one));
		return ct;
	}
	np_err_errno(err, NP_EENV, errno, "cannot open a netfilter socket");
	np_conntrack_free(ct);
	return NULL;
}

void np_conntrack_free(struct np_conntrack *ct)
{
	if (ct && ct->socket)
		mnl_socket_close(ct->socket);
	free(ct);
}

static struct nlmsghdr *put_message(void *buf, unsigned type, unsigned flags, unsigned seq,
				    int family)
{
	struct nlmsghdr *h = mnl_nlmsg_put_header(buf);
	struct nfgenmsg *nfg;

	h->nlmsg_type = (uint16_t)(NFNL_SUBSYS_CTNETLINK << 8 | type);
	h->nlmsg_flags = (uint16_t)(NLM_F_REQUEST | flags);
	h->nlmsg_seq = seq;
	nfg = mnl_nlmsg_put_extra_header(h, sizeof(*nfg));
	nfg->nfgen_family = (uint8_t)family;
	nfg->version = NFNETLINK_V0;
	return h;
}

/* ---- which entries ---- */

struct picking {
	const struct np_addr *ips;
	size_t n;
	bool last_bytes[256]; /* of ips: most entries are none of theirs */
	bool hit;
	const struct nlattr *orig, *id, *zone;
};

static bool is_wanted(const struct picking *p, const struct nlattr *attr)
{
	size_t width = mnl_attr_get_payload_len(attr);
	const uint8_t *bytes = mnl_attr_get_payload(attr);

	if (!width || !p->last_bytes[bytes[width - 1]])
		return false;
	for (size_t i = 0; i < p->n; i++)
		if (p->ips[i].width == width && memcmp(p->ips[i].bytes, bytes, width) == 0)
			return true;
	return false;
}

static int take_address(const struct nlattr *attr, void *data)
{
	struct picking *p = data;

	p->hit |= is_wanted(p, attr);
	return MNL_CB_OK;
}

static int take_tuple(const struct nlattr *attr, void *data)
{
	return mnl_attr_get_type(attr) == CTA_TUPLE_IP
		       ? mnl_attr_parse_nested(attr, take_address, data)
		       : MNL_CB_OK;
}

static int take_entry_attr(const struct nlattr *attr, void *data)
{
	struct picking *p = data;

	switch (mnl_attr_get_type(attr)) {
	case CTA_TUPLE_ORIG:
		p->orig = attr;
		return mnl_attr_parse_nested(attr, take_tuple, p);
	case CTA_TUPLE_REPLY:
		return mnl_attr_parse_nested(attr, take_tuple, p);
	case CTA_ID:
		p->id = attr;
		break;
	case CTA_ZONE:
		p->zone = attr;
		break;
	default:
		break;
	}
	return MNL_CB_OK;
}

static void copy_attr(struct nlmsghdr *h, const struct nlattr *attr, unsigned flags)
{
	if (attr)
		mnl_attr_put(h, (uint16_t)(mnl_attr_get_type(attr) | flags),
			     mnl_attr_get_payload_len(attr), mnl_attr_get_payload(attr));
}

struct forgetting {
	struct np_conntrack *ct;
	struct picking picking;
	struct np_buf deletions;
	int n;
};

static int take_entry(const struct nlmsghdr *h, void *data)
{
	struct forgetting *f = data;
	const struct nfgenmsg *nfg = mnl_nlmsg_get_payload(h);
	struct nlmsghdr *d;

	f->picking.hit = false;
	f->picking.orig = f->picking.id = f->picking.zone = NULL;
	mnl_attr_parse(h, sizeof(*nfg), take_entry_attr, &f->picking);
	if (!f->picking.hit || !f->picking.orig)
		return MNL_CB_OK;
	d = put_message(np_buf_reserve(&f->deletions, MESSAGE_MAX_BYTES), IPCTNL_MSG_CT_DELETE,
			NLM_F_ACK, ++f->ct->seq, nfg->nfgen_family);
	copy_attr(d, f->picking.orig, NLA_F_NESTED);
	copy_attr(d, f->picking.id, 0);
	copy_attr(d, f->picking.zone, 0);
	f->deletions.len += MNL_ALIGN(d->nlmsg_len);
	f->n++;
	return MNL_CB_OK;
}

/* ---- talking ---- */

static int list_entries(struct forgetting *f, struct np_err *err)
{
	_Alignas(NLMSG_ALIGNTO) char question[MESSAGE_MAX_BYTES];
	np_auto_free char *answer = np_xmalloc(ANSWER_BYTES);
	unsigned seq = ++f->ct->seq;
	struct nlmsghdr *h = put_message(question, IPCTNL_MSG_CT_GET, NLM_F_DUMP, seq, AF_UNSPEC);
	int rc = MNL_CB_OK;

	if (mnl_socket_sendto(f->ct->socket, h, h->nlmsg_len) < 0)
		return np_err_errno(err, NP_EENV, errno, "cannot ask for connections");
	while (rc > MNL_CB_STOP) {
		ssize_t n = mnl_socket_recvfrom(f->ct->socket, answer, ANSWER_BYTES);

		if (n < 0 && errno == EINTR)
			continue;
		rc = n < 0 ? -1
			   : mnl_cb_run(answer, (size_t)n, seq,
					mnl_socket_get_portid(f->ct->socket), take_entry, f);
	}
	return rc < 0 ? np_err_errno(err, NP_EENV, errno, "cannot list connections") : 0;
}

/*
 * Takes as many answers as there were questions; ENOENT is an entry that ended by itself, and so is
 * any other failure of one.
 */
static int take_answers(struct forgetting *f, size_t expected, struct np_err *err)
{
	np_auto_free char *answer = np_xmalloc(ANSWER_BYTES);

	while (expected > 0) {
		ssize_t n = mnl_socket_recvfrom(f->ct->socket, answer, ANSWER_BYTES);
		const struct nlmsghdr *h = (const void *)answer;
		int rest = (int)n;

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return np_err_errno(err, NP_EENV, errno,
					    "the kernel does not answer about connections");
		for (; mnl_nlmsg_ok(h, rest) && expected > 0; h = mnl_nlmsg_next(h, &rest))
			expected -= h->nlmsg_type == NLMSG_ERROR;
	}
	return 0;
}

static int delete_entries(struct forgetting *f, struct np_err *err)
{
	const char *p = f->deletions.data;
	size_t left = f->deletions.len;

	while (left > 0) {
		size_t bytes = 0, n = 0;

		while (bytes < left && bytes < SEND_BYTES) {
			bytes += MNL_ALIGN(
				((const struct nlmsghdr *)(const void *)(p + bytes))->nlmsg_len);
			n++;
		}
		if (mnl_socket_sendto(f->ct->socket, p, bytes) < 0)
			return np_err_errno(err, NP_EENV, errno, "cannot delete connections");
		if (take_answers(f, n, err) < 0)
			return -1;
		p += bytes;
		left -= bytes;
	}
	return 0;
}

int np_conntrack_forget(struct np_conntrack *ct, const struct np_addr *ips, size_t n,
			struct np_err *err)
{
	struct forgetting f = { .ct = ct, .picking = { .ips = ips, .n = n } };
	int rc;

	for (size_t i = 0; i < n; i++)
		if (ips[i].width)
			f.picking.last_bytes[ips[i].bytes[ips[i].width - 1]] = true;
	/* One walk through the table for both families. */
	rc = n ? list_entries(&f, err) : 0;
	if (rc == 0)
		rc = delete_entries(&f, err);
	np_buf_release(&f.deletions);
	return rc < 0 ? -1 : f.n;
}
