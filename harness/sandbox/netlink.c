/* rtnetlink in batches. The contract is in netlink.h. */
#include <errno.h>
#include <libmnl/libmnl.h>
#include <linux/if.h>
#include <linux/if_link.h>
#include <linux/neighbour.h>
#include <linux/rtnetlink.h>
#include <linux/veth.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "netlink.h"
#include "np/base/clock.h"
#include "np/base/mem.h"

#define QUEUE_BYTES (32UL * 1024)
#define MESSAGE_MAX_BYTES 512UL		/* no operation of ours needs 300 */
#define ANSWER_BYTES (16UL * 1024)
#define ANSWER_TIMEOUT_S 5

/* Locally administered; the same on every wire, so that the neighbour entries are, too. */
static const uint8_t mac_first[6] = { 0x02, 0x6e, 0x70, 0, 0, 1 };
static const uint8_t mac_second[6] = { 0x02, 0x6e, 0x70, 0, 0, 2 };

static const struct np_addr gateway4 = { 4, { 169, 254, 1, 1 } };
static const struct np_addr gateway6 = { 16, { 0xfe, 0x80, [15] = 1 } };

struct queued {
	unsigned seq;
	int harmless;		/* an error number that is none, 0 */
	const char *what;
	char subject[NP_ADDR_TEXT_MAX + 8];
};

struct np_nl {
	struct mnl_socket *socket;
	unsigned seq;
	struct queued queue[NP_NL_QUEUE_MAX];
	size_t n_queued, queued_bytes;
	struct np_err first;	/* of flushes that the queue made by itself */
	_Alignas(NLMSG_ALIGNTO) char bytes[QUEUE_BYTES];
};

static int open_socket(struct np_nl *nl)
{
	struct timeval timeout = { .tv_sec = ANSWER_TIMEOUT_S };
	int one = 1;
	int fd;

	nl->socket = mnl_socket_open2(NETLINK_ROUTE, SOCK_CLOEXEC);
	if (!nl->socket || mnl_socket_bind(nl->socket, 0, MNL_SOCKET_AUTOPID) < 0)
		return -1;
	fd = mnl_socket_get_fd(nl->socket);
	if (setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &timeout, sizeof(timeout)) < 0)
		return -1;
	/* Answers without a copy of the question; an older kernel sends longer ones. */
	mnl_socket_setsockopt(nl->socket, NETLINK_CAP_ACK, &one, sizeof(one));
	return 0;
}

struct np_nl *np_nl_new(struct np_err *err)
{
	struct np_nl *nl = np_xcalloc(1, sizeof(*nl));

	if (open_socket(nl) == 0)
		return nl;
	np_err_errno(err, NP_EENV, errno, "cannot open an rtnetlink socket");
	np_nl_free(nl);
	return NULL;
}

void np_nl_free(struct np_nl *nl)
{
	if (nl && nl->socket)
		mnl_socket_close(nl->socket);
	free(nl);
}

static int family_of(const struct np_addr *addr)
{
	return addr->width == 4 ? AF_INET : AF_INET6;
}

/* A message at the end of the queue; queue_end() closes it. */
static struct nlmsghdr *queue_begin(struct np_nl *nl, uint16_t type, unsigned flags,
				    const char *what)
{
	struct nlmsghdr *h;
	struct queued *q;

	if (nl->n_queued == NP_NL_QUEUE_MAX || nl->queued_bytes + MESSAGE_MAX_BYTES > QUEUE_BYTES)
		np_nl_flush(nl, &nl->first);
	q = &nl->queue[nl->n_queued];
	*q = (struct queued){ .seq = ++nl->seq, .what = what };
	h = mnl_nlmsg_put_header(nl->bytes + nl->queued_bytes);
	h->nlmsg_type = type;
	h->nlmsg_flags = (uint16_t)(NLM_F_REQUEST | NLM_F_ACK | flags);
	h->nlmsg_seq = q->seq;
	return h;
}

static struct queued *queue_end(struct np_nl *nl, const struct nlmsghdr *h, const char *subject)
{
	struct queued *q = &nl->queue[nl->n_queued++];

	nl->queued_bytes += MNL_ALIGN(h->nlmsg_len);
	strncpy(q->subject, subject, sizeof(q->subject) - 1);
	return q;
}

static struct queued *queue_end_index(struct np_nl *nl, const struct nlmsghdr *h, int index)
{
	char text[32];

	snprintf(text, sizeof(text), "index %d", index);
	return queue_end(nl, h, text);
}

static struct queued *queue_end_addr(struct np_nl *nl, const struct nlmsghdr *h,
				     const struct np_addr *addr)
{
	char text[NP_ADDR_TEXT_MAX];

	return queue_end(nl, h, np_addr_text(addr, text));
}

static void put_addr(struct nlmsghdr *h, uint16_t attr, const struct np_addr *addr)
{
	mnl_attr_put(h, attr, addr->width, addr->bytes);
}

