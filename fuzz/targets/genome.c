/* genome.c - a small world out of bytes. */
#include "genome.h"

#include "np/gen/manifests.h"

static const struct np_str ns_names[] = { NP_STR("x"), NP_STR("y") };
static const struct np_str pod_names[] = { NP_STR("a"), NP_STR("b"), NP_STR("c"), NP_STR("d") };
static const struct np_str node_names[] = { NP_STR("n1"), NP_STR("n2") };
static const struct np_str keys[] = { NP_STR("k"), NP_STR("l"), NP_STR("kubernetes.io/metadata.name") };
static const struct np_str values[] = { NP_STR("u"), NP_STR("v"), NP_STR(""), NP_STR("x") };
static const struct np_str port_names[] = { NP_STR("web"), NP_STR("dns") };
static const struct np_str policy_names[] = { NP_STR("p"), NP_STR("q") };
static const uint16_t numbers[] = { 80, 81, 53, 8080, 65535, 1, 90, 443 };

static const char *const blocks[] = {
	"0.0.0.0/0", "::/0", "10.0.0.0/29", "10.0.0.1/32", "10.0.0.2/31", "10.0.0.0/8", "203.0.113.0/24",
	"203.0.113.9/32", "192.0.2.0/24", "192.0.2.1/32", "fd00::/64", "fd00::1/128", "2001:db8::/32",
	"10.0.0.3/29", "::ffff:10.0.0.0/104", "10.96.0.1/32", "010.0.0.0/8", "128.0.0.0/1", "0.0.0.0/1",
	"10.0.0.4/32",
};

/* Bits 0-1: of key k; 2-3: of key l. 0: absent. */
static struct np_labels labels_of(struct np_arena *a, unsigned bits)
{
	struct np_labels l = { np_arena_array(a, 2, sizeof(*l.items)), 0 };

	for (unsigned k = 0; k < 2; k++)
		if (bits >> (2 * k) & 3)
			l.items[l.n++] = (struct np_label){ keys[k], values[(bits >> (2 * k) & 3) - 1] };
	return l;
}

/* Bit 0: a label; 1: a requirement; then key, operator, values. Without either: everything. */
static void selector_of(struct np_arena *a, unsigned byte, struct np_selector *s)
{
	struct np_requirement *q;

	if (byte & 1) {
		s->match_labels.items = np_arena_alloc(a, sizeof(struct np_label));
		s->match_labels.items[0] = (struct np_label){ keys[(byte >> 2) % 3], values[byte >> 5 & 3] };
		s->match_labels.n = 1;
	}
	if (!(byte & 2))
		return;
	q = np_arena_alloc(a, sizeof(*q));
	q->key = keys[(byte >> 3) % 3];
	q->op = (enum np_op)(byte >> 4 & 3);
	if (q->op == NP_OP_IN || q->op == NP_OP_NOT_IN) {
		q->n_values = 1 + (byte >> 7);
		q->values = np_arena_array(a, 2, sizeof(*q->values));
		q->values[0] = values[byte >> 2 & 3];
		q->values[1] = values[byte >> 5 & 3];
	}
	s->exprs = q;
	s->n_exprs = 1;
}

static struct np_cidr block_of(unsigned at, struct np_str *ret_text)
{
	struct np_cidr c;

	*ret_text = np_str_from(blocks[at % NP_ARRAY_SIZE(blocks)]);
	FUZZ_CHECK(np_cidr_parse(*ret_text, &c), "%s", ret_text->p);
	return c;
}

/* Byte 1: kind; bytes 2 and 3: selectors, or block and excepts. */
static struct np_peer peer_of(struct np_arena *a, struct fuzz_in *in)
{
	unsigned kind = fuzz_byte(in), b = fuzz_byte(in), c = fuzz_byte(in);
	struct np_selector *s = np_arena_array(a, 2, sizeof(*s));
	struct np_peer p = { 0 };
	struct np_ipblock *block;

