/* manifests.c - model objects as JSON manifests. */
#include "np/gen/manifests.h"

#include "np/base/mem.h"

static void put_key(struct np_buf *b, bool first, const char *key)
{
	np_buf_printf(b, "%s\"%s\":", first ? "" : ",", key);
}

static void put_labels(struct np_buf *b, const struct np_labels *labels)
{
	np_buf_addc(b, '{');
	for (size_t i = 0; i < labels->n; i++) {
		np_buf_adds(b, i ? "," : "");
		np_buf_json(b, labels->items[i].key);
		np_buf_addc(b, ':');
		np_buf_json(b, labels->items[i].value);
	}
	np_buf_addc(b, '}');
}

static void put_head(struct np_buf *b, const char *api, const char *kind, struct np_str ns,
		     struct np_str name, const struct np_labels *labels)
{
	np_buf_printf(b, "{\"apiVersion\":\"%s\",\"kind\":\"%s\",\"metadata\":{\"name\":", api, kind);
	np_buf_json(b, name);
	if (ns.n) {
		np_buf_adds(b, ",\"namespace\":");
		np_buf_json(b, ns);
	}
	if (labels && labels->n) {
		np_buf_adds(b, ",\"labels\":");
		put_labels(b, labels);
	}
	np_buf_addc(b, '}');
}

static void put_requirement(struct np_buf *b, const struct np_requirement *q)
{
	np_buf_adds(b, "{\"key\":");
	np_buf_json(b, q->key);
	np_buf_printf(b, ",\"operator\":\"%s\"", np_op_name(q->op));
	for (size_t i = 0; i < q->n_values; i++) {
		np_buf_adds(b, i ? "," : ",\"values\":[");
		np_buf_json(b, q->values[i]);
	}
	np_buf_adds(b, q->n_values ? "]}" : "}");
}

static void put_selector(struct np_buf *b, const struct np_selector *s)
{
	np_buf_addc(b, '{');
	if (s->match_labels.n) {
		put_key(b, true, "matchLabels");
		put_labels(b, &s->match_labels);
	}
	if (s->n_exprs) {
		put_key(b, !s->match_labels.n, "matchExpressions");
		for (size_t i = 0; i < s->n_exprs; i++) {
			np_buf_addc(b, i ? ',' : '[');
			put_requirement(b, &s->exprs[i]);
		}
		np_buf_addc(b, ']');
	}
	np_buf_addc(b, '}');
}

static void put_block(struct np_buf *b, const struct np_ipblock *block)
{
	np_buf_adds(b, "{\"ipBlock\":{\"cidr\":");
	np_buf_json(b, block->cidr_text);
	for (size_t i = 0; i < block->n_excepts; i++) {
		np_buf_adds(b, i ? "," : ",\"except\":[");
		np_buf_json(b, block->except_texts[i]);
	}
	np_buf_adds(b, block->n_excepts ? "]}}" : "}}");
}

static void put_peer(struct np_buf *b, const struct np_peer *p)
{
	if (p->ip_block) {
		put_block(b, p->ip_block);
		return;
	}
	np_buf_addc(b, '{');
	if (p->ns_selector) {
		put_key(b, true, "namespaceSelector");
		put_selector(b, p->ns_selector);
	}
	if (p->pod_selector) {
		put_key(b, !p->ns_selector, "podSelector");
		put_selector(b, p->pod_selector);
	}
	np_buf_addc(b, '}');
}

static void put_port(struct np_buf *b, const struct np_port *p)
{
	np_buf_printf(b, "{\"protocol\":\"%s\"", np_proto_name(p->proto));
	if (p->kind == NP_PORT_NUMBER || p->kind == NP_PORT_RANGE)
		np_buf_printf(b, ",\"port\":%u", p->port);
	if (p->kind == NP_PORT_RANGE)
		np_buf_printf(b, ",\"endPort\":%u", p->end_port);
	if (p->kind == NP_PORT_NAME) {
		np_buf_adds(b, ",\"port\":");
		np_buf_json(b, p->name);
	}
	np_buf_addc(b, '}');
}

static void put_rule(struct np_buf *b, const struct np_rule *r, enum np_dir dir)
{
	np_buf_addc(b, '{');
	for (size_t i = 0; i < r->n_peers; i++) {
		np_buf_printf(b, "%s", i ? "," : dir == NP_INGRESS ? "\"from\":[" : "\"to\":[");
		put_peer(b, &r->peers[i]);
	}
	np_buf_adds(b, r->n_peers ? r->n_ports ? "]," : "]" : "");
	for (size_t i = 0; i < r->n_ports; i++) {
		np_buf_adds(b, i ? "," : "\"ports\":[");
		put_port(b, &r->ports[i]);
	}
	np_buf_adds(b, r->n_ports ? "]}" : "}");
}