static void put_end(struct nlmsghdr *h, const struct np_nl_end *end, const uint8_t *mac)
{
	mnl_attr_put_strz(h, IFLA_IFNAME, end->name);
	mnl_attr_put(h, IFLA_ADDRESS, 6, mac);
	if (end->netns_fd >= 0)
		mnl_attr_put_u32(h, IFLA_NET_NS_FD, (uint32_t)end->netns_fd);
}

static void put_ifinfo(struct nlmsghdr *h, int index, unsigned flags)
{
	struct ifinfomsg *info = mnl_nlmsg_put_extra_header(h, sizeof(*info));

	info->ifi_family = AF_UNSPEC;
	info->ifi_index = index;
	info->ifi_flags = flags;
	info->ifi_change = flags;
}

void np_nl_wire(struct np_nl *nl, const struct np_nl_end *a, const struct np_nl_end *b)
{
	struct nlmsghdr *h =
		queue_begin(nl, RTM_NEWLINK, NLM_F_CREATE | NLM_F_EXCL, "make a veth pair");
	struct nlattr *info, *data, *peer;

	put_ifinfo(h, a->index, IFF_UP);
	put_end(h, a, mac_first);
	info = mnl_attr_nest_start(h, IFLA_LINKINFO);
	mnl_attr_put_str(h, IFLA_INFO_KIND, "veth");
	data = mnl_attr_nest_start(h, IFLA_INFO_DATA);
	peer = mnl_attr_nest_start(h, VETH_INFO_PEER);
	put_ifinfo(h, b->index, 0);	/* the kernel cannot bring up this end here */
	put_end(h, b, mac_second);
	mnl_attr_nest_end(h, peer);
	mnl_attr_nest_end(h, data);
	mnl_attr_nest_end(h, info);
	queue_end(nl, h, a->name);
}

void np_nl_link_up(struct np_nl *nl, int index)
{
	struct nlmsghdr *h = queue_begin(nl, RTM_SETLINK, 0, "bring up link");

	put_ifinfo(h, index, IFF_UP);
	queue_end_index(nl, h, index);
}

static void put_neighbour(struct np_nl *nl, int index, const struct np_addr *addr,
			  const uint8_t *mac)
{
	struct nlmsghdr *h = queue_begin(nl, RTM_NEWNEIGH, NLM_F_CREATE | NLM_F_REPLACE,
					 "add a neighbour on link");
	struct ndmsg *nd = mnl_nlmsg_put_extra_header(h, sizeof(*nd));

	nd->ndm_family = (uint8_t)family_of(addr);
	nd->ndm_ifindex = index;
	nd->ndm_state = NUD_PERMANENT;
	put_addr(h, NDA_DST, addr);
	mnl_attr_put(h, NDA_LLADDR, 6, mac);
	queue_end_index(nl, h, index)->harmless = EAFNOSUPPORT;	/* a kernel without IPv6 */
}

void np_nl_gateways(struct np_nl *nl, int index, bool second)
{
	const uint8_t *mac = second ? mac_first : mac_second;

	put_neighbour(nl, index, &gateway4, mac);
	put_neighbour(nl, index, &gateway6, mac);
}

void np_nl_address(struct np_nl *nl, int index, const struct np_addr *addr)
{
	struct nlmsghdr *h = queue_begin(nl, RTM_NEWADDR, NLM_F_CREATE | NLM_F_EXCL, "add address");
	struct ifaddrmsg *ifa = mnl_nlmsg_put_extra_header(h, sizeof(*ifa));

	ifa->ifa_family = (uint8_t)family_of(addr);
	ifa->ifa_prefixlen = (uint8_t)(8 * addr->width);
	ifa->ifa_flags = addr->width == 16 ? IFA_F_NODAD : 0;
	ifa->ifa_scope = RT_SCOPE_UNIVERSE;
	ifa->ifa_index = (unsigned)index;
	put_addr(h, IFA_LOCAL, addr);
	put_addr(h, IFA_ADDRESS, addr);
	queue_end_addr(nl, h, addr);
}

static void put_route(struct nlmsghdr *h, const struct np_addr *dst, unsigned prefix_bits,
		      int index)
{
	struct rtmsg *rt = mnl_nlmsg_put_extra_header(h, sizeof(*rt));

	rt->rtm_family = (uint8_t)family_of(dst);
	rt->rtm_dst_len = (uint8_t)prefix_bits;
	rt->rtm_table = RT_TABLE_MAIN;
	rt->rtm_protocol = RTPROT_STATIC;
	rt->rtm_scope = RT_SCOPE_UNIVERSE;
	rt->rtm_type = RTN_UNICAST;
	rt->rtm_flags = RTNH_F_ONLINK;
	put_addr(h, RTA_DST, dst);
	mnl_attr_put_u32(h, RTA_OIF, (uint32_t)index);
}