	selector_of(a, b, &s[0]);
	selector_of(a, c, &s[1]);
	if (kind % 4 < 3) {
		p.pod_selector = kind % 4 != 1 ? &s[0] : NULL;
		p.ns_selector = kind % 4 != 0 ? &s[1] : NULL;
		return p;
	}
	block = np_arena_alloc(a, sizeof(*block));
	block->cidr = block_of(b, &block->cidr_text);
	block->n_excepts = kind >> 2 & 3;
	block->excepts = np_arena_array(a, 4, sizeof(*block->excepts));
	block->except_texts = np_arena_array(a, 4, sizeof(*block->except_texts));
	for (size_t i = 0; i < block->n_excepts; i++)
		block->excepts[i] = block_of(c + (unsigned)i * (1 + (kind >> 4)), &block->except_texts[i]);
	p.ip_block = block;
	return p;
}

static enum np_proto proto_of(unsigned bits)
{
	return (enum np_proto)(bits % 4 < 2 ? 0 : bits % 4 - 1);
}

static struct np_port port_of(struct fuzz_in *in)
{
	unsigned a = fuzz_byte(in), b = fuzz_byte(in);
	struct np_port p = { .proto = proto_of(a), .kind = (enum np_port_kind)(a >> 2 & 3) };

	if (p.kind == NP_PORT_NUMBER || p.kind == NP_PORT_RANGE)
		p.port = numbers[b & 7];
	if (p.kind == NP_PORT_RANGE) {
		p.end_port = numbers[b >> 3 & 7];
		if (p.end_port < p.port)
			p.end_port = p.port;
	}
	if (p.kind == NP_PORT_NAME)
		p.name = port_names[b & 1];
	return p;
}

static void read_rule(struct np_arena *a, struct fuzz_in *in, struct np_rule *r)
{
	unsigned n = fuzz_byte(in);

	r->n_peers = n & 3;
	r->n_ports = n >> 2 & 3;
	r->peers = np_arena_array(a, 4, sizeof(*r->peers));
	r->ports = np_arena_array(a, 4, sizeof(*r->ports));
	for (size_t i = 0; i < r->n_peers; i++)
		r->peers[i] = peer_of(a, in);
	for (size_t i = 0; i < r->n_ports; i++)
		r->ports[i] = port_of(in);
}

static void read_policy(struct np_world *w, struct fuzz_in *in, unsigned at)
{
	struct np_policy *p = np_world_add_policy(w);
	unsigned n;

	p->name = policy_names[at];
	p->ns = ns_names[fuzz_byte(in) & 1];
	selector_of(&w->arena, fuzz_byte(in), &p->pod_selector);
	n = fuzz_byte(in);
	p->types[NP_INGRESS] = n & 1;
	p->types[NP_EGRESS] = n & 2;
	n = fuzz_byte(in);
	for (int d = 0; d < NP_N_DIRS; d++) {
		p->n_rules[d] = n >> (2 * d) & 3;
		p->rules[d] = np_arena_array(&w->arena, 4, sizeof(struct np_rule));
		for (size_t i = 0; i < p->n_rules[d]; i++)
			read_rule(&w->arena, in, &p->rules[d][i]);
	}
}

static void add_ips(unsigned which, uint8_t last, const uint8_t v4[3], const uint8_t v6[2],
		    struct np_addr *ips, size_t *n)
{
	if (which != 2)
		ips[(*n)++] = (struct np_addr){ 4, { v4[0], v4[1], v4[2], last } };
	if (which != 1) {
		ips[*n] = (struct np_addr){ 16, { v6[0], v6[1] } };
		ips[(*n)++].bytes[15] = last;
	}
}

static void read_pod(struct np_world *w, struct fuzz_in *in, unsigned at)
{
	static const uint8_t v4[] = { 10, 0, 0 }, v6[] = { 0xfd, 0 };
	struct np_pod *p = np_world_add_pod(w);
	unsigned where = fuzz_byte(in), labels = fuzz_byte(in), odd = fuzz_byte(in),
		 ports = fuzz_byte(in);

	p->name = pod_names[at];
	p->ns = ns_names[where & 1];
	p->node = node_names[where >> 1 & 1];
	p->labels = labels_of(&w->arena, labels);
	p->host_network = odd % 8 == 7;
	if (odd >> 3 & 1 && odd >> 4 & 1)
		p->phase = (enum np_phase)(odd >> 5);
	if (p->phase > NP_PHASE_UNKNOWN)
		p->phase = NP_PHASE_RUNNING;
	if (!p->host_network)
		add_ips(where >> 2 & 3, (uint8_t)(1 + at), v4, v6, p->ips, &p->n_ips);
	p->n_ports = ports & 3;
	p->ports = np_arena_array(&w->arena, 4, sizeof(*p->ports));
	for (unsigned i = 0; i < p->n_ports; i++)
		p->ports[i] = (struct np_container_port){
			.name = port_names[ports >> (2 + i) & 1],
			.proto = proto_of(ports >> 6),
			.port = numbers[((ports >> 4) + i) & 7],
			.ctr_kind = labels >> 4 & 1 ? (enum np_container_kind)((labels >> 5) % 3) : NP_CTR_REGULAR,
			.ctr = (uint16_t)i,
		};
}

