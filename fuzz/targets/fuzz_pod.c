/*
 * fuzz_pod.c - what the in-pod agent reads: request lines from the harness, greetings, DNS and SCTP
 * from whoever is on the network. The first byte says which: 'l' lines through a session whose engine
 * is the one below, 'g' a greeting, 'd' a DNS answer behind the name asked for and a line's end, 's' an
 * SCTP packet, 'r' one behind an IP header.
 */
#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#include "../../harness/agent/pod/dns.h"
#include "../../harness/agent/pod/engine.h"
#include "../../harness/agent/pod/kinds.h"
#include "../../harness/agent/pod/lines.h"
#include "../../harness/agent/pod/sctp_wire.h"
#include "../../harness/agent/pod/session.h"
#include "fuzz.h"
#include "np/base/file.h"

/* ---- an engine that decides every probe at once, and connects nothing ---- */

int engine_init(struct engine *e, engine_report *report, void *report_arg)
{
	e->report = report;
	e->report_arg = report_arg;
	e->n_requests = e->n_decided = 0;
	return 0;
}

const char *engine_caps(const struct engine *e)
{
	(void)e;
	return "-";
}

unsigned engine_in_flight_max(const struct engine *e)
{
	(void)e;
	return 1;
}

void engine_begin(struct engine *e, const struct request *requests, size_t n, unsigned timeout_ms,
		  unsigned attempts)
{
	FUZZ_CHECK(n <= NP_AGENT_BATCH_MAX && timeout_ms && attempts, "batch of %zu", n);
	FUZZ_CHECK(timeout_ms <= NP_AGENT_TIMEOUT_MAX_MS && attempts <= NP_AGENT_ATTEMPTS_MAX, "limits");
	e->requests = requests;
	e->n_requests = n;
	e->n_decided = 0;
}

bool engine_running(const struct engine *e)
{
	return e->n_decided < e->n_requests;
}

static void decide(struct engine *e)
{
	const struct request *req = &e->requests[e->n_decided++];
	struct result r = { .req = req, .outcome = NP_OUT_DROPPED, .detail = "-", .who = NP_STR("-"),
			    .seen_addr = NP_STR("-") };

	FUZZ_CHECK(req->dst.sa.sa_family && addr_port(&req->dst), "a probe to nowhere");
	FUZZ_CHECK(strlen(req->expect) <= NP_AGENT_IDENTITY_MAX, "identity");
	FUZZ_CHECK(!kind_asks(req->kind) || dns_name_ok(np_str_from(req->query)), "a question without a name");
	e->report(e->report_arg, &r);
}

bool engine_turn(struct engine *e, int wait_ms)
{
	(void)wait_ms;
	while (engine_running(e))
		decide(e);
	return true;
}

bool engine_watch(struct engine *e, int fd, bool on)
{
	(void)e;
	(void)fd;
	(void)on;
	return false;
}

/* The table of kinds.c, without what they do. */
static const char *const kinds[] = NP_PROBE_KIND_NAMES;

bool kind_find(struct np_str name, uint8_t *ret)
{
	for (uint8_t i = 0; i < NP_PROBE_KINDS; i++)
		if (np_str_is(name, kinds[i])) {
			*ret = i;
			return true;
		}
	return false;
}

bool kind_asks(uint8_t kind)
{
	return kind == NP_PROBE_DNS_UDP || kind == NP_PROBE_DNS_TCP;
}

int64_t now_us(void)
{
	return 1;
}

/* ---- what is read ---- */

/* What the agent answers with is what the harness can read, line by line. */
static void check_answers(int fd)
{
	char bytes[4096];
	ssize_t n = pread(fd, bytes, sizeof(bytes), 0);

	FUZZ_CHECK(n >= 6 && memcmp(bytes, "hello ", 6) == 0, "no hello");
}

static void lines(struct np_str text)
{
	int in = memfd_create("in", MFD_CLOEXEC), out = memfd_create("out", MFD_CLOEXEC), rc;

	if (in < 0 || out < 0 || np_write_all(in, text.p, text.n) < 0)
		abort();
	lseek(in, 0, SEEK_SET);
	rc = session_run(in, out, "x/a", 1000);
	FUZZ_CHECK(rc == 0 || rc == 1, "status %d", rc);
	check_answers(out);
	close(in);
	close(out);
}

static void greeting(struct np_str text)
{
	struct greeting g;
	enum greeting_state before = GREETING_PARTIAL, s = GREETING_PARTIAL;

	/* In pieces: what was whole or none stays so. */
	for (size_t n = 0; n <= text.n && n <= GREETING_MAX + 1; n++) {
		s = greeting_read((struct np_str){ text.p, n }, &g);
		FUZZ_CHECK(before == GREETING_PARTIAL || s == before, "%d, then %d", before, s);
		if (s == GREETING_WHOLE)
			FUZZ_CHECK(g.identity.n && g.identity.n <= NP_AGENT_IDENTITY_MAX &&
					   g.seen_port <= UINT16_MAX, "greeting");
		before = s;
	}
}

static void dns(struct fuzz_in *in)
{
	struct np_str name = fuzz_until(in, '\n');
	uint8_t query[DNS_QUERY_BYTES];
	unsigned n, rcode = 0;

	if (!dns_name_ok(name))
		return;
	n = dns_query(name, 0x1234, query);
	FUZZ_CHECK(n <= DNS_QUERY_BYTES, "a query of %u bytes", n);
	if (dns_answers(query, n, in->p, (unsigned)in->n, &rcode))
		FUZZ_CHECK(rcode < 16 && in->n >= 12, "rcode %u", rcode);
}

static void sctp(struct fuzz_in *in, bool raw)
{
	size_t at = raw ? sctp_offset(true, in->p, in->n) : 0;
	struct sctp_packet p, again;
	uint8_t buf[SCTP_PACKET_MAX], *fixed;
	uint32_t sum;
	unsigned n;

	FUZZ_CHECK(at <= in->n, "SCTP at %zu of %zu", at, in->n);
	if (in->n - at < 12)
		return;
	/* Nobody guesses checksums. */
	fixed = np_xmalloc(in->n - at);
	memcpy(fixed, in->p + at, in->n - at);
	memset(fixed + 8, 0, 4);
	sum = crc32c(fixed, in->n - at);
	for (int i = 0; i < 4; i++)
		fixed[8 + i] = (uint8_t)(sum >> (8 * i));
	if (sctp_read(fixed, in->n - at, &p)) {
		FUZZ_CHECK(p.cookie.n <= SCTP_COOKIE_MAX, "cookie of %zu", p.cookie.n);
		n = sctp_write(&p, buf);
		FUZZ_CHECK(n <= SCTP_PACKET_MAX && sctp_read(buf, n, &again), "what was read is not written");
		FUZZ_CHECK(again.chunk == p.chunk && again.tag == p.tag && again.src_port == p.src_port,
			   "written otherwise");
		FUZZ_CHECK(p.chunk != SCTP_INIT_ACK || np_str_eq(again.cookie, p.cookie), "another cookie");
	}
	free(fixed);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct np_str text = fuzz_tight(data, size);
	struct fuzz_in in = { (const uint8_t *)text.p, text.n };

	switch (fuzz_byte(&in)) {
	case 'l':
		lines(fuzz_str(&in));
		break;
	case 'g':
		greeting(fuzz_str(&in));
		break;
	case 'd':
		dns(&in);
		break;
	case 's':
		sctp(&in, false);
		break;
	case 'r':
		sctp(&in, true);
		break;
	default:
		break;
	}
	fuzz_loosen(&text);
	return 0;
}