void np_gen_policy_json(const struct np_policy *p, struct np_buf *ret)
{
	static const char *const lists[] = { [NP_INGRESS] = "ingress", [NP_EGRESS] = "egress" };
	static const char *const types[] = { [NP_INGRESS] = "\"Ingress\"", [NP_EGRESS] = "\"Egress\"" };

	put_head(ret, "networking.k8s.io/v1", "NetworkPolicy", p->ns, p->name, NULL);
	np_buf_adds(ret, ",\"spec\":{\"podSelector\":");
	put_selector(ret, &p->pod_selector);
	np_buf_printf(ret, ",\"policyTypes\":[%s%s%s]", p->types[NP_INGRESS] ? types[NP_INGRESS] : "",
		      p->types[NP_INGRESS] && p->types[NP_EGRESS] ? "," : "",
		      p->types[NP_EGRESS] ? types[NP_EGRESS] : "");
	for (int d = 0; d < NP_N_DIRS; d++) {
		if (!p->n_rules[d])
			continue;
		put_key(ret, false, lists[d]);
		for (size_t i = 0; i < p->n_rules[d]; i++) {
			np_buf_addc(ret, i ? ',' : '[');
			put_rule(ret, &p->rules[d][i], (enum np_dir)d);
		}
		np_buf_addc(ret, ']');
	}
	np_buf_adds(ret, "}}");
}

static void put_ips(struct np_buf *b, const struct np_addr *ips, size_t n, const char *before,
		    const char *after)
{
	char text[NP_ADDR_TEXT_MAX];

	for (size_t i = 0; i < n; i++)
		np_buf_printf(b, "%s%s\"%s\"%s", i ? "," : "", before, np_addr_text(&ips[i], text), after);
}

static void put_container_port(struct np_buf *b, const struct np_container_port *p)
{
	np_buf_printf(b, "{\"containerPort\":%u,\"protocol\":\"%s\"", p->port, np_proto_name(p->proto));
	if (p->name.n) {
		np_buf_adds(b, ",\"name\":");
		np_buf_json(b, p->name);
	}
	np_buf_addc(b, '}');
}

static bool is_init(const struct np_container_port *p)
{
	return p->ctr_kind != NP_CTR_REGULAR;
}

/* One list of containers: those that declare ports, in the order of their ports. */
static void put_containers(struct np_buf *b, const struct np_pod *pod, bool init, unsigned *n)
{
	const struct np_container_port *last = NULL;

	np_buf_adds(b, init ? ",\"initContainers\":[" : "\"containers\":[");
	for (size_t i = 0; i < pod->n_ports; i++) {
		const struct np_container_port *p = &pod->ports[i];

		if (is_init(p) != init)
			continue;
		if (last && p->ctr == last->ctr)
			np_buf_addc(b, ',');
		else
			np_buf_printf(b, "%s{\"name\":\"c%u\"%s,\"ports\":[", last ? "]}," : "", (*n)++,
				      p->ctr_kind == NP_CTR_SIDECAR ? ",\"restartPolicy\":\"Always\"" : "");
		last = p;
		put_container_port(b, p);
	}
	if (!last)
		np_buf_printf(b, "{\"name\":\"c%u\"", (*n)++);
	np_buf_adds(b, last ? "]}]" : "}]");
}