static void read_service(struct np_world *w, struct fuzz_in *in)
{
	static const uint8_t v4[] = { 10, 96, 0 }, v6[] = { 0xfd, 0x96 };
	unsigned a = fuzz_byte(in), b = fuzz_byte(in), c = fuzz_byte(in);
	struct np_service *s;

	if (!(a & 1))
		return;
	s = np_world_add_service(w);
	s->name = NP_STR("s");
	s->ns = ns_names[a >> 1 & 1];
	s->selector = labels_of(&w->arena, b & 15);
	add_ips(0, 1, v4, v6, s->ips, &s->n_ips);
	s->n_ports = 1;
	s->ports = np_arena_alloc(&w->arena, sizeof(*s->ports));
	*s->ports = (struct np_service_port){ .proto = proto_of(c), .port = numbers[c >> 2 & 7],
					      .target_port = numbers[c >> 5] };
	if (a & 4)
		s->ports->target_name = port_names[a >> 3 & 1];
	if (a & 16)
		s->ports->node_port = numbers[b >> 4 & 7];
}

static void read_readings(struct fuzz_in *in, struct np_readings *ret)
{
	unsigned yes = fuzz_u16(in), open = fuzz_u16(in), n_open = 0;

	for (unsigned r = 0; r < NP_N_READINGS; r++) {
		ret->set[r] = yes >> r & 1 ? NP_SET_YES : NP_SET_NO;
		if (open >> r & 1 && n_open < GENOME_MAX_OPEN) {
			ret->set[r] = NP_SET_OPEN;
			n_open++;
		}
	}
}

static void add_nodes(struct np_world *w, unsigned n)
{
	static const uint8_t v4[] = { 192, 0, 2 }, v6[] = { 0x20, 1 };

	for (unsigned i = 0; i < n; i++) {
		struct np_node *node = np_world_add_node(w);

		node->name = node_names[i];
		add_ips(0, (uint8_t)(1 + i), v4, v6, node->ips, &node->n_ips);
	}
}

void genome_read(struct fuzz_in *in, struct genome *ret)
{
	struct np_world *w = &ret->w;
	struct np_err err = { .code = NP_OK };
	unsigned shape;

	np_world_init(w);
	read_readings(in, &ret->readings);
	shape = fuzz_byte(in);
	ret->family = shape & 1 ? 6 : 4;
	add_nodes(w, shape >> 1 & 1 ? 2 : 1);
	for (unsigned i = 0; i < GENOME_NS; i++) {
		struct np_namespace *ns = np_world_add_namespace(w);

		ns->name = ns_names[i];
		ns->labels = labels_of(&w->arena, fuzz_byte(in));
	}
	for (unsigned i = 0; i < GENOME_PODS; i++)
		read_pod(w, in, i);
	read_service(w, in);
	for (unsigned i = 0; i < GENOME_PROBES; i++) {
		ret->probes[i].proto = proto_of(fuzz_byte(in));
		ret->probes[i].port = numbers[fuzz_byte(in) & 7];
	}
	ret->law = fuzz_byte(in);
	ret->law_arg = fuzz_byte(in);
	for (unsigned i = 0; i < GENOME_POLICIES; i++)
		read_policy(w, in, i);
	FUZZ_CHECK(np_world_link(w, &err) == 0, "%s", err.msg);
}

void genome_print(const struct genome *g, struct np_buf *ret)
{
	np_gen_world_yaml(&g->w, ret);
	np_buf_adds(ret, "\n# readings by their clauses:");
	for (unsigned r = 0; r < NP_N_READINGS; r++)
		np_buf_printf(ret, " S%u=%s", np_reading_clause((enum np_reading)r),
			      g->readings.set[r] == NP_SET_OPEN ? "open" :
			      g->readings.set[r] == NP_SET_YES ? "yes" : "no");
	np_buf_addc(ret, '\n');
}