void np_nl_route(struct np_nl *nl, const struct np_addr *dst, unsigned prefix_bits, int index,
		 const struct np_addr *src)
{
	struct nlmsghdr *h =
		queue_begin(nl, RTM_NEWROUTE, NLM_F_CREATE | NLM_F_REPLACE, "add a route for");

	put_route(h, dst, prefix_bits, index);
	put_addr(h, RTA_GATEWAY, dst->width == 4 ? &gateway4 : &gateway6);
	if (src)
		put_addr(h, RTA_PREFSRC, src);
	queue_end_addr(nl, h, dst);
}

void np_nl_route_del(struct np_nl *nl, const struct np_addr *dst, unsigned prefix_bits, int index)
{
	struct nlmsghdr *h = queue_begin(nl, RTM_DELROUTE, 0, "remove the route for");

	put_route(h, dst, prefix_bits, index);
	queue_end_addr(nl, h, dst)->harmless = ESRCH;
}

static const struct queued *find_queued(const struct np_nl *nl, unsigned seq)
{
	for (size_t i = 0; i < nl->n_queued; i++) {
		if (nl->queue[i].seq == seq)
			return &nl->queue[i];
	}
	return NULL;
}

/* One answer: counts down what is still expected, keeps the first failure. */
static void take_answer(const struct np_nl *nl, const struct nlmsghdr *h, size_t *left,
			struct np_err *first)
{
	const struct queued *q = find_queued(nl, h->nlmsg_seq);
	const struct nlmsgerr *e = mnl_nlmsg_get_payload(h);

	if (!q || h->nlmsg_type != NLMSG_ERROR || mnl_nlmsg_get_payload_len(h) < sizeof(e->error))
		return;
	(*left)--;
	if (e->error && -e->error != q->harmless && first->code == NP_OK)
		np_err_errno(first, NP_EENV, -e->error, "cannot %s '%s'", q->what, q->subject);
}

static int collect(struct np_nl *nl, struct np_err *first)
{
	_Alignas(NLMSG_ALIGNTO) char answer[ANSWER_BYTES];
	size_t left = nl->n_queued;

	while (left > 0) {
		ssize_t n = mnl_socket_recvfrom(nl->socket, answer, sizeof(answer));
		const struct nlmsghdr *h = (const void *)answer;
		int rest = (int)n;

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return np_err_errno(first, NP_EENV, n < 0 ? errno : EPIPE,
					    "the kernel's rtnetlink does not answer");
		for (; mnl_nlmsg_ok(h, rest); h = mnl_nlmsg_next(h, &rest))
			take_answer(nl, h, &left, first);
	}
	return first->code == NP_OK ? 0 : -1;
}

int np_nl_flush(struct np_nl *nl, struct np_err *err)
{
	struct np_err first = nl->first;

	if (nl->n_queued > 0) {
		if (mnl_socket_sendto(nl->socket, nl->bytes, nl->queued_bytes) < 0)
			np_err_errno(&first, NP_EENV, errno, "cannot send to rtnetlink");
		else
			collect(nl, &first);
	}
	nl->n_queued = nl->queued_bytes = 0;
	np_err_clear(&nl->first);
	if (first.code == NP_OK)
		return 0;
	if (err)
		*err = first;
	return -1;
}

struct link_state {
	bool up, has_queue;
};

static int take_link_attr(const struct nlattr *attr, void *data)
{
	struct link_state *state = data;

	switch (mnl_attr_get_type(attr)) {
	case IFLA_OPERSTATE:
		state->up = mnl_attr_get_u8(attr) == IF_OPER_UP;
		break;
	case IFLA_QDISC:
		state->has_queue = strcmp(mnl_attr_get_str(attr), "noop") != 0;
		break;
	default:
		break;
	}
	return MNL_CB_OK;
}

bool np_nl_link_ready(struct np_nl *nl, int index)
{
	_Alignas(NLMSG_ALIGNTO) char answer[ANSWER_BYTES];
	struct nlmsghdr *h = mnl_nlmsg_put_header(nl->bytes);
	struct link_state state = { false, false };
	ssize_t n;

	h->nlmsg_type = RTM_GETLINK;
	h->nlmsg_flags = NLM_F_REQUEST;
	h->nlmsg_seq = ++nl->seq;
	put_ifinfo(h, index, 0);
	if (mnl_socket_sendto(nl->socket, h, h->nlmsg_len) < 0)
		return false;
	n = mnl_socket_recvfrom(nl->socket, answer, sizeof(answer));
	h = (void *)answer;
	if (n <= 0 || !mnl_nlmsg_ok(h, (int)n) || h->nlmsg_type != RTM_NEWLINK ||
	    h->nlmsg_seq != nl->seq)
		return false;
	mnl_attr_parse(h, sizeof(struct ifinfomsg), take_link_attr, &state);
	return state.up && state.has_queue;
}