void np_gen_pod_json(const struct np_pod *p, struct np_buf *ret)
{
	static const char *const phases[] = { [NP_PHASE_PENDING] = "Pending",
					      [NP_PHASE_RUNNING] = "Running",
					      [NP_PHASE_SUCCEEDED] = "Succeeded",
					      [NP_PHASE_FAILED] = "Failed",
					      [NP_PHASE_UNKNOWN] = "Unknown" };
	bool init = false;
	unsigned n = 0;

	for (size_t i = 0; i < p->n_ports; i++)
		init |= is_init(&p->ports[i]);
	put_head(ret, "v1", "Pod", p->ns, p->name, &p->labels);
	np_buf_adds(ret, ",\"spec\":{");
	put_containers(ret, p, false, &n);
	if (init)
		put_containers(ret, p, true, &n);
	if (p->host_network)
		np_buf_adds(ret, ",\"hostNetwork\":true");
	if (p->node.n) {
		np_buf_adds(ret, ",\"nodeName\":");
		np_buf_json(ret, p->node);
	}
	np_buf_addc(ret, '}');
	if (p->phase == NP_PHASE_RUNNING && !p->n_ips) {
		np_buf_addc(ret, '}');	/* as a user writes it */
		return;
	}
	np_buf_printf(ret, ",\"status\":{\"phase\":\"%s\"", phases[p->phase]);
	if (p->n_ips) {
		np_buf_adds(ret, ",\"podIP\":");
		put_ips(ret, p->ips, 1, "", "");
		np_buf_adds(ret, ",\"podIPs\":[");
		put_ips(ret, p->ips, p->n_ips, "{\"ip\":", "}");
		np_buf_addc(ret, ']');
	}
	np_buf_adds(ret, "}}");
}

void np_gen_namespace_json(const struct np_namespace *ns, struct np_buf *ret)
{
	put_head(ret, "v1", "Namespace", NP_STR_NONE, ns->name, &ns->labels);
	np_buf_addc(ret, '}');
}

void np_gen_node_json(const struct np_node *node, struct np_buf *ret)
{
	put_head(ret, "v1", "Node", NP_STR_NONE, node->name, &node->labels);
	np_buf_adds(ret, ",\"status\":{\"addresses\":[");
	put_ips(ret, node->ips, node->n_ips, "{\"type\":\"InternalIP\",\"address\":", "}");
	np_buf_adds(ret, "]}}");
}

static void put_service_port(struct np_buf *b, const struct np_service_port *p, size_t at)
{
	np_buf_printf(b, "{\"name\":\"p%zu\",\"protocol\":\"%s\",\"port\":%u", at,
		      np_proto_name(p->proto), p->port);
	if (p->target_name.n) {
		np_buf_adds(b, ",\"targetPort\":");
		np_buf_json(b, p->target_name);
	} else if (p->target_port) {
		np_buf_printf(b, ",\"targetPort\":%u", p->target_port);
	}
	if (p->node_port)
		np_buf_printf(b, ",\"nodePort\":%u", p->node_port);
	np_buf_addc(b, '}');
}

void np_gen_service_json(const struct np_service *s, struct np_buf *ret)
{
	bool node_ports = false;

	for (size_t i = 0; i < s->n_ports; i++)
		node_ports |= s->ports[i].node_port != 0;
	put_head(ret, "v1", "Service", s->ns, s->name, NULL);
	np_buf_printf(ret, ",\"spec\":{\"type\":\"%s\"", node_ports ? "NodePort" : "ClusterIP");
	if (s->n_ips) {
		np_buf_adds(ret, ",\"clusterIP\":");
		put_ips(ret, s->ips, 1, "", "");
		np_buf_adds(ret, ",\"clusterIPs\":[");
		put_ips(ret, s->ips, s->n_ips, "", "");
		np_buf_addc(ret, ']');
	} else {
		np_buf_adds(ret, ",\"clusterIP\":\"None\"");
	}
	if (s->selector.n) {
		np_buf_adds(ret, ",\"selector\":");
		put_labels(ret, &s->selector);
	}
	np_buf_adds(ret, ",\"ports\":[");
	for (size_t i = 0; i < s->n_ports; i++) {
		np_buf_adds(ret, i ? "," : "");
		put_service_port(ret, &s->ports[i], i);
	}
	np_buf_adds(ret, "]}}");
}

void np_gen_world_yaml(const struct np_world *w, struct np_buf *ret)
{
	static const char separator[] = "\n---\n";

	for (size_t i = 0; i < w->n_namespaces; i++, np_buf_adds(ret, separator))
		np_gen_namespace_json(&w->namespaces[i], ret);
	for (size_t i = 0; i < w->n_nodes; i++, np_buf_adds(ret, separator))
		np_gen_node_json(&w->nodes[i], ret);
	for (size_t i = 0; i < w->n_pods; i++, np_buf_adds(ret, separator))
		np_gen_pod_json(&w->pods[i], ret);
	for (size_t i = 0; i < w->n_services; i++, np_buf_adds(ret, separator))
		np_gen_service_json(&w->services[i], ret);
	for (size_t i = 0; i < w->n_policies; i++, np_buf_adds(ret, separator))
		np_gen_policy_json(&w->policies[i], ret);
}
