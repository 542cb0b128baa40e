/*
 * seeds.c - built-in documents: plain policies, and the shapes that brought agents down (a port
 * without a number, a named port, /0, a rule without peers, ranges with the same start, ..).
 */
#include "np/mutate/mutate.h"

#include "np/base/mem.h"

#define POLICY(name, spec)                                                                         \
	"{\"apiVersion\":\"networking.k8s.io/v1\",\"kind\":\"NetworkPolicy\",\"metadata\":"        \
	"{\"name\":\"" name "\"},\"spec\":" spec "}"
#define SEED(name, spec)                                                                           \
	{                                                                                          \
		POLICY(name, spec), sizeof(POLICY(name, spec)) - 1                                 \
	}

static const struct np_str seeds[] = {
	SEED("full",
	     "{\"podSelector\":{\"matchLabels\":{\"app\":\"payments\",\"tier\":\"backend\"}},"
	     "\"policyTypes\":[\"Ingress\",\"Egress\"],\"ingress\":[{\"from\":[{"
	     "\"namespaceSelector\":"
	     "{\"matchLabels\":{\"kubernetes.io/metadata.name\":\"frontend\"}},\"podSelector\":"
	     "{\"matchExpressions\":[{\"key\":\"role\",\"operator\":\"In\",\"values\":[\"web\","
	     "\"mobile\"]}]}},{\"ipBlock\":{\"cidr\":\"172.17.0.0/16\",\"except\":[\"172.17.1.0/"
	     "24\"]}}],"
	     "\"ports\":[{\"protocol\":\"TCP\",\"port\":8080},{\"protocol\":\"TCP\",\"port\":"
	     "\"metrics\"}]}],\"egress\":[{\"to\":[{\"podSelector\":{\"matchLabels\":{\"app\":"
	     "\"postgres\"}}}],\"ports\":[{\"port\":5432}]},{\"to\":[{\"namespaceSelector\":{},"
	     "\"podSelector\":{\"matchLabels\":{\"k8s-app\":\"kube-dns\"}}}],\"ports\":[{"
	     "\"protocol\":"
	     "\"UDP\",\"port\":53},{\"protocol\":\"TCP\",\"port\":53}]},{\"to\":[{\"ipBlock\":{"
	     "\"cidr\":"
	     "\"10.20.0.0/16\"}}],\"ports\":[{\"port\":32000,\"endPort\":32768}]}]}"),
	SEED("deny-all", "{\"podSelector\":{},\"policyTypes\":[\"Ingress\",\"Egress\"]}"),
	SEED("allow-all", "{\"podSelector\":{},\"ingress\":[{}],\"egress\":[{}],\"policyTypes\":"
			  "[\"Ingress\",\"Egress\"]}"),
	SEED("port-empty", "{\"podSelector\":{},\"ingress\":[{\"ports\":[{}]}]}"),
	SEED("port-empty-ns",
	     "{\"podSelector\":{},\"ingress\":[{\"from\":[{\"namespaceSelector\":{}}],"
	     "\"ports\":[{}]}]}"),
	SEED("protocol-only",
	     "{\"podSelector\":{},\"ingress\":[{\"ports\":[{\"protocol\":\"UDP\"}]}]}"),
	SEED("named-port", "{\"podSelector\":{},\"ingress\":[{\"ports\":[{\"port\":\"http\"}]}]}"),
	SEED("named-port-egress",
	     "{\"podSelector\":{},\"egress\":[{\"to\":[{\"podSelector\":{}}],\"ports\":"
	     "[{\"port\":\"http\"}]}],\"policyTypes\":[\"Egress\"]}"),
	SEED("named-port-missing",
	     "{\"podSelector\":{},\"ingress\":[{\"ports\":[{\"port\":\"absent\","
	     "\"protocol\":\"SCTP\"}]}]}"),
	SEED("zero-slash-zero", "{\"podSelector\":{},\"egress\":[{\"to\":[{\"ipBlock\":{\"cidr\":"
				"\"0.0.0.0/0\"}}]}],\"policyTypes\":[\"Egress\"]}"),
	SEED("both-zeros",
	     "{\"podSelector\":{},\"egress\":[{\"to\":[{\"ipBlock\":{\"cidr\":\"0.0.0.0/0\"}},"
	     "{\"ipBlock\":{\"cidr\":\"::/0\"}}]}],\"policyTypes\":[\"Egress\"]}"),
	SEED("except-halves", "{\"podSelector\":{},\"ingress\":[{\"from\":[{\"ipBlock\":{\"cidr\":"
			      "\"0.0.0.0/0\",\"except\":[\"0.0.0.0/1\",\"128.0.0.0/1\"]}}]}]}"),
	SEED("except-nested",
	     "{\"podSelector\":{},\"ingress\":[{\"from\":[{\"ipBlock\":{\"cidr\":"
	     "\"10.0.0.0/8\",\"except\":[\"10.0.0.0/16\",\"10.0.1.0/24\",\"10.1.0.0/16\"]}}]}]}"),
	SEED("host",
	     "{\"podSelector\":{},\"ingress\":[{\"from\":[{\"ipBlock\":{\"cidr\":\"10.0.0.1/32\"}},"
	     "{\"ipBlock\":{\"cidr\":\"2001:db8::1/128\"}}]}]}"),
	SEED("empty-rules", "{\"podSelector\":{},\"ingress\":[],\"egress\":[],\"policyTypes\":[]}"),
	SEED("null-rules", "{\"podSelector\":{},\"ingress\":[null],\"egress\":null}"),
	SEED("null-everything",
	     "{\"podSelector\":null,\"ingress\":[{\"from\":null,\"ports\":null}]}"),
	SEED("egress-ports-only",
	     "{\"podSelector\":{},\"egress\":[{\"ports\":[{\"port\":53,\"protocol\":"
	     "\"UDP\"}]}]}"),
	SEED("same-start",
	     "{\"podSelector\":{},\"ingress\":[{\"ports\":[{\"port\":4000,\"endPort\":4010}]},"
	     "{\"ports\":[{\"port\":4000,\"endPort\":4020}]}]}"),
	SEED("range",
	     "{\"podSelector\":{},\"ingress\":[{\"ports\":[{\"port\":1,\"endPort\":65535}]}]}"),
	SEED("sctp", "{\"podSelector\":{},\"ingress\":[{\"ports\":[{\"port\":80,\"protocol\":"
		     "\"SCTP\"}]}]}"),
	SEED("reserved-absent", "{\"podSelector\":{\"matchExpressions\":[{\"key\":"
				"\"io.kubernetes.pod.namespace\",\"operator\":\"DoesNotExist\"}]},"
				"\"ingress\":[{\"from\":["
				"{\"namespaceSelector\":{\"matchExpressions\":[{\"key\":"
				"\"kubernetes.io/metadata.name\","
				"\"operator\":\"NotIn\",\"values\":[\"default\"]}]}}]}]}"),
	SEED("blocks-only",
	     "{\"podSelector\":{},\"ingress\":[{\"from\":[{\"ipBlock\":{\"cidr\":"
	     "\"192.168.0.0/16\"}}]}],\"egress\":[{\"to\":[{\"ipBlock\":{\"cidr\":\"192.168.0.0/"
	     "16\"}}]}],"
	     "\"policyTypes\":[\"Ingress\",\"Egress\"]}"),
	SEED("types-twice", "{\"podSelector\":{},\"policyTypes\":[\"Ingress\",\"Ingress\"]}"),
	SEED("inert-egress", "{\"podSelector\":{},\"egress\":[{}],\"policyTypes\":[\"Ingress\"]}"),
	SEED("and-peer",
	     "{\"podSelector\":{\"matchLabels\":{\"app\":\"db\"}},\"ingress\":[{\"from\":["
	     "{\"namespaceSelector\":{},\"podSelector\":{\"matchLabels\":{\"app\":\"web\"}}}]}]}"),
	SEED("or-peers",
	     "{\"podSelector\":{\"matchLabels\":{\"app\":\"db\"}},\"ingress\":[{\"from\":["
	     "{\"namespaceSelector\":{}},{\"podSelector\":{\"matchLabels\":{\"app\":\"web\"}}}]}]"
	     "}"),
	SEED("contradiction",
	     "{\"podSelector\":{\"matchExpressions\":[{\"key\":\"a\",\"operator\":\"Exists\"},"
	     "{\"key\":\"a\",\"operator\":\"DoesNotExist\"}]}}"),
	SEED("empty-value",
	     "{\"podSelector\":{\"matchLabels\":{\"a\":\"\"},\"matchExpressions\":[{\"key\":"
	     "\"b\",\"operator\":\"In\",\"values\":[\"\",\"c\"]}]}}"),
};

const struct np_str *np_mutate_seeds(size_t *ret_n)
{
	*ret_n = NP_ARRAY_SIZE(seeds);
	return seeds;
}
